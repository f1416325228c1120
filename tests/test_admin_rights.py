"""Who may do what at the editors' desk, and that it speaks Dutch to them."""

import json
import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group

from accounts.models import User
from calls.models import Budget, Call, Cutoff
from contacts.models import Contact
from funds.models import ApplicantType, Fund, Theme
from tests.desk import Desk, visible
from tests.factories import (
    ApplicantTypeFactory,
    CallFactory,
    ContactFactory,
    FundFactory,
    ThemeFactory,
    UserFactory,
    brussels,
)

pytestmark = pytest.mark.django_db
CONTENT = ["calls/call", "funds/fund", "funds/theme", "funds/applicanttype", "contacts/contact"]
NOT_FOR_EDITORS = ["accounts/user", "auth/group", "account/emailaddress"]


@pytest.fixture
def chief(settings):
    """The editors' desk, with somebody at it who may do everything."""
    settings.STAFF_SECOND_FACTOR = False
    return Desk(UserFactory(is_staff=True, is_superuser=True))


# Rights --------------------------------------------------------------------------------------------------------------


def test_all_that_is_about_users_stands_in_one_place(chief):
    shown = chief.client.get("/beheer/").context["app_list"]
    groups = {app["app_label"]: [model["object_name"] for model in app["models"]] for app in shown}
    assert [*groups] == ["calls", "funds", "contacts", "accounts"]
    assert groups["accounts"] == ["User", "EmailAddress", "Group", "LogEntry", "AuditEvent"]
    [users] = chief.client.get("/beheer/accounts/").context["app_list"]
    assert [model["object_name"] for model in users["models"]] == groups["accounts"]
    assert chief.client.get("/beheer/auth/").context["app_list"][0]["models"][0]["object_name"] == "Group"


def test_these_models_are_at_the_desk_and_no_others():
    assert {model._meta.label for model in admin.site._registry} == {
        "account.EmailAddress",
        "accounts.AuditEvent",
        "accounts.User",
        "admin.LogEntry",
        "auth.Group",
        "calls.Call",
        "calls.EmptySearch",
        "calls.ImportRun",
        "calls.Link",
        "calls.Proposal",
        "calls.Record",
        "calls.Synonym",
        "contacts.Contact",
        "funds.ApplicantType",
        "funds.Fund",
        "funds.Theme",
    }


@pytest.mark.parametrize("model", [Authenticator, UserSession])
def test_secrets_and_sessions_are_at_no_desk(chief, model):
    path = f"/beheer/{model._meta.app_label}/{model._meta.model_name}/"
    assert chief.client.get(path).status_code == 404


@pytest.mark.parametrize("model", [User, Group, EmailAddress], ids=lambda model: model.__name__)
@pytest.mark.parametrize("part", ["", "add/", "{}/change/", "{}/delete/", "{}/history/"])
def test_an_editor_sees_no_accounts(desk, model, part):
    path = f"/beheer/{model._meta.app_label}/{model._meta.model_name}/{part}".format(model.objects.first().pk)
    assert desk.client.get(path).status_code == 403


def test_an_editor_sees_only_content(desk, chief):
    heads = re.compile(r'<tr class="model-(\w+)')
    content = ["call", "proposal", "importrun", "link", "record", "synonym", "emptysearch"]
    content += ["fund", "theme", "applicanttype", "contact"]
    assert heads.findall(desk.client.get("/beheer/").text) == [*content, "logentry"]
    accounts = ["user", "emailaddress", "group", "logentry", "auditevent"]
    assert heads.findall(chief.client.get("/beheer/").text) == [*content, *accounts]


@pytest.mark.parametrize("name", CONTENT)
def test_an_editor_may_enter_and_delete_content(desk, name):
    factories = [CallFactory, FundFactory, ThemeFactory, ApplicantTypeFactory, ContactFactory]
    row = factories[CONTENT.index(name)]()
    for page in ("", "add/", f"{row.pk}/change/", f"{row.pk}/history/", f"{row.pk}/delete/"):
        assert desk.client.get(f"/beheer/{name}/{page}").status_code == 200
    assert desk.client.post(f"/beheer/{name}/{row.pk}/delete/", {"post": "yes"}).status_code == 302
    assert type(row).objects.filter(pk=row.pk).exists() is False


