"""The columns of the spreadsheet of calls: each says how a cell is written, and how it is read back.

A cell that reads as it was written changes nothing, so that nothing is lost where a text cannot say everything.
"""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.timezone import is_aware, localtime
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.widgets import ManyToManyWidget, Widget

from calls.models import Call
from calls.status import DeadlineModel
from portal.forms import BelgianDecimalField

BETWEEN, LINE = " | ", "\n"
MOMENT = "%Y-%m-%d %H:%M"
MOMENTS = [MOMENT, "%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M", "%d-%m-%Y %H:%M", "%d/%m/%Y %H.%M"]
YES = "gedeeld"


def moment_text(at):
    """On the Belgian clock, with its seconds where it has any; of a naive moment too, as Excel gives it."""
    if not at:
        return ""
    at = localtime(at) if is_aware(at) else at
    return at.strftime(f"{MOMENT}:%S" if at.second else MOMENT)


def read_moment(text):
    """An aware moment on the Belgian clock; None for an empty cell."""
    try:
        return forms.DateTimeField(required=False, input_formats=MOMENTS).clean(text)
    except ValidationError as error:
        if error.code == "invalid":
            said = _("“%(text)s” is no date with an hour; write it as 2027-03-31 17:00.") % {"text": text}
            raise ValidationError(said) from error
        raise


def edited_since(call, text):
    """Says so where a call was edited after its line was taken out. A cell that is no moment says nothing."""
    try:
        known = read_moment(text)
    except ValidationError:
        return ""
    # Spreadsheet programs drop the seconds.
    edited = call.updated_at.replace(microsecond=0, **({} if known and known.second else {"second": 0}))
    if not known or edited <= known:
        return ""
    said = _("Edited on %(moment)s, after this file was made: what was changed then is undone here.")
    return said % {"moment": date_format(localtime(call.updated_at), "j F Y H.i")}


def parts_of(line, number):
    """The cells within a cell; missing ones are empty."""
    parts = [part.strip() for part in line.split("|")]
    if len(parts) > number:
        raise ValidationError(_("“%(line)s” has more than %(number)s parts.") % {"line": line, "number": number})
    return parts + [""] * (number - len(parts))


def joined(*parts):
    return BETWEEN.join(re.sub(r"[|\s]+", " ", part) for part in parts).rstrip(" |")


# Single values -------------------------------------------------------------------------------------------------------


class Text(Widget):
    def render(self, value, **kwargs):
        return value or ""

    def clean(self, value, row=None, **kwargs):
        return value


class Moment(Widget):
    def render(self, value, **kwargs):
        return moment_text(value)

    def clean(self, value, row=None, **kwargs):
        return read_moment(value)


class Choice(Widget):
    """By its name or its code, whatever the case."""

    def __init__(self, choices):
        super().__init__()
        self.choices = choices

    def render(self, value, **kwargs):
        return str(self.choices(value).label) if value in self.choices else str(value)

    def clean(self, value, row=None, **kwargs):
        known = {str(name).lower(): choice for choice in self.choices for name in (choice.value, choice.label)}
        try:
            return known[value.strip().lower()]
        except KeyError:
            names = ", ".join(str(choice.label) for choice in self.choices)
            text = _("“%(text)s” is none of: %(names)s.") % {"text": value, "names": names}
            raise ValidationError(text) from None


def by_slug(model, slugs):
    """The rows with these addresses; a ValidationError names those that nothing has."""
    found = {row.slug: row for row in model.objects.filter(slug__in=slugs)}
    if missing := [slug for slug in slugs if slug not in found]:
        raise ValidationError(_("Nothing has the web address %(slugs)s.") % {"slugs": ", ".join(missing)})
    return [found[slug] for slug in slugs]


class One(Widget):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def render(self, value, **kwargs):
        return value.slug if value else ""

    def clean(self, value, row=None, **kwargs):
        return by_slug(self.model, [value.strip()])[0] if value.strip() else None


# Rows: written once the call itself is there -------------------------------------------------------------------------


class Several(ManyToManyWidget):
    def render(self, value, **kwargs):
        return BETWEEN.join(row.slug for row in value.all()) if value is not None else ""

    def clean(self, value, row=None, **kwargs):
        return by_slug(self.model, list(dict.fromkeys(filter(None, (part.strip() for part in value.split("|"))))))


class RowsWidget(ManyToManyWidget):
    """The rows of a call, one a line: `said` writes a row, `read` gives the fields of a line."""

    def __init__(self, model, said, read):
        super().__init__(model)
        self.said, self.read = said, read

    def render(self, value, **kwargs):
        return LINE.join(map(self.said, value.all())) if value is not None else ""

    def clean(self, value, row=None, **kwargs):
        return [self.read(line) for line in value.splitlines() if line.strip()]


class RowsField(Field):
    def save(self, instance, row, is_m2m=False, **kwargs):
        wanted = self.clean(row, **kwargs)
        manager = getattr(instance, self.attribute)
        kept, free = matched(list(manager.all()), wanted)
        for one in free[len(wanted) - len(kept) :]:
            one.delete()
        for number, fields in enumerate(wanted, 1):
            one = kept.get(number) or (free.pop(0) if free else self.widget.model(call=instance))
            for name, value in fields.items():
                setattr(one, name, value)
            if hasattr(one, "order"):
                one.order = number
            one.full_clean()
            one.save()
        getattr(instance, "_prefetched_objects_cache", {}).pop(self.attribute, None)


def matched(rows, wanted):
    """({number of the wanted row: the row that says the same}, the other rows), so that what stays keeps its place."""
    kept = {}
    for number, fields in enumerate(wanted, 1):
        same = next((row for row in rows if all(getattr(row, name) == fields[name] for name in fields)), None)
        same = same or next((row for row in rows if "at" in fields and row.at == fields["at"]), None)
        if same:
            kept[number] = same
            rows.remove(same)
    return kept, rows


def budget_text(budget):
    amount = "" if budget.amount is None else f"{budget.amount:f}".replace(".", ",")
    rate = "" if budget.rate is None else f"{budget.rate.normalize():f}%".replace(".", ",")
    return joined(budget.label, amount, rate, YES if budget.shared else "", budget.note)


def read_budget(line):
    label, amount, rate, shared, note = parts_of(line, 5)
    if shared.lower() not in {"", YES}:
        text = _("The fourth part of “%(line)s” says “%(yes)s” or nothing.") % {"line": line, "yes": YES}
        raise ValidationError(text)
    decimal = BelgianDecimalField(required=False, localize=True)
    return {
        "label": label,
        "amount": decimal.clean(amount),
        "rate": decimal.clean(rate),
        "shared": bool(shared),
        "note": note,
    }


def cutoff_text(cutoff):
    return joined(moment_text(cutoff.at), cutoff.label)


def read_cutoff(line):
    at, label = parts_of(line, 2)
    return {"at": read_moment(at), "label": label}


TEXT = Text()
LANGUAGES, MODELS = Choice(Call.Language), Choice(DeadlineModel)
