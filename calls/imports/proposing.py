"""What becomes of a topic whose record we have: its draft follows until it is accepted; then an editor is asked."""

from django.db import transaction
from django.db.models import Prefetch

from calls.imports.fields import ROWS, value_of, write
from calls.imports.models import Proposal, Record

# Dutch first, English where there is none; after that by the name of the language, so that one always wins.
LANGUAGES = ["nl", "en"]


def rank(language):
    return (LANGUAGES.index(language) if language in LANGUAGES else len(LANGUAGES), language)


def is_behind(topic, record):
    """Whether the record tells the same topic in a language that we prefer."""
    return rank(topic.language) > rank(record.language)


def update_record(record, topic, found):
    """Takes over what is new of a topic, given its `differences`: whether anything was written.

    The record comes from `for_import`. A ValidationError leaves all as it was. Versions of drafts are the caller's.
    """
    follow, taken, asked = found
    fields = new_fields(record, topic, taken)
    stale, new = asking(record, asked)
    if not (follow or fields or stale or new):
        return False
    with transaction.atomic():
        if follow:
            write(record.call, follow)
        if stale:
            Proposal.objects.open().filter(pk__in=stale).delete()
        Proposal.objects.bulk_create(new)
        if fields:
            Record.objects.filter(pk=record.pk).update(**fields)
    return True


def differences(record, values):
    """({field: value} that the draft follows, the new `taken`, {field: (ours, the portal's)} to ask about).

    Nobody is asked about what is the same, what the portal said before, what an editor declined or made ours, and
    what the portal leaves empty and never filled.
    """
    follow, taken, asked = {}, dict(record.taken), {}
    if record.call is None or record.ignored:
        return follow, taken, asked
    for field, value in values.items():
        if field in record.call.own_fields or (field in taken and taken[field] == value):
            continue
        ours = value_of(record.call, field)
        if ours == value:
            taken[field] = value
        elif is_new(record) and field in taken and taken[field] == ours:
            follow[field] = taken[field] = value
        elif not (declined(record, field, value) or (not value and field not in taken)):
            asked[field] = (ours, value)
    return follow, taken, asked


def is_new(record):
    """Whether its draft waits for an editor, who is not asked about each change of what nobody has accepted yet."""
    return record.call.published_at is None and any(one.kind == Proposal.Kind.NEW for one in record.open_proposals)


def declined(record, field, value):
    return field in record.declined and record.declined[field] == value


def asking(record, asked):
    """(primary keys of open proposals to delete, proposals to make) so that those of the record say this.

    One that says something else now is made anew, so that nobody accepts under its number what was not shown.
    """
    stale, present = [], set()
    for one in record.open_proposals:
        if one.kind == Proposal.Kind.GONE or (one.kind == Proposal.Kind.CHANGED and asked.get(one.field) != pair(one)):
            stale.append(one.pk)
        elif one.kind == Proposal.Kind.CHANGED:
            present.add(one.field)
    new = {field: values for field, values in asked.items() if field not in present}
    made = [
        Proposal(record=record, kind=Proposal.Kind.CHANGED, field=field, old=old, new=value)
        for field, (old, value) in new.items()
    ]
    return stale, made


def pair(proposal):
    return (proposal.old, proposal.new)


def new_fields(record, topic, taken):
    """The columns of the record that the topic changes."""
    told = {name: getattr(topic, name) for name in ("identifier", "reference", "language", "checksum", "status")}
    fields = {name: value for name, value in told.items() if getattr(record, name) != value}
    taken = taken | {"programme": topic.programme}
    if taken != record.taken:
        fields["taken"] = taken
    if {"checksum", "language", "reference"} & fields.keys() or not topic.checksum:
        fields["raw"] = topic.raw
    if record.gone_at:
        fields["gone_at"] = None
    return fields


def for_import():
    """Records with all that `update_record` looks at, without their raw text."""
    calls = [f"call__{field}" for field in ROWS]
    undecided = Prefetch("proposals", Proposal.objects.open(), "open_proposals")
    return Record.objects.defer("raw").select_related("call").prefetch_related(*calls, undecided)
