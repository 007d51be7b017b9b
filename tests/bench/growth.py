"""Compares PUT and GET in a store of millions of persons with a store of ten thousand; see growth.sh."""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import time
import urllib.request

import figures
import load
from load import Row
from servers import AUTHORIZATION, Portrait, status_of

HEADER = 64  # of a record
FEW = 10_000
BYTES_OF_ROWS = 700  # of a person, with indexes
INDEX_BYTES = 1 << 30
DEPTHS = 8, 64  # the threads that read, and the connections


def persons_for(wanted, size, folder):
    """Returns `wanted`, or fewer if the disk has too little space for them."""
    kept = sum(file.stat().st_blocks * 512 for file in (folder / f"persons{wanted}").rglob("*") if file.is_file())
    each = record_bytes(size) + BYTES_OF_ROWS
    room = (shutil.disk_usage(folder).free + kept) / 1.2
    return wanted if room > wanted * each else int(room / each / 100_000) * 100_000


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/growth.sh", description=__doc__)
    parser.add_argument("--binaries", required=True, type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--folder", required=True, type=pathlib.Path, help="folder of the stores")
    parser.add_argument("--persons", type=int, default=10_000_000, help="persons in the large store (default 10 million)")
    parser.add_argument("--size", type=int, default=4096 - HEADER,
                        help="bytes of a picture (default 4032, with whose header a record is one block)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--only-cold", action="store_true", help="only the figures of a store that is not in memory")
    parser.add_argument("--keep", action="store_true", help="keep the stores for the next run")
    chosen = parser.parse_args()
    chosen.folder.mkdir(exist_ok=True)
    many = persons_for(chosen.persons, chosen.size, chosen.folder)

    picture = chosen.folder / "picture.jpg"
    subprocess.run([chosen.binaries / "portrait_bench_picture", picture, str(chosen.size), "0"], check=True)
    table = figures.Table(shown=True)
    servers = {}
    try:
        with load.checked(servers.values()):
            for persons in (many,) if chosen.only_cold else (FEW, many):
                folder = chosen.folder / f"persons{persons}"
                subprocess.run([chosen.binaries / "portrait_store_fill", folder, str(persons), str(chosen.size)], check=True)
            row = Row("GET", "GET", chosen.size, persons=many, random=True, files=[picture], pictures=[picture.read_bytes()])
            measure_cold(chosen, table, row)
            if not chosen.only_cold:
                for persons in (FEW, many):
                    servers[persons] = start(chosen, persons)
                measure(chosen, table, servers, picture, many)
            for server in servers.values():
                server.close()
    finally:
        if not chosen.keep:
            shutil.rmtree(chosen.folder)
    table.print("peer")


def start(chosen, persons):
    """Starts a server without the cache, so that every request reads the store."""
    return Portrait(chosen.binaries / "portrait-server", chosen.folder / f"persons{persons}",
                    "--cache-bytes", "0", "--index-bytes", str(INDEX_BYTES))


def measure_cold(chosen, table, row):
    """Measures start and memory of the large store, and its GETs when no file of it is in memory."""
    server = start(chosen, row.persons)
    server.kill()
    forget_files()
    server = start(chosen, row.persons)
    table.single(f"{row.persons:,} persons: start after a kill, with no file in memory, seconds", server.started_in, wanted=2)
    try:
        began = time.monotonic()
        index = wait_for_index(server)
        table.add("seconds until the index is full", time.monotonic() - began)
        table.add("idle memory, MiB", status_of(server.process.pid, "VmRSS") / 1024)
        table.single("index, bytes a person", index / row.persons, wanted=64)
        goes = [cold_go(chosen, server, row) for _ in range(chosen.rounds)]
    finally:
        server.close()
    for figure, name, wanted in (("processor_us", "processor time, µs", None), ("disk_reads", "reads of the disk", 1.1),
                                 ("bytes_read", "bytes of the disk", None)):
        table.spread(f"GET with no file in memory: {name}", [go[figure] for go in goes], wanted)
    rates = [go["rate"] for go in goes]
    for depth in DEPTHS:
        reads = random_reads(chosen, row, depth)
        table.pairs(f"GET with no file in memory, per second; peer: fio, {depth} reads of {record_bytes(row.size)} bytes at a time",
                    (rates, [reads] * len(rates)), wanted=0.7 if depth == DEPTHS[0] else None, least=True)


def cold_go(chosen, server, row):
    forget_files()
    reads, read = disk_reads(chosen.folder), bytes_read(server)
    go = load.run(server, row, chosen.seconds, chosen.folder)
    go["disk_reads"] = (disk_reads(chosen.folder) - reads) / go["requests"]
    go["bytes_read"] = (bytes_read(server) - read) / go["requests"]
    return go


def forget_files():
    os.sync()
    pathlib.Path("/proc/sys/vm/drop_caches").write_text("3")


def disk_reads(folder):
    """Returns the reads of the folder's disk until now, of all processes."""
    number = os.stat(folder).st_dev
    return int(pathlib.Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}/stat").read_text().split()[0])


def bytes_read(server):
    """Returns the bytes that the server has read from disks."""
    return int(re.search(r"^read_bytes: (\d+)", pathlib.Path(f"/proc/{server.process.pid}/io").read_text(), re.M)[1])


def wait_for_index(server):
    """Returns the bytes of the index when it has stopped growing."""
    request = urllib.request.Request(server.url + "/metrics", headers={"Authorization": AUTHORIZATION})
    last = -1
    while True:
        with urllib.request.urlopen(request, timeout=30) as answer:
            now = float(re.search(r"^portrait_store_index_bytes (\S+)", answer.read().decode(), re.M)[1])
        if now == last:
            return now
        last = now
        time.sleep(2)


def record_bytes(size):
    return (size + HEADER + 4095) // 4096 * 4096


def random_reads(chosen, row, depth):
    """Returns fio's random reads per second of records in the segment files."""
    files = sorted((chosen.folder / f"persons{row.persons}" / "pictures").glob("*.seg"))
    files = [file for file in files if file.stat().st_size >= 2**30] or files
    done = subprocess.run(
        ["fio", "--name=reads", f"--filename={':'.join(map(str, files))}", "--rw=randread", f"--bs={record_bytes(row.size)}",
         f"--iodepth={depth}", "--ioengine=libaio", "--direct=1", "--readonly", "--time_based",
         f"--runtime={chosen.seconds}", "--output-format=json"], check=True, capture_output=True, text=True)
    return json.loads(done.stdout[done.stdout.index("{"):])["jobs"][0]["read"]["iops"]


def measure(chosen, table, servers, picture, many):
    for method in ("GET", "PUT"):
        rows = {persons: Row(f"{method} of {persons:,}", method, chosen.size, persons=persons, random=True,
                             files=[picture], pictures=[picture.read_bytes()]) for persons in servers}
        rates = {persons: [] for persons in servers}
        for turn in range(chosen.rounds + 1):
            for persons, server in servers.items():
                rate = load.run(server, rows[persons], chosen.seconds, chosen.folder)["rate"]
                if turn:  # the first is a warm-up
                    rates[persons].append(rate)
        table.pairs(f"{method} with {FEW:,} persons, per second; peer: with {many:,}", (rates[FEW], rates[many]), wanted=1.3)


main()
