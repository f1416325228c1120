"""What stands in the log, and what is hidden in it."""

import json
import logging
import logging.config
from io import StringIO
from time import perf_counter

import pytest
from django.test import RequestFactory

from portal.logs import LOGGING, HideSecrets, hidden, request_id

NOBODY = "jan.peeters@example.org"


def shown(message, *arguments, **fields):
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, message, arguments, None)
    record.__dict__.update(fields)
    return HideSecrets().filter(record)


def line(log, name="json"):
    """What a handler like that of production writes while `log` runs, and nothing else."""
    formatter = logging.config.DictConfigurator(LOGGING).configure_formatter(dict(LOGGING["formatters"][name]))
    handler = logging.StreamHandler(StringIO())
    handler.setFormatter(formatter)
    handler.addFilter(HideSecrets())
    logger = logging.getLogger("tests.logs")
    logger.propagate, logger.handlers = False, [handler]
    log(logger)
    logger.handlers = []
    return handler.stream.getvalue()


# Hidden --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/agenda/s3cr3t-_key/oproepen.ics", "/agenda/…/oproepen.ics"),
        ("/afmelden/12-new.abcDEF/", "/afmelden/…/"),
        ("/voorbeeld/eyJ.abc:x/bijlagen/3/", "/voorbeeld/…/bijlagen/3/"),
        ("/account/password/reset/key/1-abc/", "/account/password/reset/key/…/"),
        ("/account/confirm-email/abc/", "/account/confirm-email/…/"),
        ("/oproepen/agenda/", "/oproepen/agenda/"),
        ("/mijn/voorkeuren/voorbeeld/", "/mijn/voorkeuren/voorbeeld/"),
    ],
)
def test_no_secret_address_is_logged(path, seen):
    assert shown("Not Found: %s", path).getMessage() == f"Not Found: {seen}"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (f"No mail to {NOBODY}, sorry", "No mail to …, sorry"),
        ("550 <an+eu@mail.example.org>: unknown", "550 <…>: unknown"),
        ("/x/an%40example.org/", "/x/…/"),
        ("connect to postgres://portal:geheim@db/portal", "connect to postgres://portal:…/portal"),
        ('server at "203.0.113.7", port 5432', 'server at "…", port 5432'),
        ("from 2001:db8::7: refused", "from … refused"),
        ("from ::ffff:203.0.113.7", "from …"),
        ("at 12:30:45, calls::text", "at 12:30:45, calls::text"),
        ("GET /oproepen/?q=jan+peeters&status=open failed", "GET /oproepen/?… failed"),
        ("Referer https://x.example/?jan does not match", "Referer https://x.example/?… does not match"),
        ("Bedoelde u amif? Ja", "Bedoelde u amif? Ja"),
        ("session 0k3bq2v7m1x9c8z5l4j6h0gf7d2s1a3q ended", "session … ended"),
        ("duplicate key\nDETAIL:  Key (email)=(x) already exists.", "duplicate key\nDETAIL: …"),
        ("null\nDETAIL:  Failing row (1,\nJan).\nCONTEXT:  COPY", "null\nDETAIL: …\nCONTEXT:  COPY"),
        ("error\nLINE 1: SELECT 'Jan'\n               ^", "error\nLINE 1: …"),
        ('invalid input syntax for type bigint: "Jan"', "invalid input syntax for type bigint: …"),
        (
            "ValueError: invalid literal for int() with base 10: 'Jan'",
            "ValueError: invalid literal for int() with base 10: …",
        ),
        (
            "Invalid request from ip=203.0.113.7: Invalid HTTP request line: 'GET /?q=jan peeters'",
            "Invalid request: Invalid HTTP request line: …",
        ),
    ],
)
def test_nothing_personal_is_logged(text, seen):
    assert hidden(text) == seen


@pytest.mark.parametrize("sign", ["a", "?", "::", "1.", "a%", "/?", "%40", "1a", "invalid input "])
def test_a_long_text_that_somebody_sends_is_looked_through_in_no_time(sign):
    text = sign * 8_000
    began = perf_counter()
    hidden(text)
    assert perf_counter() - began < 1


def test_every_handler_hides_them(settings):
    assert [handler["filters"] for handler in settings.LOGGING["handlers"].values()] == [["secrets"]]


# A line --------------------------------------------------------------------------------------------------------------


def test_a_line_is_one_json_object_with_the_known_fields_alone():
    def log(logger):
        request = RequestFactory().get("/?q=geheim")
        logger.warning("Not for %s\nnor you", NOBODY, extra={"request": request, "status": 404, "who": "Jan"})

    written = line(log)
    assert written.count("\n") == 1
    fields = json.loads(written)
    time = fields.pop("time")
    assert fields == {
        "level": "WARNING",
        "logger": "tests.logs",
        "message": "Not for …\nnor you",
        "request_id": request_id.get(),
        "status": 404,
    }
    assert (time[10], time[-6:]) == ("T", "+00:00")


@pytest.mark.parametrize("name", ["json", "line"])
def test_an_exception_keeps_its_trace_and_tells_nothing_personal(name):
    def log(logger):
        try:
            raise ValueError(f"{NOBODY} exists")
        except ValueError:
            logger.exception("Broken for %s.", NOBODY)

    written = line(log, name)
    assert [word in written for word in (NOBODY, "Traceback", "ValueError: … exists", "test_logs.py")] == [
        False, True, name == "line", True,
    ]  # fmt: skip
    if name == "json":
        assert json.loads(written)["exception"].endswith("\nValueError: … exists")


def test_the_record_itself_stays_as_it_is_for_other_handlers():
    record = logging.LogRecord("x", logging.INFO, "", 0, "Mail to %s", (NOBODY,), None)
    assert HideSecrets().filter(record).getMessage() == "Mail to …"
    assert record.getMessage() == f"Mail to {NOBODY}"


def test_a_line_whose_arguments_do_not_fit_breaks_nothing():
    assert shown("%s and %s", "one").getMessage() == "%s and %s"


def test_without_a_request_lines_carry_the_id_of_the_process():
    ids = {shown("x").request_id for _ in range(2)}
    assert len(ids) == 1
    assert len(ids.pop()) == 16
