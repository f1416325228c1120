"""A page that does not fit is refused, with the line in the file and the reason."""

from pathlib import Path

import pytest

from calls.pages import PageError, parse_page

ROOT = Path(__file__).parent.parent
SOURCE = (ROOT / "fixtures/pages/amif-2017-ag-inte-03.txt").read_text(encoding="utf-8")
BANNER = SOURCE.splitlines()[0]
NO_BANNER = "de pagina begint niet met de banner „U heeft thema's geselecteerd…”"
NO_TITLE = "hier wordt de titel van de oproep verwacht"
NO_DEADLINE = "hier wordt de kop Deadline verwacht"
NO_PARENT = "dit opsommingsteken springt te ver in: het niveau erboven ontbreekt"
BARE_BULLET = "een opsommingsteken heeft een spatie voor zich en tekst achter zich"


def refusal(*lines):
    with pytest.raises(PageError) as refused:
        parse_page("\n".join(lines))
    return str(refused.value)


def test_an_error_has_a_line_and_a_reason():
    error = PageError(12, "zo niet")
    assert (str(error), error.line, error.reason) == ("regel 12: zo niet", 12, "zo niet")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "regel 1: het bestand is leeg"),
        (["\ufeff", " \u00a0"], "regel 1: het bestand is leeg"),
        (["", "Een titel", "Deadline"], f"regel 2: {NO_BANNER}"),
        (["Deadline"], f"regel 1: {NO_BANNER}"),
        ([BANNER], f"regel 1: {NO_TITLE}"),
        ([BANNER, "", "Deadline"], f"regel 3: {NO_TITLE}"),
        ([BANNER, "Home > Migratie > Calls >", "Deadline"], f"regel 3: {NO_TITLE}"),
        ([BANNER, " • Een titel", "Deadline"], f"regel 2: {NO_TITLE}"),
        ([BANNER, "Home > Migratie", "Een titel"], "regel 2: onleesbaar kruimelpad: Home > Migratie"),
        ([BANNER, "Home > > Calls >", "Een titel"], "regel 2: onleesbaar kruimelpad: Home > > Calls >"),
        ([BANNER, "Home >", "Een titel"], "regel 2: onleesbaar kruimelpad: Home >"),
        ([BANNER, "Een titel", ""], f"regel 2: {NO_DEADLINE}"),
        ([BANNER, "Een titel", "", "Code", "42"], f"regel 4: {NO_DEADLINE}"),
        ([BANNER, "Een titel", "nog een titel", "Deadline"], f"regel 3: {NO_DEADLINE}"),
    ],
)
def test_the_top_of_a_page(lines, message):
    assert refusal(*lines) == message


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["snel"], "regel 4: onleesbare deadline: snel"),
        (["31/02/2021"], "regel 4: onleesbare deadline: 31/02/2021"),
        (["16/02/2021 om 24u00"], "regel 4: onleesbare deadline: 16/02/2021 om 24u00"),
        (["16/02/2021 of later"], "regel 4: onleesbare deadline: 16/02/2021 of later"),
        (["16/02/2021", "", "of later"], "regel 6: hier hoort geen tekst: of later"),
        (["Code", "42", "43"], "regel 6: hier hoort geen tekst: 43"),
        (["Budget", "Code"], "regel 5: de kop Code hoort voor de kop Budget"),
        (["Code", "Budget", "", "Budget"], "regel 7: de kop Budget staat er een tweede keer"),
        (["Thema('s)"], "regel 4: de kop Thema('s) hoort niet in dit deel van de pagina"),
        (["Inleiding", "a", " • b", "   • c"], f"regel 7: {NO_PARENT}"),
        (["Inleiding", "  • b"], f"regel 5: {NO_PARENT}"),
        (["Inleiding", " • b", "a", "  • c"], f"regel 7: {NO_PARENT}"),
        (["Inleiding", "• b"], f"regel 5: {BARE_BULLET}"),
        (["Inleiding", " • "], f"regel 5: {BARE_BULLET}"),
        (["Budget", "In 2021:", "€ 1.2.3"], "regel 6: onleesbaar bedrag: € 1.2.3"),
        (["Budget", "5 million euro"], "regel 5: onleesbaar bedrag: 5 million euro"),
        (
            ["Info & contact", "", "Geen naam.", "Inleiding", "Meer lezen:"],
            "regel 7: de kop Inleiding hoort voor de kop Info & contact",
        ),
        (["Lees meer", "Nog iets"], "regel 5: hier hoort geen tekst: Nog iets"),
        (["Volg ons", "Lees meer"], "regel 5: de kop Lees meer hoort voor de kop Volg ons"),
        (
            ["Info & contact", "a", "Een fonds", "Inleiding"],
            "regel 7: de kop Inleiding hoort voor de kop Info & contact",
        ),
    ],
)
def test_the_call(lines, message):
    assert refusal(BANNER, "Een titel", "Deadline", *lines) == message


