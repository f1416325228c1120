"""Topics that a complete answer of the portal lacks: an editor is asked, and no call is touched."""

from datetime import timedelta

import pytest
from django.utils import timezone

from calls.models import Call, ImportRun, Proposal, Record
from tests.editing import changes
from tests.factories import CallFactory
from tests.portal_topics import bring, inbox, topic, topics

pytestmark = pytest.mark.django_db


def later_run(*given, complete=True):
    """A run after all that was seen before."""
    Record.objects.update(seen_at=timezone.now() - timedelta(days=1))
    return bring(*given, complete=complete)


def test_a_topic_that_a_complete_answer_lacks_is_asked_about_once():
    first, second = topics(2)
    bring(first, second)
    Proposal.objects.all().delete()
    calls = list(Call.objects.order_by("pk").values())
    assert later_run(first) == {"unchanged": 1, "gone": 1}
    assert inbox() == [("AMIF-2027-2", "gone", "", None, None)]
    assert Record.objects.get(identifier="AMIF-2027-2").gone_at
    assert later_run(first) == {"unchanged": 1}
    assert len(inbox()) == 1
    assert list(Call.objects.order_by("pk").values()) == calls


def test_a_topic_that_is_seen_again_is_not_gone():
    first, second = topics(2)
    bring(first, second)
    Proposal.objects.all().delete()
    later_run(first)
    assert later_run(first, second) == {"unchanged": 1, "changed": 1}
    assert (inbox(), Record.objects.exclude(gone_at=None).count()) == ([], 0)


@pytest.mark.parametrize("complete", [False, lambda: False])
def test_an_answer_that_is_not_complete_lets_nothing_be_gone(complete):
    bring(*topics(2))
    assert later_run(topics(1)[0], complete=complete) == {"unchanged": 1}


def test_an_empty_answer_lets_nothing_be_gone():
    bring(*topics(2))
    assert later_run() == {}
    assert ImportRun.objects.first().complete


def test_a_programme_without_any_topic_in_the_answer_loses_none():
    first, second, third = topics(2)[0], topic("B-2", programme="31077795"), topic("B-3", programme="31077795")
    bring(first, second, third)
    assert later_run(first) == {"unchanged": 1}
    assert later_run(first, third) == {"unchanged": 2, "gone": 1}
    assert [row.identifier for row in Record.objects.exclude(gone_at=None)] == ["B-2"]


def test_a_topic_that_is_closed_has_left_the_answer_by_itself():
    first, closed = topics(2)
    closed = topic("AMIF-2027-2", status="closed")
    bring(first, closed)
    assert later_run(first) == {"unchanged": 1}


def test_a_topic_whose_deadline_passed_has_left_the_answer_by_itself():
    first = topic("AMIF-2027-1")
    bring(first)
    past = {"identifier": ["AMIF-2020-1"], "title": ["Voorbij"], "type": ["1"], "status": ["31094502"]}
    past |= {"deadlineDate": ["2021-02-16T00:00:00.000+0100"], "frameworkProgramme": ["43251447"]}
    raw = {"reference": "1TOPICSnl", "language": "nl", "metadata": past}
    call = CallFactory(published_at=None, code="AMIF-2020-1")
    record = Record(identifier="AMIF-2020-1", language="nl", status="open", raw=raw, call=call)
    record.taken = {"programme": "43251447"}
    record.save()
    assert later_run(first) == {"unchanged": 1}
    raw["metadata"]["deadlineDate"] = ["2099-02-16T00:00:00.000+0100"]
    record.save()
    assert later_run(first) == {"unchanged": 1, "gone": 1}


def test_an_ignored_topic_or_one_without_a_call_can_go_unasked():
    bring(*topics(3))
    Proposal.objects.all().delete()
    Call.objects.get(code="AMIF-2027-3").delete()
    Record.objects.filter(identifier="AMIF-2027-2").update(ignored=True)
    assert later_run(topics(1)[0]) == {"unchanged": 1, "gone": 2}
    assert inbox() == []


def test_a_published_call_of_a_topic_that_is_gone_stays_as_it_is():
    first, second = topics(2)
    bring(first, second)
    Proposal.objects.all().delete()
    Call.objects.update(published_at=timezone.now() - timedelta(days=1))
    before = list(Call.objects.order_by("pk").values())
    later_run(first)
    assert inbox() == [("AMIF-2027-2", "gone", "", None, None)]
    assert (list(Call.objects.order_by("pk").values()), changes()) == (before, [])


def test_a_topic_that_is_seen_again_in_another_language_is_not_gone():
    first, second = topics(2)
    bring(first, second)
    Proposal.objects.all().delete()
    later_run(first)
    assert later_run(first, topic(second.identifier, "en", title="Call 2")) == {"unchanged": 1, "passed_over": 1}
    assert (inbox(), Record.objects.exclude(gone_at=None).count()) == ([], 0)


def test_a_call_that_was_written_anew_is_compared_with_the_portal_again():
    bring(topic())
    Call.objects.all().delete()
    CallFactory(title="Eigen titel", code="amif-2027-TF2-AG-01")
    bring(topic())
    assert ("AMIF-2027-TF2-AG-01", "changed", "title") in [row[:3] for row in inbox()]
