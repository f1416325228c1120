"""The disk is full under load: who reads notices nothing, who writes is told, and nothing that was taken is lost."""

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Event

import psycopg
import pytest

from bin.bench_servers import ROOT, gunicorn
from bin.load import Load, pages
from bin.with_postgres import IS_ROOT, postgres
from tests.small_disk import Followers, LogIns, Uploads, make_editor, mounted

pytestmark = [pytest.mark.without_database, pytest.mark.xdist_group("faults")]
KEPT, ANEW = "/oproepen/?status=alle", "/oproepen/?q=migranten&status=alle&pagina={number}"
MEGABYTES = {"sqlite": 90, "postgresql": 90, "postgresql and its journal": 300}
BACK = {"sqlite": 1, "postgresql": 1, "postgresql and its journal": 6}  # seconds that it may take once there is room
PAUSES = {"log in": 1}  # SQLite lets nobody else write while a password is checked


@pytest.fixture(params=MEGABYTES)
def kind(request):
    return request.param


@pytest.fixture
def disk(kind):
    with mounted(MEGABYTES[kind]) as disk:
        if disk is None:
            pytest.skip("no disk can be mounted here")
        yield disk


@pytest.fixture
def environment(kind, disk):
    """Of a site whose database, attachments and passing files are all on that disk."""
    own = {"DEVELOPMENT": "true", "DATA_DIR": str(disk.folder), "TMPDIR": str(disk.folder), "SEARCHES_A_MINUTE": "0"}
    own |= {"STAFF_SECOND_FACTOR": "false", "STATEMENT_SECONDS": "5", "TRUSTED_PROXY_COUNT": "1", "DATABASE_URL": ""}
    if kind == "sqlite":
        yield prepared(os.environ | own)
        return
    with postgres() as cluster:
        if kind == "postgresql":
            yield prepared(os.environ | own | {"DATABASE_URL": tables_on(disk, cluster)})
            return
        move(cluster, disk)
        prepared(own := os.environ | own | {"DATABASE_URL": cluster.url})
        with busy_and_restarted(cluster):
            yield own


def tables_on(disk, cluster):
    """The address of a database with its tables on the disk, and with PostgreSQL's journal elsewhere."""
    place = disk.folder / "tables"
    place.mkdir()
    if IS_ROOT:
        shutil.chown(place, "nobody")
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute(f"CREATE TABLESPACE small LOCATION '{place}'")
        connection.execute("CREATE DATABASE site TABLESPACE small")
    return cluster.url.replace("/postgres?", "/site?")


def move(cluster, disk):
    """All of it to the disk; and what is committed is in the journal, as in production."""
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute("ALTER DATABASE postgres SET synchronous_commit = on")
        connection.execute("CHECKPOINT")
    cluster.stop()
    place = cluster.data / "cluster"
    subprocess.run(["cp", "-a", place, disk.folder], check=True)
    shutil.rmtree(place)
    place.symlink_to(disk.folder / "cluster")
    cluster.start()


@contextmanager
def busy_and_restarted(cluster):
    """Others write to the same PostgreSQL: its journal needs room. Where it has none PostgreSQL stops, and the machine
    starts it again and again, as compose.yaml says."""
    ended, stops = Event(), []

    def watch():
        while not ended.wait(0.1):
            try:
                with psycopg.connect(cluster.url, autocommit=True) as connection:
                    connection.execute("SELECT pg_logical_emit_message(false, 'others', repeat('x', 1000000))")
            except psycopg.Error:
                stops.append(time.time())
                with suppress(subprocess.CalledProcessError):
                    cluster.start()

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(watch)
        try:
            yield
        finally:
            ended.set()
        watching.result()
    assert stops


def prepared(environment):
    subprocess.run(
        [sys.executable, "manage.py", "prepare", "--no-static", "--skip-checks"], cwd=ROOT, env=environment, check=True
    )
    return environment


def test_a_full_disk(environment, disk, kind):
    draft = make_editor(environment)
    with gunicorn(environment) as server:
        writes = {"follow": Followers(server), "log in": LogIns(server), "upload": Uploads(server, draft)}
        with Load(pages(server, KEPT, ANEW)) as readers, Load(writes, 1, 0.02, PAUSES) as writers:
            readers.go_on(3)
            writers.go_on(0, 2)
            disk.fill()
            full = time.time()
            time.sleep(5)
            disk.free()
            free = time.time()
            time.sleep(BACK[kind] + 3)
        print(readers.said(f"disk full for five seconds, {kind}: who reads"))
        print(writers.said(f"disk full for five seconds, {kind}: who writes"))
        stored = {path.name: path.read_bytes() for path in disk.folder.glob("documents/**/*.pdf")}
        done = {name: len(way.done) for name, way in writes.items()}
        lost = {"follow": writes["follow"].lost(), "log in": writes["log in"].lost()}
    print(f"taken: {done}; lost: {lost}, attachments {len(writes['upload'].done.keys() - stored.keys())}")
    assert lost == {"follow": 0, "log in": 0}
    # What was refused at the very end may have left its file: nobody sees it, and nobody lost it.
    assert writes["upload"].done.items() <= stored.items()
    assert min(done.values()) > 0
    assert set(readers.counted(KEPT)) == {200}
    assert set(readers.counted()) <= {200, 503}
    assert set(readers.counted(since=free + BACK[kind])) == {200}
    assert set(writers.counted(since=free + BACK[kind])) == {302}
    refused = [answer for answer in writers.answers if answer.status != 302]
    assert refused
    assert all(answer.ended > full for answer in refused)
    for answer in refused:
        assert (answer.way, answer.status) in {(way, 503) for way in writes} | {("upload", 200)}
        words = "kon niet bewaard worden" if answer.status == 200 else "Even niet beschikbaar"
        assert words in answer.body.decode()
