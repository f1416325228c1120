"""The Atom feeds of a list, a theme and a fund: read back as XML."""

import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest
import time_machine

from calls.models import Call
from calls.status import DeadlineModel
from tests.factories import CallFactory, FundFactory, ThemeFactory, brussels

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("march")]
LIST = "/oproepen/feed.atom"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def march():
    with time_machine.travel(brussels(2026, 3, 1, 12), tick=False):
        yield


def feed(client, path=LIST):
    response = client.get(path)
    assert (response.status_code, response["Content-Type"]) == (200, "application/atom+xml; charset=utf-8")
    return ElementTree.fromstring(response.content)


def children(element):
    """{name: text, or attributes where it has any} of what stands in an element, several as a list."""
    found = {}
    for child in element:
        value = dict(child.attrib) | ({"": child.text} if child.text else {}) if child.attrib else child.text
        found.setdefault(child.tag.removeprefix(ATOM), []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def titles(client, path=LIST):
    return [entry.findtext(f"{ATOM}title") for entry in feed(client, path).iter(f"{ATOM}entry")]


def words(html):
    return [" ".join(re.sub("<[^>]*>", "", line).replace("\xa0", " ").split()) for line in html.split("\n") if line]


# What it says --------------------------------------------------------------------------------------------------------


def test_a_feed_says_whose_it_is_where_it_stands_and_what_it_holds(client):
    theme = ThemeFactory(name="Zorg")
    CallFactory(themes=[theme])
    found = feed(client, f"{LIST}?utm_source=x&sorteer=budget&weergave=tijdlijn&thema=zorg")
    about = children(found)
    del about["entry"]
    assert found.attrib == {"{http://www.w3.org/XML/1998/namespace}lang": "nl"}
    assert about == {
        "title": "EU-subsidieoproepen (VLEVA) – Thema: Zorg",
        "link": [
            {"href": "http://testserver/oproepen/?thema=zorg", "rel": "alternate"},
            {"href": "http://testserver/oproepen/feed.atom?thema=zorg", "rel": "self"},
        ],
        "id": "tag:oproepen.vleva.eu,2026:oproepen/feed.atom?thema=zorg",
        "updated": "2026-03-01T11:00:00+00:00",
        "author": about["author"],
        "subtitle": "Ten hoogste de 50 laatst gepubliceerde oproepen.",
        "rights": "https://creativecommons.org/licenses/by/4.0/",
    }
    assert found.findtext(f"{ATOM}author/{ATOM}name") == "VLEVA"


def test_an_entry_says_in_dutch_until_when_how_much_and_which_code(client):
    call = CallFactory(
        title="Integratie & taal",
        code="AMIF-2026",
        fund__abbreviation="AMIF",
        themes=[ThemeFactory(name="Migratie")],
        deadline=brussels(2026, 6, 16, 17),
        deadline_model=DeadlineModel.TWO_STAGE,
    )
    call.cutoffs.create(at=brussels(2026, 4, 1, 12))
    call.budgets.create(label="Luik 1", amount="1320069.53", shared=True)
    call.budgets.create(order=1, amount="5000")
    entry = children(feed(client).find(f"{ATOM}entry"))
    summary = entry.pop("summary")
    assert entry == {
        "title": "Integratie & taal",
        "link": {"href": "http://testserver/oproepen/integratie-taal/", "rel": "alternate"},
        "id": f"tag:oproepen.vleva.eu,2026:call-{call.pk}",
        "published": "2026-02-28T11:00:00+00:00",
        "updated": "2026-03-01T11:00:00+00:00",
        "category": {"term": "Migratie"},
    }
    assert summary["type"] == "html"
    assert words(summary[""]) == [
        "Status: Open",
        "Volgende deadline: woensdag 1 april 2026 om 12.00 uur",
        "Deadline: dinsdag 16 juni 2026 om 17.00 uur",
        "Budget: Luik 1 € 1.320.069,53 (gedeeld) · € 5.000",
        "Code: AMIF-2026",
        "Fonds: AMIF 2021-2027",
    ]


@pytest.mark.parametrize(
    ("fields", "summary"),
    [
        (
            {"deadline": None, "deadline_model": DeadlineModel.ROLLING},
            ["Status: Open", "Deadline: geen: indienen kan altijd"],
        ),
        (
            {"opens_at": brussels(2026, 4, 1, 9), "deadline": brussels(2026, 6, 16, 17)},
            ["Status: Opent later", "Opent: 1 april 2026", "Deadline: dinsdag 16 juni 2026 om 17.00 uur"],
        ),
    ],
)
def test_the_summary_of_other_calls(client, fields, summary):
    CallFactory(fund=None, **fields)
    assert words(feed(client).findtext(f"{ATOM}entry/{ATOM}summary")) == summary


def test_a_call_that_was_scheduled_is_new_when_it_is_published(client):
    with time_machine.travel(brussels(2026, 2, 1, 12)):
        CallFactory(published_at=brussels(2026, 2, 20, 9))
    entry = feed(client).find(f"{ATOM}entry")
    assert {entry.findtext(f"{ATOM}{name}") for name in ("published", "updated")} == {"2026-02-20T08:00:00+00:00"}


# Which calls ---------------------------------------------------------------------------------------------------------


def test_a_list_has_the_newest_first_whatever_its_order(client):
    for title, hours in [("Oud", 30), ("Nieuw", 1), ("Midden", 5)]:
        CallFactory(title=title, published_at=brussels(2026, 3, 1, 12) - timedelta(hours=hours))
    for order in ("", "?sorteer=deadline", "?sorteer=budget", "?sorteer=relevantie"):
        assert titles(client, LIST + order) == ["Nieuw", "Midden", "Oud"]


def test_a_list_has_what_the_page_shows(client):
    CallFactory(title="Open")
    CallFactory(title="Gesloten", deadline=brussels(2026, 2, 1, 17))
    assert titles(client) == ["Open"]
    assert titles(client, f"{LIST}?status=gesloten") == ["Gesloten"]
    assert titles(client, f"{LIST}?q=niets") == []


def test_a_theme_and_a_fund_have_all_their_calls(client):
    zorg, fund = ThemeFactory(name="Zorg"), FundFactory(abbreviation="ESF")
    ouderen = ThemeFactory(name="Ouderen", parent=zorg)
    CallFactory(title="Open", themes=[zorg], published_at=brussels(2026, 2, 2, 9))
    CallFactory(title="Gesloten", fund=fund, themes=[ouderen], deadline=brussels(2026, 2, 1, 17))
    CallFactory(title="Concept", fund=fund, themes=[zorg], published_at=None)
    CallFactory(title="Ander")
    assert titles(client, "/themas/zorg/feed.atom") == ["Gesloten", "Open"]
    assert titles(client, "/fondsen/esf-2021-2027/feed.atom") == ["Gesloten"]
    for path, title, page in [
        ("/themas/zorg/feed.atom", "Oproepen voor Zorg", "/themas/zorg/"),
        ("/fondsen/esf-2021-2027/feed.atom", "Oproepen van ESF 2021-2027", "/fondsen/esf-2021-2027/"),
    ]:
        about = children(feed(client, path))
        assert (about["title"], about["id"]) == (title, f"tag:oproepen.vleva.eu,2026:{path.strip('/')}")
        assert about["link"] == [
            {"href": f"http://testserver{page}", "rel": "alternate"},
            {"href": f"http://testserver{path}", "rel": "self"},
        ]


def test_every_feed_ends_after_fifty(client):
    zorg, fund = ThemeFactory(name="Zorg"), FundFactory(abbreviation="ESF")
    CallFactory.create_batch(51, themes=[zorg], fund=fund)
    for path in (LIST, "/themas/zorg/feed.atom", "/fondsen/esf-2021-2027/feed.atom"):
        assert len(titles(client, path)) == 50


def test_what_nobody_may_see_yet_is_in_no_feed(client):
    zorg = ThemeFactory(name="Zorg")
    CallFactory(published_at=None, themes=[zorg])
    CallFactory(published_at=brussels(2026, 4, 1, 9), themes=[zorg])
    CallFactory(withdrawn_at=brussels(2026, 2, 28, 9), themes=[zorg])
    assert titles(client, f"{LIST}?status=alle") == titles(client, "/themas/zorg/feed.atom") == []


@pytest.mark.parametrize("rows", [1, 3])
def test_queries(client, rows, django_assert_num_queries):
    zorg, fund = ThemeFactory(name="Zorg"), FundFactory(abbreviation="ESF")
    for call in CallFactory.create_batch(rows, themes=[zorg], fund=fund):
        call.cutoffs.create(at=brussels(2026, 3, 20, 12))
        call.budgets.create(amount=1000)
    client.get(LIST)
    for path, number in [(LIST, 5), ("/themas/zorg/feed.atom", 5), ("/fondsen/esf-2021-2027/feed.atom", 5)]:
        with django_assert_num_queries(number):
            assert len(titles(client, path)) == rows


# What goes wrong -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "title",
    ["]]></title><script>alert(1)</script>", "Bel\x07 en \x1b en \ufffe", "Twee\r\nregels", "👩‍🔬 & <b>", "é" * 500],
)
def test_a_hostile_title_stays_text(client, title):
    fund = FundFactory(abbreviation=title[:30])
    CallFactory(title=title, slug="vreemd", code=title[:100], fund=fund, themes=[ThemeFactory(name=title[:100])])
    clean = " ".join(title.translate(dict.fromkeys([7, 27, 0xFFFE])).split())
    for path in (LIST, f"/fondsen/{fund.slug}/feed.atom", f"{LIST}?fonds={fund.slug}"):
        assert titles(client, path) == [clean]
        assert "<script" not in feed(client, path).findtext(f"{ATOM}entry/{ATOM}summary")


