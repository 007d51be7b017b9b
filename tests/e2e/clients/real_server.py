"""portrait-server as a process for tests in Python, and certificates for it."""

import http.client
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest

AUTHORIZED = {'Authorization': 'Basic dGplMDpUamUw'}
PATIENCE = 120  # seconds that a test waits at most; long, because sanitizers are slow


def run(*command, **more):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, **more)


class Certificate:
    """A self-signed certificate for localhost and 127.0.0.1 with its key, and SSL contexts of clients that trust it."""

    def __init__(self, folder, name, kind='rsa:2048'):
        self.cert = pathlib.Path(folder) / f'{name}.pem'
        self.key = pathlib.Path(folder) / f'{name}.key'
        curve = ['-pkeyopt', 'ec_paramgen_curve:P-256'] if kind == 'ec' else []
        run('openssl', 'req', '-x509', '-newkey', kind, *curve, '-nodes', '-keyout', self.key, '-out', self.cert,
            '-days', '2', '-subj', f'/CN={name}', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1')
        self.key.chmod(0o600)

    def der(self):
        return ssl.PEM_cert_to_DER_cert(self.cert.read_text())

    def context(self, version=None, alpn=None):
        context = ssl.create_default_context(cafile=str(self.cert))
        if version is not None:
            context.minimum_version = context.maximum_version = version
        if alpn is not None:
            context.set_alpn_protocols(alpn)
        return context


class Server:
    """One process, whose output is read at once. Use it by `with`, which ends the process by SIGTERM. It calls `before_start`
    before it becomes the server."""

    def __init__(self, binary, *arguments, folder=None, scheme='https', environment=(), before_start=None):
        self.own = None if folder else tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(folder or self.own.name)
        self.scheme = scheme
        self.text = {'out': '', 'err': ''}
        self.output_changed = threading.Condition()
        command = [binary, '--listen', '127.0.0.1:0', '--data', 'portrait-data', '--demo', '--log-level', 'debug',
                   *map(str, arguments)]
        self.process = subprocess.Popen(command, cwd=self.folder, env={'PATH': os.environ['PATH'], **dict(environment)},
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        preexec_fn=before_start)
        self.readers = [threading.Thread(target=self._read, args=(name, stream)) for name, stream in
                        (('out', self.process.stdout), ('err', self.process.stderr))]
        for reader in self.readers:
            reader.start()
        line = self.wait_for('out', rf'listening on {scheme}://127\.0\.0\.1:(\d+)\n')
        self.port = int(line[1])

    def _read(self, name, stream):
        while block := os.read(stream.fileno(), 1 << 16):
            with self.output_changed:
                self.text[name] += block.decode()
                self.output_changed.notify_all()

    def wait_for(self, stream, pattern, begin=0):
        with self.output_changed:
            found = self.output_changed.wait_for(lambda: re.compile(pattern).search(self.text[stream], begin), PATIENCE)
        assert found, f'The output has no {pattern}\n{self.text}'
        return found

    def signal(self, number):
        self.process.send_signal(number)

    def end(self):
        """Sends SIGTERM, waits, and returns the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def wait(self):
        """Waits until the process has ended, and returns the exit code."""
        code = self.process.wait(PATIENCE)
        for reader in self.readers:
            reader.join()
        for secret in ('Tje0', AUTHORIZED['Authorization'].split()[1]):
            assert secret not in self.text['err'], 'The log contains a secret'
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.end()
        self.process.stdout.close()
        self.process.stderr.close()
        if self.own:
            self.own.cleanup()

    def socket(self, context=None):
        plain = socket.create_connection(('127.0.0.1', self.port), timeout=PATIENCE)
        if context is None:
            return plain
        try:
            return context.wrap_socket(plain, server_hostname='localhost', suppress_ragged_eofs=False)
        except BaseException:
            plain.close()
            raise

    def connect(self, context=None):
        if context is None:
            return http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE)
        return http.client.HTTPSConnection('localhost', self.port, timeout=PATIENCE, context=context)

    def ask(self, context, method, path, body=None, fields=None):
        """Sends one request on a new connection; returns status, fields and body."""
        connection = self.connect(context)
        try:
            connection.request(method, path, body, AUTHORIZED if fields is None else fields)
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def figure(self, context, name):
        """Returns a value of /metrics; skips the test if the server was built without metrics."""
        status, _, text = self.ask(context, 'GET', '/metrics')
        if status == 404:
            raise unittest.SkipTest('This server was built without metrics')
        return float(re.search(rf'^{name} (\S+)$', text.decode(), re.MULTILINE)[1])


def eventually(condition):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def image(person):
    return f'/api/v1/Person/{person}/Image'
