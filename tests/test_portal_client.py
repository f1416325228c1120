"""Asking the EU portal, on a real server of this machine: patient, polite, and never more sure than it can be."""

import time

import pytest
import requests

from calls.imports import client
from calls.imports.client import PortalTrouble, fetch
from calls.imports.topics import Broken
from tests.portal_records import AMIF, CLOSED, FORTHCOMING, HORIZON, IDENTIFIER, OPEN, search_result
from tests.portal_server import PortalServer


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr(client, "PAUSE", 0)
    monkeypatch.setattr(client, "BACKOFF", 0.01)
    monkeypatch.setattr(client, "TIMEOUT", (1, 1))


@pytest.fixture
def portal(settings):
    """Makes a portal with these records, and this site asks it."""
    servers = []

    def make(records=(), **faults):
        servers.append(PortalServer(records, **faults).__enter__())
        settings.PORTAL_API = servers[-1].address
        return servers[-1]

    yield make
    for server in servers:
        server.__exit__()


def many(number, language="nl", **metadata):
    return [search_result(f"AMIF-2027-{n:05}", language, **metadata) for n in range(number)]


def told(fetched):
    """(what was fetched as identifier and language, the reasons of what is broken, whether that is all there is)."""
    topics = list(fetched)
    good = [(topic.identifier, topic.language) for topic in topics if not isinstance(topic, Broken)]
    return good, [topic.reason for topic in topics if isinstance(topic, Broken)], fetched.complete


# What it asks --------------------------------------------------------------------------------------------------------


def test_the_fake_portal_is_as_strange_as_the_real_one(portal):
    server = portal([search_result()])
    search = f"{server.address}/search"
    form = {"query": ("blob", '{"bool":{"must":[{"terms":{"status":["31094503"]}}]}}', "application/json")}
    assert requests.get(search, timeout=5).status_code == 405
    assert requests.post(search, timeout=5).status_code == 400
    assert (
        requests.post(search, params={"text": "***"}, json={"query": {}}, timeout=5).json()["totalResults"] == 185_453
    )
    assert requests.post(search, params={"text": "***"}, files=form, timeout=5).json()["totalResults"] == 0


def test_dutch_first_and_english_for_what_has_no_dutch(portal):
    server = portal([search_result(), search_result(language="en"), search_result("AMIF-2027-B", "en")])
    fetched = fetch([AMIF])
    assert told(fetched) == ([(IDENTIFIER, "nl"), ("AMIF-2027-B", "en")], [], True)
    assert (fetched.records, fetched.requests) == (3, 2)
    asked = [
        {name: one[name] for name in ("programmes", "statuses", "types", "languages", "page")} for one in server.asked
    ]
    filters = {"programmes": [AMIF], "statuses": [FORTHCOMING, OPEN], "types": ["1", "2", "8"], "page": 1}
    assert asked == [filters | {"languages": ["nl"]}, filters | {"languages": ["en"]}]
    assert server.asked[0]["user_agent"] == "VLEVA-oproepenportaal (+http://localhost:8000)"


def test_every_page_is_asked_for(portal):
    server = portal(many(250))
    good, broken, complete = told(fetch([AMIF], languages=["nl"]))
    assert (len({identifier for identifier, _ in good}), broken, complete) == (250, [], True)
    assert [one["page"] for one in server.asked] == [1, 2, 3]


def test_other_programmes_statuses_and_languages_stay_away(portal):
    others = [search_result("H-1", frameworkProgramme=[HORIZON]), search_result("A-2", status=[CLOSED])]
    portal([search_result(), *others, search_result("A-3", "sv")])
    assert told(fetch([AMIF])) == ([(IDENTIFIER, "nl")], [], True)
    assert told(fetch([HORIZON])) == ([("H-1", "nl")], [], True)
    assert told(fetch([AMIF], statuses=["closed"])) == ([("A-2", "nl")], [], True)


def test_a_programme_that_is_too_large_is_asked_for_by_status(portal, monkeypatch):
    monkeypatch.setattr(client, "DEPTH", 200)
    closed = [search_result(f"AMIF-2020-{n:05}", status=[CLOSED]) for n in range(150)]
    server = portal(many(150) + closed)
    good, _, complete = told(fetch([AMIF], ["open", "closed"], ["nl"]))
    assert (len(set(good)), complete) == (300, True)
    assert [(one["statuses"], one["page"]) for one in server.asked] == [
        ([OPEN, CLOSED], 1),
        *[([OPEN], 1), ([OPEN], 2)],
        *[([CLOSED], 1), ([CLOSED], 2)],
    ]


def test_what_lies_too_deep_is_said_to_be_missing(portal, monkeypatch):
    monkeypatch.setattr(client, "DEPTH", 200)
    portal(many(250))
    good, _, complete = told(fetch([AMIF], ["open"], ["nl"]))
    assert (len(good), complete) == (200, False)


def test_it_pauses_between_requests(portal, monkeypatch):
    monkeypatch.setattr(client, "PAUSE", 0.5)
    server = portal(many(201))
    list(fetch([AMIF], languages=["nl"]))
    assert server.asked[2]["at"] - server.asked[0]["at"] >= 0.7


# What it gets --------------------------------------------------------------------------------------------------------


ONCE = [500, 502, 503, 429, "hangs", "half", "half, and the connection drops", "in latin-1", "maintenance", "nested"]


