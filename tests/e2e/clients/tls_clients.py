#!/usr/bin/env python3
"""Tests TLS with honest and hostile clients: Python's ssl, openssl s_client, curl, sslscan and plain sockets.

usage: tls_clients.py SERVER_BINARY
"""

import http.client
import pathlib
import random
import signal
import socket
import ssl
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import xml.etree.ElementTree
import zlib

from real_server import AUTHORIZED, PATIENCE, Certificate, Server, eventually, image, run

SERVER = ''
FOLDER = None
RSA = None
EC = None
# An incomplete first record of a handshake.
HALF_HELLO = b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + bytes(40)

GOOD_CIPHERS = {'AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305'}
WEAK_CIPHERS = ['AES128-GCM-SHA256', 'AES256-SHA256', 'AES128-SHA', 'DHE-RSA-AES128-GCM-SHA256',
                'DHE-RSA-AES256-SHA256', 'ECDHE-RSA-AES128-SHA256', 'ECDHE-RSA-AES256-SHA384', 'ECDHE-RSA-AES128-SHA',
                'ECDHE-RSA-CAMELLIA128-SHA256', 'ECDHE-ARIA128-GCM-SHA256', 'ADH-AES128-GCM-SHA256',
                'AECDH-AES128-SHA', 'PSK-AES128-GCM-SHA256', 'NULL-SHA256']


def png(size, seed):
    """Returns a PNG of about `size` bytes or more."""
    side = int((size / 3) ** 0.5) + 1
    noise = random.Random(seed)
    rows = b''.join(b'\0' + noise.randbytes(3 * side) for _ in range(side))

    def chunk(name, data):
        return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', side, side, 8, 2, 0, 0, 0)) +
            chunk(b'IDAT', zlib.compress(rows, 1)) + chunk(b'IEND', b''))


def tls(certificate, *more):
    return ('--tls-cert', certificate.cert, '--tls-key', certificate.key, *more)


def s_client(port, *options, given=b''):
    """Returns the output of openssl s_client, without Debian's configuration, which forbids clients weak offers."""
    done = subprocess.run(['openssl', 's_client', '-connect', f'127.0.0.1:{port}', *options], input=given,
                          env={'OPENSSL_CONF': '/dev/null', 'PATH': '/usr/bin:/bin'}, capture_output=True,
                          timeout=PATIENCE, check=False)
    return (done.stdout + done.stderr).decode('latin-1')


def read_all(connection):
    received = b''
    while block := connection.recv(1 << 16):
        received += block
    return received


def healthz():
    return b'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'


def closing_healthz():
    return b'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'


def session_of(server, context):
    """Returns a client's session after an answer."""
    with server.socket(context) as connection:
        connection.sendall(closing_healthz())
        read_all(connection)
        return connection.session


def is_resumed(server, context, session):
    with socket.create_connection(('127.0.0.1', server.port), timeout=PATIENCE) as plain:
        with context.wrap_socket(plain, server_hostname='localhost', session=session) as connection:
            connection.sendall(closing_healthz())
            assert read_all(connection).startswith(b'HTTP/1.1 200 ')
            return connection.session_reused


class InMemory:
    """A client with explicit control over TLS records and TCP segments."""

    def __init__(self, server, context):
        self.socket = server.socket()
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname='localhost')
        self.repeat(self.tls.do_handshake)

    def flush(self):
        if self.outgoing.pending:
            self.socket.sendall(self.outgoing.read())

    def repeat(self, step):
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                self.flush()
                block = self.socket.recv(1 << 16)
                if block:
                    self.incoming.write(block)
                else:
                    self.incoming.write_eof()
            finally:
                self.flush()

    def send(self, data):
        self.tls.write(data)
        self.flush()

    def receive(self):
        return self.repeat(lambda: self.tls.read(1 << 16))

    def end_sending(self):
        try:
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        self.flush()

    def close(self):
        self.socket.close()


