#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks of the tree that no compiler makes: who includes whom, how long files are, how coroutines
are shaped, what only base/ and net/ may touch. Prints one line a finding and fails if there is any.

usage: check_style.py ROOT [CHECK]     without CHECK, all of them
"""
import collections
import pathlib
import re
import subprocess
import sys

# Who may include whom: arrows point down (ARCHITECTURE.md).
MAY_INCLUDE = {
    'base': set(),
    'model': {'base'},
    'layout': set(),
    'net': {'base'},
    'store': {'base', 'net'},
    'docker': {'base', 'net', 'model'},
    'discovery': {'base', 'net', 'model'},
    'client': {'base', 'net', 'model'},
    'master': {'base', 'net', 'model', 'layout', 'store', 'discovery'},
    'agent': {'base', 'net', 'model', 'layout', 'store', 'docker', 'discovery'},
    'cli': {'base', 'net', 'model', 'client'},
    'daemon': {'base', 'net', 'model', 'layout', 'store', 'docker', 'discovery', 'client', 'master',
               'agent'},
}

# The same inside a folder that has parts. A part may always include itself; what is not listed here
# has no part above it that it may include.
PARTS_MAY_INCLUDE = {
    'base/async': {'base'},
    'base/json': {'base'},
    'base/options': {'base'},
    'net/http': {'net'},
    'store/zk': {'store'},
    'store/embedded': {'store'},
    'master/api': {'master/view', 'master/writes'},
    'master/workers': {'master/view', 'master/writes'},
    'master': {'master/view', 'master/writes', 'master/api', 'master/workers'},
    'agent/state': {'agent/options.h', 'agent/containers'},
    'agent/tasks': {'agent/containers', 'agent/state'},
    'agent/host': {'agent/options.h', 'agent/state'},
    'agent': {'agent/containers', 'agent/state', 'agent/tasks', 'agent/host'},
    'cli/job': {'cli'},
    'cli/commands': {'cli', 'cli/job'},
}

# A folder with more rooms (a source with its header) has a part that deserves a name. One file a
# command is the rule of cli/commands.
MOST_ROOMS = 15

# Libraries that stay behind one folder's .cpp files.
CONFINED = {
    r'boost/beast': ('net', 'thirdparty'),
    r'zookeeper/': ('store',),
    r'sqlite3\.h': ('store',),
    r'ares\.h': ('net',),
}

# Parameters of coroutines may be references to these only: services that outlive every task.
SERVICES = (pathlib.Path(__file__).parent / 'service_types.txt').read_text().split()

LONGEST_FILE = 400


def sources(root, *folders):
    for folder in folders:
        for path in sorted((root / folder).rglob('*')):
            if path.suffix in ('.cpp', '.h'):
                yield path


def without_comments(text):
    """The code alone: comments and strings are blanked, lines keep their numbers."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"', re.S)
    return pattern.sub(lambda m: re.sub(r'[^\n]', ' ', m.group()), text)


def line_of(text, position):
    return text.count('\n', 0, position) + 1


def may_include(part, header):
    """Whether a file of the folder `part` may include `header`, both below src/."""
    folder, target = part.split('/')[0], header.split('/')[0]
    if folder not in MAY_INCLUDE or target not in MAY_INCLUDE:
        return True
    if folder != target:
        return target in MAY_INCLUDE[folder]
    other = header.rpartition('/')[0]
    allowed = PARTS_MAY_INCLUDE.get(part, set())
    return other == part or other in allowed or header in allowed


def check_includes(root):
    for path in sources(root, 'src'):
        part = path.parent.relative_to(root / 'src').as_posix()
        folder = part.split('/')[0]
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'#include ["<]([^">]+)[">]', line)
            if not match:
                continue
            header = match.group(1)
            if not may_include(part, header):
                yield f'{path}:{number}: {part}/ may not include {header}'
            for library, allowed in CONFINED.items():
                if re.match(library, header) and (folder not in allowed or path.suffix == '.h'):
                    yield f'{path}:{number}: {header} belongs into .cpp files of {allowed[0]}/'


def check_length(root):
    for path in sources(root, 'src', 'tests'):
        count = len(path.read_text().splitlines())
        if count > LONGEST_FILE:
            yield f'{path}:{count}: more than {LONGEST_FILE} lines: is there a second subject inside?'


