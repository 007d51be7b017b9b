"""Compares the store in PostgreSQL with a bare loop of libpq and prints a table; see postgres.sh."""

import argparse
import glob
import json
import os
import pathlib
import pwd
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

from postgres_servers import RATE, Servers

KIB = 1024
FEW = 10_000
# As the guide has them: a quarter of the memory, and room for the write-ahead log. No checkpoint begins by itself.
SETTINGS = f"""
listen_addresses = ''
max_connections = 60
shared_buffers = '{os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 4 // 2**20}MB'
min_wal_size = '4GB'
max_wal_size = '16GB'
checkpoint_timeout = '1h'
"""


class Postgres:
    """A server of its own in a folder; `close` ends it."""

    def __init__(self, folder):
        self.folder = folder
        programs = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
        if not programs:
            raise SystemExit("tests/bench: There is no PostgreSQL in /usr/lib/postgresql")
        self.programs = pathlib.Path(programs[-1]).parent
        # PostgreSQL refuses root.
        self.user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        folder.mkdir()
        if self.user:
            os.chown(folder, self.user.pw_uid, self.user.pw_gid)
        self.run("initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
        with open(folder / "data" / "postgresql.conf", "a", encoding="utf-8") as file:
            file.write(f"{SETTINGS}unix_socket_directories = '{folder}'\n")
        self.process = self.start("postgres", "-D", folder / "data")
        self.connection = f"host={folder} user=postgres dbname=postgres"
        while subprocess.run([self.programs / "pg_isready", "-q", "-h", folder], check=False).returncode:
            if self.process.poll() is not None:
                raise SystemExit(f"tests/bench: PostgreSQL doesn't start; see {folder}/log")
            time.sleep(0.05)

    def start(self, name, *arguments):
        with open(self.folder / "log", "ab") as log:
            return subprocess.Popen([self.programs / name, *map(str, arguments)], stdout=log, stderr=log, cwd="/",
                                    user=self.user.pw_uid if self.user else None,
                                    group=self.user.pw_gid if self.user else None,
                                    extra_groups=[] if self.user else None)

    def run(self, name, *arguments):
        if self.start(name, *arguments).wait():
            raise SystemExit(f"tests/bench: {name} failed; see {self.folder}/log")

    def sql(self, text):
        done = subprocess.run([self.programs / "psql", "-h", self.folder, "-U", "postgres", "-qtAX", "-v",
                               "ON_ERROR_STOP=1", "-c", text], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def close(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=60)


class Bench:
    def __init__(self, chosen, postgres, scratch):
        self.chosen, self.postgres, self.scratch = chosen, postgres, scratch

    def store(self, schema, call, persons, size, seconds=None):
        return self.program("portrait_postgres_store", schema, call, persons, size, seconds or self.chosen.seconds)

    def loop(self, schema, call, connections, depth, persons, size):
        return self.program("portrait_postgres_loop", schema, call, connections, depth, persons, size,
                            self.chosen.seconds)

    def program(self, name, *arguments):
        os.sync()
        done = subprocess.run([self.chosen.binaries / name, self.postgres.connection, *map(str, arguments)],
                              check=True, capture_output=True, text=True)
        return json.loads(done.stdout) if done.stdout else None

    def in_turns(self, sides, with_checkpoints=True):
        """Runs each side in each round, in alternating order; returns the figures of each side."""
        figures = {name: [] for name in sides}
        for number in range(self.chosen.rounds):
            for name in list(sides) if number % 2 == 0 else reversed(sides):
                if with_checkpoints:
                    self.postgres.sql("CHECKPOINT")
                figures[name].append(sides[name]())
        return figures

    def compare(self, title, sides, least=None, most=None, with_checkpoints=True):
        """Prints rates and processor time of two sides, and the ratios of the first to the second. `least` and `most` are
        wanted of the rates' ratio."""
        ours, peer = self.in_turns(sides, with_checkpoints).values()
        for key, unit in (("rate", "per second"), ("p99", "p99, ms"), ("processor", "processor time per call, µs")):
            ratios = [mine[key] / other[key] for mine, other in zip(ours, peer)]
            line(f"{title}: {unit}", spread([go[key] for go in ours]), spread([go[key] for go in peer]),
                 spread(ratios, 2), verdict(statistics.median(ratios), least, most) if key == "rate" else "")
        return ours

    def main(self):
        size, persons = 64 * KIB, self.chosen.blobs
        line("", "store", "bare loop", "ratio", "wanted")
        line(*("---",) * 5)
        self.store("bench", "fill", persons, size)
        puts = self.compare("PUT 64 KiB, 64 in flight, durable", {
            "store": lambda: self.store("bench", "put", persons, size),
            "loop": lambda: self.loop("bench", "put", 2, 32, persons, size)}, least=0.8)
        trips = [go["round_trips"] for go in puts]
        line("round trips per PUT, 64 in flight", spread(trips, 3), "", "", verdict(statistics.median(trips), most=0.2))
        line("statements per PUT, 64 in flight", spread([go["statements"] for go in puts], 2), "", "", "")
        self.transactions_of_a_put(persons, size)
        # The autovacuum of the rows that the PUTs have left would run beside the next goes.
        self.postgres.sql("VACUUM ANALYZE")
        reads = self.compare("GET 64 KiB, uncached, 64 in flight", {
            "store": lambda: self.store("bench", "get", persons, size),
            "loop": lambda: self.loop("bench", "get", self.chosen.content_connections, self.chosen.content_depth,
                                      persons, size)}, least=0.8)
        line("statements per GET", spread([go["statements"] for go in reads], 2), "", "", "1")
        self.compare("row of a picture, 64 in flight", {
            "store": lambda: self.store("bench", "info", persons, size),
            "loop": lambda: self.loop("bench", "info", 2, 16, persons, size)})
        self.servers(persons, size)
        if self.chosen.persons:
            self.growth()

    def servers(self, persons, size):
        self.postgres.sql("VACUUM ANALYZE")
        self.postgres.sql("CHECKPOINT")
        servers = Servers(self.chosen, self.postgres.connection, self.scratch)
        row = [self.loop("bench", "info", 2, 16, persons, size)["processor"] for _ in range(self.chosen.rounds)]
        shared, embedded = ([go["processor_us"] for go in goes] for goes in servers.cached())
        budget = statistics.median(embedded) + 1.5 * statistics.median(row)
        line("GET 64 KiB by HTTP, cached: processor time of the server, µs; peer: the data folder", spread(shared),
             spread(embedded), spread([ours / peer for ours, peer in zip(shared, embedded)], 2),
             verdict(statistics.median(shared), most=round(budget, 1)))
        line("the bare loop's processor time per row, µs", "", spread(row), "", "")
        beside = servers.beside_others()
        for others, figure in beside.items():
            line(f"the same at {RATE:,} requests a second to each, beside {others} other servers, µs", f"{figure:.1f}", "",
                 f"{figure / beside[0]:.2f}", verdict(figure / beside[0], most=1.1) if others else "")

    def transactions_of_a_put(self, persons, size):
        """By the server's own counters, which its processes report when they end."""
        before = self.counters()
        self.store("bench", "put", persons, size)
        commits, puts = (after - earlier for after, earlier in zip(self.counters(), before))
        line("transactions per PUT, by PostgreSQL", f"{commits / puts:.3f}", "", "", "")

    def counters(self):
        time.sleep(1)
        return [int(self.postgres.sql(query)) for query in (
            "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()",
            "SELECT n_tup_ins FROM pg_stat_user_tables WHERE schemaname = 'bench' AND relname = 'content'")]

    def growth(self):
        """Rows only: pictures of a few bytes, filled by SQL. Texts and columns are those of saves. PostgreSQL logs the whole of
        a page at its first change after a checkpoint: in a large store that is nearly every change until most pages had one.
        So PUT is measured then, and after a checkpoint."""
        sizes = {"few": FEW, "many": self.chosen.persons}
        for schema, persons in sizes.items():
            self.store(schema, "fill", 1, 16)
            self.postgres.sql(FILL.format(schema=schema, persons=persons))
            self.postgres.sql(f"VACUUM ANALYZE {schema}.blob, {schema}.person_slot, {schema}.content")
        self.postgres.sql("CHECKPOINT")
        for call, title, with_checkpoints in (("info", "GET, rows only", False), ("put", "PUT, rows only", False),
                                              ("put", "PUT after a checkpoint, rows only", True)):
            if not with_checkpoints:
                self.store("many", call, self.chosen.persons, 16, self.chosen.warm_up)
            self.compare(f"{title}, {FEW:,} persons; peer: the store with {self.chosen.persons:,}", {
                schema: lambda schema=schema, persons=persons: self.store(schema, call, persons, 16)
                for schema, persons in sizes.items()}, most=None if with_checkpoints else 1.3,
                with_checkpoints=with_checkpoints)


# Copies the row of the one person that the store has saved.
FILL = """
SET search_path = {schema};
SET synchronous_commit = off;
CREATE TEMPORARY TABLE filled AS SELECT n::integer AS id, gen_random_uuid() AS content_id FROM generate_series(2, {persons}) n;
INSERT INTO content SELECT content_id, '\\x00112233445566778899aabbccddeeff' FROM filled;
INSERT INTO blob SELECT f.id, 1, f.content_id, b.size, b.media_type, b.width, b.height, b.digest, b.description, b.extra_info,
    b.conceptual_type, b.created_at, b.created_by, b.created_by_name, b.created_by_full_name, b.created_by_person, b.updated_at,
    b.updated_by, b.updated_by_name, b.updated_by_full_name, b.updated_by_person, b.last_modified
    FROM filled f, blob b WHERE b.blob_id = 1;
INSERT INTO person_slot (person_id, blob_id, link_version, linked_at) SELECT id, id, 1, 0 FROM filled;
SELECT setval('blob_id', {persons});
"""


def spread(values, digits=None):
    """The median, with the smallest and largest value."""
    middle = statistics.median(values)
    digits = (0 if middle >= 100 else 2) if digits is None else digits
    return f"{middle:,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def verdict(ratio, least=None, most=None):
    if least is not None:
        return f"≥ {least}: {'met' if ratio >= least else 'MISSED'}"
    return f"≤ {most}: {'met' if ratio <= most else 'MISSED'}" if most is not None else ""


def line(*cells):
    print("| " + " | ".join(cells) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/postgres.sh", description=__doc__)
    parser.add_argument("--binaries", required=True, type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--scratch", required=True, type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--persons", type=int, default=0, help="persons of the large store of rows (default: none)")
    parser.add_argument("--warm-up", type=float, default=40, help="seconds of load on the large store before it is measured")
    parser.add_argument("--blobs", type=int, default=2000, help="pictures of 64 KiB (default 2000)")
    parser.add_argument("--content-connections", type=int, default=2, help="of the bare loop's GETs, as the store has")
    parser.add_argument("--content-depth", type=int, default=4, help="reads in flight on each of them")
    parser.add_argument("--smoke", action="store_true", help="short goes; the figures are not meaningful")
    chosen = parser.parse_args()
    if chosen.smoke:
        chosen.rounds, chosen.seconds, chosen.warm_up, chosen.blobs, chosen.persons = 2, 0.5, 0.5, 200, 20_000
    folder = pathlib.Path(tempfile.mkdtemp(prefix="postgres.", dir=chosen.scratch.resolve()))
    folder.chmod(0o755)
    try:
        postgres = Postgres(folder / "server")
        try:
            Bench(chosen, postgres, folder).main()
        finally:
            postgres.close()
    except subprocess.CalledProcessError as failure:
        raise SystemExit(f"tests/bench: {failure.cmd[0]} failed: {failure.stderr}") from None
    finally:
        shutil.rmtree(folder)


main()
