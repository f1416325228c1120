"""Calls with versions: what the tests of history share."""

from decimal import Decimal

from calls.desk.versions import versioned, versions_of
from calls.models import Action, Budget, Call, Cutoff, Document, Objective
from tests.factories import ApplicantTypeFactory, CallFactory, ThemeFactory, brussels

FIRST = "Zoals de oproep was vóór de volgende wijziging."


def path(call, *parts):
    return "/".join([f"/beheer/calls/call/{call.pk}", *map(str, parts), ""])


def kept(call):
    """[(who, what)] of the versions, the oldest first."""
    return [(one.revision.user, one.revision.comment) for one in versions_of(call.pk).order_by("pk")]


def full_call(**fields):
    """A call with a row of each kind and a choice of each kind."""
    call = CallFactory(title="Oproep", deadline=brussels(2027, 6, 1, 17), **fields)
    call.themes.set([ThemeFactory()])
    call.applicant_types.set([ApplicantTypeFactory()])
    Cutoff.objects.create(call=call, label="fase 1", at=brussels(2027, 3, 1, 12))
    Cutoff.objects.create(call=call, label="fase 2", at=brussels(2027, 4, 1, 12))
    Budget.objects.create(call=call, order=1, label="EU", amount=Decimal("1320069.53"), rate=75)
    Objective.objects.create(call=call, order=1, text="<p>Doel</p>")
    Action.objects.create(call=call, order=1, group="Groep", text="<p>Actie</p>")
    Document.objects.create(call=call, order=1, title="Gids", link="https://example.org/gids")
    return Call.objects.get(pk=call.pk)


def rename(call, title, user=None, comment=""):
    with versioned(user, comment):
        call = Call.objects.get(pk=call.pk)
        call.title = title
        call.save()
