"""The CSV and the JSON of any list: read back as a spreadsheet and a program do."""

import csv
import json
from datetime import timedelta

import pytest
import time_machine
from django.test import RequestFactory

from calls import exports
from calls.filters import CallFilter
from calls.models import Call
from calls.status import DeadlineModel
from tests.factories import ApplicantTypeFactory, CallFactory, ThemeFactory, brussels

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("march")]
CSV, JSON = "/oproepen/oproepen.csv", "/oproepen/oproepen.json"


@pytest.fixture
def march():
    with time_machine.travel(brussels(2026, 3, 1, 12), tick=False):
        yield


def sheet(client, path=CSV):
    """The rows of the file as {heading: cell}."""
    response = client.get(path)
    assert (response.status_code, response["Content-Type"]) == (200, "text/csv; charset=utf-8")
    content = response.getvalue()
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(content.decode("utf-8-sig").splitlines(keepends=True), delimiter=";", strict=True))


def data(client, path=JSON):
    response = client.get(path)
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    return json.loads(response.getvalue())


def full_call():
    """A call of which everything is known."""
    call = CallFactory(
        title="Integratie",
        code="AMIF-2026",
        fund__abbreviation="AMIF",
        themes=[ThemeFactory(name="Migratie"), ThemeFactory(name="Asiel")],
        opens_at=brussels(2026, 2, 1, 9),
        deadline=brussels(2026, 6, 16, 17),
        deadline_model=DeadlineModel.TWO_STAGE,
        source_url="https://example.org/call",
        published_at=brussels(2026, 2, 1, 10),
        introduction='<p>Eerste &amp; tweede.</p><p>Zie <a href="https://example.org/x">de site</a>.</p>',
        objectives_before="<p>Vooraf:</p>",
        objectives_after="<p>Achteraf.</p>",
        budget_text="<p>€ 1,3 miljoen</p>",
        beneficiaries="<ul><li>Ngo’s</li><li><p>Gemeenten</p></li></ul>",
        target_group="<p>Nieuwkomers</p>",
        final_beneficiaries="<p>Iedereen</p>",
        info_contact='<p>Mail <a href="mailto:a@example.org">a@example.org</a></p>',
    )
    call.applicant_types.set([ApplicantTypeFactory(name="Ngo’s"), ApplicantTypeFactory(name="Gemeenten")])
    call.objectives.create(text="<p>Doel</p>")
    call.actions.create(order=1, group="Luik 1", text="<p>Een</p>")
    call.actions.create(order=2, group="Luik 1", text="<p>Twee</p>")
    call.actions.create(order=3, group="Luik 2 & 3", text="<p>Drie</p>")
    call.budgets.create(order=1, label="Luik 1", amount="1320069.53", rate="75", shared=True, note="samen")
    call.budgets.create(order=2, amount="5000")
    call.cutoffs.create(label="fase 1", at=brussels(2026, 4, 1, 12))
    call.documents.create(title="Gids", link="https://example.org/gids.pdf")
    return call


# Whole files ---------------------------------------------------------------------------------------------------------


def test_csv_has_every_column(client):
    full_call()
    assert sheet(client) == [
        {
            "Adres": "http://testserver/oproepen/integratie/",
            "Titel": "Integratie",
            "Taal van de titel": "nl",
            "Code": "AMIF-2026",
            "Fonds": "AMIF 2021-2027",
            "Thema's": "Asiel | Migratie",
            "Types organisaties": "Gemeenten | Ngo’s",
            "Status": "Open",
            "Opent": "2026-02-01T09:00:00+01:00",
            "Tussentijdse deadlines": "fase 1: 2026-04-01T12:00:00+02:00",
            "Deadline": "2026-06-16T17:00:00+02:00",
            "Deadlinemodel": "twee fasen",
            "Bedragen (euro)": "Luik 1: 1320069,53; één pot voor meerdere oproepen; samen | 5000,00",
            "Cofinancieringspercentages (%)": "Luik 1: 75,00; samen",
            "Bron": "https://example.org/call",
            "Gepubliceerd op": "2026-02-01T10:00:00+01:00",
            "Gewijzigd op": "2026-03-01T12:00:00+01:00",
            "Inleiding": "Eerste & tweede.\nZie de site (https://example.org/x).",
            "Doelstellingen": "Vooraf:\n• Doel\nAchteraf.",
            "Acties": "Luik 1:\n• Een\n• Twee\nLuik 2 & 3:\n• Drie",
            "Budget, in woorden": "€ 1,3 miljoen",
            "Begunstigden": "• Ngo’s\n• Gemeenten",
            "Doelgroep": "Nieuwkomers",
            "Eindbegunstigden": "Iedereen",
            "Info en contact": "Mail a@example.org",
            "Bijlagen": "Gids: https://example.org/gids.pdf",
        }
    ]


