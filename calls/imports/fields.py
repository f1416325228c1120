"""The fields of a call that the EU portal tells of, as JSON values that can be compared and kept.

A value is text, an ISO moment on the Belgian clock (None: no date), or a list of rows. `canonical` writes what means
the same the same way, so that == compares meaning.
"""

from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.timezone import is_naive, localtime
from django.utils.translation import gettext as _

from calls.models import Budget, Call, Cutoff, Document
from calls.status import DeadlineModel
from portal.richtext import sanitize

RICH = Call.long_texts()
MOMENTS = ["opens_at", "deadline"]
ROWS = {"cutoffs": Cutoff, "budgets": Budget, "documents": Document}
# In the order of the form.
FIELDS = ["title", "title_language", "code", "opens_at", "deadline_model", "deadline", "cutoffs", "introduction"]
FIELDS += ["source_url", *(name for name in RICH if name != "introduction"), "budgets", "documents"]


def name_of(field):
    """As the form calls it."""
    if field in ROWS:
        return str(ROWS[field]._meta.verbose_name_plural)
    return str(Call._meta.get_field(field).verbose_name)


def choices():
    return [(field, name_of(field).capitalize()) for field in FIELDS]


# Writing the same the same way ---------------------------------------------------------------------------------------


def canonical_values(values):
    """{field: value} of a topic; ValueError where a value is none. Dates and deadline model are made to agree."""
    found = {field: canonical(field, values[field]) for field in FIELDS if field in values}
    if "deadline" in found and "deadline_model" in found:
        found["deadline_model"] = model_that_fits(found["deadline"], found["deadline_model"])
    return found


def model_that_fits(deadline, model):
    if deadline:
        return DeadlineModel.SINGLE_STAGE.value if model in DeadlineModel.without_deadline() else model
    return DeadlineModel.UNKNOWN.value if model in DeadlineModel.with_deadline() else model


def canonical(field, value):
    if field in ROWS:
        rows = [CANONICAL_ROW[field](row) for row in value or []]
        return in_time(rows) if field == "cutoffs" else rows
    if field in MOMENTS:
        return canonical_moment(value)
    text = str(value or "")
    if "\0" in text:
        raise ValueError(_("A text with a sign that no database stores."))
    return sanitize(text) if field in RICH else text.strip()


def in_time(cutoffs):
    """In order, and each moment once."""
    moments = {datetime.fromisoformat(row["at"]): row for row in cutoffs}
    return [moments[at] for at in sorted(moments)]


def canonical_moment(value):
    """None, an ISO text or an aware datetime as ISO text on the Belgian clock."""
    if not value:
        return None
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    if is_naive(at):
        raise ValueError(_("A moment without a time zone: %(value)s") % {"value": value})
    return localtime(at).isoformat()


def canonical_number(value):
    """None, text or Decimal as text with two decimals."""
    if value in (None, ""):
        return None
    try:
        return str(Decimal(value).quantize(Decimal("0.01")))
    except InvalidOperation as error:
        raise ValueError(_("This is no amount: %(value)s") % {"value": value}) from error


def cutoff_row(row):
    return {"label": row.get("label") or "", "at": canonical_moment(row["at"])}


def budget_row(row):
    numbers = {name: canonical_number(row.get(name)) for name in ("amount", "rate")}
    texts = {name: row.get(name) or "" for name in ("label", "note")}
    return texts | numbers | {"shared": bool(row.get("shared"))}


def document_row(row):
    return {"title": row["title"], "link": row["link"]}


CANONICAL_ROW = {"cutoffs": cutoff_row, "budgets": budget_row, "documents": document_row}


# What a call says ----------------------------------------------------------------------------------------------------


def own_rows(call, field):
    """The rows that the portal may speak of: files that an editor put there are not the portal's."""
    return [row for row in getattr(call, field).all() if field != "documents" or row.link]


def value_of(call, field):
    """The call's own value, canonical."""
    if field in ROWS:
        return canonical(field, [vars(row) for row in own_rows(call, field)])
    return canonical(field, getattr(call, field))


# Writing -------------------------------------------------------------------------------------------------------------


def python(field, value):
    """A canonical value as the model takes it."""
    return datetime.fromisoformat(value) if field in MOMENTS and value else value


def row_fields(field, row):
    return row | {"at": datetime.fromisoformat(row["at"])} if field == "cutoffs" else row


def write(call, values):
    """Writes these canonical values into a stored call; where its rules break, ValidationError and nothing written."""
    plain = {field: value for field, value in values.items() if field not in ROWS}
    for field, value in plain.items():
        setattr(call, field, python(field, value))
    call.clean_fields(exclude={field.name for field in call._meta.fields} - plain.keys())
    call.clean()
    rows = [matched(call, field, value) for field, value in values.items() if field in ROWS]
    changed, gone = [row for part, _gone in rows for row in part], [row for _changed, part in rows for row in part]
    for row in changed:
        row.full_clean(exclude=["call"], validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            save_all(call, changed, gone)
    except IntegrityError as error:
        raise explained(error, call, changed) from error


def save_all(call, changed, gone):
    call.save()
    for row in gone:
        row.delete()
    for row in changed:
        row.save()


def explained(error, call, rows):
    """In the words of the rule that is broken: asking the database first costs a query a rule."""
    try:
        call.validate_constraints()
        for row in rows:
            row.validate_constraints(exclude=["call"])
    except ValidationError as broken:
        return broken
    return error


def matched(call, field, values):
    """(rows to save, rows to delete) so that the call's rows say these values.

    Rows that are there already are changed rather than made anew: calendars know a cut-off by its number.
    """
    rows, wanted = own_rows(call, field), list(values)
    if field == "cutoffs":
        rows, wanted = same_moments_first(rows, wanted)
    added = [ROWS[field](call=call, **place) for place in places(call, field, len(wanted) - len(rows))]
    pairs = zip(rows[: len(wanted)] + added, wanted, strict=True)
    return [filled(row, row_fields(field, value)) for row, value in pairs], rows[len(wanted) :]


def places(call, field, number):
    """Where so many new rows stand: behind the last; cut-offs stand in order of time."""
    last = 0 if field == "cutoffs" else max((row.order for row in getattr(call, field).all()), default=0)
    return [{} if field == "cutoffs" else {"order": last + n} for n in range(1, number + 1)]


def same_moments_first(rows, wanted):
    """Both lists with the pairs of the same moment in front, so that no row takes a moment that another still has."""
    moments = {value["at"]: value for value in wanted}
    kept = [row for row in rows if canonical_moment(row.at) in moments]
    known = {canonical_moment(row.at) for row in kept}
    other_rows = [row for row in rows if row not in kept]
    others = [value for value in wanted if value["at"] not in known]
    return kept + other_rows, [moments[canonical_moment(row.at)] for row in kept] + others


def filled(row, fields):
    for name, value in fields.items():
        setattr(row, name, value)
    return row


def reasons(error):
    """What a ValidationError says, on one line."""
    if not isinstance(error, ValidationError):
        return str(error)
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    named = ((field, " ".join(messages)) for field, messages in error.message_dict.items())
    return "; ".join(f"{name_of(field)}: {text}" if field in FIELDS else text for field, text in named)
