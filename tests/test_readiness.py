"""/readyz/: each part that the site needs, and each of them really gone once."""

import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from accounts.management.commands import run_worker
from portal import readiness
from tests.processes import environment

pytestmark = pytest.mark.django_db(transaction=True)
READY = {"database": "ok", "cache": "ok", "migrations": "ok", "worker": "ok"}


@pytest.fixture(autouse=True)
def looked_at_each_time(monkeypatch):
    monkeypatch.setattr(readiness, "SECONDS", 0)
    readiness.look_at_migrations.cache_clear()
    cache.clear()
    readiness.give_sign()
    yield
    cache.clear()
    readiness.look_at_migrations.cache_clear()


@pytest.fixture
def ready(client):
    """(status, checks)"""

    def ask():
        response = client.get("/readyz/")
        return response.status_code, response.json()

    return ask


def disconnect():
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()


@contextmanager
def no_database():
    """The address leads nowhere, as when the server or the disk is gone."""
    own = connection.settings_dict
    name = own["NAME"]
    disconnect()
    own["NAME"] = "/bestaat/niet.sqlite3" if connection.vendor == "sqlite" else "bestaat_niet"
    try:
        yield
    finally:
        own["NAME"] = name
        disconnect()


@contextmanager
def renamed(table):
    def rename(old, new):
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {old} RENAME TO {new}")

    rename(table, "weg")
    try:
        yield
    finally:
        rename("weg", table)


def test_all_is_well(client):
    response = client.get("/readyz/")
    assert (response.status_code, response.json()) == (200, READY)
    assert len(response.text.splitlines()) == 2 + len(READY)
    assert (response["Content-Type"], "no-store" in response["Cache-Control"]) == ("application/json", True)
    assert client.post("/readyz/").status_code == 405


def test_the_database_is_gone(ready, client, caplog):
    with no_database():
        found = ready()
        assert client.get("/healthz/?live").status_code == 200
    unknown = dict.fromkeys(READY, "unknown")
    assert found == (503, unknown | {"database": "failed"})
    assert "Not ready: database (OperationalError" in caplog.text
    assert ready() == (200, READY)


def test_the_cache_is_gone(ready):
    with renamed("cache"):
        status, found = ready()
    assert (status, found["database"], found["cache"], found["migrations"]) == (503, "ok", "failed", "ok")
    assert ready() == (200, READY)


def test_a_migration_is_missing(ready, client):
    recorder, last = MigrationRecorder(connection), ("calls", "0007_desk_order")
    recorder.record_unapplied(*last)
    try:
        assert ready() == (503, READY | {"migrations": "failed"})
        assert "0007" not in client.get("/readyz/").text
    finally:
        recorder.record_applied(*last)
    assert ready() == (200, READY)


def test_migrations_are_looked_at_until_they_are_there(ready, django_assert_num_queries):
    ready()
    with django_assert_num_queries(0):
        readiness.migrations_are_applied()


def test_no_worker_ever_gave_a_sign(ready, settings):
    cache.clear()
    assert ready() == (503, READY | {"worker": "failed"})
    settings.WORKER_SILENT_MINUTES = 0
    assert ready() == (200, READY)


def test_one_of_several_workers_is_enough_until_all_are_gone(ready, tmp_path):
    cache.clear()
    command = [sys.executable, str(django_settings.BASE_DIR / "manage.py"), "run_worker"]
    workers = [subprocess.Popen(command, env=environment(DATA_DIR=str(tmp_path))) for _ in range(2)]
    try:
        until = time.monotonic() + 60
        while ready() != (200, READY):
            assert time.monotonic() < until
            time.sleep(0.2)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    now = timezone.now()
    with time_machine.travel(now + timedelta(minutes=9)):
        assert ready() == (200, READY)
    with time_machine.travel(now + timedelta(minutes=11)):
        assert ready() == (503, READY | {"worker": "failed"})


def test_a_worker_gives_signs_while_it_sends_and_not_for_every_mail(monkeypatch):
    signs, now = [], [1000.0]

    def send(stop):
        for _mail in range(30):
            now[0] += 3
            assert not stop()

    monkeypatch.setattr(run_worker.signal, "signal", lambda *_: None)
    monkeypatch.setattr(run_worker, "monotonic", lambda: now[0])
    monkeypatch.setattr(run_worker, "send_waiting", send)
    monkeypatch.setattr(run_worker, "give_sign", lambda: signs.append(now[0]))
    call_command("run_worker", once=True)
    assert signs == [1000, 1021, 1042, 1063, 1084]


def test_a_worker_goes_on_without_a_cache(caplog):
    with renamed("cache"):
        readiness.give_sign()
    with no_database():
        readiness.give_sign()
    assert readiness.last_sign() is not None


def test_a_flood_of_questions_is_answered_once_a_second(client, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(readiness, "SECONDS", 60)
    monkeypatch.setattr(readiness.Found, "looked", float("-inf"))
    client.get("/readyz/")
    with django_assert_num_queries(0):
        assert client.get("/readyz/").json() == READY
