#!/usr/bin/env python3
"""Sends the same requests by curl, by Python's http.client and by a socket, and checks that the answers are equal.

usage: other_clients.py SERVER_BINARY
"""

import base64
import http.client
import json
import pathlib
import random
import re
import socket
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib
from dataclasses import dataclass, field

SERVER = ''
# As in the samples of the reference.
JSON = 'application/json; charset=utf-8'
SECRETS = set()  # that the servers have created
AUTHORIZED = {'Authorization': 'Basic dGplMDpUamUw'}
SAMPLE = {**AUTHORIZED, 'Accept': JSON, 'Accept-Language': 'fr,de,ru,zh'}


@dataclass
class Answer:
    status: int
    reason: str
    fields: list = field(default_factory=list)
    body: bytes = b''

    def get(self, name):
        return next((value for key, value in self.fields if key.lower() == name.lower()), None)


def parse_head(text):
    status_line, *lines = text.split('\r\n')
    version, status, reason = (status_line + ' ').split(' ', 2)
    assert version == 'HTTP/1.1', status_line
    return Answer(int(status), reason.strip(), [tuple(line.split(': ', 1)) for line in lines])


class Curl:
    def __init__(self, port):
        self.port = port
        self.folder = tempfile.TemporaryDirectory()

    def ask(self, method, path, fields, body=None):
        folder = pathlib.Path(self.folder.name)
        command = ['curl', '--silent', '--show-error', '--noproxy', '*', '--dump-header', folder / 'head',
                   '--output', folder / 'body', f'http://127.0.0.1:{self.port}{path}']
        command += ['--head'] if method == 'HEAD' else ['--request', method]
        for name, value in fields.items():
            command += ['--header', f'{name}: {value}']
        if 'Accept' not in fields:
            command += ['--header', 'Accept:']
        if body is not None:
            (folder / 'upload').write_bytes(body)
            command += ['--upload-file', folder / 'upload']
        (folder / 'body').write_bytes(b'')
        subprocess.run(command, check=True)
        # Interim answers, such as 100 Continue, come first.
        blocks = (folder / 'head').read_bytes().decode('latin-1').strip().split('\r\n\r\n')
        answer = parse_head(blocks[-1])
        answer.body = b'' if method == 'HEAD' else (folder / 'body').read_bytes()
        return answer

    def close(self):
        self.folder.cleanup()


class HttpClient:
    def __init__(self, port):
        self.connection = http.client.HTTPConnection('127.0.0.1', port, timeout=60)

    def ask(self, method, path, fields, body=None):
        self.connection.request(method, path, body, fields)
        response = self.connection.getresponse()
        return Answer(response.status, response.reason, response.getheaders(), response.read())

    def close(self):
        self.connection.close()


class RawSocket:
    """Sends the requests as printed in the reference, with the framing of HTTP."""

    def __init__(self, port):
        self.port = port

    def ask(self, method, path, fields, body=None):
        lines = [f'{method} {path} HTTP/1.1', *(f'{name}: {value}' for name, value in fields.items()),
                 'Host: 127.0.0.1', 'Connection: close']
        if body is not None:
            lines.append(f'Content-Length: {len(body)}')
        with socket.create_connection(('127.0.0.1', self.port), timeout=60) as connection:
            try:
                connection.sendall('\r\n'.join(lines).encode() + b'\r\n\r\n' + (body or b''))
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before everything was sent; the answer has the reason
            received = b''
            while block := connection.recv(1 << 16):
                received += block
        head, _, rest = received.partition(b'\r\n\r\n')
        answer = parse_head(head.decode('latin-1'))
        answer.body = rest
        return answer

    def close(self):
        pass


CLIENTS = (Curl, HttpClient, RawSocket)


def png(width, height, seed):
    """Returns a valid PNG of noise."""
    noise = random.Random(seed)
    rows = b''.join(b'\0' + noise.randbytes(3 * width) for _ in range(height))

    def chunk(name, data):
        return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)) +
            chunk(b'IDAT', zlib.compress(rows, 1)) + chunk(b'IEND', b''))


def multipart(picture):
    boundary = 'a-boundary-0123456789'
    body = (f'--{boundary}\r\nContent-Disposition: form-data; name="note"\r\n\r\nnothing\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="photo.png"\r\n'
            'Content-Type: image/png\r\n\r\n').encode() + picture + f'\r\n--{boundary}--\r\n'.encode()
    return f'multipart/form-data; boundary={boundary}', body


