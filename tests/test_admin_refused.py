"""What the editors' desk refuses: told in Dutch beside the field, with nothing saved."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Follow
from calls.models import Budget, Call, Cutoff
from contacts.models import Contact
from funds.models import Fund, FundContact, Theme
from tests.desk import rows
from tests.factories import CallFactory, ContactFactory, FundFactory, ThemeFactory, UserFactory, brussels

pytestmark = pytest.mark.django_db
ADD = "/beheer/calls/call/add/"
DEADLINE = {"deadline_model": "single_stage", "deadline_0": "30-06-2027", "deadline_1": "17:00"}
EXTENSIONS = "pdf, doc, docx, xls, xlsx, ppt, pptx, odt, ods, odp, png, jpg, jpeg"
NO_DATE = "Een doorlopende of onbekende deadline heeft geen datum; elk ander deadlinemodel wel."
FILE_OR_LINK = "Geef een bestand of een link, één van de twee."
FIRST, LATER = {"at_0": "01-03-2027", "at_1": "12:00"}, {"at_0": "30-06-2027", "at_1": "17:00"}


def change(row):
    return f"/beheer/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"


@pytest.mark.parametrize(
    ("sent", "complaints"),
    [
        ({"title": ""}, [("title", "Dit veld is verplicht.")]),
        ({"opens_at_0": "30-06-2027", "opens_at_1": "17:00"}, [("", "Een oproep moet openen vóór de deadline.")]),
        ({"deadline_model": "rolling"}, [("", NO_DATE)]),
        ({"deadline_0": "", "deadline_1": ""}, [("", NO_DATE)]),
        ({"deadline_0": "31-06-2027"}, [("deadline", "Vul een geldige datum in.")]),
        ({"deadline_1": ""}, [("deadline", "Vul een geldige tijd in.")]),
        ({"deadline_1": "25:00"}, [("deadline", "Vul een geldige tijd in.")]),
        ({"source_url": "geen link"}, [("source_url", "Vul een geldige URL in.")]),
        ({"slug": "bestaat-al"}, [("slug", "Er bestaat al een Oproep met dezelfde waarde voor Webadres.")]),
        (rows("cutoffs", LATER), [("cutoffs-0-at", "Een tussentijdse deadline valt vóór de laatste deadline.")]),
        (
            rows("cutoffs", FIRST, FIRST),
            [("", "Corrigeer de dubbele gegevens voor at."), ("", "Corrigeer de dubbele waarden hieronder.")],
        ),
        (
            rows("budgets", {"order": 1, "label": "EU"}),
            [("", "Vul een bedrag, een cofinancieringsgraad of allebei in.")],
        ),
        (
            rows("budgets", {"order": 1, "amount": "-1", "rate": "101"}),
            [
                ("budgets-0-amount", "Zorg ervoor dat deze waarde minstens 0 is."),
                ("budgets-0-rate", "Zorg ervoor dat deze waarde hoogstens 100 is."),
            ],
        ),
        (rows("budgets", {"order": 1, "amount": "veel"}), [("budgets-0-amount", "Vul een getal in.")]),
        (rows("actions", {"order": 1, "group": "a"}), [("actions-0-text", "Dit veld is verplicht.")]),
        (rows("documents", {"order": 1, "title": "Gids"}), [("", FILE_OR_LINK)]),
        (
            rows("documents", {"order": 1, "title": "Gids", "link": "javascript:alert(1)"}),
            [("documents-0-link", "Vul een geldige URL in.")],
        ),
        (
            rows(
                "documents",
                {
                    "order": 1,
                    "title": "Gids",
                    "link": "https://example.org/",
                    "file": SimpleUploadedFile("gids.pdf", b"%PDF-1.7"),
                },
            ),
            [("", FILE_OR_LINK)],
        ),
    ],
)
def test_a_call_that_breaks_a_rule_is_not_saved(desk, documents, sent, complaints):
    CallFactory(slug="bestaat-al")
    assert desk.send(ADD, **{"title": "Nieuw", **DEADLINE} | sent) == complaints
    assert [call.slug for call in Call.objects.all()] == ["bestaat-al"]
    assert list(documents.rglob("*.*")) == []


def test_what_was_filled_in_wrongly_stands_above_the_form_with_ways_to_it(desk):
    """Beside each field too."""
    lines = rows("budgets", {"order": 1, "amount": "veel"}, {"order": 2, "label": "EU"})
    lines |= rows("cutoffs", FIRST, FIRST, {"at_0": "morgen", "DELETE": "on"})
    sent = desk.form(ADD) | DEADLINE | {"title": "", "deadline_0": "gisteren"} | lines
    page = desk.client.post(ADD, sent).text
    ways = re.findall(r'<li class="error"><a href="#([^"]+)">([^<]+)</a>', page)
    assert ways == [
        ("id_title", "Titel"),
        ("id_deadline_0", "Deadline"),
        ("cutoffs-group", "Tussentijdse deadlines"),
        ("cutoffs-1", "Tussentijdse deadline 2: Het geheel"),
        ("id_budgets-0-amount", "Budgetlijn 1: Bedrag (euro)"),
        ("budgets-1", "Budgetlijn 2: Het geheel"),
    ]
    assert all(f'id="{id}"' in page for id, _where in ways)


@pytest.mark.parametrize("name", ["gids.html", "gids.svg", "gids.pdf.exe", "gids", "gids.PHP"])
def test_only_documents_may_be_uploaded(desk, documents, name):
    call = CallFactory()
    file = SimpleUploadedFile(name, b"<script>alert(1)</script>", content_type="application/pdf")
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    assert desk.send(change(call), **rows("documents", {"order": 1, "title": "Gids", "file": file})) == [
        (
            "documents-0-file",
            f"Bestandsextensie ‘{extension}’ is niet toegestaan. Toegestane extensies zijn: ‘{EXTENSIONS}’.",
        )
    ]
    assert (list(call.documents.all()), list(documents.rglob("*.*"))) == ([], [])


def test_an_earlier_deadline_is_held_against_the_cutoffs_that_are_there(desk):
    call = CallFactory(deadline=brussels(2027, 6, 30, 17))
    Cutoff.objects.create(call=call, at=brussels(2027, 3, 1, 12))
    assert desk.send(change(call), deadline_0="01-03-2027", deadline_1="12:00") == [
        ("cutoffs-0-at", "Een tussentijdse deadline valt vóór de laatste deadline.")
    ]
    call.refresh_from_db()
    assert call.deadline == brussels(2027, 6, 30, 17)


def test_a_refused_change_keeps_every_row_as_it_was(desk):
    call = CallFactory()
    Budget.objects.create(call=call, order=1, amount=5)
    assert desk.send(change(call), title="", **{"budgets-0-amount": "6"}) == [("title", "Dit veld is verplicht.")]
    call.refresh_from_db()
    assert (call.title != "", call.budgets.get().amount) == (True, 5)


@pytest.mark.parametrize("model", [CallFactory, FundFactory, ThemeFactory])
def test_an_address_cannot_be_changed_once_it_exists(desk, model):
    row = model()
    before = row.slug
    assert "slug" not in desk.form(change(row))
    assert desk.send(change(row), slug="anders") == []
    row.refresh_from_db()
    assert row.slug == before
    assert before in desk.read(change(row))


@pytest.mark.parametrize(
    ("path", "sent", "complaints"),
    [
        (
            "contacts/contact",
            {"organisation": "VLEVA", "name": "An"},
            [("", "Deze persoon van deze organisatie staat al in de lijst.")],
        ),
        (
            "funds/fund",
            {"name": "AMIF", "abbreviation": "AMIF", "period": "2014-2020"},
            [("", "Dit fonds staat al in de lijst voor deze periode.")],
        ),
        (
            "funds/fund",
            {"name": "X", "abbreviation": "X"} | rows("budgets", {"order": 1, "label": "a", "amount": "0"}),
            [("", "Een bedrag is meer dan nul.")],
        ),
        ("funds/theme", {"name": "Migratie"}, [("name", "Er bestaat al een Thema met dezelfde waarde voor Naam.")]),
        ("funds/applicanttype", {"name": ""}, [("name", "Dit veld is verplicht.")]),
    ],
)
def test_other_content_that_breaks_a_rule_is_not_saved(desk, path, sent, complaints):
    ContactFactory(organisation="VLEVA", name="An")
    FundFactory(abbreviation="AMIF", period="2014-2020")
    ThemeFactory(name="Migratie")
    assert desk.send(f"/beheer/{path}/add/", **sent) == complaints
    assert [model.objects.count() for model in (Contact, Fund, Theme)] == [1, 1, 1]


def test_a_theme_keeps_its_level(desk):
    root, other = ThemeFactory(), ThemeFactory()
    child = ThemeFactory(parent=root)
    below = "Dit thema heeft thema's onder zich en moet dus een hoofdthema blijven."
    invalid = "Selecteer een geldige keuze. Deze keuze is niet beschikbaar."
    assert desk.send(change(root), parent=other.pk) == [("parent", below)]
    assert desk.send(change(other), parent=child.pk) == [("parent", invalid)]
    assert desk.send(change(other), parent=other.pk) == [("parent", "Een thema kan niet onder zichzelf staan.")]
    assert desk.send(change(other), parent=root.pk) == []
    assert {theme.parent_id for theme in Theme.objects.exclude(pk=root.pk)} == {root.pk}


def test_what_is_in_use_is_not_deleted(desk):
    fund, theme = CallFactory().fund, ThemeFactory(parent=ThemeFactory())
    authority = FundContact.objects.create(fund=fund, contact=ContactFactory(), role="Autoriteit").contact
    for row in (fund, theme.parent, authority):
        path = change(row).replace("change", "delete")
        assert "beschermde gerelateerde objecten" in desk.read(path)
        assert desk.client.post(path, {"post": "yes"}).status_code == 200
        row.refresh_from_db()


def test_an_editor_reads_how_many_follow_a_theme_but_not_who(desk):
    theme = ThemeFactory(name="Migratie")
    for email in ("an@example.org", "bo@example.org"):
        Follow.objects.create(user=UserFactory(email=email), theme=theme)
    page = desk.read(change(theme).replace("change", "delete"))
    assert [text in page for text in ("Migratie (2 volgers)", "an@example.org", "bo@example.org")] == [
        True,
        False,
        False,
    ]


def test_two_times_the_same_form_makes_two_calls(desk):
    form = desk.form(ADD) | DEADLINE | {"title": "Dubbel", "_save": ""}
    assert [desk.client.post(ADD, form).status_code for _ in range(2)] == [302, 302]
    assert sorted(call.slug for call in Call.objects.all()) == ["dubbel", "dubbel-2"]