def check_rooms(root):
    rooms = collections.defaultdict(set)
    for path in sources(root, 'src'):
        rooms[path.parent].add(path.stem)
    for folder, names in rooms.items():
        if len(names) > MOST_ROOMS and folder != root / 'src/cli/commands':
            yield f'{folder}: {len(names)} rooms, more than {MOST_ROOMS}: which part deserves a name?'


def check_licence(root):
    for path in sources(root, 'src', 'tests'):
        if not path.read_text().startswith('// SPDX-License-Identifier: Apache-2.0\n'):
            yield f'{path}:1: the first line must be the licence line'


def check_world(root):
    """Real time, randomness, threads and the environment are injected everywhere but here."""
    pattern = re.compile(r'sleep_for|\busleep\(|asio::detached|std::j?thread|system_clock::now|'
                         r'steady_clock::now|random_device|\bgetenv\(|\bgetaddrinfo\(|std::regex')
    for path in sources(root, 'src'):
        folder = path.relative_to(root / 'src').parts[0]
        if folder in ('base', 'net', 'thirdparty', 'main.cpp'):
            continue
        code = without_comments(path.read_text())
        for match in pattern.finditer(code):
            yield f'{path}:{line_of(code, match.start())}: {match.group()} outside base/ and net/'


def parameters(code, start):
    """The parameter list that opens at `start`, split at its top-level commas."""
    depth, part, parts = 0, '', []
    for char in code[start:]:
        if char in '(<[{':
            depth += 1
        elif char in ')>]}':
            depth -= 1
            if depth == 0:
                break
        if char == ',' and depth == 1:
            parts.append(part)
            part = ''
        elif not (char == '(' and depth == 1):
            part += char
    return [p.strip() for p in parts + [part] if p.strip()]


def check_coroutines(root):
    declared = re.compile(r'\bAsync<[^;{}()]*>\s+(?:[\w:~]+)\s*(\()')
    lambda_with_capture = re.compile(r'\[[^\]\s][^\]]*\]\s*\([^)]*\)\s*(?:mutable\s*)?->\s*(?:\w+::)*Async\b')
    range_for = re.compile(r'for\s*\([^;()]*:\s*[^)]*co_await')
    awaited = re.compile(r'co_await\b')
    before_await = re.compile(r'(?:^|[;{}]|=|co_return|\(void\)|\belse|\bdo|\)|:|\bCO_TRY\()\s*$')
    for path in sources(root, 'src'):
        if 'thirdparty' in path.parts:
            continue
        code = without_comments(path.read_text())
        for match in declared.finditer(code):
            for parameter in parameters(code, match.start(1)):
                reference = re.match(r'(?:const\s+)?([\w:]+)(?:<.*>)?(?:\s+const)?\s*(&&?)', parameter)
                if not reference:
                    continue
                name = reference.group(1).split('::')[-1]
                if reference.group(2) == '&&' or name not in SERVICES:
                    yield (f'{path}:{line_of(code, match.start())}: a coroutine takes its parameters '
                           f'by value: {parameter}')
        for match in lambda_with_capture.finditer(code):
            yield f'{path}:{line_of(code, match.start())}: a lambda coroutine must not capture'
        for match in range_for.finditer(code):
            yield f'{path}:{line_of(code, match.start())}: the range of a for must not be awaited'
        for match in awaited.finditer(code):
            if not before_await.search(code[:match.start()][-80:]):
                yield (f'{path}:{line_of(code, match.start())}: co_await stands in a statement of its '
                       'own or on the right of =')


def check_unfinished(root):
    pattern = re.compile(r'\b(TODO|FIXME|XXX|HACK)\b')
    for path in sources(root, 'src', 'tests'):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if pattern.search(line):
                yield f'{path}:{number}: unfinished: {line.strip()}'


def check_format(root):
    files = [str(p) for p in sources(root, 'src', 'tests')]
    done = subprocess.run(['clang-format-19', '--dry-run', '--Werror', *files], text=True,
                          capture_output=True)
    for line in done.stderr.splitlines():
        if ': error:' in line:
            yield line


CHECKS = {
    'includes': check_includes,
    'length': check_length,
    'rooms': check_rooms,
    'licence': check_licence,
    'world': check_world,
    'coroutines': check_coroutines,
    'unfinished': check_unfinished,
    'format': check_format,
}


def main():
    root = pathlib.Path(sys.argv[1])
    names = sys.argv[2:] or list(CHECKS)
    findings = 0
    for name in names:
        for finding in CHECKS[name](root):
            print(f'{name}: {finding}')
            findings += 1
    sys.exit(1 if findings else 0)


main()
