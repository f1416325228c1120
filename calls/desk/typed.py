"""A call as it stands in a form, rows and choices included, without a word of it being stored."""

from copy import copy

from portal.models import address_slug
from portal.richtext import RichTextField, sanitize

UNSAVED = 0  # a primary key that no call and no row has


def typed_call(form, formsets):
    """From a valid admin form and its formsets: a copy that may be looked at and shown, and never saved."""
    call = copy(form.instance)
    call.pk = call.pk or UNSAVED
    call.slug = call.slug or address_slug(call.title) or call._meta.model_name
    rows = {formset.fk.remote_field.get_accessor_name(): rows_of(formset) for formset in formsets}
    names = [field.name for field in call._meta.many_to_many]
    chosen = {name: list(form.cleaned_data[name]) for name in names if name in form.cleaned_data}
    call._prefetched_objects_cache = rows | chosen
    for one in (call, *(row for name in rows for row in rows[name])):
        clean(one)
    return call


def rows_of(formset):
    """In the order in which the page would show them."""
    kept = [form for form in formset.forms if form not in formset.deleted_forms]
    rows = [copy(form.instance) for form in kept if form.instance.pk or form.has_changed()]
    for row in rows:
        row.pk = row.pk or UNSAVED
    by = formset.model._meta.ordering[0]
    return sorted(rows, key=lambda row: getattr(row, by))


def clean(row):
    """What a template shows as HTML was sanitised, here as on the way into the database."""
    for field in row._meta.fields:
        if isinstance(field, RichTextField):
            setattr(row, field.name, sanitize(getattr(row, field.name) or ""))
