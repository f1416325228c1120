"""What the parser reads from the five source pages."""

import re
from decimal import Decimal
from itertools import groupby
from pathlib import Path

import pytest

from calls.page_fund import APPLICANT_TYPES
from calls.pages import FundBlock, FundBudget, FundContact, Item, parse_page

PAGES = Path(__file__).parent.parent / "fixtures/pages"
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(PAGES.glob("*.txt"))}
CALL_02, CALL_03, CALL_04 = (f"amif-2020-ag-call-0{number}" for number in (2, 3, 4))
FOUR_PAGES = [CALL_02, CALL_03, CALL_04, "amif-42-integratie"]
BEFORE_DEPARTURE = "Activiteiten voorafgaand aan het vertrek kunnen zijn"
AFTER_ARRIVAL = "Activiteiten na aankomst kunnen zijn"
FOR_HOSTS = "Activiteiten om gastgemeenschappen voor te bereiden op de komst van hervestigde mensen kunnen zijn"
ACTION_LEAD_IN = "<p>De voorstellen moeten een of meer van de volgende acties omvatten (niet-uitputtende lijst):</p>"
INTEGRATION = "Gedelegeerde autoriteiten (luik Integratie)"
AMIF_CONTACTS = (
    FundContact(
        role="Verantwoordelijke autoriteit",
        organisation="FOD Binnenlandse Zaken, cel Europese Fondsen",
        email="amif.isf@ibz.eu",
        phone="02 500 24 60",
        website="https://www.amif-isf.be",
    ),
    FundContact(
        role=INTEGRATION,
        organisation="Vlaams ESF-agentschap",
        name="Lisa Van Hecke",
        email="lisa.vanhecke@esf.vlaanderen.be",
        phone="02 546 22 03",
        website="https://www.esf-agentschap.be",
    ),
    FundContact(
        role=INTEGRATION,
        organisation="Agence FSE de la Fédération Wallonie-Bruxelles",
        name="Juliette Bach",
        email="juliette.bach@fse.be",
        phone="02 234 39 53",
        website="https://www.fse.be",
    ),
)
AMIF_INTRODUCTION = (
    "<p>Het Fonds voor Asiel, Migratie en Integratie draagt bij tot</p>"
    "<ul><li>Het efficiënte beheer van migratiestromen</li>"
    "<li>De uitvoering, versterking en ontwikkeling van:"
    "<ul><li>Het gemeenschappelijke Europese beleid voor asiel, subsidiaire bescherming en tijdelijke bescherming</li>"
    "<li>Een gemeenschappelijk migratiebeleid</li></ul></li></ul>"
)


def outline(rows):
    """The number of items in each group, in order."""
    return [(group, len(list(items))) for group, items in groupby(rows.items, key=lambda item: item.group)]


@pytest.mark.parametrize(
    ("name", "breadcrumb", "code", "amounts"),
    [
        ("amif-2017-ag-inte-03", (), "", (Decimal(3_430_000),)),
        (CALL_02, (), "AMIF-2020-AG-CALL-02", (Decimal(32_700_000),)),
        (CALL_03, (), "AMIF-2020-AG-CALL-03", (Decimal(32_700_000),)),
        (CALL_04, (), "AMIF-2020-AG-CALL-04", (Decimal(32_700_000),)),
        ("amif-42-integratie", ("Eu algemeen", "Migratie"), "42", (Decimal("1320069.53"),)),
    ],
)
def test_values_of_the_source_pages(name, breadcrumb, code, amounts):
    page = parse_page(TEXTS[name])
    assert (page.breadcrumb, page.code, page.amounts) == (breadcrumb, code, amounts)
    assert (page.deadline, page.documents) == (None, ())
    assert page.title == next(line for line in TEXTS[name].splitlines()[1:] if line and not line.startswith("Home"))


@pytest.mark.parametrize(
    ("name", "objectives", "actions"),
    [
        ("amif-2017-ag-inte-03", [("", 3)], [(BEFORE_DEPARTURE, 8), (AFTER_ARRIVAL, 9), (FOR_HOSTS, 8)]),
        (CALL_02, [("", 6)], [("", 11)]),
        (CALL_03, [], [("", 4)]),
        (
            CALL_04,
            [],
            [
                ("De voorstellen moeten een of meer van de volgende acties omvatten (niet-uitputtende lijst)", 3),
                (
                    "Rekening houdend met het transnationale aspect van het onderwerp moeten de acties ook"
                    " gezamenlijke activiteiten tussen partners in verschillende lidstaten bevorderen, zoals",
                    4,
                ),
            ],
        ),
        ("amif-42-integratie", [], []),
    ],
)
def test_items_of_the_source_pages(name, objectives, actions):
    page = parse_page(TEXTS[name])
    assert (outline(page.objectives), outline(page.actions)) == (objectives, actions)


