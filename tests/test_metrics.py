"""/metrics/ for Prometheus: what the workers of a real server count together, and what the database knows."""

import os
import signal
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import Message
from calls.imports.models import ImportRun, Proposal, Record
from portal import readiness
from tests.factories import CallFactory, brussels
from tests.processes import gunicorn

pytestmark = pytest.mark.django_db
TOKEN = "een-lang-geheim-voor-cijfers"
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}


def numbers(text):
    """{(name, *values of its labels in the order of their names): number}"""
    samples = [one for family in text_string_to_metric_families(text) for one in family.samples]
    return {(one.name, *(one.labels[label] for label in sorted(one.labels))): one.value for one in samples}


@pytest.fixture
def token(settings, monkeypatch):
    settings.METRICS_TOKEN = TOKEN
    monkeypatch.setattr(readiness, "SECONDS", 0)
    cache.clear()


def test_without_a_token_there_is_no_such_page(client):
    assert client.get("/metrics/", headers=AUTHORIZED).status_code == 404


@pytest.mark.parametrize(
    "given", ["", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ", f"Bearer {TOKEN[:-1]}é"]
)
@pytest.mark.usefixtures("token")
def test_without_the_token_nothing_is_told(client, given):
    response = client.get("/metrics/", headers={"Authorization": given} if given else {})
    assert (response.status_code, response["WWW-Authenticate"], response.content) == (401, "Bearer", b"")


@pytest.fixture
def rows():
    now = timezone.now()
    for days in (30, 40):
        CallFactory(deadline=now + timedelta(days=days))
    CallFactory(deadline=now - timedelta(days=1))
    CallFactory(published_at=None, deadline=now + timedelta(days=9))
    record = Record.objects.create(identifier="AMIF-1", language="en", raw={})
    Proposal.objects.create(record=record, kind=Proposal.Kind.GONE)
    Proposal.objects.create(record=record, kind=Proposal.Kind.GONE, decision=Proposal.Decision.KEPT)
    done = brussels(2027, 3, 1, 4)
    ImportRun.objects.create(source="EU-portaal", ended_at=done)
    ImportRun.objects.create(source="EU-portaal", ended_at=done + timedelta(days=1), trouble="stuk")
    mail = {"sender": "a@example.org", "recipient": "b@example.org", "subject": "Dag", "content": b""}
    states = [{}, {}, {"sent_at": now}, {"sent_at": now - timedelta(days=2)}, {"failed_at": now}]
    for state in states:
        Message.objects.create(**mail, **state)
    Message.objects.filter(sent_at=None, failed_at=None).update(created_at=now - timedelta(hours=2))


@pytest.mark.usefixtures("token", "rows")
def test_what_the_database_knows(client, django_assert_num_queries):
    readiness.give_sign()
    readiness.migrations_are_applied()
    readiness.readiness()
    readiness.Found.looked = time.monotonic() + 60
    with django_assert_num_queries(5):
        response = client.get("/metrics/", headers=AUTHORIZED)
    found = numbers(response.text)
    waits = found.pop(("portal_mail_waits_seconds",))
    seen = found.pop(("portal_worker_seen_timestamp_seconds",))
    readiness.Found.looked = float("-inf")
    assert (7200 <= waits < 7300, time.time() - 60 < seen <= time.time()) == (True, True)
    facts = {key: value for key, value in found.items() if not key[0].startswith(("portal_request", "portal_page"))}
    assert facts == {
        **{("portal_ready", check): 1 for check in ("database", "cache", "migrations", "worker")},
        ("portal_mails", "waiting"): 2,
        ("portal_mails", "sent"): 1,
        ("portal_mails", "failed"): 1,
        ("portal_calls", "upcoming"): 0,
        ("portal_calls", "open"): 2,
        ("portal_calls", "closed"): 1,
        ("portal_calls", "unknown"): 0,
        ("portal_inbox",): 1,
        ("portal_import_succeeded_timestamp_seconds",): brussels(2027, 3, 1, 4).timestamp(),
    }
    assert (response["Content-Type"], "no-store" in response["Cache-Control"]) == (
        "text/plain; version=0.0.4; charset=utf-8",
        True,
    )


@pytest.mark.usefixtures("token")
def test_what_never_was_is_left_out(client):
    found = numbers(client.get("/metrics/", headers=AUTHORIZED).text)
    assert [key for key in found if "timestamp" in key[0]] == []
    assert (found["portal_ready", "worker"], found["portal_mail_waits_seconds",]) == (0, 0)


@pytest.fixture
def server(transactional_db, tmp_path):
    CallFactory(title="Taal", slug="taal", deadline=brussels(2031, 5, 4, 17))
    options = {"METRICS_TOKEN": TOKEN, "TMPDIR": str(tmp_path), "PAGE_CACHE_MEGABYTES": "8"}
    with gunicorn(workers=2, threads=2, **options) as server:
        yield server
    assert list(tmp_path.glob("portal-metrics-*")) == []


def scraped(server):
    status, _headers, body = server.get("/metrics/", **AUTHORIZED)
    assert status == 200
    return numbers(body.decode())


def pages(found):
    return {result: found.get(("portal_page_cache_total", result), 0) for result in ("hit", "miss")}


def workers(server):
    pid = server.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_two_workers_count_together_and_what_a_dead_one_counted_stays(server):
    asked = Counter({"/oproepen/taal/": 60, "/bestaat-niet/": 5, "/privacy/?a=1": 20})
    for path, times in asked.items():
        for _ in range(times):
            server.get(path)
    assert server.get("/metrics/")[0] == 401
    for _ in range(6):  # by either worker
        found = scraped(server)
        assert sum(pages(found).values()) == 80
        assert 2 <= pages(found)["miss"] <= 4
        made = (
            found["portal_request_seconds_count", "200", "call"],
            found["portal_request_seconds_count", "200", "privacy"],
        )
        assert sum(made) == pages(found)["miss"]
        assert found["portal_request_seconds_count", "404", "none"] == 5
        assert found["portal_request_seconds_bucket", "+Inf", "404", "none"] == 5
        assert 0 < found["portal_request_seconds_sum", "404", "none"] < 10
    before = workers(server)
    os.kill(before[0], signal.SIGTERM)
    until = time.monotonic() + 30
    while len(set(workers(server)) - {before[0]}) < 2:
        assert time.monotonic() < until
        time.sleep(0.1)
    assert sum(pages(scraped(server)).values()) == 80
    server.get("/oproepen/taal/")
    assert sum(pages(scraped(server)).values()) == 81
