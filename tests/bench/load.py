"""One go of wrk against one server, with checks of the answers."""

import contextlib
import dataclasses
import http.client
import json
import os
import pathlib
import random
import subprocess
import threading
import time

from servers import AUTHORIZATION

SCRIPT = pathlib.Path(__file__).with_name("requests.lua")
WRK_THREADS = 2


@dataclasses.dataclass
class Row:
    """The requests of a measurement, and its targets."""
    name: str
    method: str
    size: int
    connections: int = 64
    persons: int = 500
    cached: bool = True
    conditional: bool = False
    random: bool = False           # random persons, not all in turn
    first: int = 1                 # the first person
    query: str = ""                # such as ?w=180
    logged: bool = False           # both servers authenticate, and write an access log
    shares: tuple = ()             # fixed rates to measure, in parts of nginx's highest rate
    processor_wanted: float = None  # highest ratio to nginx's processor time per request
    rate_wanted: float = None      # lowest ratio to nginx's rate
    beside_loop: bool = False      # compare with the bare loop
    files: list = dataclasses.field(default_factory=list)
    pictures: list = dataclasses.field(default_factory=list)


class Failed(Exception):
    """An answer was wrong."""


class Witness(threading.Thread):
    """Reads pictures of random persons while a load runs, and compares their bytes."""

    def __init__(self, server, row):
        super().__init__(daemon=True)
        self.server, self.row = server, row
        self.over = threading.Event()
        self.read = 0
        self.fault = None

    def run(self):
        while not self.over.wait(0.2):
            person = random.randrange(self.row.first, self.row.first + self.row.persons)
            try:
                status, _, picture = self.server.fetch(person, query=self.row.query)
            except OSError as failure:
                self.fault = f"person {person}: {failure}"
                return
            if status != 200 or picture not in self.row.pictures:
                self.fault = f"person {person}: {status}, {len(picture)} bytes that are no picture of the row"
                return
            self.read += 1

    def finish(self):
        self.over.set()
        self.join()
        if self.fault:
            raise Failed(f"{self.server.name}: {self.fault}")


class Go:
    """What a load cost; see `observed`."""
    processor_time = 0.0  # seconds of all processes of the server


@contextlib.contextmanager
def observed(server, row):
    """Reads pictures while the load in the `with` block runs, and measures the server's processor time."""
    os.sync()  # so that this go doesn't wait for writes of an earlier one
    time.sleep(0.3)
    go = Go()
    witness = Witness(server, row)
    witness.start()
    used = server.processor_time()
    yield go
    go.processor_time = server.processor_time() - used
    witness.finish()


def run(server, row, seconds, scratch, every_answer=False):
    """Returns the figures of a go: wrk's, its rate, and the processor time per request."""
    environment = {**os.environ, "METHOD": row.method, "PERSONS": str(row.persons),
                   "FIRST": str(row.first), "QUERY": row.query,
                   "PICTURES": " ".join(map(str, row.files)), "SIGNED": "1" if server.signed else "0",
                   "RESULT": str(scratch / "wrk.json")}
    if row.random:
        environment["RANDOM"] = "1"
    if row.conditional:
        environment["TAGS"] = str(tags(server, row, scratch))
    if every_answer:
        environment["CHECKED"] = "304" if row.conditional else "200"
    with observed(server, row) as go:
        done = subprocess.run(["wrk", f"-t{WRK_THREADS}", f"-c{row.connections}", f"-d{seconds}s", "--timeout", "10s",
                               "-s", SCRIPT, server.url], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"{server.name}, {row.name}: {done.stderr or done.stdout}")
    figures = json.loads((scratch / "wrk.json").read_text())
    judge(server, row, figures)
    figures["rate"] = figures["requests"] / figures["seconds"]
    figures["processor_us"] = go.processor_time * 1e6 / figures["requests"]
    return figures


def judge(server, row, figures):
    """Fails on refusals, which wrk counts, and on incomplete pictures, by the number of bytes per answer."""
    if not figures["requests"] or figures["refused"] or figures["broken"]:
        raise Failed(f"{server.name}, {row.name}: {figures}")
    each = figures["bytes"] / figures["requests"]
    picture = len(row.pictures[0]) if row.method == "GET" and not row.conditional else 0
    # When a go ends, some answers are incomplete: wrk counts their bytes, but not the answers.
    slack = 1500 + row.connections * (picture + 1500) / figures["requests"]
    if not picture <= each <= picture + slack:
        raise Failed(f"{server.name}, {row.name}: {each:.0f} bytes per answer; a picture has {picture}")


def put_everybody(server, row):
    """Puts a picture for every person, and reads all of them."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    fields = {"Content-Type": "image/jpeg", **({"Authorization": AUTHORIZATION} if server.signed else {})}
    for person in everybody(row):
        connection.request("PUT", f"/api/v1/Person/{person}/Image", row.pictures[person % 2], fields)
        answer = connection.getresponse()
        if answer.status not in (200, 201, 204):
            raise Failed(f"{server.name}, {row.name}: a put was answered {answer.status}: {answer.read()}")
        answer.read()
    connection.close()
    read_back(server, row)


def read_back(server, row, sample=None):
    for person in random.sample(everybody(row), sample) if sample else everybody(row):
        status, _, picture = server.fetch(person)
        if status != 200 or picture not in row.pictures:
            raise Failed(f"{server.name}, {row.name}: person {person} has {status}, {len(picture)} bytes")


@contextlib.contextmanager
def checked(servers):
    """A wrong answer in the `with` block ends the program with a message. Afterwards kills the servers that still run."""
    try:
        yield
    except Failed as failure:
        raise SystemExit(f"tests/bench: Wrong answer: {failure}") from None
    finally:
        for server in servers:
            if server.process.poll() is None:
                server.kill()


def everybody(row):
    return range(row.first, row.first + row.persons)


def tags(server, row, scratch):
    """Returns a file with the entity tags of all persons, which are read once per server."""
    path = scratch / f"{server.name}.{server.port}.tags"
    if not path.exists():
        path.write_text("".join(server.fetch(person)[1]["ETag"] + "\n" for person in everybody(row)))
    return path
