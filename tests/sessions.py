#!/usr/bin/env python3
"""Runs the commands in the README and the guide, and compares their output with the output shown there.

All ```console blocks of a page are one session in one folder. bash runs the lines that begin with "$ "; the lines after a
command are its expected output, compared without numbers and dates; a line "..." matches any lines. A command without output
lines has to succeed. After <<'END' the lines up to END belong to the command. ```sh blocks have commands only. Ports 8080 and 9090 are replaced by free ones, and /var/lib, /mnt/backup
and /srv/demo by folders of the session. Shims replace the commands that act on the machine: runuser, systemctl, pkill, and the
build of run.sh.

usage: tests/sessions.py PORTRAIT_SERVER PAGE.md...
"""
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

SHIMS = {
    "curl": 'exec /usr/bin/curl -sS -m 30 "$@"',
    "runuser": 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"',
    "systemctl": "exit 0",
    "pkill": 'kill -9 "$(cat "$SESSION/server.pid")"',
}
DEMO_SERVER = 'echo $$ >"$SESSION/server.pid"; exec portrait-server --demo --data "$PWD/portrait-data" --listen 127.0.0.1:8080 "$@"'


def is_open(command):
    """Whether the lines that the command reads after <<'END' go on."""
    marker = re.search(r"<<'(\w+)'", command)
    return marker and not command.endswith("\n" + marker[1])


def blocks_of(page):
    """Returns the commands of a page, each with its expected lines."""
    found, kind = [], None
    for line in page.read_text().splitlines():
        if kind is None:
            if match := re.fullmatch(r"```(\w*)", line):
                kind = match[1] or "text"
        elif line == "```":
            kind = None
        elif kind == "sh" and line.split("#")[0].strip():
            found.append((line.split("#")[0].strip(), []))
        elif kind == "console" and found and is_open(found[-1][0]):
            found[-1] = (f"{found[-1][0]}\n{line}", [])
        elif kind == "console" and line.startswith("$ "):
            found.append((line[2:], []))
        elif kind == "console":
            if not found:
                raise SystemExit(f"{page}: A console block begins with '{line}'; it has to begin with a '$ ' command")
            found[-1][1].append(line)
    return found


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def plain(line):
    line = re.sub(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), ", "Day, ", line.rstrip())
    line = re.sub(r"\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b", "Month", line)
    return re.sub(r"\d+", "0", line)


def matches(expected, lines):
    if not expected:
        return not lines
    if expected[0] == "...":
        return any(matches(expected[1:], lines[start:]) for start in range(len(lines) + 1))
    return bool(lines) and plain(expected[0]) == plain(lines[0]) and matches(expected[1:], lines[1:])


class Session:
    PORTS = (8080, 9090)
    SHIMS = SHIMS

    def __init__(self, server, folder):
        self.folder = folder
        self.ports = dict(zip(self.PORTS, free_ports(len(self.PORTS))))
        self.started = []
        shims = folder / ".shims"
        shims.mkdir()
        for name, body in self.SHIMS.items():
            self.write_script(shims / name, body)
        (shims / "portrait-server").symlink_to(server)
        demo = folder / "examples/server/run.sh"
        demo.parent.mkdir(parents=True)
        self.write_script(demo, DEMO_SERVER)
        subprocess.run(["convert", "-size", "97x61", "plasma:", "photo.jpg"], cwd=folder, check=True)
        for place in ("var/lib", "mnt/backup"):
            (folder / place).mkdir(parents=True)
        (folder / "notes.txt").write_text("no picture\n")
        (folder / "password.txt").write_text("secret\n")
        (folder / "persons.csv").write_text("7,Ada\n8,Grace\n")
        # Without the user's own PORTRAIT_… options.
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("PORTRAIT_")}
        self.environment |= {"PATH": f"{shims}:{os.environ['PATH']}", "SESSION": str(folder)}

    def write_script(self, path, body):
        path.write_text(f"#!/usr/bin/env bash\n{self.here(body)}\n")
        path.chmod(0o755)

    def here(self, text):
        for port, free in self.ports.items():
            text = text.replace(f":{port}", f":{free}")
        for place in ("/var/lib", "/mnt/backup"):
            text = text.replace(place, f"{self.folder}{place}")
        return text.replace("/srv/demo", str(self.folder))

    def start(self, command):
        """Starts a server and waits until it listens. A command in the foreground first ends the running servers, as Ctrl-C
        would."""
        if "&" not in command:
            self.end()
        output = self.folder / ".output"
        with output.open("w") as out:
            # In a new session, so that `end` can kill all its processes together.
            process = subprocess.Popen(["bash", "-c", self.here(command)], cwd=self.folder, env=self.environment,
                                       stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                       start_new_session=True)
        self.started.append(process)
        for _ in range(600):
            text = output.read_text()
            if " listening on http" in text and text.endswith("\n"):
                return 0, text
            time.sleep(0.1)
        return 1, output.read_text()

    def run(self, command):
        if command.endswith("&") or command == "./examples/server/run.sh":
            return self.start(command)
        done = subprocess.run(["bash", "-c", self.here(command)], cwd=self.folder, env=self.environment, input="secret\n",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        return done.returncode, done.stdout

    def end(self):
        for process in self.started:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        self.started.clear()


def check(server, page, session_type=Session):
    commands = blocks_of(page)
    with tempfile.TemporaryDirectory() as folder:
        session = session_type(server, pathlib.Path(folder).resolve())
        try:
            for command, expected in commands:
                if command == "./tests/run.sh":
                    continue  # it runs this script
                status, output = session.run(command)
                lines = output.replace("\r", "").splitlines()
                fine = matches([session.here(line) for line in expected], lines) if expected else status == 0
                if not fine:
                    raise SystemExit("\n".join([f"{page}: $ {command}", f"exit code {status}; expected output:", *expected,
                                                "actual output:", *lines]))
        finally:
            session.end()
    print(f"{page.name}: {len(commands)} commands have the expected output")
    return len(commands)


def main():
    server = pathlib.Path(sys.argv[1]).resolve()
    if not sum(check(server, pathlib.Path(page)) for page in sys.argv[2:]):
        raise SystemExit("The pages have no commands")


if __name__ == "__main__":
    main()
