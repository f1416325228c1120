"""Edits of a call, and what they leave in its change log."""

from calls.changes import recorded
from calls.models import Call, Change
from tests.factories import brussels

START = brussels(2027, 3, 1, 12)
A, B, C = (brussels(2027, 6, day, 17) for day in (1, 2, 3))
SAID = {
    A: ["dinsdag 1 juni 2027 om 17.00 uur"],
    B: ["woensdag 2 juni 2027 om 17.00 uur"],
    C: ["donderdag 3 juni 2027 om 17.00 uur"],
}


def move(call, deadline, **options):
    """An edit of the deadline; the call is fetched anew, as each editor does."""
    call = Call.objects.get(pk=call.pk)
    with recorded(call, **options):
        call.deadline = deadline
        call.save()


def changes():
    """[(facts, minor, minutes from the first to the last edit)], the oldest first."""
    rows = Change.objects.order_by("pk")
    return [(row.facts, row.minor, (row.changed_at - row.began_at).total_seconds() / 60) for row in rows]


def moved(old, new):
    return {"deadline": [SAID[old], SAID[new]]}