def test_a_part_without_meaning_is_refused(client):
    response = client.get(f"{LIST}?pagina=2")
    assert (response.status_code, response["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert "krijgt u geen oproepen: pagina=2\n" in response.content.decode()


def test_an_unknown_theme_or_fund_is_not_found(client):
    assert [client.get(f"/{kind}/x/feed.atom").status_code for kind in ("themas", "fondsen")] == [404, 404]


@pytest.mark.parametrize("path", [LIST, "/themas/zorg/feed.atom"])
def test_it_can_only_be_read_and_is_sent_once(client, path):
    CallFactory(themes=[ThemeFactory(name="Zorg")])
    assert client.post(path).status_code == 405
    assert client.head(path).status_code == 200
    etag = client.get(path)["ETag"]
    assert client.get(path, headers={"if-none-match": etag}).status_code == 304
    Call.objects.update(title="Anders", updated_at=brussels(2026, 3, 1, 13))
    assert client.get(path, headers={"if-none-match": etag}).status_code == 200


def test_the_page_of_a_theme_and_of_a_fund_names_its_feed(client):
    theme, fund = ThemeFactory(name="Zorg"), FundFactory(abbreviation="ESF")
    for page, name in [(theme, "Zorg"), (fund, "ESF 2021-2027")]:
        path = page.get_absolute_url()
        html = client.get(path).content.decode()
        head, body = html.split("<body>")
        link = f'<link rel="alternate" type="application/atom+xml" title="Oproepen: {name}" href="{path}feed.atom">'
        assert link in head
        assert f'<a href="{path}feed.atom" type="application/atom+xml">Volg via Atom</a>' in body
