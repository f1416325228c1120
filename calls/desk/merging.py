"""A form that was sent, with what others changed since it was made: per field, on what a browser would have sent."""

from django import forms
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper

from calls.desk.versions import CHOICES, ROWS
from calls.models import Call

MOST_ROWS = 1000  # as in Django's formsets


class Merge:
    """`data` is the form as it should be shown: my value where I changed the field, else what it is now.

    `mine` holds what I changed and others too, as names of fields and (kind of rows, pk).
    """

    def __init__(self, data, form, formsets, base, now):
        """With the form's class, {kind of rows: formset's class}, and the states it was made from and met."""
        self.data, self.base, self.now, self.mine = data.copy(), base, now, set()
        self.mine |= self.merge(form, "", Call, base["call"], now["call"])
        for name, formset in formsets.items():
            self.merge_rows(name, formset)

    def merge(self, form, prefix, model, base, now):
        """Takes over in `data` what I left alone; gives the names of what both changed."""
        was, is_now = (values(form, prefix, model, state) for state in (base, now))
        mine = set()
        for name, before in was.items():
            if not self.typed(before):
                self.put(is_now[name])
            elif not same(is_now[name], before) and self.typed(is_now[name]):
                mine.add(name)
        return mine

    def typed(self, shown):
        """Whether something else was sent than what the form showed."""
        return not same({key: self.data.getlist(key) for key in shown}, shown)

    def put(self, new):
        for key, found in new.items():
            if found:
                self.data.setlist(key, found)
            else:
                self.data.pop(key, None)

    def merge_rows(self, name, formset):
        """Rows that others deleted go, or become new ones where I changed them; rows that they added come."""
        total = self.data.get(f"{name}-TOTAL_FORMS", "")
        if number(total) is None or number(total) > MOST_ROWS:
            return  # Django refuses it.
        base, now, model = self.base[name], self.now[name], ROWS[name]
        old, new = [], []
        for place in range(number(total)):
            prefix = f"{name}-{place}"
            pk = number(self.data.get(f"{prefix}-id", ""))
            if pk in now:
                if pk in base and self.merge(formset.form, prefix, model, base[pk], now[pk]):
                    self.mine.add((name, pk))
                old.append(self.taken(prefix))
            elif pk is None or self.rescued(name, formset, prefix, pk):
                new.append(self.taken(prefix) | {"id": [""]})
            else:
                self.taken(prefix)
        sent = {row.get("id", [""])[0] for row in old}
        for pk in now:
            if str(pk) not in sent and pk not in base:
                old.append(self.added(name, formset, pk))
        self.write(name, old, new)

    def rescued(self, name, formset, prefix, pk):
        """Whether a row that is gone has something of mine."""
        if f"{prefix}-DELETE" in self.data:
            return False
        base = self.base[name].get(pk)
        shown = values(formset.form, prefix, ROWS[name], base) if base else {}
        if base and not any(self.typed(before) for before in shown.values()):
            return False
        self.mine.add((name, pk))
        return True

    def taken(self, prefix):
        """The fields of a row, taken out of the data."""
        keys = [key for key in self.data if key.startswith(f"{prefix}-")]
        return {key.removeprefix(f"{prefix}-"): self.data.pop(key) for key in keys}

    def added(self, name, formset, pk):
        row = {"id": [str(pk)]}
        for fields in values(formset.form, "row", ROWS[name], self.now[name][pk]).values():
            row |= {key.removeprefix("row-"): found for key, found in fields.items() if found}
        return row

    def write(self, name, old, new):
        for place, row in enumerate([*old, *new]):
            self.put({f"{name}-{place}-{field}": found for field, found in row.items()})
        self.data[f"{name}-TOTAL_FORMS"] = str(len(old) + len(new))
        self.data[f"{name}-INITIAL_FORMS"] = str(len(old))


def number(text):
    """A number as a browser sends it, such as a primary key; None for anything else."""
    return int(text) if text.isdecimal() and len(text) < 19 else None


# What a browser would have sent --------------------------------------------------------------------------------------


def values(form, prefix, model, state):
    """{field: {key: values}} of a form's class for a row with this state. Files are left out."""
    instance, initial = model(), {}
    for name, value in state.items():
        field = model._meta.get_field(name)
        if name in CHOICES:
            initial[name] = value
        else:
            setattr(instance, field.attname, field.to_python(value))
    shown = form(instance=instance, initial=initial, prefix=prefix or None)
    known = [name for name, field in shown.fields.items() if name in state and not isinstance(field, forms.FileField)]
    return {name: sent(shown[name]) for name in known}


def sent(bound):
    widget = bound.field.widget
    widget = widget.widget if isinstance(widget, RelatedFieldWidgetWrapper) else widget
    if isinstance(widget, forms.MultiWidget):
        pairs = zip(widget.widgets_names, widget.widgets, widget.decompress(bound.value()), strict=True)
        return {f"{bound.html_name}{suffix}": one_sent(part, value) for suffix, part, value in pairs}
    return {bound.html_name: one_sent(widget, bound.value())}


def one_sent(widget, value):
    if isinstance(widget, forms.CheckboxInput):
        return ["on"] if widget.check_test(value) else []
    shown = widget.format_value(value)
    return [str(one) for one in shown] if isinstance(shown, list) else ["" if shown is None else str(shown)]


def same(fields, others):
    """A line end is a line end, and the order of what was ticked says nothing."""
    tidied = (
        {key: sorted(one.replace("\r\n", "\n").strip() for one in found) for key, found in each.items()}
        for each in (fields, others)
    )
    return next(tidied) == next(tidied)
