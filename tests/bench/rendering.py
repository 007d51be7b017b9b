"""Measures renditions and prints a table; see rendering.sh."""

import argparse
import concurrent.futures
import http.client
import pathlib
import re
import statistics
import subprocess
import tempfile
import threading
import time

import figures
import load
from load import Row
from servers import AUTHORIZATION, Nginx, Portrait, status_of

PERSONS = 50
BROWSER_CONNECTIONS = 6  # as many as a browser opens to a host
WANTED = {"cpu": 1.15, "isolated": 1.1, "warm": 0.9, "cold": 2, "formats": 0.9}


class Bench:
    def __init__(self, arguments, scratch):
        self.arguments, self.scratch = arguments, scratch
        self.binaries = pathlib.Path(arguments.binaries)
        self.table = figures.Table(judged=not arguments.smoke, shown=True)
        self.servers = []

    def processor_time(self):
        """Measures one rendition on one thread; see `portrait_rendering_bench --help`."""
        rounds = "4" if self.arguments.smoke else "40"
        output = subprocess.run([self.binaries / "portrait_rendering_bench", rounds], check=True, capture_output=True,
                              text=True).stdout
        times = re.findall(r"([\d.]+) ms of processor time", output)
        ratios = re.findall(r"ratio [a-z ]+([\d.]+)", output)
        for at, name in ((0, "640 x 480 JPEG"), (1, "12 MP JPEG")):
            ours, apart, theirs = times[3 * at:3 * at + 3]
            to_ours, to_theirs = map(float, ratios[2 * at:2 * at + 2])
            name += " to 180 pixels, processor time"
            self.table.ratio(f"{name}; peer: vips_thumbnail_buffer", f"{ours} ms", f"{theirs} ms", to_theirs,
                             WANTED["cpu"] if at else None)
            self.table.ratio(f"{name}, rendering process; peer: in this one", f"{apart} ms", f"{ours} ms", to_ours,
                             WANTED["isolated"] if at else None)
        quality = r"width +(\d+)  portrait: +(\d+) bytes, SSIM ([\d.]+)  vips_thumbnail_buffer: +(\d+) bytes, SSIM ([\d.]+)"
        for width, size, similarity, peer_size, peer_similarity in re.findall(quality, output):
            name = f"JPEG {width} pixels wide"
            self.table.ratio(f"{name}, bytes; peer: vips_thumbnail_buffer", size, peer_size, int(size) / int(peer_size), 1)
            self.table.ratio(f"{name}, SSIM; peer: vips_thumbnail_buffer", similarity, peer_similarity,
                             float(similarity) / float(peer_similarity), 1, least=True)

        formats = r"^(.+): portrait ([\d.]+) ms, (\d+) bytes; libvips ([\d.]+) ms, (\d+) bytes"
        for name, ours, size, theirs, peer_size in re.findall(formats, output, re.MULTILINE):
            self.table.ratio(f"{name}, to 180 pixels, per second of processor time; peer: libvips",
                             f"{1000 / float(ours):.1f}", f"{1000 / float(theirs):.1f}", float(theirs) / float(ours),
                             WANTED["formats"], least=True)

    def cold(self):
        """Measures renditions that no cache has, beside nginx's image_filter, which has no cache."""
        picture = self.scratch / "camera.jpg"
        subprocess.run([self.binaries / "portrait_rendering_bench", "--picture", picture], check=True)
        folder = self.scratch / "cold.nginx"
        sides = {"portrait": Portrait(self.binaries / "portrait-server", self.scratch / "cold", "--cache-bytes", "0"),
                 "nginx": Nginx(folder)}
        self.servers += sides.values()
        for server in sides.values():
            put(server, 1, picture.read_bytes())
        sides["nginx"].close()
        sides["nginx"] = Nginx(folder, width=180)
        self.servers.append(sides["nginx"])
        goes, similar = {side: [] for side in sides}, []
        queries = {"portrait": "?w=180", "nginx": ""}
        rows = {}
        for side, server in sides.items():
            rendition = server.fetch(1, query=queries[side])[2]
            path = self.scratch / f"{side}.jpg"
            path.write_bytes(rendition)
            similar.append(subprocess.run([self.binaries / "portrait_rendering_bench", "--similarity", picture, path],
                                          check=True, capture_output=True, text=True).stdout.strip())
            rows[side] = Row("12 MP JPEG to 180 pixels, cold, by HTTP", "GET", 0, connections=4, persons=PERSONS,
                             query=queries[side], pictures=[rendition])
        for number in range(self.arguments.rounds):
            for side in sides if number % 2 == 0 else reversed(sides):
                goes[side].append(load.run(sides[side], rows[side], self.arguments.seconds, self.scratch))
        self.compare(f"{rows['nginx'].name}, per second; peer: nginx's image_filter", *goes.values(), WANTED["cold"])
        self.table.ratio("the same: SSIM beside vips_thumbnail", *similar, float(similar[0]) / float(similar[1]), 1, least=True)
        for server in sides.values():
            server.close()

    def start(self):
        picture = self.scratch / "camera.jpg"
        self.ours, self.nginx = Portrait(self.binaries / "portrait-server", self.scratch / "data"), None
        self.servers.append(self.ours)
        put(self.ours, 1, picture.read_bytes())

    def cold_page(self):
        """Requests 50 avatars over a browser's connections; each round has another size, so that none is cached."""
        seconds, peaks = [], []
        for number in range(1 if self.arguments.smoke else 3):
            pid = self.ours.process.pid
            pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")  # resets VmHWM
            seconds.append(page(self.ours, f"?w={180 - number}&h=180"))
            peaks.append(status_of(pid, "VmHWM") / 1024)
        self.table.add(f"page of {PERSONS} avatars of 12 MP, uncached, {BROWSER_CONNECTIONS} connections, seconds",
                       statistics.median(seconds))
        self.table.add("peak of memory of this page, MiB", f"{max(peaks):.0f}")
        warm = [page(self.ours, "?w=180&h=180") for _ in range(5)]
        self.table.add("this page, cached, milliseconds", f"{statistics.median(warm) * 1000:.1f}")

    def warm(self):
        """Measures by wrk: the renditions, stored originals of the same bytes, and nginx with files of the same bytes."""
        query = "?w=180&h=180"
        rendition = self.ours.fetch(1, query=query)[2]
        put(self.ours, 101, rendition)
        self.nginx = Nginx(self.scratch / "nginx")
        self.servers.append(self.nginx)
        put(self.nginx, 1, rendition)
        name = f"{PERSONS} avatars of {len(rendition):,} bytes, 64 connections"
        rows = {
            "renditions": (self.ours, Row(name, "GET", 0, persons=PERSONS, query=query, pictures=[rendition])),
            "originals": (self.ours, Row(name, "GET", 0, persons=PERSONS, first=101, pictures=[rendition])),
            "nginx": (self.nginx, Row(name, "GET", 0, persons=PERSONS, pictures=[rendition])),
        }
        rounds = {side: [] for side in rows}
        for _ in range(self.arguments.rounds):
            for side, (server, row) in rows.items():
                rounds[side].append(load.run(server, row, self.arguments.seconds, self.scratch))
        self.compare(f"{name}, cached, per second; peer: stored originals", rounds["renditions"], rounds["originals"],
                     WANTED["warm"])
        self.compare(f"{name}, cached, per second; peer: nginx", rounds["renditions"], rounds["nginx"])

    def compare(self, name, ours, peers, wanted=None):
        """Compares goes next to each other in time, so that a slow period of the machine affects both sides."""
        self.table.pairs(name, figures.of_goes("rate", ours, peers), wanted=wanted, least=True)


