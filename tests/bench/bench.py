"""Compares portrait-server with nginx and prints a table; see run.sh."""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import disk
import figures
import idle
import load
import plot
import steady
from load import Row
from servers import Nginx, Portrait

KIB = 1024
SHARES = 0.3, 0.6, 0.8  # of nginx's highest rate
READS_AT_ONCE = 8       # the store's threads
RECORD = 68 * KIB       # a picture of 64 KiB with its header, in whole blocks

ROWS = [
    Row("GET 64 KiB, hot", "GET", 64 * KIB, shares=SHARES, processor_wanted=1.3),
    Row("GET 64 KiB, uncached", "GET", 64 * KIB, cached=False, shares=SHARES, processor_wanted=1.7),
    Row("GET 64 KiB, 304", "GET", 64 * KIB, conditional=True, shares=SHARES, processor_wanted=1.8),
    Row("GET 64 KiB, logged, hot", "GET", 64 * KIB, logged=True, shares=(0.6,), processor_wanted=1.0),
    Row("GET 64 KiB, logged, uncached", "GET", 64 * KIB, cached=False, logged=True, shares=(0.6,), processor_wanted=1.4),
    Row("GET 64 KiB, logged, 304", "GET", 64 * KIB, conditional=True, logged=True, shares=(0.6,), processor_wanted=1.4),
    Row("PUT 64 KiB", "PUT", 64 * KIB, shares=SHARES, processor_wanted=0.5, rate_wanted=3.0, beside_loop=True),
    Row("PUT 64 KiB, 16 connections", "PUT", 64 * KIB, connections=16, rate_wanted=2.0, beside_loop=True),
    Row("GET 4 KiB, hot", "GET", 4 * KIB),
    Row("PUT 4 KiB", "PUT", 4 * KIB),
    Row("GET 1 MiB, hot", "GET", 1024 * KIB, persons=48),
    Row("PUT 1 MiB", "PUT", 1024 * KIB, persons=48),
]