class Handshakes(unittest.TestCase):
    """The parameters that the server accepts and refuses in a handshake."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server(SERVER, *tls(RSA))
        cls.context = RSA.context()

    @classmethod
    def tearDownClass(cls):
        with cls.server:
            assert cls.server.end() == 0

    def still_serves(self):
        self.assertEqual(self.server.ask(self.context, 'GET', '/healthz')[0], 200)

    def test_versions_1_2_and_1_3_are_accepted_and_older_ones_refused(self):
        for version, name in ((ssl.TLSVersion.TLSv1_2, 'TLSv1.2'), (ssl.TLSVersion.TLSv1_3, 'TLSv1.3')):
            with self.server.socket(RSA.context(version)) as connection:
                self.assertEqual(connection.version(), name)
        for option in ('-tls1', '-tls1_1'):
            output = s_client(self.server.port, option, '-cipher', 'ALL:@SECLEVEL=0')
            self.assertIn('alert protocol version', output, option)
        self.still_serves()

    def test_ciphers_without_forward_secrecy_or_authentication_are_refused(self):
        for cipher in WEAK_CIPHERS:
            output = s_client(self.server.port, '-tls1_2', '-psk', '1a2b', '-cipher', f'{cipher}:@SECLEVEL=0')
            self.assertIn('alert handshake failure', output, cipher)
        for cipher in GOOD_CIPHERS:
            output = s_client(self.server.port, '-tls1_2', '-cipher', f'ECDHE-RSA-{cipher}', given=b'Q')
            self.assertIn(f'Cipher is ECDHE-RSA-{cipher}', output)
        with Server(SERVER, *tls(EC)) as other:
            for cipher in GOOD_CIPHERS:
                output = s_client(other.port, '-tls1_2', '-cipher', f'ECDHE-ECDSA-{cipher}', given=b'Q')
                self.assertIn(f'Cipher is ECDHE-ECDSA-{cipher}', output)

    def test_http_1_1_is_selected_and_other_protocols_are_refused(self):
        for offered, chosen in ((None, None), (['http/1.1'], 'http/1.1'), (['h2', 'http/1.1'], 'http/1.1')):
            with self.server.socket(RSA.context(alpn=offered)) as connection:
                self.assertEqual(connection.selected_alpn_protocol(), chosen)
        for offered in (['h2'], ['http/1.0'], ['http/1.11'], ['x' * 255]):
            with self.assertRaisesRegex(ssl.SSLError, 'no application protocol'):
                self.server.socket(RSA.context(alpn=offered))
        self.still_serves()

    def test_renegotiation_is_refused(self):
        output = s_client(self.server.port, '-tls1_2', given=b'R\n' + healthz())
        self.assertIn('no renegotiation', output)
        self.still_serves()

    def test_an_unneeded_fallback_is_refused(self):
        output = s_client(self.server.port, '-no_tls1_3', '-fallback_scsv')
        self.assertIn('inappropriate fallback', output)
        self.still_serves()

    def test_compression_is_not_chosen(self):
        names = struct.pack('>HHHBH', 0, 14, 12, 0, 9) + b'localhost'
        groups = struct.pack('>HHHH', 10, 4, 2, 0x001d)
        signatures = struct.pack('>HHHHH', 13, 6, 4, 0x0804, 0x0401)
        extensions = names + groups + signatures
        hello = (b'\x03\x03' + bytes(range(32)) + b'\0' + struct.pack('>HH', 2, 0xc02f) + b'\x02\x01\x00' +
                 struct.pack('>H', len(extensions)) + extensions)
        handshake = b'\x01' + len(hello).to_bytes(3, 'big') + hello
        with self.server.socket() as connection:
            connection.sendall(b'\x16\x03\x01' + struct.pack('>H', len(handshake)) + handshake)
            answer = connection.makefile('rb')
            record = answer.read(5 + 4 + 2 + 32 + 1)
            self.assertEqual((record[0], record[5]), (0x16, 0x02))  # a ServerHello
            rest = answer.read(record[-1] + 3)
            self.assertEqual(rest[-3:], b'\xc0\x2f\x00')
        self.still_serves()

    def test_many_updates_of_keys_are_harmless(self):
        before = self.server.figure(self.context, 'portrait_connections')
        s_client(self.server.port, '-tls1_3', given=b'K\n' * 500 + b'Q\n')
        self.still_serves()
        self.assertTrue(eventually(lambda: self.server.figure(self.context, 'portrait_connections') <= before))

    def test_tls_1_2_sessions_are_resumed_from_memory_and_without_a_ticket(self):
        context = RSA.context(ssl.TLSVersion.TLSv1_2)
        session = session_of(self.server, context)
        self.assertFalse(session.has_ticket)
        self.assertTrue(is_resumed(self.server, context, session))
        output = s_client(self.server.port, '-tls1_2', given=b'Q')
        self.assertNotIn('TLS session ticket:', output)

    def test_tickets_are_accepted_after_a_restart_and_by_other_servers_with_the_same_key(self):
        context = ssl.create_default_context(cafile=str(RSA.cert))
        context.load_verify_locations(cafile=str(EC.cert))
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        session = session_of(self.server, context)
        self.assertTrue(session.has_ticket)
        self.assertTrue(is_resumed(self.server, context, session))
        for certificate, resumed in ((RSA, True), (EC, False)):
            with Server(SERVER, *tls(certificate)) as other:
                self.assertEqual(is_resumed(other, context, session), resumed)
                self.assertEqual(other.end(), 0)
        with tempfile.TemporaryDirectory() as folder:
            with Server(SERVER, *tls(EC), folder=folder) as first:
                session = session_of(first, context)
                self.assertEqual(first.end(), 0)
            with Server(SERVER, *tls(EC), folder=folder) as second:
                self.assertTrue(is_resumed(second, context, session))
                self.assertEqual(second.end(), 0)

    def test_plain_http_gets_an_answer_with_https(self):
        with self.server.socket() as connection:
            connection.sendall(healthz())
            answer = read_all(connection)
        self.assertTrue(answer.startswith(b'HTTP/1.1 400 '), answer)
        self.assertIn(b'https://', answer)
        self.assertIn(b'Connection: close', answer)
        self.still_serves()

    def test_other_bytes_end_their_connection_only(self):
        noise = random.Random(1)
        for sent in (b'\0' * 100, b'\x80\x2e\x01\x00\x02' + bytes(41), noise.randbytes(5000), HALF_HELLO + bytes(600)):
            with self.server.socket() as connection:
                try:
                    connection.sendall(sent)
                    connection.shutdown(socket.SHUT_WR)
                    self.assertNotIn(b'HTTP/', read_all(connection))
                except OSError:
                    pass  # closed already
        self.still_serves()

    def test_sslscan_finds_nothing_weak(self):
        report = xml.etree.ElementTree.fromstring(
            run('sslscan', '--xml=-', '--show-certificate', f'127.0.0.1:{self.server.port}').stdout)
        enabled = {f"{found.get('type')}{found.get('version')}" for found in report.iter('protocol')
                   if found.get('enabled') == '1'}
        self.assertEqual(enabled, {'tls1.2', 'tls1.3'})
        ciphers = [(found.get('sslversion'), found.get('cipher'), found.get('strength'), int(found.get('bits')))
                   for found in report.iter('cipher')]
        self.assertGreaterEqual(len(ciphers), 6)
        for version, cipher, strength, bits in ciphers:
            self.assertGreaterEqual(bits, 128, cipher)
            self.assertIn(strength, ('strong', 'acceptable'), cipher)
            self.assertRegex(cipher, r'^(TLS_(AES|CHACHA20)|ECDHE-).*(GCM|POLY1305)', version)
        self.assertEqual({found.get('vulnerable') for found in report.iter('heartbleed')}, {'0'})
        self.assertEqual({found.get('supported') for found in report.iter('compression')} - {'0'}, set())
        self.assertEqual({(found.get('supported'), found.get('secure')) for found in report.iter('renegotiation')} -
                         {('0', '0'), ('0', '1'), ('1', '1')}, set())
        for found in report.iter('group'):
            self.assertGreaterEqual(int(found.get('bits')), 112, found.attrib)


class Conversation(unittest.TestCase):
    """HTTP over TLS."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server(SERVER, *tls(RSA, '--hsts', '31536000'))
        cls.context = RSA.context()

    @classmethod
    def tearDownClass(cls):
        with cls.server:
            assert cls.server.end() == 0

    def test_a_large_picture_comes_back_byte_for_byte(self):
        for person, version in ((1, ssl.TLSVersion.TLSv1_2), (2, ssl.TLSVersion.TLSv1_3)):
            picture = png(8 << 20, person)
            context = RSA.context(version)
            self.assertEqual(self.server.ask(context, 'PUT', image(person), picture)[0], 200)
            self.assertTrue(self.server.ask(context, 'GET', image(person))[2] == picture)
            blocks = (picture[at:at + 100_000] for at in range(0, len(picture), 100_000))
            self.assertEqual(self.server.ask(context, 'PUT', image(person + 10), blocks)[0], 200)
            self.assertTrue(self.server.ask(context, 'GET', image(person + 10))[2] == picture)

    def test_the_last_record_of_an_answer_is_sent_at_once(self):
        # The records of an answer share segments. Linux keeps an incomplete segment for 200 ms, unless the
        # client acknowledges an earlier one.
        picture = png(32 << 10, 2)
        self.assertEqual(self.server.ask(self.context, 'PUT', image(2), picture)[0], 200)
        request = f'GET {image(2)} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {AUTHORIZED["Authorization"]}\r\n\r\n'
        seconds = []
        for _ in range(10):
            with self.server.socket(self.context) as connection:
                for _ in range(5):
                    start = time.monotonic()
                    connection.sendall(request.encode())
                    answer = http.client.HTTPResponse(connection)
                    answer.begin()
                    self.assertEqual(answer.read(), picture)
                    seconds.append(time.monotonic() - start)
        self.assertLess(statistics.median(seconds), 0.15)

    def test_curl_puts_and_gets_by_https(self):
        folder = pathlib.Path(FOLDER)
        (folder / 'photo.png').write_bytes(png(5 << 20, 3))
        url = f'https://localhost:{self.server.port}{image(3)}'
        curl = ['curl', '--silent', '--show-error', '--fail', '--noproxy', '*', '--cacert', RSA.cert, '-u', 'tje0:Tje0']
        run(*curl, '--upload-file', folder / 'photo.png', url)
        run(*curl, '--output', folder / 'got.png', url)
        self.assertTrue((folder / 'got.png').read_bytes() == (folder / 'photo.png').read_bytes())

    def test_every_answer_has_strict_transport_security(self):
        for path, fields, status in (('/healthz', {}, 200), (image(4), {}, 401), (image(4), AUTHORIZED, 404),
                                     ('/none', {}, 404)):
            got, headers, _ = self.server.ask(self.context, 'GET', path, fields=fields)
            self.assertEqual(got, status)
            self.assertEqual(headers.get_all('Strict-Transport-Security'), ['max-age=31536000'], path)
        with Server(SERVER, *tls(RSA)) as other:
            self.assertNotIn('Strict-Transport-Security', other.ask(self.context, 'GET', '/healthz')[1])

    def test_cookies_are_secure(self):
        _, headers, _ = self.server.ask(self.context, 'POST', '/session')
        self.assertEqual(len(headers.get_all('Set-Cookie')), 3)
        for cookie in headers.get_all('Set-Cookie'):
            self.assertIn('; Secure', cookie)
        with Server(SERVER, scheme='http') as plain:
            for cookie in plain.ask(None, 'POST', '/session')[1].get_all('Set-Cookie'):
                self.assertNotIn('Secure', cookie)

    def test_requests_may_arrive_together_or_byte_by_byte(self):
        with self.server.socket(self.context) as connection:
            connection.sendall(healthz() * 30 + closing_healthz())
            self.assertEqual(read_all(connection).count(b'HTTP/1.1 200 '), 31)
        with self.server.socket(self.context) as connection:
            for byte in closing_healthz():
                connection.sendall(bytes([byte]))
            self.assertEqual(read_all(connection).count(b'HTTP/1.1 200 '), 1)

    def test_the_end_of_the_stream_is_distinguished_from_a_cut(self):
        picture = png(100_000, 5)
        head = (f'PUT {image(5)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(picture)}\r\n'
                f"Authorization: {AUTHORIZED['Authorization']}\r\n\r\n").encode()
        ended = InMemory(self.server, self.context)
        ended.send(head + picture[:50_000])
        ended.end_sending()
        self.assertIn(b'HTTP/1.1 400 ', ended.receive())
        ended.close()
        cut = InMemory(self.server, self.context)
        cut.send(head + picture[:50_000])
        cut.socket.shutdown(socket.SHUT_WR)
        self.assertNotIn(b'HTTP/', read_all(cut.socket))
        cut.close()
        self.assertEqual(self.server.ask(self.context, 'GET', image(5))[0], 404)

    def test_a_client_that_ends_sending_gets_its_answer(self):
        picture = png(100_000, 6)
        client = InMemory(self.server, self.context)
        client.send((f'PUT {image(6)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(picture)}\r\n'
                     f"Authorization: {AUTHORIZED['Authorization']}\r\n\r\n").encode() + picture)
        client.end_sending()
        client.socket.shutdown(socket.SHUT_WR)
        self.assertIn(b'HTTP/1.1 200 ', client.receive())
        client.close()


