"""What a query finds, in which order: the same on both databases."""

from datetime import timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone

from calls.filters import CallFilter
from calls.models import Call, Synonym
from calls.search.finding import matching
from calls.search.query import parse
from calls.search.words import compact, fold, words
from tests.factories import CallFactory, ContactFactory, FundFactory, ThemeFactory

pytestmark = pytest.mark.django_db

INTE, CALL_02, CALL_03, CALL_04, NATIONAL = (
    "AMIF-2017-AG-INTE-03",
    "AMIF-2020-AG-CALL-02",
    "AMIF-2020-AG-CALL-03",
    "AMIF-2020-AG-CALL-04",
    "42",
)
ALL = [CALL_02, CALL_03, CALL_04, NATIONAL, INTE]


def found(q, state="status=alle"):
    """The codes (else the titles) of the calls found, in order."""
    query = QueryDict(state, mutable=True)
    query["q"] = q
    calls = Call.objects.in_order(CallFilter(query).selection.pks())
    return [call.code or call.title for call in calls]


# The five pages ------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("five_pages")
@pytest.mark.parametrize(
    ("q", "codes"),
    [
        # word forms, Dutch and English
        ("vluchteling", [CALL_03, CALL_04, INTE]),
        ("vluchtelingen", [CALL_03, CALL_04, INTE]),
        ("gemeente", ALL),
        ("gemeenten", ALL),
        ("hervestiging", [CALL_04, NATIONAL, INTE]),
        ("hervestigde", [CALL_04, NATIONAL, INTE]),
        ("migrant", [CALL_03, CALL_02, CALL_04]),
        ("obstacle", [CALL_02]),
        ("promote", [CALL_02, CALL_03, CALL_04]),
        ("complementary pathway", [CALL_04]),
        # case and accents
        ("VLUCHTELING", [CALL_03, CALL_04, INTE]),
        ("efficiente", [CALL_03, NATIONAL, INTE]),
        ("efficiënt", [CALL_03, NATIONAL, INTE]),
        # codes in any notation
        ("AMIF-2020-AG-CALL-02", [CALL_02]),
        ("amif 2020 ag call 02", [CALL_02]),
        ("amif2020agcall02", [CALL_02]),
        ("AMIF/2020/AG/CALL/02", [CALL_02]),
        ("AMIF-2020-AG", [CALL_02, CALL_03, CALL_04]),
        ("42", [NATIONAL]),
        # a word's beginning, and-, or-, not-, phrases
        ("vluchtel", [CALL_03, CALL_04, INTE]),
        ("hervest", [CALL_04, NATIONAL, INTE]),
        ("vluchteling vrijwilligers", [INTE]),
        ("vluchteling -hervestiging", [CALL_03]),
        ("-hervestiging", [CALL_02, CALL_03]),
        ("hervestiging OF arbeidsmarkt", [CALL_02, CALL_04, NATIONAL, INTE]),
        ('"duurzame integratie"', [INTE]),
        ('"integratie duurzame"', []),
        # synonyms
        ("AMIF", [CALL_02, CALL_03, CALL_04, INTE, NATIONAL]),
        ("Fonds voor asiel, migratie en integratie", [CALL_02, CALL_03, CALL_04, INTE, NATIONAL]),
        ("verenigingen", [CALL_02, CALL_03, CALL_04, INTE]),
        # nothing
        ("xyzzy", []),
    ],
)
def test_the_five_pages(q, codes):
    assert found(q) == codes
    assert {call.code for call in matching(Call.objects.all(), q)} == set(codes)


# Order ---------------------------------------------------------------------------------------------------------------


