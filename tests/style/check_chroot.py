#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the program where there is nothing else: no libraries, no /etc, no /proc. Fails if it needs
any of that to answer; skips, aloud, where nobody may change the root directory.

usage: check_chroot.py PROGRAM VERSION
"""
import os
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77

program, version = sys.argv[1:]
# Each call with its exit status and a text that stands in its output.
calls = [(['/heliosd', '--version'], 0, f'heliosd {version}'),
         (['/heliosd', 'master', '--help'], 0, '--zk-session-timeout'),
         (['/heliosd', 'cli', 'create', '--help'], 0, 'create'),
         (['/heliosd', 'cli', 'jobs'], 1, 'no masters specified'),
         (['/heliosd', 'solo', '--name', '..'], 1, '--name')]

with tempfile.TemporaryDirectory() as root:
    shutil.copy(program, os.path.join(root, 'heliosd'))
    chroot = shutil.which('chroot', path='/usr/sbin:/sbin:/usr/bin:/bin') or 'chroot'
    unshare = shutil.which('unshare') or 'unshare'
    enter = [chroot, root]
    if os.geteuid() != 0:
        enter = [unshare, '--user', '--map-root-user', *enter]
    probe = subprocess.run([*enter, '/heliosd', '--version'], capture_output=True, text=True)
    if 'Operation not permitted' in probe.stderr:
        print(f'SKIPPED: nobody here may change the root directory: {probe.stderr.strip()}')
        sys.exit(SKIPPED)
    failures = 0
    for words, status, text in calls:
        run = subprocess.run([*enter, *words], capture_output=True, text=True, env={}, timeout=20)
        if run.returncode != status or text not in run.stdout + run.stderr:
            failures += 1
            print(f'{" ".join(words)}: status {run.returncode}, expected {status} and "{text}"\n'
                  f'{run.stdout}{run.stderr}')
sys.exit(1 if failures else 0)
