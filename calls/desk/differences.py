"""What differs between two states of a call (versions.state_of), field by field and row by row, as people read it."""

import dataclasses
from decimal import Decimal

from django.db import models
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format, number_format
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from calls.desk.comparing import marked
from calls.desk.versions import CHOICES, ROWS
from calls.models import Call
from calls.plain import plain
from portal.richtext import RichTextField

ADDED, REMOVED, CHANGED = "added", "removed", "changed"


@dataclasses.dataclass
class Difference:
    """A field, with its words marked; or all rows of one kind."""

    field: str
    name: str
    html: str = ""
    rows: list["RowDifference"] = dataclasses.field(default_factory=list)
    mine: bool = False  # in a conflict: the form holds something else


@dataclasses.dataclass
class RowDifference:
    kind: str
    pk: int
    fields: list[Difference]
    mine: bool = False

    @property
    def said(self):
        return {ADDED: _("added"), REMOVED: _("removed"), CHANGED: _("changed")}[self.kind]


def differences(old, new):
    """A list of Difference in the order of the form; what is the same is left out. At most three queries."""
    names = names_in(old, new)
    found = fields_of(Call, old["call"], new["call"], names)
    for name, model in ROWS.items():
        if rows := rows_of(model, old[name], new[name], names):
            found.append(Difference(name, capfirst(str(model._meta.verbose_name_plural)), rows=rows))
    return found


def fields_of(model, old, new, names):
    """A field that a version does not know yet, or no more, is no difference."""
    fields = (*model._meta.concrete_fields, *model._meta.many_to_many)
    found = []
    for one in fields:
        if one.name in old and one.name in new and old[one.name] != new[one.name]:
            before, after = said(one, old[one.name], names), said(one, new[one.name], names)
            if before != after:
                found.append(Difference(one.name, capfirst(str(one.verbose_name)), marked(before, after)))
            elif isinstance(one, RichTextField):
                found.append(Difference(one.name, capfirst(str(one.verbose_name)), _("only the layout")))
    return found


def rows_of(model, old, new, names):
    found = []
    for pk, row in old.items():
        if pk not in new:
            found.append(RowDifference(REMOVED, pk, fields_of(model, filled(row), blank(row), names)))
    for pk, row in new.items():
        if pk not in old:
            found.append(RowDifference(ADDED, pk, fields_of(model, blank(row), filled(row), names)))
        elif fields := fields_of(model, old[pk], row, names):
            found.append(RowDifference(CHANGED, pk, fields))
    return found


def filled(row):
    return {name: value for name, value in row.items() if value not in (None, "", False) and name != "order"}


def blank(row):
    return dict.fromkeys(row, "")


# Values as people read them ------------------------------------------------------------------------------------------


def names_in(*states):
    """{model: {pk: name}} of the funds, themes and types of organisation that the states point to."""
    wanted = {}
    for name in ["fund", *CHOICES]:
        model = Call._meta.get_field(name).related_model
        values = [state["call"].get(name) or [] for state in states]
        wanted[model] = {pk for value in values for pk in (value if isinstance(value, list) else [value])}
    return {model: model._base_manager.in_bulk(pks) if pks else {} for model, pks in wanted.items()}


def said(one, value, names):
    """A value as in JSON, as lines of text."""
    if value in (None, "", []):
        return ""
    if one.related_model:
        values = value if isinstance(value, list) else [value]
        return "\n".join(sorted(name_of(names[one.related_model], pk) for pk in values))
    if one.choices:
        return str(dict(one.flatchoices).get(value, value))
    if isinstance(one, models.JSONField):
        return "\n".join(field_name(name) for name in value)
    return plain_value(one, value)


def plain_value(one, value):
    if isinstance(one, models.DateTimeField):
        return date_format(localtime(parse_datetime(value)), "j F Y H:i")
    if isinstance(one, models.BooleanField):
        return _("yes") if value else _("no")
    if isinstance(one, models.DecimalField):
        return number_format(Decimal(value), force_grouping=True)
    if isinstance(one, RichTextField):
        return plain(value)
    return value.rpartition("/")[2] if isinstance(one, models.FileField) else str(value)


def name_of(found, pk):
    return str(found[pk]) if pk in found else _("deleted (number %(pk)s)") % {"pk": pk}


def field_name(name):
    """Of a field or of a kind of rows; the name itself where there is none such."""
    known = {one.name: one.verbose_name for one in (*Call._meta.fields, *Call._meta.many_to_many)}
    known |= {rows: model._meta.verbose_name_plural for rows, model in ROWS.items()}
    return str(known.get(name, name))