def test_code_then_title_then_names_then_text_and_open_before_closed():
    past, later = timezone.now() - timedelta(days=9), timezone.now() + timedelta(days=99)
    fund = FundFactory(name="Zeilfonds", abbreviation="ZF")
    CallFactory(title="In de tekst", introduction="<p>Over zeilen.</p>")
    CallFactory(title="In het fonds", fund=FundFactory(name="Fonds zeilen"))
    CallFactory(title="Bij het thema", themes=[ThemeFactory(name="Zeilen")], deadline=later)
    CallFactory(title="Zeilen gesloten", deadline=past)
    CallFactory(title="Zeilen later", deadline=later, fund=fund)
    CallFactory(title="Zeilen gauw")
    CallFactory(title="De code", code="ZEILEN-2027")
    assert found("zeilen") == [
        "ZEILEN-2027",
        "Zeilen gauw",
        "Zeilen later",
        "Zeilen gesloten",
        "In het fonds",
        "Bij het thema",
        "In de tekst",
    ]


def test_another_order_where_the_reader_asks_for_it():
    CallFactory(title="Zeilen duur").budgets.create(amount=900)
    CallFactory(title="In de tekst", introduction="<p>zeilen</p>").budgets.create(amount=1000)
    assert found("zeilen") == ["Zeilen duur", "In de tekst"]
    assert found("zeilen", "sorteer=budget") == ["In de tekst", "Zeilen duur"]


# What is looked into -------------------------------------------------------------------------------------------------


def everything():
    """One call with a word of its own in every place that is searched."""
    theme = ThemeFactory(
        name="Themawoord", parent=ThemeFactory(name="Hoofdwoord"), contact=ContactFactory(name="Jo Z")
    )
    fund = FundFactory(name="Fondswoord", abbreviation="FW", period="2031-2037")
    fund.fund_contacts.create(role="x", contact=ContactFactory(kind="authority", organisation="Dienstwoord"))
    call = CallFactory(title="Titelwoord", code="CW/7-a", fund=fund, themes=[theme])
    for field in call.long_texts():
        setattr(call, field, f"<p>{field.replace('_', '')}woord</p><ul><li>punt</li></ul>")
    call.save()
    call.objectives.create(text="Doelwoord")
    call.actions.create(text="Actiewoord", group="Groepwoord")
    call.budgets.create(label="Lijnwoord", amount=1, note="Nootwoord")
    call.documents.create(title="Bijlagewoord", link="https://example.org/")
    return call


def test_everything_on_the_page_is_found():
    call, other = everything(), CallFactory(title="Ander")
    places = [field.replace("_", "") for field in call.long_texts()]
    places += ["thema", "hoofd", "fonds", "dienst", "titel", "doel", "actie", "groep", "lijn", "noot", "bijlage"]
    assert {word: found(f"{word}woord") for word in places} == {word: ["CW/7-a"] for word in places}
    assert [found(q) for q in ("cw7a", "CW 7 A", "cw-7/a", "FW", "2031-2037", "Jo Z")] == [["CW/7-a"]] * 6
    assert found("p") == found("li") == []
    assert found("ander") == [other.title]


def test_a_change_is_found_at_once_and_what_went_is_not():
    call, theme = everything(), ThemeFactory(name="Nieuw thema")
    call.objectives.get().delete()
    call.actions.update_or_create(defaults={"text": "Andere daad"})
    call.themes.set([theme])
    assert [found(q) for q in ("doelwoord", "actiewoord", "themawoord")] == [[], [], []]
    assert [found(q) for q in ("daad", "nieuw thema")] == [["CW/7-a"]] * 2
    theme.name = "Hernoemd"
    theme.save()
    call.fund.name = "Ander vat"
    call.fund.save()
    assert [found(q) for q in ("nieuw thema", "fondswoord", "hernoemd", "vat")] == [[], [], ["CW/7-a"], ["CW/7-a"]]
    call.delete()
    assert found("titelwoord") == []


def test_drafts_and_withdrawn_calls_are_not_found():
    CallFactory(title="Zeilen", published_at=None)
    CallFactory(title="Zeilen", published_at=timezone.now() + timedelta(days=1))
    CallFactory(title="Zeilen", withdrawn_at=timezone.now() - timedelta(days=1))
    assert found("zeilen") == []


# Synonyms ------------------------------------------------------------------------------------------------------------


