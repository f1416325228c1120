"""The one filter of calls: the list, feeds, calendars, exports, the API and saved searches all ask it."""

from functools import cached_property
from weakref import WeakKeyDictionary

import django_filters
from django import forms
from django.http import QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from calls.columns import Columns, current_columns
from calls.models import Call
from calls.search.finding import Search
from calls.selection import Criteria, Selection, Sort, StatusChoice
from portal.forms import BelgianDecimalField

# Newsletters add these to every link; they say nothing about the page.
CAMPAIGN = ("utm_", "fbclid", "gclid", "mc_")
# The names in the address and those of the criteria.
CRITERIA = {
    "status": "status",
    "thema": "theme",
    "fonds": "fund",
    "organisatie": "organisation",
    "deadline": "closes_within",
    "geopend": "opened_within",
    "budget_van": "budget_from",
    "budget_tot": "budget_to",
}
form_classes: WeakKeyDictionary[Columns, type[forms.Form]] = WeakKeyDictionary()
WITHIN = {7: _("7 days"), 30: _("30 days"), 90: _("90 days")}


def said(data):
    """(name, values) of every part of a query string that is about the page."""
    return [(name, values) for name, values in data.lists() if not name.startswith(CAMPAIGN)]


class KnownChoices(forms.MultipleChoiceField):
    """Keeps the values that exist and passes over the others, each once and in the order of the choices."""

    widget = forms.CheckboxSelectMultiple

    def clean(self, value):
        return [slug for slug, _name in self.choices if slug in (value or [])]


class KnownChoice(forms.ChoiceField):
    """The chosen value, or nothing where it does not exist."""

    widget = forms.RadioSelect

    def clean(self, value):
        return value if self.valid_value(value) else ""


class Amount(BelgianDecimalField):
    """Whole euro as people write them; what is no amount is passed over."""

    def clean(self, value):
        try:
            amount = super().clean(value)
        except forms.ValidationError:
            return None
        return None if amount is None else int(amount)


class Words(forms.CharField):
    def clean(self, value):
        return " ".join((value or "").replace("\0", " ").split())


class WordsFilter(django_filters.Filter):
    field_class = Words


class OneOf(django_filters.Filter):
    field_class = KnownChoice


class SomeOf(django_filters.Filter):
    field_class = KnownChoices


class AmountFilter(django_filters.Filter):
    field_class = Amount

    def __init__(self, label):
        digits = {"min_value": 0, "max_digits": 15, "decimal_places": 2, "localize": True}
        super().__init__(label=label, widget=forms.TextInput({"inputmode": "decimal"}), **digits)


def in_plain_words(form_class):
    """The form with its texts translated: the site has one language, and every list shows them all."""
    for field in form_class.base_fields.values():
        field.label = str(field.label)
        if isinstance(field, forms.ChoiceField):
            field.choices = [(value, str(label)) for value, label in field.choices]
    return form_class


class Declared(django_filters.FilterSet):
    """The filters, by the names that the address has for them."""

    q = WordsFilter(label=_("Search for"))
    status = OneOf(label=_("Status"), choices=[("", _("Open and upcoming")), *StatusChoice.choices])
    thema = SomeOf(label=_("Theme"))
    fonds = SomeOf(label=_("Fund"))
    organisatie = SomeOf(label=_("Type of organisation"))
    deadline = OneOf(label=_("Closes within"), choices=[("", _("Any time")), *WITHIN.items()])
    geopend = OneOf(label=_("Opened in the last"), choices=[("", _("Any time")), *WITHIN.items()])
    budget_van = AmountFilter(_("Budget from"))
    budget_tot = AmountFilter(_("Budget to"))
    sorteer = OneOf(label=_("Sort by"), choices=Sort.choices)
    weergave = OneOf(label=_("Show as"), choices=[("tijdlijn", _("Timeline"))])


class CallFilter:
    """Reads a query string. Whatever it holds, `selection` is a set of published calls and nothing raises.

    `ignored` names what had no meaning; `state` is the rest, in one order: the address to share, subscribe to or save.
    """

    def __init__(self, data=None, columns=None):
        self.data = QueryDict() if data is None else data
        self.columns = columns or current_columns()

    @property
    def fields(self):
        return self.get_form_class().base_fields

    def get_form_class(self):
        """Made once for these columns: to make it takes longer than to ask it."""
        if self.columns not in form_classes:
            here, declared = self.columns, Declared(queryset=Call.objects.all())
            for name, options in {"thema": here.themes, "fonds": here.funds, "organisatie": here.types}.items():
                declared.filters[name].extra["choices"] = [(one.slug, one.name) for one in options.values()]
            form_classes[here] = in_plain_words(declared.get_form_class())
        return form_classes[self.columns]

    @cached_property
    def chosen(self):
        """{name: value} of every filter in use. A field raises nothing, so none needs a form around it."""
        given = {name: field.widget.value_from_datadict(self.data, {}, name) for name, field in self.fields.items()}
        cleaned = {name: field.clean(given[name]) for name, field in self.fields.items()}
        return {name: value for name, value in cleaned.items() if value not in ("", None, [])}

    @cached_property
    def search(self):
        return Search(self.chosen.get("q", ""))

    @cached_property
    def criteria(self):
        chosen = {CRITERIA[name]: value for name, value in self.chosen.items() if name in CRITERIA}
        days = {name: int(chosen[name]) for name in ("closes_within", "opened_within") if name in chosen}
        return Criteria(**chosen | days)

    @cached_property
    def selection(self):
        hits = self.search.hits(self.columns.pk) if self.search else None
        return Selection(self.columns, self.criteria, hits, self.chosen.get("sorteer", ""))

    @cached_property
    def state(self):
        """The query string of what was understood, page number aside."""
        return self.state_with()

    def state_with(self, **changes):
        """The state with some filters changed; empty values leave it."""
        state = self.chosen | changes
        return urlencode({name: value for name, value in state.items() if value not in ("", None)}, doseq=True)

    @cached_property
    def ignored(self):
        """The parts of the query string that had no meaning, as readable text."""
        return [
            f"{name}={value}"
            for name, values in said(self.data)
            for value in values
            if value and not self.understands(name, value, values)
        ]

    @property
    def meaningless(self):
        """What is ignored, and the words that are not searched for: a program reads no notice about either."""
        return [*self.ignored, *(f"q={word}" for word in self.search.query.dropped)]

    def understands(self, name, value, values):
        chosen = self.chosen.get(name)
        if name not in self.fields or chosen is None:
            return name in self.fields and not value.strip()
        if isinstance(chosen, list):
            return value in chosen
        return value == values[-1]

    @cached_property
    def counts(self):
        """{filter: {value: number of calls}}: what choosing each value would give."""
        return {
            name: self.selection.counts(CRITERIA[name])
            for name in ("status", "thema", "fonds", "organisatie", "deadline", "geopend")
        }
