"""What a real gunicorn writes: one JSON object a line, and nothing about anybody."""

import re

import pytest
import requests
from django.db import connection

from tests.audit import rows
from tests.factories import UserFactory
from tests.server import Server

SOMEBODY = "jan.peeters@example.org"
VISITOR = "203.0.113.77"
TOKEN = "12-new.a8F_k2-geheim"
WORD = "asielzoeker-jan"


@pytest.fixture
def server(transactional_db, tmp_path):
    server = Server("tests.crashing", tmp_path, LOG_FORMAT="json", TRUSTED_PROXY_COUNT="1")
    yield server
    server.stop()


def visit(server):
    """Somebody comes by, and much goes wrong; {what: the answer}."""
    browser = requests.Session()
    browser.headers.update({"X-Forwarded-For": VISITOR, "User-Agent": "Firefox"})

    def get(path, **headers):
        return browser.get(server.address + path, headers=headers)

    answers = {
        "search": get(f"/oproepen/?q={WORD}&status=open"),
        "known": get("/privacy/", **{"X-Request-ID": "van-de-proxy.1"}),
        "missing": get(f"/bestaat-niet/{SOMEBODY}/"),
        "mail": get(f"/afmelden/{TOKEN}/"),
        "calendar": get(f"/agenda/{TOKEN}/oproepen.ics"),
        "crash": get(f"/stuk/?q={WORD}"),
        "elsewhere": get("/", Host=f"{VISITOR}.example.org"),
        "form": get("/account/login/"),
    }
    form = {"login": SOMEBODY, "password": "fout-wachtwoord", "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    answers["wrong"] = browser.post(server.address + "/account/login/", data=form)
    answers["forged"] = browser.post(server.address + "/account/login/?next=/mijn/", data={"login": SOMEBODY})
    return answers


def test_every_line_is_an_object_that_tells_nothing_of_anybody(server):
    user = UserFactory(email=SOMEBODY)
    answers = visit(server)
    assert "Bad Request" in server.say(f"GET /?q={WORD} jan HTTP/1.1 {SOMEBODY}\r\n\r\n")
    server.stop()
    lines = server.lines()
    assert "Het e-mailadres of het wachtwoord is niet juist." in answers["wrong"].text

    ids = {name: answer.headers["X-Request-ID"] for name, answer in answers.items()}
    assert (len(set(ids.values())), ids["known"]) == (len(answers), "van-de-proxy.1")
    requests_of = {line["request_id"]: line for line in lines if line["logger"] == "portal.requests"}
    assert [
        (name, *(requests_of[key][field] for field in ("method", "path", "query", "status")))
        for name, key in ids.items()
    ] == [
        ("search", "GET", "/oproepen/", ["q", "status"], 200),
        ("known", "GET", "/privacy/", [], 200),
        ("missing", "GET", "/bestaat-niet/…/", [], 404),
        ("mail", "GET", "/afmelden/…/", [], 404),
        ("calendar", "GET", "/agenda/…/oproepen.ics", [], 404),
        ("crash", "GET", "/stuk/", ["q"], 500),
        ("elsewhere", "GET", "/", [], 400),
        ("form", "GET", "/account/login/", [], 200),
        ("wrong", "POST", "/account/login/", [], 200),
        ("forged", "POST", "/account/login/", ["next"], 403),
    ]
    assert len(requests_of) == len(answers)

    (crash,) = (line for line in lines if "exception" in line and line["request_id"] == ids["crash"])
    assert crash["message"] == "Internal Server Error: /stuk/"
    assert crash["exception"].startswith("Traceback (most recent call last):")
    assert "in crash" in crash["exception"]
    assert "IntegrityError" in crash["exception"].splitlines()[-1 if connection.vendor == "sqlite" else -2]
    assert ids["crash"] in answers["crash"].text

    assert rows() == [("wrong password", user, None, "")]
    others = {line["logger"]: line["message"] for line in lines if line["request_id"] not in ids.values()}
    assert others.keys() == {"gunicorn.error"}
    text = server.output.read_text()
    secret = [SOMEBODY, "jan.peeters", VISITOR, TOKEN, WORD, "fout-wachtwoord", *answers["form"].cookies.values()]
    assert [word for word in secret if word in text] == []
    assert re.findall(r"\b\d+\.\d+\.\d+\.\d+\b|\w@\w", text) == []


def test_it_starts_without_a_word_where_it_may_write_nowhere_at_home(transactional_db, tmp_path):
    server = Server("portal.wsgi", tmp_path, LOG_FORMAT="json", HOME="/dev/null")
    assert requests.get(f"{server.address}/healthz/?live", timeout=30).status_code == 200
    server.stop()
    assert [line["message"] for line in server.lines() if line["level"] not in ("INFO", "DEBUG")] == []
