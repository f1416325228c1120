"""Files of the spreadsheet of calls: no cell is a formula, and what is wrong with one is said in words."""

import io
import tracemalloc

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from calls.desk.spreadsheet_files import harmless, meant, read_dataset
from calls.desk.spreadsheets import COLUMNS
from tests.factories import brussels
from tests.office_files import packed
from tests.sheets import changes, errors, read

pytestmark = pytest.mark.django_db


def workbook(*rows):
    book, buffer = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(buffer)
    return buffer.getvalue()


UTF8 = "Dit is geen CSV in UTF-8. Bewaar het in Excel als “CSV UTF-8”, of als Excel-werkmap (.xlsx)."
NOT_XLSX = "Dit bestand is niet wat de naam zegt: .xlsx. Bewaar het opnieuw in het programma waar het vandaan komt."
EMPTY = "Er staan geen oproepen in dit bestand: eerst komt een regel met de kolommen, dan een regel per oproep."
MANY = "Er staan meer dan 1000 regels in dit bestand. Verdeel het."
WIDE = "Regel 3 heeft meer cellen dan er kolommen zijn."


def far(place):
    """A workbook with one call, and a cell that stands far away from it."""
    book, buffer = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["webadres", "titel"])
    book.active.append(["", "x"])
    book.active[place] = "ver"
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.csv", b"", "Dit bestand is leeg."),
        ("a.csv", b"webadres;titel\n", EMPTY),
        ("a.csv", b"\n\n;;\n", EMPTY),
        ("a.csv", "webadres;titel\n;Caf\u00e9\n".encode("latin-1"), UTF8),
        ("a.csv", "webadres;titel\n;x\n".encode("utf-16"), UTF8),
        ("a.csv", b"MZ\x90\x00\x03" + bytes(90), UTF8),
        ("a.csv", b"MZ\x00\x03" + bytes(90), "Dit is geen rekenblad."),
        ("a.xlsx", b"MZ\x90\x00\x03" + bytes(90), NOT_XLSX),
        ("a.xlsx", packed({"a.txt": "x"}), NOT_XLSX),
        ("a.exe", b"MZ", "Kies een bestand waarvan de naam op .csv of .xlsx eindigt."),
        ("a.csv", b"titel\nx\n", "De kolom “webadres” ontbreekt: daaraan weten we over welke oproep een regel gaat."),
        ("a.csv", b"webadres;titel;titel\n;x;y\n", "Deze kolommen staan er twee keer: titel."),
        ("a.csv", b"webadres;titel\n;x;y\n", "Regel 2 heeft meer cellen dan er kolommen zijn."),
        ("a.csv", b"webadres;titel\n" + b";x\n" * 10_000, MANY),
        ("a.xlsx", workbook(["webadres", "titel"], *[["", "x"]] * 10_000), MANY),
        ("a.csv", b"webadres;titel\n" + b"x" * 10_500_000, "Dit bestand is groter dan 10 MB: verdeel het."),
        ("a.csv", b"webadres;titel\n;x\n" + b"\n" * 2_000_000, MANY),
        ("a.xlsx", far("A1048576"), MANY),
        ("a.xlsx", far("XFD3"), WIDE),
    ],
    ids=range(19),
)
def test_a_file_that_cannot_be_read_is_explained(desk, name, content, complaint):
    assert errors(read(desk, content, name)) == [complaint]


@pytest.mark.parametrize("place", ["A1048576", "XFD1048576"])
def test_a_cell_far_away_takes_no_memory(place):
    file = SimpleUploadedFile("a.xlsx", far(place))
    tracemalloc.start()
    with pytest.raises(ValidationError):
        read_dataset(file, COLUMNS)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 20_000_000


def test_an_unknown_column_is_named(desk):
    [text] = errors(read(desk, b"webadres;titel;kleur\n;x;rood\n"))
    assert text.startswith("Onbekende kolommen: kleur. Bekend zijn: webadres, titel,")


def test_excel_numbers_and_dates_are_read_as_what_they_show(desk):
    row = ["", 2027, brussels(2030, 3, 31, 17).replace(tzinfo=None), "=1+1"]
    response = read(desk, workbook(["webadres", "titel", "deadline", "code"], row), "a.xlsx")
    assert [change[1:] for change in changes(response)][:2] == [
        ("webadres", "", "2027"),
        ("titel", "", "2027"),
    ]
    assert ("deadline", "", "2030-03-31 17:00") in [change[1:] for change in changes(response)]


@pytest.mark.parametrize(
    "text", ["=1+1", "+32 2 555", "-5", "@SUM(A1)", "'=al", "''", "'", "＝1", "gewoon", "a=b", ""]
)
def test_no_cell_is_a_formula_and_each_is_read_back_as_it_was(text):
    assert not harmless(text).startswith(tuple("=+-@\t\r\n＝＋－＠"))
    assert meant(harmless(text)) == text
