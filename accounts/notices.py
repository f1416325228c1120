"""Decides what is due to whom, and writes it: a Notice for each thing told and a mail in the outbox, together.

A run may be killed at any line, run twice at once, or not at all for days: whoever was told has their notices in the
same transaction as the mail, under a lock on their row, and the next run tells the others.
"""

import logging
from collections import Counter, defaultdict
from datetime import timedelta

import numpy as np
from django.core.cache import cache
from django.db import transaction
from django.db.models import Case, F, Min, Q, Value, When
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from tqdm import tqdm

from accounts import due, emails
from accounts.audience import Audience, awaited, reachable
from accounts.due import Entry
from accounts.models import Message, Notice, User
from accounts.outbox import rows_of
from calls.announcing import announce, last_announcement
from calls.changes import record_returns
from calls.models import Call, Change
from portal.turns import in_turns

logger = logging.getLogger(__name__)
AT_ONCE = 200  # users in a transaction
ROWS = 100  # in an INSERT: Python keeps the last 128 statements for SQLite, which must not all be long and different
NEWS_FOR = timedelta(days=31)
DONE_FOR = 7 * 24 * 3600  # seconds that a finished reminder is remembered, longer than it can be told late


def send_notices(now=None, progress=False):
    """One run: writes all mails that are due at an aware moment. Gives {kind: number of mails}."""
    now = now or timezone.now()
    record_returns()
    last = announce()
    written = Counter()
    for kind, items in (
        (Notice.Kind.NEXT_EDITION, due.next_editions()),
        (Notice.Kind.CHANGE, due.changes(now)),
        (Notice.Kind.REMINDER, unfinished(due.reminders(now))),
    ):
        written[kind] = tell(items, progress)
        finish(kind, items, now)
    written[Notice.Kind.NEW] = send_digests(now, last, progress)
    if written.total():
        logger.info("Notices written: %s.", ", ".join(f"{kind.value} {number}" for kind, number in written.items()))
    return written


# Reminders, changes, next editions -----------------------------------------------------------------------------------


def tell(items, progress):
    """Writes the mails about items of one kind, one mail a user; the number of mails."""
    audience = Audience({item.call.pk for item in items})
    # Arrays, because a popular theme has a hundred thousand followers.
    people = [
        np.fromiter(due.people(item, audience).order_by("pk").values_list("pk", flat=True).iterator(), int)
        for item in items
    ]
    everybody = np.unique(np.concatenate([*people, np.empty(0, int)]))
    written = 0
    with tqdm(total=len(everybody), unit=" users", disable=not progress) as bar:
        for start in in_turns(range(0, len(everybody), AT_ONCE)):
            users = everybody[start : start + AT_ONCE]
            items_of = defaultdict(list)
            for item, pks in zip(items, people, strict=True):
                for pk in pks[slice(*np.searchsorted(pks, [users[0], users[-1] + 1]))].tolist():
                    items_of[pk].append(item)
            written += tell_some(items_of, audience)
            bar.update(len(users))
    return written


@transaction.atomic
def tell_some(items_of, audience):
    """The same for a few users: {primary key: items}."""
    users = lock(reachable(), items_of)
    items = {item.key: item for items in items_of.values() for item in items}
    told = told_before(users, items.values())
    reasons = audience.reasons(users)
    own_days = due.saved_days(users, {item.call.pk for item in items.values()})
    add_awaited(reasons, users, items.values())
    mails = []
    for pk, user in users.items():
        entries = [
            Entry(item.call, [text for _kind, text in reasons[pk].get(item.call.pk, ())], item)
            for item in items_of[pk]
            if (pk, *item.key) not in told
            and wants(user, item, reasons[pk].get(item.call.pk, ()), own_days[pk].get(item.call.pk))
        ]
        if entries:
            mails.append((user, entries, emails.WRITERS[entries[0].item.kind](user, entries)))
    return write(mails)


def add_awaited(reasons, users, items):
    """Among the reasons of a next edition stands first of what it is one."""
    editions = [item.call for item in items if item.kind == Notice.Kind.NEXT_EDITION]
    titles = awaited(users, {call.family for call in editions})
    for pk in users:
        for call in editions:
            if title := titles.get((pk, call.family)):
                text = _("you asked to hear what follows “%(call)s”") % {"call": title}
                reasons[pk][call.pk].insert(0, ("next", text))


def wants(user, item, reasons, own_days):
    """Asked again under the lock: they may have changed their mind since the run began."""
    match item.kind:
        case Notice.Kind.CHANGE:
            return user.tells_changes and bool(reasons)
        case Notice.Kind.REMINDER:
            return bool(reasons) and due.wants_reminder(user, own_days, reasons, item.days)
    return user.tells_next_editions


def told_before(users, items):
    """(user, kind, call, about) of the notices that exist already."""
    kinds, calls = {item.kind for item in items}, {item.call.pk for item in items}
    rows = Notice.objects.filter(user__in=list(users), kind__in=kinds, call__in=calls)
    return set(rows.values_list("user", "kind", "call", "about"))


def unfinished(reminders):
    """Without those that an earlier run told to everybody: who follows a call since then does not hear of it late."""
    finished = cache.get_many([item.finished_key for item in reminders])
    return [item for item in reminders if item.finished_key not in finished]


