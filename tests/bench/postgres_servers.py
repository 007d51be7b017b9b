"""The rows of postgres.py that are about servers: what a GET with cached bytes costs a server, alone and beside others."""

import concurrent.futures
import dataclasses
import statistics
import subprocess

import load
from servers import Portrait

KIB = 1024
OTHERS = 0, 1, 3


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
        """Returns the processor time per request of one server beside so many others that serve the same load."""
        nodes = [self.shared(f"node{number}") for number in range(max(OTHERS) + 1)]
        for node in nodes:
            self.go(node)
        goes = {others: [] for others in OTHERS}
        # A quarter of the load for each, so that the machine is as busy with one as with four.
        share = dataclasses.replace(self.row, connections=self.row.connections // len(nodes))
        for number in range(self.chosen.rounds):
            for others in OTHERS if number % 2 == 0 else reversed(OTHERS):
                with concurrent.futures.ThreadPoolExecutor() as pool:
                    runs = []
                    for index, node in enumerate(nodes[:others + 1]):
                        folder = self.scratch / f"go{index}"
                        folder.mkdir(exist_ok=True)
                        runs.append(pool.submit(load.run, node, share, self.seconds, folder))
                    goes[others].append(runs[0].result()["processor_us"])
                    for run in runs:
                        run.result()
        for node in nodes:
            node.close()
        return {others: statistics.median(figures) for others, figures in goes.items()}
