"""What a migration does that the release before it, which still runs meanwhile, cannot live with."""

import re

from django.db import migrations
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED, ManyToManyField

# Written for an empty database, or before there was a release to run beside them.
BASELINE = {"accounts": 7, "calls": 7, "contacts": 1, "funds": 2}

GONE = (migrations.RemoveField, migrations.RenameField, migrations.DeleteModel, migrations.RenameModel)
TABLE = (migrations.AlterModelTable, migrations.AlterUniqueTogether, migrations.AlterOrderWithRespectTo)
UNSEEN = (migrations.RunPython, migrations.RunSQL, migrations.SeparateDatabaseAndState)


def is_new(app, name):
    return app in BASELINE and int(name[:4]) > BASELINE[app]


def dangers(migration, state=None):
    """["RemoveField call.notes: the release before still reads it"] of a migration after a project state."""
    state, made, found = state or ProjectState(), set(), []
    for operation in migration.operations:
        before = state.clone()
        operation.state_forwards(migration.app_label, state)
        if isinstance(operation, migrations.CreateModel):
            made.add(operation.name_lower)
        elif why := danger(operation, migration.app_label, before, state, made):
            found.append(f"{named(operation)}: {why}")
    return found


def named(operation):
    """ "AddIndex call.by_title", "DeleteModel call": the kind of operation, its model and what of it."""
    of = operation.deconstruct()[2]
    part = of.get("index") or of.get("constraint")
    names = [of.get("model_name") or of.get("old_name") or of.get("name", "")]
    if "model_name" in of:
        names.append(part.name if part else of.get("old_name") or of.get("name", ""))
    return f"{type(operation).__name__} {'.'.join(filter(None, names))}".strip()


def danger(operation, app, before, after, made):
    """Why an operation may not run beside the release before; empty where it may."""
    if isinstance(operation, GONE):
        return "the release before still uses it"
    if getattr(operation, "model_name_lower", None) in made:
        return ""
    if isinstance(operation, TABLE):
        return "the release before knows the table otherwise"
    if isinstance(operation, UNSEEN):
        return "what it does is not known here"
    if isinstance(operation, migrations.AddIndex):
        return "nothing can be written while PostgreSQL makes it"
    if isinstance(operation, migrations.AddConstraint):
        return "the release before may write rows that break it"
    if isinstance(operation, migrations.AddField):
        return danger_of_new(operation.field)
    if isinstance(operation, migrations.AlterField):
        key = app, operation.model_name_lower
        old = before.models[key].fields[operation.name]
        return danger_of_change(old, after.models[key].fields[operation.name])
    return ""


def danger_of_new(field):
    if isinstance(field, ManyToManyField) or getattr(field, "generated", False):
        return ""
    if not field.null and field.db_default is NOT_PROVIDED:
        return "the release before adds rows without it: give it db_default or null"
    return "a unique index is made under a lock" if field.unique else ""


def danger_of_change(old, new):
    if old.get_internal_type() != new.get_internal_type():
        return "its type changes"
    if old.db_column != new.db_column:
        return "its column has another name"
    if old.null and not new.null:
        return "the release before may write nothing into it"
    if new.unique and not old.unique:
        return "the release before may write a value twice"
    if old.db_default is not NOT_PROVIDED and new.db_default is NOT_PROVIDED and not new.null:
        return "the release before may add rows without it"
    narrower = [
        name
        for name in ("max_length", "max_digits", "decimal_places")
        if (getattr(old, name, None) or 10**6) > (getattr(new, name, None) or 10**6)
    ]
    return "it becomes narrower" if narrower else ""


REASON = r"^ *# Reviewed: {what}: \S.{{9,}}$"


def unreviewed(found, source):
    """Those of which the file does not say, in a line of its own, why they may: # Reviewed: RemoveField call.x: why"""
    return [one for one in found if not re.search(REASON.format(what=re.escape(one.split(": ")[0])), source, re.M)]
