"""What followers hear of: the facts of a call that everybody sees, and what became of them.

with recorded(call):
    call.deadline = later
    call.save()
"""

from collections import Counter
from contextlib import contextmanager

from django.db import transaction
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from calls.models import Call, Change
from calls.news import QUIET
from calls.status import Publication
from portal.templatetags.portal import bare, euro, moment, percent

# In the order in which people read of them.
FACTS = {
    "opens_at": gettext_lazy("opening"),
    "deadline": gettext_lazy("deadline"),
    "cutoffs": gettext_lazy("cut-offs"),
    "budgets": gettext_lazy("budget"),
    "documents": gettext_lazy("attachments"),
    "withdrawn": gettext_lazy("withdrawal"),
}


# A fact as lines, in Dutch as the page says it -----------------------------------------------------------------------


def said(at):
    return strip_tags(moment(at))


def opening(call):
    return [said(call.opens_at)] if call.opens_at else []


def deadline(call):
    return [said(call.deadline) if call.deadline else str(call.get_deadline_model_display())]


def cutoffs(call):
    return [f"{one.label}: {said(one.at)}" if one.label else said(one.at) for one in call.cutoffs.all()]


def budgets(call):
    return [budget_line(budget) for budget in call.budgets.all()]


def budget_line(budget):
    values = [euro(budget.amount)] if budget.amount is not None else []
    values += [percent(budget.rate)] if budget.rate is not None else []
    values += [_("one pot for several calls")] if budget.shared else []
    values += [budget.note] if budget.note else []
    text = f"{values[0]} ({'; '.join(values[1:])})" if values[1:] else values[0]
    return f"{budget.label}: {text}" if budget.label else text


def documents(call):
    """With the name of the file or the address: another file under the same title is a change too."""
    return [f"{one.title} ({one.file.name.rpartition('/')[2] or bare(one.link)})" for one in call.documents.all()]


def withdrawal(call):
    return [said(call.withdrawn_at)] if call.withdrawn_at else []


LINES = dict(zip(FACTS, (opening, deadline, cutoffs, budgets, documents, withdrawal), strict=True))


def facts_of(call):
    """{fact: lines} of what everybody can read: of a withdrawn call only that it is, of a draft nothing."""
    if call.publication == Publication.PUBLISHED:
        return all_facts(call)
    return {"withdrawn": withdrawal(call)} if was_seen(call) else {}


def all_facts(call):
    return {fact: lines(call) for fact, lines in LINES.items()}


def was_seen(call):
    """Whether everybody can see the call, or could until it was withdrawn."""
    withdrawn = call.publication == Publication.WITHDRAWN and call.published_at < call.withdrawn_at
    return call.publication == Publication.PUBLISHED or withdrawn


def differ(old, new):
    """Lines in another order say the same."""
    return sorted(old) != sorted(new)


# Recording -----------------------------------------------------------------------------------------------------------


def locked(call):
    """The call as it is stored, nobody else's until the transaction ends; None if it was deleted.

    Rows that point to it (a notice, a saved call) are still written meanwhile.
    """
    return Call.objects.select_for_update(no_key=True).filter(pk=call.pk).first()


def snapshot(call):
    """What everybody knew of the call before an edit, for `record` later on."""
    stored = locked(call)
    return last_seen(stored) if stored else ({}, set())


def last_seen(call):
    """(facts, reach) as everybody saw them last: those of now, or of when the call went out of sight."""
    if call.last_seen:
        return call.last_seen["facts"], {tuple(one) for one in call.last_seen["reach"]}
    return all_facts(call) if was_seen(call) else {}, reach_of(call)


@transaction.atomic
def record(call, before, minor=False):
    """Writes in the change log what differs from a snapshot, which was taken in the same transaction.

    Gives (change, whether the call is news again): a Change with no facts, and deleted, where all is again as it was;
    None where nothing changed. Of a call out of sight the snapshot is kept until everybody can see it again.
    """
    stored = locked(call)
    if stored is None:
        return None, False
    facts, reach = before
    after = facts_of(stored)
    kept = {"facts": facts | after, "reach": sorted(reach)} if facts and not stored.is_published else None
    if kept != stored.last_seen:
        Call.objects.filter(pk=stored.pk).update(last_seen=kept)
    call.last_seen = kept
    old = {fact: lines for fact, lines in facts.items() if fact in after and differ(lines, after[fact])}
    return join(stored, old, after, minor) if old else None, not minor and announce_again(stored, reach)


def join(call, old, after, minor):
    """All edits of a quiet period are one Change, from the first old lines to the last new ones.

    It is minor if each of them was.
    """
    now = timezone.now()
    recent = Change.objects.select_for_update().filter(call=call, told_at=None, changed_at__gt=now - QUIET)
    change = recent.first() or Change(call=call, facts={}, minor=True, began_at=now)
    old |= {fact: lines for fact, (lines, _new) in change.facts.items()}
    new = {fact: lines for fact, (_old, lines) in change.facts.items()} | after
    change.facts = {fact: [old[fact], new[fact]] for fact in FACTS if fact in old and differ(old[fact], new[fact])}
    change.minor, change.changed_at = change.minor and minor, now
    if change.facts:
        change.save()
    elif change.pk:
        change.delete()
    return change


@contextmanager
def recorded(call, minor=False):
    """What this block changes in the call goes into its change log, and it is news again where more people find it."""
    with transaction.atomic():
        before = snapshot(call)
        yield
        record(call, before, minor)


def record_returns():
    """What was edited while a call was out of sight, in its change log once its scheduled moment brought it back."""
    for call in Call.objects.published().filter(last_seen__isnull=False):
        with recorded(call):
            pass


# Who finds it --------------------------------------------------------------------------------------------------------


def reach_of(call):
    """By what the call is found: its fund, its themes, and the types of organisation that may apply."""
    rows = [*call.themes.all(), *call.who_may_apply, *([call.fund] if call.fund else [])]
    return {(row._meta.model_name, row.pk) for row in rows}


def announce_again(call, reach):
    """Makes a published call news once more where it has a fund, theme or type of organisation that it had not before.

    Whoever was told of it already is not told twice. Says whether it did.
    """
    if reach_of(call) <= reach:
        return False
    return bool(Call.objects.published().filter(pk=call.pk).exclude(announcement=None).update(announcement=None))


# The change log ------------------------------------------------------------------------------------------------------


def change_log(call):
    """[(moment, [(name of the fact, lines that went, lines that came)])], the newest first."""
    return [(change.changed_at, list(told(change))) for change in call.changes.all()]


def told(change):
    for fact, name in FACTS.items():
        if fact in change.facts:
            old, new = change.facts[fact]
            yield name, without(old, new), without(new, old)


def without(lines, others):
    """The lines that the others do not have; a line that stands there twice counts twice."""
    return list((Counter(lines) - Counter(others)).elements())
