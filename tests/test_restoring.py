"""A version restored, a deleted call recovered."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from reversion.models import Version

from calls.desk.restoring import recover, restore
from calls.desk.versions import fingerprint, stored_state, versioned, versions_of
from calls.models import Action, Announcement, Call, Change, Document
from calls.news import QUIET
from tests.factories import CallFactory, ThemeFactory, brussels
from tests.versions import FIRST, full_call, kept, path, rename

pytestmark = pytest.mark.django_db


# Restoring -----------------------------------------------------------------------------------------------------------


def spoil(call):
    """Changes everything that can change."""
    call = Call.objects.get(pk=call.pk)
    call.title, call.code, call.introduction, call.fund = "Fout", "FOUT", "<p>Fout</p>", None
    call.deadline = brussels(2028, 6, 1, 17)
    call.save()
    call.themes.set([ThemeFactory(), ThemeFactory()])
    call.applicant_types.clear()
    one, two = call.cutoffs.all()
    one.delete()
    two.at = brussels(2027, 3, 1, 12)
    two.save()
    call.budgets.all().update(amount=0, label="FOUT")
    call.objectives.all().delete()
    Action.objects.create(call=call, order=0, text="<p>Te veel</p>")
    call.documents.all().delete()


def test_a_restored_version_is_again_what_it_was(desk, editor):
    call = full_call()
    before = stored_state(call.pk)
    with versioned(editor, "Alles anders."):
        spoil(call)
    spoilt = stored_state(call.pk)
    address = path(call, f"history/{versions_of(call.pk).last().pk}/restore")
    desk.read(address)
    assert desk.client.post(address, desk_form(desk, address)).status_code == 302
    assert stored_state(call.pk) == before
    assert [comment.partition(" op ")[0] for _who, comment in kept(call)] == [FIRST, "Alles anders.", "Hersteld zoals"]
    again = path(call, f"history/{versions_of(call.pk)[1].pk}/restore")
    desk.client.post(again, desk_form(desk, again))
    assert stored_state(call.pk) == spoilt


def desk_form(desk, address):
    return {"made_from": desk.client.get(address).context["made_from"]}


def test_a_restore_tells_the_calendars_that_the_dates_changed(user):
    call = full_call()
    with versioned(user):
        spoil(call)
    sequences = Call.objects.get().sequence, call.cutoffs.get().sequence
    assert sequences == (1, 1)
    restore(call, versions_of(call.pk).last(), user, "Hersteld.")
    assert Call.objects.get().sequence == 2
    assert list(call.cutoffs.values_list("label", "sequence")) == [("fase 1", 0), ("fase 2", 2)]


def test_a_restore_neither_publishes_nor_withdraws(user):
    call = full_call(published_at=None)
    rename(call, "Ander", user)
    now = timezone.now()
    Call.objects.update(published_at=now, withdrawn_at=now + timedelta(9), slug="vast", own_fields=["title"])
    restore(call, versions_of(call.pk).last(), user, "Hersteld.")
    call = Call.objects.get()
    assert (call.title, call.slug, call.own_fields) == ("Oproep", "vast", ["title"])
    assert (call.published_at, call.withdrawn_at) == (now, now + timedelta(9))


def test_the_change_log_hears_of_a_restore(user):
    call = CallFactory(deadline=brussels(2027, 6, 1, 17))
    with versioned(user):
        call.deadline = brussels(2027, 6, 2, 17)
        call.save()
    restore(call, versions_of(call.pk).last(), user, "Hersteld.")
    said = ["woensdag 2 juni 2027 om 17.00 uur"], ["dinsdag 1 juni 2027 om 17.00 uur"]
    change = Change.objects.get()
    assert (change.facts, change.minor) == ({"deadline": [*said]}, False)
    assert change.changed_at > timezone.now() - QUIET
    restore(call, versions_of(call.pk)[1], user, "Hersteld.", minor=True)
    assert Change.objects.count() == 0


def test_a_restore_without_what_was_deleted_since(user):
    theme = ThemeFactory()
    call = CallFactory(themes=[theme, ThemeFactory()])
    fund = call.fund
    rename(call, "Ander", user)
    Call.objects.update(fund=None)
    theme.delete()
    fund.delete()
    restore(call, versions_of(call.pk).last(), user, "Hersteld.")
    call.refresh_from_db()
    assert (call.title[:6], call.fund, call.themes.count()) == ("Oproep", None, 1)


def test_an_old_version_with_hostile_text_is_cleaned_when_it_returns(user):
    call = CallFactory(introduction="<p>Goed</p>")
    rename(call, "Ander", user)
    for version in Version.objects.all():
        version.serialized_data = version.serialized_data.replace("Goed", "Goed<script>alert(1)</script>")
        version.save()
    restore(call, versions_of(call.pk).last(), user, "Hersteld.")
    assert Call.objects.get().introduction == "<p>Goed</p>"


def test_a_restore_of_what_changed_meanwhile_is_shown_once_more(desk, user):
    call = full_call()
    rename(call, "Een", user)
    address = path(call, f"history/{versions_of(call.pk).last().pk}/restore")
    sent = desk_form(desk, address)
    rename(call, "Twee", user)
    response = desk.client.post(address, sent)
    assert "Deze oproep is intussen gewijzigd. Bekijk nog eens wat er zou veranderen." in response.text
    assert Call.objects.get().title == "Twee"
    assert desk.client.post(address, desk_form(desk, address)).status_code == 302
    # A second click.
    desk.client.post(address, sent)
    assert (Call.objects.get().title, versions_of(call.pk).count()) == ("Oproep", 4)
    assert desk.read(address).endswith("Er valt niets te herstellen: de oproep is zoals toen.")


def test_nothing_is_restored_of_what_is_gone_or_different(user):
    call = full_call()
    rename(call, "Een", user)
    version = versions_of(call.pk).last()
    assert restore(call, version, user, "Hersteld.", if_still="anders") is None
    assert restore(call, version, user, "x", if_still=fingerprint(stored_state(call.pk))) == call
    call.delete()
    assert restore(Call(pk=version.object_id), version, user, "Hersteld.") is None


def test_an_attachment_comes_back_at_its_address(desk, documents, user):
    call = CallFactory()
    document = Document.objects.create(call=call, title="Gids", file=ContentFile(b"%PDF-1.7", "gids.pdf"))
    address = document.get_absolute_url()
    with versioned(user):
        document.delete()
    restore(call, versions_of(call.pk).last(), user, "Hersteld.")
    assert b"".join(desk.client.get(address).streaming_content) == b"%PDF-1.7"


# Recovering ----------------------------------------------------------------------------------------------------------


def test_a_deleted_call_comes_back_as_a_draft(desk, editor):
    announcement = Announcement.objects.create()
    call = full_call(announcement=announcement)
    before = stored_state(call.pk)
    desk.client.post(path(call, "delete"), {"post": "yes"})
    assert (Call.objects.count(), [comment for _who, comment in kept(call)]) == (0, [FIRST])
    assert desk.read("/beheer/calls/call/recover/").partition("Laatste versie ")[2].startswith("Oproep ")
    address = f"/beheer/calls/call/recover/{versions_of(call.pk).get().pk}/"
    assert "Bedrag (euro) toegevoegd: 1.320.069,53" in desk.read(address)
    assert desk.client.post(address)["Location"] == path(call, "change")
    before["call"]["published_at"] = None
    assert stored_state(call.pk) == before
    assert (Call.objects.get().announcement, Call.objects.get().sequence) == (announcement, 1)
    again = desk.client.post(address, follow=True)
    assert "Deze oproep staat niet meer bij de verwijderde." in again.text
    assert desk.read("/beheer/calls/call/recover/").endswith("Er is geen oproep verwijderd.")
    assert [(who, what) for who, what in kept(call)][1:] == [(editor, "Teruggehaald.")]


def test_calls_deleted_with_a_button_of_the_list_come_back_too(desk):
    calls = [full_call(), full_call()]
    picked = {"action": "delete_selected", "_selected_action": [call.pk for call in calls], "post": "yes"}
    desk.client.post("/beheer/calls/call/", picked)
    assert Call.objects.count() == 0
    for version in Version.objects.get_deleted(Call):
        recover(version, None, "Teruggehaald.")
    assert [stored_state(call.pk)["call"]["title"] for call in calls] == ["Oproep", "Oproep"]


def test_an_address_that_was_taken_meanwhile_gets_a_number(user):
    call = full_call()
    with versioned(user):
        call.delete()
    CallFactory(title="Oproep")
    call = recover(versions_of(Version.objects.get_deleted(Call).get().object_id).get(), user, "Teruggehaald.")
    assert call.slug == "oproep-2"


@pytest.mark.parametrize("number", [0, 1, 10**30])
def test_a_version_that_is_not_there_cannot_be_recovered(desk, number):
    response = desk.client.get(f"/beheer/calls/call/recover/{number}/", follow=True)
    assert response.redirect_chain == [("/beheer/calls/call/recover/", 302)]


def test_the_pages_take_no_other_method(desk):
    call = full_call()
    rename(call, "Ander")
    assert desk.client.post(path(call, "history/compare")).status_code == 405
    assert desk.client.post("/beheer/calls/call/recover/").status_code == 405
    assert desk.client.put(path(call, f"history/{versions_of(call.pk).last().pk}/restore")).status_code == 405