def test_actions_below_the_objectives_are_actions():
    page = parse_page(TEXTS["amif-2017-ag-inte-03"])
    assert page.objectives.after == ""
    assert page.actions.before == (
        "<p>Projecten die worden ingediend in het kader van de huidige oproep tot het indienen van voorstellen in het"
        " kader van prioriteit 3, kunnen de volgende activiteiten omvatten (deze lijst is niet exhaustief):</p>"
    )
    assert page.actions.items[4:5] + page.actions.items[-1:] == (
        Item(
            "het verstrekken van informatie over het wettelijk kader, de systemen en sociale en culturele normen,"
            " rechten en verantwoordelijkheden van de ontvangende samenleving;",
            BEFORE_DEPARTURE,
        ),
        Item(
            "mogelijkheden voor vrijwilligerswerk creëren voor hervestigde personen om hen te helpen contact te leggen"
            " met de lokale gemeenschap.",
            FOR_HOSTS,
        ),
    )
    assert re.findall(r"<p>\S+ \S+ \S+", page.actions.after) == ["<p>Terwijl alle nieuwkomers"]


@pytest.mark.parametrize(
    ("name", "objectives", "actions"),
    [
        (CALL_02, (1, 1), (3, 0)),
        (CALL_03, (1, 0), (1, 0)),
        (CALL_04, (6, 0), (0, 0)),
        ("amif-42-integratie", (7, 0), (0, 0)),
    ],
)
def test_paragraphs_before_and_after_the_items(name, objectives, actions):
    page = parse_page(TEXTS[name])
    counts = [(rows.before.count("<p>"), rows.after.count("<p>")) for rows in (page.objectives, page.actions)]
    assert counts == [objectives, actions]


def test_one_list_of_actions_keeps_its_lead_in():
    assert parse_page(TEXTS[CALL_03]).actions.before == ACTION_LEAD_IN


@pytest.mark.parametrize("name", [CALL_02, CALL_03, CALL_04])
def test_short_texts_of_the_2020_pages(name):
    page = parse_page(TEXTS[name])
    assert page.budget == (
        "<p>Samen met de andere AMIF-calls met deadline 16 februari komt het totaalbedrag op 32 700 000 euro.</p>"
    )
    assert page.beneficiaries == (
        "<p>Voorwaarden om in aanmerking te komen en ontvankelijkheid: beschreven in de punten 5 en 6 van het"
        " oproepdocument.</p>"
    )
    assert page.info_contact == (
        "<p>Alle informatie over deze call vind je op de funding and tender portal of in dit document.</p>"
        '<p>Voor specifieke vragen kan je sturen naar <a href="mailto:HOME-AMIF-UNIONACTIONS@ec.europa.eu">'
        "HOME-AMIF-UNIONACTIONS@ec.europa.eu</a></p>"
    )


def test_target_group_and_final_beneficiaries():
    page = parse_page(TEXTS["amif-42-integratie"])
    assert (page.beneficiaries, page.target_group[:26]) == ("", "<p>De doelgroepen die in a")
    assert page.final_beneficiaries == (
        "<p>Deze projectoproep staat open voor grote OCMW\u2019s van gemeenten met meer dan 150.000 inwoners gezien"
        " hun federale missie die ze realiseren.</p>"
    )


def test_the_fund_after_2020():
    assert parse_page(TEXTS["amif-2017-ag-inte-03"]).fund == FundBlock(
        name="Fonds voor Asiel, Migratie en Integratie",
        introduction=AMIF_INTRODUCTION,
        notice=(
            "Er is nog geen akkoord bereikt over het nieuwe programma op Europees niveau. "
            "Meer gedetailleerde informatie volgt binnenkort."
        ),
        objectives=(),
        budget="",
        budgets=(),
        applicant_types=APPLICANT_TYPES,
        themes=("Migratie",),
        contacts=AMIF_CONTACTS,
        read_more=(),
    )


def test_the_fund_of_2014_to_2020():
    fund, *others = (parse_page(TEXTS[name]).fund for name in FOUR_PAGES)
    assert others == [fund] * 3
    assert [(o.order, o.title, o.text.count("<li>"), o.text[:8]) for o in fund.objectives] == [
        (1, "Gemeenschappelijk Europees Asielstelsel", 3, "<ul><li>"),
        (2, "Integratie van onderdanen van landen buiten de EU en legale migratie", 3, "<ul><li>"),
        (3, "Terugkeer", 3, "<ul><li>"),
    ]
    assert fund == FundBlock(
        name="Fonds voor Asiel, Migratie en Integratie",
        introduction=AMIF_INTRODUCTION,
        notice="",
        objectives=fund.objectives,
        budget="<p>Het Fonds voor Asiel, Migratie en Integratie bedraagt 3 137 miljoen euro:</p>",
        budgets=(
            FundBudget(Decimal(2_752_000_000), "2 752 miljoen euro", "nationale programma's van lidstaten"),
            FundBudget(
                Decimal(385_000_000),
                "385 miljoen euro",
                "EU-acties, noodsituaties, het Europese migratienetwerk en technische bijstand",
            ),
        ),
        applicant_types=(),
        themes=(),
        contacts=AMIF_CONTACTS,
        read_more=(
            "https://ec.europa.eu/dgs/home-affairs/financing/fundings/migration-asylum-borders/"
            "asylum-migration-integration-fund/index_en.htm",
        ),
    )
