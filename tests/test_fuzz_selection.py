"""The arrays in memory against the database: over made-up calls they find, count and order the same."""

from datetime import UTC, timedelta

import pytest
import time_machine
from django.db import transaction
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from calls.columns import Columns
from calls.filters import CallFilter
from calls.models import Budget, Call, Cutoff
from calls.status import DeadlineModel, Publication, Status, publication_of, status_of
from funds.models import ApplicantType, Fund, Theme
from tests.factories import ApplicantTypeFactory, FundFactory, ThemeFactory, brussels
from tests.fuzzing import examples

# The clocks went forward this morning; a day is 24 hours all the same.
NOW = brussels(2027, 3, 28, 12).astimezone(UTC)
TICK = timedelta(microseconds=1)
# Now, and the ends of the periods that the filters know, each with the moments just before and after it.
DAYS = [timedelta(days=days) for days in (0, 7, 30, 90, -7, -30, -90)]
MOMENTS = [NOW + days + tick for days in DAYS for tick in (-TICK, 0 * TICK, TICK)]
THEMES, FUNDS, TYPES = ["een", "een-a", "een-b", "twee", "twee-a"], ["f", "g"], ["ngo", "ocmw"]
PERIODS = ["", "7", "30", "90"]
WORDS_OF_STATUS = {"open": "open", "binnenkort": "upcoming", "gesloten": "closed", "onbekend": "unknown"}

moments = st.sampled_from(MOMENTS)
amounts = st.sampled_from(["0", "0.01", "499999.99", "500000", "500000.01", "750000", "9999999999999.99"])


@st.composite
def dates(draw):
    """Fields of a call that fit together."""
    opens_at, deadline = draw(st.none() | moments), draw(st.none() | moments)
    if opens_at and deadline:
        opens_at, deadline = sorted([opens_at, deadline])
        opens_at -= TICK
    models = DeadlineModel.with_deadline() if deadline else DeadlineModel.without_deadline()
    return {"opens_at": opens_at, "deadline": deadline, "deadline_model": draw(st.sampled_from(models))}


@st.composite
def made_up_call(draw):
    return {
        "fields": draw(dates())
        | {
            "published_at": draw(st.sampled_from([NOW - DAYS[1]] * 4 + [None, NOW, NOW + TICK])),
            "withdrawn_at": draw(st.sampled_from([None] * 6 + [NOW, NOW + TICK])),
        },
        "fund": draw(st.sampled_from([None, *FUNDS])),
        "themes": draw(st.sets(st.sampled_from(THEMES), max_size=2)),
        "types": draw(st.sets(st.sampled_from(TYPES), max_size=1)),
        "amounts": draw(st.lists(amounts, max_size=2)),
        "cutoffs": draw(st.sets(moments, max_size=2)),
    }


some_calls = st.lists(made_up_call(), min_size=5, max_size=9)
VALUES = {
    "status": st.sampled_from([*WORDS_OF_STATUS, "alle", "alle"]),
    "thema": st.lists(st.sampled_from(THEMES), min_size=1, max_size=2, unique=True),
    "fonds": st.lists(st.sampled_from(FUNDS), min_size=1, max_size=2, unique=True),
    "organisatie": st.lists(st.sampled_from(TYPES), min_size=1, max_size=2, unique=True),
    "deadline": st.sampled_from(PERIODS),
    "geopend": st.sampled_from(PERIODS),
    "budget_van": st.sampled_from(["0", "1", "500000", "500001"]),
    "budget_tot": st.sampled_from(["0", "499999", "500000", "9999999999999"]),
    "sorteer": st.sampled_from(["deadline", "nieuwste", "budget"]),
}
one = st.sampled_from(sorted(VALUES)).flatmap(lambda name: st.tuples(st.just(name), VALUES[name]))
criteria = st.lists(one, max_size=3).map(dict)


@pytest.fixture
def world(db):
    """Themes in two levels, a fund for ngos and one for nobody in particular."""
    roots = {name: ThemeFactory(name=name) for name in ("een", "twee")}
    for name in ("een-a", "een-b", "twee-a"):
        ThemeFactory(name=name, parent=roots[name.split("-")[0]])
    ngo, _ocmw = [ApplicantTypeFactory(name=name) for name in TYPES]
    first, _second = [FundFactory(abbreviation=name, period="") for name in FUNDS]
    first.applicant_types.add(ngo)


def store(made_up):
    """The calls with all their parts, in few queries and without what a save sets off."""
    funds = {fund.slug: fund for fund in Fund.objects.all()}
    themes = {theme.slug: theme.pk for theme in Theme.objects.all()}
    types = {one.slug: one.pk for one in ApplicantType.objects.all()}
    rows = [
        Call(title=f"Oproep {n}", slug=f"oproep-{n}", fund=funds.get(one["fund"]), **one["fields"])
        for n, one in enumerate(made_up)
    ]
    pairs = list(zip(Call.objects.bulk_create(rows), made_up, strict=True))
    Call.themes.through.objects.bulk_create(
        Call.themes.through(call=call, theme_id=themes[slug]) for call, one in pairs for slug in one["themes"]
    )
    Call.applicant_types.through.objects.bulk_create(
        Call.applicant_types.through(call=call, applicanttype_id=types[slug])
        for call, one in pairs
        for slug in one["types"]
    )
    Budget.objects.bulk_create(Budget(call=call, amount=amount) for call, one in pairs for amount in one["amounts"])
    Cutoff.objects.bulk_create(Cutoff(call=call, at=at) for call, one in pairs for at in one["cutoffs"])