def put(server, first, picture):
    """Puts the picture for PERSONS persons, `first` and the following ones."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    fields = {"Content-Type": "image/jpeg", **({"Authorization": AUTHORIZATION} if server.signed else {})}
    for person in range(first, first + PERSONS):
        connection.request("PUT", f"/api/v1/Person/{person}/Image", picture, fields)
        answer = connection.getresponse()
        answer.read()
        if answer.status not in (200, 201, 204):
            raise load.Failed(f"{server.name}: a put was answered {answer.status}")
    connection.close()


def page(server, query):
    """Returns the seconds until all persons' pictures are read; each connection takes the next person that is left."""
    persons = iter(range(1, PERSONS + 1))
    lock = threading.Lock()

    def one_connection():
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        while True:
            with lock:
                person = next(persons, None)
            if person is None:
                connection.close()
                return
            connection.request("GET", f"/api/v1/Person/{person}/Image{query}",
                               headers={"Authorization": AUTHORIZATION})
            answer = connection.getresponse()
            picture = answer.read()
            if answer.status != 200 or not picture.startswith(b"\xff\xd8"):
                raise load.Failed(f"person {person}: {answer.status}")

    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(BROWSER_CONNECTIONS) as pool:
        for done in [pool.submit(one_connection) for _ in range(BROWSER_CONNECTIONS)]:
            done.result()
    return time.monotonic() - start


def arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/rendering.sh", description="Measures renditions.")
    parser.add_argument("--binaries", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--scratch", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--smoke", action="store_true", help="some seconds; the figures are not meaningful and not judged")
    parser.add_argument("--rounds", type=int, default=7, help="goes of wrk (default 7)")
    parser.add_argument("--seconds", type=int, default=3, help="duration of a go (default 3)")
    chosen = parser.parse_args()
    if chosen.smoke:
        chosen.rounds, chosen.seconds = 1, 1
    return chosen


def main():
    chosen = arguments()
    start = time.monotonic()
    with tempfile.TemporaryDirectory(dir=chosen.scratch, prefix="rendering.") as scratch:
        bench = Bench(chosen, pathlib.Path(scratch).resolve())
        with load.checked(bench.servers):
            bench.processor_time()
            bench.cold()
            bench.start()
            bench.cold_page()
            bench.warm()
            for server in bench.servers:
                server.close()
    bench.table.print("peer")
    print(f"\n{chosen.rounds} rounds of {chosen.seconds} s each, in turns; medians; each ratio is the median of the "
          "rounds' ratios, with the smallest and the largest; that of processor time is the ratio of medians; "
          f"{time.monotonic() - start:.0f} s in all. No answer was wrong.")
    raise SystemExit(1 if bench.table.missed else 0)


main()
