"""Parts that die under load, all real: what visitors got, and whether the site was itself again without a restart."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import psycopg
import pytest

from bin.bench_servers import ROOT, gunicorn
from bin.with_postgres import postgres

pytestmark = pytest.mark.xdist_group("faults")
KEPT, ANEW = "/oproepen/?status=alle", "/oproepen/?q=migranten&status=alle&pagina={number}"


@pytest.fixture(scope="module")
def database():
    with postgres() as cluster:
        run = [sys.executable, "manage.py", "prepare", "--no-static"]
        subprocess.run(run, cwd=ROOT, env=environment(cluster), check=True)
        yield cluster


def environment(cluster):
    own = {"DEVELOPMENT": "true", "DATABASE_URL": cluster.url, "STATEMENT_SECONDS": "1", "SEARCHES_A_MINUTE": "0"}
    return os.environ | own


@pytest.fixture
def server(database):
    with gunicorn(environment(database), workers=2, threads=4) as server:
        for _time in range(20):
            assert server.get(KEPT)[0] == 200
        yield server


class Load:
    """Visitors who ask without a pause: half of them for a page that is kept, half for pages made anew."""

    def __init__(self, server, visitors=4):
        self.server, self.over, self.answers = server, Event(), []
        self.pool = ThreadPoolExecutor(visitors)
        self.visitors = [self.pool.submit(self.visit, KEPT if n % 2 else ANEW) for n in range(visitors)]

    def visit(self, path):
        number = 0
        while not self.over.is_set():
            number += 1
            begun = time.time()
            try:
                status, headers, body = self.server.get(path.format(number=number))
            except OSError as error:
                status, headers, body = type(error).__name__, {}, b""
            whole = body.decode().rstrip().endswith("</html>")
            self.answers.append((begun, time.time(), path, status, headers.get("Retry-After"), whole, body))
            time.sleep(0.02)

    def stop(self):
        self.over.set()
        for visitor in self.visitors:
            visitor.result()

    def counted(self, path=None, since=0.0):
        return Counter(one[3] for one in self.answers if path in (None, one[2]) and one[0] >= since)


@contextmanager
def under(load):
    try:
        yield load
    finally:
        load.stop()


def said(name, load):
    """A line of the table of faults: shown by pytest -rP."""
    slowest = max(end - begun for begun, end, *_rest in load.answers)
    print(f"{name}: {len(load.answers)} asked, {dict(load.counted())}, the slowest {slowest:.1f} s")


def test_the_database_goes_and_comes_back(server, database):
    with under(Load(server)) as load:
        time.sleep(2)
        database.stop()
        gone = time.time()
        time.sleep(6)
        database.start()
        back = time.time()
        time.sleep(6)
    said("database gone for six seconds", load)
    assert set(load.counted()) == {200, 503}
    assert set(load.counted(KEPT)) == {200}
    assert load.counted(ANEW)[503] > 2
    for _begun, _end, _path, status, retry, whole, body in load.answers:
        assert whole
        if status == 503:
            assert retry == "30"
            assert "Even niet beschikbaar" in body.decode()
    assert set(load.counted(since=back + 4)) == {200}
    kept = [end - begun for begun, end, path, *_rest in load.answers if path == KEPT and gone < begun < back]
    assert len(kept) > 20
    assert sorted(kept)[len(kept) // 2] < 0.5


def test_a_query_that_waits_too_long_is_given_up(server, database):
    with psycopg.connect(database.url) as blocker, under(Load(server)) as load:
        time.sleep(1)
        blocker.execute("LOCK TABLE calls_call IN ACCESS EXCLUSIVE MODE")
        time.sleep(5)
        blocker.rollback()
        free = time.time()
        time.sleep(3)
    said("table locked for five seconds", load)
    assert set(load.counted()) == {200, 503}
    assert set(load.counted(KEPT)) == {200}
    assert set(load.counted(since=free + 1)) == {200}
    assert max(end - begun for begun, end, *_rest in load.answers) < 10


def test_a_killed_worker_fails_only_what_it_was_answering(server):
    with under(Load(server)) as load:
        for _time in range(3):
            time.sleep(2)
            children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
            os.kill(int(children[0]), signal.SIGKILL)
        time.sleep(4)
        later = time.time()
        time.sleep(1)
    said("three workers killed", load)
    failed = sum(number for status, number in load.counted().items() if status != 200)
    assert failed <= 3 * 4
    assert set(load.counted(since=later)) == {200}


def test_a_deploy_fails_nothing(server, database):
    """Migrations, then new workers; the old ones finish what they are answering (gunicorn.conf.py)."""
    with under(Load(server)) as load:
        time.sleep(1)
        run = [sys.executable, "manage.py", "prepare", "--no-static"]
        subprocess.run(run, cwd=ROOT, env=environment(database), check=True)
        server.process.send_signal(signal.SIGUSR2)
        assert server.process.wait(60) == 0
        time.sleep(2)
        later = time.time()
        time.sleep(1)
    said("a deploy", load)
    assert set(load.counted()) == {200}
    assert load.counted(since=later)[200] > 10
