#!/usr/bin/env python3
"""Sends SIGTERM while 50 clients put and get, by HTTP and by HTTPS, on keep-alive and on new connections.

Checks that each request in the server's log was answered to its client, whole; that each picture with an answered PUT is
stored after a restart; and that the server ends by itself with code 0.

usage: drain_clients.py SERVER_BINARY
PORTRAIT_DRAIN_ROUNDS=N sets the number of rounds (default 2).
"""

import http.client
import json
import os
import pathlib
import random
import signal
import struct
import sys
import tempfile
import threading
import unittest
import zlib

from real_server import AUTHORIZED, Certificate, Server, image

SERVER = ''
CLIENTS = 50
ROUNDS = int(os.environ.get('PORTRAIT_DRAIN_ROUNDS', '2'))


def png(seed):
    """Returns a PNG of 3 to 90 KiB."""
    noise = random.Random(seed)
    side = noise.randint(32, 170)

    def chunk(name, data):
        return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))
    rows = b''.join(b'\0' + noise.randbytes(3 * side) for _ in range(side))
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', side, side, 8, 2, 0, 0, 0)) +
            chunk(b'IDAT', zlib.compress(rows, 0)) + chunk(b'IEND', b''))


class Client(threading.Thread):
    """Puts and gets the picture of its own person until the server has ended."""

    def __init__(self, server, context, number, enough):
        super().__init__()
        self.server, self.context, self.number, self.enough = server, context, number, enough
        self.acknowledged = None  # the last picture with an answered PUT
        self.under_way = None     # a picture that was sent and not answered
        self.answered = {}        # id -> status
        self.wrong = []
        self.cut = 0              # connections closed without an answer

    def ask(self, connection, method, turn, body=None):
        request_id = f'{self.number}-{turn}-{method}'
        connection.request(method, image(self.number), body, {**AUTHORIZED, 'X-Request-Id': request_id})
        response = connection.getresponse()
        got = response.read()
        self.answered[request_id] = response.status
        return response, got

    def run(self):
        keeps = self.number % 2 == 0
        connection = None
        try:
            for turn in range(1_000_000):
                connection = connection or self.server.connect(self.context)
                self.under_way = png(self.number * 10_000 + turn)
                response, _ = self.ask(connection, 'PUT', turn, self.under_way)
                if response.status != 200:
                    self.wrong.append(('PUT', response.status))
                self.acknowledged, self.under_way = self.under_way, None
                closing = response.headers['Connection'] == 'close'
                if not closing:
                    response, got = self.ask(connection, 'GET', turn)
                    closing = response.headers['Connection'] == 'close'
                    if response.status != 200 or got != self.acknowledged:
                        self.wrong.append(('GET', response.status))
                self.enough.release()
                if closing or not keeps:
                    connection.close()
                    connection = None
        except ConnectionRefusedError:
            pass
        except http.client.IncompleteRead as error:
            self.wrong.append(repr(error))
        except (http.client.RemoteDisconnected, OSError):
            self.cut += 1
        finally:
            if connection:
                connection.close()


class Drain(unittest.TestCase):
    def drain(self, folder, context, arguments, scheme):
        with Server(SERVER, '--log-json', *arguments, folder=folder, scheme=scheme) as server:
            enough = threading.Semaphore(0)
            clients = [Client(server, context, number + 1, enough) for number in range(CLIENTS)]
            for client in clients:
                client.start()
            for _ in range(CLIENTS * 4):
                enough.acquire()
            server.signal(signal.SIGTERM)
            for client in clients:
                client.join()
            self.assertEqual(server.wait(), 0)
            log = server.text['err']
        self.assertNotIn('were cut', log)
        self.assertEqual([client.wrong for client in clients if client.wrong], [])
        lines = [json.loads(line) for line in log.splitlines()]
        logged = {line['request_id']: line['status'] for line in lines
                  if line['event'] == 'request' and line['path'].endswith('/Image')}
        answered = {}
        for client in clients:
            answered |= client.answered
        self.assertEqual({name: status for name, status in logged.items() if answered.get(name) != status}, {})
        self.assertGreaterEqual(len(logged), CLIENTS * 4)
        with Server(SERVER, *arguments, folder=folder, scheme=scheme) as server:
            for client in clients:
                if client.acknowledged is not None:
                    status, _, stored = server.ask(context, 'GET', image(client.number))
                    self.assertEqual(status, 200)
                    self.assertIn(stored, (client.acknowledged, client.under_way), client.number)
            self.assertEqual(server.end(), 0)
        print(f'{len(answered)} requests answered, {sum(client.cut for client in clients)} sent too late',
              file=sys.stderr)

    def test_no_acknowledged_write_is_lost_by_http(self):
        for _ in range(ROUNDS):
            with tempfile.TemporaryDirectory() as folder:
                self.drain(folder, None, (), 'http')

    def test_no_acknowledged_write_is_lost_by_https(self):
        for _ in range(ROUNDS):
            with tempfile.TemporaryDirectory() as folder:
                certificate = Certificate(folder, 'drain', 'ec')
                self.drain(folder, certificate.context(), ('--tls-cert', certificate.cert, '--tls-key', certificate.key),
                           'https')


if __name__ == '__main__':
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    SERVER = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=2)