def test_json_has_the_same_with_types(client):
    full_call()
    found = data(client, f"{JSON}?status=open&sorteer=budget")
    [call] = found.pop("calls")
    assert found == {
        "licence": "https://creativecommons.org/licenses/by/4.0/",
        "attribution": "Bron: VLEVA, http://testserver/oproepen/?status=open",
        "total": 1,
    }
    assert list(call) == list(exports.LABELS)
    assert call == {
        "url": "http://testserver/oproepen/integratie/",
        "title": "Integratie",
        "title_language": "nl",
        "code": "AMIF-2026",
        "fund": "AMIF 2021-2027",
        "themes": ["Asiel", "Migratie"],
        "who_may_apply": ["Gemeenten", "Ngo’s"],
        "status": "open",
        "opens_at": "2026-02-01T09:00:00+01:00",
        "cutoffs": [{"label": "fase 1", "at": "2026-04-01T12:00:00+02:00"}],
        "deadline": "2026-06-16T17:00:00+02:00",
        "deadline_model": "two_stage",
        "amounts": [
            {"label": "Luik 1", "amount": "1320069.53", "shared": True, "note": "samen"},
            {"label": "", "amount": "5000.00", "shared": False, "note": ""},
        ],
        "rates": [{"label": "Luik 1", "rate": "75.00", "note": "samen"}],
        "source_url": "https://example.org/call",
        "published_at": "2026-02-01T10:00:00+01:00",
        "updated_at": "2026-03-01T12:00:00+01:00",
        "introduction": "Eerste & tweede.\nZie de site (https://example.org/x).",
        "objectives": "Vooraf:\n• Doel\nAchteraf.",
        "actions": "Luik 1:\n• Een\n• Twee\nLuik 2 & 3:\n• Drie",
        "budget_text": "€ 1,3 miljoen",
        "beneficiaries": "• Ngo’s\n• Gemeenten",
        "target_group": "Nieuwkomers",
        "final_beneficiaries": "Iedereen",
        "info_contact": "Mail a@example.org",
        "documents": [{"title": "Gids", "url": "https://example.org/gids.pdf"}],
    }


def test_what_is_not_known_is_empty(client):
    call = CallFactory(fund=None, deadline=None, deadline_model=DeadlineModel.ROLLING)
    [row] = sheet(client)
    filled = {"Adres", "Titel", "Taal van de titel", "Status", "Deadlinemodel", "Gepubliceerd op", "Gewijzigd op"}
    assert {name for name, cell in row.items() if cell} == filled
    [facts] = data(client)["calls"]
    assert {name: facts[name] for name in ("fund", "opens_at", "deadline", "source_url", "themes", "amounts")} == {
        "fund": None,
        "opens_at": None,
        "deadline": None,
        "source_url": "",
        "themes": [],
        "amounts": [],
    }
    assert facts["title"] == call.title


def test_the_types_are_those_of_the_fund_where_the_call_names_none(client):
    call = CallFactory()
    call.fund.applicant_types.set([ApplicantTypeFactory(name="Scholen")])
    assert data(client)["calls"][0]["who_may_apply"] == ["Scholen"]


def test_an_attachment_of_ours_has_its_whole_address(client, documents):
    call = CallFactory(title="Zon")
    document = call.documents.create(title="Gids", file="gids.pdf")
    address = f"http://testserver/oproepen/zon/bijlagen/{document.pk}/"
    assert data(client)["calls"][0]["documents"] == [{"title": "Gids", "url": address}]


@pytest.mark.parametrize("path", [CSV, JSON])
def test_the_file_has_a_name_with_the_belgian_date(client, path):
    with time_machine.travel(brussels(2026, 3, 2, 0, 30), tick=False):
        response = client.get(path)
    extension = path.rpartition(".")[2]
    assert response["Content-Disposition"] == f'attachment; filename="eu-oproepen-2026-03-02.{extension}"'
    assert response.streaming


# Which calls ---------------------------------------------------------------------------------------------------------


