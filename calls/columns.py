"""What filters, counts and orders look at of every call: one array a fact, kept in memory while no call changes.

A page of results then costs the database its twenty rows alone, whatever the number of calls. The rows themselves
still pass `CallQuerySet.published()` on their way out, so an array that is a moment old shows nothing it may not.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from threading import Lock

import numpy as np
from django.db import connections
from django.db.models import BigIntegerField, Case, Func, Max, Value, When
from django.db.models.functions import Cast, Coalesce, Round

from calls.models import Budget, Call, Cutoff, Stamp
from calls.status import DeadlineModel, Status
from funds.models import ApplicantType, Fund, Theme

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Moments are whole microseconds since 1970, as both databases keep them.
NEVER = 2**62
DAY = 86_400_000_000


def microseconds(at, unknown=NEVER):
    """An aware datetime as a number."""
    if at is None:
        return unknown
    since = at - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def from_microseconds(number, unknown=NEVER):
    """The aware datetime of such a number, in UTC; None for the one that means unknown."""
    return None if number == unknown else EPOCH + timedelta(microseconds=number)


class Microseconds(Func):
    """The same number, counted by the database: a million moments would take Python half a minute."""

    arity = 1
    output_field = BigIntegerField()
    template = "CAST(EXTRACT(EPOCH FROM %(expressions)s) * 1000000 AS bigint)"

    def as_sqlite(self, compiler, connection, **context):
        """Its moments are text in UTC: 2021-02-16 22:59:00, with six more digits only where they count."""
        sql, params = compiler.compile(self.source_expressions[0])
        # Apart, because strftime rounds a fraction up to the next second.
        seconds, rest = f"strftime('%%s', substr({sql}, 1, 19))", f"substr({sql}, 21, 6)"
        return f"(CAST({seconds} AS INTEGER) * 1000000 + CAST({rest} AS INTEGER))", (*params, *params)


def cents(amount):
    """Whole cents of an amount in euro."""
    return Cast(Round(amount * 100), BigIntegerField())


def counted(name, unknown=NEVER):
    return Coalesce(Microseconds(name), Value(unknown))


def bits(mask):
    """An array of booleans as one whole number, a bit for each call.

    Filters count in such numbers: numpy gives the interpreter away at each step, and where several threads answer,
    to get it back takes many times as long as the step.
    """
    return int.from_bytes(np.packbits(mask).tobytes())


def mask_of(number, length):
    """The array of booleans of so many calls that such a number stands for."""
    marks = number.to_bytes((length + 7) // 8)
    return np.unpackbits(np.frombuffer(marks, np.uint8), count=length).view(bool)


@dataclass(frozen=True)
class Option:
    """One value of a filter, as the address and the page say it."""

    pk: int
    slug: str
    name: str
    parent: str = ""

    def __str__(self):
        return self.name


class Columns:
    """All calls at one stamp. Arrays run in the order of the primary key; amounts are euro cents, 0 for unknown."""

    def __init__(self, stamp):
        self.stamp = stamp
        self.moment = None
        calls = call_facts()
        self.pk, self.fund = calls["pk"], calls["fund"]
        self.pk_and_none = np.append(self.pk, -1)
        self.dated = {}  # {(name of dates, days): (since, until when it holds, bits)}
        self.published_at, self.withdrawn_at = calls["published_at"], calls["withdrawn_at"]
        self.opens_at, self.deadline, self.rolling = calls["opens_at"], calls["deadline"], calls["rolling"]
        self.amount = self.amounts()
        cutoffs = array(Cutoff.objects.values_list("call", counted("at")), [("call", "i8"), ("at", "i8")])
        cutoffs = cutoffs[np.isin(cutoffs["call"], self.pk)]
        self.cutoffs = cutoffs[np.lexsort((cutoffs["at"], cutoffs["call"]))]
        self.cutoff_call, self.cutoff_at = self.positions(self.cutoffs["call"]), self.cutoffs["at"]
        self.themes, self.theme = self.load_themes()
        self.funds = {fund.slug: Option(fund.pk, fund.slug, str(fund)) for fund in Fund.objects.all()}
        self.types, self.type = self.load_types()

    def at(self, now):
        """The same calls seen at an aware moment; made anew only when a date has passed in between."""
        moment = self.moment
        if moment is None or not moment.now <= microseconds(now) < moment.until:
            moment = self.moment = Moment(self, microseconds(now))
        return moment

    def of_calls(self, rows, name, pks):
        """For each call the values of a field of `cutoffs` or `links`."""
        bounds = np.searchsorted(rows["call"], [*pks, *(pk + 1 for pk in pks)]).tolist()
        pairs = zip(bounds[: len(pks)], bounds[len(pks) :], strict=True)
        return [rows[name][first:last].tolist() for first, last in pairs]

    def positions(self, pks):
        """Where the calls with these primary keys stand; keys of calls that came later are passed over."""
        places = np.searchsorted(self.pk, pks)
        return places[self.pk_and_none[places] == pks]

    def up_to(self, name, now, days=0):
        """The calls whose date comes at most so many days after a moment, as bits; counted anew once another does."""
        moment = now + days * DAY
        since, until, found = self.dated.get((name, days), (NEVER, NEVER, 0))
        if not since <= moment < until:
            dates = getattr(self, name)
            later = dates[dates > moment]
            until, found = int(later.min()) if len(later) else NEVER, bits(dates <= moment)
            self.dated[name, days] = moment, until, found
        return found

    def having(self, masks, slug):
        """The calls of a theme or type; none where it came after these columns."""
        return masks.get(slug, np.zeros(len(self.pk), bool))

    @cached_property
    def bits(self):
        """{criterion: {slug: the calls of that theme, fund or type, as bits}}"""
        return {
            "theme": {slug: bits(mask) for slug, mask in self.theme.items()},
            "fund": {slug: bits(self.fund == fund.pk) for slug, fund in self.funds.items()},
            "organisation": {slug: bits(mask) for slug, mask in self.type.items()},
        }

    def mask(self, pks):
        """True at each of these calls."""
        mask = np.zeros(len(self.pk), bool)
        mask[self.positions(pks)] = True
        return mask

    def amounts(self):
        """The largest amount of each call: a sum would count pots that lines share."""
        rows = Budget.objects.exclude(amount=None).order_by("call").values("call").annotate(cents=cents(Max("amount")))
        found = array(rows.values_list("call", "cents"), [("call", "i8"), ("cents", "i8")])
        amounts = np.zeros(len(self.pk), np.int64)
        amounts[self.positions(found["call"])] = found["cents"][np.isin(found["call"], self.pk)]
        return amounts

    def load_themes(self):
        """The themes as options, a main theme before those below it; and the calls of each, those below included."""
        themes = {theme.pk: theme for theme in Theme.objects.all()}
        pairs = array(Call.themes.through.objects.values_list("call", "theme"), [("call", "i8"), ("theme", "i8")])
        rank = {pk: place for place, pk in enumerate(sorted(themes, key=lambda pk: themes[pk].name.lower()))}
        pairs = pairs[np.isin(pairs["theme"], list(themes))]
        self.links = pairs[np.lexsort(([rank[pk] for pk in pairs["theme"].tolist()], pairs["call"]))]
        own = {pk: self.mask(pairs["call"][pairs["theme"] == pk]) for pk in themes}
        masks = dict(own)
        for theme in themes.values():
            if theme.parent_id:
                masks[theme.parent_id] = masks[theme.parent_id] | own[theme.pk]
        parent = {theme.pk: themes[theme.parent_id] if theme.parent_id else theme for theme in themes.values()}
        tree = sorted(themes.values(), key=lambda one: (parent[one.pk].name.lower(), one.parent_id or 0, one.name))
        options = {
            one.slug: Option(one.pk, one.slug, one.name, parent[one.pk].slug if one.parent_id else "") for one in tree
        }
        return options, {one.slug: masks[one.pk] for one in tree}

    def load_types(self):
        """The types of organisation and the calls of each: a call that names none takes its fund's."""
        types = list(ApplicantType.objects.all())
        fields = [("call", "i8"), ("type", "i8")]
        pairs = array(Call.applicant_types.through.objects.values_list("call", "applicanttype"), fields)
        of_funds = array(Fund.applicant_types.through.objects.values_list("fund", "applicanttype"), fields)
        says_none = ~self.mask(pairs["call"])
        masks = {}
        for one in types:
            by_fund = np.isin(self.fund, of_funds["call"][of_funds["type"] == one.pk])
            masks[one.slug] = self.mask(pairs["call"][pairs["type"] == one.pk]) | (says_none & by_fund)
        return {one.slug: Option(one.pk, one.slug, one.name) for one in types}, masks


