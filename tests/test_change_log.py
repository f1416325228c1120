"""The change log on the page of a call: what changed since it was published, for everybody to read."""

import re

import pytest
import time_machine

from calls.changes import recorded
from calls.models import Call
from tests.factories import CallFactory, EditorFactory, brussels
from tests.reading import text

pytestmark = pytest.mark.django_db
DEADLINE = [["dinsdag 1 juni 2027 om 17.00 uur"], ["donderdag 1 juli 2027 om 17.00 uur"]]


@pytest.fixture
def call():
    return CallFactory(slug="opvang", published_at=brussels(2021, 1, 1))


def log(client, path="/oproepen/opvang/"):
    """What stands in the section, read out; None where there is none."""
    response = client.get(path)
    section = re.search(r'<section id="wijzigingen">(.*?)</section>', response.content.decode(), re.DOTALL)
    return section and " ".join(re.sub(r"<[^>]+>", " ", section[1]).split())


def test_a_call_that_never_changed_has_no_log(client, call):
    assert log(client) is None
    assert "Wijzigingen" not in text(client.get("/oproepen/opvang/"))


def test_the_log_tells_the_newest_first_with_minor_ones_and_those_not_told_yet(client, call):
    call.changes.create(
        facts={"deadline": DEADLINE, "opens_at": [[], ["maandag 1 maart 2027 om 09.00 uur"]]},
        changed_at=brussels(2027, 2, 28, 23, 59),
        told_at=brussels(2027, 3, 1, 1),
    )
    budgets = [["EU: € 1.000", "EU: € 2.000"], ["EU: € 1.000", "EU: € 3.000"]]
    call.changes.create(facts={"budgets": budgets}, changed_at=brussels(2027, 3, 1), minor=True)
    call.changes.create(facts={"documents": [["Gids (a.pdf)"], []]}, changed_at=brussels(2027, 3, 2))
    assert log(client) == (
        "Wijzigingen "
        "2 maart 2027 Bijlagen vervalt: Gids (a.pdf) "
        "1 maart 2027 Budget was: EU: € 2.000 is nu: EU: € 3.000 "
        "28 februari 2027 Opening nieuw: maandag 1 maart 2027 om 09.00 uur "
        f"Deadline was: {DEADLINE[0][0]} is nu: {DEADLINE[1][0]}"
    )


def test_the_table_of_contents_names_it(client, call):
    call.changes.create(facts={"deadline": DEADLINE})
    html = client.get("/oproepen/opvang/").content.decode()
    assert re.findall(r'<li><a href="#(\w+)">(\w+)</a></li>', html)[0] == ("wijzigingen", "Wijzigingen")


def test_what_went_and_what_came_is_marked_as_such(client, call):
    call.changes.create(facts={"deadline": DEADLINE})
    html = client.get("/oproepen/opvang/").content.decode()
    said = '<span class="visually-hidden">{}: </span>'
    assert f"<del>{said.format('was')}{DEADLINE[0][0]}</del>" in html
    assert f"<ins>{said.format('is nu')}{DEADLINE[1][0]}</ins>" in html


def test_markup_in_a_fact_is_text(client, call):
    call.changes.create(facts={"documents": [[], ["<script>alert(1)</script>"]]})
    assert "&lt;script&gt;alert(1)" in client.get("/oproepen/opvang/").content.decode()


def test_an_edit_stands_on_the_page_at_once(client, call):
    with time_machine.travel(brussels(2027, 3, 1, 12)), recorded(call):
        Call.objects.update(deadline=brussels(2027, 7, 1, 17))
    assert log(client).endswith("is nu: donderdag 1 juli 2027 om 17.00 uur")


def test_who_may_not_see_the_call_does_not_see_its_log(client, call):
    call.changes.create(facts={"deadline": DEADLINE})
    Call.objects.update(published_at=None)
    assert client.get("/oproepen/opvang/").status_code == 404
    Call.objects.update(published_at=brussels(2021, 1, 1), withdrawn_at=brussels(2022, 1, 1))
    response = client.get("/oproepen/opvang/")
    assert (response.status_code, DEADLINE[0][0] in text(response)) == (410, False)
    client.force_login(EditorFactory())
    assert DEADLINE[0][0] in log(client)
