"""Compares portrait-server with nginx over TLS, with the same certificate and cipher, and prints a table; see tls.sh."""

import argparse
import contextlib
import dataclasses
import http.client
import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

import figures
import load
from load import Failed, Row
from servers import AUTHORIZATION, Nginx, Portrait

KIB = 1024
ROWS = [
    Row("GET 64 KiB, hot", "GET", 64 * KIB, rate_wanted=1.0),
    Row("PUT 64 KiB, 64 connections", "PUT", 64 * KIB, rate_wanted=2.0),
]
CLIENTS = 8  # processes of openssl s_time
NEW_CONNECTIONS_WANTED = 0.9
IDLE_WANTED = 16 * KIB


def make_certificate(folder):
    """Returns a certificate with a P-256 key, and the key."""
    certificate, key = folder / "tls.pem", folder / "tls.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    key.chmod(0o600)
    return certificate, key


class Tls:
    """What both servers have in common."""

    def context(self):
        made = ssl.create_default_context(cafile=self.certificate)
        made.check_hostname = False
        return made

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}"

    def connect(self):
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        return self.context_of_all.wrap_socket(plain)

    def fetch(self, person, fields=None, query=""):
        request = urllib.request.Request(f"{self.url}/api/v1/Person/{person}/Image{query}", headers=fields or {})
        if self.signed:
            request.add_header("Authorization", AUTHORIZATION)
        with urllib.request.urlopen(request, timeout=30, context=self.context_of_all) as answer:
            return answer.status, answer.headers, answer.read()

    def put_everybody(self, row):
        """Puts a picture for every person, and reads all of them."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=self.context_of_all)
        fields = {"Content-Type": "image/jpeg", **({"Authorization": AUTHORIZATION} if self.signed else {})}
        for person in range(1, row.persons + 1):
            connection.request("PUT", f"/api/v1/Person/{person}/Image", row.pictures[person % 2], fields)
            answer = connection.getresponse()
            if answer.status not in (200, 201, 204):
                raise Failed(f"{self.name}, {row.name}: a put was answered {answer.status}: {answer.read()}")
            answer.read()
        connection.close()
        load.read_back(self, row)

    def cipher(self):
        with self.connect() as connection:
            return connection.cipher()[:2]


class TlsPortrait(Tls, Portrait):
    def __init__(self, binary, folder, certificate, key, name="portrait"):
        self.certificate = certificate
        self.context_of_all = self.context()
        super().__init__(binary, folder, "--tls-cert", certificate, "--tls-key", key, name=name)


class TlsNginx(Tls, Nginx):
    """nginx with its defaults for TLS, which include session tickets."""

    def __init__(self, folder, certificate, key):
        self.certificate = certificate
        self.context_of_all = self.context()
        self.listen = f"ssl; ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_protocols TLSv1.2 TLSv1.3"
        super().__init__(folder)


class Bench:
    def __init__(self, arguments, scratch):
        self.arguments, self.scratch = arguments, scratch
        self.seconds = 1 if arguments.smoke else arguments.seconds
        self.table = figures.Table(judged=not arguments.smoke, shown=True)

    def prepare(self):
        for row in ROWS:
            row.persons = 50 if self.arguments.smoke else row.persons
            for seed in (1, 2):
                path = self.scratch / f"{row.size}.{seed}.jpg"
                if not path.exists():
                    subprocess.run([self.arguments.binaries / "portrait_bench_picture", path, str(row.size), str(seed)],
                                   check=True)
                row.files.append(path)
                row.pictures.append(path.read_bytes())

    def in_turns(self, sides, go):
        """Returns the figures of each side's goes."""
        rounds = [[] for _ in sides]
        for number in range(self.arguments.rounds):
            order = list(zip(sides, rounds))
            for side, goes in order if number % 2 == 0 else order[::-1]:
                goes.append(go(side))
        return rounds

    def compare(self, name, rounds, figure, wanted=None):
        self.table.pairs(name, figures.of_goes(figure, *rounds), wanted=wanted, least=True)

    def requests(self, sides):
        for row in ROWS:
            for side in sides:
                side.put_everybody(row)
            rounds = self.in_turns(sides, lambda side, row=row: load.run(side, row, self.seconds, self.scratch,
                                                                         self.arguments.smoke))
            for side in sides:
                load.read_back(side, row, sample=20)
            self.compare(f"{row.name}: per second", rounds, "rate", row.rate_wanted)
            self.compare(f"{row.name}: processor time, µs", rounds, "processor_us")

    def connections(self, sides):
        """New connections with one small request each, with a complete handshake and with a resumed session."""
        for mode, name, wanted in (("-new", "new connections", NEW_CONNECTIONS_WANTED),
                                   ("-reuse", "resumed connections", NEW_CONNECTIONS_WANTED)):
            rounds = self.in_turns(sides, lambda side, mode=mode: self.connect_many(side, mode))
            self.compare(f"{name}: per second", rounds, "rate", wanted)
            self.compare(f"{name}: processor time, µs", rounds, "processor_us")

    def connect_many(self, side, mode):
        command = ["openssl", "s_time", "-connect", f"127.0.0.1:{side.port}", mode, "-time", str(self.seconds), "-www",
                   "/healthz"]
        used, start = side.processor_time(), time.monotonic()
        clients = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                   for _ in range(CLIENTS)]
        outputs = [client.communicate()[0] for client in clients]
        used, took = side.processor_time() - used, time.monotonic() - start
        count = sum(int(re.search(r"(\d+) connections in \d+ real", output)[1]) for output in outputs)
        # An r for each resumed connection, a * for each other one of the measurement.
        marks = "".join(re.findall(r"^[r*t]+$", "\n".join(outputs), re.MULTILINE))
        resumed = marks.count("r") / max(len(marks), 1)
        if not count or (resumed < 0.99 if mode == "-reuse" else False):
            raise Failed(f"{side.name}: {count} connections, {resumed:.0%} of them resumed: {outputs[0][:500]}")
        return {"rate": count / took, "processor_us": used * 1e6 / count}

    def idle(self, sides):
        for side in sides:
            side.put_everybody(dataclasses.replace(ROWS[0], persons=1))
        ours, peer = (memory_of_idle(side, 200 if self.arguments.smoke else 2000) for side in sides)
        self.table.single("memory of an idle connection, bytes", ours, peer, wanted=IDLE_WANTED)


