"""Compares portrait-server with nginx and prints a table; see run.sh."""

import argparse
import json
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import idle
import load
from load import Row
from servers import Nginx, Portrait

KIB = 1024
NOT_WORSE = 1.05  # highest ratio of processor time to another build's

ROWS = [
    Row("PUT 64 KiB, 64 connections", "PUT", 64 * KIB, rate_wanted=2.0, latency_wanted=0.25),
    Row("PUT 64 KiB, 16 connections", "PUT", 64 * KIB, connections=16, rate_wanted=1.3),
    Row("GET 64 KiB, hot", "GET", 64 * KIB, rate_wanted=1.1, latency_wanted=0.25),
    Row("GET 64 KiB, uncached", "GET", 64 * KIB, cached=False, rate_wanted=0.9),
    Row("GET 64 KiB, 304", "GET", 64 * KIB, conditional=True, rate_wanted=0.9),
    Row("PUT 4 KiB, 64 connections", "PUT", 4 * KIB),
    Row("GET 4 KiB, hot", "GET", 4 * KIB),
    Row("PUT 1 MiB, 64 connections", "PUT", 1024 * KIB, persons=48),
    Row("GET 1 MiB, hot", "GET", 1024 * KIB, persons=48),
]


class Bench:
    def __init__(self, arguments, scratch):
        self.arguments, self.scratch = arguments, scratch
        self.binaries = pathlib.Path(arguments.binaries)
        self.lines = []
        self.servers = []

    def portrait(self, folder, *options, log_level="warning", binary=None):
        server = Portrait(binary or self.binaries / "portrait-server", self.scratch / folder, *options,
                          log_level=log_level, name="other" if binary else "portrait")
        self.servers.append(server)
        return server

    def prepare(self):
        rows = [row for row in ROWS if self.arguments.only in row.name]
        for row in rows:
            for seed in (1, 2):
                path = self.scratch / f"{row.size}.{seed}.jpg"
                if not path.exists():
                    subprocess.run([self.binaries / "portrait_bench_picture", path, str(row.size), str(seed)],
                                   check=True)
                row.files.append(path)
                row.pictures.append(path.read_bytes())
        return rows

    def measure(self, rows):
        uncached = "--cache-bytes", "0"
        ours = self.portrait("data"), self.portrait("uncached", *uncached)
        if self.arguments.beside:
            peers = (self.portrait("other", binary=self.arguments.beside),
                     self.portrait("other.uncached", *uncached, binary=self.arguments.beside))
        else:
            peers = (Nginx(self.scratch / "nginx"),) * 2
            self.servers.append(peers[0])
        for row in rows:
            sides = tuple(servers[0 if row.cached else 1] for servers in (ours, peers))
            for server in sides:
                load.put_everybody(server, row)
            rounds = {server: [] for server in sides}
            for number in range(self.arguments.rounds):
                # The order changes, so that neither side always finds what the other has left.
                for server in sides if number % 2 == 0 else sides[::-1]:
                    rounds[server].append(load.run(server, row, self.arguments.seconds, self.scratch,
                                                   self.arguments.smoke))
                    if row.method == "PUT":
                        load.read_back(server, row, sample=20)
            self.compare(row, *rounds.values())
        for server in dict.fromkeys(ours + peers):
            server.close()

    def compare(self, row, ours, peers):
        def middle(goes, figure):
            return statistics.median(go[figure] for go in goes)

        def ratio(figure):
            # Of goes next to each other in time, so that a slow period of the machine affects both servers.
            return statistics.median(own[figure] / other[figure] for own, other in zip(ours, peers))

        def line(name, figure, wanted, least):
            self.line(f"{row.name}: {name}", middle(ours, figure), middle(peers, figure), ratio(figure), wanted, least)

        line("processor time per request, µs", "processor_us", NOT_WORSE if self.arguments.beside else None, least=False)
        line("per second", "rate", None if self.arguments.beside else row.rate_wanted, least=True)
        line("p99, ms", "p99_ms", None if self.arguments.beside else row.latency_wanted, least=False)
        row.rate = middle(ours, "rate")

    def line(self, name, ours, peers=None, ratio=None, wanted=None, least=True):
        verdict = ""
        if wanted is not None:
            verdict = f"{'≥' if least else '≤'} {wanted:,g}"
            if not self.arguments.smoke:
                judged = ours if ratio is None else ratio
                verdict += ": met" if (judged >= wanted if least else judged <= wanted) else ": MISSED"
        cells = ["" if cell is None else f"{cell:,.2f}" if cell < 100 else f"{cell:,.0f}"
                 for cell in (ours, peers, ratio)]
        self.lines.append((name, *cells, verdict))
        print(" | ".join(cell for cell in self.lines[-1] if cell), file=sys.stderr, flush=True)

    def batch_reached(self, row):
        """Returns the saves per commit under the row's load, from the statistics that a server logs when it ends."""
        server = self.portrait("batches", log_level="info")
        load.put_everybody(server, row)
        server.close()
        server = self.portrait("batches", log_level="info")  # its counts begin at zero
        load.run(server, row, self.arguments.seconds, self.scratch)
        server.close()
        found = re.search(r"(\d+) writes in (\d+) commits", server.log.read_text())
        return max(1, round(int(found[1]) / int(found[2])))

    def bare_loop(self, row):
        """Compares the row's rate with a loop that only writes and commits, with as many saves per commit."""
        batch = self.batch_reached(row)
        rates = []
        for number in range(self.arguments.rounds):
            folder = self.scratch / f"loop{number}"
            done = subprocess.run([self.binaries / "portrait_store_loop", folder, row.files[0], str(batch),
                                   str(self.arguments.seconds)], check=True, capture_output=True, text=True)
            rates.append(float(done.stdout.split()[0]))
            shutil.rmtree(folder)
        bare = statistics.median(rates)
        self.line(f"{row.name} and a bare loop of {batch} per commit", row.rate, bare, row.rate / bare, 0.8)

    def in_process(self):
        done = subprocess.run([self.binaries / "portrait_core_bench", "--benchmark_format=json",
                               "--benchmark_repetitions=5", "--benchmark_report_aggregates_only=true"],
                              check=True, capture_output=True, text=True)
        figures = {entry["name"]: entry for entry in json.loads(done.stdout)["benchmarks"]}
        self.line("in process: save of 64 KiB with the memory store, per second",
                  figures["save_in_memory_median"]["items_per_second"], wanted=100_000)
        self.line("in process: probe, µs", figures["probe_jpeg_median"]["cpu_time"] / 1000, wanted=1, least=False)

    def idle_memory(self, row):
        """Measures new servers, whose heaps have no free memory."""
        count = self.arguments.idle
        sides = self.portrait("idle"), Nginx(self.scratch / "idle.nginx")
        self.servers.append(sides[1])
        for server in sides:
            load.put_everybody(server, row)
        own, other = (idle.memory_of_idle(server, count) for server in sides)
        self.line(f"memory of each of {count:,} idle connections, bytes", own, other, wanted=4096, least=False)
        for server in sides:
            server.close()

    def start_up(self):
        folder = self.scratch / "much"
        persons = self.arguments.start_gib * 1024 * 1024 // 64
        subprocess.run([self.binaries / "portrait_store_fill", folder, str(persons), str(64 * KIB - 64)], check=True,
                       stdout=subprocess.DEVNULL)
        gracefully, after_kill = idle.start_up(self.binaries / "portrait-server", folder)
        name = f"start with {self.arguments.start_gib} GiB of pictures"
        self.line(f"{name}, seconds", gracefully, wanted=1, least=False)
        self.line(f"{name} after a kill, seconds", after_kill, wanted=1, least=False)
        shutil.rmtree(folder)

    def table(self):
        peer = "other build" if self.arguments.beside else "nginx or loop"
        head = ("", "portrait", peer, "ratio", "wanted")
        widths = [max(len(line[column]) for line in [head, *self.lines]) for column in range(5)]
        for line in [head, tuple("-" * width for width in widths), *self.lines]:
            print("| " + " | ".join(cell.ljust(width) if column in (0, 4) else cell.rjust(width)
                                    for column, (cell, width) in enumerate(zip(line, widths))) + " |")


def arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/run.sh", description="Measures portrait-server beside nginx.")
    parser.add_argument("--binaries", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--scratch", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--smoke", action="store_true",
                        help="about a minute: checks every answer byte by byte; the figures are not meaningful")
    parser.add_argument("--rounds", type=int, default=5, help="goes of each server (default 5)")
    parser.add_argument("--seconds", type=int, default=4, help="duration of a go (default 4)")
    parser.add_argument("--only", default="", metavar="TEXT", help="only rows whose name contains this text, such as PUT")
    parser.add_argument("--beside", type=pathlib.Path, metavar="SERVER",
                        help="compare with another build of portrait-server, and not with nginx")
    parser.add_argument("--idle", type=int, default=8000, help="idle connections (default 8000)")
    parser.add_argument("--start-gib", type=int, default=10,
                        help="GiB of pictures for the measurement of the start (default 10)")
    chosen = parser.parse_args()
    if chosen.smoke:
        chosen.rounds, chosen.seconds, chosen.idle, chosen.start_gib = 1, 1, 500, 1
    return chosen


def main():
    chosen = arguments()
    start = time.monotonic()
    with tempfile.TemporaryDirectory(dir=chosen.scratch, prefix="bench.") as scratch:
        bench = Bench(chosen, pathlib.Path(scratch).resolve())
        try:
            rows = bench.prepare()
            bench.measure(rows)
            if not chosen.beside:
                for row in rows:
                    if row.rate_wanted and row.method == "PUT":
                        bench.bare_loop(row)
            if not chosen.only and not chosen.beside:
                bench.idle_memory(rows[0])
                bench.in_process()
                bench.start_up()
        except load.Failed as failure:
            raise SystemExit(f"tests/bench: Wrong answer: {failure}") from None
        finally:
            for server in bench.servers:
                if server.process.poll() is None:
                    server.kill()
    bench.table()
    print(f"\n{chosen.rounds} rounds of {chosen.seconds} s each, in turns; medians; each ratio is the median of the "
          f"rounds' ratios; {time.monotonic() - start:.0f} s in all. No answer was wrong.")


main()
