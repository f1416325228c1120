"""Every answer and every line of the log carries the id of its request; a command's lines carry that of its run."""

import json
import logging
import os
import re
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.utils import timezone

from calls.imports.models import ImportRun
from portal.logs import RUN, HideSecrets, request_id
from tests.factories import CallFactory, ThemeFactory
from tests.notices import following, new_call
from tests.office_files import upload
from tests.portal_topics import bring, topic
from tests.reading import text

OURS = r"[0-9a-f]{16}"


@pytest.fixture
def lines(caplog):
    """What is logged from now on, as the handlers show it."""
    caplog.set_level(logging.INFO, logger="portal.requests")
    logging.getLogger("django").addHandler(caplog.handler)
    caplog.handler.addFilter(keep := Kept())
    yield keep.records
    caplog.handler.removeFilter(keep)
    logging.getLogger("django").removeHandler(caplog.handler)


class Kept(logging.Filter):
    def __init__(self):
        super().__init__()
        self.records = []

    def filter(self, record):
        """At once: the id is that of the moment."""
        self.records.append(HideSecrets().filter(record))
        return True


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/bestaat-niet/", "/robots.txt", "/mijn/", "/healthz/", "/static/x.css"])
def test_every_answer_has_an_id_of_its_own(client, path):
    ids = {client.get(path)["X-Request-ID"] for _ in range(3)}
    assert [bool(re.fullmatch(OURS, one)) for one in ids] == [True] * 3


def test_so_has_an_answer_to_a_request_for_another_host(client):
    response = client.get("/", headers={"host": "evil.example"})
    assert (response.status_code, bool(re.fullmatch(OURS, response["X-Request-ID"]))) == (400, True)


@pytest.mark.parametrize("proxies", [0, 1])
@pytest.mark.parametrize(
    ("given", "sane"),
    [
        ("0af7651916cd43dd8448eb211c80319c", True),
        ("Proxy_1.a-b", True),
        ("1234567", False),
        ("x" * 65, False),
        ("an@example.org", False),
        ("12345678\n9", False),
        ("a, b-c-d-e-f", False),
    ],
)
def test_only_a_proxy_of_ours_names_a_request_and_only_sanely(client, settings, proxies, given, sane):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    answered = client.get("/healthz/?live", headers={"x-request-id": given})["X-Request-ID"]
    assert (answered == given) is bool(sane and proxies)
    assert answered == given or re.fullmatch(OURS, answered)


@pytest.mark.django_db
def test_a_request_is_one_line_with_all_its_lines_under_one_id(client, lines):
    response = client.get("/themas/bestaat-niet/?q=Jan&Peeters&thema=a&thema=b&%0A=1")
    seen = [
        {name: value for name, value in vars(line).items() if name in {"method", "path", "query", "status", "queries"}}
        for line in lines
    ]
    assert [(line.name, line.request_id, line.getMessage()) for line in lines] == [
        ("portal.requests", response["X-Request-ID"], "GET /themas/bestaat-niet/ 404"),
        ("django.request", response["X-Request-ID"], "Not Found: /themas/bestaat-niet/"),
    ]
    about = {"method": "GET", "path": "/themas/bestaat-niet/", "query": ["q", "thema", "thema"], "status": 404}
    assert seen == [about | {"queries": 1}, {}]
    assert 0 < lines[0].duration_ms < 60_000


def test_a_path_cannot_break_a_line_or_name_somebody(client, lines):
    client.get("/a%0Ab/Jos%C3%A9/jan%40example.org/")
    assert [line.path for line in lines if line.name == "portal.requests"] == ["/a%0Ab/Jos%C3%A9/…/"]


@pytest.mark.django_db
def test_after_the_answer_the_id_is_gone(client):
    client.get("/healthz/?live")
    assert request_id.get() == RUN


# The pages that say so -----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_page_about_a_fault_of_ours_shows_the_id(client, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr("calls.finder.found", lambda data: 1 / 0)
    response = client.get("/oproepen/")
    assert response.status_code == 500
    assert f"Meldt u het ons? Vermeld dan het nummer {response['X-Request-ID']} , " in text(response)


@pytest.mark.django_db
def test_a_page_about_an_attachment_that_cannot_be_had_shows_it_too(client, documents, monkeypatch):
    document = CallFactory().documents.create(order=1, title="Gids", file=upload("gids.pdf"))
    monkeypatch.setattr(type(default_storage._wrapped), "_open", lambda *_: 1 / 0)
    response = client.get(document.get_absolute_url())
    assert response.status_code == 503
    assert response["X-Request-ID"] in text(response)


# Commands ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_runs_that_do_something_say_so(mailbox, caplog):
    caplog.set_level(logging.INFO)
    theme = ThemeFactory()
    following(theme, digest="daily", date_joined=timezone.now() - timedelta(days=9))
    new_call(theme, deadline=timezone.now() + timedelta(days=100))
    call_command("send_notices", verbosity=0)
    call_command("send_notices", verbosity=0)
    call_command("run_worker", once=True)
    bring(topic(title="Opvang in wijken"))
    assert caplog.messages == [
        "Notices written: next 0, change 0, reminder 0, new 1.",
        "Mails sent: 1.",
        f"Import {ImportRun.objects.get().pk}: new 1",
    ]


def output(*arguments, **environment):
    command = [sys.executable, *arguments]
    environment = os.environ | {"DEVELOPMENT": "true", "LOG_FORMAT": "json"} | environment
    done = subprocess.run(
        command, cwd=django_settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=60
    )
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_a_command_that_breaks_off_is_one_line_under_the_id_of_its_run(tmp_path):
    """A database without tables, and a warning on the way."""
    database = {"DATA_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path}/jan@x.sqlite3"}
    code = "import django, warnings; django.setup(); warnings.warn('for jan@example.org'); "
    code += "from accounts.retention import tidy; tidy()"
    lines = output("-W", "default::UserWarning", "-c", code, **database, DJANGO_SETTINGS_MODULE="portal.settings")
    assert [(line["logger"], line["level"]) for line in lines] == [("py.warnings", "WARNING"), ("portal", "CRITICAL")]
    assert "UserWarning: for …\n" in lines[0]["message"]
    assert "no such table" in lines[-1]["exception"]
    assert len({line["request_id"] for line in lines}) == 1
