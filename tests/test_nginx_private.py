"""Behind a real nginx, nobody is given what was made for somebody else, in whatever order they ask."""

import os
import re

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from accounts import unsubscribe
from accounts.models import CallChoice, Follow, Notice, SavedSearch, User
from calls.desk.preview import make_token
from calls.models import Document
from tests.conftest import Person
from tests.factories import CallFactory, EditorFactory, FundFactory, ThemeFactory, UserFactory, brussels
from tests.processes import has_nginx, nginx

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not has_nginx() and os.environ.get("CI") != "true", reason="no nginx found"),
]
KEPT = [
    *("/", "/oproepen/", "/oproepen/?q=taal", "/oproepen/taal/", "/fondsen/", "/fondsen/fonds/", "/themas/"),
    *("/themas/zorg/", "/contacten/", "/open-data/", "/toegankelijkheid/", "/privacy/"),
]
FOR_ALL = [
    *("/oproepen/feed.atom", "/oproepen/kalender.ics", "/oproepen/oproepen.csv", "/oproepen/oproepen.json"),
    *("/oproepen/taal/kalender.ics", "/fondsen/fonds/feed.atom", "/themas/zorg/feed.atom", "/api/v1/calls"),
    *("/api/v1/docs", "/robots.txt", "/sitemap.xml", "/healthz/", "/bestaat-niet/", "/oproepen/bestaat-niet/"),
]
OWN = [
    *("/mijn/", "/bewaard/", "/mijn/voorkeuren/", "/mijn/agenda/", "/mijn/gegevens/", "/mijn/verwijderen/"),
    *("/mijn/gegevens/gegevens.json", "/mijn/voorkeuren/voorbeeld/", "/themas/zorg/volgen/", "/account/login/"),
    *("/account/signup/", "/account/email/", "/account/sessions/", "/oproepen/taal/bewaren/", "/beheer/"),
    *("/oproepen/taal/herinneringen/", "/oproepen/zoekopdracht-bewaren/?q=taal", "/beheer/calls/call/"),
    *("/oproepen/ontwerp/", "/oproepen/ontwerp/kalender.ics"),
]
LIKE_A_CALL = ["/oproepen/ontwerp/", "/oproepen/bestaat-niet/", "/oproepen/zoekopdracht-bewaren/?q=taal"]
ORDER = ["a", "visitor", "b", "a", "visitor", "staff", "visitor", "follower", "b", "visitor", "a", "visitor"]
# {what stands on somebody's pages: who may see it}
MAY_SEE = {
    "alfa@example.org": {"a", "staff"},
    "Merk van Alfa": {"a"},
    "a" * 43: {"a"},
    "U volgt Zorg": {"a", "follower"},
    "beta@example.org": {"b", "staff"},
    "Merk van Beta": {"b"},
    "b" * 43: {"b"},
    "maar deze worden niet opgeslagen": {"follower"},
    "Ontwerp van de redactie": {"staff"},
    "Een geheime bijlage": {"staff"},
    "Uitloggen": {"a", "b", "staff"},
    "Mijn pagina": {"a", "b", "staff"},
    "csrftoken=": {"a", "b", "staff", "follower"},
}


@pytest.fixture
def zorg():
    return ThemeFactory(name="Zorg", slug="zorg")


@pytest.fixture
def people(zorg):
    """{name: the Cookie header of a browser}"""
    alfa, beta = (UserFactory(email=f"{name}@example.org") for name in ("alfa", "beta"))
    for user, letter, name in ((alfa, "a", "Alfa"), (beta, "b", "Beta")):
        User.objects.filter(pk=user.pk).update(private_key=letter * 43)
        SavedSearch.objects.create(user=user, name=f"Merk van {name}", state="q=taal")
    Follow.objects.create(user=alfa, theme=zorg)
    browsers = {"a": Person(), "b": Person(), "staff": Person(), "follower": Person(), "visitor": Person()}
    browsers["follower"].choose(zorg)
    for name, user in (("a", alfa), ("b", beta), ("staff", EditorFactory(is_superuser=True))):
        browsers[name].force_login(user)
    return {name: browser.cookies.output(header="", attrs=[], sep=";").strip() for name, browser in browsers.items()}


@pytest.fixture
def calls(zorg, tmp_path_factory):
    fund = FundFactory(name="Fonds", slug="fonds", abbreviation="FND")
    taal = CallFactory(title="Taal en werk", slug="taal", fund=fund, themes=[zorg], deadline=brussels(2031, 5, 4, 17))
    draft = CallFactory(title="Ontwerp van de redactie", slug="ontwerp", fund=fund, published_at=None)
    store = FileSystemStorage(tmp_path_factory.getbasetemp())
    for call, text in ((taal, "Een open bijlage"), (draft, "Een geheime bijlage")):
        Document.objects.create(call=call, title="Bijlage", file=store.save("bijlage.pdf", ContentFile(text.encode())))
    return taal, draft


