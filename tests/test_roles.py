"""Editors publish, contributors write drafts, readers look: by each way in, also by hand."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.utils import timezone

from calls.desk.versions import versioned, versions_of
from calls.models import Budget, Call
from calls.status import Publication
from tests.desk import Desk, rows
from tests.factories import CallFactory, EditorFactory, UserFactory

pytestmark = pytest.mark.django_db
LIST = "/beheer/calls/call/"
GROUPS = {"editor": "VLEVA-redactie", "contributor": "VLEVA-bijdragers", "reader": "VLEVA-lezers"}


@pytest.fixture(autouse=True)
def desk_without_second_factor(settings, roles):
    settings.STAFF_SECOND_FACTOR = False


def person(role):
    user = EditorFactory()
    user.groups.add(Group.objects.get(name=GROUPS[role]))
    return user


def one_of_each():
    """{publication: a call}."""
    now = timezone.now()
    at = {
        Publication.DRAFT: (None, None),
        Publication.SCHEDULED: (now + timedelta(1), None),
        Publication.PUBLISHED: (now - timedelta(1), None),
        Publication.WITHDRAWN: (now - timedelta(2), now - timedelta(1)),
    }
    return {
        publication: CallFactory(title=publication, published_at=published, withdrawn_at=withdrawn)
        for publication, (published, withdrawn) in at.items()
    }


def path(call, *parts):
    return "/".join([f"{LIST}{call.pk}", *map(str, parts), ""])


MAY_CHANGE = {"editor": set(Publication), "contributor": {Publication.DRAFT}, "reader": set()}


@pytest.mark.parametrize("role", GROUPS)
def test_the_set_and_the_form_agree_on_who_may_change_what(role):
    calls, user = one_of_each(), person(role)
    assert {call.publication for call in Call.objects.editable_by(user)} == MAY_CHANGE[role]
    desk = Desk(user)
    editable = {publication for publication, call in calls.items() if "title" in desk.form(path(call, "change"))}
    assert editable == MAY_CHANGE[role]


@pytest.mark.parametrize("role", GROUPS)
def test_everybody_at_the_desk_sees_all_calls_and_their_history(role):
    calls, desk = one_of_each(), Desk(person(role))
    assert {row[0] for row in desk.table(LIST)[1:]} == set(Publication)
    for call in calls.values():
        with versioned():
            Call.objects.get(pk=call.pk).save()
            Budget.objects.create(call=call, amount=1)
        assert call.title in desk.read(path(call, "change"))
        assert "Zoals de oproep was" in desk.read(path(call, "history"))


@pytest.mark.parametrize("role", GROUPS)
@pytest.mark.parametrize("publication", Publication)
def test_a_form_sent_by_hand_is_refused_where_the_form_is(role, publication):
    call, user = one_of_each()[publication], person(role)
    desk = Desk(user)
    editor_form = Desk(person("editor")).form(path(call, "change"))
    response = desk.client.post(path(call, "change"), editor_form | {"title": "Ander", "_save": ""})
    allowed = publication in MAY_CHANGE[role]
    assert response.status_code == (302 if allowed else 403)
    assert Call.objects.get(pk=call.pk).title == ("Ander" if allowed else publication)


@pytest.mark.parametrize("role", GROUPS)
def test_only_editors_publish(role):
    call, desk = CallFactory(published_at=None), Desk(person(role))
    form = Desk(person("editor")).form(path(call, "change")) | {"_save": "", "publish_anyway": "yes"}
    form |= {"published_at_0": "01-01-2026", "published_at_1": "12:00"}
    form |= {"withdrawn_at_0": "01-01-2026", "withdrawn_at_1": "13:00"}
    desk.client.post(path(call, "change"), form)
    call.refresh_from_db()
    if role != "editor":
        assert (call.published_at, call.withdrawn_at) == (None, None)
        assert "published_at_0" not in desk.form(path(call, "change"))


def test_a_contributor_adds_a_draft_with_its_rows():
    desk = Desk(person("contributor"))
    sent = {"title": "Voorstel", "published_at_0": "01-01-2026", "published_at_1": "12:00"}
    sent |= rows("budgets", {"order": 1, "amount": "1.000"})
    assert desk.send(f"{LIST}add/", **sent) == []
    call = Call.objects.get()
    assert (call.title, call.publication, call.budgets.get().amount) == ("Voorstel", Publication.DRAFT, 1000)


def test_who_may_only_look_reads_text_and_no_code():
    call = CallFactory(published_at=None, introduction="<p>Lees <strong>dit</strong>.</p>")
    call.objectives.create(order=1, text="<p>Een <em>doel</em>.</p>")
    html = Desk(person("reader")).client.get(path(call, "change")).text
    assert "<p>Lees <strong>dit</strong>.</p>" in html
    assert "<p>Een <em>doel</em>.</p>" in html


def test_a_row_that_was_added_and_left_empty_is_none(desk):
    left = rows("budgets", {"order": 10}) | rows("actions", {"order": 10}) | rows("objectives", {"order": 10})
    assert desk.send(f"{LIST}add/", title="Voorstel", **left) == []
    call = Call.objects.get()
    assert (call.budgets.count(), call.actions.count(), call.objectives.count()) == (0, 0, 0)


def test_a_reader_adds_nothing():
    desk = Desk(person("reader"))
    assert desk.client.get(f"{LIST}add/").status_code == 403
    assert desk.client.post(f"{LIST}add/", {"title": "x"}).status_code == 403


@pytest.mark.parametrize("role", ["contributor", "reader"])
def test_only_editors_delete_and_recover(role):
    call, desk = CallFactory(published_at=None), Desk(person(role))
    assert desk.client.get(path(call, "delete")).status_code == 403
    assert desk.client.post(path(call, "delete"), {"post": "yes"}).status_code == 403
    desk.client.post(LIST, {"action": "delete_selected", "_selected_action": [call.pk], "post": "yes"})
    assert Call.objects.filter(pk=call.pk).exists()
    with versioned():
        Call.objects.get(pk=call.pk).delete()
    version = versions_of(call.pk).get().pk
    assert "Verwijderde oproepen terughalen" not in desk.read(LIST)
    for address in (f"{LIST}recover/", f"{LIST}recover/{version}/"):
        assert desk.client.get(address).status_code == 403
    assert desk.client.post(f"{LIST}recover/{version}/").status_code == 403
    assert not Call.objects.exists()


@pytest.mark.parametrize("role", GROUPS)
@pytest.mark.parametrize("publication", Publication)
def test_a_version_is_restored_by_who_may_change_the_call(role, publication):
    call, desk = one_of_each()[publication], Desk(person(role))
    with versioned():
        stored = Call.objects.get(pk=call.pk)
        stored.title = "Ander"
        stored.save()
    address = path(call, "history", versions_of(call.pk).last().pk, "restore")
    allowed = publication in MAY_CHANGE[role]
    assert ("Herstellen…" in desk.read(path(call, "history"))) is allowed
    page = desk.client.get(address)
    assert page.status_code == (200 if allowed else 403)
    sent = {"made_from": Desk(person("editor")).client.get(address).context["made_from"]}
    assert desk.client.post(address, sent).status_code == (302 if allowed else 403)
    assert Call.objects.get(pk=call.pk).title == (publication if allowed else "Ander")


def test_who_lost_the_rights_has_none():
    calls = one_of_each()
    for field in ("is_active", "is_staff"):
        user = person("editor")
        setattr(user, field, False)
        user.save()
        assert list(Call.objects.editable_by(user)) == []
        assert Desk(user).client.post(path(calls[Publication.DRAFT], "change"), {}).status_code in (302, 403)
    assert list(Call.objects.editable_by(UserFactory())) == list(Call.objects.editable_by(AnonymousUser())) == []


def test_a_superuser_may_everything():
    one_of_each()
    user = EditorFactory(is_superuser=True)
    assert Call.objects.editable_by(user).count() == 4
    assert "Verwijderde oproepen terughalen" in Desk(user).read(LIST)
    assert Desk(user).client.get(f"{LIST}recover/").status_code == 200


def test_a_call_published_meanwhile_is_not_changed_by_a_contributor():
    call = CallFactory(title="Ontwerp", published_at=None)
    desk = Desk(person("contributor"))
    form = desk.form(path(call, "change"))
    Call.objects.update(published_at=timezone.now())
    assert desk.client.post(path(call, "change"), form | {"title": "Ander", "_save": ""}).status_code == 403
    assert Call.objects.get().title == "Ontwerp"


def test_a_contributor_does_not_see_the_buttons_that_are_not_theirs():
    call = CallFactory(published_at=None)
    html = Desk(person("contributor")).client.get(path(call, "change")).text
    assert ("deletelink" in html, 'name="_publish' in html) == (False, False)