def finish(kind, items, now):
    """Says that everybody has been told, once all mails are written."""
    if kind == Notice.Kind.CHANGE:
        Change.objects.filter(pk__in=[item.change.pk for item in items]).update(told_at=now)
    elif kind == Notice.Kind.REMINDER:
        cache.set_many({item.finished_key: True for item in items}, DONE_FOR)


# New calls -----------------------------------------------------------------------------------------------------------


def send_digests(now, last, progress):
    """Writes the digests that are due; the number of mails."""
    users = digest_due(now)
    first = users.aggregate(first=Min(Coalesce("told_until", 0)))["first"]
    if first is None:
        return 0
    news = News(first, last)
    written = 0
    with tqdm(total=users.count() if progress else 0, unit=" users", disable=not progress) as bar:
        for batch in in_turns(in_batches(users)):
            written += digest_some(batch, news, now)
            bar.update(len(batch))
    return written


def in_batches(users):
    """Their primary keys, some at a time, asked when it is their turn: a hundred thousand are not kept in memory."""
    done = 0
    while batch := list(users.filter(pk__gt=done).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        yield batch
        done = batch[-1]


def digest_due(now):
    """Who has had no digest since the last morning that theirs goes out. Days are compared, not hours."""
    days = {digest: last_morning(now, digest) for digest in ("daily", "weekly")}
    had = Coalesce("digest_on", TruncDate("date_joined"))
    users = reachable().alias(had=had)
    return users.filter(Q(digest="daily", had__lt=days["daily"]) | Q(digest="weekly", had__lt=days["weekly"]))


def last_morning(now, digest):
    """The last day, by the Belgian clock, on which seven o'clock has passed; for a weekly digest the last Monday."""
    local = localtime(now)
    day = local.date() if local.hour >= due.MORNING else local.date() - timedelta(days=1)
    return day - timedelta(days=day.weekday()) if digest == User.Digest.WEEKLY else day


def next_digest_on(user, now):
    """The day of the user's next digest, if there is something to say; the same rules as `digest_due`."""
    today = localtime(now).date()
    day = today if localtime(now).hour < due.MORNING else today + timedelta(days=1)
    day = max(day, (user.digest_on or localtime(user.date_joined).date()) + timedelta(days=1))
    return day + timedelta(days=-day.weekday() % 7) if user.digest == User.Digest.WEEKLY else day


class News:
    """The calls announced after a number and up to another; those that are closed or long known are no news."""

    def __init__(self, after, last):
        self.last = last
        # Who switches the digest on again after a year does not read a year of it.
        self.after = max(after, last_announcement(before=timezone.now() - NEWS_FOR))
        calls = Call.objects.published().current().filter(announcement__gt=self.after, announcement__lte=last)
        self.calls = {call.pk: call for call in calls.next_date_first().for_list()}
        self.audience = Audience(self.calls)

    def entries(self, users):
        """{user's primary key: [Entry]} of what each has not been told, by the next date of the calls."""
        told = defaultdict(set)
        kinds = [Notice.Kind.NEW, Notice.Kind.NEXT_EDITION]
        rows = Notice.objects.filter(user__in=list(users), kind__in=kinds, call__announcement__gt=self.after)
        for pk, call in rows.values_list("user", "call"):
            told[pk].add(call)
        reasons = self.audience.reasons(users)
        return {
            pk: [
                Entry(call, [text for _kind, text in reasons[pk][call.pk]])
                for call in self.calls.values()
                if call.pk in reasons[pk] and call.announcement_id > (user.told_until or 0) and call.pk not in told[pk]
            ]
            for pk, user in users.items()
        }


@transaction.atomic
def digest_some(pks, news, now):
    """The digests of a few users. Who has nothing to read gets no mail, but their day is over all the same."""
    users = lock(digest_due(now), pks)
    entries = news.entries(users)
    mails = [(user, entries[pk], emails.digest(user, entries[pk])) for pk, user in users.items() if entries[pk]]
    written = write(mails)
    mornings = [When(digest=digest, then=Value(last_morning(now, digest))) for digest in ("daily", "weekly")]
    User.objects.filter(pk__in=users).update(told_until=news.last, digest_on=Case(*mornings, default=F("digest_on")))
    return written


def preview(user):
    """The entries that the user's next digest would have if it were written now."""
    return News(user.told_until or 0, last_announcement()).entries({user.pk: user})[user.pk]


# Writing -------------------------------------------------------------------------------------------------------------


def lock(users, pks):
    """{primary key: user} of these users, as they are now and kept from other runs until the transaction ends."""
    rows = users.filter(pk__in=list(pks)).order_by("pk").select_for_update(of=("self",))
    return {user.pk: user for user in rows}


def write(mails):
    """Keeps [(user, entries, e-mail)] as rows of the outbox, with a notice for each entry; how many mails."""
    messages = [row for user, _entries, email in mails for row in rows_of(email, user=user)]
    Message.objects.bulk_create(messages, batch_size=ROWS)
    notices = (
        Notice(
            user=user,
            kind=entry.item.kind if entry.item else Notice.Kind.NEW,
            call=entry.call,
            about=entry.item.about if entry.item else "",
            message=message,
        )
        for (user, entries, _email), message in zip(mails, messages, strict=True)
        for entry in entries
    )
    Notice.objects.bulk_create(notices, batch_size=ROWS)
    return len(messages)
