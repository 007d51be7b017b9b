"""Compares commands on whole folders with cp, and prints a table; see folder.sh."""

import argparse
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import disk
import figures

SIZE = 64 * 1024 - 64  # with the header a record is 16 blocks
IN_FLIGHT = 64


class Bench:
    def __init__(self, chosen, scratch):
        self.chosen, self.scratch = chosen, scratch
        self.binaries = pathlib.Path(chosen.binaries)
        self.table = figures.Table(judged=not chosen.smoke, shown=True)
        self.settle = os.sync if chosen.smoke else disk.settle

    def server(self, *arguments, data):
        return [self.binaries / "portrait-server", *arguments, "--data", data]

    def seconds_of(self, command):
        """Returns the seconds of a command and of a sync behind it."""
        self.settle()
        start = time.monotonic()
        run(command)
        os.sync()
        return time.monotonic() - start

    def output_of(self, *command):
        """Returns the numbers that a program prints."""
        self.settle()
        done = subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True)
        return list(map(float, done.stdout.split()))

    def persons(self):
        """Imports names into an empty folder."""
        names = self.scratch / "persons.csv"
        names.write_text("id,name\n" + "".join(f"{person},Åse Nordmann {person}\n"
                                               for person in range(1, self.chosen.persons + 1)))
        rates = []
        for _ in range(self.chosen.rounds):
            data = self.scratch / "persons"
            rates.append(self.chosen.persons / self.seconds_of(self.server("persons", "import", names, data=data)))
            shutil.rmtree(data)
        self.table.spread(f"import of {self.chosen.persons:,} persons, per second", rates, wanted=200_000, least=True)

    def fill(self):
        """Makes the data folder that the other measurements start from, its backup and its export."""
        self.data = self.scratch / "data"
        subprocess.run([self.binaries / "portrait_store_fill", self.data, str(self.chosen.pictures), str(SIZE)],
                       check=True, stdout=subprocess.DEVNULL)
        self.backup, self.exported = self.scratch / "backup", self.scratch / "exported"
        for target in (self.backup, self.exported):
            run(self.server(target.name.replace("ed", ""), target, data=self.data))

    def beside_cp(self, name, command, source, wanted=None):
        """Compares a command that makes the folder `target` with cp from `source`. Both read from the page cache, mostly."""
        target = self.scratch / "target"
        rates = {"portrait": [], "cp": []}
        for number in range(self.chosen.rounds):
            sides = {"portrait": command(target), "cp": ["cp", "-r", source, target]}
            for side in sides if number % 2 == 0 else reversed(sides):
                rates[side].append(self.chosen.pictures / self.seconds_of(sides[side]))
                shutil.rmtree(target, ignore_errors=True)
        self.table.pairs(f"{name}, pictures per second; cp -r", tuple(rates.values()), wanted=wanted, least=True)

    def in_process(self):
        """Compares saves in the embedded store with the bare loop."""
        pictures = []
        for seed in ("1", "2"):
            pictures.append(self.scratch / f"{seed}.jpg")
            subprocess.run([self.binaries / "portrait_bench_picture", pictures[-1], "65536", seed], check=True)
        ours, loops = [], []
        folder = self.scratch / "saves"
        for _ in range(self.chosen.rounds):
            rate, batch = self.output_of(self.binaries / "portrait_store_save", folder, *pictures, IN_FLIGHT, self.chosen.seconds)
            ours.append(rate)
            shutil.rmtree(folder)
            loops.append(self.output_of(self.binaries / "portrait_store_loop", folder, pictures[0], max(1, round(batch)),
                                   self.chosen.seconds)[0])
            shutil.rmtree(folder)
        self.table.pairs(f"save in process, {IN_FLIGHT} in flight, per second; bare loop of {batch:.0f} per commit",
                         (ours, loops), wanted=0.9, least=True)


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"tests/bench: {' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/folder.sh", description="Measures commands on whole folders.")
    parser.add_argument("--binaries", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--scratch", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--smoke", action="store_true", help="some seconds; the figures are not meaningful and not judged")
    parser.add_argument("--persons", type=int, default=1_000_000, help="names to import (default 1000000)")
    parser.add_argument("--pictures", type=int, default=100_000, help="pictures of 64 KiB (default 100000)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each measurement (default 3)")
    parser.add_argument("--seconds", type=float, default=4, help="duration of a go in process (default 4)")
    chosen = parser.parse_args()
    if chosen.smoke:
        chosen.persons, chosen.pictures, chosen.rounds, chosen.seconds = 1000, 100, 1, 0.2
    return chosen


def main():
    chosen = arguments()
    start = time.monotonic()
    with tempfile.TemporaryDirectory(dir=chosen.scratch, prefix="folder.") as scratch:
        bench = Bench(chosen, pathlib.Path(scratch).resolve())
        bench.in_process()
        bench.persons()
        bench.fill()
        bench.beside_cp("import", lambda target: bench.server("import", bench.exported, data=target), bench.exported, 0.7)
        bench.beside_cp("export", lambda target: bench.server("export", target, data=bench.data), bench.exported)
        bench.beside_cp("backup", lambda target: bench.server("backup", target, data=bench.data), bench.data, 0.8)
        bench.beside_cp("restore", lambda target: bench.server("restore", bench.backup, data=target), bench.backup, 0.8)
        bench.beside_cp("check", lambda target: bench.server("check", data=bench.data), bench.data, 0.8)
    bench.table.print("cp or loop")
    print(f"\n{chosen.rounds} rounds, in turns; medians, and ratios with the smallest and the largest; "
          f"{time.monotonic() - start:.0f} s in all.")


main()
