"""schemathesis asks the API what its own document says may be asked, and much that may not."""

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.utils import timezone

from portal.wsgi import application
from tests.factories import CallFactory
from tests.fuzzing import examples
from tests.test_query_counts import fill

schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
# Which of their values exist, and which words are too common to search for, is not for the document to say: a 400.
KNOWN_BY_THE_DATA = {"q", "thema", "fonds", "organisatie", "budget_van", "budget_tot"}
PLAIN = {"Accept-Encoding": "identity"}


@pytest.fixture
def content(db):
    """Some calls, and requests that leave open the one connection that knows of them, as Django's client does."""
    fill(2)
    CallFactory(title="Weg", withdrawn_at=timezone.now())
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@schema.parametrize()
@examples(60)
def test_conformance(case, content):
    response = case.call(headers=PLAIN)
    excluded = []
    if response.status_code == 400:
        named = {parameter.partition("=")[0] for parameter in response.json()["parameters"]}
        excluded = [schemathesis.checks.positive_data_acceptance] if named <= KNOWN_BY_THE_DATA else []
    case.validate_response(response, excluded_checks=excluded)


@pytest.mark.parametrize(
    ("path", "slug", "status"),
    [
        ("/api/v1/calls/{slug}", "oproep-1", 200),
        ("/api/v1/calls/{slug}", "weg", 410),
        ("/api/v1/funds/{slug}", "fonds-1", 200),
        ("/api/v1/themes/{slug}", "deel-0", 200),
    ],
)
def test_conformance_of_what_is_there(path, slug, status, content):
    case = schema[path]["GET"].Case(path_parameters={"slug": slug})
    assert case.call_and_validate(headers=PLAIN).status_code == status
