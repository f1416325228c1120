"""What the page of a call leads to: earlier and later editions of it, and calls like it."""

import re
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from calls.columns import current_columns
from calls.models import Call, Stamp
from calls.related import CANDIDATES, around, calls_like, word_beginnings
from calls.status import DeadlineModel
from tests.factories import ApplicantTypeFactory, CallFactory, EditorFactory, FundFactory, ThemeFactory, brussels
from tests.reading import text

pytestmark = pytest.mark.django_db


def days(number):
    return timezone.now() + timedelta(days=number)


def like(call, number=4, without=()):
    return [one.title for one in calls_like(call, number, without)]


def section(response, anchor):
    """[(status, title, the rest)] of a list of calls on a page; nothing where the page has no such section."""
    html = response.content.decode()
    part = re.search(rf'<section id="{anchor}">.*?</section>', html, re.DOTALL)
    rows = re.findall(
        r'<span class="badge \w+">(.*?)</span>.*?<a [^>]*>(.*?)</a>(.*?)</li>', part[0] if part else "", re.S
    )
    return [(badge, title, " ".join(re.sub(r"<[^>]+>", " ", rest).split())) for badge, title, rest in rows]


# Calls like it -------------------------------------------------------------------------------------------------------


def test_a_theme_says_most_then_the_fund_then_who_may_apply():
    theme, fund, kind = ThemeFactory(), FundFactory(), ApplicantTypeFactory()
    call = CallFactory(title="Deze", themes=[theme], fund=fund)
    other_fund = CallFactory(title="Thema", themes=[theme])
    same_fund = CallFactory(title="Fonds", fund=fund)
    for_same = CallFactory(title="Fonds en type", fund=fund)
    both = CallFactory(title="Alles", themes=[theme], fund=fund)
    only_type = CallFactory(title="Alleen type")
    for one in (call, for_same, both, only_type):
        one.applicant_types.add(kind)
    for one in (other_fund, same_fund):
        one.applicant_types.add(ApplicantTypeFactory())
    assert like(call) == ["Alles", "Thema", "Fonds en type", "Fonds"]


def test_the_fund_counts_in_every_period():
    old = FundFactory(abbreviation="AMIF", period="2014-2020")
    CallFactory(title="Nieuw", fund=FundFactory(abbreviation="AMIF", period="2021-2027"))
    CallFactory(title="Ander", fund=FundFactory(abbreviation="AMIFX", period="2021-2027"))
    assert like(CallFactory(fund=old)) == ["Nieuw"]


def test_what_few_calls_share_says_more():
    common, rare = ThemeFactory(), ThemeFactory()
    call = CallFactory(themes=[common, rare])
    CallFactory(title="Gewoon", themes=[common])
    CallFactory(title="Zeldzaam", themes=[rare])
    CallFactory.create_batch(5, themes=[common], published_at=None)
    assert like(call) == ["Zeldzaam", "Gewoon"]


def test_a_sibling_below_the_same_main_theme_is_a_little_alike():
    parent = ThemeFactory()
    mine, sibling = ThemeFactory(parent=parent), ThemeFactory(parent=parent)
    call = CallFactory(themes=[mine])
    CallFactory(title="Nicht", themes=[sibling])
    CallFactory(title="Zus", themes=[mine])
    assert like(call) == ["Zus", "Nicht"]


def test_words_of_the_title_decide_among_equals_in_all_their_forms_and_in_english():
    theme = ThemeFactory()
    call = CallFactory(title="Participatie van migranten in de gemeente", themes=[theme])
    CallFactory(title="Onderzoek naar water", themes=[theme], deadline=days(1))
    CallFactory(title="The participation of a migrant", themes=[theme], deadline=days(9))
    CallFactory(title="Migrant en werk", themes=[theme], deadline=days(8))
    assert like(call) == ["The participation of a migrant", "Migrant en werk", "Onderzoek naar water"]
    assert word_beginnings("De integratie van één migrant: 2027") == {"integr", "migran", "2027"}


