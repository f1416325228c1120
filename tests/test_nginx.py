"""deploy/nginx.conf as it is, a real nginx with it, and real app servers behind: who is given what, and how old."""

import json
import os
import re
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.client import IncompleteRead
from pathlib import Path

import pytest
from django.utils import timezone

from calls.models import Call
from tests.factories import CallFactory, brussels
from tests.processes import gunicorn, has_nginx, nginx, soon, watched

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not has_nginx() and os.environ.get("CI") != "true", reason="no nginx found"),
]
OPEN = b'class="badge open"'
KEPT_BY_BROWSERS = "public, max-age=0"


@pytest.fixture
def call():
    return CallFactory(title="Taal en werk", slug="taal", deadline=brussels(2031, 5, 4, 17))


@pytest.fixture
def site(call, app_servers, tmp_path):
    with nginx(tmp_path, [app.port for app in app_servers]) as server:
        yield server


# How old -------------------------------------------------------------------------------------------------------------


def test_a_save_is_seen_within_three_seconds(site):
    """By visitors who ask all the time, and by who comes back to a page after a while."""
    paths = ["/oproepen/taal/", "/oproepen/"]
    now_and_then = [f"/oproepen/?q=taal&n={number}" for number in range(8)]
    with watched(site, paths) as seen:
        time.sleep(3)
        for path in now_and_then:
            assert "4 mei 2031" in site.get(path)[2].decode()
            time.sleep(0.13)
        call = Call.objects.get()
        call.deadline = brussels(2032, 6, 7, 17)
        call.save()
        saved = time.time()
        time.sleep(2.6)
        assert [path for path in now_and_then if "4 mei 2031" in site.get(path)[2].decode()] == []
        time.sleep(1.4)
    assert sum(headers["X-Cache-Status"] == "HIT" for *_moment, headers, _text in seen) > len(seen) / 2
    old = [text for _asked, answered, *_rest, text in seen if answered < saved - 1]
    new = [text for asked, *_rest, text in seen if asked > saved + 3]
    assert min(len(old), len(new)) > 20
    assert all("4 mei 2031" in text for text in old)
    assert [text for text in new if "4 mei 2031" in text or "7 juni 2032" not in text] == []


def test_no_page_is_open_after_its_deadline(site):
    """However long before it the page was kept; some come just when it passes, others all the time."""
    soon = timezone.now().timestamp() + 8
    CallFactory(title="Sluit zo", slug="sluit", deadline=datetime.fromtimestamp(soon, UTC))
    time.sleep(1)
    kept = []
    with watched(site, ["/oproepen/", "/oproepen/sluit/"]) as seen, ThreadPoolExecutor(6) as visitors:
        while time.time() < soon - 0.5:
            kept.append(f"/oproepen/?q=sluit&n={len(kept)}")
            assert OPEN in site.get(kept[-1])[2]
            time.sleep(0.2)
        time.sleep(max(0, soon + 0.005 - time.time()))
        assert [body for _status, _headers, body in visitors.map(site.get, kept) if OPEN in body] == []
        time.sleep(1)
    assert len(kept) > 5
    before = [text for _asked, answered, *_rest, text in seen if answered < soon]
    after = [(path, text) for asked, _answered, path, _headers, text in seen if asked > soon]
    assert min(len(before), len(after)) > 10
    assert all(OPEN.decode() in text for text in before)
    assert [path for path, text in after if ("Sluit zo" in text) is (path == "/oproepen/")] == []
    assert [text for path, text in after if path == "/oproepen/sluit/" and OPEN.decode() in text] == []


# What is kept --------------------------------------------------------------------------------------------------------


def test_a_kept_page_is_the_page_itself(site, app_servers):
    for encoding in ("br", "gzip", "identity"):
        asked = {"Accept-Encoding": encoding}
        answers = [site.get("/oproepen/taal/", **asked) for _time in range(4)]
        _status, direct, body = app_servers[0].get("/oproepen/taal/", **asked)
        assert {headers["X-Cache-Status"] for _status, headers, _body in answers} >= {"MISS", "HIT"}
        assert len({headers["X-Request-ID"] for _status, headers, _body in answers}) == 4
        for status, headers, kept in answers:
            assert (status, kept, headers["Cache-Control"]) == (200, body, KEPT_BY_BROWSERS)
            same = ("ETag", "Vary", "Content-Type", "Content-Security-Policy", "Content-Encoding")
            assert [headers[name] for name in same] == [direct[name] for name in same]
        status, headers, nothing = site.get("/oproepen/taal/", **asked, **{"If-None-Match": direct["ETag"]})
        assert (status, nothing, headers["Cache-Control"]) == (304, b"", KEPT_BY_BROWSERS)


def test_where_a_cdn_keeps_the_pages_nginx_does_not(app_servers, call, tmp_path):
    with nginx(tmp_path, [app.port for app in app_servers], PAGE_CACHE="off") as site:
        time.sleep(1)  # until the workers look for a stamp again
        for _time in range(3):
            _status, headers, _body = site.get("/")
            assert headers["Cache-Control"] == "public, max-age=0, s-maxage=1, stale-while-revalidate=1"
            assert headers["X-Cache-Status"] is None


