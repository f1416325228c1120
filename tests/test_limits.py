"""Limits a minute: for one address or account, over all processes, with an answer that says when to come back."""

from types import SimpleNamespace

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal import limits
from tests.factories import CallFactory, UserFactory, brussels

pytestmark = pytest.mark.django_db
NOON = brussels(2027, 3, 1, 12)


@pytest.fixture(autouse=True)
def few(settings, monkeypatch):
    settings.RATE_LIMITS = {"search": 3, "api": 3, "files": 3}
    monkeypatch.setattr(limits.Counts, "counts", {})
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def statuses(client, path, number=5, **options):
    return [client.get(path, **options).status_code for _time in range(number)]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/oproepen/?q=taal", "Te veel pogingen"),
        ("/oproepen/", "Te veel pogingen"),
        ("/oproepen/feed.atom", "U vroeg dit te vaak in korte tijd. Wacht een minuut en probeer opnieuw."),
        ("/oproepen/oproepen.csv", "U vroeg dit te vaak"),
        ("/api/v1/calls", "Too many questions in a minute; see Retry-After."),
    ],
)
def test_too_often_is_a_429_that_says_when_to_come_back(client, few, path, says):
    assert statuses(client, path) == [200, 200, 200, 429, 429]
    few.shift(20)
    refused = client.get(path)
    assert (refused["Retry-After"], refused["Cache-Control"]) == ("40", "no-store")
    assert says in refused.text
    few.shift(40)
    assert statuses(client, path, 1) == [200]


def test_kinds_and_addresses_are_counted_apart(client, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    one, other = ({"X-Forwarded-For": address} for address in ("192.0.2.1", "192.0.2.2"))
    assert statuses(client, "/oproepen/", headers=one)[-1] == 429
    assert statuses(client, "/oproepen/", headers=other)[:3] == [200, 200, 200]
    assert statuses(client, "/api/v1/calls", 3, headers=one) == [200, 200, 200]
    near, same = {"X-Forwarded-For": "2001:db8:1:2::9"}, {"X-Forwarded-For": "2001:db8:1:2:3::1"}
    statuses(client, "/oproepen/", headers=near)
    assert statuses(client, "/oproepen/", 1, headers=same) == [429]


def test_an_account_is_counted_wherever_it_is(member, user, client):
    elsewhere = Client()
    elsewhere.force_login(user)
    assert statuses(member, "/oproepen/", 3) == [200, 200, 200]
    assert statuses(elsewhere, "/oproepen/", 1) == [429]
    assert statuses(client, "/oproepen/", 1) == [200]
    someone = Client()
    someone.force_login(UserFactory())
    assert statuses(someone, "/oproepen/", 1) == [200]


def test_processes_count_together(client, settings, monkeypatch):
    """Each brings a thirtieth of the limit at a time, so they may let through as much each more."""
    settings.RATE_LIMITS = {"search": 60}
    assert statuses(client, "/oproepen/", 59) == [200] * 59  # of which 58 were brought
    monkeypatch.setattr(limits.Counts, "counts", {})  # as another process begins
    assert statuses(client, "/oproepen/", 4) == [200, 200, 429, 429]


def test_without_a_cache_each_process_counts_alone(client, monkeypatch):
    def gone(*arguments):
        raise ConnectionError

    monkeypatch.setattr(cache, "incr", gone)
    assert statuses(client, "/oproepen/") == [200, 200, 200, 429, 429]


def test_a_limit_costs_no_query_a_time(client, settings, django_assert_num_queries):
    CallFactory()
    settings.RATE_LIMITS = {"search": 60}
    client.get("/oproepen/")
    settings.RATE_LIMITS = {}
    with CaptureQueriesContext(connection) as without:
        client.get("/oproepen/")
    settings.RATE_LIMITS = {"search": 90}
    with django_assert_num_queries(len(without)):
        client.get("/oproepen/")


def test_floods_of_addresses_take_no_more_memory_than_they_may(monkeypatch):
    monkeypatch.setattr(limits, "MOST_KEPT", 50)
    for number in range(500):
        limits.Counts.add(f"search 192.0.2.{number}", 300)
    assert len(limits.Counts.counts) <= 51


def test_who_comes_without_an_address_is_counted_with_all_such(client):
    assert statuses(client, "/oproepen/", REMOTE_ADDR="") == [200, 200, 200, 429, 429]


def test_no_limit_is_a_limit_of_zero(client, settings):
    settings.RATE_LIMITS = {"search": 0}
    assert set(statuses(client, "/oproepen/", 20)) == {200}


def test_who_is_second_to_begin_a_minute_counts_too(monkeypatch):
    """Between the look of this process and its first count another one wrote its own."""
    cache.set("limit:1:a", 7)
    answers = iter([ValueError])

    def incr(key, step):
        for answer in answers:
            raise answer
        return cache_incr(key, step)

    cache_incr = cache.incr
    monkeypatch.setattr(limits, "cache", SimpleNamespace(incr=incr, add=cache.add))
    assert limits.bring("limit:1:a", 10) == 17
