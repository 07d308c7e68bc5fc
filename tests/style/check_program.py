#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails if the program holds a function of the C library that looks names up through NSS: it would
block the loop, and a static program may lack the plug-ins it needs.

usage: check_program.py PROGRAM
"""
import subprocess
import sys

FORBIDDEN = {'getaddrinfo', 'gethostbyname', 'gethostbyname_r', 'gethostbyname2_r', 'gethostbyaddr'}

listing = subprocess.run(['nm', '--defined-only', sys.argv[1]], check=True, capture_output=True,
                         text=True).stdout
# `n` marks debugging symbols: traces of a warning, no code.
names = {words[2] for line in listing.splitlines() if len(words := line.split()) == 3
         and words[1] in 'tTwW'}
if not names:
    sys.exit(f'{sys.argv[1]} has no symbols to look at')
found = sorted(FORBIDDEN & names)
for name in found:
    print(f'{sys.argv[1]} holds {name}: resolve names with net/resolver.h')
sys.exit(1 if found else 0)
