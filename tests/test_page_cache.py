"""Finished pages for visitors: who gets a copy, what a copy is, and when it is gone."""

import gzip
from datetime import timedelta

import brotli
import pytest
import time_machine
from django.utils import timezone

from calls.models import Call
from funds.models import Fund
from portal import page_cache
from portal.copies import Copies, Copy
from tests.factories import CallFactory, FundFactory, ThemeFactory, brussels

pytestmark = pytest.mark.django_db
KEPT = "public, max-age=0, s-maxage=1, stale-while-revalidate=1"
NOON = brussels(2027, 3, 1, 12)


@pytest.fixture(autouse=True)
def cache(settings, monkeypatch):
    settings.PAGE_CACHE_MEGABYTES = 1
    monkeypatch.setattr(page_cache, "STAMP_SECONDS", 0)


@pytest.fixture
def everybody(client, other, member):
    """Browsers of one process: each test client would load a middleware of its own."""
    other.handler = member.handler = client.handler


@pytest.fixture
def call():
    return CallFactory(title="Taal en werk", slug="taal", deadline=timezone.now() + timedelta(days=40))


@pytest.fixture
def pages(call):
    FundFactory(name="Fonds", slug="fonds")
    ThemeFactory(name="Migratie", slug="migratie")
    lists = ["/", "/oproepen/", "/oproepen/?q=taal", "/fondsen/", "/fondsen/fonds/", "/themas/", "/themas/migratie/"]
    return [*lists, "/oproepen/taal/", "/contacten/", "/open-data/", "/toegankelijkheid/", "/privacy/"]


def is_kept(response):
    return response.get("Cache-Control") == KEPT


# What a copy is ------------------------------------------------------------------------------------------------------


def test_the_next_visitor_gets_the_same_bytes_for_one_query(
    client, pages, other, everybody, django_assert_num_queries
):
    for path in pages:
        first = client.get(path)
        with django_assert_num_queries(1):
            second = other.get(path)
        assert (is_kept(first), second.content, second.headers) == (True, first.content, first.headers), path


def test_a_copy_is_the_page_itself(client, pages, settings):
    copies = [client.get(path) for path in pages]
    settings.PAGE_CACHE_MEGABYTES = 0
    plain = type(client)()
    for path, copy in zip(pages, copies, strict=True):
        page = plain.get(path)
        assert copy.content == page.content
        del page.headers["X-Request-ID"]
        assert {name: copy.headers[name] for name in page.headers} == dict(page.headers)
        assert copy.headers.keys() - page.headers.keys() == {"ETag", "Cache-Control"}


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("br", "br"),
        ("GZIP", "gzip"),
        ("gzip;q=1.0, br;q=0", "gzip"),
        ("gzip; q=0.000", ""),
        ("br;q=0.5", "br"),
        ("brr, x-gzip", ""),
        ("", ""),
        ("\x00;;q=,", ""),
    ],
)
def test_each_gets_an_encoding_that_they_can_read(client, call, accepted, encoding):
    plain = client.get("/oproepen/taal/").content
    for _time in range(2):
        response = client.get("/oproepen/taal/", headers={"Accept-Encoding": accepted})
        assert response.get("Content-Encoding", "") == encoding
        assert {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}[encoding](response.content) == plain
        assert int(response["Content-Length"]) == len(response.content)


def test_whoever_has_it_still_gets_no_body(client, call):
    tags = {client.get("/", headers={"Accept-Encoding": name})["ETag"]: name for name in ("br", "gzip", "")}
    assert len(tags) == 3
    for tag, name in tags.items():
        assert tag.startswith('"')  # strong: the same bytes
        for asked in (tag, f'"other", W/{tag}', "*"):
            answer = client.get("/", headers={"Accept-Encoding": name, "If-None-Match": asked})
            assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", tag)
            assert (answer["Cache-Control"], answer["Vary"]) == (KEPT, "Cookie, Accept-Encoding")
        other = client.get("/", headers={"Accept-Encoding": name, "If-None-Match": '"other"'})
        assert other.status_code == 200


def test_the_first_question_may_be_conditional_too(client, call):
    assert client.get("/", headers={"If-None-Match": '"old"'}).status_code == 200
    assert client.get("/themas/", headers={"If-Modified-Since": "Mon, 23 Nov 2099 00:00:00 GMT"}).status_code == 200


def test_a_head_request_gets_the_headers(client, call):
    headers = client.head("/").headers
    page = client.get("/")
    assert (page.headers, int(headers["Content-Length"])) == (headers, len(page.content))


# Who gets one --------------------------------------------------------------------------------------------------------


def test_whoever_has_a_session_has_pages_of_their_own(client, other, member, everybody, pages):
    theme = ThemeFactory(name="Zorg")
    other.choose(theme)
    for path in pages:
        assert is_kept(client.get(path))
        for person in (other, member):
            own = person.get(path)
            assert own["Cache-Control"] == "private"
            assert "ETag" not in own
        assert b"maar deze worden niet opgeslagen" not in client.get(path).content


def test_nothing_of_the_first_visitor_stays(other, client, member, everybody, call):
    """In the order that would hurt: whoever has a choice comes first."""
    theme = ThemeFactory(name="Zorg", slug="zorg")
    other.choose(theme)
    assert "U volgt Zorg" in other.read("/themas/zorg/")
    assert "Uitloggen" in member.read("/themas/zorg/")
    text = client.read("/themas/zorg/")
    assert ("Volg Zorg" in text, "Uitloggen" in text) == (True, False)


