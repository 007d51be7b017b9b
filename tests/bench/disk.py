"""The limits of the disk by itself, measured by fio."""

import json
import os
import pathlib
import subprocess
import time

FILE_MIB = 2048


def settle(limit=60):
    """Waits until all is written and the disks have nothing to do, such as discards of deleted files; `limit` s at most."""
    os.sync()
    before, end = None, time.monotonic() + limit
    while (now := pathlib.Path("/proc/diskstats").read_text()) != before and time.monotonic() < end:
        before = now
        time.sleep(0.5)


def synced_writes(folder, size, seconds):
    """Returns writes of `size` bytes per second, one after the other, each synced: a preallocated file is filled, as by the store."""
    (folder / "fio.write").unlink(missing_ok=True)
    return fio(folder / "fio.write", seconds, "write", "--rw=write", f"--bs={size}", "--fdatasync=1", "--fallocate=native")


def random_reads(folder, size, depth, seconds):
    """Returns reads of `size` bytes per second at random places, past the page cache, `depth` at a time."""
    return fio(folder / "fio.read", seconds, "read", "--rw=randread", f"--bs={size}", "--direct=1", "--ioengine=libaio",
               f"--iodepth={depth}")


def fio(path, seconds, kind, *options):
    done = subprocess.run(["fio", "--name=disk", f"--filename={path}", f"--size={FILE_MIB}m", "--time_based",
                           f"--runtime={seconds}", "--output-format=json", *options],
                          check=True, capture_output=True, text=True)
    return json.loads(done.stdout[done.stdout.index("{"):])["jobs"][0][kind]["iops"]
