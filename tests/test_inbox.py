"""What an editor decides in the inbox, and what comes of it for calls, followers and the next import."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.utils import timezone
from django.utils.timezone import localtime
from reversion.models import Version

from calls.imports.inbox import accept, keep_ours, never_ask
from calls.models import Call, Proposal, Record
from tests.editing import changes
from tests.factories import EditorFactory, brussels
from tests.portal_topics import DEADLINE, LATER, bring, inbox, topic, topics

pytestmark = pytest.mark.django_db
CODE = "AMIF-2027-TF2-AG-01"
MOVED = [["dinsdag 1 juni 2027 om 17.00 uur"], ["woensdag 1 september 2027 om 17.00 uur"]]


@pytest.fixture
def someone(db):
    return EditorFactory()


@pytest.fixture
def call(db):
    """A published call that came of the usual topic, whose proposal was accepted."""
    bring(topic())
    Proposal.objects.all().delete()
    Call.objects.update(published_at=timezone.now() - timedelta(days=1))
    return Call.objects.get()


def said(outcome):
    """(how many are decided, [why not], how many were not open)."""
    return len(outcome.decided), [reason for _proposal, reason in outcome.refused], outcome.lost


def all_open():
    return list(Proposal.objects.open().order_by("pk"))


def decisions():
    rows = Proposal.objects.exclude(decision="").order_by("pk")
    return [(row.kind, row.field, row.decision, row.decided_by, row.decided_at is not None) for row in rows]


def facts(**expected):
    return [expected]


# Accept --------------------------------------------------------------------------------------------------------------


def test_accepting_writes_the_value_and_tells_followers(call, someone):
    bring(topic(deadline=LATER))
    assert said(accept(all_open(), someone)) == (1, [], 0)
    call.refresh_from_db()
    assert (localtime(call.deadline).isoformat(), call.sequence) == (LATER, 1)
    assert [row[0] for row in changes()] == facts(deadline=MOVED)
    assert decisions() == [("changed", "deadline", "accepted", someone, True)]
    newest = Version.objects.get_for_object(call).first()
    assert (newest.revision.user, newest.field_dict["deadline"]) == (someone, call.deadline)
    assert bring(topic(deadline=LATER)) == {"unchanged": 1}
    assert inbox() == []


def test_accepting_several_fields_of_a_call_is_one_version_and_one_change(call, someone):
    budgets = [{"label": "Oproep", "amount": "9000000", "rate": "90", "shared": True, "note": "één pot"}]
    bring(topic(deadline=LATER, opens_at="2027-07-01T00:00:00+02:00", budgets=budgets, title="Nieuw"))
    before = Version.objects.get_for_object(call).count()
    assert said(accept(all_open(), someone)) == (4, [], 0)
    call.refresh_from_db()
    assert (call.title, call.slug, localtime(call.opens_at).isoformat()) == (
        "Nieuw",
        "integratie-op-lokaal-vlak",
        "2027-07-01T00:00:00+02:00",
    )
    assert list(call.budgets.values_list("label", "amount", "rate", "shared", "note")) == [
        ("Oproep", Decimal("9000000.00"), Decimal("90.00"), True, "één pot")
    ]
    [(logged, minor, _minutes)] = changes()
    assert (sorted(logged), minor) == (["budgets", "deadline", "opens_at"], False)
    assert Version.objects.get_for_object(call).count() == before + 2  # as it was, and as it is


def test_a_value_that_breaks_a_rule_is_refused_with_the_rule(call, someone):
    bring(topic(opens_at="2027-07-01T00:00:00+02:00", title="Nieuw", deadline=LATER))
    opens, title = Proposal.objects.get(field="opens_at"), Proposal.objects.get(field="title")
    assert said(accept([opens, title], someone)) == (1, ["Een oproep moet openen vóór de deadline."], 0)
    call.refresh_from_db()
    assert (call.title, localtime(call.opens_at).isoformat()) == ("Nieuw", "2027-01-12T00:00:00+01:00")
    assert [row.field for row in all_open()] == ["opens_at", "deadline"]
    assert said(accept(all_open(), someone)) == (2, [], 0)


def test_a_deadline_that_goes_needs_its_model(call, someone):
    bring(topic(deadline=None, deadline_model="rolling"))
    assert [row.field for row in all_open()] == ["deadline_model", "deadline"]
    rule = "Een doorlopende of onbekende deadline heeft geen datum; elk ander deadlinemodel wel."
    assert said(accept(all_open()[:1], someone))[:1] == (0,)
    assert said(accept(all_open()[:1], someone)) == (0, [rule], 0)
    assert said(accept(all_open(), someone)) == (2, [], 0)
    call.refresh_from_db()
    assert (call.deadline, call.deadline_model) == (None, "rolling")


def test_a_call_that_changed_since_is_not_overwritten(call, someone):
    bring(topic(deadline=LATER))
    first = all_open()
    Call.objects.update(deadline=brussels(2027, 7, 1, 17))
    refusal = "Deze oproep werd intussen bewerkt; de inbox toont nu het nieuwe verschil."
    assert said(accept(first, someone)) == (0, [refusal], 0)
    assert localtime(Call.objects.get().deadline).isoformat() == "2027-07-01T17:00:00+02:00"
    assert inbox() == [(CODE, "changed", "deadline", "2027-07-01T17:00:00+02:00", LATER)]
    assert said(accept(first, someone)) == (0, [], 1)
    assert said(accept(all_open(), someone)) == (1, [], 0)
    assert localtime(Call.objects.get().deadline).isoformat() == LATER


def test_what_an_editor_wrote_meanwhile_may_be_the_same(call, someone):
    bring(topic(deadline=LATER))
    Call.objects.update(deadline=brussels(2027, 9, 1, 17))
    assert said(accept(all_open(), someone)) == (1, [], 0)
    assert (changes(), inbox()) == ([], [])


def test_a_double_click_is_harmless(call, someone):
    bring(topic(deadline=LATER))
    found = all_open()
    accept(found, someone)
    before = Version.objects.count()
    assert said(accept(found, EditorFactory())) == (0, [], 1)
    assert said(never_ask(found, someone)) == (0, [], 1)
    assert (decisions(), Version.objects.count()) == ([("changed", "deadline", "accepted", someone, True)], before)


def test_nobody_accepts_a_value_of_the_portal_that_was_not_shown(call, someone):
    bring(topic(deadline=LATER))
    shown = all_open()
    bring(topic(deadline="2027-10-01T17:00:00+02:00"))
    assert said(accept(shown, someone)) == (0, [], 1)
    assert localtime(Call.objects.get().deadline).isoformat() == DEADLINE


def test_the_value_of_a_call_that_was_deleted(call, someone):
    bring(topic(deadline=LATER))
    Call.objects.get().delete()
    assert said(accept(all_open(), someone)) == (0, ["Deze oproep werd verwijderd."], 0)
    assert said(keep_ours(all_open(), someone)) == (1, [], 0)


def test_rows_and_texts_of_the_portal_are_taken_over_clean(call, someone):
    cutoffs = [{"label": "fase 1", "at": "2027-03-01T17:00:00+01:00"}]
    documents = [{"title": "Werkprogramma", "link": "https://ec.europa.eu/wp.pdf"}]
    call.documents.create(title="Eigen bestand", file="2027/01/eigen.pdf", order=9)
    hostile = '<p>Tekst<img src=x onerror="alert(1)"></p>'
    bring(topic(cutoffs=cutoffs, deadline_model="two_stage", documents=documents, introduction=hostile))
    assert said(accept(all_open(), someone)) == (4, [], 0)
    call.refresh_from_db()
    assert (call.introduction, call.deadline_model) == ("<p>Tekst</p>", "two_stage")
    assert [(row.label, localtime(row.at).isoformat()) for row in call.cutoffs.all()] == [
        ("fase 1", "2027-03-01T17:00:00+01:00")
    ]
    assert list(call.documents.values_list("title", flat=True)) == ["Werkprogramma", "Eigen bestand"]


def test_accepting_many_calls_at_once(someone):
    bring(*topics(12))
    Proposal.objects.all().delete()
    Call.objects.update(published_at=timezone.now() - timedelta(days=1))
    bring(*topics(12, deadline=LATER))
    assert said(accept(all_open(), someone)) == (12, [], 0)
    assert {localtime(call.deadline).isoformat() for call in Call.objects.all()} == {LATER}
    assert [row[0] for row in changes()] == facts(deadline=MOVED) * 12


# Keep ours, never ask ------------------------------------------------------------------------------------------------


def test_what_is_kept_is_not_asked_again_until_the_portal_says_something_else(call, someone):
    bring(topic(deadline=LATER))
    assert said(keep_ours(all_open(), someone)) == (1, [], 0)
    assert bring(topic(deadline=LATER)) == {"unchanged": 1}
    assert localtime(Call.objects.get().deadline).isoformat() == DEADLINE
    again = "2027-10-01T17:00:00+02:00"
    bring(topic(deadline=again))
    assert inbox() == [(CODE, "changed", "deadline", DEADLINE, again)]


def test_a_field_can_be_ours_for_good(call, someone):
    bring(topic(deadline=LATER, title="Nieuw"))
    assert said(never_ask(all_open(), someone)) == (2, [], 0)
    assert Call.objects.get().own_fields == ["deadline", "title"]
    bring(topic(deadline="2027-10-01T17:00:00+02:00", title="Nog nieuwer"))
    assert (inbox(), changes()) == ([], [])
    assert decisions()[0] == ("changed", "title", "never", someone, True)


# New -----------------------------------------------------------------------------------------------------------------


def test_a_new_draft_stays_when_it_is_accepted(someone):
    bring(topic())
    assert said(accept(all_open(), someone)) == (1, [], 0)
    assert Call.objects.get().published_at is None
    assert bring(topic()) == {"unchanged": 1}


def test_a_new_draft_has_nothing_of_ours_to_keep(someone):
    bring(topic())
    refusal = "Een nieuwe oproep heeft niets van ons om te houden: aanvaard ze, of vraag het nooit meer."
    assert said(keep_ours(all_open(), someone)) == (0, [refusal], 0)


def test_a_topic_that_nobody_wants_loses_its_draft_for_good(someone):
    bring(topic())
    pk = Call.objects.get().pk
    assert said(never_ask(all_open(), someone)) == (1, [], 0)
    assert (Call.objects.count(), Record.objects.get().ignored) == (0, True)
    assert list(LogEntry.objects.values_list("user", "object_id", "action_flag")) == [(someone.pk, str(pk), DELETION)]
    assert bring(topic(title="Nieuw")) == {"changed": 1}
    assert (Call.objects.count(), inbox()) == (0, [])


@pytest.mark.parametrize("edit", [{"title": "Onze titel"}, {"published_at": brussels(2027, 1, 1)}])
def test_a_draft_that_an_editor_worked_on_stays(someone, edit):
    bring(topic())
    Call.objects.update(**edit)
    never_ask(all_open(), someone)
    assert (Call.objects.count(), Record.objects.get().ignored) == (1, True)


def test_a_draft_with_a_version_of_an_editor_stays(someone, desk):
    bring(topic())
    call = Call.objects.get()
    assert desk.send(f"/beheer/calls/call/{call.pk}/change/", target_group="<p>Iedereen</p>") == []
    never_ask(all_open(), someone)
    assert Call.objects.count() == 1


# Gone ----------------------------------------------------------------------------------------------------------------


def go(*others):
    Record.objects.update(seen_at=timezone.now() - timedelta(days=1))
    bring(*others, complete=True)


def test_a_call_that_is_gone_is_withdrawn_when_an_editor_says_so(call, someone):
    go(topic("AMIF-2027-A"))
    gone = Proposal.objects.open().filter(kind="gone")
    assert said(accept(gone, someone)) == (1, [], 0)
    call.refresh_from_db()
    assert (call.publication, sorted(changes()[0][0])) == ("withdrawn", ["withdrawn"])
    go(topic("AMIF-2027-A"))
    assert not Proposal.objects.open().filter(kind="gone").exists()


@pytest.mark.parametrize("decide", [keep_ours, never_ask])
def test_a_call_that_is_gone_can_stay(call, someone, decide):
    go(topic("AMIF-2027-A"))
    assert said(decide(Proposal.objects.open().filter(kind="gone"), someone)) == (1, [], 0)
    go(topic("AMIF-2027-A"))
    assert Call.objects.get(pk=call.pk).withdrawn_at is None
    assert not Proposal.objects.open().filter(kind="gone").exists()


def test_a_draft_that_is_gone_stays_a_draft(someone):
    bring(topic())
    go(topic("AMIF-2027-A"))
    accept(Proposal.objects.open().filter(kind="gone"), someone)
    assert Call.objects.get(code=CODE).withdrawn_at is None


# Nothing -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("decide", [accept, keep_ours, never_ask])
def test_no_proposals_no_outcome(someone, decide):
    assert said(decide([], someone)) == (0, [], 0)
