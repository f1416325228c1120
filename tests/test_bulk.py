"""Many calls at once: first what would happen to each, then all of it or nothing."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from reversion.models import Version

from calls.announcing import announce
from calls.desk import bulk
from calls.models import Call, Change
from calls.status import Publication
from tests.desk import Desk, visible
from tests.factories import BRUSSELS, CallFactory, EditorFactory, FundFactory, ThemeFactory

pytestmark = pytest.mark.django_db
LIST = "/beheer/calls/call/"
HEADS = ["Oproep", "Nu", "Wordt", "Opmerkingen"]


class Many:
    """An action of the list, as somebody does it: choose, look, agree."""

    def __init__(self, desk, action, calls):
        self.desk, self.data = desk, {"action": action, "_selected_action": [call.pk for call in calls]}

    def ask(self, **more):
        return self.desk.client.post(LIST, self.data | {"index": 0} | more, follow=True)

    def look(self, **chosen):
        self.page = self.desk.client.post(LIST, self.data | chosen | {"look": "x"})
        return steps(self.page.text)

    def agree(self, **chosen):
        seen = re.search(r'name="seen" value="(\w+)"', self.page.text)
        response = self.desk.client.post(LIST, self.data | chosen | {"seen": seen[1] if seen else ""}, follow=True)
        return said(response)

    def do(self, **chosen):
        self.look(**chosen)
        return self.agree(**chosen)


def steps(html):
    """The table of what would happen, a row a call; without its head."""
    rows = re.findall(r"<tr.*?</tr>", html.partition('<table class="bulk-steps">')[2].partition("</table>")[0], re.S)
    return [[visible(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.S)] for row in rows][1:]


def said(response):
    messages = re.findall(r'<ul class="messagelist">(.*?)</ul>', response.text, re.S)
    errors = re.findall(r'<p class="errornote">(.*?)</p>', response.text, re.S)
    return [visible(text) for text in messages + errors]


# Themes and fund -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "becomes", "after"),
    [
        ("add", ["A, B", "blijft zo"], [["A", "B"], ["A", "B"]]),
        ("remove", ["A", "A"], [["A"], ["A"]]),
        ("replace", ["B", "B"], [["B"], ["B"]]),
    ],
)
def test_themes_are_added_taken_away_and_replaced(desk, how, becomes, after):
    a, b = ThemeFactory(name="A"), ThemeFactory(name="B")
    one, two = CallFactory(title="Een", themes=[a]), CallFactory(title="Twee", themes=[a, b])
    many = Many(desk, "set_themes", [one, two])
    expected = [["Een", "A", becomes[0], ""], ["Twee", "A, B", becomes[1], ""]]
    expected[0][2] = "blijft zo" if how == "remove" else becomes[0]
    assert many.look(how=how, themes=[b.pk]) == expected
    many.agree(how=how, themes=[b.pk])
    assert [[theme.name for theme in call.themes.all()] for call in (one, two)] == after


def test_the_fund_is_set_with_a_version_and_an_author_for_each(desk, editor):
    fund = FundFactory(abbreviation="AMIF")
    calls = [CallFactory(fund=None), CallFactory(fund=fund), CallFactory()]
    many = Many(desk, "set_fund", calls)
    assert [row[1:3] for row in many.look(fund=fund.pk)] == [
        ["geen", "AMIF 2021-2027"],
        ["AMIF 2021-2027", "blijft zo"],
        [str(calls[2].fund), "AMIF 2021-2027"],
    ]
    assert many.agree(fund=fund.pk) == ["2 oproepen zijn gewijzigd."]
    assert {call.fund for call in Call.objects.all()} == {fund}
    versions = Version.objects.get_for_model(Call).filter(revision__user=editor).select_related("revision")
    assert {(int(version.object_id), version.revision.comment) for version in versions} == {
        (call.pk, "Vele tegelijk: fonds.") for call in (calls[0], calls[2])
    }


def test_a_theme_more_makes_a_call_news_again(desk):
    call = CallFactory()
    announce()
    theme = ThemeFactory()
    Many(desk, "set_themes", [call]).do(how="add", themes=[theme.pk])
    call.refresh_from_db()
    assert call.announcement is None


# State ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def four(db):
    """A call in each state."""
    now = timezone.now()
    states = {
        "ontwerp": {"published_at": None},
        "gepland": {"published_at": now + timedelta(days=2)},
        "online": {"published_at": now - timedelta(days=2)},
        "weg": {"published_at": now - timedelta(days=2), "withdrawn_at": now - timedelta(days=1)},
    }
    return [CallFactory(title=title, introduction="<p>Kort.</p>", **state) for title, state in states.items()]


def publications():
    return {call.title: call.publication.value for call in Call.objects.all()}


ALL = {"ontwerp": "draft", "gepland": "scheduled", "online": "published", "weg": "withdrawn"}


@pytest.mark.parametrize(
    ("state", "after"),
    [
        ("publish", dict.fromkeys(ALL, "published")),
        ("draft", dict.fromkeys(ALL, "draft")),
        ("withdraw", ALL | {"online": "withdrawn"}),
    ],
)
def test_a_state_is_set_where_it_can_be(desk, four, state, after):
    Many(desk, "set_state", four).do(state=state)
    assert publications() == after


def test_a_moment_is_set_for_what_was_never_online(desk, four):
    at = (timezone.now() + timedelta(days=9)).astimezone(BRUSSELS).replace(second=0, microsecond=0)
    chosen = {"state": "schedule", "at_0": f"{at:%d-%m-%Y}", "at_1": f"{at:%H:%M}"}
    many = Many(desk, "set_state", four)
    rows = many.look(**chosen)
    assert [(row[0], row[2]) for row in rows] == [
        ("ontwerp", rows[0][2]),
        ("gepland", rows[0][2]),
        ("online", "blijft zo"),
        ("weg", "blijft zo"),
    ]
    assert rows[0][2].startswith("Gepland: ")
    assert rows[2][3] == "Ze is al gepubliceerd."
    many.agree(**chosen)
    assert publications() == ALL | {"ontwerp": "scheduled"}
    assert {call.published_at for call in four[:2] if not call.refresh_from_db()} == {at}


@pytest.mark.parametrize(
    ("chosen", "complaint"),
    [
        ({}, "Dit veld is verplicht."),
        ({"state": "onzin"}, "Selecteer een geldige keuze. onzin is geen beschikbare keuze."),
        ({"state": "schedule"}, "Zeg wanneer."),
        ({"state": "schedule", "at_0": "01-01-2020", "at_1": "12:00"}, "Dit moment is voorbij"),
        ({"state": "schedule", "at_0": "28-03-2027", "at_1": "02:30"}, "2027-03-28"),
        ({"state": "schedule", "at_0": "morgen", "at_1": "12:00"}, "Vul een geldige datum in."),
    ],
)
def test_a_wrong_choice_is_explained_and_does_nothing(desk, four, chosen, complaint):
    many = Many(desk, "set_state", four)
    assert many.look(**chosen) == []
    assert complaint in visible(many.page.text)
    assert publications() == ALL


def test_a_call_with_an_error_stays_a_draft_and_the_others_go(desk):
    good = CallFactory(title="Goed", published_at=None)
    late = CallFactory(title="Te laat", published_at=None, deadline=timezone.now() - timedelta(days=1))
    many = Many(desk, "set_state", [good, late])
    rows = many.look(state="publish")
    assert [(row[0], row[2]) for row in rows] == [("Goed", "Gepubliceerd"), ("Te laat", "blijft zo")]
    assert (rows[0][3] != "", rows[1][3] != "") == (True, True)
    assert many.agree(state="publish") == ["1 oproep is gewijzigd."]
    assert publications() == {"Goed": "published", "Te laat": "draft"}


def test_followers_hear_of_what_is_published_and_withdrawn(desk, four):
    announce()
    Many(desk, "set_state", four[:1]).do(state="publish")
    assert [call.title for call in Call.objects.published().filter(announcement=None)] == ["ontwerp"]
    Many(desk, "set_state", four[2:3]).do(state="withdraw")
    assert [(change.call.title, list(change.facts)) for change in Change.objects.all()] == [("online", ["withdrawn"])]
    assert [problem.call.title for problem in four[0].problems.all()][:1] == ["ontwerp"]


# Agreeing ------------------------------------------------------------------------------------------------------------


def test_nothing_happens_before_somebody_agrees_to_what_was_shown(desk):
    call, fund = CallFactory(), FundFactory()
    many = Many(desk, "set_fund", [call])
    assert "1 oproep gekozen." in many.ask().text
    many.look(fund=fund.pk)
    call.refresh_from_db()
    assert call.fund != fund
    other = FundFactory()
    Call.objects.update(fund=other)
    assert many.agree(fund=fund.pk) == [
        "Er is iets gewijzigd sinds u keek. Er is nog niets gebeurd: kijk nog eens na."
    ]
    call.refresh_from_db()
    assert call.fund == other


def test_a_second_click_does_nothing(desk):
    call, theme = CallFactory(), ThemeFactory()
    many = Many(desk, "set_themes", [call])
    many.look(how="add", themes=[theme.pk])
    assert many.agree(how="add", themes=[theme.pk]) == ["1 oproep is gewijzigd."]
    again = many.agree(how="add", themes=[theme.pk])
    assert again == ["Er is iets gewijzigd sinds u keek. Er is nog niets gebeurd: kijk nog eens na."]
    assert Version.objects.get_for_object(call).exclude(revision__user=None).count() == 1


def test_all_or_nothing(desk, monkeypatch):
    calls, fund = [CallFactory() for _ in range(3)], FundFactory()
    many = Many(desk, "set_fund", calls)
    many.look(fund=fund.pk)
    monkeypatch.setattr(bulk, "refresh", lambda calls: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        many.agree(fund=fund.pk)
    assert Call.objects.filter(fund=fund).count() == Version.objects.count() == 0


def test_too_many_calls_at_once_are_refused(desk, monkeypatch):
    monkeypatch.setattr(bulk, "MOST_CALLS", 2)
    calls = [CallFactory() for _ in range(3)]
    response = Many(desk, "set_fund", calls).ask(select_across="1")
    assert said(response) == ["Kies hoogstens 2 oproepen tegelijk; een filter helpt daarbij."]


@pytest.mark.parametrize(
    ("group", "themes", "state"),
    [("VLEVA-redactie", 2, 2), ("VLEVA-bijdragers", 1, None), ("VLEVA-lezers", None, None)],
)
def test_who_may_do_it(settings, five_pages, group, themes, state):
    """How many of a draft and a published call each group may change; None: not even asked."""
    settings.STAFF_SECOND_FACTOR = False
    user = EditorFactory()
    user.groups.add(Group.objects.get(name=group))
    calls = [CallFactory(published_at=None), CallFactory()]

    def offered(action):
        page = Many(Desk(user), action, calls).ask()
        found = re.search(r"(\d) oproep(?:en)? gekozen", visible(page.text))
        return found and int(found[1])

    assert (offered("set_themes"), offered("set_state")) == (themes, state)


def test_the_queries_grow_with_the_calls_alone(desk, django_assert_num_queries):
    theme = ThemeFactory()
    few, more = [CallFactory(themes=[]) for _ in range(2)], [CallFactory(themes=[]) for _ in range(6)]
    for calls in (few, more):
        many = Many(desk, "set_themes", calls)
        with django_assert_num_queries(LOOK):
            many.look(how="add", themes=[theme.pk])
    fewer = Many(desk, "set_themes", few)
    queries(many), queries(fewer)  # the first edit also keeps the state before it
    assert queries(many) - queries(fewer) == 4 * PER_CALL


LOOK, PER_CALL = 23, 34


def queries(many):
    other = ThemeFactory()
    many.look(how="replace", themes=[other.pk])
    with CaptureQueriesContext(connection) as captured:
        many.agree(how="replace", themes=[other.pk])
    return len(captured)


def test_all_states_are_tried():
    assert {state.value for state in Publication} == set(ALL.values())
