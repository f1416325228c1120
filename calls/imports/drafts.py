"""Drafts of new topics: many at once, and one by one where a topic of them breaks a rule."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction
from django.db.models import F, Value
from django.db.models.functions import Replace, Upper

from calls.imports.fields import ROWS, explained, python, reasons, row_fields
from calls.imports.models import Proposal, Record
from calls.models import Call, family_of
from funds.models import Fund
from portal.models import address_slug

# What a record can break; a lock or a lost connection is no fault of its.
FAULTS = (DataError, IntegrityError, ValidationError, ValueError, OverflowError)
COMMENT = "Import EU-portaal"


@dataclass
class NewTopic:
    """A topic that nobody knows yet, with its canonical values and the fund of its programme, if there is one."""

    topic: object
    values: dict
    fund: Fund | None

    @property
    def place(self):
        return self.topic.identifier


def make_drafts(new):
    """Writes a draft, a record and a proposal for each NewTopic: [(place, reason)] of those that cannot be."""
    if not new:
        return []
    try:
        with transaction.atomic():
            write_drafts(new)
        return []
    except FAULTS as error:
        if len(new) == 1:
            return [(new[0].place, reason_of(error, new[0]))]
    half = len(new) // 2
    return make_drafts(new[:half]) + make_drafts(new[half:])


def reason_of(error, new):
    if isinstance(error, IntegrityError):
        calls, rows = prepared([new])
        error = explained(error, calls[0], [row for made in rows.values() for row in made])
    return reasons(error)


def write_drafts(new):
    """Their words for the search are left to `index_missing`: making them takes longer than all of this."""
    calls, rows = prepared(new)
    give_slugs(calls)
    Call.objects.bulk_create(calls)
    for field, made in rows.items():
        ROWS[field].objects.bulk_create(made)
    themes = Call.themes.through
    themes.objects.bulk_create(
        themes(call=call, theme=theme) for call in calls if call.fund for theme in call.fund.themes.all()
    )
    write_records(zip(new, calls, strict=True))


def prepared(new):
    """(calls, {field: rows}) that are not stored yet."""
    calls = [draft_of(one) for one in new]
    return calls, {field: rows_of(field, calls, new) for field in ROWS}


def draft_of(new):
    plain = {field: python(field, value) for field, value in new.values.items() if field not in ROWS}
    call = Call(fund=new.fund, **plain)
    call.family = family_of(call.code)
    call.clean_fields(exclude=["slug", "fund"])
    call.clean()
    return call


def rows_of(field, calls, new):
    made = []
    for call, one in zip(calls, new, strict=True):
        for order, value in enumerate(one.values.get(field, []), 1):
            place = {} if field == "cutoffs" else {"order": order}
            row = ROWS[field](call=call, **place, **row_fields(field, value))
            row.clean_fields(exclude=["call"])
            row.clean()
            made.append(row)
    return made


def give_slugs(calls):
    """Each call the address of its title; with a number behind it where another call has that."""
    bases = [address_slug(call.title) or "call" for call in calls]
    taken = set(Call.objects.filter(slug__in=bases).values_list("slug", flat=True))
    for call, base in zip(calls, bases, strict=True):
        call.slug = base if base not in taken else next_slug(call, base, taken)
        taken.add(call.slug)


def next_slug(call, base, taken):
    """The first free one, also beside those that others of the same writing are about to take."""
    stored = set(Call.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    numbers = range(2, len(stored | taken) + 3)
    return next(f"{base}-{n}" for n in numbers if f"{base}-{n}" not in stored | taken)


def write_records(pairs):
    records = [record_of(one.topic, call, one.values) for one, call in pairs]
    Record.objects.bulk_create(records)
    Proposal.objects.bulk_create(Proposal(record=record, kind=Proposal.Kind.NEW) for record in records)


def record_of(topic, call, taken):
    """A new record, whose call took over these values. The programme says later on which records an answer lacks."""
    record = Record(
        key=topic.identifier.upper(),
        identifier=topic.identifier,
        reference=topic.reference,
        language=topic.language,
        checksum=topic.checksum,
        status=topic.status,
        raw=topic.raw,
        call=call,
        taken=taken | {"programme": topic.programme},
    )
    record.clean_fields(exclude={one.name for one in record._meta.fields} - {"identifier", "language", "status"})
    return record


# Calls that are here already -----------------------------------------------------------------------------------------


def comparable(code):
    """A code without case and spaces."""
    return "".join(code.split()).upper()


def calls_with_codes(codes):
    """{code without case and spaces: pk of the oldest call that has it}, however its code is written."""
    spaceless = Replace(Replace(F("code"), Value(" "), Value("")), Value("\N{NO-BREAK SPACE}"), Value(""))
    found = Call.objects.annotate(compared=Upper(spaceless)).filter(compared__in={comparable(code) for code in codes})
    return dict(found.order_by("-pk").values_list("compared", "pk"))