@pytest.fixture
def site(people, calls, app_servers, tmp_path):
    with nginx(tmp_path, [app.port for app in app_servers]) as server:
        yield server


def ask(site, people, who, path):
    status, headers, body = site.get(path, **({"Cookie": people[who]} if people[who] else {}))
    return status, headers, f"{headers}\n{body.decode(errors='replace')}"


def seen_by_others(who, text):
    return [mark for mark, may in MAY_SEE.items() if mark in text and who not in may]


def attachments(call):
    return [document.get_absolute_url() for document in call.documents.all()]


def test_nobody_gets_a_page_of_somebody_else(site, people, calls):
    taal, draft = calls
    seen = set()
    for path in [*KEPT, *OWN, *FOR_ALL, *attachments(taal), *attachments(draft)]:
        statuses = {}
        for who in ORDER:
            status, headers, text = ask(site, people, who, path)
            assert status < 500
            # A form that a visitor asks for comes with a cookie; that is theirs.
            theirs = text if path in KEPT else text.replace("csrftoken=", "")
            assert seen_by_others(who, theirs) == [], (path, who)
            assert headers["X-Cache-Status"] in expected_status(path, who), (path, who)
            if people[who] and not path.startswith("/api/"):
                assert re.search("private|no-store", headers["Cache-Control"] or ""), (path, who)
            seen |= {(mark, who) for mark in MAY_SEE if mark in text}
            assert statuses.setdefault(who, status) == status, (path, who)
    # None of the marks is one that nobody ever sees.
    assert {mark for mark, _who in seen} == set(MAY_SEE)
    assert [mark for mark in MAY_SEE if mark != "csrftoken=" and (mark, "visitor") in seen] == []


def expected_status(path, who):
    """None where the address alone says that nothing is kept."""
    if path not in [*KEPT, *LIKE_A_CALL]:
        return [None]
    if path in LIKE_A_CALL and who == "visitor":
        return ["MISS"]
    return ["MISS", "EXPIRED", "REVALIDATED", "HIT", "UPDATING"] if who == "visitor" else ["BYPASS"]


def test_visitors_share_what_all_see(site, people, calls):
    for path in KEPT:
        answers = [ask(site, people, "visitor", path)[1]["X-Cache-Status"] for _time in range(6)]
        assert "HIT" in answers, path
        assert ask(site, people, "a", path)[1]["X-Cache-Status"] == "BYPASS"
        cookies = {"Cookie": f"csrftoken={'a' * 32}; _pk_id=1"}
        assert "HIT" in [site.get(path, **cookies)[1]["X-Cache-Status"] for _time in range(6)]


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "__Host-sessionid=x"},
        {"Cookie": "a=b; __Host-messages=x"},
        {"Cookie": "messages=x"},
        {"Authorization": "Basic eDp5"},
        {"HX-Request": "true"},
    ],
)
def test_who_says_who_they_are_gets_and_leaves_no_copy(site, headers):
    path = "/oproepen/"
    assert [site.get(path, **headers)[1]["X-Cache-Status"] for _time in range(3)] == ["BYPASS"] * 3
    assert site.get(path)[1]["X-Cache-Status"] == "MISS"
    assert site.get(path, **headers)[1]["X-Cache-Status"] == "BYPASS"


def test_secret_addresses_are_kept_by_nobody(site, people, calls):
    """Whoever has one may read it; as soon as it ends, it ends for all."""
    taal, draft = calls
    alfa = User.objects.get(email="alfa@example.org")
    CallChoice.objects.create(user=alfa, call=taal, kind="saved")
    token = make_token(draft, brussels(2099, 1, 1))
    stop = unsubscribe.address(alfa, Notice.Kind.NEW).removeprefix(settings.SITE_URL)
    shared = [f"/voorbeeld/{token}/", *(f"/voorbeeld/{token}/bijlagen/{row.pk}/" for row in draft.documents.all())]
    addresses = [f"/agenda/{'a' * 43}/oproepen.ics", f"/agenda/{'a' * 43}/oproepen.atom", stop, *shared]
    for path in addresses:
        for who in ORDER:
            status, headers, _text = ask(site, people, who, path)
            assert (status, headers["X-Cache-Status"]) == (200, None)
            assert re.search("private|no-store", headers["Cache-Control"])
    alfa.delete()
    draft.delete()
    assert {ask(site, people, who, path)[0] for path in addresses for who in ("visitor", "b")} == {404}


def test_a_message_is_read_by_who_it_is_for(site, people):
    person = Person()
    person.choose(ThemeFactory(name="Werk", slug="werk"))
    cookie = person.cookies.output(header="", attrs=[], sep=";").strip()
    assert "messages=" in cookie
    said = '<li class="message'
    for who, expected in (("visitor", False), ("own", True), ("visitor", False), ("b", False)):
        text = ask(site, people | {"own": cookie}, who, "/themas/werk/")[2]
        assert (said in text) is expected, who
