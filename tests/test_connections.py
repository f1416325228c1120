"""Connections to PostgreSQL from the pool: found broken before they are used, and no slower for it."""

import time
from threading import Thread

import pytest
from django.db import close_old_connections, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Follow
from accounts.readers import facts
from calls.cards import cards
from calls.columns import current_columns
from calls.models import Call
from portal import databases
from tests.factories import CallFactory, ThemeFactory, UserFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no pool"),
]


@pytest.fixture(autouse=True)
def own_pool():
    """Of this test, with all the connections that it may have, so that which one is next does not depend on luck."""
    new_pool()
    connection.pool.open()
    connection.pool.resize(4)
    connection.pool.wait(timeout=60)
    yield
    new_pool()


def new_pool():
    connection.close()
    connection.close_pool()


def in_thread(*steps):
    """What each step gives, one after the other, each as a request of its own in another thread."""
    found = []

    def run():
        for step in steps:
            close_old_connections()
            found.append(step())
            connection.close()

    thread = Thread(target=run)
    thread.start()
    thread.join()
    return found


def pid():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def all_used():
    """Each connection of the pool, which has four and gives them in turn."""
    return in_thread(*[pid] * 4)


def break_off():
    """All of them but the one that says so; gives their processes."""
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid != pg_backend_pid()"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pid, pg_terminate_backend(pid) {others}")
        broken = {pid for pid, _done in cursor.fetchall()}
    time.sleep(0.2)
    return broken


@pytest.mark.parametrize("seconds", [0, 60])
def test_a_connection_that_broke_is_not_used(monkeypatch, seconds):
    """Neither one that rested nor one that was used just now."""
    monkeypatch.setattr(databases, "SURE_SECONDS", seconds)
    all_used()
    broken = break_off()
    used = all_used()
    assert (len(broken), len(used), broken & set(used)) == (3, 4, set())


@pytest.mark.parametrize(("seconds", "checks"), [(0, 4), (60, 0)])
def test_a_connection_that_was_used_just_now_is_not_checked(monkeypatch, seconds, checks):
    all_used()
    checked = []
    monkeypatch.setattr(databases.ConnectionPool, "check_connection", checked.append)
    monkeypatch.setattr(databases, "SURE_SECONDS", seconds)
    all_used()
    assert len(checked) == checks


@pytest.fixture
def user():
    user = UserFactory()
    Follow.objects.create(user=user, theme=ThemeFactory())
    return user


def asked(user):
    """(what `facts` gives, the SQL that it asks)"""
    with CaptureQueriesContext(connection) as queries:
        found = facts("a", user.pk)
    return found, [query["sql"].split()[0] for query in queries]


def test_who_reads_is_planned_once_for_each_connection(user):
    facts("a", user.pk)
    themes = set(Follow.objects.values_list("theme", flat=True))
    assert asked(user) == (({"user": user.password}, themes, {}), ["EXECUTE"])


def test_another_pooler_costs_nobody_an_answer(user, caplog):
    """One that gives each query a connection of the server's that may have planned nothing, or the same already."""
    found = facts("a", user.pk)
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert [asked(user), asked(user)] == [(found, ["EXECUTE", "SELECT"]), (found, ["SELECT"])]
    assert [record.name for record in caplog.records] == ["portal.planned"]
    connection.close()
    assert asked(user) == (found, ["PREPARE", "EXECUTE"])


def test_cards_are_planned_once_too_and_a_deploy_that_changes_a_column_costs_nobody_a_page(caplog):
    call = CallFactory()
    columns = current_columns()

    def commands():
        with CaptureQueriesContext(connection) as queries:
            assert [card.title for card in cards(columns, [call.pk])] == [call.title]
        return [query["sql"].split()[0] for query in queries]

    assert [commands(), commands()] == [["PREPARE", "EXECUTE"], ["EXECUTE"]]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE calls_call ALTER title TYPE text")
    try:
        assert [commands(), commands()] == [["EXECUTE", "SELECT"], ["SELECT"]]
    finally:
        length = Call._meta.get_field("title").max_length
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE calls_call ALTER title TYPE varchar(%s)", [length])
    assert "cached plan" in caplog.text


def test_in_a_transaction_nothing_is_planned_for_later(user):
    with transaction.atomic():
        assert asked(user)[1] == ["SELECT"]