class Limits(unittest.TestCase):
    """2 x 200 connections without a complete handshake, and some that are silent after it, with limits of seconds. The
    server has to close all of them, and to answer honest requests meanwhile."""

    def test_connections_without_a_handshake_are_closed(self):
        with Server(SERVER, *tls(RSA, '--head-timeout', '4')) as server:
            context = RSA.context()
            stuck = []
            for sent in (b'', HALF_HELLO):
                for _ in range(200):
                    connection = server.socket()
                    connection.sendall(sent)
                    stuck.append(connection)
            self.assertEqual(server.ask(context, 'GET', '/healthz')[0], 200)
            for connection in stuck:
                self.assertNotIn(b'HTTP/', read_all(connection))
                connection.close()
            self.assertTrue(eventually(lambda: server.figure(context, 'portrait_connections') <= 1))
            self.assertGreaterEqual(server.figure(context, 'portrait_tls_failed_handshakes_total'), 200)

    def test_a_silent_client_gets_close_notify(self):
        with Server(SERVER, *tls(RSA, '--idle-timeout', '3')) as server:
            with server.socket(RSA.context()) as connection:
                self.assertEqual(connection.recv(1), b'')  # raises without a close_notify
            with server.socket(RSA.context()) as connection:
                connection.sendall(healthz())
                self.assertTrue(connection.recv(1 << 16).startswith(b'HTTP/1.1 200 '))
                self.assertEqual(connection.recv(1), b'')

    def test_connections_count_before_their_handshake(self):
        with Server(SERVER, *tls(RSA, '--max-connections', '10', '--head-timeout', '60')) as server:
            stuck = []

            def hold_another():
                stuck.append(server.socket())
                stuck[-1].sendall(HALF_HELLO)

            for _ in range(10):
                hold_another()
            context = RSA.context()

            def is_full():
                if server.ask(context, 'GET', '/healthz')[0] == 503:
                    return True
                hold_another()  # a connection whose bytes weren't read yet was idle and evicted
                return False

            self.assertTrue(eventually(is_full))
            for connection in stuck[:-5]:
                connection.close()
            self.assertTrue(eventually(lambda: server.ask(context, 'GET', '/healthz')[0] == 200))
            for connection in stuck[-5:]:
                connection.close()


