"""Records that no call can come of: reported with the reason, and nothing else stops."""

import pytest

from calls.imports.importing import import_topics
from calls.imports.topics import Broken
from calls.models import Call, Proposal, Record
from tests.portal_topics import LATER, bring, everything, topic, topics

pytestmark = pytest.mark.django_db
CODE = "AMIF-2027-TF2-AG-01"


def test_a_broken_record_is_reported_and_stops_nothing_else():
    given = topics(150)
    given[20] = Broken("AMIF-2027-21", "De titel ontbreekt.")
    given[70] = topic("AMIF-2027-71", opens_at=LATER)
    given[120] = topic("AMIF-2027-121", deadline="morgen")
    run = import_topics(given, "proef")
    assert run.counts == {"new": 147, "changed": 0, "unchanged": 0, "gone": 0, "broken": 3, "passed_over": 0}
    assert sorted(run.broken) == [
        ["AMIF-2027-121", "Invalid isoformat string: 'morgen'"],
        ["AMIF-2027-21", "De titel ontbreekt."],
        ["AMIF-2027-71", "Een oproep moet openen vóór de deadline."],
    ]
    assert (Call.objects.count(), Record.objects.count(), Proposal.objects.count()) == (147, 147, 147)


@pytest.mark.parametrize(
    "values",
    [
        {"title": "x" * 501},
        {"deadline": "0001-01-01T00:00:00+00:00"},
        {"deadline": "9999-12-31T23:59:59+00:00"},
        {"deadline": "2027-06-01T17:00:00"},
        {"deadline": 12},
        {"cutoffs": [{"label": "na de deadline", "at": LATER}]},
        {"cutoffs": ["morgen"]},
        {"budgets": [{"amount": "-1"}]},
        {"budgets": [{"amount": "veel"}]},
        {"budgets": [{"amount": "1e400"}]},
        {"budgets": [{"rate": "101"}]},
        {"budgets": [{"label": "niets"}]},
        {"documents": [{"title": "gevaar", "link": "javascript:alert(1)"}]},
        {"documents": [{"title": "", "link": "https://ec.europa.eu/"}]},
        {"source_url": "geen adres"},
        {"title_language": "xx"},
        {"deadline_model": "morgen"},
        {"introduction": "NUL \0 teken", "title": "NUL \0 teken"},
    ],
    ids=lambda values: " ".join(values),
)
def test_values_that_no_call_may_have_are_broken(values):
    before = everything()
    run = import_topics([topic(**values)], "proef")
    assert run.counts["broken"] == 1
    [[place, reason]] = run.broken
    assert place == CODE
    assert reason
    assert everything() == before


def test_a_known_topic_that_breaks_leaves_its_draft_as_it_was():
    bring(topic())
    before = everything()
    run = import_topics([topic(opens_at=LATER, title="Anders")], "proef")
    assert run.broken == [[CODE, "Een oproep moet openen vóór de deadline."]]
    assert everything() == before


def test_many_broken_records_are_counted_but_not_all_named():
    run = import_topics((Broken(str(n), "kapot") for n in range(1_500)), "proef")
    assert (run.counts["broken"], len(run.broken)) == (1_500, 1_000)
