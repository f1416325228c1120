"""Calls as they were: a version restored, a deleted call recovered."""

from django.db import transaction
from reversion.models import Version

from calls.changes import locked, recorded
from calls.desk.checks import refresh
from calls.desk.versions import CHOICES, ROWS, entries_of, fingerprint, state_at, stored_state, versioned
from calls.models import Announcement, Call, Cutoff

# They stay as they are now: a restore neither publishes nor withdraws, and an address never changes.
KEPT = {"own_fields", "published_at", "slug", "withdrawn_at"}


def restored_state(old, now):
    """What a restore of the old state would make of the state now."""
    fields = {name: value for name, value in old["call"].items() if name in now["call"] and name not in KEPT}
    rows = {name: old[name] for name in ROWS}
    return {"call": now["call"] | existing(fields)} | rows


def existing(fields):
    """Without the funds, themes and types of organisation that were deleted since."""
    found = dict(fields)
    for name in CHOICES:
        model = Call._meta.get_field(name).related_model
        found[name] = sorted(model.objects.filter(pk__in=fields[name]).values_list("pk", flat=True))
    fund = Call._meta.get_field("fund").related_model.objects.filter(pk=fields.get("fund"))
    if fields.get("fund") and not fund.exists():
        del found["fund"]
    return found


@transaction.atomic
def restore(call, version, user, comment, minor=False, if_still=None):
    """Makes the call again what it was; followers hear of it as of any edit.

    None if it was deleted meanwhile, or is not any more what has this fingerprint.
    """
    stored = locked(call)
    now = stored and stored_state(stored.pk)
    if now is None or (if_still and fingerprint(now) != if_still):
        return None
    wanted = restored_state(state_at(version), now)
    with versioned(user, comment, stored), recorded(stored, minor):
        fields = wanted["call"].items()
        put_fields(stored, {name: value for name, value in fields if value != now["call"][name]})
        for name, model in ROWS.items():
            put_rows(stored, model, now[name], wanted[name])
    refresh([stored])
    return stored


def put_fields(call, fields):
    put(call, {name: value for name, value in fields.items() if name not in CHOICES})
    call.save()
    for name in fields.keys() & set(CHOICES):
        getattr(call, name).set(fields[name])


def put(row, fields):
    for name, value in fields.items():
        field = row._meta.get_field(name)
        setattr(row, field.attname, field.to_python(value))


def put_rows(call, model, now, wanted):
    """A row that comes back has its old number again, so that the address of an attachment holds."""
    changed = {pk: fields for pk, fields in wanted.items() if now.get(pk) != fields}
    stored = model.objects.filter(call=call).in_bulk()
    # Cut-offs may have changed places, and no two may stand at one moment.
    gone = [row for pk, row in stored.items() if pk not in wanted or (pk in changed and model is Cutoff)]
    for row in gone:
        row.delete()  # leaves it without a number
    for pk, fields in changed.items():
        known = {field.name for field in model._meta.fields}
        row = stored.get(pk)
        if row is None or row.pk is None:
            row = model(pk=pk, call=call, **({"sequence": row.sequence + 1} if row and model is Cutoff else {}))
        put(row, {name: value for name, value in fields.items() if name in known})
        row.save()


@transaction.atomic
def recover(version, user, comment):
    """A deleted call comes back with its rows, its number and, where it is still free, its address; as a draft.

    None if somebody else recovered it meanwhile.
    """
    pk = int(Version.objects.select_for_update().get(pk=version.pk).object_id)
    if Call.objects.filter(pk=pk).exists():
        return None
    entry = next(one for one in entries_of(version.revision_id)[version.revision_id] if one["model"] == "calls.call")
    state, raw = state_at(version), entry["fields"]
    known = {field.name for field in (*Call._meta.fields, *Call._meta.many_to_many)}
    fields = existing({name: value for name, value in state["call"].items() if name in known})
    if Call.objects.filter(slug=fields["slug"]).exists():
        fields["slug"] = ""
    call = Call(pk=pk, sequence=raw.get("sequence", 0) + 1)
    # Whoever was told of it as a new call is not told twice.
    call.announcement = Announcement.objects.filter(pk=raw.get("announcement")).first()
    with versioned(user, comment):
        put_fields(call, fields | {"published_at": None, "withdrawn_at": None})
        for name, model in ROWS.items():
            put_rows(call, model, {}, state[name])
    refresh([call])
    return call
