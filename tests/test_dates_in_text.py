"""Deadlines that a Dutch text names, and dates in it that are none."""

from datetime import time
from time import perf_counter

import pytest

from calls.desk.dates_in_text import NamedDeadline, deadlines_named
from tests.factories import brussels


def found(text):
    return [(one.day, one.month, one.year, one.hour) for one in deadlines_named(text)]


@pytest.mark.parametrize(
    ("text", "deadline"),
    [
        (
            "Alle projecten moeten ten laatste maandag 02/09/2019 om 23u59 ingediend worden, via mail.",
            (2, 9, 2019, time(23, 59)),
        ),
        ("Samen met de andere AMIF-calls met deadline 16 februari komt het totaal op 3 euro.", (16, 2, None, None)),
        ("De deadline is 16 februari 2021.", (16, 2, 2021, None)),
        ("Deadline: 2 sept. 2019", (2, 9, 2019, None)),
        ("Deadline: 02-09-2019", (2, 9, 2019, None)),
        ("Deadline: 2.9.2019", (2, 9, 2019, None)),
        ("Deadline: 2019-09-02", (2, 9, 2019, None)),
        ("Uiterlijk dinsdag 16 FEBRUARI 2021 om 17.00 uur", (16, 2, 2021, time(17))),
        ("uiterlijk op 16 februari 2021, om 17u", (16, 2, 2021, time(17))),
        ("uiterlijk 16 februari 2021 17:00", (16, 2, 2021, time(17))),
        ("uiterlijk 16 februari 2021 om 24.00 uur", (16, 2, 2021, None)),
        ("Voorstellen worden op 16 februari 2021 ingediend.", (16, 2, 2021, None)),
        ("16 februari 2021 is de deadline.", (16, 2, 2021, None)),
        ("De oproep sluit op 1 maart 2027.", (1, 3, 2027, None)),
        ("De oproep opent op 1 maart 2027 en sluit op 2 april 2027.", (2, 4, 2027, None)),
        ("Indienen kan van 1 maart 2027 tot 2 april 2027.", (2, 4, 2027, None)),
        ("Voorstellen kunnen tot en met 2 april 2027 worden bezorgd.", (2, 4, 2027, None)),
        ("De call staat open tot vrijdag 2 april 2027 om 12u00", (2, 4, 2027, time(12))),
        ("met als deadline van 1ste maart 2027", (1, 3, 2027, None)),
        ("De deadline van 29 februari 2028 blijft.", (29, 2, 2028, None)),
    ],
)
def test_a_deadline(text, deadline):
    assert found(text) == [deadline]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "De conclusies van de Raad van 20 juli 2015 en de verklaring van 18 maart 2016.",
        "Op 19 september 2016 werd de Verklaring van New York aangenomen.",
        "De looptijd van de projecten gaat tot 31 december 2027, ook als u een voorstel indient.",
        "Het fonds loopt tot 31 december 2027.",
        "Vanaf 1 maart 2027 kunnen voorstellen ingediend worden.",
        "De oproep opent op 1 maart 2027. Daarna volgt een deadline.",
        "De deadline volgt.\nInfodag op 3 mei 2027",
        "Deadline: 31/06/2027",
        "Deadline: 99/99/2027 of 30 februari",
        "Verordening 516/2014, artikel 7: indienen kan",
        "De uiterste prijs is 12.500,50 euro.",
        "In mei sluit het loket.",
        "Indien u vragen hebt over 3 mei 2027, bel dan.",
    ],
)
def test_no_deadline(text):
    assert found(text) == []


def test_each_deadline_of_a_text_in_reading_order():
    text = (
        "De eerste fase sluit op 1 maart 2027.\nDe deadline van fase 2 is 1 juni 2027. Uiterlijk 3 juni is er nieuws."
    )
    assert found(text) == [(1, 3, 2027, None), (1, 6, 2027, None), (3, 6, None, None)]


def test_the_quote_says_where_it_stands():
    text = (
        "Wie meedoet leest eerst alle stukken van begin tot einde. " * 2
        + "Alle projecten moeten ten laatste op 1 mei 2027 binnen zijn en ingediend."
    )
    assert [one.quote for one in deadlines_named(text)] == ["Alle projecten moeten ten laatste op 1 mei 2027"]
    long = "Alle projecten van alle organisaties die daarvoor in aanmerking komen moeten ten laatste op 1 mei 2027"
    assert deadlines_named(long)[0].quote == "… in aanmerking komen moeten ten laatste op 1 mei 2027"


@pytest.mark.parametrize(
    ("named", "same"),
    [
        (NamedDeadline("", 16, 2), True),
        (NamedDeadline("", 16, 2, 2021), True),
        (NamedDeadline("", 16, 2, 2021, time(17)), True),
        (NamedDeadline("", 16, 2, 2021, time(16)), False),
        (NamedDeadline("", 16, 2, 2020), False),
        (NamedDeadline("", 17, 2), False),
        (NamedDeadline("", 16, 3), False),
    ],
)
def test_the_same_moment(named, same):
    assert named.is_on(brussels(2021, 2, 16, 17)) is same


def test_a_hostile_text_takes_no_time():
    begin = perf_counter()
    assert found("deadline " * 20_000 + "1" * 20_000 + " 1 mei" * 5_000 + " tot" * 10_000 + " " * 10_000) == []
    assert len(found("deadline 1 mei " * 5_000)) == 5_000
    assert perf_counter() - begin < 5
