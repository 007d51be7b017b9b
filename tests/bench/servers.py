"""The two servers of the comparison, each on a free port of loopback and in a folder of its own."""

import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import time
import urllib.request

AUTHORIZATION = "Basic dGplMDpUamUw"  # the demo user, tje0


class Server:
    """A server process; `close` ends it."""

    signed = False
    process = None
    port = 0

    def fetch(self, person, fields=None, query=""):
        """Returns status, fields and bytes of a person's picture."""
        request = urllib.request.Request(f"{self.url}/api/v1/Person/{person}/Image{query}", headers=fields or {})
        if self.signed:
            request.add_header("Authorization", AUTHORIZATION)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers, answer.read()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def allocated(self):
        """
        Returns the bytes of memory of the process and its children without pages of files: their share depends on other
        processes.
        """
        return sum(allocated(pid) for pid in [self.process.pid, *children(self.process.pid)])

    def processor_time(self):
        """Returns the seconds of processor time of the process and its children until now, exact to nanoseconds."""
        return sum(processor_time(pid) for pid in [self.process.pid, *children(self.process.pid)])

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=30)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=30)


class Portrait(Server):
    signed = True

    def __init__(self, binary, folder, *options, log_level="warning", name="portrait"):
        self.name = name
        self.log = pathlib.Path(f"{folder}.log")
        start = time.monotonic()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [binary, "--demo", "--listen", "127.0.0.1:0", "--data", folder, "--log-level", log_level, *options],
                stdout=subprocess.PIPE, stderr=log)
        for line in self.process.stdout:
            found = re.search(rb"https?://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found[1])
                break
        self.started_in = time.monotonic() - start
        if not self.port:
            raise SystemExit(f"portrait-server did not start:\n{self.log.read_text()}")

    def close(self):
        super().close()
        if self.process.returncode:
            raise SystemExit(f"portrait-server ended with {self.process.returncode}:\n{self.log.read_text()}")

    def commits(self):
        """Returns the numbers of writes and of commits until now."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=30) as answer:
            text = answer.read().decode()
        return tuple(int(re.search(rf"^portrait_store_{name}_total (\d+)", text, re.MULTILINE)[1])
                     for name in ("writes", "commits"))

    def lost_lines(self):
        """Returns the lines that the ended server could not write into its log."""
        found = re.search(r"(\d+) lines of this log were lost", self.log.read_text())
        return int(found[1]) if found else 0


class Nginx(Server):
    """
    WebDAV PUT and static GET, sendfile on, 2 workers. `logged`: reads users from a file, with plain-text passwords, and writes
    an access log. `width`: scales pictures by its module image_filter. The pictures in a folder stay for the next server there.
    """

    name = "nginx"
    listen = ""  # more parameters of the directive

    def __init__(self, folder, logged=False, width=None):
        folder = pathlib.Path(folder)
        (folder / "root").mkdir(parents=True, exist_ok=True)
        (folder / "access.log").unlink(missing_ok=True)
        (folder / "users").write_text("tje0:{PLAIN}Tje0\n")
        self.port = free_port()
        self.signed = logged
        log = f"access_log {folder}/access.log;" if logged else "access_log off;"
        module = "load_module /usr/lib/nginx/modules/ngx_http_image_filter_module.so;" if width else ""
        scaling = f"image_filter resize {width} -; image_filter_buffer 20M;" if width else ""
        users = f'auth_basic "pictures"; auth_basic_user_file {folder}/users;' if logged else ""
        configuration = folder / "nginx.conf"
        user = "user root;" if os.geteuid() == 0 else ""
        configuration.write_text(f"""
            {module}
            {user}
            worker_processes 2;
            worker_rlimit_nofile {resource.getrlimit(resource.RLIMIT_NOFILE)[1]};
            daemon off;
            pid {folder}/nginx.pid;
            error_log {folder}/error.log;
            events {{ worker_connections 9000; }}
            http {{
                {log}
                sendfile on;
                tcp_nopush on;
                keepalive_requests 10000;
                keepalive_timeout 600s;
                client_max_body_size 16m;
                client_body_temp_path {folder}/body;
                proxy_temp_path {folder}/proxy;
                fastcgi_temp_path {folder}/fastcgi;
                uwsgi_temp_path {folder}/uwsgi;
                scgi_temp_path {folder}/scgi;
                types {{ }}
                default_type image/jpeg;
                server {{
                    listen 127.0.0.1:{self.port} backlog=4096 {self.listen};
                    root {folder}/root;
                    {users}
                    location / {{ dav_methods PUT; create_full_put_path on; {scaling} }}
                }}
            }}
        """)
        self.process = subprocess.Popen(["nginx", "-e", f"{folder}/error.log", "-c", configuration],
                                        env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"})
        for _ in range(100):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise SystemExit(f"nginx did not start:\n{(folder / 'error.log').read_text()}")


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def allocated(pid):
    # Counts memory that workers share once.
    return int(re.search(r"^Pss_Anon: +(\d+)", pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)[1]) * 1024


def status_of(pid, field):
    """Returns a field of /proc/PID/status in KiB."""
    return int(re.search(rf"^{field}:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)[1])


def processor_time(pid):
    # The clock that clock_getcpuclockid() returns: all threads, also those that have ended.
    return time.clock_gettime_ns(~pid << 3 | 2) / 1e9


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as listed:
        return [int(child) for child in listed.read().split()]
