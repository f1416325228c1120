"""Deploys at the same time: of an empty database, and of a site under load."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bin.bench_servers import ROOT, gunicorn
from bin.load import Load, pages
from bin.with_postgres import postgres

pytestmark = [pytest.mark.without_database, pytest.mark.xdist_group("faults")]
WAITS = "Another deploy is at work on this database; waiting until it has finished …\n"
PREPARE, MIGRATE = ["prepare", "--no-static", "--skip-checks"], ["migrate", "--verbosity", "0"]
COUNT = """
from calls.models import Call
from funds.models import Theme
print(Call.objects.count(), Theme.objects.count())
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def environment(request, tmp_path):
    """Of a site whose database is empty."""
    own = os.environ | {"DEVELOPMENT": "true", "DATA_DIR": str(tmp_path), "DATABASE_URL": ""}
    if request.param == "sqlite":
        yield own
        return
    with postgres() as cluster:
        yield own | {"DATABASE_URL": cluster.url}


def start(environment, *command):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "manage.py", *command], cwd=ROOT, env=environment, **pipes)


def finished(runs):
    """[(exit code, stdout, stderr)]"""
    said = [run.communicate(timeout=120) for run in runs]
    return [(run.returncode, *texts) for run, texts in zip(runs, said, strict=True)]


def test_several_deploys_of_an_empty_database(environment):
    """Of which the first is killed at some moment: that holds up nobody."""
    killed = start(environment, *PREPARE)
    time.sleep(2)
    runs = [start(environment, *command) for command in (PREPARE, PREPARE, MIGRATE)]
    time.sleep(3)
    killed.kill()
    finished([killed])
    codes, said, waited = zip(*finished(runs), strict=True)
    told = [text for text in waited if text]
    print(f"four deploys of an empty database at once: 1 killed, {codes.count(0)} ended well, {len(told)} waited")
    assert codes == (0, 0, 0), waited
    assert set(told) == {WAITS}
    assert "".join(said) in {"", "Loaded the first content from fixtures/.\n"}
    assert finished([start(environment, "shell", "-v", "0", "-c", COUNT)]) == [(0, "5 17\n", "")]


def masters(server):
    """The processes of gunicorn whose parent is none of them."""
    found = {int(path.parent.name): path for path in Path("/proc").glob("[0-9]*/cmdline") if is_of(server, path)}
    return [pid for pid, path in found.items() if parent(path) not in found]


def is_of(server, path):
    try:
        return f"127.0.0.1:{server.port}".encode() in path.read_bytes()
    except OSError:
        return False


def parent(path):
    return int(path.with_name("stat").read_text().rpartition(")")[2].split()[1])


def test_two_times_new_code_at_once(environment):
    """Two people send SIGUSR2 in the same moment, while somebody prepares the database once more."""
    assert finished([start(environment, *PREPARE)])[0][0] == 0
    with gunicorn(environment | {"SEARCHES_A_MINUTE": "0"}) as server:
        with Load(pages(server, "/oproepen/?status=alle", "/oproepen/?q=migranten&pagina={number}")) as load:
            load.go_on(1)
            preparing = [start(environment, *PREPARE) for _time in range(2)]
            for _time in range(2):
                server.process.send_signal(signal.SIGUSR2)
                time.sleep(0.05)
            assert server.process.wait(60) == 0
            assert [code for code, *_texts in finished(preparing)] == [0, 0]
            load.go_on(2)
            later = time.time()
            load.go_on(1)
        print(load.said("two deploys at once"))
        assert len(masters(server)) == 1
    assert set(load.counted()) == {200}
    assert load.counted(since=later)[200] > 5
