"""Calls out as a spreadsheet and in again: what would change, cell by cell; then all of it or nothing."""

import io
import re
from datetime import timedelta
from decimal import Decimal

import openpyxl
import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from reversion.models import Version

from calls.desk import spreadsheets
from calls.desk.spreadsheet_cells import moment_text, read_moment
from calls.desk.spreadsheet_files import TOO_LONG
from calls.desk.spreadsheets import COLUMNS
from calls.models import Call, Change
from calls.status import DeadlineModel
from tests.desk import Desk, visible
from tests.factories import ApplicantTypeFactory, CallFactory, EditorFactory, FundFactory, ThemeFactory, brussels
from tests.sheets import PAGE, agree, as_csv, as_rows, changes, errors, read, taken_out

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(db):
    """A published call with everything that a spreadsheet holds."""
    fund = FundFactory(abbreviation="AMIF", period="2021-2027")
    call = CallFactory(
        title="=Opvang", slug="opvang", code="+AMIF-1", fund=fund, deadline=brussels(2030, 3, 31, 17),
        deadline_model=DeadlineModel.MULTIPLE_CUTOFF, opens_at=brussels(2027, 1, 1), source_url="https://example.org/",
        introduction="<p>Lees <strong>dit</strong> [1]</p>", published_at=brussels(2026, 1, 1, 12),
        themes=[ThemeFactory(name="Migratie"), ThemeFactory(name="Asiel")],
    )  # fmt: skip
    call.applicant_types.add(ApplicantTypeFactory(name="Ngo's"))
    call.budgets.create(order=1, label="EU | kas", amount="1320069.53", rate="62.5", shared=True, note="=ten hoogste")
    call.budgets.create(order=2, rate="15")
    call.cutoffs.create(at=brussels(2029, 3, 31, 2, 30), label="fase 1")
    return call


# Out -----------------------------------------------------------------------------------------------------------------


def test_a_call_is_a_line_with_every_cell_readable(desk, call):
    response = taken_out(desk)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert as_rows(response) == [
        dict.fromkeys(COLUMNS, "")
        | {
            "webadres": "opvang",
            "titel": "'=Opvang",
            "taal van de titel": "Nederlands",
            "code": "'+AMIF-1",
            "fonds": "amif-2021-2027",
            "themas": "asiel | migratie",
            "organisaties": "ngos",
            "opent": "2027-01-01 00:00",
            "soort deadline": "meerdere tussentijdse deadlines",
            "deadline": "2030-03-31 17:00",
            "tussentijdse deadlines": "2029-03-31 02:30 | fase 1",
            "bedragen": "EU kas | 1320069,53 | 62,5% | gedeeld | =ten hoogste\n |  | 15%",
            "bron": "https://example.org/",
            "gepubliceerd op": "2026-01-01 12:00",
            "inleiding": "<p>Lees <strong>dit</strong> [1]</p>",
            "gewijzigd op": moment_text(call.updated_at),
        }
    ]


@pytest.mark.parametrize("format_name", ["csv", "xlsx"])
def test_what_comes_out_changes_nothing_when_it_goes_in(desk, call, format_name):
    for _ in range(3):
        CallFactory(deadline=None, deadline_model=DeadlineModel.ROLLING, fund=None)
    response = read(desk, taken_out(desk, format_name).content, f"oproepen.{format_name}")
    assert (errors(response), changes(response)) == ([], [])
    assert "4 regels veranderen niets." in visible(response.text)
    assert 'name="seen"' not in response.text


def test_excel_gets_texts_and_a_mark_where_it_would_cut(desk):
    CallFactory(title="=cmd|'/c calc'!A1", introduction=f"<p>{'lang ' * 8000}</p>")
    sheet = openpyxl.load_workbook(io.BytesIO(taken_out(desk, "xlsx").content)).active
    cells = dict(zip(*([cell.value for cell in row] for row in sheet.rows), strict=True))
    assert (cells["titel"], cells["inleiding"]) == ("'=cmd|'/c calc'!A1", TOO_LONG)
    assert {cell.data_type for row in sheet.rows for cell in row if cell.value is not None} == {"s"}


# In ------------------------------------------------------------------------------------------------------------------


