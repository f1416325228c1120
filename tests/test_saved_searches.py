"""Saved searches: what of an address is saved, under which name, for users in rows and for visitors in the session."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.sessions.models import Session
from django.http import QueryDict
from django.utils import timezone

from accounts import saving
from accounts.models import SavedSearch
from accounts.saving import SEARCHES
from calls.filters import CallFilter
from funds.models import Theme
from tests.factories import ApplicantTypeFactory, CallFactory, FundFactory, ThemeFactory, UserFactory
from tests.saving import PAGE, PRIVATE, messages, rows, save, text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def content():
    theme = ThemeFactory(name="Migratie")
    ApplicantTypeFactory(name="Ngo's")
    CallFactory(title="Opvang van asielzoekers", themes=[theme], fund=FundFactory(abbreviation="AMIF"))
    CallFactory(title="Taallessen", deadline=timezone.now() - timedelta(days=3))


def proposed(client, query):
    html = client.get(f"{PAGE}?{query}").content.decode()
    return unescape(re.search(r'name="name" value="(.*?)"', html)[1])


# From the list -------------------------------------------------------------------------------------------------------


def test_a_list_offers_it_once_a_filter_is_in_use(client):
    link = re.compile(r'<a rel="nofollow"[^>]*href="([^"]*zoekopdracht-bewaren[^"]*)">Bewaar deze zoekopdracht</a>')
    assert link.findall(client.get("/oproepen/?sorteer=nieuwste&weergave=tijdlijn").content.decode()) == []
    html = client.get("/oproepen/?thema=migratie&status=open").content.decode()
    assert link.findall(html) == [f"{PAGE}?status=open&amp;thema=migratie"]
    html = client.get("/oproepen/?q=niets+te+vinden", headers={"HX-Request": "true"}).content.decode()
    assert link.findall(html) == [f"{PAGE}?q=niets+te+vinden"]


@pytest.mark.parametrize("method", ["get", "head"])
def test_the_form_starts_no_session_and_is_never_cached(client, method):
    response = getattr(client, method)(f"{PAGE}?status=open")
    assert (response.status_code, list(response.cookies), Session.objects.count()) == (200, ["csrftoken"], 0)
    assert response["Cache-Control"] == PRIVATE


def test_the_form_says_what_is_saved(client):
    query = "q=asiel+opvang&thema=migratie&organisatie=ngos&deadline=30&budget_van=1000&sorteer=nieuwste&pagina=2"
    html = client.get(f"{PAGE}?{query}").content.decode()
    chosen = re.search(r'<ul class="chosen">(.*?)</ul>', html, re.DOTALL)[1]
    assert [text(one) for one in re.findall(r"<li>(.*?)</li>", chosen)] == [
        "Zoekterm: “asiel opvang”",
        "Thema: Migratie",
        "Type organisatie: Ngo's",
        "Sluit binnen: 30 dagen",
        "Budget vanaf: €\N{NO-BREAK SPACE}1.000".replace("\N{NO-BREAK SPACE}", " "),
    ]
    name = "asiel opvang, Migratie, Ngo's, Sluit binnen 30 dagen, Budget vanaf €\N{NO-BREAK SPACE}1.000"
    assert proposed(client, query) == name


def test_a_long_proposal_is_cut(client):
    assert proposed(client, "q=" + "woord+" * 30) == ("woord " * 30)[:99] + "…"


# A user --------------------------------------------------------------------------------------------------------------


def test_a_user_saves_in_rows_whatever_the_order_and_look(member, user):
    response = save(member, "thema=migratie&status=open&sorteer=nieuwste&utm_source=x", name="  Mijn\n zoektocht ")
    state = "status=open&thema=migratie"
    assert (response.status_code, response["Location"]) == (302, f"/oproepen/?{state}")
    assert (messages(member), rows(user)) == (
        ["U bewaarde de zoekopdracht “Mijn zoektocht”."],
        [(state, "Mijn zoektocht")],
    )
    assert "U bewaarde deze zoekopdracht al" in member.read(f"{PAGE}?{state}")
    assert proposed(member, state) == "Mijn zoektocht"
    save(member, "weergave=tijdlijn&status=open&thema=migratie&pagina=3", name="Anders", next="/mijn/")
    assert rows(user) == [(state, "Anders")]


def test_without_a_name_it_gets_the_proposed_one(member, user):
    member.post(f"{PAGE}?thema=migratie")
    assert rows(user) == [("thema=migratie", "Migratie")]


@pytest.mark.parametrize(
    ("query", "data", "number"),
    [
        ("status=open", {}, 4),  # session, user, the stamp of the columns, one statement that counts and adds
        ("q=asiel", {}, 4),
        ("status=open", {"wanted": "name", "name": "Ander"}, 3),
        ("status=open", {"wanted": "no"}, 3),
    ],
)
def test_a_click_costs_few_queries(member, user, django_assert_num_queries, query, data, number):
    member.get("/oproepen/")
    with django_assert_num_queries(number):
        save(member, query, **data)
    assert len(rows(user)) == (0 if data else 1)


def test_there_is_a_limit_and_what_is_there_can_be_renamed(client, member, user, monkeypatch):
    monkeypatch.setattr(saving, "MOST_SEARCHES", 2)
    for somebody in (client, member):
        for status in ("open", "gesloten"):
            assert save(somebody, f"status={status}", name=status).status_code == 302
        response = save(somebody, "status=alle", name="te veel")
        assert (response.status_code, "U bewaarde al 2 zoekopdrachten" in text(response.content.decode())) == (
            400,
            True,
        )
        assert save(somebody, "status=open", name="anders").status_code == 302
    wanted = [("status=open", "anders"), ("status=gesloten", "gesloten")]
    assert (rows(user), sorted(client.session[SEARCHES])) == (wanted, sorted(map(list, wanted)))
    UserFactory().saved_searches.create(state="status=alle", name="van een ander")
    assert len(rows(user)) == 2


# What is wrong -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    ["", "pagina=3", "sorteer=nieuwste&weergave=tijdlijn", "thema=bestaat-niet", "kleur=rood", "q=de+het", "q="],
)
@pytest.mark.parametrize("who", ["client", "member"])
def test_a_search_that_holds_nothing_is_refused(request, user, query, who):
    somebody = request.getfixturevalue(who)
    for response in (somebody.get(f"{PAGE}?{query}"), save(somebody, query, name="Niets")):
        assert response.status_code == 400
        assert "Kies eerst een filter" in text(response.content.decode())
    assert (rows(user), SEARCHES in somebody.session) == ([], False)


def test_what_is_not_understood_is_named_and_the_rest_is_saved(member, user):
    query = "thema=bestaat-niet&thema=migratie&status=half&kleur=rood&q=de"
    page = member.read(f"{PAGE}?{query}")
    parts = ["thema=bestaat-niet", "status=half", "kleur=rood", "q=de"]
    assert [part in page for part in parts] == [True] * 4
    save(member, query, name="Rest")
    assert rows(user) == [("thema=migratie", "Rest")]
    told = messages(member)[1]
    assert told.startswith("Niet begrepen, en dus niet bewaard: ")
    assert sorted(told.removeprefix("Niet begrepen, en dus niet bewaard: ").split(", ")) == sorted(parts)


def test_a_search_that_is_too_long_is_refused_in_words(client, member, user):
    query = "q=" + "woord+" * 400
    for somebody in (client, member):
        for response in (somebody.get(f"{PAGE}?{query}"), save(somebody, query, name="Lang")):
            assert response.status_code == 400
            assert "Deze zoekopdracht is te lang om te bewaren." in text(response.content.decode())
    assert rows(user) == []


def test_a_name_that_is_too_long_is_refused_in_words_and_kept_in_the_form(member, user):
    response = save(member, "status=open", name="a" * 101)
    html = response.content.decode()
    assert (response.status_code, f'value="{"a" * 101}"' in html, rows(user)) == (400, True, [])
    assert "Een naam telt ten hoogste 100 tekens." in text(html)


@pytest.mark.parametrize("data", [{"wanted": "x"}, {"wanted": ""}, {"wanted": "\0"}])
def test_an_unclear_wish_shows_the_form_again(member, user, data):
    assert (save(member, "status=open", **data).status_code, rows(user)) == (400, [])


@pytest.mark.parametrize(
    "query", ["q=%00%00", "q=%FF", "q=%ED%A0%80", "thema=%00", "q=a&" * 300, "q[]=1&budget_van=1e9"]
)
def test_strange_addresses_are_no_error(client, member, query):
    for somebody in (client, member):
        assert somebody.get(f"{PAGE}?{query}").status_code in (200, 400)
        for wanted in ("yes", "name", "no"):
            assert save(somebody, query, wanted, name="a\0\ud7ff").status_code in (302, 400)
        assert somebody.get("/mijn/" if somebody is member else "/bewaard/").status_code == 200


@pytest.mark.parametrize("address", ["//evil.example/", "https://evil.example/", "mine", ""])
def test_next_leads_only_to_a_path_of_this_site(member, address):
    assert save(member, "status=open", next=address)["Location"] == "/oproepen/?status=open"


# Rename and remove ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["client", "member"])
def test_renaming_and_removing(request, who):
    somebody = request.getfixturevalue(who)
    here = "/mijn/" if who == "member" else "/bewaard/"
    save(somebody, "status=open", name="Eerst")
    assert save(somebody, "status=open", "name", name="Dan", next=f"{here}#zoekopdrachten")["Location"].startswith(
        here
    )
    assert "Dan 1 oproep" in somebody.read(here)
    save(somebody, "status=open", "name", name=" ")
    assert messages(somebody)[-1] == "Geef de zoekopdracht een naam."
    save(somebody, "status=open", "name", name="a" * 101)
    assert messages(somebody) == ["Een naam telt ten hoogste 100 tekens."]
    save(somebody, "status=alle", "name", name="Geen")
    assert messages(somebody) == ["Deze zoekopdracht is niet meer bewaard."]
    for _ in range(2):
        save(somebody, "status=open", "no")
        assert messages(somebody) == ["De zoekopdracht is niet meer bewaard."]
    assert ("U bewaarde nog geen zoekopdracht." in somebody.read(here), SavedSearch.objects.count()) == (True, 0)


def test_nobody_touches_the_searches_of_another(member, user):
    other = UserFactory()
    SavedSearch.objects.create(user=other, state="status=open", name="Van mij")
    save(member, "status=open", "name", name="Gekaapt")
    save(member, "status=open", "no")
    assert rows(other) == [("status=open", "Van mij")]


# Where they are seen -------------------------------------------------------------------------------------------------


def test_my_page_says_how_many_calls_each_finds_now(member, user):
    for state, name in [("thema=migratie", "b"), ("q=asielzoekers", "a"), ("q=-opvang&status=alle", "c")]:
        SavedSearch.objects.create(user=user, state=state, name=name)
    html = member.get("/mijn/").content.decode()
    found = re.findall(r'<h3><a href="/oproepen/\?([^"]+)">(.*?)</a> <span[^>]*>(.*?)</span></h3>', html)
    assert [(unescape(state), name, total) for state, name, total in found] == [
        ("q=asielzoekers", "a", "1 oproep"),
        ("thema=migratie", "b", "1 oproep"),
        ("q=-opvang&status=alle", "c", "1 oproep"),
    ]


def test_the_number_is_that_of_the_list(five_pages):
    words = [
        "q=asiel",
        "q=opvang+OF+integratie",
        "q=-integratie",
        'q="derde+landen"',
        "q=de+het",
        "q=zzzz",
        "q=2020+call",
    ]
    states = [*(f"{one}&status=alle" for one in words), "status=gesloten&thema=migratie", "q=asiel"]
    wanted = [CallFilter(QueryDict(state)).selection.total for state in states]
    assert [one.total for one in saving.look_at([SavedSearch(state=state) for state in states])] == wanted
    assert len(set(wanted)) > 3


def test_the_longest_texts_are_those_that_rows_hold():
    fields = [SavedSearch._meta.get_field(name).max_length for name in ("name", "state")]
    assert fields == [saving.LONGEST_NAME, saving.LONGEST_STATE]


def test_a_theme_that_was_deleted_is_named_and_its_search_can_be_removed(member, user):
    save(member, "status=open&thema=migratie", name="Oud")
    Theme.objects.all().delete()
    page = member.read("/mijn/")
    assert (
        "Dit deel van de zoekopdracht bestaat niet meer, dus u krijgt er geen berichten over: thema=migratie" in page
    )
    save(member, "status=open&thema=migratie", "name", name="Ouder")
    assert rows(user) == [("status=open&thema=migratie", "Ouder")]
    save(member, "status=open&thema=migratie", "no")
    assert rows(user) == []
