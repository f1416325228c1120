"""Versions: every edit of a call is kept with all its rows, who made it and when.

with versioned(user, "Deadline gewijzigd."):
    call.deadline = later
    call.save()

Each call gets a revision of its own, however many are edited in one block, so that each can be restored by itself.
A call just made needs no version: its first edit keeps the state before.
"""

import json
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import sha256

import reversion
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import serializers
from django.db import transaction
from django.db.models import Max
from django.db.models.signals import m2m_changed, post_save, pre_delete, pre_save
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from reversion.models import Version

from calls.models import Action, Budget, Call, Cutoff, Document, Objective

ROWS = {"cutoffs": Cutoff, "budgets": Budget, "objectives": Objective, "actions": Action, "documents": Document}
CHOICES = [field.name for field in Call._meta.many_to_many]
# What the portal itself keeps: nobody edits it, and no comparison shows it.
UNSEEN = {"announcement", "call", "created_at", "last_seen", "sequence", "updated_at"}

for model in ROWS.values():
    reversion.register(model)
reversion.register(Call, follow=tuple(ROWS))


# A call as plain values ----------------------------------------------------------------------------------------------


def with_rows(calls):
    """Calls with all that a version holds, in a fixed number of queries."""
    return calls.prefetch_related(*ROWS, *CHOICES)


def state_of(call):
    """{"call": {field: value}, "cutoffs": {pk: {field: value}}, …} of a call from `with_rows`; values as in JSON."""
    rows = (row for name in ROWS for row in getattr(call, name).all())
    return state_from(json.loads(serializers.serialize("json", [call, *rows])))


def state_from(entries):
    """The same of what a serializer wrote."""
    names = {model._meta.label_lower: name for name, model in ROWS.items()}
    state = {"call": {}} | {name: {} for name in ROWS}
    for entry in entries:
        seen = {field: value for field, value in entry["fields"].items() if field not in UNSEEN}
        if entry["model"] == Call._meta.label_lower:
            state["call"] = seen | {name: sorted(seen.get(name, [])) for name in CHOICES}
        else:
            state[names[entry["model"]]][entry["pk"]] = seen
    return state


def fingerprint(state):
    return sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:32]


def stored_state(pk):
    """As it stands now; None if the call was deleted."""
    call = with_rows(Call.objects.filter(pk=pk)).first()
    return call and state_of(call)


# What is kept --------------------------------------------------------------------------------------------------------


def versions_of(pk):
    """The newest first, also of a call that was deleted."""
    return Version.objects.get_for_object_reference(Call, pk).select_related("revision__user").order_by("-pk")


def entries_of(*revisions):
    """{revision: what its serializer wrote of the call and its rows}, by primary key."""
    found = {pk: [] for pk in revisions}
    rows = Version.objects.filter(revision__in=revisions).order_by("pk").values_list("revision", "serialized_data")
    for revision, data in rows:
        found[revision] += json.loads(data)
    return found


def state_at(version):
    return state_from(entries_of(version.revision_id)[version.revision_id])


def last_states(pks):
    """{pk of the call: the state of its last version}."""
    kept = Version.objects.get_for_model(Call).filter(object_id__in=map(str, pks)).order_by()
    last = dict(kept.values_list("object_id").annotate(last=Max("revision")))
    entries = entries_of(*last.values())
    return {int(pk): state_from(entries[revision]) for pk, revision in last.items()}


def base_of(pk, mark, most=100):
    """The state with this fingerprint among the last versions of a call, None where there is none; and those since."""
    since = []
    for version in versions_of(pk)[:most].iterator(chunk_size=5):
        state = state_at(version)
        if fingerprint(state) == mark:
            return state, since
        since.append(version)
    return None, since


# Keeping -------------------------------------------------------------------------------------------------------------


class Edit:
    """The calls that one block touches, each seen before its first change."""

    def __init__(self, user, comment):
        self.user, self.comment = user, str(comment)
        self.calls, self.made, self.logged = set(), set(), {}

    def touch(self, *pks):
        """Keeps the state before where no version has it: of a call from a fixture, or from before there were any."""
        new = {pk for pk in pks if pk} - self.calls
        self.calls |= new
        if new - self.made:
            before = _("As it was before the next change.")
            self.keep_changed(new - self.made, lambda call: (None, before, call.updated_at))

    def write(self):
        for call in self.keep_changed(self.calls, lambda call: (self.user, self.what(call), None)):
            if self.user and call.pk not in self.logged:
                self.log(call)

    def keep_changed(self, pks, about):
        """Makes a version of those that differ from their last one, and gives them."""
        if not pks:
            return []
        last = last_states(pks)
        changed = [call for call in with_rows(Call.objects.filter(pk__in=pks)) if state_of(call) != last.get(call.pk)]
        for call in changed:
            keep(call, *about(call))
        return changed

    def what(self, call):
        return self.logged.get(call.pk, self.comment)

    def log(self, call):
        """In the log of the desk too, where no page of the admin wrote it down itself."""
        LogEntry.objects.create(
            user=self.user,
            content_type=ContentType.objects.get_for_model(Call),
            object_id=call.pk,
            object_repr=Truncator(call).chars(200),
            action_flag=ADDITION if call.pk in self.made else CHANGE,
            change_message=self.comment,
        )


def keep(call, user, comment, at):
    with reversion.create_revision(manage_manually=True):
        reversion.set_user(user)
        reversion.set_comment(comment)
        if at:
            reversion.set_date_created(at)
        reversion.add_to_revision(call)


current: ContextVar[Edit | None] = ContextVar("edit", default=None)


@contextmanager
def versioned(user=None, comment="", *calls):
    """What this block saves of calls and their rows becomes a version of each that differs in the end.

    Name the calls where rows are written without signals: by update() or bulk_create(). A block within another belongs
    to that one.
    """
    if edit := current.get():
        edit.comment = edit.comment or str(comment)
        edit.touch(*(call.pk for call in calls))
        yield edit
        return
    with transaction.atomic():
        edit = Edit(user, comment)
        token = current.set(edit)
        try:
            edit.touch(*(call.pk for call in calls))
            yield edit
        finally:
            current.reset(token)
        if not transaction.get_rollback():
            edit.write()


# Only signals see every save, whichever page or library makes it -----------------------------------------------------


def call_comes(instance, **kwargs):
    if edit := current.get():
        edit.touch(instance.pk)


def call_came(instance, created, **kwargs):
    if (edit := current.get()) and created:
        edit.made.add(instance.pk)
        edit.calls.add(instance.pk)


def row_comes(instance, **kwargs):
    if edit := current.get():
        edit.touch(instance.call_id)


def choices_come(instance, action, pk_set, **kwargs):
    if (edit := current.get()) and action.startswith("pre_"):
        edit.touch(*([instance.pk] if isinstance(instance, Call) else pk_set or ()))


pre_save.connect(call_comes, Call, dispatch_uid="version of a call")
pre_delete.connect(call_comes, Call, dispatch_uid="version of a call")
post_save.connect(call_came, Call, dispatch_uid="version of a call")
for model in ROWS.values():
    pre_save.connect(row_comes, model, dispatch_uid="version of a row")
    pre_delete.connect(row_comes, model, dispatch_uid="version of a row")
for name in CHOICES:
    m2m_changed.connect(choices_come, getattr(Call, name).through, dispatch_uid="version of choices")
