"""What differs between two texts, and between two states of a call."""

import re
import time
from decimal import Decimal
from random import Random

import pytest

from calls.desk.comparing import Matcher, marked
from calls.desk.differences import differences
from calls.desk.versions import stored_state
from calls.models import Budget, Call, Cutoff, Objective
from tests.factories import CallFactory, FundFactory, ThemeFactory, brussels


def shown(html):
    """[-what went-] {+what came+}, without the words for screen readers."""
    html = re.sub(r'<span class="visually-hidden">(verwijderd|toegevoegd): </span>', "", html)
    return html.replace("<del>", "[-").replace("</del>", "-]").replace("<ins>", "{+").replace("</ins>", "+}")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", ""),
        (None, None, ""),
        ("gelijk", "gelijk", "gelijk"),
        ("", "nieuw", "{+nieuw+}"),
        ("oud", "", "[-oud-]"),
        ("oud", None, "[-oud-]"),
        ("om 17 uur", "om 18 uur", "om [-17-] {+18+} uur"),
        ("op 16 februari 2021 om 17u", "op 17 maart 2021 om 17u", "op [-16 februari-] {+17 maart+} 2021 om 17u"),
        ("voor 02/09/2019", "voor 03/09/2019", "voor [-02/09/2019-] {+03/09/2019+}"),
        ("€ 1.320.069,53 in totaal", "€ 1.320.069,54 in totaal", "€ [-1.320.069,53-] {+1.320.069,54+} in totaal"),
        ("een zin", "iets totaal anders", "[-een zin-] {+iets totaal anders+}"),
        ("a < b & c", "a < b & d", "a &lt; b &amp; [-c-] {+d+}"),
        ("<p>Een</p>", "<p>Een twee</p>", "Een{+ twee+}"),
        ("<p>Een</p>", "<p><strong>Een</strong></p>", "Een"),
        ("<ul><li>a</li><li>b</li></ul>", "<ul><li>a</li><li>c</li></ul>", "• a<br>• [-b-] {+c+}"),
        ("een\ntwee\ndrie", "een\ndrie", "een<br>[-twee-]<br>drie"),
        ("regel\r\nregel", "regel\nregel", "regel<br>regel"),
        ("naam\x00", "naam", "naam"),
    ],
)
def test_words_that_went_and_came_are_marked(old, new, expected):
    assert shown(marked(old, new)) == expected


@pytest.mark.parametrize(
    "attack", ["<script>x</script>", "<img src=x onerror=x>", "</del><script>", '"><svg onload=x>', "<p><script>x</p>"]
)
def test_nothing_that_was_typed_becomes_html(attack):
    for html in (
        marked(attack, "a"),
        marked("a", attack),
        marked(attack, attack),
        marked(f"a {attack}", f"b {attack}"),
    ):
        assert set(re.findall(r"<[^>]*>", html)) <= {
            "<del>",
            "</del>",
            "<ins>",
            "</ins>",
            "<br>",
            "</span>",
            '<span class="visually-hidden">',
        }


def test_who_does_not_see_the_marks_hears_them():
    said = '<span class="visually-hidden">{} </span>'
    removed, added = said.format("verwijderd:"), said.format("toegevoegd:")
    assert marked("om 17 uur", "om 18 uur") == f"om <del>{removed}17</del> <ins>{added}18</ins> uur"


def test_long_unchanged_passages_are_cut_short():
    old = "\n".join(f"regel {n}" for n in range(20))
    new = old.replace("regel 9\n", "zin 9\n")
    assert shown(marked(old, new)) == ("…<br>regel 7<br>regel 8<br>[-regel-] {+zin+} 9<br>regel 10<br>regel 11<br>…")


CHANCE = Random(1)
WORDS = [f"woord{CHANCE.randrange(100)}" for _ in range(29_000)]
LONG = {
    "other words": (" ".join(WORDS), " ".join(reversed(WORDS))),
    "two words": ("ja nee nee ja " * 14_300, "nee ja nee " * 18_200),
    "lines": ("a\nb\nc\n" * 33_400, "c\na\n" * 50_000),
    "one word": ("x" * 200_000, "y" * 200_000),
    "tags": ("<p>" * 67_000, "<p" + " b" * 100_000 + ">"),
}


@pytest.mark.parametrize("kind", LONG)
def test_texts_of_200_000_characters_take_seconds_at_most(kind):
    old, new = LONG[kind]
    assert min(len(old), len(new)) >= 199_000
    began = time.perf_counter()
    marked(old, new)
    assert time.perf_counter() - began < 10


