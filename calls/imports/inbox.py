"""What an editor decides about the differences between the EU portal and our calls."""

from dataclasses import dataclass, field
from itertools import groupby

from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from calls.changes import recorded
from calls.desk.checks import refresh
from calls.desk.versions import versioned, versions_of
from calls.imports.drafts import FAULTS
from calls.imports.fields import name_of, reasons, value_of, write
from calls.imports.importing import exclusive
from calls.imports.models import Proposal, Record
from calls.models import Call
from calls.status import Publication

Kind, Decision = Proposal.Kind, Proposal.Decision


@dataclass
class Outcome:
    """The proposals that are decided now, [(proposal, why not)], and how many were not open any more."""

    decided: list[Proposal] = field(default_factory=list)
    refused: list[tuple[Proposal, str]] = field(default_factory=list)
    lost: int = 0


def accept(proposals, user):
    """The portal's value becomes ours; a call that is gone counts as withdrawn; a new draft stays.

    A value goes through the rules of the call, into its change log and versions, and followers hear of it as usual.
    """
    accepting = {Kind.NEW: lambda group, _user: agreed(group), Kind.CHANGED: take_over, Kind.GONE: withdraw}
    return decide(proposals, user, Decision.ACCEPTED, accepting)


def keep_ours(proposals, user):
    """Ours stays, until the portal says something else again."""
    keeping = {Kind.NEW: refuse_to_keep, Kind.CHANGED: decline, Kind.GONE: lambda group, _user: agreed(group)}
    return decide(proposals, user, Decision.KEPT, keeping)


def never_ask(proposals, user):
    """The field is ours from now on; a new topic is passed over for good, and its draft goes if nobody edited it."""
    ignoring = {Kind.NEW: ignore, Kind.CHANGED: make_ours, Kind.GONE: lambda group, _user: agreed(group)}
    return decide(proposals, user, Decision.NEVER, ignoring)


def decide(proposals, user, decision, deciders):
    """All in one transaction. A decider takes proposals of one record and one kind: {proposal: why not, or ""}."""
    asked = {one.pk for one in proposals}
    outcome = Outcome()
    with exclusive(), versioned(user, _("Inbox of the EU portal")):
        found = Proposal.objects.open().filter(pk__in=asked).select_related("record").defer("record__raw")
        found = found.order_by("record", "kind", "pk")
        for (_record, kind), group in groupby(found, lambda one: (one.record_id, one.kind)):
            for proposal, refusal in deciders[kind](list(group), user).items():
                if refusal:
                    outcome.refused.append((proposal, refusal))
                else:
                    outcome.decided.append(proposal)
        outcome.lost = len(asked) - len(outcome.decided) - len(outcome.refused)
        now_decided = Proposal.objects.filter(pk__in=[one.pk for one in outcome.decided])
        now_decided.update(decision=decision, decided_at=timezone.now(), decided_by=user)
        calls = {one.record.call_id for one in outcome.decided}
        refresh(Call.objects.filter(pk__in=calls).values_list("pk", flat=True))
    return outcome


def agreed(group):
    return dict.fromkeys(group, "")


def locked_call(record):
    """The call as it stands, nobody else's until the end; None if it was deleted."""
    calls = Call.objects.select_for_update(no_key=True).filter(pk=record.call_id)
    return calls.first() if record.call_id else None


# Accept --------------------------------------------------------------------------------------------------------------


def take_over(group, _user):
    call = locked_call(group[0].record)
    if call is None:
        return dict.fromkeys(group, _("This call was deleted."))
    answers = {one: stale(one, call) for one in group}
    answers |= written([one for one in group if not answers[one]])
    remember(group[0].record, "taken", [one for one in group if not answers[one]])
    return answers


