"""Every edit of a call is a version, with all its rows."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone
from reversion.models import Revision, Version

from calls.desk.versions import state_at, stored_state, versioned, versions_of
from calls.models import Budget, Call, Cutoff, Objective
from tests.desk import rows
from tests.factories import CallFactory, brussels
from tests.versions import FIRST, full_call, kept, path, rename

pytestmark = pytest.mark.django_db

# Keeping -------------------------------------------------------------------------------------------------------------


def test_a_save_at_the_desk_is_a_version_with_author_and_time(desk, editor):
    call = full_call()
    before = stored_state(call.pk)
    Call.objects.filter(pk=call.pk).update(updated_at=brussels(2026, 1, 2, 3))
    start = timezone.now()
    assert desk.send(path(call, "change"), title="Ander", **{"budgets-0-amount": "5"}) == []
    first, second = versions_of(call.pk).order_by("pk")
    assert (state_at(first), state_at(second)) == (before, stored_state(call.pk))
    assert kept(call) == [(None, FIRST), (editor, "Titel gewijzigd. Bedrag (euro) voor budgetlijn ‘EU’ gewijzigd.")]
    assert first.revision.date_created == brussels(2026, 1, 2, 3)
    assert start <= second.revision.date_created <= timezone.now()


def test_a_new_call_is_a_version_at_once(desk, editor):
    sent = {"title": "Nieuw", **rows("budgets", {"order": 1, "amount": "7"})}
    assert desk.send("/beheer/calls/call/add/", **sent) == []
    call = Call.objects.get()
    assert kept(call) == [(editor, "Toegevoegd. Budgetlijn ‘€ 7’ toegevoegd.")]
    assert state_at(versions_of(call.pk).get()) == stored_state(call.pk)
    assert LogEntry.objects.count() == 1


def test_a_save_that_changes_nothing_and_a_refused_one_are_no_version(desk):
    call = full_call(published_at=brussels(2026, 1, 1, 9))
    assert desk.send(path(call, "change")) == []
    assert desk.send(path(call, "change"), title="") == [("title", "Dit veld is verplicht.")]
    assert kept(call) == [(None, FIRST)]


def test_looking_makes_no_version(desk):
    call = full_call()
    rename(call, "Ander")
    before = Version.objects.count()
    for part in ("change", "history", f"history/{versions_of(call.pk).last().pk}/restore", "delete"):
        assert desk.client.get(path(call, part)).status_code == 200
    assert Version.objects.count() == before


@pytest.mark.parametrize(
    "edit",
    [
        lambda call: call.themes.clear(),
        lambda call: call.themes.first().calls.remove(call),
        lambda call: call.budgets.get().delete(),
        lambda call: Objective.objects.create(call=call, text="<p>Nog een</p>"),
        lambda call: Cutoff.objects.filter(call=call).delete(),
        lambda call: call.documents.get().__class__.objects.filter(pk=call.documents.get().pk).delete(),
    ],
)
def test_a_change_of_rows_alone_is_a_version(edit, user):
    call = full_call()
    before = stored_state(call.pk)
    with versioned(user, "Rijen gewijzigd."):
        edit(call)
    assert kept(call) == [(None, FIRST), (user, "Rijen gewijzigd.")]
    first, second = versions_of(call.pk).order_by("pk")
    assert (state_at(first), state_at(second)) == (before, stored_state(call.pk))
    assert state_at(second) != before


def test_named_calls_are_kept_without_any_signal(user):
    call = full_call()
    with versioned(user, "In bulk.", call):
        Call.objects.update(code="X-1")
    assert kept(call) == [(None, FIRST), (user, "In bulk.")]


def test_each_call_has_a_revision_of_its_own(user):
    calls = [full_call() for _ in range(3)]
    with versioned(user, "In bulk."):
        for call in calls:
            call.code = "X-1"
            call.save()
    assert [kept(call) for call in calls] == [[(None, FIRST), (user, "In bulk.")]] * 3
    assert [one.version_set.count() for one in Revision.objects.all()] == [7] * 6


def test_what_changed_outside_any_version_is_kept_before_the_next_edit(user):
    call = full_call()
    rename(call, "Een", user, "Titel gewijzigd.")
    Call.objects.update(title="Door een fixture")
    rename(call, "Twee", user, "Titel gewijzigd.")
    titles = [state_at(one)["call"]["title"] for one in versions_of(call.pk).order_by("pk")]
    assert titles == ["Oproep", "Een", "Door een fixture", "Twee"]


def test_an_edit_that_fails_leaves_nothing(user):
    call = full_call()

    def fail():
        with versioned(user, "Mislukt."):
            Call.objects.get().delete()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (Call.objects.count(), Version.objects.count(), LogEntry.objects.count()) == (1, 0, 0)
    rename(call, "Daarna", user, "Titel gewijzigd.")
    assert kept(Call.objects.get()) == [(None, FIRST), (user, "Titel gewijzigd.")]


def test_a_block_within_another_belongs_to_that_one(user):
    call = full_call()
    with versioned(user), versioned(None, "Binnenin."):
        call.title = "Ander"
        call.save()
    assert kept(call) == [(None, FIRST), (user, "Binnenin.")]


def test_without_a_block_nothing_is_kept(django_assert_num_queries):
    call = full_call()
    call.title = "Ander"
    with django_assert_num_queries(3):
        call.save()
    assert Version.objects.count() == 0


@pytest.mark.parametrize("number", [3, 60])
def test_an_edit_takes_as_many_queries_whatever_the_rows(number, django_assert_num_queries, user):
    call = CallFactory()
    Budget.objects.bulk_create(Budget(call=call, order=n, amount=n) for n in range(number))
    rename(call, "Een", user)
    with django_assert_num_queries(33):
        rename(call, "Twee", user)


# The pages -----------------------------------------------------------------------------------------------------------


def test_the_history_says_who_did_what_and_when(desk, editor):
    call = full_call()
    assert desk.read(path(call, "history")).endswith(
        "Deze oproep heeft nog geen versies: de eerste wijziging maakt er een van hoe de oproep nu is, "
        "en een van hoe ze dan wordt."
    )
    rename(call, "Ander", editor, "Titel gewijzigd.")
    Revision.objects.update(date_created=brussels(2026, 11, 2, 9, 5))
    text = desk.read(path(call, "history")).partition("Acties ")[2]
    at = "2 november 2026 09:05"
    choose = f"vergelijken van {at} vergelijken met {at} {at}"
    assert text == (
        f"{choose} nieuwste {editor.email} Titel gewijzigd. Wat wijzigde er? "
        f"{choose} automatisch {FIRST} Herstellen… De twee vergelijken"
    )


@pytest.mark.parametrize("number", [1, 3])
def test_the_history_takes_as_many_queries_whatever_the_versions(desk, number, django_assert_num_queries):
    call = full_call()
    for n in range(number):
        rename(call, f"Titel {n}")
    desk.client.get(path(call, "history"))
    with django_assert_num_queries(7):
        desk.client.get(path(call, "history"))


def test_two_versions_are_compared_in_either_order(desk, user):
    call = full_call()
    rename(call, "Oproep twee", user)
    old, new = versions_of(call.pk).order_by("pk")
    pages = [
        desk.read(f"{path(call, 'history/compare')}?from={a}&to={b}") for a, b in [(old.pk, new.pk), (new.pk, old.pk)]
    ]
    assert pages[0] == pages[1]
    assert pages[0].endswith("Veld Wat er wijzigde Titel Oproep toegevoegd: twee")
    same = desk.read(f"{path(call, 'history/compare')}?from={old.pk}&to={old.pk}")
    assert same.endswith("Deze versies zijn gelijk.")


def test_the_history_of_a_site_with_many_versions_leads_to_the_comparison(desk, user):
    call = full_call()
    rename(call, "Oproep twee", user)
    for version in versions_of(call.pk).order_by("pk"):
        Version.objects.filter(pk=version.pk).update(id=version.pk + 12_000)
    old, new = versions_of(call.pk).order_by("pk").values_list("pk", flat=True)
    html = desk.client.get(path(call, "history")).text
    assert re.findall(r"compare/\?(from=[^\"]+)", html) == [f"from={old}&amp;to={new}"]
    assert re.findall(r'name="from" value="([^"]+)"', html) == [str(new), str(old)]


@pytest.mark.parametrize(
    "query", ["", "?from=1", "?from=x&to=y", "?from=-1&to=0", f"?from={'9' * 30}&to=1", "?from=²&to=1"]
)
def test_a_wrong_choice_of_versions_is_said(desk, query):
    call = full_call()
    response = desk.client.get(path(call, "history/compare") + query, follow=True)
    assert response.redirect_chain == [(path(call, "history"), 302)]
    assert "Kies twee versies van deze oproep om ze te vergelijken." in response.text


def test_the_version_of_another_call_is_not_found(desk):
    call, other = full_call(), full_call()
    rename(other, "Ander")
    version = versions_of(other.pk).first().pk
    assert desk.client.get(path(call, f"history/{version}/restore")).status_code == 404
    assert desk.client.post(path(call, f"history/{version}/restore")).status_code == 404
    for number in (0, 10**30):
        assert desk.client.get(path(call, f"history/{number}/restore")).status_code == 404
    assert desk.client.get("/beheer/calls/call/999/history/compare/").status_code == 404