class Moment:
    """The calls of some columns at one moment: who is published, open, next. Right until the next date passes."""

    def __init__(self, columns, now):
        self.columns, self.now = columns, now
        dates = (columns.published_at, columns.withdrawn_at, columns.opens_at, columns.deadline, columns.cutoff_at)
        self.until = min((int(later.min()) for date in dates if len(later := date[date > now])), default=NEVER)
        self.published = (columns.published_at <= now) & (columns.withdrawn_at > now)
        self.status = {status: self.with_status(status) for status in Status}
        self.published_bits = bits(self.published)
        self.status_bits = {status: bits(mask) for status, mask in self.status.items()}

    def with_status(self, status):
        """The rules of calls.status.status_of, for all calls at once."""
        columns, now = self.columns, self.now
        closed, upcoming = columns.deadline <= now, columns.opens_at > now
        has_end = (columns.deadline != NEVER) | columns.rolling
        return {
            Status.CLOSED: closed,
            Status.UPCOMING: ~closed & upcoming,
            Status.UNKNOWN: ~closed & ~upcoming & ~has_end,
            Status.OPEN: ~closed & ~upcoming & has_end,
        }[status]

    @cached_property
    def by_deadline(self):
        """Positions: what runs by its next date, rolling calls, unknown deadlines; then the closed, latest first."""
        columns = self.columns
        following = columns.deadline.copy()
        coming = columns.cutoff_at > self.now
        np.minimum.at(following, columns.cutoff_call[coming], columns.cutoff_at[coming])
        closed = self.status[Status.CLOSED]
        group = np.select([closed, following != NEVER, columns.rolling], [3, 0, 1], 2)
        return np.lexsort((columns.pk, np.where(closed, -columns.deadline, following), group))

    @cached_property
    def by_publication(self):
        return np.lexsort((-self.columns.pk, -self.columns.published_at))

    @cached_property
    def by_amount(self):
        order = self.by_deadline
        return order[np.argsort(-self.columns.amount[order], kind="stable")]