class Server:
    def __init__(self, *options):
        self.folder = tempfile.TemporaryDirectory()
        self.log = tempfile.TemporaryFile('w+', errors='replace')
        self.process = subprocess.Popen(
            [SERVER, '--demo', '--listen', '127.0.0.1:0', '--log-level', 'info',
             '--data', pathlib.Path(self.folder.name) / 'data', *options],
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        for line in self.process.stdout:
            if found := re.search(r'listening on http://127\.0\.0\.1:(\d+)', line):
                self.port = int(found.group(1))
                return
        raise RuntimeError(f'The server ended with {self.process.wait()}')

    def stop(self):
        self.process.terminate()
        code = self.process.wait()
        self.process.stdout.close()
        self.folder.cleanup()
        with self.log:
            self.log.seek(0)
            log = self.log.read()
        assert code == 0, (code, log)
        assert not re.search('Tje0|dGplMDpUamUw|[78][TA]:', log), log
        assert not any(secret in log for secret in SECRETS), log


# Without the values that differ between any two answers; the rest has to be equal.
def comparable(answer):
    own = {'date', 'x-request-id', 'last-modified', 'etag', 'x-image-etag', 'connection', 'keep-alive'}
    fields = sorted((name.lower(), value) for name, value in answer.fields if name.lower() not in own)
    # Last-Modified is there only when the second of the last change is over.
    may_be_missing = {'connection', 'keep-alive', 'last-modified'}
    has = sorted(name.lower() for name, _ in answer.fields if name.lower() in own - may_be_missing)
    body = re.sub(rb'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ', b'DATE', answer.body)
    body = re.sub(rb'("BlobId":|<BlobId>)\d+', rb'\g<1>ID', body)
    body = re.sub(rb'^\d+$', b'ID', body)
    return answer.status, answer.reason, fields, has, body


class OtherClientsTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.stop)
        cls.last_person = 0

    def conversation(self, talk):
        """Runs `talk` with every client and a person of its own. `talk` yields names and answers, which have to be equal."""
        transcripts = {}
        for kind in CLIENTS:
            # Ids with equal numbers of digits, so that all answers have equal lengths.
            OtherClientsTest.last_person += 1
            person = 100 + OtherClientsTest.last_person
            client = kind(self.server.port)
            self.addCleanup(client.close)
            transcripts[kind.__name__] = [
                (name, self.without_person(comparable(answer), person)) for name, answer in talk(client, person)]
        (first, expected), *others = transcripts.items()
        for client, transcript in others:
            self.assertEqual(len(transcript), len(expected))
            for (name, seen), (_, wanted) in zip(transcript, expected):
                self.assertEqual(seen, wanted, f'{name}: {client} and {first} differ')

    @staticmethod
    def without_person(answer, person):
        status, reason, fields, has, body = answer
        return (status, reason, [(name, value.replace(f'person-{person}.', 'person-P.')) for name, value in fields],
                has, body.replace(f'Person id {person}'.encode(), b'Person id P'))

    def check(self, answer, status, content_type=None, reason=None):
        self.assertEqual(answer.status, status, answer.body[:500])
        if content_type:
            self.assertEqual(answer.get('Content-Type'), content_type)
        if reason:
            self.assertEqual(answer.reason, reason)
        return answer

    def check_error(self, answer, status, error_type):
        self.check(answer, status, JSON)
        problem = json.loads(answer.body)
        self.assertIs(problem['Error'], True)
        self.assertEqual(problem['ErrorType'], error_type)
        self.assertTrue(problem['ErrorMessage'])
        return answer

    def test_the_samples_of_the_reference(self):
        picture = png(23, 17, 1)

        def talk(client, person):
            image = f'/api/v1/Person/{person}/Image'
            # The sample has no Content-Type.
            saved = self.check(client.ask('PUT', image, SAMPLE, picture), 200, JSON, 'The image blob id')
            self.assertRegex(saved.body, rb'^[1-9]\d*$')
            yield 'save', saved
            read = self.check(client.ask('GET', image, SAMPLE), 200, 'image/png')
            self.assertEqual(read.body, picture)
            yield 'read', read
            info = self.check(client.ask('GET', f'{image}Info', SAMPLE), 200, JSON)
            self.assertEqual(json.loads(info.body)['BlobId'], int(saved.body))
            yield 'info', info
            by_agent = self.check(client.ask('POST', '/api/v1/Agents/BLOB/GetPersonImage',
                                             {**SAMPLE, 'Content-Type': JSON},
                                             b'{\n  "PersonId": %d\n}\n' % person), 200, JSON)
            self.assertEqual(base64.b64decode(json.loads(by_agent.body)), picture)
            yield 'agent', by_agent
            yield 'delete', self.check(client.ask('DELETE', image, SAMPLE), 204)
            yield 'gone', self.check_error(client.ask('GET', image, SAMPLE), 404, 'SoNotFoundException')
        self.conversation(talk)

    def test_pictures_of_several_mib(self):
        picture = png(1300, 1200, 2)
        self.assertGreater(len(picture), 4 << 20)

        def talk(client, person):
            image = f'/api/v1/Person/{person}/Image'
            fields = {**AUTHORIZED, 'Content-Type': 'image/png'}
            yield 'save', self.check(client.ask('PUT', image, fields, picture), 200)
            read = self.check(client.ask('GET', image, AUTHORIZED), 200, 'image/png')
            self.assertEqual(read.body == picture, True)
            yield 'read', read
            part = self.check(client.ask('GET', image, {**AUTHORIZED, 'Range': 'bytes=1000000-2999999'}), 206)
            self.assertEqual(part.body == picture[1000000:3000000], True)
            yield 'range', part
            media_type, body = multipart(picture)
            yield 'form', self.check(client.ask('POST', image, {**AUTHORIZED, 'Content-Type': media_type}, body), 200)
            body = json.dumps({'PersonId': person, 'Image': base64.b64encode(picture).decode()}).encode()
            yield 'agent', self.check(client.ask('POST', '/api/v1/Agents/Person/SetPersonImage',
                                                 {**AUTHORIZED, 'Content-Type': 'application/json'}, body), 204)
            by_agent = self.check(client.ask('POST', '/api/v1/Agents/Person/GetPersonImage',
                                             {**AUTHORIZED, 'Content-Type': 'application/json',
                                              'Accept': 'application/octet-stream'},
                                             b'{"personId":%d}' % person), 200, 'application/octet-stream')
            self.assertEqual(by_agent.body == picture, True)
            yield 'agent read', by_agent
        self.conversation(talk)

    def test_image_info_in_every_form(self):
        def talk(client, person):
            info = f'/api/v1/Person/{person}/ImageInfo'
            self.check(client.ask('PUT', info.removesuffix('Info'), AUTHORIZED, png(5, 4, 3)), 200)
            put = [('json', 'PUT', 'application/json', b'{"description":"by json"}'),
                   ('xml', 'PUT', 'application/xml', b'<BlobEntity><Description>by xml</Description></BlobEntity>'),
                   ('form', 'PUT', 'application/x-www-form-urlencoded', b'Description=by+form'),
                   ('patch', 'PATCH', 'application/json-patch+json',
                    b'[{"op":"replace","path":"/description","value":"by patch"}]'),
                   ('merge', 'PUT', 'application/merge-patch+json', b'{"Description":"by merge"}')]
            for name, method, media_type, body in put:
                answer = self.check(client.ask(method, info, {**AUTHORIZED, 'Content-Type': media_type,
                                                              'Accept': 'application/json'}, body), 200, JSON)
                self.assertEqual(json.loads(answer.body)['Description'], f'by {name}')
                yield name, answer
            answer = self.check(client.ask('GET', info, {**AUTHORIZED, 'Accept': 'text/xml'}), 200,
                                'text/xml; charset=utf-8')
            self.assertIn(b'<Description>by merge</Description>', answer.body)
            yield 'as xml', answer
            yield 'not there', self.check_error(client.ask('PUT', '/api/v1/Person/123456/ImageInfo',
                                                           {**AUTHORIZED, 'Content-Type': 'application/json'}, b'{}'),
                                                400, 'SoArgumentException')
        self.conversation(talk)

    def test_conditions(self):
        def talk(client, person):
            image = f'/api/v1/Person/{person}/Image'
            tag = self.check(client.ask('PUT', image, AUTHORIZED, png(5, 4, 4)), 200).get('ETag')
            head = self.check(client.ask('HEAD', image, AUTHORIZED), 200, 'image/png')
            self.assertEqual(head.get('ETag'), tag)
            self.assertEqual(head.body, b'')
            yield 'head', head
            yield 'not modified', self.check(client.ask('GET', image, {**AUTHORIZED, 'If-None-Match': tag}), 304)
            matched = self.check(client.ask('PUT', image, {**AUTHORIZED, 'If-Match': tag}, png(5, 4, 5)), 200)
            self.assertNotEqual(matched.get('ETag'), tag)
            yield 'matched', matched
            refused = client.ask('PUT', image, {**AUTHORIZED, 'If-Match': tag}, png(5, 4, 6))
            self.check_error(refused, 412, 'SoConcurrencyException')
            self.assertEqual(refused.get('ETag'), matched.get('ETag'))
            yield 'lost', refused
        self.conversation(talk)

    def test_refusals(self):
        def talk(client, person):
            image = f'/api/v1/Person/{person}/Image'
            anonymous = self.check_error(client.ask('GET', image, {}), 401, 'SoAuthenticationException')
            self.assertIn('Basic realm="portrait"', anonymous.get('WWW-Authenticate'))
            yield 'anonymous', anonymous
            wrong = {'Authorization': 'Basic ' + base64.b64encode(b'tje0:wrong').decode()}
            yield 'wrong password', self.check_error(client.ask('GET', image, wrong), 401, 'SoAuthenticationException')
            empty = self.check_error(client.ask('PUT', image, AUTHORIZED, b''), 400, 'SoArgumentException')
            self.assertEqual(json.loads(empty.body)['ErrorMessage'], 'Image bitmap is missing from body')
            yield 'empty', empty
            yield 'no picture', self.check_error(client.ask('PUT', image, AUTHORIZED, b'%PDF-1.4 and so on'), 400,
                                                 'SoArgumentException')
            yield 'type', self.check_error(client.ask('PUT', image, {**AUTHORIZED, 'Content-Type': 'text/plain'},
                                                      png(5, 4, 7)), 415, 'SoArgumentException')
            yield 'person', self.check_error(client.ask('PUT', '/api/v1/Person/99999/Image', AUTHORIZED, png(5, 4, 8)),
                                             400, 'SoArgumentException')
            unknown = self.check_error(client.ask('GET', '/api/v1/Person/99999/Image', AUTHORIZED), 404,
                                       'SoNotFoundException')
            self.assertEqual(json.loads(unknown.body)['ErrorMessage'], 'Person id 99999 not found')
            yield 'unknown', unknown
            method = self.check_error(client.ask('DELETE', f'{image}Info', AUTHORIZED), 405, 'SoNotSupportedException')
            self.assertIn('PATCH', method.get('Allow'))
            yield 'method', method
            yield 'path', self.check_error(client.ask('GET', '/api/v1/Persons', AUTHORIZED), 404,
                                           'SoNotFoundException')
            yield 'agent', self.check_error(client.ask('POST', '/api/v1/Agents/BLOB/GetProjectImage',
                                                       {**AUTHORIZED, 'Content-Type': 'application/json'}, b'{}'),
                                            404, 'SoNotFoundException')
            xml = self.check(client.ask('GET', image, {**AUTHORIZED, 'Accept': 'application/xml'}), 404,
                             'application/xml; charset=utf-8')
            self.assertIn(b'<ErrorType>SoNotFoundException</ErrorType>', xml.body)
            yield 'as xml', xml
        self.conversation(talk)

    def test_a_browser_s_session(self):
        def sign_in(client):
            answer = self.check(client.ask('POST', '/session', AUTHORIZED, b''), 204)
            cookies = dict(re.match(r'([^=]+)=([^;]*)', value).groups()
                           for name, value in answer.fields if name.lower() == 'set-cookie')
            self.assertEqual(set(cookies), {'PORTRAIT_SESSION', 'XSRF-TOKEN', 'PORTRAIT_KNOWN'})
            SECRETS.update(cookies.values())
            return {'Cookie': '; '.join(f'{name}={value}' for name, value in cookies.items())}, cookies['XSRF-TOKEN']

        def talk(client, person):
            image = f'/api/v1/Person/{person}/Image'
            cookies, value = sign_in(client)
            _, other = sign_in(client)
            signed = {**cookies, 'X-XSRF-TOKEN': value}
            picture = png(5, 4, 9)
            yield 'put', self.check(client.ask('PUT', image, signed, picture), 200)
            read = self.check(client.ask('GET', image, signed), 200, 'image/png')
            self.assertEqual(read.body, picture)
            yield 'get', read
            for name, fields in {'without the token': cookies, 'with another token': {**cookies, 'X-XSRF-TOKEN': other},
                                 'without the cookie': {'X-XSRF-TOKEN': value}}.items():
                for method, body in (('PUT', picture), ('GET', None)):
                    yield f'{method} {name}', self.check_error(client.ask(method, image, fields, body), 401,
                                                               'SoAuthenticationException')
            yield 'sign out', self.check(client.ask('DELETE', '/session', signed), 204)
            yield 'after', self.check_error(client.ask('PUT', image, signed, picture), 401,
                                            'SoAuthenticationException')
        self.conversation(talk)


if __name__ == '__main__':
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    SERVER = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=2)
