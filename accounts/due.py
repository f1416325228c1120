"""What there is to tell now, apart from new calls: reminders, changes, next editions; and whom each might concern."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models import Exists, OuterRef
from django.utils.timezone import get_current_timezone, localdate, localtime

from accounts.audience import awaiting, followers
from accounts.models import REMINDER_DAYS, CallChoice, Notice, User
from calls.changes import FACTS, told
from calls.models import Call, Change
from calls.status import Publication

MORNING = 7  # o'clock, Belgian time: digests and reminders are not written earlier in the day
LATE = timedelta(days=3)  # for so long a missed reminder is still told
DATES = {"deadline", "cutoffs", "withdrawn"}  # the facts of a Change that move the next date


@dataclass(frozen=True)
class Item:
    """One thing to tell of one call. `about` tells it apart from others of its kind for ever."""

    kind: str
    call: Call
    about: str = ""
    change: Change | None = None
    days: int = 0

    @property
    def key(self):
        return (self.kind, self.call.pk, self.about)

    @property
    def finished_key(self):
        """Its name in the cache once everybody has been told."""
        return ":".join(map(str, self.key)).replace(" ", ":")


@dataclass(frozen=True)
class Entry:
    """A call in a mail, and why it stands there; `item` says what there is to tell, None where the call is new."""

    call: Call
    reasons: list[str]
    item: Item | None = None

    @property
    def days_left(self):
        """Whole days by the Belgian calendar."""
        return (localdate(self.call.next_date) - localdate()).days

    @property
    def facts(self):
        """[(name of the fact, lines that went, lines that came)]; a withdrawal that was undone is told in words."""
        facts = told(self.item.change)
        return [fact for fact in facts if not (self.is_back and fact[0] == FACTS["withdrawn"])]

    @property
    def names(self):
        """What changed, in a few words."""
        return ", ".join(str(name) for name, _old, _new in told(self.item.change))

    @property
    def is_withdrawn(self):
        return bool(self.item and self.item.change and self.call.publication == Publication.WITHDRAWN)

    @property
    def is_back(self):
        """Whether a withdrawal was undone."""
        _before, after = self.item.change.facts.get("withdrawn", (None, None))
        return after == []


def reminders(now):
    """A reminder for each call whose next date is 30, 14, 7 or 1 days away, or was on a day that had no run."""
    local = localtime(now)
    if local.hour < MORNING:
        return []
    last = now + timedelta(days=max(REMINDER_DAYS) + 1)
    calls = Call.objects.published().current().next_date_first().filter(next_at__gt=now, next_at__lte=last)
    # A date that an editor has just changed may still be a slip of the finger.
    unsettled = Change.objects.untold().exclude(pk__in=Change.objects.settled(now).values("pk"))
    calls = list(calls.exclude(pk__in=unsettled.values("call")).for_list())
    known = dates_known_since(calls, now)
    return [
        Item(Notice.Kind.REMINDER, call, f"{localdate(call.next_at)} {days}", days=days)
        for call in calls
        if (days := days_before(call.next_at, now, known[call.pk]))
    ]


def dates_known_since(calls, now):
    """{call's primary key: since when everybody could read its dates}; older changes delay no reminder any more."""
    known = {call.pk: call.published_at for call in calls}
    recent = Change.objects.filter(changed_at__gt=now - LATE - timedelta(days=1))
    for call, facts, at in recent.values_list("call", "facts", "changed_at"):
        if call in known and DATES & facts.keys():
            known[call] = max(known[call], at)
    return known


def days_before(date, now, known):
    """Which reminder of a date (aware) belongs to today; None when there is none. A missed one comes late.

    Where the date is `known` only since that morning nobody missed it: the news of it told how near it is.
    """
    for days in REMINDER_DAYS:
        due = localdate(date) - timedelta(days=days)
        if timedelta(0) <= localdate(now) - due <= min(LATE, timedelta(days=days)) and known < morning(due):
            return days
    return None


def morning(day):
    return datetime.combine(day, time(MORNING), tzinfo=get_current_timezone())


def changes(now):
    """Each change of a published call that nobody has added to for a while."""
    rows = Change.objects.untold().settled(now).order_by("pk")
    calls = Call.objects.filter(pk__in=rows.values("call")).for_list()
    known = {call.pk: call for call in (calls.published() | calls.withdrawn()).distinct()}
    return [
        Item(Notice.Kind.CHANGE, known[row.call_id], str(row.pk), change=row) for row in rows if row.call_id in known
    ]


def next_editions():
    """Each running call that is another edition of one whose next edition somebody awaits."""
    awaited = CallChoice.objects.filter(kind=CallChoice.Kind.NEXT_EDITION).exclude(call__family="")
    calls = Call.objects.published().current().filter(family__in=awaited.values("call__family")).for_list()
    return [Item(Notice.Kind.NEXT_EDITION, call) for call in calls]


# Whom it might concern -----------------------------------------------------------------------------------------------


def people(item, audience):
    """The users to whom this may have to be told, and has not been yet."""
    wanted = {
        Notice.Kind.CHANGE: lambda: followers(item.call, audience).filter(tells_changes=True),
        Notice.Kind.REMINDER: lambda: followers(item.call, audience).exclude(remind_of=User.RemindOf.OFF),
        Notice.Kind.NEXT_EDITION: lambda: awaiting(item.call).filter(tells_next_editions=True),
    }[item.kind]()
    told = Notice.objects.filter(user=OuterRef("pk"), kind=item.kind, call=item.call, about=item.about)
    return wanted.filter(~Exists(told))


def wants_reminder(user, saved_days, reasons, days):
    """Whether a user wants a reminder so many days before.

    `saved_days` are the days they chose for this call itself (None: as always), `reasons` why they follow it.
    """
    if saved_days is not None:
        return days in saved_days
    if user.remind_of == User.RemindOf.SAVED and not any(kind == "call" for kind, _text in reasons):
        return False
    return user.remind_of != User.RemindOf.OFF and days in (user.reminder_days or [])


def saved_days(users, calls):
    """{user's primary key: {call's: the days chosen for it}} of the calls that have days of their own."""
    found = defaultdict(dict)
    rows = CallChoice.objects.filter(user__in=users, call__in=calls, kind=CallChoice.Kind.SAVED)
    for user, call, days in rows.filter(reminder_days__isnull=False).values_list("user", "call", "reminder_days"):
        found[user][call] = days
    return found
