"""What people read while a database does not answer: copies, else a Dutch 503 that says when to come back."""

from contextlib import contextmanager

import pytest
from django.db import InterfaceError, OperationalError, connection

from portal import page_cache
from tests.factories import CallFactory

pytestmark = pytest.mark.django_db
PATHS = ["/", "/oproepen/", "/oproepen/taal/", "/account/login/", "/beheer/", "/bestaat-niet/"]


@contextmanager
def gone(error):
    def fail(*arguments):
        raise error("server closed the connection")

    with connection.execute_wrapper(fail):
        yield


@pytest.fixture
def visitor(client):
    client.raise_request_exception = False
    CallFactory(slug="taal")
    return client


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_a_dutch_503(visitor, member, path, error):
    member.raise_request_exception = False
    # The last three ask nothing for somebody without a session.
    for person in (visitor, member) if path in PATHS[:3] else [member]:
        with gone(error):
            response = person.get(path)
        assert (response.status_code, response["Retry-After"]) == (503, "30"), path
        assert "We kunnen deze pagina nu niet tonen" in response.text
        assert "closed the connection" not in response.text


def test_the_open_data_is_a_503_that_programs_can_read(visitor):
    with gone(OperationalError):
        response = visitor.get("/api/v1/calls")
    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert response.json() == {"detail": "Not available for a moment; see Retry-After."}


def test_a_fault_of_ours_is_a_500(visitor):
    for path, says in (("/oproepen/", "Er ging iets mis aan onze kant"), ("/api/v1/calls", "The fault is ours.")):
        with gone(ValueError):
            response = visitor.get(path)
        assert (response.status_code, response.get("Retry-After")) == (500, None)
        assert says in response.text


def test_copies_are_still_there(visitor, settings, monkeypatch):
    settings.PAGE_CACHE_MEGABYTES = 1
    monkeypatch.setattr(page_cache, "STAMP_SECONDS", 0)
    before = visitor.get("/oproepen/")
    with gone(OperationalError):
        during = visitor.get("/oproepen/")
        other = visitor.get("/oproepen/?status=alle")
    assert (during.status_code, during.content) == (200, before.content)
    assert (other.status_code, "Cache-Control" in other) == (503, False)
    assert visitor.get("/oproepen/?status=alle").status_code == 200