def memory_of_idle(side, count):
    """Returns the bytes of a server's memory for each of `count` connections that are idle after one answer."""
    signed = f"Authorization: {AUTHORIZATION}\r\n" if side.signed else ""
    request = f"GET /api/v1/Person/1/Image HTTP/1.1\r\nHost: localhost\r\n{signed}\r\n".encode()

    def connect():
        connection = opened.enter_context(side.connect())
        connection.sendall(request)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        if answer.status != 200 or not answer.read():
            raise Failed(f"{side.name}, idle connections: {answer.status}")

    with contextlib.ExitStack() as opened:
        for _ in range(200):  # the first connections also cause memory that is allocated once
            connect()
        before = side.allocated()
        for _ in range(count):
            connect()
        time.sleep(0.5)
        return (side.allocated() - before) / count


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/tls.sh", description="Measures portrait-server and nginx over TLS.")
    parser.add_argument("--binaries", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--scratch", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, help="goes of each server (5)")
    parser.add_argument("--seconds", type=int, default=3, help="of a go (3)")
    parser.add_argument("--beside", type=pathlib.Path, help="another portrait-server, instead of nginx")
    parser.add_argument("--only", choices=["requests", "connections", "idle"], help="these rows only")
    parser.add_argument("--smoke", action="store_true", help="every step for a second; judges nothing")
    arguments = parser.parse_args()
    arguments.rounds = arguments.rounds or (1 if arguments.smoke else 5)
    with tempfile.TemporaryDirectory(dir=arguments.scratch, prefix="tls.") as folder:
        scratch = pathlib.Path(folder).resolve()
        pair = make_certificate(scratch)
        bench = Bench(arguments, scratch)
        bench.prepare()
        sides = [TlsPortrait(arguments.binaries / "portrait-server", scratch / "data", *pair)]
        try:
            sides.append(TlsPortrait(arguments.beside, scratch / "other", *pair, name="other") if arguments.beside else
                         TlsNginx(scratch / "nginx", *pair))
            if not arguments.beside:
                (scratch / "nginx/root/healthz").write_text("alive\n")
            ciphers = {side.cipher() for side in sides}
            if len(ciphers) != 1:
                raise Failed(f"The servers choose different ciphers: {ciphers}")
            # Idle connections first: they would take memory that a load has left free.
            for part in (bench.idle, bench.requests, bench.connections):
                if arguments.only in (None, part.__name__):
                    part(sides)
        finally:
            for side in sides:
                side.close()
    print(f"{ciphers.pop()[0]}, P-256, {os.cpu_count()} processors; goes of {bench.seconds} s, {arguments.rounds} of each\n")
    bench.table.print("other" if arguments.beside else "nginx")
    return 1 if bench.table.missed and not arguments.beside else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        sys.exit(f"A check failed: {failure}")
