"""What is answered from the page cache before Django makes a request of it."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal import page_cache
from tests.factories import CallFactory, ThemeFactory
from tests.test_page_cache import KEPT

pytestmark = pytest.mark.django_db
BROWSER = {"HTTP_ACCEPT_ENCODING": "gzip, deflate, br, zstd"}
PASSED_ON = [b"asked Django"]


@pytest.fixture(autouse=True)
def cache(settings, monkeypatch):
    settings.PAGE_CACHE_MEGABYTES = 1
    monkeypatch.setattr(page_cache, "STAMP_SECONDS", 60)
    monkeypatch.setattr(page_cache.Seen, "looked", {})


@pytest.fixture
def call():
    return CallFactory(title="Taal en werk", slug="taal", deadline=timezone.now() + timedelta(days=40))


@pytest.fixture
def kept(client, call):
    """The page as Django answered it first."""
    return client.get("/oproepen/", headers={"Accept-Encoding": "br"})


def ask(path="/oproepen/", **environ):
    """What the server hears: status, headers and body, or that Django is asked; no query in any case."""
    heard = SimpleNamespace(status=None, headers={})

    def start_response(status, headers):
        heard.status, heard.headers = status, dict(headers)

    request = RequestFactory(SERVER_NAME="testserver").get(path, **BROWSER | environ)
    application = page_cache.before(lambda environ, start_response: PASSED_ON)
    with CaptureQueriesContext(connection) as queries:
        heard.body = application(request.environ, start_response)
    assert not len(queries)
    return heard


def test_a_visitor_gets_the_copy_that_django_would_give(client, kept):
    heard = ask()
    assert (heard.status, heard.body, heard.headers) == ("200 OK", [kept.content], dict(kept.headers))
    assert heard.headers["Cache-Control"] == KEPT
    assert ask(HTTP_ACCEPT_ENCODING="gzip").headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in ask(HTTP_ACCEPT_ENCODING="").headers


def test_whoever_has_it_still_gets_no_body(client, kept):
    heard = ask(HTTP_IF_NONE_MATCH=kept["ETag"])
    answer = client.get("/oproepen/", headers={"Accept-Encoding": "br", "If-None-Match": kept["ETag"]})
    assert (heard.status, heard.body, heard.headers) == ("304 Not Modified", [], dict(answer.headers))
    assert (answer.status_code, answer.content) == (304, b"")


def test_what_a_server_does_to_the_headers_harms_no_copy(kept):
    application = page_cache.before(lambda environ, start_response: PASSED_ON)
    environ = RequestFactory(SERVER_NAME="testserver").get("/oproepen/", **BROWSER).environ
    application(environ, lambda status, headers: headers.clear())
    assert ask().headers == dict(kept.headers)


@pytest.mark.parametrize(
    "environ",
    [
        {"HTTP_COOKIE": "sessionid=x"},
        {"HTTP_COOKIE": "a=b; messages=x"},
        {"HTTP_AUTHORIZATION": "Basic eDp5"},
        {"HTTP_HX_REQUEST": "true"},
        {"HTTP_IF_NONE_MATCH": '"x"'},
        {"HTTP_IF_NONE_MATCH": "*"},
        {"HTTP_IF_MATCH": '"x"'},
        {"HTTP_IF_MODIFIED_SINCE": "Mon, 23 Nov 2026 00:00:00 GMT"},
        {"HTTP_HOST": "elsewhere.example"},
        {"HTTP_X_FORWARDED_PROTO": "https"},
        {"wsgi.url_scheme": "https"},
        {"REQUEST_METHOD": "HEAD"},
        {"REQUEST_METHOD": "POST"},
        {"QUERY_STRING": "q=taal"},
        {"PATH_INFO": "/oproepen/taal/"},
        {"PATH_INFO": "/\xff\xfe\x00"},
    ],
)
def test_everything_else_is_for_django(kept, environ):
    assert ask().body == [kept.content]
    assert ask(**environ).body == PASSED_ON


def test_django_is_asked_when_it_is_time_to_look_for_changes(kept, monkeypatch):
    assert ask().body == [kept.content]
    monkeypatch.setattr(page_cache, "STAMP_SECONDS", 0)
    assert ask().body == PASSED_ON


def test_django_is_asked_after_a_change_and_after_a_date(client, call, kept):
    with time_machine.travel(call.deadline, tick=False):
        assert ask().body == PASSED_ON
    client.get("/oproepen/")
    assert ask().body != PASSED_ON
    call.save()
    page_cache.Seen.looked.clear()
    client.get("/oproepen/taal/")  # which looks at the stamp
    assert ask().body == PASSED_ON


def test_a_choice_of_somebody_else_is_in_no_copy(other, call, client):
    other.choose(ThemeFactory(name="Zorg"))
    other.get("/oproepen/")
    assert ask().body == PASSED_ON
    client.get("/oproepen/")
    assert b"Zorg" not in ask(HTTP_ACCEPT_ENCODING="").body[0].split(b"<main")[0]


def test_without_a_page_cache_django_is_asked(kept, monkeypatch):
    monkeypatch.setattr(page_cache.PageCacheMiddleware, "copies_in_use", None)
    assert ask().body == PASSED_ON
