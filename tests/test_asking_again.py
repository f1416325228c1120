"""Topics of the EU portal that are passed over for good, and the way back."""

import pytest
from django.utils import timezone

from calls.imports.inbox import ask_again, never_ask
from calls.models import Call, Proposal, Record
from tests.factories import EditorFactory
from tests.portal_topics import LATER, bring, topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def someone(db):
    return EditorFactory()


def all_open():
    return list(Proposal.objects.open())


def test_a_topic_that_was_passed_over_can_count_again(someone):
    bring(topic())
    never_ask(all_open(), someone)
    assert ask_again(Record.objects.all(), someone) == 1
    assert bring(topic()) == {"new": 1}
    assert (Call.objects.count(), [one.kind for one in all_open()]) == (1, ["new"])
    assert ask_again(Record.objects.all(), someone) == 0


def test_a_call_that_stayed_is_asked_about_again(someone):
    bring(topic())
    Proposal.objects.all().delete()
    Call.objects.update(published_at=timezone.now())
    Record.objects.update(ignored=True)
    assert bring(topic(deadline=LATER)) == {"changed": 1}
    assert not all_open()
    ask_again(Record.objects.all(), someone)
    bring(topic(deadline=LATER))
    assert [one.field for one in all_open()] == ["deadline"]


def test_topics_that_are_passed_over_can_be_asked_about_again(desk):
    bring(topic())
    desk.client.post("/beheer/calls/proposal/", {"decision": "never", "proposals": Proposal.objects.get().pk})
    record = Record.objects.get()
    data = {"action": "ask_again", "_selected_action": [record.pk]}
    page = desk.client.post("/beheer/calls/record/", data, follow=True).text
    assert "1 onderwerp telt weer mee." in page
    assert not Record.objects.exists()