OBJECTIVE = "hier wordt doelstelling {} van het fonds verwacht"
BUDGET = "hier wordt één bedrag en zijn omschrijving verwacht"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["Inleiding"], "regel 6: de naam van het fonds ontbreekt"),
        ([" • Een fonds"], "regel 6: de naam van het fonds ontbreekt"),
        (["Jan", "Een fonds", "Inleiding"], "regel 7: hier hoort geen tekst: Een fonds"),
        (["Een fonds", "Acties"], "regel 7: de kop Acties hoort niet in dit deel van de pagina"),
        (
            ["Een fonds", "Maak een account aan"],
            "regel 7: de kop Maak een account aan hoort niet in dit deel van de pagina",
        ),
        (["Een fonds", "Budget", "Inleiding"], "regel 8: de kop Inleiding hoort voor de kop Budget"),
        (["Een fonds", "Inleiding", "Inleiding"], "regel 8: de kop Inleiding staat er een tweede keer"),
        (["Een fonds", "Volg ons", "a"], "regel 8: hier hoort geen tekst: a"),
        (["Een fonds", " • Ngo's", " • Musea"], "regel 8: onbekend type organisatie: Musea"),
        (["Een fonds", " • Musea", " • Ngo's"], "regel 7: onbekend type organisatie: Musea"),
        (
            ["Een fonds", " • Ngo's", "Thema('s)", " • Scholen"],
            "regel 9: de kop (types organisatie) staat er een tweede keer",
        ),
        (["Een fonds", " • Ngo's", "en meer"], "regel 8: hier hoort geen tekst: en meer"),
        (["Een fonds", "Doelstellingen", "Vooraf"], f"regel 8: {OBJECTIVE.format(1)}: Vooraf"),
        (["Een fonds", "Doelstellingen", " • a"], f"regel 8: {OBJECTIVE.format(1)}: a"),
        (["Een fonds", "Doelstellingen", "1. a", "3. c"], f"regel 9: {OBJECTIVE.format(2)}: 3. c"),
        (["Een fonds", "Budget", " • veel: a"], f"regel 8: {BUDGET}: veel: a"),
        (["Een fonds", "Budget", " • 5 euro: a", "  • 2 euro: b"], f"regel 9: {BUDGET}: 2 euro: b"),
        (["Een fonds", "Budget", " • 5 euro of 6 euro: a"], f"regel 8: {BUDGET}: 5 euro of 6 euro: a"),
        (["Een fonds", "Meer lezen:", "ons verslag"], "regel 8: dit is geen link: ons verslag"),
    ],
)
def test_the_fund(lines, message):
    top = (BANNER, "Een titel", "Deadline", "Jouw VLEVA-contact voor dit thema", "Maak een account aan")
    assert refusal(*top, *lines) == message


NO_ORGANISATION = "dit contact begint niet met een organisatie"
NO_PLACE = "deze regel past niet in het contact"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["Bevoegde autoriteit", "a@b.be"], f"regel 8: {NO_ORGANISATION}: a@b.be"),
        (["Organisatie", "", "02 555 01 01"], f"regel 9: {NO_ORGANISATION}: 02 555 01 01"),
        (["www.b.be"], f"regel 7: {NO_ORGANISATION}: www.b.be"),
        (["E-mail: a@b.be"], f"regel 7: {NO_ORGANISATION}: E-mail: a@b.be"),
        (["Nog een rol:", "Organisatie"], f"regel 7: {NO_ORGANISATION}: Nog een rol:"),
        ([" • Organisatie"], f"regel 7: {NO_ORGANISATION}: Organisatie"),
        (["Organisatie", "a@b.be", "c@d.be"], f"regel 9: {NO_PLACE}: c@d.be"),
        (["Organisatie", "E-mail: a@b.be"], f"regel 8: {NO_PLACE}: E-mail: a@b.be"),
        (["Organisatie", "An Peeters", "Jan Maes"], f"regel 9: {NO_PLACE}: Jan Maes"),
        (["Organisatie", "a@b.be", "An Peeters"], f"regel 9: {NO_PLACE}: An Peeters"),
        (["Organisatie", "Kerkstraat 1"], f"regel 8: {NO_PLACE}: Kerkstraat 1"),
        (["Bevoegde autoriteit", ""], "regel 7: bij deze rol staat geen contact: Bevoegde autoriteit"),
    ],
)
def test_a_contact(lines, message):
    top = (BANNER, "Een titel", "Deadline", "Maak een account aan", "Een fonds", "Info & contact")
    assert refusal(*top, *lines) == message


def test_the_line_is_that_of_the_file():
    changed = SOURCE.replace(" • Lokale overheden", " • Musea").replace("\n", "\r\n")
    assert refusal("\ufeff" + changed) == "regel 75: onbekend type organisatie: Musea"
