"""Real processes of the portal beside a test, on the test's own database, and nginx as deploy/ configures it."""

import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.db import connection

from bin import bench_servers
from bin.bench_servers import ROOT, free_port, needed, serving

MAIN = """
{user}
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 2;
events {{}}
http {{
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  include {folder}/site.conf;
}}
"""


def own_database():
    """DATABASE_URL of the test's database."""
    own = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{own['NAME']}"
    host = own["HOST"] or own["OPTIONS"]["host"]
    return f"postgres://{own['USER']}@/{own['NAME']}?host={host}"


def environment(**changes):
    return os.environ | {"DATABASE_URL": own_database(), "DEVELOPMENT": "true"} | changes


def gunicorn(workers=2, threads=4, **changes):
    return bench_servers.gunicorn(environment(**changes), workers=workers, threads=threads)


@contextmanager
def nginx(folder, ports, **changes):
    """deploy/nginx.conf in front of app servers on these ports; its log is folder/access.log."""
    port = free_port()
    values = {
        "LISTEN": f"127.0.0.1:{port}",
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
    (folder / "nginx.conf").write_text(MAIN.format(user=user, folder=folder))
    command = [needed("nginx"), "-c", folder / "nginx.conf", "-p", folder]
    with (folder / "access.log").open("wb") as log, serving(command, port, os.environ, stdout=log) as server:
        yield server


def has_nginx():
    return shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") is not None


def watch(server, paths, seconds):
    """[(when it was asked, when answered, path, headers, text)] of visitors who ask all the time."""

    def visit(path):
        found = []
        while time.time() < end:
            asked = time.time()
            status, headers, body = server.get(path)
            assert status == 200
            found.append((asked, time.time(), path, headers, body.decode()))
            time.sleep(0.005)
        return found

    end = time.time() + seconds
    with ThreadPoolExecutor(len(paths) * 2) as visitors:
        return [one for found in visitors.map(visit, paths * 2) for one in found]
