"""Saving and muting calls, and waiting for the next edition: what pages offer, and the rows of users."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import saving
from accounts.models import CallChoice
from calls.models import Call
from tests.factories import CallFactory, ThemeFactory
from tests.saving import PRIVATE, buttons, choose, chosen, links, messages, text

PAST = timedelta(days=-3)
pytestmark = pytest.mark.django_db


@pytest.fixture
def call():
    return CallFactory(title="Opvang", themes=[ThemeFactory(name="Migratie")])


@pytest.fixture
def over():
    """A call that closed."""
    return CallFactory(title="Voorbij", deadline=timezone.now() + PAST)


# What a page offers --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("call", "over")
@pytest.mark.parametrize(
    ("slug", "offered"),
    [("opvang", ["Bewaar deze oproep"]), ("voorbij", ["Verwittig mij bij de volgende oproep", "Bewaar deze oproep"])],
)
def test_a_visitors_page_holds_links_that_robots_do_not_follow_and_no_cookie(client, slug, offered):
    response = client.get(f"/oproepen/{slug}/")
    html = response.content.decode()
    assert (links(html), buttons(html)) == (offered, [])
    assert (list(response.cookies), Session.objects.count()) == ([], 0)
    here = quote(f"/oproepen/{slug}/", safe="")
    assert f'href="/oproepen/{slug}/bewaren/?kind=saved&amp;next={here}"' in html


@pytest.mark.usefixtures("call", "over")
def test_a_users_page_holds_the_forms(member):
    saved, muted = ("saved", "yes", "Bewaar deze oproep"), ("irrelevant", "yes", "Niet relevant")
    following = ("next", "yes", "Verwittig mij bij de volgende oproep")
    assert buttons(member.get("/oproepen/opvang/").content.decode()) == [saved, muted]
    assert buttons(member.get("/oproepen/voorbij/").content.decode()) == [following, saved, muted]


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_the_page_with_the_form_starts_no_session_and_is_never_cached(client, call, method, headers):
    response = getattr(client, method)("/oproepen/opvang/bewaren/", headers=headers)
    assert (response.status_code, list(response.cookies), Session.objects.count()) == (200, ["csrftoken"], 0)
    assert response["Cache-Control"] == PRIVATE


def test_htmx_gets_the_forms_alone(client, over):
    response = client.get("/oproepen/voorbij/bewaren/?kind=next&next=/", headers={"HX-Request": "true"})
    html = response.content.decode().strip()
    assert (html.startswith('<div class="choices">'), html.endswith("</div>"), "<h1" in html) == (True, True, False)
    assert [words for _kind, _wanted, words in buttons(html)] == [
        "Verwittig mij bij de volgende oproep",
        "Bewaar deze oproep",
    ]
    assert re.findall(r'value="yes" autofocus>([^<]+)', html) == ["Verwittig mij bij de volgende oproep"]
    assert html.count('name="next" value="/"') == 2


def test_get_changes_nothing_whatever_it_asks(client, member, user, call):
    for somebody in (client, member):
        assert somebody.get("/oproepen/opvang/bewaren/?kind=saved&wanted=yes").status_code == 200
    assert (chosen(user), saving.KEYS["saved"] in client.session, messages(client)) == ([], False, [])


@pytest.mark.parametrize("fields", [{"published_at": None}, {"published_at": timezone.now() + timedelta(days=1)}])
def test_what_is_not_published_cannot_be_saved(client, member, user, editor, fields):
    draft = CallFactory(title="Ontwerp", **fields)
    assert [somebody.get("/oproepen/ontwerp/bewaren/").status_code for somebody in (client, member)] == [404, 404]
    for somebody in (client, member):
        assert choose(somebody, draft)["Location"] == "/oproepen/"
        assert messages(somebody) == ["Deze oproep bestaat niet meer."]
    client.force_login(editor)
    html = client.get("/oproepen/ontwerp/").content.decode()
    assert (buttons(html), "Ontwerp" in html, CallChoice.objects.count()) == ([], True, 0)


# A user --------------------------------------------------------------------------------------------------------------


def test_a_user_saves_in_rows(member, user, call):
    for _ in range(2):
        response = choose(member, call, next="/oproepen/?pagina=1")
        assert (response["Location"], chosen(user)) == ("/oproepen/?pagina=1", [("saved", "Opvang")])
    assert messages(member)[-1] == "U bewaarde “Opvang”."
    assert ("saved", "no", "Bewaard ✓ – niet meer bewaren") in buttons(
        member.get("/oproepen/opvang/").content.decode()
    )
    for _ in range(2):
        assert choose(member, call, wanted="no")["Location"] == "/oproepen/opvang/"
        assert (messages(member), chosen(user)) == (["“Opvang” is niet meer bewaard."], [])


def test_muting_unsaves_and_saving_unmutes(member, user, call):
    choose(member, call)
    CallChoice.objects.update(reminder_days=[30])
    choose(member, call, "irrelevant")
    assert chosen(user) == [("irrelevant", "Opvang")]
    assert messages(member)[-1] == "U krijgt geen berichten meer over “Opvang”."
    html = member.get("/oproepen/opvang/").content.decode()
    assert ("irrelevant", "no", "Niet relevant ✓ – ongedaan maken") in buttons(html)
    choose(member, call)
    assert (chosen(user), CallChoice.objects.get().reminder_days) == ([("saved", "Opvang")], None)
    choose(member, call, "irrelevant")
    choose(member, call, "irrelevant", "no")
    assert (messages(member)[-1], chosen(user)) == ("U kunt weer berichten krijgen over “Opvang”.", [])


def test_waiting_for_the_next_edition_stands_beside_saving_and_is_for_closed_calls(member, user, call, over):
    choose(member, over, "next")
    assert messages(member) == ["We verwittigen u wanneer er een oproep volgt op “Voorbij”."]
    choose(member, over)
    assert chosen(user) == [("next", "Voorbij"), ("saved", "Voorbij")]
    choose(member, over, "next", "no")
    assert (messages(member)[-1], chosen(user)) == (
        "U krijgt geen bericht over een oproep die volgt op “Voorbij”.",
        [("saved", "Voorbij")],
    )
    choose(member, call, "next")
    assert messages(member) == ["Deze oproep is niet gesloten: bewaar ze, en u hoort van de deadline."]
    assert chosen(user) == [("saved", "Voorbij")]


def test_a_withdrawn_call_can_only_be_removed(client, member, user, call, over):
    choose(member, call)
    choose(client, call)
    Call.objects.update(withdrawn_at=timezone.now() - timedelta(hours=1))
    assert buttons(member.get("/oproepen/opvang/bewaren/").content.decode()) == [
        ("saved", "no", "Bewaard ✓ – niet meer bewaren")
    ]
    assert ("Opvang Ingetrokken" in member.read("/mijn/"), "Opvang Ingetrokken" in client.read("/bewaard/")) == (
        True,
        True,
    )
    choose(member, over)
    assert messages(member)[-1] == "Deze oproep is ingetrokken: u kunt ze alleen nog verwijderen."
    for somebody in (client, member):
        choose(somebody, call, wanted="no")
    assert (chosen(user), Session.objects.count()) == ([], 1)


@pytest.mark.parametrize(
    ("kind", "before", "wanted", "number"),
    [
        ("saved", [], "yes", 4),
        ("saved", ["saved"], "yes", 4),
        ("saved", ["irrelevant"], "yes", 4),
        ("irrelevant", ["saved"], "yes", 4),
        ("irrelevant", [], "yes", 4),
        ("next", ["saved"], "yes", 4),
        ("saved", ["saved"], "no", 4),
        ("irrelevant", ["irrelevant"], "no", 4),
        ("next", ["next"], "no", 4),
    ],
)
def test_a_click_costs_the_session_the_user_the_call_and_one_write(
    member, user, over, django_assert_num_queries, kind, before, wanted, number
):
    CallChoice.objects.bulk_create(CallChoice(user=user, call=over, kind=one) for one in before)
    with django_assert_num_queries(number):
        choose(member, over, kind, wanted)
    assert ((kind, "Voorbij") in chosen(user)) is (wanted == "yes")


@pytest.mark.parametrize("wanted", ["yes", "no"])
def test_so_does_following_a_theme(member, user, django_assert_num_queries, wanted):
    theme = ThemeFactory()
    member.choose(theme, "no" if wanted == "yes" else "yes")
    with django_assert_num_queries(4):
        member.choose(theme, wanted)


def test_there_is_a_limit_and_what_is_there_can_still_change(member, user, call, over, monkeypatch):
    monkeypatch.setattr(saving, "MOST_CHOICES", 1)
    choose(member, call)
    choose(member, over)
    assert messages(member)[-1] == "U bewaarde al 1 oproepen. Verwijder er eerst enkele."
    choose(member, call)
    choose(member, call, "irrelevant")
    assert (messages(member)[-1], chosen(user)) == (
        "U krijgt geen berichten meer over “Opvang”.",
        [("irrelevant", "Opvang")],
    )


# What is wrong -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        {}, {"kind": "saved"}, {"wanted": "yes"}, {"kind": "loved", "wanted": "yes"}, {"kind": "saved", "wanted": "1"},
        {"kind": "\0", "wanted": "yes"}, {"kind": "SAVED", "wanted": "yes"}, {"kind": "saved", "wanted": ["no", "x"]},
    ],
)  # fmt: skip
@pytest.mark.parametrize("who", ["client", "member"])
def test_an_unclear_choice_is_a_dutch_400_and_changes_nothing(request, call, who, data):
    somebody = request.getfixturevalue(who)
    response = somebody.post("/oproepen/opvang/bewaren/", data)
    assert (response.status_code, CallChoice.objects.count()) == (400, 0)
    assert "We begrepen niet wat u wilt. Kies nog eens." in text(response.content.decode())


@pytest.mark.parametrize("address", ["//evil.example/", "https://evil.example/", "bewaren", "javascript:alert(1)", ""])
def test_next_leads_only_to_a_path_of_this_site(client, call, address):
    assert choose(client, call, next=address)["Location"] == "/oproepen/opvang/"


@pytest.mark.parametrize("who", ["client", "member"])
def test_a_call_that_is_gone(request, call, who):
    somebody = request.getfixturevalue(who)
    Call.objects.all().delete()
    assert choose(somebody, call)["Location"] == "/oproepen/"
    assert messages(somebody) == ["Deze oproep bestaat niet meer."]
    assert somebody.get("/oproepen/opvang/bewaren/").status_code == 404


def test_a_title_of_five_hundred_letters_fits_the_message(member):
    choose(member, CallFactory(title="a" * 500))
    assert messages(member) == [f"U bewaarde “{'a' * 79}…”."]