def test_each_cell_that_changes_is_shown_and_nothing_is_stored_before_somebody_agrees(desk, editor, call):
    [row] = as_rows(taken_out(desk))
    row |= {"titel": "Opvang en begeleiding", "themas": "migratie", "deadline": "31/03/2031 12:00"}
    row |= {"bedragen": "EU | 2.000.000 | 62,5%", "inleiding": "<p>Nieuw<script>alert(1)</script></p>", "code": ""}
    row |= {"tussentijdse deadlines": "2029-03-31 02:30 | eerste fase\n2030-01-01 12:00"}
    response = read(desk, as_csv([row]))
    assert errors(response) == []
    assert changes(response) == [
        (2, "titel", "=Opvang", "Opvang en begeleiding"),
        (2, "code", "+AMIF-1", ""),
        (2, "themas", "asiel | migratie", "migratie"),
        (2, "deadline", "2030-03-31 17:00", "2031-03-31 12:00"),
        (2, "tussentijdse deadlines", "2029-03-31 02:30 | fase 1", "2029-03-31 02:30 | eerste fase 2030-01-01 12:00"),
        (2, "bedragen", "EU kas | 1320069,53 | 62,5% | gedeeld | =ten hoogste | | 15%", "EU | 2000000,00 | 62,5%"),
        (2, "inleiding", "<p>Lees <strong>dit</strong> [1]</p>", "<p>Nieuw</p>"),
    ]
    assert (Call.objects.get().title, Version.objects.count(), Change.objects.count()) == ("=Opvang", 0, 0)

    assert agree(desk, response) == ["0 nieuwe ontwerpen, 1 oproep gewijzigd."]
    call.refresh_from_db()
    assert (call.title, call.code, call.deadline) == ("Opvang en begeleiding", "", brussels(2031, 3, 31, 12))
    assert [theme.name for theme in call.themes.all()] == ["Migratie"]
    assert list(call.budgets.values_list("label", "amount", "rate", "shared")) == [
        ("EU", Decimal(2_000_000), Decimal("62.50"), False)
    ]
    assert list(call.cutoffs.values_list("label", "at", "sequence")) == [
        ("eerste fase", brussels(2029, 3, 31, 2, 30), 0),
        ("", brussels(2030, 1, 1, 12), 0),
    ]
    assert set(Change.objects.get().facts) == {"deadline", "cutoffs", "budgets"}
    last = Version.objects.get_for_object(call).select_related("revision").first()
    assert (last.revision.user, last.revision.comment) == (editor, "Rekenblad")
    assert Version.objects.get_for_object(call).count() == 2


def test_a_line_without_an_address_is_a_new_draft_and_missing_columns_stay(desk):
    heads = "webadres;titel;deadline;bedragen;tussentijdse deadlines"
    response = read(desk, f"{heads}\n;Nieuw;2030-03-31 17:00;EU | 5000;2030-01-01 12:00\n;;;;\n".encode())
    assert "1 nieuw ontwerp." in visible(response.text)
    assert agree(desk, response) == ["1 nieuw ontwerp, 0 oproepen gewijzigd."]
    call = Call.objects.get()
    assert (call.budgets.get().amount, call.cutoffs.get().at) == (5000, brussels(2030, 1, 1, 12))
    assert (call.title, call.publication, call.deadline_model) == ("Nieuw", "draft", "single_stage")