class Expected:
    """The same questions asked of the database, of one call after another, or of both."""

    def __init__(self):
        self.calls = list(
            Call.objects.published().for_list().prefetch_related("applicant_types", "fund__applicant_types")
        )
        every, published = {call.pk for call in self.calls}, Call.objects.published()
        in_words = {word: pks(published.with_status(status)) for word, status in WORDS_OF_STATUS.items()}
        self.passing = {
            "status": in_words | {"": pks(published.open()) | pks(published.upcoming()), "alle": every},
            "thema": {theme.slug: pks(published.about(theme)) for theme in Theme.objects.all()},
            "fonds": {slug: pks(published.filter(fund__slug=slug)) for slug in FUNDS},
            "organisatie": {slug: self.those(lambda call, slug=slug: slug in types_of(call)) for slug in TYPES},
            "deadline": {days: pks(published.closing_within(days)) for days in (7, 30, 90)},
            "geopend": {days: self.those(lambda call, days=days: opened_within(call, days)) for days in (7, 30, 90)},
        }

    def those(self, passes):
        return {call.pk for call in self.calls if passes(call)}

    def matching(self, asked, without=None):
        """The primary keys of the calls that pass all criteria but one."""
        found = self.those(lambda call: in_range(call, asked))
        for name, passing in self.passing.items():
            value = asked.get(name, "")
            values = (
                value
                if isinstance(value, list)
                else [int(value) if name in ("deadline", "geopend") and value else value]
            )
            if name != without and (value or name == "status"):
                found &= set().union(*(passing[one] for one in values))
        return found

    def counts(self, asked):
        return {
            name: {value: len(self.matching(asked, without=name) & found) for value, found in passing.items()}
            for name, passing in self.passing.items()
        }

    def in_order(self, asked):
        keys = {"nieuwste": newest_first, "budget": largest_first}
        found = self.matching(asked)
        calls = sorted(
            (call for call in self.calls if call.pk in found), key=keys.get(asked.get("sorteer"), next_first)
        )
        return [call.pk for call in calls]


def pks(calls):
    return set(calls.values_list("pk", flat=True))


def types_of(call):
    return {one.slug for one in call.who_may_apply}


def opened_within(call, days):
    return call.opens_at is not None and NOW - timedelta(days=days) < call.opens_at <= NOW


def largest(call):
    return max((budget.amount for budget in call.amounts), default=0)


def in_range(call, asked):
    smallest, most = asked.get("budget_van"), asked.get("budget_tot")
    if smallest is None and most is None:
        return True
    return largest(call) > 0 and int(smallest or 0) <= largest(call) and (most is None or largest(call) <= int(most))


def next_first(call):
    """What runs by its next date, rolling, unknown; then the closed, latest first."""
    if call.status == Status.CLOSED:
        return (3, NOW - call.deadline, call.pk)
    if call.next_date:
        return (0, call.next_date - NOW, call.pk)
    return (1 if call.deadline_model == DeadlineModel.ROLLING else 2, NOW - NOW, call.pk)


def newest_first(call):
    return (NOW - call.published_at, -call.pk)


def largest_first(call):
    return (-largest(call), *next_first(call))


@given(made_up=some_calls, questions=st.lists(criteria, min_size=6, max_size=8))
@examples(30)
def test_a_selection_is_what_the_database_says(made_up, questions, world):
    with time_machine.travel(NOW, tick=False), transaction.atomic():
        store(made_up)
        columns, expected = Columns("x"), Expected()
        for asked in [*questions, {"budget_tot": "0", "status": "alle"}]:
            found = CallFilter(as_query(asked), columns=columns)
            assert found.ignored == []
            assert found.selection.pks() == expected.in_order(asked)
            assert found.selection.total == len(expected.matching(asked))
            assert found.counts == expected.counts(asked)
        transaction.set_rollback(True)


def as_query(asked):
    query = QueryDict(mutable=True)
    for name, value in asked.items():
        query.setlist(name, value if isinstance(value, list) else [value])
    return query


@given(made_up=some_calls, backwards=st.booleans())
@examples(20)
def test_every_moment_agrees_with_every_call(made_up, backwards, world):
    with transaction.atomic():
        store(made_up)
        columns, calls = Columns("x"), list(Call.objects.order_by("pk"))
        for now in sorted({NOW, *edges(made_up)}, reverse=backwards):
            moment = columns.at(now)
            status = [{one for one in Status if moment.status[one][place]} for place in range(len(calls))]
            assert status == [{status_of(call, now)} for call in calls]
            published = [publication_of(call, now) == Publication.PUBLISHED for call in calls]
            assert moment.published.tolist() == published
        transaction.set_rollback(True)


def edges(made_up):
    """A microsecond before, at and after every date of the calls."""
    dates = {value for one in made_up for name, value in one["fields"].items() if name.endswith(("_at", "deadline"))}
    return {date + tick for date in dates - {None} for tick in (-TICK, 0 * TICK, TICK)}