def test_editors_keep_synonyms():
    CallFactory(title="Voor een watersportvereniging")
    assert found("zeilclub") == []
    Synonym.objects.create(terms="zeilclub = watersportvereniging = club voor het zeilen")
    assert [found(q) for q in ("zeilclub", "zeilclubs", "Zeilclub een")] == [["Voor een watersportvereniging"]] * 3
    CallFactory(title="De club voor het zeilen")
    assert found("watersportverenigingen") == ["Voor een watersportvereniging", "De club voor het zeilen"]
    assert found('"zeilclub"') == []


# Words ---------------------------------------------------------------------------------------------------------------


def test_words_are_folded_and_codes_compact():
    assert words("NGO's, Één café’s: 1.320.069,53 €") == ["ngo", "een", "cafe", "1", "320", "069", "53"]
    assert fold("ÉÉN Straße") == "een strasse"
    assert {compact(code) for code in ("EACEA 36/2014", "EACEA-36-2014", "eacea/36/2014")} == {"eacea362014"}


@pytest.mark.parametrize(
    ("text", "groups", "excluded", "dropped"),
    [
        ("", [], [], ()),
        ('"', [], [], ()),
        ("- OF OR |", [], [], ()),
        ("de het", [], [], ("de", "het")),
        ("zee OF", [["zee"]], [], ()),
        ("OF zee", [["zee"]], [], ()),
        ("zee OF meer OF plas", [["zee", "plas"]], [], ("meer",)),
        ("zee lucht", [["zee"], ["lucht"]], [], ()),
        ("zee -lucht", [["zee"]], ["lucht"], ()),
        ('zee -"hoge lucht', [["zee"]], ["hoge lucht"], ()),
        ("“zee lucht” water", [["zee lucht"], ["water"]], [], ()),
        ("co-financiering onderwijs/jeugd", [["co financiering"], ["onderwijs"], ["jeugd"]], [], ()),
        ("EACEA-36/2014", [["eacea 36 2014"]], [], ()),
    ],
)
def test_how_a_query_is_read(text, groups, excluded, dropped):
    query = parse(text)
    assert [[" ".join(term.words) for term in group] for group in query.groups] == groups
    assert [" ".join(term.words) for term in query.excluded] == excluded
    assert query.dropped == dropped


def test_too_long_a_query_says_what_it_left_out():
    assert parse("zee " * 200).dropped[0].startswith("zee") is True
    assert len(parse(" ".join(f"woord{n}" for n in range(40))).groups) == 16


@pytest.mark.parametrize(
    ("text", "q"),
    [
        ("<p>Voor een start-up.</p>", "start-up"),
        ("<p>State-of-the-art techniek</p>", "state-of-the-art"),
        ("<p>Een niet-gouvernementele organisatie</p>", "niet-gouvernementele organisaties"),
        ("<p>Een niet-gouvernementele organisatie</p>", "ngo"),
        ("<p>R&amp;D in Horizon&nbsp;Europe</p>", '"horizon europe"'),
        ("<p>R&amp;D in Horizon&nbsp;Europe</p>", "R&D"),
    ],
)
def test_joined_words_and_entities(text, q):
    CallFactory(title="Gevonden", introduction=text)
    assert (found(q), found("amp"), found("nbsp")) == (["Gevonden"], [], [])


def test_what_is_deleted_is_not_found_by_its_name_any_more():
    person = ContactFactory(kind="vleva", organisation="VLEVA", name="Jo Zeilmaker")
    theme = ThemeFactory(name="Zeilvaart", contact=person)
    CallFactory(title="Ander", themes=[theme])
    assert (found("zeilmaker"), found("zeilvaart")) == (["Ander"], ["Ander"])
    person.delete()
    assert found("zeilmaker") == []
    theme.delete()
    assert found("zeilvaart") == []


def test_a_family_goes_with_the_code_until_an_editor_says_otherwise():
    call = CallFactory(code="")
    for code, family in [("AMIF-2026-AG-01", "amif-ag-01"), ("AMIF-2027-AG-02", "amif-ag-02")]:
        call.code = code
        call.save()
        assert Call.objects.get().family == family
    call.family = ""
    call.save()
    call.code = "AMIF-2028-AG-03"
    call.save(update_fields=["code"])
    assert Call.objects.get().family == ""