@pytest.mark.parametrize("fault", [*ONCE, "no results"])
def test_what_fails_once_is_asked_again(portal, fault):
    server = portal(many(150), plan={2: fault})
    good, broken, complete = told(fetch([AMIF], languages=["nl"]))
    assert (len(set(good)), broken, complete, len(server.asked)) == (150, [], True, 3)


@pytest.mark.parametrize("fault", ["says latin-1", "with a byte order mark"])
def test_the_bytes_count_and_not_what_is_said_of_them(portal, fault):
    server = portal([search_result(title=["Één oproep – “voor” iedereen"])], every=fault)
    topics = list(fetch([AMIF], languages=["nl"]))
    assert [topic.values["title"] for topic in topics] == ["Één oproep – “voor” iedereen"]
    assert len(server.asked) == 1


@pytest.mark.parametrize("way", ["compressed", "in chunks"])
def test_answers_come_compressed_and_in_pieces(portal, way):
    server = portal(many(150), every=way)
    good, _, complete = told(fetch([AMIF], languages=["nl"]))
    assert (len(set(good)), complete, len(server.asked)) == (150, True, 2)


def test_it_waits_as_long_as_the_portal_asks(portal):
    portal([search_result()], plan={1: 429})
    began = time.monotonic()
    assert len(list(fetch([AMIF], languages=["nl"]))) == 1
    assert time.monotonic() - began >= 1


FOR_GOOD = {
    500: ("Het EU-portaal antwoordt met fout 500.", 6),
    403: ("Het EU-portaal antwoordt met fout 403.", 1),
    "moved": ("Het EU-portaal antwoordt met fout 302.", 1),
    "hangs": ("Het EU-portaal is niet bereikbaar.", 6),
    "half": (
        "Het EU-portaal geeft een antwoord dat niet te lezen is: een half antwoord, of geen JSON in UTF-8.",
        3,
    ),
    "maintenance": (
        "Het EU-portaal geeft een antwoord dat niet te lezen is: een half antwoord, of geen JSON in UTF-8.",
        3,
    ),
    "ignores the filters": (
        "Het EU-portaal negeert onze filters: in zijn antwoord staat wat we niet vroegen.",
        1,
    ),
}


@pytest.mark.parametrize("fault", FOR_GOOD)
def test_what_keeps_failing_is_said(portal, fault, monkeypatch):
    monkeypatch.setattr(client, "TIMEOUT", (0.3, 0.3))
    server = portal([search_result()], every=fault)
    fetched = fetch([AMIF])
    with pytest.raises(PortalTrouble) as trouble:
        list(fetched)
    assert (str(trouble.value), len(server.asked), fetched.complete) == (*FOR_GOOD[fault], False)


def test_a_portal_that_is_not_there(portal):
    portal().__exit__()
    with pytest.raises(PortalTrouble, match=r"^Het EU-portaal is niet bereikbaar\.$"):
        list(fetch([AMIF]))


def test_an_answer_that_drips_or_never_ends_is_given_up(portal, monkeypatch):
    portal([search_result()], every="drips")
    monkeypatch.setattr(client, "LONGEST_ANSWER", 0.5)
    with pytest.raises(PortalTrouble, match=r"^Het EU-portaal geeft een antwoord zonder einde\.$"):
        list(fetch([AMIF]))


def test_an_answer_that_is_too_large_is_given_up(portal, monkeypatch):
    portal(many(20))
    monkeypatch.setattr(client, "LARGEST_ANSWER", 10_000)
    with pytest.raises(PortalTrouble, match=r"^Het EU-portaal geeft een antwoord zonder einde\.$"):
        list(fetch([AMIF]))


def test_what_came_before_the_trouble_counts(portal):
    portal(many(150), plan=dict.fromkeys(range(2, 20), 500))
    got = []
    with pytest.raises(PortalTrouble):
        got.extend(iter_until(fetch([AMIF], languages=["nl"]), got))
    assert len(got) == 100


def iter_until(topics, got):
    for topic in topics:
        got.append(topic)
    return []


# How sure it is ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["other total", "no page", "same page"])
def test_an_answer_that_changes_on_the_way_is_not_complete(portal, fault):
    portal(many(250), plan={2: fault})
    good, broken, complete = told(fetch([AMIF], languages=["nl"]))
    assert (len(good) == len(set(good)), broken, complete) == (True, [], False)


def test_nothing_is_never_everything(portal):
    portal([search_result()], every="nothing")
    assert told(fetch([AMIF])) == ([], [], False)


def test_a_programme_without_topics_has_none_and_the_whole_is_complete(portal):
    portal([search_result()])
    assert told(fetch([AMIF, HORIZON])) == ([(IDENTIFIER, "nl")], [], True)


def test_no_programme_is_no_answer(portal):
    server = portal([search_result()])
    assert (told(fetch([])), server.asked) == (([], [], False), [])


def test_a_broken_record_is_told_and_read_in_the_next_language(portal):
    portal([search_result(title=["CafÃ©"]), search_result(language="en"), search_result("A-2")])
    assert told(fetch([AMIF])) == (
        [("A-2", "nl"), (IDENTIFIER, "en")],
        ["Tekst in een verkeerde codering: “Ã©”."],
        True,
    )


def test_a_record_that_is_broken_in_every_language_leaves_doubt(portal):
    portal([search_result(title=["CafÃ©"]), search_result("A-2")])
    assert told(fetch([AMIF])) == ([("A-2", "nl")], ["Tekst in een verkeerde codering: “Ã©”."], False)
