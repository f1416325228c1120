"""Real processes of the portal beside a test, on the test's own database, and nginx as deploy/ configures it."""

import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

from django.db import connection

from bin import bench_servers
from bin.bench_servers import nginx_before as nginx

__all__ = ["nginx"]


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


def soon(check, seconds=30):
    """Waits until it is so."""
    until = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < until
        time.sleep(0.05)


def has_nginx():
    return shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") is not None


@contextmanager
def watched(server, paths):
    """Visitors who ask all the time, until the end of the block; then there is a list of what they saw:

    [(when it was asked, when answered, path, headers, text)]
    """
    found, ended = [], Event()

    def visit(path):
        while not ended.is_set():
            asked = time.time()
            status, headers, body = server.get(path)
            assert status == 200
            found.append((asked, time.time(), path, headers, body.decode()))
            time.sleep(0.005)

    with ThreadPoolExecutor(len(paths) * 2) as visitors:
        visits = [visitors.submit(visit, path) for path in paths * 2]
        try:
            yield found
        finally:
            ended.set()
        for one in visits:
            one.result()
