"""Links that are looked at every night: what counts as dead, and where the editors read it."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from calls.desk.link_checks import check_links
from calls.desk.links import collect, waiting, write_answer
from calls.models import Link, Problem
from tests.factories import CallFactory
from tests.link_server import ANSWERS, serving, visitor_of

NOT_PUBLIC = "Dit adres is niet openbaar."


@pytest.fixture
def server():
    with serving() as server:
        yield server


@pytest.fixture
def visitor(server):
    return visitor_of(server)


# The nightly round ---------------------------------------------------------------------------------------------------


@pytest.fixture
def clock(db):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield clock


def links():
    return {
        link.url.rpartition("/")[2]: (link.status, link.failures, link.dead_since is not None)
        for link in Link.objects.all()
    }


def night(visitor):
    return dict(check_links(collect(), visitor))


def test_what_is_collected(db):
    now = timezone.now()
    rich = '<p><a href="https://example.org/{0}?a=1&amp;b=2">x</a> <a href="mailto:a@example.org">mail</a></p>'
    call = CallFactory(introduction=rich.format("intro"), source_url="https://example.org/bron")
    call.actions.create(text=rich.format("actie"))
    call.documents.create(title="a", link="https://example.org/bijlage")
    CallFactory(source_url="https://example.org/bron", published_at=None)
    CallFactory(source_url="https://example.org/dicht", deadline=now - timedelta(days=1))
    CallFactory(source_url="https://example.org/weg", withdrawn_at=now - timedelta(days=1))
    CallFactory(source_url="https://example.org/gepland", published_at=now + timedelta(days=1))
    CallFactory(introduction=f'<a href="https://example.org/{"x" * 1000}">te lang</a>')
    CallFactory(introduction='<a href="http://a[b@example.org/x">kapot</a>', source_url="https://u:p[w@example.org/")
    Link.objects.create(url="https://example.org/van-vroeger")
    users = {url.rpartition("/")[2]: len(calls) for url, calls in collect().items()}
    assert users == {"bron": 2, "bijlage": 1, "intro?a=1&b=2": 1, "actie?a=1&b=2": 1, "gepland": 1}
    assert set(links()) == set(users)


def test_gone_is_dead_at_once_and_others_after_three_nights(server, visitor, clock):
    calls = {path: CallFactory(source_url=server.url + path) for path in ("/gone", "/500", "/fine", "/forbidden")}
    assert night(visitor) == {"seen": 4, "dead": 1, "changed": 1}
    assert links() == {
        "gone": (404, 1, True),
        "500": (500, 1, False),
        "fine": (200, 0, False),
        "forbidden": (403, 0, False),
    }
    problem = Problem.objects.get(code="dead_link")
    assert (problem.call, problem.text) == (calls["/gone"], f"Deze link werkt niet meer: {server.url}/gone")
    for failures, dead in [(2, False), (3, True)]:
        clock.shift(timedelta(days=1))
        night(visitor)
        assert links()["500"] == (500, failures, dead)
    assert set(Problem.objects.filter(code="dead_link").values_list("call", flat=True)) == {
        calls["/gone"].pk,
        calls["/500"].pk,
    }


def test_a_link_that_comes_to_life(server, visitor, clock, monkeypatch):
    CallFactory(source_url=f"{server.url}/gone")
    night(visitor)
    since = Link.objects.get().dead_since
    clock.shift(timedelta(days=1))
    night(visitor)
    assert Link.objects.get().dead_since == since
    monkeypatch.setitem(ANSWERS, "/gone", (200, {}))
    clock.shift(timedelta(days=1))
    assert night(visitor) == {"seen": 1, "dead": 0, "changed": 1}
    assert (links(), Problem.objects.filter(code="dead_link").count()) == ({"gone": (200, 0, False)}, 0)


def test_a_run_that_was_broken_off_goes_on_where_it_was(server, visitor, clock):
    for number in range(4):
        CallFactory(source_url=f"{server.url}/fine?{number}")
    assert dict(check_links(collect(), visitor, most=3))["seen"] == 3
    assert night(visitor)["seen"] == 1
    assert night(visitor) == {}
    clock.shift(timedelta(days=1))
    assert night(visitor)["seen"] == 4


def test_two_rounds_in_one_night_count_once(server, visitor, clock):
    CallFactory(source_url=f"{server.url}/500")
    users = collect()
    [link], [same] = waiting(), waiting()
    assert write_answer(link, 500, "De server antwoordt 500.") is False
    assert write_answer(same, 500, "De server antwoordt 500.") is None
    assert links()["500"] == (500, 1, False)
    assert check_links(users, visitor) == {}


def test_the_command(server, clock):
    CallFactory(source_url=f"{server.url}/fine")
    CallFactory(source_url="http://10.0.0.1/intranet")
    out = StringIO()
    call_command("check_links", stdout=out, pause=0)
    assert out.getvalue() == "2 of 2 links looked at: 0 dead, 0 changed.\n"
    assert server.RequestHandlerClass.seen == []
    assert set(Link.objects.values_list("status", "trouble")) == {(None, NOT_PUBLIC)}


# At the desk ---------------------------------------------------------------------------------------------------------


def test_the_list_of_dead_links_with_the_calls_that_name_them(
    desk, server, visitor, clock, django_assert_max_num_queries
):
    for number in range(2):
        CallFactory(code=f"CODE-{number}", source_url=f"{server.url}/gone")
    CallFactory(source_url=f"{server.url}/fine")
    CallFactory(source_url=f"{server.url}/500")
    night(visitor)
    with django_assert_max_num_queries(10):
        table = desk.table("/beheer/calls/link/")
    # Without a column of boxes the helper takes the address for one.
    assert table[0] == ["Status", "Storing", "Dood sinds", "Nagekeken", "Oproepen"]
    assert [(row[0], row[1], row[4]) for row in table[1:]] == [("404", "De server antwoordt 404.", "CODE-0 , CODE-1")]
    named = {}
    for state in ("", "?state=failing", "?state=fine", "?state=new"):
        page = desk.read(f"/beheer/calls/link/{state}")
        named[state] = [path for path in ("/gone", "/500", "/fine") if server.url + path in page]
    assert named == {"": ["/gone"], "?state=failing": ["/500"], "?state=fine": ["/fine"], "?state=new": []}
    link = Link.objects.first()
    statuses = [desk.client.get(f"/beheer/calls/link/{part}").status_code for part in ("add/", f"{link.pk}/delete/")]
    assert statuses == [403, 403]