def test_what_runs_comes_before_what_is_closed_and_the_nearest_date_first():
    theme, fund = ThemeFactory(), FundFactory()
    call = CallFactory(title="xx", themes=[theme], fund=fund)
    CallFactory(title="aa", themes=[theme], fund=fund, deadline=days(-9))
    CallFactory(title="bb", themes=[theme], fund=fund, deadline=days(-3))
    CallFactory(title="cc", fund=fund, deadline=days(90))
    CallFactory(title="dd", fund=fund, deadline=days(30))
    assert like(call) == ["dd", "cc", "bb", "aa"]


def test_only_published_calls_that_share_something_and_never_itself():
    theme = ThemeFactory()
    call = CallFactory(title="Zelf", themes=[theme], deadline=days(-1))
    edition = CallFactory(title="Editie", themes=[theme])
    CallFactory(title="Ontwerp", themes=[theme], published_at=None)
    CallFactory(title="Gepland", themes=[theme], published_at=days(1))
    CallFactory(title="Weg", themes=[theme], withdrawn_at=days(-1))
    CallFactory(title="Zelf")
    assert like(call, without=[edition.pk]) == []
    assert like(call) == ["Editie"]
    assert like(CallFactory(title="Zelf", fund=None)) == []


def test_a_call_that_came_after_the_columns_were_read_has_none_yet(monkeypatch):
    theme = ThemeFactory()
    CallFactory(themes=[theme])
    columns = current_columns()
    call = CallFactory(themes=[theme], fund=None)
    monkeypatch.setattr("calls.related.current_columns", lambda: columns)
    assert calls_like(call, 4) == []


@pytest.mark.parametrize("total", [CANDIDATES - 1, CANDIDATES + 2])
def test_among_many_the_best_are_found(total):
    theme, rare = ThemeFactory(), ThemeFactory()
    call = CallFactory(title="xx", themes=[theme, rare])
    CallFactory(title="yy", themes=[theme, rare], deadline=days(-1))
    for number in range(total):
        CallFactory(title=f"n{number}", themes=[theme], deadline=days(total - number))
    CallFactory(title="zz", themes=[theme, rare], deadline=days(400))
    assert like(call, 3) == ["zz", f"n{total - 1}", f"n{total - 2}"]


def test_positions_of_calls_that_are_and_are_not_there():
    assert current_columns().positions(np.array([1, 2])).tolist() == []
    pks = [CallFactory().pk for _ in range(3)]
    asked = np.array([pks[2], pks[0] - 1, pks[0], pks[2] + 1])
    assert current_columns().positions(asked).tolist() == [2, 0]


# Editions ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def editions():
    """Three editions, of which one is open; a draft; and a call of another family."""
    dates = {2023: days(-900), 2024: days(-500), 2026: days(40)}
    calls = {
        year: CallFactory(title=f"Taal {year}", code=f"AMIF-{year}-TAAL", deadline=at) for year, at in dates.items()
    }
    CallFactory(title="Taal 2028", code="AMIF-2028-TAAL", published_at=None)
    CallFactory(title="Sport", code="AMIF-2026-SPORT")
    return calls


def test_editions_are_the_published_calls_of_one_family_the_newest_first(editions):
    published = Call.objects.published()
    titles = {year: [one.title for one in published.editions_of(call)] for year, call in editions.items()}
    assert titles == {
        2023: ["Taal 2026", "Taal 2024"],
        2024: ["Taal 2026", "Taal 2023"],
        2026: ["Taal 2024", "Taal 2023"],
    }


def test_a_call_without_family_has_no_editions():
    CallFactory(code="42")
    assert list(Call.objects.editions_of(CallFactory(code="43"))) == []


def test_an_editor_links_and_unlinks_editions():
    one, other = CallFactory(code="42"), CallFactory(code="AMIF-2026-TAAL")
    one.family = other.family
    one.save()
    assert list(Call.objects.editions_of(other)) == [one]
    one.family = ""
    one.save()
    assert list(Call.objects.editions_of(other)) == []


