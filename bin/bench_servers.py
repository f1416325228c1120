"""Servers on a free port of this machine: gunicorn and granian as they serve the portal, and nginx."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parent.parent
NGINX = """
{user}
daemon off; pid {folder}/nginx.pid; error_log stderr crit; worker_processes 2;
events {{}}
http {{
  access_log off; default_type text/html; sendfile on; {http}
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; {server} }}
}}
"""

WHOLE_NGINX = """
{user}
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 2;
events {{}}
http {{
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  include {folder}/site.conf;
}}
"""


class Server:
    def __init__(self, port, process):
        self.port, self.process = port, process

    def wait(self, seconds=60):
        """Until it answers, whatever that is."""
        until = time.monotonic() + seconds
        while True:
            try:
                return self.get("/healthz/?live")
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise
                time.sleep(0.1)

    def get(self, path, **headers):
        return self.send("GET", path, **headers)

    def send(self, method, path, body=None, **headers):
        """(status, headers, bytes), over a connection of its own."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            line.request(method, path, body, {"Host": "localhost"} | headers)
            answer = line.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            line.close()


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def serving(command, port, environment, cwd=ROOT, **options):
    """Runs a command until the end of the block; gives its Server once it answers."""
    process = subprocess.Popen(command, cwd=cwd, env=environment, start_new_session=True, **options)
    try:
        server = Server(port, process)
        server.wait()
        yield server
    finally:
        # The group, in which another master may have taken over.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def gunicorn(environment, application="portal.wsgi", workers=2, threads=4, program=None, **options):
    """`program` is that of another environment; `options` are those of `serving`."""
    port = free_port()
    sizes = ["--workers", str(workers), "--threads", str(threads), "--log-level", "warning"]
    command = [program or beside("gunicorn"), application, "--bind", f"127.0.0.1:{port}", *sizes]
    return serving(command, port, environment, **options)


def granian(environment, workers=2, threads=4, **options):
    port = free_port()
    sizes = ["--workers", str(workers), "--blocking-threads", str(threads), "--no-access-log", "--log-level", "error"]
    command = [beside("granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), *sizes]
    return serving([*command, "portal.wsgi:application"], port, environment, **options)


def beside(tool):
    """The script of a package that stands in this environment."""
    return Path(sys.executable).with_name(tool)


def nginx(folder, server, http=""):
    """`server` and `http` are lines of its configuration; `folder` is for its files."""
    port = free_port()
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(NGINX.format(user=user, folder=folder, port=port, server=server, http=http))
    return serving([needed("nginx"), "-c", folder / "nginx.conf", "-p", folder], port, os.environ)


@contextmanager
def nginx_before(folder, ports, listen="", **changes):
    """deploy/nginx.conf in front of app servers on these ports; its log is folder/access.log.

    `listen` says how it listens ("ssl http2"); `changes` are what stands in capitals in that file.
    """
    port = free_port()
    values = {
        "LISTEN": f"127.0.0.1:{port} {listen}",
        "LISTEN_PLAIN": f"127.0.0.1:{free_port()}",
        "SERVER_NAME": "localhost",
        "APP_SERVERS": " ".join(f"server 127.0.0.1:{port} max_fails=2 fail_timeout=2s;" for port in ports),
        "CACHE_FOLDER": folder / "cache",
        "PAGE_CACHE": "pages",
        "ERROR_PAGES": ROOT / "deploy",
        "UPLOAD_MEGABYTES": 3,
        "REQUESTS_A_SECOND": 10_000,
    }
    site = (ROOT / "deploy/nginx.conf").read_text(encoding="utf-8")
    for name, value in (values | changes).items():
        site = site.replace(f"${{{name}}}", str(value))
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "cache").mkdir()
    (folder / "site.conf").write_text(site, encoding="utf-8")
    (folder / "nginx.conf").write_text(WHOLE_NGINX.format(user=user, folder=folder))
    command = [needed("nginx"), "-c", folder / "nginx.conf", "-p", folder]
    with (folder / "access.log").open("wb") as log, serving(command, port, os.environ, stdout=log) as server:
        yield server


def redis_command(port):
    return [needed("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--loglevel", "warning"]


def needed(tool):
    """The path of a tool, which Debian has a package of."""
    if path := shutil.which(tool, path=f"{os.environ['PATH']}:/usr/sbin"):
        return path
    raise SystemExit(f"{tool} is needed: apt-get install {tool}")


def come_to_rest(process, seconds=30):
    """Waits until a server does nothing for half a second: also what nobody waits for any longer takes time."""
    until, looks = time.monotonic() + seconds, []
    while len(looks) < 5 or len(set(looks[-5:])) > 1:
        if time.monotonic() > until:
            raise TimeoutError("a server goes on and on")
        looks.append(ticks(process))
        time.sleep(0.1)


def ticks(process):
    """What a process and its children have had of the processor."""
    texts = (Path(f"/proc/{pid}/stat").read_text() for pid in [process.pid, *children(process)])
    fields = (text.rpartition(")")[2].split() for text in texts)
    return sum(int(one[11]) + int(one[12]) for one in fields)


def held(process):
    """MB that a process and its children hold; what they share counts once (PSS)."""
    return sum(kilobytes(pid, "Pss:") for pid in [process.pid, *children(process)]) / 1024


def held_by_workers(process):
    """MB that the children of a process hold, each with all that it shares (RSS).

    Unlike PSS it does not move when a worker writes to what it had shared with the process that forked it.
    """
    return sum(kilobytes(pid, "Rss:") for pid in children(process)) / 1024


def children(process):
    return Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()


def kilobytes(pid, kind):
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(kind))