class Bench:
    def __init__(self, chosen, scratch):
        self.chosen, self.scratch = chosen, scratch
        self.binaries = pathlib.Path(chosen.binaries)
        self.rows = [row for row in ROWS if chosen.only in row.name]
        self.servers = []
        self.full = set()  # folders in which everybody has a picture
        for row in self.rows:
            for seed in (1, 2):
                path = scratch / f"{row.size}.{seed}.jpg"
                if not path.exists():
                    subprocess.run([self.binaries / "portrait_bench_picture", path, str(row.size), str(seed)], check=True)
                row.files.append(path)
                row.pictures.append(path.read_bytes())

    def portrait(self, folder, row=None, binary=None):
        options = [] if row is None or row.cached else ["--cache-bytes", "0"]
        server = Portrait(binary or self.binaries / "portrait-server", folder, *options,
                          log_level="info" if row and row.logged else "warning", name="other" if binary else "portrait")
        self.servers.append(server)
        return server

    def nginx(self, folder, logged=False):
        server = Nginx(folder, logged)
        self.servers.append(server)
        return server

    def round(self, number):
        """Measures each row once, in servers that are started for it; the pictures stay in their folders."""
        measured = {}
        for row in self.rows:
            folder = self.scratch / f"{row.method}.{row.size}"
            ours = self.portrait(f"{folder}.portrait", row)
            peer = (self.portrait(f"{folder}.other", row, self.chosen.beside) if self.chosen.beside
                    else self.nginx(f"{folder}.nginx", row.logged))
            measured[row.name] = self.measure(row, {"portrait": ours, "peer": peer}, number)
            print(f"round {number + 1}, {row.name}: {summary(measured[row.name])}", file=sys.stderr, flush=True)
        if not self.chosen.beside and "PUT 64 KiB" in measured:
            measured["disk"] = self.disk(measured)
        return measured

    def measure(self, row, servers, number):
        for side, server in servers.items():
            folder = row.method, row.size, side
            (load.read_back if folder in self.full else load.put_everybody)(server, row)
            self.full.add(folder)
        # The order changes, so that neither side always finds what the other has left.
        sides = list(servers) if number % 2 == 0 else list(servers)[::-1]
        goes = {side: {} for side in servers}
        loop = {}
        for side in sides:
            before = servers["portrait"].commits() if row.beside_loop else None
            goes[side]["full"] = load.run(servers[side], row, self.seconds(), self.scratch, self.chosen.smoke)
            if row.beside_loop and side == "portrait" and not self.chosen.beside:
                loop = self.bare_loop(row, before, servers["portrait"].commits())
        for share in self.shares(row):
            rate = share * goes["peer"]["full"]["rate"]
            for side in sides:
                goes[side][str(share)] = steady.run(servers[side], row, rate, self.seconds(0.3), self.scratch,
                                                    self.binaries / "portrait_fixed_rate")
        for server in servers.values():
            if row.method == "PUT":
                load.read_back(server, row, sample=20)
            server.close()
        if row.logged:
            goes["portrait"]["full"]["lost_lines"] = servers["portrait"].lost_lines()
        return {**goes, "loop": loop}

    def seconds(self, smoke=1):
        return smoke if self.chosen.smoke else self.chosen.seconds

    def shares(self, row):
        if self.chosen.beside:
            return ()
        return row.shares[:1] if self.chosen.smoke else row.shares

    def bare_loop(self, row, before, after):
        """Runs a loop that only writes and commits, with as many saves per commit as the server has just reached."""
        batch = max(1, round((after[0] - before[0]) / (after[1] - before[1])))
        folder = self.scratch / "loop"
        done = subprocess.run([self.binaries / "portrait_store_loop", folder, row.files[0], str(batch),
                               str(self.seconds())], check=True, capture_output=True, text=True)
        shutil.rmtree(folder)
        rate, *p99 = map(float, done.stdout.split())
        return {"batch": batch, "rate": rate, **({"p99_ms": p99[0]} if p99 else {})}

    def disk(self, measured):
        batch = measured["PUT 64 KiB"]["loop"]["batch"]
        seconds = self.seconds(0.3)
        written = disk.synced_writes(self.scratch, batch * RECORD, seconds)
        reads = {f"reads of {kib} KiB at random, {READS_AT_ONCE} at a time":
                 disk.random_reads(self.scratch, kib * KIB, READS_AT_ONCE, seconds) for kib in (4, 64)}
        return {"pictures of 64 KiB, written and synced in batches as large as portrait's": written * batch, **reads}

    def once(self, table):
        """Measures what is not compared in rounds."""
        count = 500 if self.chosen.smoke else 8000
        sides = self.portrait(self.scratch / "idle"), self.nginx(self.scratch / "idle.nginx")  # without free memory
        for server in sides:
            load.put_everybody(server, self.rows[0])
        own, other = (idle.memory_of_idle(server, count) for server in sides)
        table.single(f"memory of each of {count:,} idle connections, bytes", own, other, wanted=4096)
        for server in sides:
            server.close()

        done = subprocess.run([self.binaries / "portrait_core_bench", "--benchmark_format=json",
                               "--benchmark_repetitions=5", "--benchmark_report_aggregates_only=true"],
                              check=True, capture_output=True, text=True)
        found = {entry["name"]: entry for entry in json.loads(done.stdout)["benchmarks"]}
        table.single("in process: save of 64 KiB with the memory store, per second",
                     found["save_in_memory_median"]["items_per_second"], wanted=100_000, least=True)
        table.single("in process: probe, µs", found["probe_jpeg_median"]["cpu_time"] / 1000, wanted=1)
        self.start_up(table, gib=1 if self.chosen.smoke else 10)

    def start_up(self, table, gib):
        folder = self.scratch / "much"
        subprocess.run([self.binaries / "portrait_store_fill", folder, str(gib * KIB * KIB // 64), str(64 * KIB - 64)],
                       check=True, stdout=subprocess.DEVNULL)
        gracefully, after_kill = idle.start_up(self.binaries / "portrait-server", folder)
        table.single(f"start with {gib} GiB of pictures, seconds", gracefully, wanted=1)
        table.single(f"start with {gib} GiB of pictures after a kill, seconds", after_kill, wanted=1)
        shutil.rmtree(folder)


def summary(goes):
    return ", ".join(f"{own['processor_us']:.2f} and {goes['peer'][name]['processor_us']:.2f} µs at {own['rate']:,.0f} and "
                     f"{goes['peer'][name]['rate']:,.0f} per second" for name, own in goes["portrait"].items())


def arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/run.sh", description="Measures portrait-server beside nginx.")
    parser.add_argument("--binaries", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--scratch", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--smoke", action="store_true",
                        help="checks every answer byte by byte; the figures are not meaningful")
    parser.add_argument("--rounds", type=int, default=5, help="whole runs, each in new servers (default 5)")
    parser.add_argument("--seconds", type=int, default=3, help="duration of each load (default 3)")
    parser.add_argument("--only", default="", metavar="TEXT", help="only rows whose name contains this text, such as PUT")
    parser.add_argument("--beside", type=pathlib.Path, metavar="SERVER",
                        help="compare with another build of portrait-server, and not with nginx")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE",
                        help="add the rounds to those of this file, and print the table of all")
    parser.add_argument("--plot", type=pathlib.Path, metavar="FILE.svg", help="draw the rows of 64 KiB")
    chosen = parser.parse_args()
    if chosen.smoke:
        chosen.rounds = 1
    return chosen


def main():
    chosen = arguments()
    start = time.monotonic()
    rounds = json.loads(chosen.json.read_text()) if chosen.json and chosen.json.exists() else []
    table = figures.Table(judged=not chosen.smoke)
    with tempfile.TemporaryDirectory(dir=chosen.scratch, prefix="bench.") as scratch:
        bench = Bench(chosen, pathlib.Path(scratch).resolve())
        with load.checked(bench.servers):
            for number in range(chosen.rounds):
                rounds.append(bench.round(number))
                if chosen.json:
                    chosen.json.write_text(json.dumps(rounds, indent=1) + "\n")
            figures.tabulate(table, bench.rows, rounds, chosen.beside)
            if not chosen.only and not chosen.beside:
                bench.once(table)
    if chosen.plot:
        plot.draw(chosen.plot, rounds)
    table.print("other build" if chosen.beside else "nginx or loop")
    print(f"\n{len(rounds)} rounds with loads of {chosen.seconds} s, in turns; medians, and ratios with the smallest and the "
          f"largest; {time.monotonic() - start:.0f} s in all. No answer was wrong.")


if __name__ == "__main__":
    main()