def test_a_closed_call_leads_to_its_open_edition_before_all_else(client, editions):
    page = text(client.get(editions[2023].get_absolute_url()))
    day = editions[2026].deadline
    assert "Indienen kan niet meer. Er staat een nieuwere editie open: Taal 2026 (tot" in page
    assert page.index("nieuwere editie") < page.index("Deadline") < page.index("Eerdere en latere edities")
    assert f"{day.year} ) Bewaar deze oproep Status Gesloten" in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"opens_at": brussels(2100, 1, 4)}, "Er komt een nieuwere editie: Taal 2028 ( opent op 4 januari 2100 )"),
        (
            {"deadline": None, "deadline_model": DeadlineModel.ROLLING},
            "Er staat een nieuwere editie open: Taal 2028 (indienen kan altijd)",
        ),
    ],
)
def test_an_edition_to_come_or_without_an_end_is_named_too(client, fields, words):
    call = CallFactory(code="X-2023-Y", deadline=days(-9))
    CallFactory(**{"title": "Taal 2028", "code": "X-2028-Y", "deadline": brussels(2101, 1, 4)} | fields)
    page = text(client.get(call.get_absolute_url()))
    assert words.replace("( ", "(") in page.replace("( ", "(")


def test_an_open_call_shows_its_editions_but_no_newer_one(client, editions):
    response = client.get(editions[2026].get_absolute_url())
    assert "nieuwere editie" not in text(response)
    rows = section(response, "edities")
    assert [(badge, title) for badge, title, _ in rows] == [("Gesloten", "Taal 2024"), ("Gesloten", "Taal 2023")]
    assert rows[0][2].startswith("Gesloten op ")
    assert rows[0][2].endswith("· AMIF-2024-TAAL")


def test_editions_do_not_stand_among_the_calls_like_it(client):
    theme = ThemeFactory()
    call = CallFactory(code="X-2023-Y", themes=[theme])
    CallFactory(title="Editie", code="X-2024-Y", themes=[theme])
    fund = FundFactory(abbreviation="LIFE", period="")
    CallFactory(title="Gelijkend", themes=[theme], fund=fund, deadline=brussels(2100, 1, 4, 17))
    response = client.get(call.get_absolute_url())
    assert [title for _, title, _ in section(response, "edities")] == ["Editie"]
    assert section(response, "vergelijkbaar") == [("Open", "Gelijkend", "Deadline 4 januari 2100 · LIFE")]


def test_the_older_editions_are_folded_away(client):
    calls = [
        CallFactory(title=f"Taal {year}", code=f"X-{year}-Y", deadline=days(year - 2030)) for year in range(2010, 2017)
    ]
    html = client.get(calls[0].get_absolute_url()).content.decode()
    older = html[html.index("<details") :]
    assert re.findall(r">(Taal \d+)</a>", older) == ["Taal 2011"]


def test_a_call_alone_has_neither(client):
    response = client.get(CallFactory().get_absolute_url())
    assert (section(response, "edities"), section(response, "vergelijkbaar")) == ([], [])
    assert 'href="#edities"' not in response.content.decode()
    assert 'href="#vergelijkbaar"' not in response.content.decode()


@pytest.mark.usefixtures("editions")
def test_a_draft_is_no_edition_for_staff_either(client, editions):
    client.force_login(EditorFactory())
    response = client.get(editions[2023].get_absolute_url())
    assert [title for _, title, _ in section(response, "edities")] == ["Taal 2026", "Taal 2024"]


@pytest.mark.parametrize("rows", [1, 3])
def test_a_fixed_number_of_queries(rows, django_assert_num_queries):
    theme = ThemeFactory()
    call = CallFactory(code="X-2020-Y", themes=[theme])
    for number in range(rows):
        CallFactory(code=f"X-202{number + 1}-Y", themes=[theme])
        CallFactory(themes=[theme]).cutoffs.create(at=days(3))
    Stamp.now()
    current_columns()
    with django_assert_num_queries(3):  # the stamp, the editions, the best with their amounts
        found = around(call)
        assert [one.next_date for one in found["alike"]]
    assert (len(found["editions"]), len(found["alike"])) == (rows, rows)


def test_the_form_names_the_other_editions(desk, editions):
    html = desk.client.get(f"/beheer/calls/call/{editions[2026].pk}/change/").text
    links = re.findall(r'<a href="/beheer/calls/call/(\d+)/change/">([^<]+)</a>', html)
    codes = ["AMIF-2028-TAAL", "AMIF-2024-TAAL", "AMIF-2023-TAAL"]
    assert links == [(str(Call.objects.get(code=code).pk), code) for code in codes]
