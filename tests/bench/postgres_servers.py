"""The rows of postgres.py that are about servers: what a GET with cached bytes costs a server, alone and beside others."""

import concurrent.futures
import statistics
import subprocess

import load
from servers import AUTHORIZATION, Portrait

KIB = 1024
OTHERS = 0, 1, 3
RATE = 2000  # requests a second to each server that runs beside others
CLIENTS = 16
LONGER = 3  # such a go, because processor time is counted in ticks of 10 ms


class Servers:
    """Servers on one PostgreSQL, and one with a data folder."""

    def __init__(self, chosen, connection, scratch):
        self.chosen, self.connection, self.scratch = chosen, connection, scratch
        self.seconds = max(1, round(chosen.seconds))  # as wrk wants it
        self.row = load.Row("GET 64 KiB, cached", "GET", 64 * KIB, persons=min(500, chosen.blobs))
        for seed in (1, 2):
            path = scratch / f"{seed}.jpg"
            subprocess.run([chosen.binaries / "portrait_bench_picture", path, str(self.row.size), str(seed)], check=True)
            self.row.files.append(path)
            self.row.pictures.append(path.read_bytes())

    def start(self, name, *options):
        return Portrait(self.chosen.binaries / "portrait-server", self.scratch / name, *options, name=name)

    def shared(self, name):
        return self.start(name, "--store", self.connection)

    def go(self, server):
        return load.run(server, self.row, self.seconds, self.scratch)

    def cached(self):
        """Returns the figures of the server on PostgreSQL and of the one with a data folder, in turns."""
        sides = self.shared("shared"), self.start("embedded")
        for server in sides:
            load.put_everybody(server, self.row)
            self.go(server)  # fills the cache
        rounds = [[], []]
        for number in range(self.chosen.rounds):
            for index in (0, 1) if number % 2 == 0 else (1, 0):
                rounds[index].append(self.go(sides[index]))
        for server in sides:
            server.close()
        return rounds

    def beside_others(self):
        """Returns the processor time per request of one server beside so many others, each at the same steady rate. Below
        saturation: servers that share full cores would slow each other down, whatever they do in the database."""
        nodes = [self.shared(f"node{number}") for number in range(max(OTHERS) + 1)]
        for node in nodes:
            self.go(node)  # fills the cache
        goes = {others: [] for others in OTHERS}
        for number in range(self.chosen.rounds):
            for others in OTHERS if number % 2 == 0 else reversed(OTHERS):
                with concurrent.futures.ThreadPoolExecutor() as pool:
                    first, *rest = [pool.submit(self.steady, node) for node in nodes[:others + 1]]
                    goes[others].append(first.result())
                    for run in rest:
                        run.result()
        for node in nodes:
            node.close()
        return {others: statistics.median(figures) for others, figures in goes.items()}

    def steady(self, node):
        """Returns the processor time per request, µs, at RATE requests a second."""
        requests = RATE * self.seconds * LONGER
        paths = self.scratch / f"{node.name}.paths"
        paths.write_text("".join(f"{node.url}/api/v1/Person/{person}/Image\n" for person in range(1, self.row.persons + 1)))
        used = node.processor_time()
        done = subprocess.run(["h2load", "--h1", f"-n{requests}", f"-c{CLIENTS}", f"--rps={RATE / CLIENTS}", "-H",
                               f"Authorization: {AUTHORIZATION}", "-i", paths], check=True, capture_output=True, text=True)
        used = node.processor_time() - used
        if f"status codes: {requests} 2xx" not in done.stdout:
            raise SystemExit(f"tests/bench: h2load: {done.stdout}{done.stderr}")
        return used * 1e6 / requests
