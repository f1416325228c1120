"""Who did what at the desk: readable, searchable, and nobody changes it."""

import re

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

from accounts.models import User
from calls.desk.restoring import restore
from calls.desk.versions import versioned, versions_of
from calls.models import Call
from tests.desk import Desk
from tests.factories import CallFactory, EditorFactory, ThemeFactory, brussels

pytestmark = pytest.mark.django_db
LOG = "/beheer/admin/logentry/"


def entry(user, row, flag, message="", **fields):
    kind = ContentType.objects.get_for_model(row)
    about = {"content_type": kind, "object_id": row.pk, "object_repr": str(row), "change_message": message}
    return LogEntry.objects.create(user=user, action_flag=flag, **about | fields)


def sentences(desk, query=""):
    return [row[1] for row in desk.table(LOG + query)[1:]]


@pytest.fixture
def an(editor):
    User.objects.filter(pk=editor.pk).update(first_name="An", last_name="Peeters")
    return editor


@pytest.fixture
def lines(an):
    """What two people did on two days, the newest last."""
    bert, call, theme = (
        EditorFactory(email="bert@example.org"),
        CallFactory(title="Oproep"),
        ThemeFactory(name="Asiel"),
    )
    first, second = brussels(2026, 11, 1, 9), brussels(2026, 11, 2, 10, 30)
    entry(an, call, ADDITION, '[{"added": {}}]', action_time=first)
    entry(an, call, CHANGE, '[{"changed": {"fields": ["title", "deadline"]}}]', action_time=second)
    entry(bert, call, CHANGE, "Fonds gewijzigd in bulk.", action_time=second)
    entry(bert, theme, DELETION, action_time=second)
    return call


def test_the_log_reads_as_sentences(desk, lines):
    assert desk.table(LOG) == [
        ["Wie", "Wat", "Geschiedenis"],
        ["bert@example.org", "Thema “Asiel” is verwijderd.", "–"],
        ["bert@example.org", "Oproep “Oproep” is gewijzigd: Fonds gewijzigd in bulk.", "Geschiedenis"],
        ["An Peeters", "Oproep “Oproep” is gewijzigd: Titel en deadline gewijzigd.", "Geschiedenis"],
        ["An Peeters", "Oproep “Oproep” is toegevoegd.", "Geschiedenis"],
    ]
    html = desk.client.get(LOG).text
    assert f'<a href="/beheer/calls/call/{lines.pk}/history/">' in html
    assert re.findall(r'class="field-when nowrap">(.*?)<', html) == [
        *["2 november 2026 10:30"] * 3,
        "1 november 2026 09:00",
    ]


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("?q=oproep", 3),
        ("?q=titel", 1),
        ("?q=DEADLINE", 1),
        ("?q=bulk", 1),
        ("?q=peeters", 2),
        ("?q=bert@example.org", 2),
        ("?q=niets", 0),
        ("?q=%00", 4),
        ("?action_flag__exact=1", 1),
        ("?action_time__day=1&action_time__month=11&action_time__year=2026", 1),
        ("?kind=x", 4),
        ("?kind=999999999999999999999", 4),
    ],
)
def test_the_log_is_searched_and_filtered(desk, lines, query, number):
    assert len(sentences(desk, query)) == number


def test_the_log_is_filtered_by_person_and_kind(desk, lines, an):
    assert len(sentences(desk, f"?user__id__exact={an.pk}")) == 2
    kind = ContentType.objects.get_for_model(Call).pk
    assert len(sentences(desk, f"?kind={kind}")) == 3
    page = desk.read(LOG)
    assert "Op soort Alle Oproep Thema" in page


@pytest.mark.parametrize("number", [1, 30])
def test_the_log_takes_as_many_queries_whatever_its_length(desk, an, number, django_assert_num_queries):
    for _ in range(number):
        entry(an, CallFactory(), CHANGE, "Iets.")
    sentences(desk)
    with django_assert_num_queries(11):
        sentences(desk)


def test_nobody_changes_the_log(lines):
    chef = EditorFactory(is_superuser=True)
    desk, pk = Desk(chef), LogEntry.objects.first().pk
    for page in ("add/", f"{pk}/delete/"):
        assert desk.client.get(LOG + page).status_code == 403
        assert desk.client.post(LOG + page, {"post": "yes"}).status_code == 403
    assert desk.client.post(f"{LOG}{pk}/change/", {"object_repr": "x"}).status_code == 403
    desk.client.post(LOG, {"action": "delete_selected", "_selected_action": [pk], "post": "yes"})
    assert LogEntry.objects.count() == 4


@pytest.fixture(autouse=True)
def no_second_factor(settings):
    settings.STAFF_SECOND_FACTOR = False


def test_who_may_not_see_accounts_reads_nothing_about_them(desk, an):
    entry(an, EditorFactory(email="geheim@example.org"), CHANGE, "E-mailadres gewijzigd.")
    assert "geheim" not in desk.read(LOG)
    assert sentences(desk) == []
    assert len(sentences(Desk(EditorFactory(is_superuser=True)))) == 1


def test_staff_without_the_right_do_not_see_the_log(editor):
    user = EditorFactory()
    user.user_permissions.add(Permission.objects.get(codename="view_call"))
    assert Desk(user).client.get(LOG).status_code == 403
    group = Group.objects.get(name="VLEVA-redactie")
    user.groups.add(group)
    assert Desk(user).client.get(LOG).status_code == 200


# What is written down ------------------------------------------------------------------------------------------------


def messages():
    return [
        (one.user, one.action_flag, one.object_repr, one.get_change_message()) for one in LogEntry.objects.all()[::-1]
    ]


def test_an_edit_outside_the_forms_is_written_down_once(an):
    call = CallFactory(title="Oproep", published_at=None)
    with versioned(an, "In bulk gewijzigd."):
        call.code = "X"
        call.save()
    restore(call, versions_of(call.pk).last(), an, "Hersteld.")
    with versioned(None, "Door de import."):
        call.save()
    with versioned(an, "Nieuw."):
        CallFactory(title="Nog een")
    assert messages() == [
        (an, CHANGE, "Oproep", "In bulk gewijzigd."),
        (an, CHANGE, "Oproep", "Hersteld."),
        (an, ADDITION, "Nog een", "Nieuw."),
    ]


def test_an_edit_in_the_form_is_written_down_once(desk, an):
    call = CallFactory(title="Oproep", published_at=None)
    assert desk.send(f"/beheer/calls/call/{call.pk}/change/", title="Ander") == []
    assert messages() == [(an, CHANGE, "Ander", "Titel gewijzigd.")]
    desk.client.post(f"/beheer/calls/call/{call.pk}/delete/", {"post": "yes"})
    assert messages()[1:] == [(an, DELETION, "Ander", "")]


def test_a_very_long_title_fits_in_the_log(an):
    call = CallFactory(title="x" * 500)
    with versioned(an, "In bulk gewijzigd."):
        call.code = "X"
        call.save()
    assert LogEntry.objects.get().object_repr == "x" * 199 + "…"