def test_a_few_changes_in_a_long_text_are_found():
    changed = [*WORDS]
    changed[10], changed[14_000], changed[-2] = "EEN", "TWEE", "DRIE"
    html = shown(marked(" ".join(WORDS), " ".join(changed)))
    assert re.findall(r"\{\+(.*?)\+\}", html) == ["EEN", "TWEE", "DRIE"]
    assert re.findall(r"\[-(.*?)-\]", html) == [WORDS[10], WORDS[14_000], WORDS[-2]]


@pytest.mark.parametrize("pair", [("abcabba", "cbabac"), ("", "abc"), ("abc", ""), ("aaaa" * 99, "aa" * 199)])
def test_the_steps_are_both_texts(pair, monkeypatch):
    for most in (60_000, 10, 0):
        monkeypatch.setattr("calls.desk.comparing.PASSAGE", most)
        steps = list(Matcher().steps(list(pair[0]), list(pair[1])))
        assert "".join("".join(old) for _same, old, _new in steps) == pair[0]
        assert "".join("".join(new) for _same, _old, new in steps) == pair[1]
        assert [old for same, old, new in steps if same and old != new] == []


# Two states of a call ------------------------------------------------------------------------------------------------


def read(found):
    """{name of the field: marked words, or [(kind of change, {name: marked words})]}."""
    return {
        one.name: [(row.said, {field.name: shown(field.html) for field in row.fields}) for row in one.rows]
        or shown(one.html)
        for one in found
    }


@pytest.mark.django_db
def test_fields_and_rows_as_people_read_them():
    asylum, climate = ThemeFactory(name="Asiel"), ThemeFactory(name="Klimaat")
    fund = FundFactory(name="Fonds voor Asiel", abbreviation="AMIF", period="2014-2020")
    call = CallFactory(title="Een oproep", fund=fund, deadline=brussels(2027, 6, 1, 17), themes=[asylum])
    Cutoff.objects.create(call=call, label="fase 1", at=brussels(2027, 3, 1, 12))
    gone = Budget.objects.create(call=call, order=1, label="weg", amount=1000)
    kept = Budget.objects.create(call=call, order=2, label="EU", amount=Decimal("1320069.53"), rate=75)
    Objective.objects.create(call=call, order=1, text="<p>Blijft</p>")
    before = stored_state(call.pk)
    Call.objects.filter(pk=call.pk).update(
        title="Een oude oproep",
        fund=None,
        deadline=brussels(2027, 6, 2, 17),
        title_language="fr",
        own_fields=["title"],
    )
    call.themes.set([climate])
    gone.delete()
    Budget.objects.filter(pk=kept.pk).update(amount=2, shared=True)
    Budget.objects.create(call=call, order=3, label="nieuw", rate=50)
    assert read(differences(before, stored_state(call.pk))) == {
        "Titel": "Een {+oude +}oproep",
        "Taal van de titel": "[-Nederlands-] {+Frans+}",
        "Fonds": f"[-{fund}-]",
        "Deadline": "[-1-] {+2+} juni 2027 17:00",
        "Velden die van ons blijven": "{+titel+}",
        "Thema's": "[-Asiel-] {+Klimaat+}",
        "Budgetlijnen": [
            ("verwijderd", {"Wat of wie": "[-weg-]", "Bedrag (euro)": "[-1.000,00-]"}),
            ("gewijzigd", {"Bedrag (euro)": "[-1.320.069,53-] {+2,00+}", "Gedeeld": "[-nee-] {+ja+}"}),
            ("toegevoegd", {"Wat of wie": "{+nieuw+}", "Cofinancieringsgraad (%)": "{+50,00+}"}),
        ],
    }


@pytest.mark.django_db
def test_a_theme_that_was_deleted_since_is_named_by_its_number(django_assert_num_queries):
    theme = ThemeFactory()
    call = CallFactory(themes=[theme])
    before = stored_state(call.pk)
    pk = theme.pk
    theme.delete()
    after = stored_state(call.pk)
    with django_assert_num_queries(2):
        assert read(differences(before, after)) == {"Thema's": f"[-verwijderd (nummer {pk})-]"}


@pytest.mark.django_db
def test_a_field_that_an_old_version_does_not_know_is_no_difference():
    call = CallFactory()
    state = stored_state(call.pk)
    older = state | {"call": {name: value for name, value in state["call"].items() if name != "own_fields"}}
    assert differences(older, state) == differences(state, older) == []