class Reload(unittest.TestCase):
    """8 clients put and get on old and new connections while the certificate is replaced 30 times. There may be no error
    and no wrong byte, and new connections have to get the new certificate."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.now = pathlib.Path(self.folder.name)
        self.trusting = ssl.create_default_context(cafile=str(RSA.cert))
        self.trusting.load_verify_locations(cafile=str(EC.cert))
        self.install(RSA)

    def tearDown(self):
        self.folder.cleanup()

    def install(self, certificate):
        for source, name in ((certificate.key, 'now.key'), (certificate.cert, 'now.pem')):
            (self.now / f'{name}.new').touch(0o600)
            (self.now / f'{name}.new').write_bytes(source.read_bytes())
            (self.now / f'{name}.new').rename(self.now / name)

    def start(self):
        return Server(SERVER, '--tls-cert', self.now / 'now.pem', '--tls-key', self.now / 'now.key')

    def shown(self, server):
        with server.socket(self.trusting) as connection:
            return connection.getpeercert(binary_form=True)

    def test_a_certificate_is_replaced_under_load(self):
        stop = threading.Event()
        errors = []
        done = []

        def client(server, number):
            try:
                picture = png(20_000, number)
                while not stop.is_set():
                    connection = server.connect(self.trusting)
                    for _ in range(5):
                        connection.request('PUT', image(number + 1), picture, AUTHORIZED)
                        response = connection.getresponse()
                        if response.status != 200:
                            errors.append((response.status, response.read()))
                        response.read()
                        connection.request('GET', image(number + 1), headers=AUTHORIZED)
                        if connection.getresponse().read() != picture:
                            errors.append('The picture differs')
                        done.append(number)
                    connection.close()
            except Exception as error:  # noqa: BLE001: any exception is an error
                errors.append(repr(error))

        with self.start() as server:
            old = server.connect(self.trusting)
            old.request('GET', '/healthz')
            self.assertEqual(old.getresponse().read(), b'alive\n')
            threads = [threading.Thread(target=client, args=(server, number)) for number in range(8)]
            for thread in threads:
                thread.start()
            try:
                for turn in range(30):
                    certificate = (EC, RSA)[turn % 2]
                    self.install(certificate)
                    begin = len(server.text['err'])
                    server.signal(signal.SIGHUP)
                    server.wait_for('err', 'The TLS certificate is', begin)
                    self.assertTrue(self.shown(server) == certificate.der())
            finally:
                stop.set()
                for thread in threads:
                    thread.join()
            self.assertEqual(errors, [])
            self.assertGreater(len(done), 8)
            old.request('GET', '/healthz')
            self.assertEqual(old.getresponse().read(), b'alive\n')
            self.assertTrue(old.sock.getpeercert(binary_form=True) == RSA.der())
            old.close()
            self.assertEqual(server.end(), 0)

    def test_tickets_end_with_their_key(self):
        with self.start() as server:
            session = session_of(server, self.trusting)
            for certificate, resumed in ((RSA, True), (EC, False), (RSA, True)):
                self.install(certificate)
                begin = len(server.text['err'])
                server.signal(signal.SIGHUP)
                server.wait_for('err', 'The TLS certificate is', begin)
                self.assertEqual(is_resumed(server, self.trusting, session), resumed)
            self.assertEqual(server.end(), 0)

    def test_a_bad_certificate_leaves_the_old_one(self):
        with self.start() as server:
            for break_it, why in ((lambda: (self.now / 'now.pem').write_text('no certificate'), 'holds no certificate'),
                                  (lambda: (self.now / 'now.pem').write_bytes(EC.cert.read_bytes()), 'is not the key'),
                                  (lambda: (self.now / 'now.key').chmod(0o644), 'everybody on this machine'),
                                  (lambda: (self.now / 'now.key').unlink(), "does not exist")):
                self.install(RSA)
                break_it()
                begin = len(server.text['err'])
                server.signal(signal.SIGHUP)
                server.wait_for('err', f'the certificate stays as it was: .*{why}', begin)
                self.assertTrue(self.shown(server) == RSA.der())
            self.assertEqual(server.end(), 0)

    def test_a_key_that_is_written_after_the_signal_is_loaded_without_another(self):
        with self.start() as server:
            (self.now / 'now.pem').write_bytes(EC.cert.read_bytes())
            server.signal(signal.SIGHUP)
            server.wait_for('err', 'the certificate stays as it was: .*is not the key')
            begin = len(server.text['err'])
            self.install(EC)
            server.wait_for('err', 'The TLS certificate is', begin)
            self.assertTrue(self.shown(server) == EC.der())
            self.assertEqual(server.text['err'].count('the certificate stays as it was'), 1)
            self.assertEqual(server.end(), 0)


class Refusals(unittest.TestCase):
    """Errors in files are reported before the server listens, equally by a start and by config check."""

    def refused(self, *arguments):
        messages = set()
        for command in ([], ['config', 'check']):
            with tempfile.TemporaryDirectory() as folder:
                done = subprocess.run([SERVER, '--demo', '--listen', '127.0.0.1:0', '--data', 'here', *map(str, arguments),
                                       *command], cwd=folder, capture_output=True, timeout=PATIENCE, check=False)
            self.assertEqual(done.returncode, 2, done.stderr)
            messages.add(done.stderr.decode().splitlines()[-1])
        self.assertEqual(len(messages), 1, messages)
        return messages.pop()

    def test_unusable_files(self):
        folder = pathlib.Path(tempfile.mkdtemp(dir=FOLDER))
        locked, opened, empty = folder / 'locked.key', folder / 'open.key', folder / 'empty'
        run('openssl', 'pkey', '-in', RSA.key, '-aes256', '-passout', 'pass:x', '-out', locked)
        locked.chmod(0o600)
        opened.write_bytes(RSA.key.read_bytes())
        opened.chmod(0o644)
        empty.touch(0o600)
        small = Certificate(folder, 'small', 'rsa:1024')
        damaged = folder / 'damaged.pem'
        damaged.write_text(RSA.cert.read_text() + EC.cert.read_text().replace('A', 'B', 5))
        for cert, key, message in ((folder / 'none.pem', RSA.key, 'none.pem'), (RSA.cert, folder / 'none.key', 'none.key'),
                                (RSA.cert, EC.key, 'is not the key of the certificate'),
                                (RSA.cert, locked, 'protected by a password'), (RSA.cert, opened, 'everybody'),
                                (empty, RSA.key, 'holds no certificate'), (RSA.cert, empty, 'holds no private key'),
                                (RSA.cert, folder, 'not a regular file'), (folder, RSA.key, 'not a regular file'),
                                (RSA.key, RSA.key, 'holds no certificate'), (small.cert, small.key, 'key too small'),
                                (damaged, RSA.key, 'damaged')):
            with self.subTest(message):
                self.assertIn(message, self.refused('--tls-cert', cert, '--tls-key', key))

    def test_options_that_need_another(self):
        self.assertIn('--tls-key', self.refused('--tls-cert', RSA.cert))
        self.assertIn('--tls-cert', self.refused('--tls-key', RSA.key))
        self.assertIn('--tls-cert', self.refused('--hsts', '300'))
        self.assertIn("does not exist", self.refused('--tls-cert', '', '--tls-key', ''))

    def test_an_expired_certificate_is_served_with_a_warning(self):
        folder = pathlib.Path(tempfile.mkdtemp(dir=FOLDER))
        run('openssl', 'req', '-new', '-key', RSA.key, '-out', folder / 'old.csr', '-subj', '/CN=long ago')
        run('openssl', 'x509', '-req', '-in', folder / 'old.csr', '-signkey', RSA.key, '-days', '-1', '-out',
            folder / 'old.pem')
        with Server(SERVER, '--tls-cert', folder / 'old.pem', '--tls-key', RSA.key) as server:
            server.wait_for('err', 'warning The TLS certificate is CN=long ago.*clients reject it')
            with self.assertRaisesRegex(ssl.SSLError, 'certificate'):
                server.socket(RSA.context())

    def test_the_operations_address_has_no_tls(self):
        with Server(SERVER, *tls(RSA), '--operations-listen', '127.0.0.1:0') as server:
            port = server.wait_for('err', r'serving health and metrics on http://127\.0\.0\.1:(\d+)')[1]
            with socket.create_connection(('127.0.0.1', int(port)), timeout=PATIENCE) as connection:
                connection.sendall(closing_healthz())
                self.assertTrue(read_all(connection).startswith(b'HTTP/1.1 200 '))

    def test_a_valid_configuration_is_accepted(self):
        with tempfile.TemporaryDirectory() as folder:
            done = run(SERVER, '--demo', *tls(RSA), 'config', 'check', cwd=folder)
        self.assertIn(b'good: would listen on https://127.0.0.1:8080', done.stdout)


if __name__ == '__main__':
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    SERVER = str(pathlib.Path(sys.argv.pop(1)).resolve())
    with tempfile.TemporaryDirectory() as FOLDER:
        RSA, EC = Certificate(FOLDER, 'rsa'), Certificate(FOLDER, 'ec', 'ec')
        unittest.main(verbosity=2)