def test_every_error_is_named_with_its_line_and_nothing_is_taken_over(desk, call):
    lines = [
        "webadres;titel;deadline;themas;fonds;soort deadline;bedragen;bron;tussentijdse deadlines;taal van de titel",
        "opvang;Goed;;;;onbekend;;;;Nederlands",
        "opvang;Tweemaal;;;;;;;;",
        "bestaat-niet;X;;;;;;;;",
        ";;morgen;;;;;;;",
        ";Kort;2030-02-30 12:00;onzin;;soms;;javascript:alert(1);;klingon",
        ";Thema;;onzin;;;;;;",
        ";Fonds;;;onzin;;;;;",
        ";Bedrag;;;;;a | veel;;;",
        ";Bedrag;;;;;a | -5;;;",
        ";Bedrag;;;;;a | 5 | 101%;;;",
        ";Bedrag;;;;;a | 1 | 2 | 3 | 4 | 5;;;",
        ";Bedrag;;;;;a | | ;;;",
        ";Fase;2030-03-31 17:00;;;;;;2031-01-01 12:00 | te laat;",
        ";" + "x" * 501 + ";;;;;;;;",
        ";Zomertijd;2030-03-31 02:30;;;;;;;",
    ]
    found = errors(read(desk, "\n".join(lines).encode()))
    assert {line for line, _column, _text in found} == set(range(3, 17))
    assert [row for row in found if row[0] in {3, 4, 7, 8}] == [
        (3, "", "Deze oproep staat twee keer in het bestand."),
        (4, "", "Geen enkele oproep heeft het webadres bestaat-niet. Laat het leeg voor een nieuw ontwerp."),
        (7, "themas", "Niets heeft het webadres onzin."),
        (8, "fonds", "Niets heeft het webadres onzin."),
    ]
    assert [column for line, column, _text in found if line == 6] == [
        "taal van de titel", "soort deadline", "deadline", "bron",
    ]  # fmt: skip
    assert (9, "bedragen", "Vul een getal in.") in found
    assert [call.title for call in Call.objects.all()] == ["=Opvang"]


def test_a_file_that_changes_very_many_calls_is_divided(desk, monkeypatch):
    monkeypatch.setattr(spreadsheets, "MOST_CHANGES", 2)
    found = errors(read(desk, b"webadres;titel\n;a\n;b\n;c\n;d\n"))
    text = "Er wijzigen meer dan 2 oproepen. Verdeel het bestand: vanaf deze regel is het voor een volgende keer."
    assert found == [(4, "", text)]


# Agreeing ------------------------------------------------------------------------------------------------------------


def test_a_change_meanwhile_is_shown_before_anything_is_stored(desk, call):
    [row] = as_rows(taken_out(desk))
    response = read(desk, as_csv([row | {"code": "NIEUW"}]))
    Call.objects.update(title="Meanwhile")
    assert agree(desk, response) == ["Er is iets gewijzigd sinds u keek. Er is nog niets gebeurd: kijk nog eens na."]
    assert Call.objects.get().code == "+AMIF-1"


@pytest.mark.parametrize("excel", [False, True])
def test_what_a_colleague_edited_since_the_file_was_made_is_not_undone_unseen(desk, call, excel):
    CallFactory(title="Niemand kwam eraan")
    rows = [row | {"code": "NIEUW"} for row in as_rows(taken_out(desk))]
    if excel:  # drops the seconds
        for row in rows:
            row["gewijzigd op"] = f"{read_moment(row['gewijzigd op']):%d/%m/%Y %H:%M}"
    edited = brussels(2031, 3, 4, 5, 6)
    Call.objects.filter(pk=call.pk).update(title="Beter", updated_at=edited)
    response = read(desk, as_csv(rows))
    assert "1 oproep is bewerkt nadat dit bestand gemaakt is" in visible(response.text)
    [warnings] = re.findall(r'<ul class="warnings">(.*?)</ul>', response.text, re.S)
    assert visible(warnings).startswith("Bewerkt op 4 maart 2031 05.06, nadat dit bestand gemaakt is")
    assert (2, "titel", "Beter", "=Opvang") in changes(response)
    assert agree(desk, response) == ["0 nieuwe ontwerpen, 2 oproepen gewijzigd."]


@pytest.mark.parametrize("text", ["", "gisteren", "2040-01-01 12:00"])
def test_a_line_that_does_not_say_how_old_it_is_is_taken_as_new(desk, call, text):
    response = read(desk, f"webadres;code;gewijzigd op\nopvang;NIEUW;{text}\n".encode())
    assert (errors(response), changes(response)) == ([], [(2, "code", "+AMIF-1", "NIEUW")])
    assert "nadat dit bestand gemaakt is" not in response.text


def test_a_second_click_does_nothing(desk, call):
    response = read(desk, b"webadres;titel\n;Nieuw\n")
    agree(desk, response)
    assert agree(desk, response) == ["Dat is te lang geleden: kies het bestand nog eens."]
    assert Call.objects.filter(title="Nieuw").count() == 1


