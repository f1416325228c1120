"""bin/bench: what it measures and says, with a handful of calls."""

import pytest
from django.core.management import call_command
from django.test import Client

from bin import bench_desk_report as desk_report
from bin import bench_digest_report as digest_report
from bin import bench_import_report as import_report
from bin.bench_desk import actions as desk_actions
from bin.bench_find import LIST, PLANS, actions, calls_shown, read
from bin.bench_find_report import goals, report
from bin.bench_import import measure as measure_import
from bin.bench_import import write_answers
from bin.bench_watch import measure, plans, watched
from calls.models import Call
from tests.factories import EditorFactory


def page(ms=10.0, queries=5, db_ms=1.0, answer=20):
    return {"ms": ms, "db_ms": db_ms, "queries": queries, "answer": answer}


def results(first, last, database="PostgreSQL"):
    """What bench_find says of two sizes, each page as in `page`."""
    sizes = {100: first, 100_000: last}
    return {database: {size: {"seconds": 1, "pages": pages, "plans": {}} for size, pages in sizes.items()}}


LISTS = dict.fromkeys(
    ["list", "list, all calls", "every filter", "filters, closes in 90 days", "filters, opened in 90 days"], page()
) | {"sorted by newest": page(), "page 200": None}
SEARCHES = {"common word, with counts": page(), "rare word, with counts": page()}


@pytest.mark.django_db
def test_every_address_is_measured():
    call_command("seed_demo", calls=100, verbosity=0)
    found = measure(actions(Client(SERVER_NAME="localhost")), range(3))
    assert [name for name, page in found.items() if not page] in ([], ["page 200"])
    asking = [page for page in found.values() if page and page["queries"]]
    assert len(asking) >= len(found) - 2
    assert all(page["ms"] > page["db_ms"] > 0 for page in asking)
    assert calls_shown(found["list, all calls"]["answer"]) == 20
    assert calls_shown(found["rare word"]["answer"]) == 14


@pytest.mark.django_db
def test_the_indexes_behind_a_search_are_named():
    call_command("seed_demo", calls=20, verbosity=0)
    client = Client(SERVER_NAME="localhost")
    shown = plans(lambda: read(client, f"{LIST}?q=integratie&status=alle"), PLANS)
    assert list(shown) == list(PLANS)
    assert all(shown.values())


@pytest.mark.django_db
def test_queries_and_their_time_are_counted():
    with watched() as watch:
        list(Call.objects.values_list("pk"))
        Call.objects.count()
    assert len(watch.queries) == 2
    assert watch.seconds > 0
    Call.objects.count()
    assert len(watch.queries) == 2


def test_goals_that_are_met():
    found = results(
        LISTS | SEARCHES,
        LISTS | SEARCHES | {"rare word, with counts": page(db_ms=4.9), "common word, with counts": page(db_ms=59)},
    )
    assert [met for met, goal in goals(found)] == [True, True, True, True]


def test_goals_that_are_not_met():
    slow = {
        "list": page(ms=21),
        "rare word, with counts": page(db_ms=5),
        "common word, with counts": page(db_ms=60, queries=6),
    }
    found = list(goals(results(LISTS | SEARCHES, LISTS | SEARCHES | slow)))
    assert [met for met, goal in found] == [False, False, False, False]
    assert found[0][1].endswith("(common word, with counts: 5 or 6)")
    assert "at most 2.10 (list: " in found[1][1]


def test_goals_without_measurements_are_not_called_met():
    found = goals(results(LISTS, LISTS, database="SQLite"))
    assert [met for met, goal in found] == [True, True, None, None]


def test_the_report_has_a_row_for_every_page():
    lines = list(report(results(LISTS | SEARCHES, LISTS | SEARCHES | {"list": page(ms=15)})))
    row = next(line for line in lines if line.startswith("list  "))
    assert row.split() == ["list", "10.00", "1.00", "1.00", "5", "20", "15.00", "1.50", "1.00", "5", "20"]
    assert sum(line.startswith("page 200") for line in lines) == 1


# Digests -------------------------------------------------------------------------------------------------------------


def digest(followers, **found):
    numbers = {
        "seconds": followers / 100,
        "mails": followers,
        "notices": 3 * followers,
        "queries": 9,
        "searches": 5,
        "different_searches": 5,
    }
    memory = {"megabytes_before": 90, "megabytes": 100, "again_seconds": 0.1, "again_mails": 0}
    return numbers | memory | {"followers": followers} | found


def test_digests_that_stay_flat():
    lines = list(digest_report.report({"SQLite": {1_000: digest(1_000), 100_000: digest(100_000)}}))
    assert [line.split("  ")[0] for line in lines[-4:]] == ["met"] * 4
    assert ["milliseconds", "a", "mail", "10.00", "10.00"] in [line.split() for line in lines]


def test_digests_that_grow():
    worse = digest(100_000, megabytes=131, seconds=1_301, searches=11, again_mails=1)
    found = digest_report.goals({"SQLite": {1_000: digest(1_000), 100_000: worse}})
    assert [met for met, goal in found] == [False] * 4


# Imports -------------------------------------------------------------------------------------------------------------


def imported(records, **found):
    numbers = {"records": records, "seconds": records / 250, "new": records, "broken": 0, "again_unchanged": records}
    memory = {"megabytes_before": 90, "megabytes": 100, "again_seconds": records / 1_000, "again_changed": False}
    memory |= {"word_seconds": 3}
    return numbers | memory | found


def test_an_import_that_meets_its_goals():
    lines = list(import_report.report({"SQLite": {1_000: imported(1_000), 10_000: imported(10_000)}}))
    assert [line.split("  ")[0] for line in lines[-3:]] == ["met"] * 3
    assert ["records", "a", "second", "250", "250"] in [line.split() for line in lines]


def test_an_import_that_does_not():
    worse = imported(10_000, seconds=51, megabytes=131, again_changed=True)
    found = import_report.goals({"SQLite": {1_000: imported(1_000), 10_000: worse}})
    assert [met for met, goal in found] == [False] * 3
    some = imported(10_000, again_unchanged=9_999)
    assert [met for met, goal in import_report.goals({"SQLite": {10_000: some}})] == [True, False]


@pytest.mark.django_db
def test_an_import_is_measured(tmp_path):
    path = tmp_path / "answers.json"
    write_answers(path, 20)
    found = measure_import(path, 20)
    whole = {"records": 20, "new": 20, "broken": 0, "again_unchanged": 20, "again_changed": False}
    assert {name: found[name] for name in whole} == whole
    assert min(found["seconds"], found["again_seconds"]) > 0


# The desk ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_desk_is_measured(settings):
    settings.STAFF_SECOND_FACTOR = False
    call_command("seed_demo", calls=60, verbosity=0)
    client = Client(SERVER_NAME="localhost")
    client.force_login(EditorFactory(is_superuser=True))
    pages = measure(desk_actions(client), range(3))
    assert all(page["queries"] > 3 for page in pages.values())
    lines = list(desk_report.report({"SQLite": {60: {"pages": pages}, 100_000: {"pages": pages}}}))
    assert [line.split("  ")[0] for line in lines[-2:]] == ["met"] * 2


def test_a_desk_that_grows_slower():
    found = {size: {"pages": {"list": page(ms=ms, queries=12)}} for size, ms in ((100, 10), (100_000, 16))}
    assert [met for met, goal in desk_report.goals({"SQLite": found})] == [False, False]
