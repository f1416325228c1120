"""The editors' desk: calls and what belongs to them, entered, found, put right and refused."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from calls.models import Budget, Call, SearchEntry, Stamp
from calls.search.indexing import index_pending
from calls.status import DeadlineModel, Status
from funds.models import Fund
from tests.desk import rows, visible
from tests.factories import ApplicantTypeFactory, CallFactory, ContactFactory, FundFactory, ThemeFactory, brussels

pytestmark = pytest.mark.django_db
ADD = "/beheer/calls/call/add/"
LIST = "/beheer/calls/call/"


def change(row):
    return f"/beheer/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"


# Lists ---------------------------------------------------------------------------------------------------------------


def test_the_list_of_calls(desk):
    soon, since = brussels(2099, 3, 1, 9), brussels(2017, 1, 2, 12)
    CallFactory(title="Ontwerp", code="EACEA/51/2018", deadline=brussels(2018, 3, 1, 17), published_at=None)
    CallFactory(title="Gepland", deadline=brussels(2019, 9, 2, 23, 59), published_at=soon)
    unknown = {"deadline": None, "deadline_model": DeadlineModel.UNKNOWN}
    call = CallFactory(title="Zonder datum", published_at=since, **unknown)
    call.problems.create(level="warning", code="deadline_missing", text="De deadline is niet bekend.")
    call.problems.create(level="error", code="title_missing", text="De titel is leeg.")
    found = "1 fout, 1 waarschuwing De titel is leeg. De deadline is niet bekend."
    assert desk.table(LIST) == [
        ["Titel", "Deadline", "Publicatie", "Controle"],
        ["Gepland", "Gesloten 2 sep 2019 23.59", "Gepland 1 mrt 2099 09.00", "-"],
        ["Ontwerp EACEA/51/2018", "Gesloten 1 mrt 2018 17.00", "Ontwerp", "-"],
        ["Zonder datum", "Deadline onbekend", "Gepubliceerd 2 jan 2017 12.00", found],
    ]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("q=wijken", ["Groene wijken"]),
        ("q=GROENE+WIJKEN", ["Groene wijken"]),
        ("q=eacea/51", ["Blauwe wegen"]),
        ("q=LIFE", ["Groene wijken"]),
        ("q=leefmilieu", ["Groene wijken"]),
        ("q=niets", []),
        ("status=onzin", ["Blauwe wegen", "Groene wijken"]),
        ("publication=onzin", ["Blauwe wegen", "Groene wijken"]),
        ("deadline_year=2019", ["Groene wijken"]),
        ("deadline_year=1066", ["Blauwe wegen", "Groene wijken"]),
        ("deadline__year=2019", ["Groene wijken"]),
    ],
)
def test_calls_are_found(desk, query, titles):
    life = FundFactory(name="Fonds voor leefmilieu", abbreviation="LIFE")
    CallFactory(title="Groene wijken", fund=life, deadline=brussels(2019, 3, 1, 17))
    CallFactory(title="Blauwe wegen", code="EACEA/51/2018", deadline=brussels(2020, 3, 1, 17))
    index_pending()
    assert [row[0].removesuffix(" EACEA/51/2018") for row in desk.table(f"{LIST}?{query}")[1:]] == titles


@pytest.fixture
def all_kinds(db):
    now = timezone.now()
    for title, opens, deadline in [("komt", 1, 9), ("open", -9, 9), ("dicht", -9, -1)]:
        for published, at in [
            ("ontwerp", None),
            ("gepland", now + timedelta(1)),
            ("gepubliceerd", now - timedelta(1)),
        ]:
            dates = {"opens_at": now + timedelta(opens), "deadline": now + timedelta(deadline)}
            CallFactory(title=f"{title} {published}", published_at=at, **dates)
    CallFactory(title="onbekend", deadline=None, deadline_model=DeadlineModel.UNKNOWN)
    CallFactory(title="doorlopend", deadline=None, deadline_model=DeadlineModel.ROLLING)


@pytest.mark.parametrize("status", Status)
def test_the_status_filter_shows_the_calls_with_that_status(desk, all_kinds, status):
    listed = {row[0] for row in desk.table(f"{LIST}?status={status}")[1:]}
    assert listed == {call.title for call in Call.objects.with_status(status)}
    assert listed == {call.title for call in Call.objects.all() if call.status == status}
    assert listed


@pytest.mark.parametrize(
    ("publication", "titles"),
    [
        ("draft", {"komt ontwerp", "open ontwerp", "dicht ontwerp"}),
        ("scheduled", {"komt gepland", "open gepland", "dicht gepland"}),
        ("published", {"komt gepubliceerd", "open gepubliceerd", "dicht gepubliceerd", "onbekend", "doorlopend"}),
    ],
)
def test_the_publication_filter(desk, all_kinds, publication, titles):
    assert {row[0] for row in desk.table(f"{LIST}?publication={publication}")[1:]} == titles


def test_the_filters_on_fund_and_theme(desk):
    theme = ThemeFactory()
    mine = CallFactory(themes=[theme, ThemeFactory()])
    CallFactory()
    assert [row[0] for row in desk.table(f"{LIST}?fund__id__exact={mine.fund_id}")[1:]] == [mine.title]
    assert [row[0] for row in desk.table(f"{LIST}?themes__id__exact={theme.pk}")[1:]] == [mine.title]


def test_the_lists_of_funds_themes_types_and_contacts(desk):
    colleague = ContactFactory(name="An", email="an@example.org", phone="02 555 01 01")
    root = ThemeFactory(name="Eu algemeen")
    child = ThemeFactory(name="Migratie", parent=root, contact=colleague)
    fund = FundFactory(name="Fonds voor Asiel", abbreviation="AMIF", period="2014-2020")
    fund.themes.add(child)
    FundFactory(name="Leefmilieu", abbreviation="LIFE", period="2021-2027")
    ApplicantTypeFactory(name="Ngo's")
    contacts, themes, funds = (f"/beheer/{name}/" for name in ("contacts/contact", "funds/theme", "funds/fund"))
    assert desk.table(contacts) == [
        ["Organisatie", "Naam", "Soort", "E-mailadres", "Telefoon"],
        ["VLEVA", "An", "VLEVA-collega", "an@example.org", "02 555 01 01"],
    ]
    assert desk.table(themes) == [
        ["Naam", "Hoofdthema", "VLEVA-contact"],
        ["Eu algemeen", "-", "-"],
        ["Migratie", "Eu algemeen", "An (VLEVA)"],
    ]
    assert desk.table(funds) == [
        ["Naam", "Afkorting", "Periode"],
        ["Fonds voor Asiel", "AMIF", "2014-2020"],
        ["Leefmilieu", "LIFE", "2021-2027"],
    ]
    assert desk.table("/beheer/funds/applicanttype/") == [["Naam"], ["Ngo's"]]

    def found(path):
        return [row[0] for row in desk.table(path)[1:]]

    assert found(f"{contacts}?q=an@example") == found(f"{contacts}?kind__exact=vleva") == ["VLEVA"]
    assert found(f"{contacts}?kind__exact=authority") == []
    assert found(f"{themes}?q=migr") == found(f"{themes}?parent__id__exact={root.pk}") == ["Migratie"]
    assert found(f"{funds}?q=amif") == found(f"{funds}?themes__id__exact={child.pk}") == ["Fonds voor Asiel"]
    assert found(f"{funds}?period=2021-2027") == ["Leefmilieu"]


# A call with all its parts -------------------------------------------------------------------------------------------


def test_a_whole_call_is_entered_on_one_page(desk, documents):
    fund, theme, kind = FundFactory(), ThemeFactory(), ApplicantTypeFactory()
    sent = {"title": "Nieuwe oproep", "title_language": "fr", "code": "EACEA/51/2018", "fund": fund.pk}
    sent |= {"themes": [theme.pk], "applicant_types": [kind.pk], "introduction": "<p>Inleiding [1]</p>"}
    sent |= {"deadline_model": "two_stage", "deadline_0": "30-06-2027", "deadline_1": "17:00"}
    sent |= {"opens_at_0": "15-01-2027", "opens_at_1": "09:30:00", "source_url": "https://example.org/oproep"}
    sent |= rows("cutoffs", {"label": "fase 1", "at_0": "01-03-2027", "at_1": "12:00"})
    sent |= rows(
        "budgets",
        {"order": 1, "label": "EU", "amount": "1.320.069,53", "rate": "62,5", "shared": "on"},
        {"order": 2, "label": "POD", "rate": "15", "note": "ten hoogste"},
    )
    sent |= rows("objectives", {"order": 1, "text": "<p>Doel</p>"})
    sent |= rows("actions", {"order": 2, "text": "Later"}, {"order": 1, "group": "Eerst", "text": "Nu"})
    guide = SimpleUploadedFile("gids.pdf", b"%PDF-1.7")
    sent |= rows(
        "documents",
        {"order": 1, "title": "Gids", "file": guide},
        {"order": 2, "title": "Formulier", "link": "https://example.org/formulier"},
    )
    assert desk.send(ADD, **sent) == []

    call = Call.objects.get()
    assert (call.title, call.title_language, call.slug, call.code) == (
        "Nieuwe oproep",
        "fr",
        "nieuwe-oproep",
        "EACEA/51/2018",
    )
    assert (call.fund, [*call.themes.all()], [*call.applicant_types.all()]) == (fund, [theme], [kind])
    assert (call.opens_at, call.deadline) == (brussels(2027, 1, 15, 9, 30), brussels(2027, 6, 30, 17))
    assert (call.introduction, call.published_at) == ("<p>Inleiding [1]</p>", None)
    assert list(call.cutoffs.values_list("label", "at")) == [("fase 1", brussels(2027, 3, 1, 12))]
    assert list(call.budgets.values_list("label", "amount", "rate", "shared", "note")) == [
        ("EU", Decimal("1320069.53"), Decimal("62.50"), True, ""),
        ("POD", None, Decimal(15), False, "ten hoogste"),
    ]
    assert list(call.objectives.values_list("text", flat=True)) == ["<p>Doel</p>"]
    assert list(call.actions.values_list("group", "text")) == [("Eerst", "Nu"), ("", "Later")]
    file, link = call.documents.all()
    assert (link.title, link.get_absolute_url()) == ("Formulier", "https://example.org/formulier")
    assert b"".join(desk.client.get(file.get_absolute_url()).streaming_content) == b"%PDF-1.7"
    assert [path.name for path in documents.rglob("*.*")] == ["gids.pdf"]


def test_a_whole_fund_is_entered_on_one_page(desk):
    theme, kind, authority = ThemeFactory(), ApplicantTypeFactory(), ContactFactory(kind="authority")
    sent = {"name": "Fonds voor Asiel", "abbreviation": "AMIF", "period": "2021-2027", "notice": "Nog geen akkoord"}
    sent |= {"themes": [theme.pk], "applicant_types": [kind.pk], "budget_text": "<p>Veel [1]</p>"}
    sent |= rows("objectives", {"order": 1, "title": "Asiel", "text": "<ul><li>a</li></ul>"})
    sent |= rows("budgets", {"order": 1, "label": "lidstaten", "amount": "2.752.000.000,00"})
    sent |= rows("fund_contacts", {"order": 1, "role": "Autoriteit", "contact": authority.pk})
    assert desk.send("/beheer/funds/fund/add/", **sent) == []
    fund = Fund.objects.get(slug="amif-2021-2027")
    assert (fund.notice, fund.budget_text) == ("Nog geen akkoord", "<p>Veel [1]</p>")
    assert ([*fund.themes.all()], [*fund.applicant_types.all()]) == ([theme], [kind])
    assert list(fund.objectives.values_list("title", "text")) == [("Asiel", "<ul><li>a</li></ul>")]
    assert list(fund.budgets.values_list("label", "amount")) == [("lidstaten", Decimal(2_752_000_000))]
    assert list(fund.fund_contacts.values_list("role", "contact")) == [("Autoriteit", authority.pk)]


def test_sending_an_untouched_page_changes_nothing(desk, five_pages):
    def everything():
        relations = ("budgets", "cutoffs", "objectives", "actions", "documents", "themes", "applicant_types")
        return [[*Call.objects.values("pk", *Call.long_texts(), "deadline", "opens_at", "published_at", "code")]] + [
            [*getattr(call, name).values()] for call in Call.objects.order_by("pk") for name in relations
        ]

    before = everything()
    for call in Call.objects.all():
        assert desk.send(change(call)) == []
    for fund in Fund.objects.all():
        assert desk.send(change(fund)) == []
    assert everything() == before


def test_rows_are_changed_put_in_order_and_deleted(desk):
    call = CallFactory(deadline=brussels(2027, 6, 30, 17))
    for order, label in enumerate(["een", "twee", "drie"], 1):
        Budget.objects.create(call=call, order=order, label=label, amount=1000 * order)
    sent = {"budgets-0-order": 2, "budgets-0-amount": "1.000,50", "budgets-1-DELETE": "on", "budgets-2-order": 1}
    assert desk.form(change(call))["budgets-2-amount"] == "3.000,00"
    assert desk.send(change(call), title="Ander", **sent) == []
    assert list(call.budgets.values_list("label", "amount")) == [("drie", 3000), ("een", Decimal("1000.50"))]
    call.refresh_from_db()
    assert (call.title, call.deadline) == ("Ander", brussels(2027, 6, 30, 17))


@pytest.mark.parametrize("typed", ["17:00", "17.00", "17u00", "17u", "17:00:00"])
def test_hours_are_typed_the_belgian_way(desk, typed):
    call = CallFactory()
    assert desk.send(change(call), deadline_0="30-06-2027", deadline_1=typed) == []
    call.refresh_from_db()
    assert call.deadline == brussels(2027, 6, 30, 17)


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("1.320.069,53", "1320069.53"),
        ("€ 1.320.069,53", "1320069.53"),
        ("1320069,53", "1320069.53"),
        ("1320069.53", "1320069.53"),
        ("32.700.000", "32700000"),
        ("32 700 000", "32700000"),
        ("3.430", "3430"),
        ("0", "0"),
    ],
)
def test_amounts_are_typed_the_belgian_way(desk, typed, amount):
    call = CallFactory()
    assert desk.send(change(call), **rows("budgets", {"order": 1, "amount": typed})) == []
    assert call.budgets.get().amount == Decimal(amount)
    fund_row = rows("budgets", {"order": 1, "label": "a", "amount": typed if typed != "0" else "0,01"})
    assert desk.send(change(call.fund), **fund_row) == []
    assert call.fund.budgets.get().amount == (Decimal(amount) or Decimal("0.01"))


def test_deleting_a_call_names_its_search_words_in_dutch(desk):
    call = CallFactory(title="Weg ermee")
    Stamp.now()
    page = visible(desk.client.get(f"/beheer/calls/call/{call.pk}/delete/").text)
    assert "Oproepen: 1 Zoekwoorden: 1" in page
    assert page.count("Zoekwoorden") == 1
    desk.client.post(f"/beheer/calls/call/{call.pk}/delete/", {"post": "yes"})
    assert (Call.objects.count(), SearchEntry.objects.count()) == (0, 0)
