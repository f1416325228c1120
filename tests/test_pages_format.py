"""The rules of the page format, on pages that the parser was not written for."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from calls.pages import FundBlock, FundBudget, FundContact, FundObjective, Item, Page, Rows, parse_page

PAGES = Path(__file__).parent / "data/pages"
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in PAGES.glob("*.txt")}
BANNER = TEXTS["alleen-een-deadline"].splitlines()[0]
EMPTY = Page(
    breadcrumb=(),
    title="Een titel",
    deadline=None,
    code="",
    introduction="",
    objectives=Rows("", (), ""),
    actions=Rows("", (), ""),
    budget="",
    amounts=(),
    beneficiaries="",
    target_group="",
    final_beneficiaries="",
    info_contact="",
    documents=(),
    fund=None,
)
EMPTY_FUND = FundBlock(
    name="Een fonds",
    introduction="",
    notice="",
    objectives=(),
    budget="",
    budgets=(),
    applicant_types=(),
    themes=(),
    contacts=(),
    read_more=(),
)


def parse_lines(*lines):
    """The page with a banner, a title, the heading Deadline and below it these lines."""
    return parse_page("\n".join((BANNER, "Een titel", "Deadline", *lines)))


def parse_fund(*lines):
    return parse_lines("Maak een account aan", "Een fonds", *lines).fund


def brussels(*moment):
    return datetime(*moment, tzinfo=ZoneInfo("Europe/Brussels"))


def test_a_page_with_a_title_and_a_deadline():
    expected = replace(EMPTY, title="Oproep 545", deadline=brussels(2021, 2, 16, 23, 59))
    assert parse_page(TEXTS["alleen-een-deadline"]) == expected


def test_a_call_without_fund_code_or_breadcrumb():
    on_the_field, beside_it = (
        "Acties op het veld zijn",
        "Deze acties zijn klein van opzet. Acties naast het veld zijn",
    )
    assert parse_page(TEXTS["inclusief-sporten"]) == replace(
        EMPTY,
        title="Inclusief sporten in de buurt",
        deadline=brussels(2021, 2, 16, 17, 0),
        objectives=Rows(
            before="<p>De oproep wil:</p>",
            items=(
                Item("meer meisjes &amp; vrouwen laten sporten;"),
                Item("clubs &lt;10 leden helpen groeien."),
            ),
            after="<p>Daarbij gelden twee voorwaarden:</p>"
            "<ul><li>er is een lokale partner;</li><li>de partner is een school of een vereniging.</li></ul>"
            "<p>Clubs zonder partner kunnen hulp vragen.</p>",
        ),
        actions=Rows(
            before="<p>Alle acties lopen in één gemeente.</p><p>In aanmerking komen (geen volledige lijst):</p>",
            items=(
                Item(
                    "initiaties<ul><li>voor kleuters<ul><li>binnen</li><li>buiten</li></ul></li>"
                    "<li>voor senioren</li></ul>",
                    on_the_field,
                ),
                Item("tornooien", on_the_field),
                Item("vorming van trainers", beside_it),
                Item("een meldpunt", beside_it),
            ),
            after="<p>Andere acties komen niet in aanmerking.</p>",
        ),
        budget="<p>Er is € 1.500.000,00 voor 2021 en 1,5 miljoen euro voor 2022 (artikel 7).</p>"
        "<p>Per project betaalt de EU hoogstens 80% en nooit meer dan EUR 60 000.</p>",
        amounts=(Decimal(1_500_000), Decimal(1_500_000), Decimal(60_000)),
        beneficiaries="<p>Sportclubs en gemeenten.</p>",
        final_beneficiaries="<p>Kinderen</p><p>Senioren</p>",
        documents=("Aanvraagformulier (Word)", "Handleiding: zo dient u in"),
    )


def test_a_call_with_every_kind_of_contact_below_its_fund():
    page = parse_page(TEXTS["groene-wijken"])
    assert page == replace(
        EMPTY,
        breadcrumb=("Energie en klimaat",),
        title='Groene wijken: "koel" in de zomer',
        deadline=brussels(2019, 9, 2, 23, 59),
        code="EACEA/52/2019",
        introduction="<p>Wijken warmen op[1]. Lees "
        '<a href="https://voorbeeld.be/wijken?a=1&amp;b=2">https://voorbeeld.be/wijken?a=1&amp;b=2</a> '
        '(of schrijf naar <a href="mailto:info@voorbeeld.be">info@voorbeeld.be</a>).</p>',
        budget="<ul><li>Studies: 12 500 euro</li><li>Werken: € 2,750,000</li></ul>",
        amounts=(Decimal(12_500), Decimal(2_750_000)),
        info_contact="<p>Bel het secretariaat.</p>",
        documents=("Oproeptekst.pdf",),
        fund=page.fund,
    )
    managing = "Beheersautoriteit"
    assert page.fund == replace(
        EMPTY_FUND,
        name="Voorbeeldfonds voor Klimaat",
        objectives=(
            FundObjective(
                1,
                "Koele straten",
                "<p>Meer schaduw, minder steen.</p><ul><li>bomen<ul><li>inheems</li></ul></li></ul>",
            ),
            FundObjective(2, "Schone lucht", ""),
        ),
        budget="<p>Het fonds bedraagt 1,2 miljard euro.</p>",
        budgets=(
            FundBudget(Decimal(900_000_000), "900 miljoen euro", "regio's: steden en dorpen"),
            FundBudget(Decimal(300_000_000), "300 000 000 euro", ""),
        ),
        applicant_types=("Lokale overheden", "kmo's"),
        themes=("Energie en klimaat", "Stedelijk beleid"),
        contacts=(
            FundContact(
                managing, "Departement Voorbeeld", "Ann De Smet", "ann.desmet@voorbeeld.be", phone="02 555 01 01"
            ),
            FundContact(
                managing,
                "Agentschap 2030",
                phone="+32 (0)2 555.02.02",
                website="https://agentschap.voorbeeld.be/contact",
            ),
            FundContact(managing, "Kabinet"),
            FundContact("Bevoegde autoriteit", "Stad Voorbeeld", "Jan Janssens"),
        ),
        read_more=("https://voorbeeld.be/fonds", "https://www.voorbeeld.be/nieuws"),
    )


def test_a_fund_without_vleva_contact_above_it():
    page = parse_page(TEXTS["fonds-zonder-vleva-contact"])
    assert page == replace(
        EMPTY,
        title="Samen leren",
        # One list only: its lead-in speaks of actions, but these are the objectives.
        objectives=Rows("<p>De acties van deze oproep zijn:</p>", (Item("lesgeven"), Item("leren")), ""),
        info_contact='<p>Schrijf naar <a href="mailto:leren@voorbeeld.be">leren@voorbeeld.be</a></p>',
        fund=page.fund,
    )
    assert page.fund == replace(
        EMPTY_FUND,
        name="Voorbeeldfonds voor Onderwijs",
        introduction="<p>Het fonds steunt scholen.</p>",
        notice="Er is nog geen akkoord bereikt over het nieuwe programma.",
        applicant_types=("Scholen",),
        themes=("Levenslang leren",),
    )


def test_only_a_name_is_a_fund_too():
    assert parse_fund() == EMPTY_FUND
    assert parse_lines("Maak een account aan", "Lees meer", "Volg ons").fund is None


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_newlines_and_byte_order_mark_make_no_difference(newline):
    text = TEXTS["groene-wijken"]
    assert parse_page("\ufeff" + text.replace("\n", newline)) == parse_page(text)


@pytest.mark.parametrize(
    ("value", "deadline"),
    [
        ("16/02/2021 om 17u00", brussels(2021, 2, 16, 17, 0)),
        ("6/2/2021 om 9u", brussels(2021, 2, 6, 9, 0)),
        ("16/02/2021 om 17:30", brussels(2021, 2, 16, 17, 30)),
        ("2 september 2019 om 23u59", brussels(2019, 9, 2, 23, 59)),
        ("2 September 2019", brussels(2019, 9, 2, 23, 59)),
    ],
)
def test_deadlines(value, deadline):
    found = parse_lines(value).deadline
    assert (found, found.utcoffset()) == (deadline, deadline.utcoffset())


@pytest.mark.parametrize(
    ("lines", "html"),
    [
        (["een", "", "twee\u00a0 drie "], "<p>een</p><p>twee drie</p>"),
        ([" • a", "", " • b", "c"], "<ul><li>a</li><li>b</li></ul><p>c</p>"),
        ([" • a", "  • b", "   • c", " • d"], "<ul><li>a<ul><li>b<ul><li>c</li></ul></li></ul></li><li>d</li></ul>"),
        (['TCN\'s "mainstreaming" & <b>'], '<p>TCN\'s "mainstreaming" &amp; &lt;b&gt;</p>'),
        (["Doelstellingen: veel"], "<p>Doelstellingen: veel</p>"),
        ([" • Budget"], "<ul><li>Budget</li></ul>"),
    ],
)
def test_text_becomes_html(lines, html):
    assert parse_lines("Inleiding", *lines).introduction == html


def test_an_address_without_protocol_becomes_a_link(settings):
    settings.URLIZE_ASSUME_HTTPS = True
    expected = '<p>Zie <a href="https://www.vleva.eu">www.vleva.eu</a>.</p>'
    assert parse_lines("Inleiding", "Zie www.vleva.eu.").introduction == expected


def test_later_lists_of_objectives_are_actions_only_if_they_say_so():
    page = parse_lines("Doelstellingen", " • a", "Voorwaarden:", " • b", "Mogelijke acties:", " • c")
    assert page.objectives == Rows("", (Item("a"),), "<p>Voorwaarden:</p><ul><li>b</li></ul>")
    assert page.actions == Rows("<p>Mogelijke acties:</p>", (Item("c"),), "")


def test_later_lists_of_objectives_stay_there_when_actions_have_their_heading():
    page = parse_lines("Doelstellingen", " • a", "Mogelijke acties:", " • b", "Acties", "Geen lijst.")
    assert page.objectives == Rows("", (Item("a"),), "<p>Mogelijke acties:</p><ul><li>b</li></ul>")
    assert page.actions == Rows("<p>Geen lijst.</p>", (), "")


def test_a_first_group_of_actions_needs_a_lead_in():
    rows = parse_lines("Acties", "Eerst dit.", " • a", "Daarna dit:", " • b").actions
    assert rows == Rows("<p>Eerst dit.</p>", (Item("a"), Item("b", "Daarna dit")), "")


@pytest.mark.parametrize("above", [("Inleiding",), ("Inleiding", " • a", ""), ("Inleiding", "Voor:"), ("Budget",), ()])
def test_applicant_types_are_a_list_of_their_own(above):
    assert parse_fund(*above, " • Ngo's", "", " • Scholen", "Thema('s)").applicant_types == ("Ngo's", "Scholen")
