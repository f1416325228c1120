"""The open data at /api/v1/: what it gives."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from calls.models import Call
from tests.factories import (
    ApplicantTypeFactory,
    CallFactory,
    ContactFactory,
    FundFactory,
    ThemeFactory,
    brussels,
)

pytestmark = pytest.mark.django_db

ABSENT = {"detail": "There is nothing at this address; see /api/v1/docs."}
EMPTY = {"html": "", "text": ""}


def titles(client, query=""):
    return [call["title"] for call in client.get(f"/api/v1/calls?{query}").json()["items"]]


# What it gives -------------------------------------------------------------------------------------------------------


@pytest.fixture
def a_call():
    parent = ThemeFactory(name="Eu algemeen")
    theme = ThemeFactory(name="Migratie", parent=parent, contact=ContactFactory())
    fund = FundFactory(
        name="Asielfonds", abbreviation="AMIF", period="2021-2027", introduction="<p>Over <strong>het</strong></p>"
    )
    fund.themes.add(theme)
    fund.applicant_types.add(ApplicantTypeFactory(name="Ngo's"))
    fund.objectives.create(order=1, title="Doel", text="<p>Samen</p>")
    fund.budgets.create(order=1, label="Nationaal", amount=Decimal("2752000000"))
    authority = ContactFactory(kind="authority", organisation="POD", name="", email="pod@example.org")
    fund.fund_contacts.create(order=1, role="Autoriteit", contact=authority)
    dates = {"opens_at": brussels(2027, 1, 4, 9), "deadline": brussels(2027, 7, 16, 17)}
    call = CallFactory(title="Opvang", code="AMIF-1", fund=fund, themes=[theme], introduction="<p>Dag</p>", **dates)
    call.objectives.create(order=1, text="<p>Eén</p>")
    call.actions.create(order=1, group="Groep", text="Actie")
    call.budgets.create(order=1, label="Pot", amount=Decimal("1320069.53"), rate=Decimal(75), shared=True)
    call.budgets.create(order=2, rate=Decimal("12.5"), note="hoogstens")
    call.cutoffs.create(label="fase 1", at=brussels(2027, 3, 28, 3))
    call.documents.create(order=1, title="Gids", link="https://example.org/gids.pdf")
    call.documents.create(order=2, title="Formulier", file="2027/01/formulier.odt")
    moved = {"opens_at": [[], ["maandag 4 januari 2027 om 09.00 uur"]], "deadline": [["onbekend"], ["later"]]}
    call.changes.create(facts=moved, minor=True, changed_at=brussels(2027, 1, 3, 12))
    Call.objects.update(published_at=brussels(2027, 1, 1), updated_at=brussels(2027, 1, 2))
    with time_machine.travel(brussels(2027, 2, 1), tick=False):
        yield call


FUND = {
    "slug": "amif-2021-2027",
    "url": "http://testserver/fondsen/amif-2021-2027/",
    "name": "Asielfonds",
    "abbreviation": "AMIF",
    "period": "2021-2027",
}
THEME = {"slug": "migratie", "url": "http://testserver/themas/migratie/", "name": "Migratie"}
ROOT = {"slug": "eu-algemeen", "url": "http://testserver/themas/eu-algemeen/", "name": "Eu algemeen"}
POT = {"label": "Pot", "amount": "1320069.53", "rate": "75.00", "shared": True, "note": ""}
SUMMARY = {
    "slug": "opvang",
    "url": "http://testserver/oproepen/opvang/",
    "title": "Opvang",
    "title_language": "nl",
    "code": "AMIF-1",
    "status": "open",
    "fund": FUND,
    "themes": [THEME],
    "who_may_apply": [{"slug": "ngos", "name": "Ngo's"}],
    "opens_at": "2027-01-04T09:00:00+01:00",
    "deadline": "2027-07-16T17:00:00+02:00",
    "deadline_model": "single_stage",
    "cutoffs": [{"label": "fase 1", "at": "2027-03-28T03:00:00+02:00"}],
    "next_date": "2027-03-28T03:00:00+02:00",
    "budgets": [POT, {"label": "", "amount": None, "rate": "12.50", "shared": False, "note": "hoogstens"}],
    "source_url": "",
    "published_at": "2027-01-01T00:00:00+01:00",
    "updated_at": "2027-01-02T00:00:00+01:00",
}


def test_calls(client, a_call):
    assert client.get("/api/v1/calls").json() == {"count": 1, "next": None, "items": [SUMMARY]}


def test_one_call(client, a_call):
    document = f"http://testserver/oproepen/opvang/bijlagen/{a_call.documents.last().pk}/"
    texts = ["objectives_before", "objectives_after", "actions_before", "actions_after", "budget_text"]
    texts += ["beneficiaries", "target_group", "final_beneficiaries", "info_contact"]
    found = client.get("/api/v1/calls/opvang").json()
    assert found == SUMMARY | dict.fromkeys(texts, EMPTY) | {
        "introduction": {"html": "<p>Dag</p>", "text": "Dag"},
        "objectives": [{"text": {"html": "<p>Eén</p>", "text": "Eén"}}],
        "actions": [{"group": "Groep", "text": {"html": "Actie", "text": "Actie"}}],
        "documents": [
            {"title": "Gids", "url": "https://example.org/gids.pdf"},
            {"title": "Formulier", "url": document},
        ],
        "changes": [
            {
                "changed_at": "2027-01-03T12:00:00+01:00",
                "facts": [
                    {"fact": "opens_at", "before": [], "after": ["maandag 4 januari 2027 om 09.00 uur"]},
                    {"fact": "deadline", "before": ["onbekend"], "after": ["later"]},
                ],
            }
        ],
    }
    assert set(found) >= set(Call.long_texts())


def test_funds(client, a_call):
    counted = FUND | {"open_calls": 1, "themes": [THEME]}
    assert client.get("/api/v1/funds").json() == {"count": 1, "items": [counted]}
    assert client.get("/api/v1/funds/amif-2021-2027").json() == counted | {
        "notice": "",
        "introduction": {"html": "<p>Over <strong>het</strong></p>", "text": "Over het"},
        "budget_text": EMPTY,
        "read_more": "",
        "applicant_types": [{"slug": "ngos", "name": "Ngo's"}],
        "objectives": [{"title": "Doel", "text": {"html": "<p>Samen</p>", "text": "Samen"}}],
        "budgets": [{"label": "Nationaal", "amount": "2752000000.00"}],
        "authorities": [
            {
                "role": "Autoriteit",
                "organisation": "POD",
                "name": "",
                "email": "pod@example.org",
                "phone": "",
                "website": "",
            }
        ],
    }


def test_themes(client, a_call):
    """With open calls alone, and without the contact, whom only users see."""
    CallFactory(title="Dicht", themes=a_call.themes.all(), deadline=brussels(2027, 1, 31))
    children = [THEME | {"open_calls": 1}]
    assert client.get("/api/v1/themes").json() == {
        "count": 1,
        "items": [ROOT | {"open_calls": 1, "children": children}],
    }
    assert client.get("/api/v1/themes/eu-algemeen").json() == ROOT | {
        "open_calls": 1,
        "children": children,
        "parent": None,
        "funds": [],
    }
    assert client.get("/api/v1/themes/migratie").json() == THEME | {
        "open_calls": 1,
        "children": [],
        "parent": ROOT,
        "funds": [FUND],
    }


def test_a_call_without_fund_and_deadline(client):
    CallFactory(title="Los", fund=None, deadline=None, deadline_model="rolling")
    (call,) = client.get("/api/v1/calls").json()["items"]
    none = ["fund", "deadline", "next_date", "opens_at"]
    assert {name: call[name] for name in none} == dict.fromkeys(none)
    assert (call["status"], call["who_may_apply"]) == ("open", [])


# Which calls ---------------------------------------------------------------------------------------------------------


def test_the_filters_and_the_order_of_the_page(client):
    theme, fund = ThemeFactory(name="Sport"), FundFactory(name="Fonds", abbreviation="SF", period="")
    soon, later = (timezone.now() + timedelta(days=days) for days in (5, 50))
    big = CallFactory(title="Grote oproep", themes=[theme], deadline=later)
    big.budgets.create(order=1, amount=900_000)
    CallFactory(title="Kleine oproep", fund=fund, deadline=soon)
    CallFactory(title="Gesloten", deadline=timezone.now() - timedelta(days=1))
    assert titles(client) == ["Kleine oproep", "Grote oproep"]
    assert titles(client, "sorteer=budget") == ["Grote oproep", "Kleine oproep"]
    assert titles(client, "thema=sport") == titles(client, "budget_van=500.000") == ["Grote oproep"]
    assert titles(client, "fonds=sf") == titles(client, "deadline=7") == titles(client, "q=klein") == ["Kleine oproep"]
    assert titles(client, "status=gesloten") == ["Gesloten"]
    assert titles(client, "thema=sport&fonds=sf") == []


def test_parts(client):
    for number in range(5):
        CallFactory(title=f"Oproep {number}", deadline=timezone.now() + timedelta(days=number + 1))
    first = client.get("/api/v1/calls?sorteer=deadline&limit=2").json()
    assert first["next"] == "http://testserver/api/v1/calls?sorteer=deadline&limit=2&offset=2"
    second = client.get(first["next"]).json()
    third = client.get(second["next"]).json()
    assert [part["count"] for part in (first, second, third)] == [5, 5, 5]
    found = [call["title"] for part in (first, second, third) for call in part["items"]]
    assert (found, third["next"]) == ([f"Oproep {number}" for number in range(5)], None)
    assert client.get("/api/v1/calls?offset=100000").json() == {"count": 5, "next": None, "items": []}


def test_published_calls_only_for_staff_too(client, editor):
    now = timezone.now()
    CallFactory(title="Klaar")
    CallFactory(title="Ontwerp", published_at=None)
    CallFactory(title="Straks", published_at=now + timedelta(days=1))
    CallFactory(title="Weg", withdrawn_at=now - timedelta(minutes=1))
    client.force_login(editor)
    assert titles(client, "status=alle") == ["Klaar"]
    statuses = {slug: client.get(f"/api/v1/calls/{slug}") for slug in ("klaar", "ontwerp", "straks", "weg", "x")}
    assert {slug: response.status_code for slug, response in statuses.items()} == {
        "klaar": 200,
        "ontwerp": 404,
        "straks": 404,
        "weg": 410,
        "x": 404,
    }
    assert statuses["weg"].json() == {"detail": "The funder withdrew this call."}
    assert statuses["ontwerp"].json() == statuses["x"].json() == ABSENT
