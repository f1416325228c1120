"""A call copied as its next edition: what comes along, what stays behind, and who hears of it."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile

from accounts.due import next_editions, people
from accounts.models import CallChoice
from calls.desk.editions import next_edition, raised
from calls.models import Call, Change
from tests.desk import Desk
from tests.factories import ApplicantTypeFactory, CallFactory, EditorFactory, ThemeFactory, UserFactory, brussels
from tests.test_checks import FULL, NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def desk(clock, desk):
    return desk


@pytest.fixture
def call(clock, documents):
    texts = {name: f"<p>{name}</p>" for name in Call.long_texts()}
    fields = {"title": "Integratie 2026", "title_language": "en", "code": "AMIF-2026-AG-CALL-02"}
    fields |= {
        "opens_at": brussels(2027, 1, 4),
        "deadline_model": "two_stage",
        "source_url": "https://example.org/2026",
    }
    call = CallFactory(**FULL | texts | fields, themes=[ThemeFactory(), ThemeFactory()], own_fields=["title"])
    call.applicant_types.set([ApplicantTypeFactory()])
    call.objectives.create(order=1, text="<p>Doel</p>")
    call.actions.create(order=1, group="Groep", text="<p>Actie</p>")
    call.budgets.create(order=1, label="EU", amount=500, shared=True)
    call.cutoffs.create(label="fase 1", at=brussels(2027, 4, 1))
    call.documents.create(order=1, title="Gids", file=ContentFile(b"%PDF", "gids.pdf"))
    call.documents.create(order=2, title="Portaal", link="https://example.org/portaal")
    return call


def address(call):
    return f"/beheer/calls/call/{call.pk}/volgende-editie/"


@pytest.mark.parametrize(
    ("text", "next_one"),
    [
        ("AMIF-2020-AG-CALL-02", "AMIF-2021-AG-CALL-02"),
        ("EACEA/51/2018", "EACEA/51/2019"),
        ("Oproep 2019-2020", "Oproep 2020-2021"),
        ("Schooljaar 2019/2020", "Schooljaar 2020/2021"),
        ("AMIF 2021-2027: integratie", "AMIF 2021-2027: integratie"),
        ("AMIF 2021–2027: oproep 2026", "AMIF 2021–2027: oproep 2027"),
        ("Oproep 42", "Oproep 42"),
        ("Nummer 120201", "Nummer 120201"),
        ("", ""),
    ],
)
def test_years_are_raised(text, next_one):
    assert raised(text) == next_one


def test_the_page_says_what_comes_along(desk, call):
    page = desk.read(address(call))
    assert "Titel Integratie 2027 Code AMIF-2027-AG-CALL-02 Gaat mee alle teksten, doelstellingen" in page
    assert "en de bijlagen die een bestand zijn: Gids Familie" in page
    assert Call.objects.count() == 1


def test_all_but_dates_and_files_is_copied(desk, call):
    response = desk.client.post(address(call))
    new = Call.objects.exclude(pk=call.pk).get()
    assert response.url == f"/beheer/calls/call/{new.pk}/change/"
    assert (new.title, new.code, new.slug) == ("Integratie 2027", "AMIF-2027-AG-CALL-02", "integratie-2027")
    assert (new.title_language, new.fund, new.family) == ("en", call.fund, "amif-ag-call-02")
    assert {name: getattr(new, name) for name in Call.long_texts()} == {
        name: getattr(call, name) for name in Call.long_texts()
    }
    assert (new.opens_at, new.deadline, new.published_at, new.withdrawn_at) == (None, None, None, None)
    assert (new.deadline_model, new.source_url, new.own_fields, new.sequence) == ("unknown", "", [], 0)
    assert [*new.themes.all()] == [*call.themes.all()]
    assert [*new.applicant_types.all()] == [*call.applicant_types.all()]
    assert list(new.objectives.values_list("order", "text")) == [(1, "<p>Doel</p>")]
    assert list(new.actions.values_list("order", "group", "text")) == [(1, "Groep", "<p>Actie</p>")]
    assert list(new.budgets.values_list("order", "label", "amount", "shared")) == [(1, "EU", 500, True)]
    assert list(new.documents.values_list("title", "link", "file")) == [("Portaal", "https://example.org/portaal", "")]
    assert new.cutoffs.count() == 0
    # The first one lost nothing by it.
    assert [getattr(call, rows).count() for rows in ("objectives", "actions", "budgets", "documents")] == [1, 1, 1, 2]
    assert new.problems.filter(code="deadline_missing").count() == 1
    assert Change.objects.count() == 0


def test_a_rolling_call_stays_rolling(editor):
    call = CallFactory(deadline=None, deadline_model="rolling")
    assert next_edition(call, editor).deadline_model == "rolling"


def test_two_without_a_family_get_one(editor):
    call = CallFactory(title="Zonder code")
    new = next_edition(call, editor)
    call.refresh_from_db()
    assert (call.family, new.family) == ("zonder-code", "zonder-code")
    assert [*Call.objects.editions_of(call)] == [new]


def test_a_double_click_makes_one(desk, call, clock):
    addresses = {desk.client.post(address(call)).url for _click in range(3)}
    assert (len(addresses), Call.objects.count()) == (1, 2)
    clock.shift(timedelta(minutes=2))
    desk.client.post(address(call))
    assert Call.objects.count() == 3


def test_who_may_copy(settings, call, editor):
    settings.STAFF_SECOND_FACTOR = False
    statuses = {}
    for group in ("VLEVA-lezers", "VLEVA-bijdragers"):
        user = EditorFactory()
        user.groups.add(Group.objects.get(name=group))
        desk = Desk(user)
        shown = "volgende-editie/" in desk.client.get(f"/beheer/calls/call/{call.pk}/change/").text
        statuses[group] = (desk.client.post(address(call)).status_code, shown)
    assert statuses == {"VLEVA-lezers": (403, False), "VLEVA-bijdragers": (302, True)}
    assert Desk(editor).client.get("/beheer/calls/call/0/volgende-editie/").status_code == 404


def test_a_contributor_links_nothing_to_a_published_call(settings, editor):
    settings.STAFF_SECOND_FACTOR = False
    call = CallFactory(title="Zonder code")
    contributor = EditorFactory()
    contributor.groups.add(Group.objects.get(name="VLEVA-bijdragers"))
    Desk(contributor).client.post(address(call))
    assert list(Call.objects.order_by("pk").values_list("family", flat=True)) == ["", ""]


def test_whoever_awaits_it_hears_of_it_when_it_is_published(call, editor, clock):
    reader = UserFactory()
    CallChoice.objects.create(user=reader, call=call, kind=CallChoice.Kind.NEXT_EDITION)
    new = next_edition(call, editor)
    assert new not in [item.call for item in next_editions()]
    new.deadline, new.deadline_model, new.published_at = brussels(2028, 6, 1), "single_stage", NOW
    new.save()
    [item] = [item for item in next_editions() if item.call == new]
    assert list(people(item, lambda: None)) == [reader]