def test_the_files_hold_what_the_page_shows_in_its_order(client):
    zorg = ThemeFactory(name="Zorg")
    CallFactory(title="Laat", deadline=brussels(2026, 9, 1, 17))
    CallFactory(title="Vroeg", deadline=brussels(2026, 4, 1, 17), themes=[zorg])
    CallFactory(title="Gesloten", deadline=brussels(2026, 2, 1, 17))
    for query, titles in {
        "": ["Vroeg", "Laat"],
        "?status=alle": ["Vroeg", "Laat", "Gesloten"],
        "?sorteer=nieuwste": ["Vroeg", "Laat"],
        "?thema=zorg&utm_source=x": ["Vroeg"],
        "?q=laat": ["Laat"],
        "?q=niets": [],
    }.items():
        assert [row["Titel"] for row in sheet(client, CSV + query)] == titles
        found = data(client, JSON + query)
        assert ([call["title"] for call in found["calls"]], found["total"]) == (titles, len(titles))


def test_what_nobody_may_see_yet_is_in_no_file(client):
    CallFactory(published_at=None)
    CallFactory(published_at=brussels(2026, 4, 1, 9))
    CallFactory(withdrawn_at=brussels(2026, 2, 28, 9))
    assert sheet(client, f"{CSV}?status=alle") == data(client, f"{JSON}?status=alle")["calls"] == []


def test_long_lists_come_in_chunks_and_lose_nothing(client, monkeypatch):
    monkeypatch.setattr(exports, "CHUNK", 2)
    calls = CallFactory.create_batch(5)
    assert [row["Titel"] for row in sheet(client)] == [call.title for call in calls]
    assert data(client)["total"] == 5


def test_a_call_that_goes_while_the_file_is_sent_is_left_out(client, monkeypatch):
    monkeypatch.setattr(exports, "CHUNK", 2)
    calls = CallFactory.create_batch(5)
    chunks = exports.as_json(CallFilter().selection, RequestFactory().get("/").build_absolute_uri, {"licence": "x"})
    sent = [next(chunks), next(chunks)]
    calls[2].delete()
    Call.objects.filter(pk=calls[3].pk).update(published_at=None)
    found = json.loads("".join([*sent, *chunks]))
    assert [call["title"] for call in found["calls"]] == [calls[n].title for n in (0, 1, 4)]
    assert found["total"] == 3


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("path", [CSV, JSON])
def test_queries(client, path, rows, django_assert_num_queries):
    for n in range(rows):
        call = CallFactory(themes=[ThemeFactory()])
        call.applicant_types.set([ApplicantTypeFactory()])
        call.fund.applicant_types.set([ApplicantTypeFactory()])
        call.objectives.create(text="<p>Doel</p>")
        call.actions.create(text="<p>Actie</p>")
        call.budgets.create(amount=1000)
        call.cutoffs.create(at=call.deadline - timedelta(days=n + 1))
        call.documents.create(title="Gids", link="https://example.org/")
    client.get(path).getvalue()
    with django_assert_num_queries(10):
        content = client.get(path).getvalue()
    assert content.count(b"/oproepen/oproep-") == rows


# What goes wrong -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("title", ["=cmd|' /C calc'!A1", "+1-1", "-2+3", "@SUM(A1)", "\tTab", "\r=1", "＝1+1"])
def test_no_cell_is_a_formula(client, title):
    CallFactory(title=title, code=title, themes=[ThemeFactory(name=title)])
    [row] = sheet(client)
    assert [row[name] for name in ("Titel", "Code", "Thema's")] == [f"'{title}"] * 3
    assert data(client)["calls"][0]["title"] == title


@pytest.mark.parametrize(
    "title",
    ['Punt; komma "en" aanhaling', "Twee\r\nregels", "]]></x>", "Bel\x07\x1b", "👩‍🔬 \u2028", "é" * 500],
)
def test_other_hostile_titles_come_through_unchanged(client, title):
    CallFactory(title=title, slug="vreemd")
    assert sheet(client)[0]["Titel"] == title
    assert data(client)["calls"][0]["title"] == title


@pytest.mark.parametrize("path", [CSV, JSON])
def test_a_part_without_meaning_is_refused(client, path):
    response = client.get(f"{path}?budget_van=veel")
    assert (response.status_code, response["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert "krijgt u geen oproepen: budget_van=veel\n" in response.content.decode()


@pytest.mark.parametrize("path", [CSV, JSON])
def test_it_can_only_be_read(client, path, django_assert_max_num_queries):
    CallFactory()
    client.get(path).getvalue()
    assert client.post(path).status_code == 405
    with django_assert_max_num_queries(1):
        response = client.head(path)
    assert (response.status_code, response.getvalue()) == (200, b"")
