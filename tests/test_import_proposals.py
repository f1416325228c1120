"""Where an import asks instead of writing: published calls and calls of editors."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.timezone import localtime

from calls.imports.inbox import accept
from calls.models import Call, Change, Proposal, Record
from tests.factories import CallFactory, EditorFactory, brussels
from tests.portal_topics import DEADLINE, LATER, OPENS, amif, bring, everything, inbox, topic, topics

pytestmark = pytest.mark.django_db
CODE = "AMIF-2027-TF2-AG-01"
TITLE = "Integratie op lokaal vlak"


def publish(**fields):
    """The call of the only record, published by an editor who also wrote these fields."""
    call = Record.objects.get().call
    for name, value in ({"published_at": timezone.now() - timedelta(days=1)} | fields).items():
        setattr(call, name, value)
    call.save()
    return call


@pytest.fixture
def published():
    """A published call that came of the usual topic, whose proposal was accepted."""
    bring(topic())
    Proposal.objects.all().delete()
    return publish()


def stored(call):
    return Call.objects.get(pk=call.pk)


# Differences ---------------------------------------------------------------------------------------------------------


def test_a_published_call_is_asked_about_and_not_touched(published):
    before = stored(published).__dict__
    moved = topic(deadline=LATER, title="Nieuwe titel", introduction="<p>Anders.</p>")
    assert bring(moved) == {"changed": 1}
    assert inbox() == [
        (CODE, "changed", "title", TITLE, "Nieuwe titel"),
        (CODE, "changed", "deadline", DEADLINE, LATER),
        (CODE, "changed", "introduction", "<p>Waarover het gaat.</p>", "<p>Anders.</p>"),
    ]
    assert {**stored(published).__dict__, "_state": None} == {**before, "_state": None}
    assert (Change.objects.count(), Record.objects.get().raw) == (0, moved.raw)


def test_asking_twice_makes_one_proposal(published):
    bring(topic(deadline=LATER))
    before = everything()
    assert bring(topic(deadline=LATER)) == {"unchanged": 1}
    assert everything() == before


def test_a_scheduled_call_is_asked_about_too():
    bring(topic())
    Proposal.objects.all().delete()
    publish(published_at=timezone.now() + timedelta(days=1))
    bring(topic(deadline=LATER))
    assert inbox() == [(CODE, "changed", "deadline", DEADLINE, LATER)]


def test_a_draft_that_an_editor_edited_is_asked_about_where_it_differs():
    bring(topic())
    publish(published_at=None, title="Onze titel")
    bring(topic(title="Nieuwe titel", deadline=LATER))
    assert inbox() == [(CODE, "new", "", None, None), (CODE, "changed", "title", "Onze titel", "Nieuwe titel")]
    assert localtime(Call.objects.get().deadline).isoformat() == LATER


def test_what_an_editor_wrote_is_no_difference_while_the_portal_says_what_it_said(published):
    publish(title="Onze titel")
    assert bring(topic()) == {"unchanged": 1}
    assert inbox() == []


def test_a_new_value_of_the_portal_renews_the_proposal_under_another_number(published):
    bring(topic(deadline=LATER))
    first = Proposal.objects.get()
    bring(topic(deadline="2027-10-01T17:00:00+02:00"))
    assert inbox() == [(CODE, "changed", "deadline", DEADLINE, "2027-10-01T17:00:00+02:00")]
    assert Proposal.objects.get().pk != first.pk


def test_a_difference_that_went_goes_from_the_inbox(published):
    bring(topic(deadline=LATER))
    assert bring(topic()) == {"changed": 1}
    assert inbox() == []


def test_a_difference_that_an_editor_solved_by_hand_goes_from_the_inbox(published):
    bring(topic(deadline=LATER))
    publish(deadline=brussels(2027, 9, 1, 17))
    assert bring(topic(deadline=LATER)) == {"changed": 1}
    assert inbox() == []
    publish(deadline=brussels(2027, 9, 2, 17))
    assert bring(topic(deadline=LATER)) == {"unchanged": 1}
    assert inbox() == []


def test_a_field_of_ours_is_never_touched_and_never_asked(published):
    bring(topic(deadline=LATER))
    publish(own_fields=["deadline", "title"])
    bring(topic(deadline=LATER, title="Nieuwe titel", opens_at="2027-02-01T00:00:00+01:00"))
    assert inbox() == [(CODE, "changed", "opens_at", OPENS, "2027-02-01T00:00:00+01:00")]


def test_a_field_of_ours_stays_in_a_draft_as_well():
    bring(topic())
    publish(published_at=None, own_fields=["title"])
    bring(topic(title="Nieuwe titel"))
    assert Call.objects.get().title == TITLE


def test_a_value_that_was_declined_is_not_asked_again_but_another_is(published):
    bring(topic(deadline=LATER))
    Record.objects.update(declined={"deadline": LATER})
    Proposal.objects.update(decision="kept")
    assert bring(topic(deadline=LATER)) == {"unchanged": 1}
    bring(topic(deadline="2027-10-01T17:00:00+02:00"))
    assert inbox() == [(CODE, "changed", "deadline", DEADLINE, "2027-10-01T17:00:00+02:00")]


def test_rows_are_compared_as_a_whole(published):
    budgets = [{"label": "Oproep", "amount": "9000000", "rate": "90", "shared": True, "note": "één pot"}]
    bring(topic(budgets=budgets, documents=[], cutoffs=[{"label": "", "at": "2027-05-01T00:00:00+02:00"}]))
    old = {"label": "", "amount": "15000000.00", "rate": None, "shared": False, "note": ""}
    new = {"label": "Oproep", "amount": "9000000.00", "rate": "90.00", "shared": True, "note": "één pot"}
    document = {"title": "Call document", "link": "https://ec.europa.eu/call.pdf"}
    assert inbox() == [
        (CODE, "changed", "cutoffs", [], [{"label": "", "at": "2027-05-01T00:00:00+02:00"}]),
        (CODE, "changed", "budgets", [old], [new]),
        (CODE, "changed", "documents", [document], []),
    ]


def test_the_same_amount_and_moment_in_another_notation_is_no_difference(published):
    same = topic(
        deadline="2027-06-01T15:00:00+00:00",
        budgets=[{"amount": "15000000.0"}],
        introduction='<p class="x">Waarover het gaat.</p>',
    )
    assert bring(same) == {"changed": 1}  # the raw record
    assert inbox() == []


def test_what_a_record_does_not_speak_of_is_no_difference(published):
    short = topic()
    for name in ("introduction", "budgets", "deadline", "deadline_model"):
        del short.values[name]
    bring(short)
    assert inbox() == []


# Calls of editors ----------------------------------------------------------------------------------------------------


def test_a_call_with_the_same_code_is_linked_and_differences_are_asked():
    call = CallFactory(
        title="Onze titel",
        code=" amif-2027- TF2-ag-01",
        introduction="<p>Onze tekst.</p>",
        opens_at=brussels(2027, 1, 12),
        deadline=brussels(2027, 6, 1, 17),
    )
    code = call.code.strip()
    assert bring(topic(source_url="", budgets=[])) == {"new": 1}
    assert (Record.objects.get().call, Call.objects.count()) == (call, 1)
    assert inbox() == [
        (CODE, "changed", "title", "Onze titel", TITLE),
        (CODE, "changed", "code", code, CODE),
        (CODE, "changed", "introduction", "<p>Onze tekst.</p>", "<p>Waarover het gaat.</p>"),
        (CODE, "changed", "documents", [], [{"title": "Call document", "link": "https://ec.europa.eu/call.pdf"}]),
    ]
    before = everything()
    assert bring(topic(source_url="", budgets=[])) == {"unchanged": 1}
    assert everything() == before


def test_what_is_empty_on_the_portal_is_no_difference_for_a_call_that_an_editor_wrote():
    CallFactory(code=CODE, title=TITLE, introduction="<p>Onze tekst.</p>", deadline=brussels(2027, 6, 1, 17))
    bring(topic(introduction="", documents=[], budgets=[], source_url="", opens_at=None))
    assert inbox() == []


def test_a_draft_of_an_editor_is_asked_about_as_well():
    CallFactory(code=CODE, title="Onze titel", published_at=None)
    bring(topic())
    assert ("title", "Onze titel", TITLE) in [row[2:] for row in inbox()]
    assert Call.objects.get().title == "Onze titel"


def test_two_calls_with_the_code_the_oldest_is_linked():
    first, _second = CallFactory(code=CODE), CallFactory(code=CODE)
    bring(topic())
    assert Record.objects.get().call == first


def test_calls_without_a_code_are_nobodys():
    CallFactory(code="")
    assert bring(topic()) == {"new": 1}
    assert Call.objects.count() == 2


# A call that was deleted, a topic that is ignored --------------------------------------------------------------------


def test_a_draft_that_an_editor_deleted_does_not_come_back():
    bring(topic())
    Call.objects.get().delete()
    assert bring(topic()) == {"unchanged": 1}
    assert bring(topic(title="Nieuwe titel")) == {"changed": 1}
    assert (Call.objects.count(), Record.objects.get().call) == (0, None)


def test_a_call_that_is_here_again_belongs_to_its_record_again():
    bring(topic())
    Proposal.objects.all().delete()
    Call.objects.get().delete()
    call = CallFactory(code=CODE, title="Onze titel", deadline=brussels(2027, 6, 1, 17))
    bring(topic(title="Nieuwe titel"))
    assert Record.objects.get().call == call
    assert (CODE, "changed", "title", "Onze titel", "Nieuwe titel") in inbox()


def test_an_ignored_topic_is_remembered_and_no_more():
    bring(topic())
    Record.objects.update(ignored=True, call=None)
    Call.objects.all().delete()
    Proposal.objects.all().delete()
    assert bring(topic(title="Nieuwe titel")) == {"changed": 1}
    assert (inbox(), Call.objects.count(), Record.objects.get().raw["said"].count("Nieuwe titel")) == ([], 0, 1)


# Queries -------------------------------------------------------------------------------------------------------------


def test_an_accepted_draft_follows_no_more():
    bring(topic())
    assert bring(topic(deadline=LATER)) == {"changed": 1}
    assert localtime(Call.objects.get().deadline).isoformat() == LATER
    accept(Proposal.objects.open(), EditorFactory())
    bring(topic(deadline=LATER, title="Nieuw"))
    assert (Call.objects.get().title, [one[1:3] for one in inbox()]) == (TITLE, [("changed", "title")])


def test_queries_of_drafts_that_follow(django_assert_max_num_queries):
    """Some 24 for each: the call, and the versions before and after."""
    amif()
    bring(*topics(10))
    with django_assert_max_num_queries(270):
        bring(*topics(10, deadline=LATER))
