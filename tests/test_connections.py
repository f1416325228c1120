"""Connections to PostgreSQL from the pool: found broken before they are used, and no slower for it."""

import time
from threading import Thread

import pytest
from django.db import close_old_connections, connection

from accounts.models import Follow
from accounts.readers import facts
from portal import databases
from tests.factories import ThemeFactory, UserFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no pool"),
]


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


def break_off(pid):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    time.sleep(0.2)


def test_a_connection_that_broke_while_it_rested_is_not_used(monkeypatch):
    monkeypatch.setattr(databases, "SURE_SECONDS", 0)
    pids = in_thread(pid, pid)
    assert pids[0] == pids[1]
    break_off(pids[0])
    assert in_thread(pid)[0] != pids[0]


def test_a_connection_is_checked_once_a_second_at_most(monkeypatch):
    checked = []
    monkeypatch.setattr(databases.ConnectionPool, "check_connection", checked.append)
    monkeypatch.setattr(databases, "SURE_SECONDS", 60)
    in_thread(pid, pid, pid)
    assert len(checked) <= 1


def test_who_reads_is_planned_once_for_each_connection(django_assert_num_queries):
    user, theme = UserFactory(), ThemeFactory()
    Follow.objects.create(user=user, theme=theme)
    facts("a", user.pk)
    with django_assert_num_queries(1) as asked:
        texts, themes, calls = facts("a", user.pk)
    assert asked.captured_queries[0]["sql"].startswith("EXECUTE reader")
    assert (texts, themes, calls) == ({"user": user.password}, {theme.pk}, {})
