"""Parts that die under load, all real: what visitors got, and whether the site was itself again without a restart."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from bin.bench_servers import ROOT, gunicorn
from bin.load import Load, pages
from bin.with_postgres import postgres

pytestmark = pytest.mark.xdist_group("faults")
KEPT, ANEW = "/oproepen/?status=alle", "/oproepen/?q=migranten&status=alle&pagina={number}"


@pytest.fixture(scope="module")
def database():
    with postgres() as cluster:
        run = [sys.executable, "manage.py", "prepare", "--no-static", "--skip-checks"]
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


def visitors(server):
    """Half of them ask for a page that is kept, half for pages made anew."""
    return Load(pages(server, KEPT, ANEW))


def test_the_database_goes_and_comes_back(server, database):
    with visitors(server) as load:
        load.go_on(2)
        database.stop()
        gone = time.time()
        load.go_on(6, 4)
        database.start()
        back = time.time()
        load.go_on(6)
    print(load.said("database gone for six seconds"))
    assert set(load.counted()) == {200, 503}
    assert set(load.counted(KEPT)) == {200}
    assert load.counted(ANEW)[503] > 2
    for answer in load.answers:
        assert answer.body.decode().rstrip().endswith("</html>")
        if answer.status == 503:
            assert answer.headers["Retry-After"] == "30"
            assert "Even niet beschikbaar" in answer.body.decode()
    assert set(load.counted(since=back + 4)) == {200}
    kept = [answer.seconds for answer in load.of(KEPT, since=gone) if answer.begun < back]
    assert sorted(kept)[len(kept) // 2] < 0.5


def test_a_query_that_waits_too_long_is_given_up(server, database):
    with psycopg.connect(database.url) as blocker, visitors(server) as load:
        load.go_on(1)
        blocker.execute("LOCK TABLE calls_call IN ACCESS EXCLUSIVE MODE")
        load.go_on(5, 4)
        blocker.rollback()
        free = time.time()
        load.go_on(3)
    print(load.said("table locked for five seconds"))
    assert set(load.counted()) == {200, 503}
    assert set(load.counted(KEPT)) == {200}
    assert set(load.counted(since=free + 1)) == {200}
    assert max(answer.seconds for answer in load.answers) < 10


def test_a_killed_worker_fails_only_what_it_was_answering(server):
    with visitors(server) as load:
        for _time in range(3):
            load.go_on(2)
            children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
            os.kill(int(children[0]), signal.SIGKILL)
        load.go_on(4)
        later = time.time()
        load.go_on(1)
    print(load.said("three workers killed"))
    failed = sum(number for status, number in load.counted().items() if status != 200)
    assert failed <= 3 * 4
    assert set(load.counted(since=later)) == {200}


def test_a_deploy_fails_nothing(server, database):
    """Migrations, then new workers; the old ones finish what they are answering (gunicorn.conf.py)."""
    with visitors(server) as load:
        load.go_on(1)
        run = [sys.executable, "manage.py", "prepare", "--no-static", "--skip-checks"]
        subprocess.run(run, cwd=ROOT, env=environment(database), check=True)
        server.process.send_signal(signal.SIGUSR2)
        assert server.process.wait(60) == 0
        load.go_on(3)
    print(load.said("a deploy"))
    assert set(load.counted()) == {200}
