"""The words of every call stay in step with the content, whatever happens in between."""

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from calls.columns import current_columns
from calls.models import Call, SearchEntry, Stamp, Word
from calls.search import indexing
from calls.search.engines import subselect
from calls.search.finding import Search, matching
from calls.search.spelling import likely_spelling, one_letter_away, respelled
from tests.factories import CallFactory, FundFactory, ThemeFactory


def titles_with(q):
    return sorted(call.title for call in matching(Call.objects.all(), q))


@pytest.fixture
def runs(monkeypatch):
    """How many calls each run of the indexing wrote."""
    found, index_calls = [], indexing.index_calls
    monkeypatch.setattr(indexing, "index_calls", lambda pks: found.append(len(pks)) or index_calls(pks))
    return found


@pytest.mark.django_db(transaction=True)
def test_what_one_transaction_changes_is_indexed_once_when_it_is_committed(runs):
    with transaction.atomic():
        call = CallFactory(title="Zeilen", themes=[ThemeFactory()])
        for number in range(5):
            call.objectives.create(text=f"Doel {number}")
        assert SearchEntry.objects.count() == 0
    assert (runs, titles_with("zeilen"), titles_with("doel")) == ([1], ["Zeilen"], ["Zeilen"])


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_neither_found_nor_forgotten_afterwards():
    call = CallFactory(title="Zeilen")
    with transaction.atomic():
        call.title = "Roeien"
        call.save()
        CallFactory(title="Roeiboot")
        transaction.set_rollback(True)
    assert (titles_with("roei"), titles_with("zeilen")) == ([], ["Zeilen"])
    CallFactory(title="Surfen")
    assert [titles_with(q) for q in ("roei", "zeilen", "surfen")] == [[], ["Zeilen"], ["Surfen"]]


@pytest.mark.django_db(transaction=True)
def test_a_failing_index_loses_no_save_and_is_made_good_later(monkeypatch):
    def fail(*args):
        raise RuntimeError("no index today")

    with monkeypatch.context() as broken:
        broken.setattr(indexing, "entry_of", fail)
        CallFactory(title="Zeilen")
    assert (Call.objects.count(), titles_with("zeilen")) == (1, [])
    call_command("index_calls", missing=True, verbosity=0)
    assert titles_with("zeilen") == ["Zeilen"]


@pytest.mark.django_db
def test_the_command_writes_everything_anew():
    Call.objects.bulk_create([Call(title="Zeilen", slug="z"), Call(title="Zeilen en roeien", slug="r")])
    assert titles_with("zeilen") == []
    call_command("index_calls", verbosity=0)
    assert titles_with("zeilen") == ["Zeilen", "Zeilen en roeien"]
    assert dict(Word.objects.values_list("word", "calls")) == {"zeilen": 2, "roeien": 1}
    Call.objects.filter(slug="r").update(title="Surfen")
    call_command("index_calls", verbosity=0)
    assert dict(Word.objects.values_list("word", "calls")) == {"zeilen": 1, "surfen": 1}


@pytest.mark.django_db
def test_missing_leaves_the_rest_alone():
    call = CallFactory(title="Zeilen")
    stamp = Stamp.now()
    call_command("index_calls", missing=True, verbosity=0)
    assert Stamp.now() == stamp
    SearchEntry.objects.filter(call=call).delete()
    assert titles_with("zeilen") == []
    call_command("index_calls", missing=True, verbosity=0)
    assert (titles_with("zeilen"), Stamp.now() == stamp) == (["Zeilen"], False)


CHANGES = {
    "a call": lambda call: call.save(),
    "a call deleted": lambda call: call.delete(),
    "a row": lambda call: call.budgets.create(amount=1),
    "a cut-off": lambda call: call.cutoffs.create(at=call.published_at),
    "a theme of the call": lambda call: call.themes.add(ThemeFactory()),
    "a call of the theme": lambda call: ThemeFactory().calls.add(call),
    "a theme": lambda call: ThemeFactory(),
    "a fund": lambda call: call.fund.save(),
    "a fund's types": lambda call: call.fund.applicant_types.create(name="Ngo's"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("change", CHANGES)
def test_every_change_that_lists_show_makes_the_copy_in_memory_old(change):
    call = CallFactory()
    before = current_columns()
    assert current_columns() is before
    CHANGES[change](call)
    assert current_columns() is not before


@pytest.mark.django_db
def test_the_number_of_queries_of_an_index_does_not_grow(django_assert_num_queries):
    def counted(number):
        calls = [CallFactory(themes=[ThemeFactory()], fund=FundFactory()) for _ in range(number)]
        for call in calls:
            call.objectives.create(text="Doel")
        Stamp.now()
        with django_assert_num_queries(20) as queries:
            indexing.index_calls([call.pk for call in calls])
        return len(queries)

    assert counted(1) == counted(4)


# Spelling ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("hervestging", "hervestiging"),
        ("hervestigingg", "hervestiging"),
        ("hervetsiging", "hervestiging"),
        ("hervastiging", "hervestiging"),
        ("hrvstgng", None),
        ("hervestgingen", "hervestiging"),
        ("xq", None),
    ],
)
def test_the_likely_spelling(typed, meant):
    CallFactory(title="Hervestiging")
    call_command("index_calls", verbosity=0)
    assert likely_spelling(typed) == meant


@pytest.mark.django_db
def test_the_most_frequent_of_two_spellings_and_only_unknown_words():
    CallFactory(title="Steen")
    CallFactory.create_batch(2, title="Steun")
    call_command("index_calls", verbosity=0)
    assert likely_spelling("stein") is None or likely_spelling("steyn") == "steun"
    assert respelled(Search('Steyn "steyn" -steyn steun')) == 'steun "steun" -steun steun'
    assert respelled(Search("steun")) is None
    assert respelled(Search("steun qqqqqqqq")) is None


def test_one_letter_away_holds_every_kind_of_slip():
    assert {"teun", "setun", "stein", "steunt", "asteun", "steu"} <= one_letter_away("steun")
    assert len(one_letter_away("a" * 40)) < 2_200


@pytest.mark.django_db
def test_the_search_structure_is_asked_by_its_index():
    """PostgreSQL by GIN, SQLite by FTS5; a small table may be read whole, so PostgreSQL is kept from that."""
    CallFactory(title="Zeilen")
    sql, parameters = subselect(Search("zeilen").tree)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {'' if connection.vendor == 'postgresql' else 'QUERY PLAN '}{sql}", parameters)
        plan = str(cursor.fetchall())
    assert ("calls_searchentry_vector" if connection.vendor == "postgresql" else "VIRTUAL TABLE INDEX") in plan