@pytest.mark.parametrize("fields", [{}, {"is_staff": True, "is_active": False}])
def test_who_is_no_member_of_staff_is_sent_to_the_login(settings, fields):
    settings.STAFF_SECOND_FACTOR = False
    response = Desk(UserFactory(**fields)).client.get("/beheer/calls/call/")
    assert response.status_code in {302, 403}
    assert "Oproepen" not in response.text


def test_staff_without_the_group_sees_nothing(settings):
    settings.STAFF_SECOND_FACTOR = False
    desk = Desk(UserFactory(is_staff=True))
    assert [desk.client.get(f"/beheer/{name}/").status_code for name in CONTENT + NOT_FOR_EDITORS] == [403] * 8
    assert "U hebt geen rechten om iets te bekijken of te bewerken." in desk.read("/beheer/")


# Accounts ------------------------------------------------------------------------------------------------------------


def test_the_chief_sees_the_users(chief):
    User.objects.update(last_login=brussels(2027, 3, 1, 17))
    UserFactory(email="an@example.org", first_name="An", last_name="Maes")
    assert chief.table("/beheer/accounts/user/?q=maes") == [
        ["E-mailadres", "Voornaam", "Achternaam", "Stafstatus", "Laatst ingelogd"],
        ["an@example.org", "An", "Maes", "False", "-"],
    ]


def test_the_chief_adds_a_user(chief):
    UserFactory(email="an@example.org")
    path, new = "/beheer/accounts/user/add/", {"email": "Bo@Example.org", "password1": "lang-genoeg-9"}
    assert chief.send(path, **new, password2="x") == [("password2", "De twee wachtwoordvelden komen niet overeen.")]
    new["password2"] = new["password1"]
    assert chief.send(path, **new | {"email": "AN@example.org"}) == [
        ("email", "Er bestaat al een Gebruiker met dezelfde waarde voor E-mailadres.")
    ]
    assert chief.send(path, **new) == []
    assert User.objects.get(email="bo@example.org").check_password("lang-genoeg-9")


def test_a_lost_second_factor_is_removed_and_that_is_written_down(chief):
    lost, other = UserFactory(), UserFactory()
    for user in (lost, other):
        for kind in (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES):
            Authenticator.objects.create(user=user, type=kind, data={})
    action = {"action": "remove_second_factor", "_selected_action": [lost.pk]}
    response = chief.client.post("/beheer/accounts/user/", action, follow=True)
    assert [str(message) for message in response.context["messages"]] == [
        "Ze kunnen nu zonder tweede stap inloggen en een nieuwe instellen."
    ]
    assert {found.user for found in Authenticator.objects.all()} == {other}
    log = [(entry.object_id, entry.get_change_message()) for entry in LogEntry.objects.all()]
    assert log == [(str(lost.pk), "Tweede stap verwijderd.")]
    assert "Tweede stap verwijderd." in chief.read(f"/beheer/accounts/user/{lost.pk}/history/")


def test_every_change_of_content_is_written_down_in_dutch(desk, editor):
    call = CallFactory(title="Oud")
    Budget.objects.create(call=call, amount=1)
    new = {"title": "Nieuw", "code": "X", "budgets-0-amount": "2", "budgets-0-note": "a"}
    assert desk.send(f"/beheer/calls/call/{call.pk}/change/", **new) == []
    [entry] = LogEntry.objects.all()
    assert (entry.user, entry.object_repr) == (editor, "Nieuw")
    message = "Titel en code gewijzigd. Bedrag (euro) en opmerking voor budgetlijn ‘€ 2’ gewijzigd."
    assert entry.get_change_message() == message
    assert message in desk.read(f"/beheer/calls/call/{call.pk}/history/")


# Ways to other pages -------------------------------------------------------------------------------------------------


def test_the_link_to_the_site_leads_to_the_call(desk):
    call = CallFactory(title="Ontwerp", published_at=None)
    html = desk.client.get(f"/beheer/calls/call/{call.pk}/change/").text
    link = re.search(r'<a href="([^"]+)" class="viewsitelink">Weergeven op website</a>', html)[1]
    response = desk.client.get(link, follow=True)
    assert response.redirect_chain == [("http://testserver/oproepen/ontwerp/", 302)]
    assert response.context["call"] == call


