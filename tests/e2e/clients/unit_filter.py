#!/usr/bin/env python3
"""Runs portrait-server with the variables and the filter of system calls that its packaged unit has, and checks that it
renders and converts pictures in processes of their own: these add a filter to the unit's.

usage: unit_filter.py SERVER_BINARY UNIT
"""

import ctypes
import functools
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from real_server import AUTHORIZED, Server, image

SERVER = UNIT = ''
ALLOW, FAIL_WITH_EPERM = 0x7fff0000, 0x00050001
PIXEL = (b'GIF89a\1\0\1\0\200\0\0\377\377\377\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;')


def lines_of(name):
    with open(UNIT, encoding='utf-8') as unit:
        return re.findall(rf'^{name}=(.*)$', unit.read(), re.MULTILINE)


@functools.cache
def calls_of(group):
    """Returns the system calls of a systemd group such as @system-service, or the call itself."""
    if not group.startswith('@'):
        return frozenset([group])
    text = subprocess.run(['systemd-analyze', 'syscall-filter', '--no-pager', group], check=True, capture_output=True,
                          text=True).stdout
    members = [line.strip() for line in text.splitlines()[1:]]
    return frozenset().union(*(calls_of(member) for member in members if member and not member.startswith('#')))


def allowed_calls():
    allowed = set()
    for line in lines_of('SystemCallFilter'):
        calls = set().union(*map(calls_of, line.removeprefix('~').split()))
        allowed = allowed - calls if line.startswith('~') else allowed | calls
    return allowed


def load_filter(numbers):
    library = ctypes.CDLL('libseccomp.so.2')
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(FAIL_WITH_EPERM)))
    for number in numbers:
        if library.seccomp_rule_add(context, ctypes.c_uint32(ALLOW), number, 0) != 0:
            raise OSError(f'the call {number} can not be allowed')
    if library.seccomp_load(context) != 0:
        raise OSError('the filter can not be loaded')


def numbers_of(calls):
    library = ctypes.CDLL('libseccomp.so.2')
    found = (library.seccomp_syscall_resolve_name(name.encode()) for name in calls)
    return sorted(number for number in found if number >= 0)


class UnitFilter(unittest.TestCase):
    def test_renders_in_processes_within_the_filter_of_the_unit(self):
        variables = dict(line.split('=', 1) for line in lines_of('Environment'))
        self.assertEqual(variables['PORTRAIT_RENDER_ISOLATION'], 'process')
        allowed = allowed_calls()
        self.assertNotIn('ptrace', allowed)
        self.assertGreater(len(allowed), 100)
        with tempfile.TemporaryDirectory() as folder:
            webp = os.path.join(folder, 'picture.webp')
            subprocess.run(['convert', '-size', '60x40', 'xc:teal', webp], check=True)
            with open(webp, 'rb') as file:
                upload = file.read()
        numbers = numbers_of(allowed)
        with Server(SERVER, '--render-isolation', variables['PORTRAIT_RENDER_ISOLATION'], '--convert-uploads', 'webp',
                    scheme='http', environment={'ASAN_OPTIONS': 'detect_leaks=0'},  # which takes ptrace
                    before_start=lambda: load_filter(numbers)) as server:
            self.assertEqual(server.ask(None, 'PUT', image(1), PIXEL)[0], 200)
            self.assertEqual(server.ask(None, 'GET', f'{image(1)}?w=1&type=PNG')[0], 200)
            status, headers, _ = server.ask(None, 'PUT', image(2), upload)
            self.assertEqual((status, headers['X-Image-Type']), (200, 'image/jpeg'))
            status, headers, _ = server.ask(None, 'GET', f'{image(2)}?w=20')
            self.assertEqual((status, headers['X-Image-Width']), (200, '20'))
            self.assertEqual(server.figure(None, 'portrait_rendering_processes_failed_total'), 0)
            self.assertGreater(server.figure(None, 'portrait_rendering_processes_total'), 0)
            self.assertEqual(server.end(), 0)


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    SERVER, UNIT = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:])
    unittest.main(argv=sys.argv[:1], verbosity=2)
