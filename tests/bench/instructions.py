"""Counts the instructions of portrait-server for one request, by valgrind's callgrind; see instructions.sh."""

import argparse
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile

from servers import AUTHORIZATION

REQUESTS = 2000
SIZE = 64 * 1024


class Client:
    """One connection that is kept."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.received = self.socket.makefile("rb")

    def send(self, method, fields=(), body=b""):
        """Returns status, fields and bytes of the answer."""
        lines = [f"{method} /api/v1/Person/1/Image HTTP/1.1", "Host: pictures.example.com",
                 f"Authorization: {AUTHORIZATION}", *fields]
        if body:
            lines += ["Content-Type: image/jpeg", f"Content-Length: {len(body)}"]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        status = int(self.received.readline().split()[1])
        answer = {}
        while line := self.received.readline().strip():
            name, value = line.decode().split(": ", 1)
            answer[name.lower()] = value
        return status, answer, self.received.read(int(answer.get("content-length", 0)))


def instructions_of(server, scratch, pictures, requests):
    """Returns the instructions of a server from its start to its end, with these requests in between."""
    counted = scratch / "counted"
    with tempfile.TemporaryDirectory(dir=scratch) as folder, open(scratch / "server.log", "wb") as log:
        process = subprocess.Popen(
            ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", f"--log-file={counted}", server, "--demo",
             "--listen", "127.0.0.1:0", "--data", f"{folder}/data", "--log-level", "warning", "--threads", "1"],
            stdout=subprocess.PIPE, stderr=log)
        try:
            port = next(int(found[1]) for line in process.stdout
                        if (found := re.search(rb"http://127\.0\.0\.1:(\d+)", line)))
            client = Client(port)
            assert client.send("PUT", body=pictures[0])[0] == 200
            tag = client.send("GET")[1]["etag"]  # the password has been verified, the picture is in the cache
            for number in range(requests.count):
                status, _, picture = requests.send(client, tag, pictures, number)
                assert status == requests.status, status
                assert status != 200 or requests.method == "PUT" or picture == pictures[0]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=120)
    return int(re.search(r"Collected : (\d+)", counted.read_text())[1])


class Requests:
    def __init__(self, name, method, status, most, conditional=False, count=REQUESTS):
        self.name, self.method, self.status, self.most, self.conditional = name, method, status, most, conditional
        self.count = count

    def send(self, client, tag, pictures, number):
        if self.method == "PUT":
            return client.send("PUT", body=pictures[(number + 1) % 2])
        return client.send("GET", [f"If-None-Match: {tag}"] if self.conditional else [])


# The bounds are a tenth above what the tests' build takes, and have to be moved with a reason.
ROWS = [
    Requests("GET of 64 KiB, in memory", "GET", 200, most=62_000),
    Requests("GET, 304", "GET", 304, most=59_000, conditional=True),
    Requests("PUT of 64 KiB", "PUT", 200, most=243_000),
]


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/instructions.sh", description="Counts instructions for one request.",
                                     allow_abbrev=False)
    parser.add_argument("--binaries", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--scratch", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--smoke", action="store_true",
                        help="with the tests' build; fails when a request takes more than its bound")
    chosen = parser.parse_args()
    missed = False
    with tempfile.TemporaryDirectory(dir=chosen.scratch, prefix="instructions.") as scratch:
        scratch = pathlib.Path(scratch).resolve()
        pictures = []
        for seed in (1, 2):
            path = scratch / f"{seed}.jpg"
            subprocess.run([chosen.binaries / "portrait_bench_picture", path, str(SIZE), str(seed)], check=True)
            pictures.append(path.read_bytes())
        server = chosen.binaries / "portrait-server"
        none = instructions_of(server, scratch, pictures, Requests("none", "GET", 200, most=0, count=0))
        for row in ROWS:
            each = (instructions_of(server, scratch, pictures, row) - none) / row.count
            wrong = chosen.smoke and each > row.most
            missed = missed or wrong
            print(f"{row.name}: {each:,.0f} instructions" + (f", at most {row.most:,} wanted" if chosen.smoke else "") +
                  (": MISSED" if wrong else ""), flush=True)
    sys.exit(1 if missed else 0)


main()
