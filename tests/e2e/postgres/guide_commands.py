#!/usr/bin/env python3
"""Runs the commands of the guide's page for several servers, with a PostgreSQL and a haproxy of its own, and compares their
output with the output shown there, as tests/sessions.py does for the other pages.

usage: tests/e2e/postgres/guide_commands.py PORTRAIT_SERVER
"""
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests"))
import sessions  # noqa: E402

PAGE = ROOT / "examples/guide/more_than_one_machine.md"


class Postgres:
    """A folder for a cluster that the page's commands start and stop. PostgreSQL refuses root."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.programs = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        self.as_user = ""
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self.as_user = "setpriv --reuid=postgres --regid=postgres --clear-groups "
        self.run(f"initdb -D {self.folder}/data -U postgres --auth-local=trust --auth-host=scram-sha-256 -E UTF8 --locale=C "
                 "--no-sync")

    def command(self, rest):
        return f"{self.as_user}{self.programs}/{rest}"

    def run(self, rest):
        subprocess.run(["bash", "-c", self.command(rest)], cwd=self.folder, stdout=subprocess.DEVNULL, check=True)

    def end(self):
        if (self.folder / "data/postmaster.pid").exists():
            self.run(f"pg_ctl -D {self.folder}/data -m immediate stop")
        shutil.rmtree(self.folder)


class SharedSession(sessions.Session):
    PORTS = (8080, 8081, 8082, 5432)

    def __init__(self, server, folder):
        self.postgres = Postgres()
        place = self.postgres.folder
        options = f"-c port=$PORT -c listen_addresses=127.0.0.1 -c unix_socket_directories={place}"
        control = self.postgres.command(f'pg_ctl -D {place}/data -o "{options}" -l {place}/log -w')
        port = "PORT=:5432 PORT=${PORT#:}; " # Session.here replaces the number
        self.SHIMS = sessions.SHIMS | {
            "cmake": "exit 0",
            "pg_ctlcluster": f'{port} cd {place}; exec {control} "${{@:3}}" >&2',
            "runuser": f"{port} export PGHOST={place} PGPORT=$PORT PGUSER=postgres; {sessions.SHIMS['runuser']}",
        }
        super().__init__(server, folder)
        (folder / ".ci").mkdir()
        (folder / ".ci/packages.sh").write_text("need_packages() { :; }\n")
        (folder / "password.txt").write_text("secret\nsecret\n") # createuser asks twice

    def run(self, command):
        """As a terminal does: later commands have the variables, and background processes go on."""
        output = self.folder / ".output"
        variables = self.folder / ".variables"
        script = f"{self.here(command)}\nstatus=$?\nenv -0 >{variables}\nexit $status"
        with (self.folder / "password.txt").open() as password, output.open("w") as out:
            process = subprocess.Popen(["bash", "-c", script], cwd=self.folder, env=self.environment, stdin=password,
                                       stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
            self.started.append(process)
            status = process.wait(timeout=120)
        if command.startswith("export "):
            self.environment = dict(entry.split("=", 1) for entry in variables.read_text().split("\0") if entry)
        return status, output.read_text()

    def end(self):
        super().end()
        for file in self.folder.glob("*.pid"):
            try:
                os.kill(int(file.read_text()), signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.postgres.end()


sessions.check(pathlib.Path(sys.argv[1]).resolve(), PAGE, SharedSession)
