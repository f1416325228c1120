"""What the made-up calls are called: funds with their themes and the notations of their codes, parts of titles."""

from typing import NamedTuple


class DemoFund(NamedTuple):
    """`themes` and `TYPES` are the addresses of rows in fixtures/funds.json; a notation takes the `year`, and the
    family's `number` or the call's own number as `call` or `long`."""

    abbreviation: str
    name: str
    periods: tuple
    themes: list
    notations: list


BOTH, NEW = ("2014-2020", "2021-2027"), ("2021-2027",)
EACEA = ["EACEA-{number}/{year}", "EACEA/{number}/{year}", "EACEA {number}/{year}"]
FUNDS = [
    DemoFund(
        "AMIF",
        "Fonds voor Asiel, Migratie en Integratie",
        BOTH,
        ["migratie", "sociale-inclusie", "werk-en-sociale-zaken"],
        ["AMIF-{year}-AG-CALL-{number:02}", "AMIF-{year}-AG-INTE-{number:02}", "{call}"],
    ),
    DemoFund(
        "ISF",
        "Fonds voor Interne Veiligheid",
        BOTH,
        ["justitie-en-burgerschap", "migratie"],
        ["ISF-{year}-TF1-AG-CYBER-{number:02}", "ISFP-{year}-AG-TERFIN-{number:02}"],
    ),
    DemoFund(
        "BMVI",
        "Instrument voor Grensbeheer en Visa",
        NEW,
        ["migratie", "eu-algemeen"],
        ["BMVI-{year}-SA-CALL-{number:02}"],
    ),
    DemoFund(
        "Erasmus+",
        "Erasmus+",
        BOTH,
        ["levenslang-leren", "jeugdbeleid", "sport", "onderwijs-jeugd-cultuur-en-sport"],
        EACEA,
    ),
    DemoFund(
        "CERV",
        "Burgers, Gelijkheid, Rechten en Waarden",
        NEW,
        ["justitie-en-burgerschap", "eu-algemeen", "sociale-inclusie"],
        ["CERV-{year}-EQUAL-{number:02}", "REC-RRAC-RACI-AG-{number}-{year}"],
    ),
    DemoFund(
        "LIFE",
        "Programma voor het Milieu en Klimaatactie",
        BOTH,
        ["energie-en-klimaat", "stedelijk-beleid"],
        ["LIFE-{year}-SAP-CLIMA-{number:02}", "LIFE-{year}-CET-{number:02}"],
    ),
    DemoFund(
        "Creative Europe",
        "Creatief Europa",
        BOTH,
        ["onderwijs-jeugd-cultuur-en-sport", "digitale-agenda"],
        [*EACEA, "CREA-CULT-{year}-COOP-{number}"],
    ),
    DemoFund(
        "Horizon Europe",
        "Horizon Europa",
        NEW,
        ["digitale-agenda", "energie-en-klimaat", "transport", "zorg-en-welzijn"],
        ["HORIZON-CL2-{year}-TRANSFORMATIONS-{number:02}", "HORIZON-CL5-{year}-D6-{number:02}"],
    ),
    DemoFund(
        "ESF+",
        "Europees Sociaal Fonds Plus",
        NEW,
        ["werk-en-sociale-zaken", "sociale-inclusie", "levenslang-leren"],
        ["Oproep {call}", "ESF-{year}-SOC-INNOV-{number:02}"],
    ),
    DemoFund(
        "EFRO",
        "Europees Fonds voor Regionale Ontwikkeling",
        BOTH,
        ["regionaal-beleid", "stedelijk-beleid", "project-limburg"],
        ["{call}", "Oproep {call}"],
    ),
    DemoFund(
        "Interreg",
        "Interreg Vlaanderen-Nederland",
        BOTH,
        ["regionaal-beleid", "transport", "eu-subsidies"],
        ["EuropeAid/{long}/DH/ACT/Multi", "INTERREG-VLNL-{year}-{number:02}"],
    ),
    DemoFund(
        "Digital Europe",
        "Digitaal Europa",
        NEW,
        ["digitale-agenda", "eu-subsidies"],
        ["DIGITAL-{year}-SKILLS-{number:02}"],
    ),
]
TYPES = [
    "internationale-organisaties",
    "kmos",
    "koepelorganisaties",
    "lokale-overheden",
    "ngos",
    "non-profit-organisaties",
    "onderzoeksinstellingen",
    "private-ondernemingen",
    "publieke-ondernemingen",
    "regionale-of-bovenlokale-overheden",
    "scholen",
    "universiteitenhogescholen",
]
STARTS = [
    "Reducing obstacles and promoting access to",
    "Promoting the participation of migrants in",
    "Promoting complementary pathways for",
    "Pre-departure and post-arrival support for",
    "Promoting access to",
    "Reducing obstacles to",
]
SUBJECTS = [
    "basic services",
    "the design and implementation of integration policies",
    "people in need of protection and their further integration",
    "the integration of persons in need of international protection",
    "the design and implementation of volunteering activities",
    "persons in need of international protection",
    "complementary pathways and basic services",
]
ENDS = [
    "",
    "for third-country nationals",
    "including through volunteering activities",
    "after resettlement from a third country",
    "for people in need of protection",
]
NOUN_STARTS = [
    "taal",
    "arbeids",
    "jeugd",
    "opvang",
    "gezins",
    "onderwijs",
    "gezondheids",
    "migratie",
    "huisvestings",
    "opleidings",
    "vrijwilligers",
    "kinder",
    "gemeenschaps",
    "beroeps",
    "zorg",
    "overleg",
    "armoede",
    "samenlevings",
    "lidstaat",
    "ervarings",
]
NOUN_ENDS = [
    "beleid",
    "project",
    "traject",
    "netwerk",
    "cursussen",
    "programma",
    "dienst",
    "maatregelen",
    "activiteiten",
    "organisaties",
    "aanbod",
    "steun",
    "partnerschap",
    "samenwerking",
    "plan",
    "begeleiding",
    "initiatief",
    "instrumenten",
]
