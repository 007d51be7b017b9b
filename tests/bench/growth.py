"""Compares PUT and GET in a store of millions of persons with a store of ten thousand; see growth.sh."""

import argparse
import pathlib
import shutil
import statistics
import subprocess

import load
from load import Row
from servers import Portrait

SIZE = 4096 - 64  # with the header a record is one block
FEW = 10_000
BYTES_OF_A_PERSON = 4096 + 700  # in segments, and in rows with their indexes


def persons_for(wanted, folder):
    """Returns `wanted`, or 3 million if the disk has too little space for them."""
    kept = sum(file.stat().st_blocks * 512 for file in (folder / f"persons{wanted}").rglob("*") if file.is_file())
    if shutil.disk_usage(folder).free + kept > 1.2 * wanted * BYTES_OF_A_PERSON:
        return wanted
    return min(wanted, 3_000_000)


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/growth.sh", description=__doc__)
    parser.add_argument("--binaries", required=True, type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--folder", required=True, type=pathlib.Path, help="folder of the stores")
    parser.add_argument("--persons", type=int, default=10_000_000, help="persons in the large store (default 10 million)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--keep", action="store_true", help="keep the stores for the next run")
    chosen = parser.parse_args()
    chosen.folder.mkdir(exist_ok=True)
    many = persons_for(chosen.persons, chosen.folder)

    picture = chosen.folder / "picture.jpg"
    subprocess.run([chosen.binaries / "portrait_bench_picture", picture, str(SIZE), "0"], check=True)
    servers = {}
    try:
        for persons in (FEW, many):
            folder = chosen.folder / f"persons{persons}"
            subprocess.run([chosen.binaries / "portrait_store_fill", folder, str(persons), str(SIZE)], check=True)
            # Without the cache, so that every request reads the store.
            servers[persons] = Portrait(chosen.binaries / "portrait-server", folder, "--cache-bytes", "0")
        measure(chosen, servers, picture, many)
    except load.Failed as failure:
        raise SystemExit(f"tests/bench: Wrong answer: {failure}") from None
    finally:
        for server in servers.values():
            server.close()
        if not chosen.keep:
            shutil.rmtree(chosen.folder)


def measure(chosen, servers, picture, many):
    for method in ("GET", "PUT"):
        rows = {persons: Row(f"{method} of {persons:,}", method, SIZE, persons=persons, random=True,
                             files=[picture], pictures=[picture.read_bytes()]) for persons in servers}
        rates = {persons: [] for persons in servers}
        for turn in range(chosen.rounds + 1):
            for persons, server in servers.items():
                rate = load.run(server, rows[persons], chosen.seconds, chosen.folder)["rate"]
                if turn:  # the first is a warm-up
                    rates[persons].append(rate)
        ratio = statistics.median(few / much for few, much in zip(rates[FEW], rates[many]))
        print(f"{method}: {statistics.median(rates[FEW]):,.0f} per second with {FEW:,} persons, "
              f"{statistics.median(rates[many]):,.0f} with {many:,}; {ratio:.2f} times as fast with {FEW:,} "
              f"(wanted at most 1.3: {'met' if ratio <= 1.3 else 'MISSED'})", flush=True)


main()
