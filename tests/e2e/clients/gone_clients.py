#!/usr/bin/env python3
"""100 clients request slow renditions and disconnect. Checks that their work is dropped, and that an honest client's
rendition doesn't wait for all of theirs.

usage: gone_clients.py SERVER_BINARY
"""

import pathlib
import struct
import sys
import unittest
import zlib

from real_server import AUTHORIZED, Server, eventually, image

SERVER = ''
CLIENTS = 100
SIDE = 6000


def slow_png():
    """Returns a PNG of 36 million pixels in a few KiB: fast to send and slow to scale."""
    def chunk(name, data):
        return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))
    rows = zlib.compress(bytes((3 * SIDE + 1) * SIDE), 9)
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', SIDE, SIDE, 8, 2, 0, 0, 0)) +
            chunk(b'IDAT', rows) + chunk(b'IEND', b''))


def request(width):
    return (f'GET {image(1)}?w={width} HTTP/1.1\r\nHost: localhost\r\n'
            f"Authorization: {AUTHORIZED['Authorization']}\r\n\r\n").encode()


class GoneClients(unittest.TestCase):
    def test_renditions_of_disconnected_clients_are_dropped(self):
        with Server(SERVER, '--render-threads', '1', scheme='http') as server:
            self.assertEqual(server.ask(None, 'PUT', image(1), slow_png())[0], 200)
            clients = []
            for width in range(1, CLIENTS + 1):
                clients.append(server.socket())
                clients[-1].sendall(request(width))
            self.assertTrue(eventually(lambda: server.figure(None, 'portrait_renderings_waiting') > CLIENTS / 2))
            for client in clients:
                client.close()
            self.assertTrue(eventually(
                lambda: server.figure(None, 'portrait_requests_abandoned_total') > CLIENTS * 3 / 4))
            status, headers, _ = server.ask(None, 'GET', f'{image(1)}?w=321')
            self.assertEqual(status, 200)
            self.assertEqual(headers['X-Image-Width'], '321')
            # All requested renditions have ended, nearly all of them without being rendered.
            self.assertTrue(eventually(lambda: server.figure(None, 'portrait_renderings_total') >= CLIENTS / 2))
            self.assertTrue(eventually(lambda: server.figure(None, 'portrait_renderings_waiting') == 0))
            made = (server.figure(None, 'portrait_renderings_total') -
                    server.figure(None, 'portrait_renderings_failed_total'))
            self.assertLess(made, CLIENTS / 4)
            self.assertTrue(eventually(lambda: server.figure(None, 'portrait_connections') <= 1))
            self.assertEqual(server.end(), 0)

    def test_one_of_several_clients_of_a_rendition_may_disconnect(self):
        with Server(SERVER, '--render-threads', '1', scheme='http') as server:
            self.assertEqual(server.ask(None, 'PUT', image(1), slow_png())[0], 200)
            going, staying = server.socket(), server.socket()
            going.sendall(request(50))
            staying.sendall(request(50))
            going.close()
            self.assertTrue(staying.recv(1 << 16).startswith(b'HTTP/1.1 200 '))
            staying.close()


if __name__ == '__main__':
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    SERVER = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=2)