def array(rows, fields):
    """The rows of a queryset of numbers as one structured array; without Django's look at every single value."""
    with connections[rows.db].cursor() as cursor:
        cursor.execute(*rows.query.sql_with_params())
        return np.fromiter(cursor, np.dtype(fields))


def call_facts():
    """The facts of all calls; a call whose opening nobody knows opened before every date."""
    facts = {
        "pk": "pk",
        "fund": Coalesce("fund", 0),
        "rolling": Case(When(deadline_model=DeadlineModel.ROLLING, then=1), default=0),
        "published_at": counted("published_at"),
        "withdrawn_at": counted("withdrawn_at"),
        "opens_at": counted("opens_at", unknown=0),
        "deadline": counted("deadline"),
    }
    rows = Call.objects.order_by("pk").values_list(*facts.values())
    return array(rows, [(name, "?" if name == "rolling" else "i8") for name in facts])


class Latest:
    """The columns that this process read last; one thread at a time reads new ones."""

    columns = None
    lock = Lock()


def current_columns():
    """The columns at the stamp of now: one small query, and all calls read again after a change."""
    columns = Latest.columns
    if columns is not None and columns.stamp == Stamp.now():
        return columns
    with Latest.lock:
        stamp = Stamp.now()
        if Latest.columns is None or Latest.columns.stamp != stamp:
            Latest.columns = Columns(stamp)
        return Latest.columns
