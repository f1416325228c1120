"""What stands in the log."""

import logging

import pytest

from portal.logs import HideSecrets


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/agenda/s3cr3t-_key/oproepen.ics", "/agenda/…/oproepen.ics"),
        ("/afmelden/12-new.abcDEF/", "/afmelden/…/"),
        ("/account/password/reset/key/1-abc/", "/account/password/reset/key/…/"),
        ("/oproepen/agenda/", "/oproepen/agenda/"),
    ],
)
def test_no_secret_address_is_logged(path, shown):
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, "Not Found: %s", (path,), None)
    HideSecrets().filter(record)
    assert record.getMessage() == f"Not Found: {shown}"


def test_every_handler_hides_them(settings):
    assert [handler["filters"] for handler in settings.LOGGING["handlers"].values()] == [["secrets"]]