def test_a_colleague_cannot_agree_to_what_another_looked_at(desk, settings):
    response = read(desk, b"webadres;titel\n;Nieuw\n")
    other = EditorFactory()
    other.groups.add(Group.objects.get(name="VLEVA-redactie"))
    assert agree(Desk(other), response) == ["Dat is te lang geleden: kies het bestand nog eens."]


def test_publishing_by_spreadsheet_is_held_to_the_same_checks(desk):
    call = CallFactory(published_at=None, deadline=timezone.now() - timedelta(days=1))
    content = f"webadres;gepubliceerd op\n{call.slug};2026-01-01 12:00\n".encode()
    assert [line for line, _column, _text in errors(read(desk, content))] == [2]


FULL = {
    "introduction": "<p>Wie, wat, waar.</p>",
    "budget_text": "<p>Er is geld.</p>",
    "beneficiaries": "<p>Steden.</p>",
    "info_contact": "<p>Mail ons.</p>",
    "deadline": brussels(2037, 6, 2, 17),
}


def test_a_scheduled_call_gets_no_error_that_the_form_would_refuse(desk):
    call = CallFactory(published_at=brussels(2037, 5, 1), **FULL)
    content = f"webadres;gepubliceerd op\n{call.slug};2037-07-01 12:00\n".encode()
    assert errors(read(desk, content)) == [(2, "", "De oproep verschijnt pas na de deadline.")]
    published = CallFactory(published_at=brussels(2026, 1, 1), **FULL)
    content = f"webadres;titel\n{published.slug};\n".encode()
    assert [line for line, _column, _text in errors(read(desk, content))] == [2]


def test_warnings_of_a_call_that_would_appear_are_agreed_to_with_the_rest(desk):
    call = CallFactory(published_at=None, **FULL)
    response = read(desk, f"webadres;gepubliceerd op\n{call.slug};2026-01-01 12:00\n".encode())
    assert "1 oproep zou met waarschuwingen verschijnen" in response.text
    warnings = re.search(r'<ul class="warnings">(.*?)</ul>', response.text, re.S)[1]
    assert visible(warnings) == "Er staan geen doelstellingen in. Er staan geen acties in."
    Call.objects.update(info_contact="")
    assert agree(desk, response)[0].startswith("Er is iets gewijzigd sinds u keek.")
    assert Call.objects.get().published_at is None


def test_the_seconds_of_a_moment_stay(desk):
    call = CallFactory(published_at=None, deadline=brussels(2037, 6, 2, 23, 59) + timedelta(seconds=59))
    call.cutoffs.create(at=brussels(2037, 3, 2, 23, 59) + timedelta(seconds=59), label="fase 1")
    [row] = as_rows(taken_out(desk))
    assert (row["deadline"], row["tussentijdse deadlines"]) == ("2037-06-02 23:59:59", "2037-03-02 23:59:59 | fase 1")
    row["tussentijdse deadlines"] += " en meer"
    agree(desk, read(desk, as_csv([row])))
    assert call.cutoffs.get().at == brussels(2037, 3, 2, 23, 59) + timedelta(seconds=59)


def test_contributors_write_drafts_and_readers_nothing(settings, five_pages):
    settings.STAFF_SECOND_FACTOR = False
    contributor, reader = EditorFactory(), EditorFactory()
    contributor.groups.add(Group.objects.get(name="VLEVA-bijdragers"))
    reader.groups.add(Group.objects.get(name="VLEVA-lezers"))
    online = Call.objects.published().first()
    draft = CallFactory(published_at=None)
    desk = Desk(contributor)
    lines = f"webadres;titel;gepubliceerd op\n{online.slug};X;2020-01-01 12:00\n{draft.slug};X;2026-01-01 12:00\n"
    assert errors(read(desk, lines.encode())) == [
        (2, "", "U mag deze oproep niet wijzigen."),
        (3, "", "U mag geen oproepen publiceren of intrekken."),
    ]
    assert agree(desk, read(desk, f"webadres;titel\n{draft.slug};Beter\n".encode())) == [
        "0 nieuwe ontwerpen, 1 oproep gewijzigd."
    ]
    assert Desk(reader).client.get(PAGE).status_code == 403
    assert read(Desk(reader), b"webadres\nx").status_code == 403
    assert taken_out(Desk(reader)).status_code == 200
