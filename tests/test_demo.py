"""seed_demo: made-up calls for trying out the portal at any size."""

from collections import Counter
from datetime import date, datetime

import pytest
import time_machine
from django.core.management import CommandError, call_command

from calls.demo import COMMON, RARE, demo_calls
from calls.models import Action, Announcement, Budget, Call, Cutoff, Objective, SearchEntry
from calls.status import DeadlineModel, Publication, Status
from funds.models import Fund, Theme
from tests.factories import BRUSSELS, CallFactory

TODAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 12, tzinfo=BRUSSELS)


def seed(calls, *options):
    call_command("seed_demo", f"--calls={calls}", f"--today={TODAY}", *options, verbosity=0)


def test_the_same_number_seed_and_day_give_the_same_calls():
    assert list(demo_calls(30, TODAY)) == list(demo_calls(30, TODAY))
    assert list(demo_calls(30, TODAY)) != list(demo_calls(30, TODAY, seed=2))


@pytest.mark.django_db
def test_every_part_is_written():
    seed(20)
    for demo in demo_calls(20, TODAY):
        call = Call.objects.get(slug=demo.fields["slug"])
        assert {name: getattr(call, name) for name in demo.fields} == demo.fields
        assert sorted(theme.slug for theme in call.themes.all()) == sorted(demo.themes)
        assert sorted(one.slug for one in call.applicant_types.all()) == sorted(demo.applicant_types)
        assert [{"text": row.text} for row in call.objectives.all()] == demo.objectives
        assert [{"text": row.text} for row in call.actions.all()] == demo.actions
        assert [row.amount for row in call.budgets.all()] == [row.get("amount") for row in demo.budgets]
        assert [row.at for row in call.cutoffs.all()] == [row["at"] for row in demo.cutoffs]


@pytest.mark.django_db
@time_machine.travel(NOON, tick=False)
def test_every_status_and_publication_occurs_in_its_share():
    seed(500)
    calls = Call.objects.all()
    # A draft of today opens later; a call with a rolling deadline is open.
    status = {Status.CLOSED: 450, Status.OPEN: 30, Status.UPCOMING: 15, Status.UNKNOWN: 5}
    assert Counter(call.status for call in calls) == status
    publications = Counter(call.publication for call in calls)
    assert publications[Publication.DRAFT] + publications[Publication.SCHEDULED] == 5
    assert set(publications) == set(Publication)
    assert {call.deadline_model for call in calls} == set(DeadlineModel)


@pytest.mark.django_db
def test_what_the_bench_searches_for_stands_in_four_of_five_calls_and_in_fourteen():
    seed(500)
    entries = [" ".join([entry.code, entry.title, entry.names, entry.text]) for entry in SearchEntry.objects.all()]
    assert sum(RARE in entry.split() for entry in entries) == 14
    assert 350 < sum(COMMON in entry.split() for entry in entries) < 450
    assert Call.objects.published().filter(objectives_before__contains=RARE).count() == 14


@pytest.mark.django_db
@pytest.mark.parametrize("model", [Call, Objective, Action, Budget, Cutoff])
def test_editors_could_save_the_rows_as_they_are(model):
    seed(100)
    rows = model.objects.all()
    assert rows
    for row in rows:
        before = vars(row).copy()
        row.full_clean()
        assert {name: value for name, value in vars(row).items() if name in before} == before


@pytest.mark.django_db
def test_calls_of_a_family_are_editions_of_one_call():
    seed(100)
    families = Counter(Call.objects.exclude(family="").values_list("family", "title"))
    assert set(families.values()) == {10}
    assert len(families) == len({family for family, title in families})


@pytest.mark.django_db
def test_made_up_calls_are_no_news():
    """With the number of the last announcement, or with the first one; what was there is left alone."""
    real = CallFactory()
    seed(100, "--add")
    seed(100, "--add")
    announced = Announcement.objects.get()
    calls = Call.objects.exclude(pk=real.pk)
    assert set(calls.published().values_list("announcement", flat=True)) == {announced.pk}
    assert set(Call.objects.exclude(pk__in=calls.published()).values_list("announcement", flat=True)) == {None}


@pytest.mark.django_db
def test_a_database_with_calls_is_refused():
    CallFactory()
    with pytest.raises(CommandError, match=r"already holds 1 call\. Nothing was written; use --add"):
        seed(10)
    assert (Call.objects.count(), Theme.objects.count(), Fund.objects.count()) == (1, 0, 1)


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["0", "-1"])
def test_no_calls_is_refused(number):
    with pytest.raises(CommandError, match="--calls must be 1 or more"):
        seed(number)


@pytest.mark.usefixtures("five_pages")
def test_calls_are_put_beside_others():
    seed(10, "--add")
    seed(10, "--add")
    CallFactory()
    assert Call.objects.count() == 26
    assert SearchEntry.objects.count() >= 25
    assert Theme.objects.count() == 17
    assert Fund.objects.filter(abbreviation="AMIF", period="2014-2020").count() == 1


@pytest.mark.django_db
def test_progress_and_counts_are_silent_when_asked(capsys):
    seed(10)
    assert capsys.readouterr() == ("", "")


@pytest.mark.django_db
def test_where_nobody_watches_there_is_no_bar(capsys):
    call_command("seed_demo", "--calls=10")
    said = capsys.readouterr()
    assert said.out.startswith("10 calls written in ")
    assert said.err == ""
