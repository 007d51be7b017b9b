#!/usr/bin/env python3
"""Tests the progress bar of long commands on a terminal, and Ctrl-C.

usage: terminal.py SERVER_BINARY
"""

import http.client
import os
import pathlib
import pty
import random
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

SERVER = ''
PICTURES = 24
PICTURE_BYTES = 5 << 20


def png(seed):
    """Returns a PNG of one pixel with a large chunk of other data."""
    def chunk(name, data):
        return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 1, 1, 8, 2, 0, 0, 0)) +
            chunk(b'prTt', random.Random(seed).randbytes(PICTURE_BYTES)) +
            chunk(b'IDAT', zlib.compress(b'\0\1\2\3')) + chunk(b'IEND', b''))


class Terminal:
    """A command whose error output is a terminal."""

    def __init__(self, *arguments):
        self.own, theirs = pty.openpty()
        self.process = subprocess.Popen([SERVER, *map(str, arguments)], stdin=theirs, stdout=subprocess.PIPE,
                                        stderr=theirs, start_new_session=True)
        os.close(theirs)
        self.shown = b''

    def read_some(self):
        """Returns whether there was output before the other side was closed."""
        if not select.select([self.own], [], [], 60)[0]:
            raise RuntimeError(f'No output for 60 s after {self.shown!r}')
        try:
            data = os.read(self.own, 65536)
        except OSError:  # EIO: no process has the other side open
            return False
        self.shown += data
        return bool(data)

    def wait_for(self, text):
        while text not in self.shown:
            if not self.read_some():
                raise RuntimeError(f'The command ended after {self.shown!r}')

    def end(self):
        while self.read_some():
            pass
        out = self.process.stdout.read()
        self.process.stdout.close()
        os.close(self.own)
        return self.process.wait(), out.decode(), self.shown.decode()


class TerminalTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.data = cls.folder / 'data'
        with cls.serving() as port:
            connection = http.client.HTTPConnection('127.0.0.1', port, timeout=60)
            for person in range(1, PICTURES + 1):
                connection.request('PUT', f'/api/v1/Person/{person}/Image', png(person),
                                   {'Authorization': 'Basic dGplMDpUamUw', 'Content-Type': 'image/png'})
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200, answer.status
            connection.close()

    class serving:
        def __enter__(self):
            self.process = subprocess.Popen(
                [SERVER, '--demo', '--listen', '127.0.0.1:0', '--log-level', 'error', '--data', TerminalTest.data],
                stdout=subprocess.PIPE, text=True)
            for line in self.process.stdout:
                if found := re.search(r'listening on http://127\.0\.0\.1:(\d+)', line):
                    return int(found.group(1))
            raise RuntimeError(f'The server ended with {self.process.wait()}')

        def __exit__(self, *_):
            self.process.terminate()
            code = self.process.wait()
            self.process.stdout.close()
            assert code == 0, code

    def interrupt(self, *arguments):
        """Interrupts a command by SIGINT while its bar is shown."""
        command = Terminal(*arguments)
        command.wait_for(b'\r')
        command.process.send_signal(signal.SIGSTOP)  # so that it can't end before
        command.process.send_signal(signal.SIGINT)
        command.process.send_signal(signal.SIGCONT)
        return command.end()

    def check_pictures(self, data):
        done = subprocess.run([SERVER, 'check', '--data', data], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f'{PICTURES} pictures', done.stdout)

    def test_a_bar_on_a_terminal_is_removed_at_the_end(self):
        code, out, shown = Terminal('check', '--data', self.data).end()
        self.assertEqual(code, 0)
        self.assertRegex(shown, r'\r\S+ +\[#* *\] +\d+%  \d+ MiB/s')
        self.assertTrue(shown.rstrip('\n').endswith('\r\x1b[K'), shown[-80:])
        self.assertIn('no faults found', out)
        self.assertNotIn('\x1b', out)

    def test_no_bar_without_a_terminal(self):
        done = subprocess.run([SERVER, 'check', '--data', self.data], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0)
        self.assertNotIn('\r', done.stdout + done.stderr)

    def test_an_interrupted_backup_is_continued(self):
        backup = self.folder / 'backup'
        code, out, shown = self.interrupt('backup', backup, '--data', self.data)
        self.assertEqual(code, 1, (out, shown))
        self.assertIn('The backup was stopped', shown + out)
        self.check_pictures(self.data)
        done = subprocess.run([SERVER, 'backup', backup, '--data', self.data], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.check_pictures(backup)

    def test_a_backup_by_a_running_server_is_interrupted_without_effect_on_the_server(self):
        backup = self.folder / 'backup of a server'
        with self.serving():
            code, out, shown = self.interrupt('backup', backup, '--data', self.data)
            self.assertEqual(code, 1, (out, shown))
            self.assertIn('stopped', shown + out)
            for _ in range(600):  # the server may not have ended it yet
                done = subprocess.run([SERVER, 'backup', backup, '--data', self.data], capture_output=True, text=True)
                if done.returncode == 0:
                    break
                time.sleep(0.1)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.check_pictures(backup)

    def test_an_interrupted_export_and_import_are_continued(self):
        exported, imported = self.folder / 'pictures', self.folder / 'imported'
        code, out, shown = self.interrupt('export', exported, '--data', self.data)
        self.assertEqual(code, 1, (out, shown))
        done = subprocess.run([SERVER, 'export', exported, '--data', self.data], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        code, out, shown = self.interrupt('import', exported, '--data', imported)
        self.assertEqual(code, 1, (out, shown))
        self.assertIn('The import was stopped', shown + out)
        done = subprocess.run([SERVER, 'import', exported, '--data', imported], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = re.search(r'(\d+) pictures added, (\d+) were there already', done.stdout)
        self.assertEqual(int(found[1]) + int(found[2]), PICTURES)
        self.assertGreater(int(found[2]), 0)
        self.check_pictures(imported)


if __name__ == '__main__':
    SERVER = sys.argv.pop(1)
    unittest.main(verbosity=2)