def test_static_files_are_kept_for_good(site):
    path = re.search(r'href="(/static/site\.[^"]+\.css)"', site.get("/")[2].decode())[1]
    for expected in ("MISS", "HIT"):
        _status, headers, body = site.get(path, Cookie="sessionid=a; messages=b")
        assert (headers["X-Cache-Status"], b"--paper" in body) == (expected, True)
        assert headers["Cache-Control"] == "max-age=315360000, public, immutable"
    assert site.get(path, **{"Accept-Encoding": "gzip"})[1]["Content-Encoding"] == "gzip"
    assert site.get("/static/niets.css")[0] == 404


# Who asks ------------------------------------------------------------------------------------------------------------


def test_nobody_can_say_to_come_from_elsewhere(site, app_servers):
    """Limits count the address of who connects, though the app believes what its proxy says."""
    forged = [{"X-Forwarded-For": f"192.0.2.{number}, 198.51.100.{number}"} for number in range(700)]
    assert {app_servers[1].get("/api/v1/themes", **line)[0] for line in forged[:50]} == {200}
    assert {site.get("/api/v1/themes", **line)[0] for line in forged} == {200, 429}


def test_the_log_names_nobody(site, tmp_path):
    paths = ["/oproepen/?q=geheim", "/agenda/geheim/oproepen.ics", "/afmelden/geheim/", "/voorbeeld/geheim/"]
    paths += ["/account/password/reset/key/geheim/", "/healthz/?live"]
    for path in paths:
        site.get(path, **{"X-Request-ID": "geheim", "User-Agent": "geheim"})
    access = tmp_path / "access.log"
    soon(lambda: access.read_text().count("\n") > len(paths))  # and the one by which nginx was seen to have begun
    log = access.read_text()
    lines = [json.loads(line) for line in log.splitlines()][-len(paths) :]
    shown = ["/oproepen/", "/agenda/...", "/afmelden/...", "/voorbeeld/...", "/account/password/reset/key/..."]
    assert [line["path"] for line in lines] == [*shown, "/healthz/"]
    assert len({line["request_id"] for line in lines}) == len(paths)
    assert "geheim" not in log
    assert '"127.0.0.1"' not in log
    assert (tmp_path / "error.log").read_text() == ""


# Without an app server -----------------------------------------------------------------------------------------------


def test_a_dead_worker_loses_no_page_that_had_not_begun_nor_does_a_dead_server(app_servers, call, tmp_path):
    def visit(_visitor):
        return [status(f"/oproepen/?q=taal&n={time.time()}") for _time in range(30)]

    def status(path):
        try:
            return site.get(path)[0]
        except IncompleteRead:
            return "cut off"

    with nginx(tmp_path, [1, *(app.port for app in app_servers)]) as site, ThreadPoolExecutor(4) as visitors:
        answers = visitors.map(visit, range(4))
        time.sleep(0.3)
        pid = app_servers[0].process.pid
        os.kill(int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0]), signal.SIGKILL)
        seen = Counter(status for statuses in answers for status in statuses)
    # What the visitor has the beginning of cannot be asked of another server.
    assert seen.keys() <= {200, "cut off"}
    assert seen["cut off"] <= 4  # it had so many threads


def test_without_any_app_server_a_dutch_page_says_so(tmp_path):
    with nginx(tmp_path, [1, 2], REQUESTS_A_SECOND=1) as site:
        for path in ("/", "/oproepen/", "/mijn/", "/static/x.css", "/api/v1/calls"):
            status, headers, body = site.get(path)
            assert (status, headers["Retry-After"], headers["Cache-Control"]) == (503, "30", "no-store")
            assert "De site is even niet bereikbaar" in body.decode()
            assert (headers["Server"], headers["Content-Type"]) == ("nginx", "text/html; charset=utf-8")
        status, _headers, body = site.send("POST", "/beheer/", b"x" * 2 * 1024**2)
        assert (status, "De site is even niet bereikbaar" in body.decode()) == (503, True)
        answers = [site.get("/") for _time in range(230)]
    status, headers, body = answers[-1]
    assert (status, headers["Retry-After"], "te vaak" in body.decode()) == (429, "60", True)
    assert [status for status, *_rest in answers[:150]] == [503] * 150


def test_when_all_is_down_no_page_is_older_than_it_may_be(call, tmp_path):
    with gunicorn(workers=1) as app, nginx(tmp_path, [app.port]) as site:
        style = re.search(r'href="(/static/site\.[^"]+\.css)"', site.get("/")[2].decode())[1]
        assert [site.get(path)[0] for path in ("/", "/", style)] == [200] * 3
        app.process.terminate()
        app.process.wait()
        time.sleep(3)
        assert [site.get(path)[0] for path in ("/", style)] == [503, 200]


def test_what_is_too_large_is_refused_before_the_app(site):
    for path, size, expected in (("/account/login/", 2, 413), ("/beheer/", 2, 403), ("/beheer/", 4, 413)):
        status, _headers, body = site.send("POST", path, b"x" * size * 1024**2)
        assert (status, "te groot" in body.decode()) == (expected, expected == 413)