@pytest.mark.parametrize(
    "headers",
    [
        {"HX-Request": "true"},
        {"Authorization": "Basic eDp5"},
        {"Cookie": "sessionid=x"},
        {"Cookie": "a=b; messages=x"},
        {"Host": "elsewhere.example"},
    ],
)
def test_some_requests_are_answered_anew(client, call, headers, django_assert_num_queries):
    client.get("/oproepen/")
    response = client.get("/oproepen/", headers=headers)
    assert not is_kept(response)
    assert response.status_code == (400 if "Host" in headers else 200)


def test_other_cookies_do_not_matter(client, call):
    assert is_kept(client.get("/", headers={"Cookie": f"csrftoken={'a' * 32}; _pk_id=1"}))


@pytest.mark.parametrize(
    "path",
    [
        *("/account/login/", "/account/signup/", "/beheer/", "/mijn/", "/bewaard/", "/oproepen/niets/", "/healthz/"),
        *("/oproepen/feed.atom", "/oproepen/oproepen.csv", "/api/v1/calls", "/robots.txt", "/sitemap.xml"),
        "/oproepen/taal/bewaren/",
        f"/oproepen/?q={'x' * 300}",
    ],
)
def test_pages_that_nobody_keeps(client, call, path):
    for _time in range(2):
        assert not is_kept(client.get(path))


def test_a_campaign_in_the_address_makes_no_copy_of_its_own(client, call, django_assert_num_queries):
    client.get("/oproepen/taal/")
    with django_assert_num_queries(1):
        assert is_kept(client.get("/oproepen/taal/?utm_source=nieuwsbrief&utm_campaign=1"))


def test_hosts_do_not_share_copies(client, call, settings):
    settings.ALLOWED_HOSTS = ["one.example", "two.example"]
    for host in settings.ALLOWED_HOSTS * 2:
        assert f"http://{host}/oproepen/taal/" in client.get("/oproepen/taal/", headers={"Host": host}).text


def test_copies_take_no_more_memory_than_they_may(client, call, settings):
    copies = Copies(200_000)
    made = client.get("/oproepen/")
    for number in range(100):
        copies.keep(number % 90, Copy(made, "stamp", 0, timezone.now().timestamp() + 60))
        copies.get(85, "stamp")
        assert copies.size == sum(copy.size for copy in copies.copies.values()) <= 200_000
    assert len(copies.copies) == 200_000 // (2 * len(made.content))
    assert 85 in copies.copies


def test_other_answers_are_compressed_and_conditional_as_before(client, call):
    feed = client.get("/oproepen/feed.atom", headers={"Accept-Encoding": "gzip"})
    assert (feed["Content-Encoding"], feed.status_code) == ("gzip", 200)
    again = client.get("/oproepen/feed.atom", headers={"Accept-Encoding": "gzip", "If-None-Match": feed["ETag"]})
    assert again.status_code == 304
    refused = client.get("/bestaat-niet/", headers={"Accept-Encoding": "gzip"})
    assert (refused["Content-Encoding"], refused.status_code) == ("gzip", 404)


# When it is gone -----------------------------------------------------------------------------------------------------


def test_a_change_is_seen_at_once(client, call):
    fund = FundFactory(name="Fonds", slug="fonds")
    assert "Taal en werk" in client.read("/oproepen/")
    call.title = "Werk en taal"
    call.save()
    assert "Werk en taal" in client.read("/oproepen/")
    assert "Werk en taal" in client.read("/oproepen/taal/")
    assert "Fonds" in client.read("/fondsen/")
    fund.name = "Kas"
    fund.save()
    assert "Kas" in client.read("/fondsen/")
    Fund.objects.filter(slug="fonds").delete()
    assert "Kas" not in client.read("/fondsen/")


def test_a_stamp_is_looked_for_now_and_then_only(client, call, monkeypatch, django_assert_num_queries):
    client.get("/")
    monkeypatch.setattr(page_cache, "STAMP_SECONDS", 60)
    with django_assert_num_queries(0):
        assert is_kept(client.get("/"))


@pytest.mark.parametrize(
    ("dates", "event"),
    [
        ({"deadline": NOON + timedelta(minutes=1)}, NOON + timedelta(minutes=1)),
        ({"opens_at": NOON + timedelta(hours=1), "deadline": NOON + timedelta(days=1)}, NOON + timedelta(hours=1)),
        ({"published_at": NOON + timedelta(hours=1), "deadline": None}, NOON + timedelta(hours=1)),
        ({"withdrawn_at": NOON + timedelta(hours=1), "deadline": None}, NOON + timedelta(hours=1)),
        ({"deadline": None}, brussels(2027, 3, 2)),
    ],
)
def test_no_copy_outlives_what_it_says(client, dates, event):
    """Nor the seconds that a cache in front of us may keep it longer."""
    model = "unknown" if dates.get("deadline", 1) is None else "single_stage"
    with time_machine.travel(NOON, tick=False) as clock:
        CallFactory(**{"published_at": NOON - timedelta(days=9), "deadline_model": model} | dates)
        for seconds, kept in ((-5, True), (-4, False), (-1, False), (0, True)):
            clock.move_to(event + timedelta(seconds=seconds))
            assert is_kept(client.get("/oproepen/")) is kept, seconds


def test_what_was_open_is_closed_at_its_deadline(client):
    with time_machine.travel(NOON, tick=False) as clock:
        CallFactory(title="Taal", slug="taal", deadline=NOON + timedelta(hours=1), published_at=NOON)
        assert "Open Taal" in client.read("/oproepen/")
        assert "Open" in client.read("/oproepen/taal/")
        clock.move_to(NOON + timedelta(hours=1))
        assert "Gesloten Taal" in client.read("/oproepen/")
        assert "Gesloten" in client.read("/oproepen/taal/")


def test_without_any_stamp_nothing_is_kept(client):
    assert not is_kept(client.get("/"))
    assert not Call.objects.exists()