@pytest.mark.parametrize(
    ("model", "field", "term", "names"),
    [
        ("calls.call", "fund", "asiel", ["AMIF 2014-2020"]),
        ("calls.call", "themes", "migr", ["Migratie"]),
        ("calls.call", "applicant_types", "ngo", ["Ngo's"]),
        ("calls.call", "applicant_types", "zz", []),
        ("funds.theme", "contact", "", ["An (VLEVA)"]),
        ("funds.fundcontact", "contact", "", ["FOD", "An (VLEVA)"]),
    ],
)
def test_the_fields_that_search_find_their_rows(desk, model, field, term, names):
    FundFactory(name="Fonds voor Asiel", abbreviation="AMIF", period="2014-2020")
    ThemeFactory(name="Migratie"), ApplicantTypeFactory(name="Ngo's")
    ContactFactory(name="An"), ContactFactory(kind="authority", organisation="FOD", name="")
    app, name = model.split(".")
    query = {"app_label": app, "model_name": name, "field_name": field, "term": term}
    found = desk.client.get("/beheer/autocomplete/", query).json()
    assert [row["text"] for row in found["results"]] == names
    assert found["pagination"] == {"more": False}


def test_the_search_fields_say_nothing_of_accounts(desk):
    query = {"app_label": "accounts", "model_name": "user", "field_name": "groups", "term": ""}
    assert desk.client.get("/beheer/autocomplete/", query).status_code == 403


# Dutch ---------------------------------------------------------------------------------------------------------------

ENGLISH = {"save", "delete", "add", "change", "search", "home", "history", "view", "remove", "select", "today", "now"}
ENGLISH |= {"title", "amount", "close", "cancel", "yes", "log", "out", "show", "hide", "choose", "error", "user"}
ENGLISH |= {"users", "please", "the", "and", "this", "you", "your", "with", "for", "another", "continue", "last", "by"}


def english(text):
    # Not the first letters of a random salt, which the form of a user shows as by****.
    return sorted(set(re.findall(r"[a-z]+(?![a-z*])", text.lower())) & ENGLISH)


@pytest.fixture
def everything(chief):
    call = CallFactory(themes=[ThemeFactory(parent=ThemeFactory(), contact=ContactFactory())])
    Budget.objects.create(call=call, amount=1)
    Cutoff.objects.create(call=call, at=call.deadline.replace(year=2000))
    assert chief.send(f"/beheer/calls/call/{call.pk}/change/", title="Anders", **{"budgets-0-amount": "2"}) == []
    return chief


ROWS = [(Call, "calls/call"), (Fund, "funds/fund"), (Theme, "funds/theme"), (Contact, "contacts/contact")]


@pytest.mark.parametrize(("model", "name"), [*ROWS, (ApplicantType, "funds/applicanttype"), (User, "accounts/user")])
def test_every_page_is_in_dutch(everything, model, name):
    ApplicantTypeFactory()
    pk = model.objects.first().pk
    pages = ["", "?q=xyz", "add/", f"{pk}/change/", f"{pk}/history/", f"{pk}/delete/"]
    texts = {path: everything.read(f"/beheer/{name}/{path}") for path in pages}
    sure = everything.client.post(f"/beheer/{name}/", {"action": "delete_selected", "_selected_action": [pk]})
    texts["delete_selected"] = visible(sure.text)
    assert {path: english(text) for path, text in texts.items() if english(text)} == {}


OVERVIEWS = ["", "calls/", "funds/", "contacts/", "accounts/", "auth/group/", "account/emailaddress/"]


@pytest.mark.parametrize("part", OVERVIEWS)
def test_every_overview_is_in_dutch(everything, part):
    assert english(everything.read(f"/beheer/{part}")) == []


def test_what_scripts_say_is_in_dutch(everything):
    script = everything.client.get("/beheer/jsi18n/").text
    catalogue = json.loads(re.search(r"const newcatalog = (\{.*?\});", script, re.DOTALL)[1])
    texts = [text for value in catalogue.values() for text in ([value] if isinstance(value, str) else value)]
    assert {text: english(text) for text in texts if english(text)} == {}
    some = ("Today", "Choose a Date", "Cancel")
    assert [catalogue[name] for name in some] == ["Vandaag", "Kies een datum", "Annuleren"]


def test_a_colleague_who_worked_here_can_be_deleted(desk, chief):
    CallFactory(title="Oproep")
    assert desk.send(f"/beheer/calls/call/{Call.objects.get().pk}/change/", title="Ander") == []
    editor = User.objects.get(groups__name="VLEVA-redactie")
    assert chief.client.post(f"/beheer/accounts/user/{editor.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=editor.pk).exists()