def stale(proposal, call):
    """Says so, and shows the new difference from now on, where the call is not as the editor saw it; else ""."""
    ours = value_of(call, proposal.field)
    if ours in (proposal.old, proposal.new):
        return ""
    # Under a new number: nobody accepts by the old one what was not shown.
    Proposal.objects.filter(pk=proposal.pk).delete()
    Proposal.objects.create(
        record=proposal.record, kind=proposal.kind, field=proposal.field, old=ours, new=proposal.new
    )
    return _("This call was edited meanwhile; the inbox shows the new difference.")


def written(group):
    """Writes the values of all into their call, or where they break a rule together, those that can be by themselves.

    Together first: a new opening date may need the new deadline.
    """
    if not group:
        return {}
    call = Call.objects.get(pk=group[0].record.call_id)
    try:
        with recorded(call):
            write(call, {one.field: one.new for one in group})
    except FAULTS as error:
        if len(group) == 1:
            return {group[0]: reasons(error)}
        return {one: answer for each in group for one, answer in written([each]).items()}
    return agreed(group)


def remember(record, column, group):
    """Keeps the portal's values of these fields in `taken` or `declined`."""
    if group:
        setattr(record, column, getattr(record, column) | {one.field: one.new for one in group})
        record.save(update_fields=[column])


def withdraw(group, _user):
    """From now on the page of a call that everybody sees, or was to see, says that it was withdrawn."""
    call = locked_call(group[0].record)
    if call and call.publication in (Publication.PUBLISHED, Publication.SCHEDULED):
        with recorded(call):
            call.withdrawn_at = timezone.now()
            call.save()
    return agreed(group)


# Keep ----------------------------------------------------------------------------------------------------------------


def refuse_to_keep(group, _user):
    return dict.fromkeys(group, _("A new call has nothing of ours to keep: accept it, or never ask again."))


def decline(group, _user):
    remember(group[0].record, "declined", group)
    return agreed(group)


# Never ask again -----------------------------------------------------------------------------------------------------


def make_ours(group, _user):
    call = locked_call(group[0].record)
    if call is None:
        return agreed(group)
    call.own_fields = sorted({*call.own_fields, *(one.field for one in group)})
    call.save(update_fields=["own_fields", "updated_at"])
    return agreed(group)


def ignore(group, user):
    record = group[0].record
    call = locked_call(record)
    record.ignored = True
    record.save(update_fields=["ignored"])
    if call and untouched(call, record):
        LogEntry.objects.log_actions(user.pk, [call], DELETION)
        call.delete()
    return agreed(group)


def untouched(call, record):
    """Whether the call is still the draft that the import made."""
    taken = {name: value for name, value in record.taken.items() if name != "programme"}
    edited = versions_of(call.pk).exclude(revision__user=None)
    return (
        call.published_at is None
        and all(value_of(call, name) == value for name, value in taken.items())
        and not edited.exists()
    )


# Ask again -----------------------------------------------------------------------------------------------------------


def ask_again(records, user):
    """Topics that are passed over for good, or whose call was deleted, count again: the number of them.

    The next import makes a draft of those without a call, as of any topic that nobody knows.
    """
    with exclusive():
        passed_over = records.filter(Q(ignored=True) | Q(call=None))
        known = list(passed_over.select_related(None))
        LogEntry.objects.log_actions(user.pk, known, CHANGE, _("Asked about again."))
        forgotten = passed_over.filter(call=None)
        Record.objects.filter(pk__in=[record.pk for record in known]).exclude(call=None).update(ignored=False)
        forgotten.delete()
    return len(known)


# What an editor reads ------------------------------------------------------------------------------------------------


def about(proposal):
    """The call, and what of it."""
    call = proposal.record.call
    what = name_of(proposal.field) if proposal.field else proposal.get_kind_display()
    return f"{call or proposal.record.identifier}: {what}"


@transaction.atomic
def numbers(proposals):
    """{"calls": …, "fields": …} that these are about; a new or gone call counts no field."""
    rows = proposals.values_list("record", "field")
    found = list(rows.order_by())
    return {"calls": len({record for record, _field in found}), "fields": sum(bool(name) for _record, name in found)}
