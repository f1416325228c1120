"""Everything about calls as CSV and as JSON, made piece by piece while it is sent."""

import csv
import json
from decimal import Decimal
from io import StringIO
from itertools import batched

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Choices
from django.utils.html import escape
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from calls.linked_data import moment
from calls.models import Call
from calls.plain import plain
from calls.status import DeadlineModel

CHUNK = 500
# A cell that begins with one of these is a formula to a spreadsheet: =cmd|'/c calc'!A1.
FORMULA = tuple("=+-@\t\r\n＝＋－＠")

# The name of each fact in JSON, which the API has too, and what the spreadsheet and /open-data/ call it.
LABELS = {
    "url": gettext_lazy("address"),
    "title": gettext_lazy("title"),
    "title_language": gettext_lazy("language of the title"),
    "code": gettext_lazy("code"),
    "fund": gettext_lazy("fund"),
    "themes": gettext_lazy("themes"),
    "who_may_apply": gettext_lazy("types of organisation"),
    "status": gettext_lazy("status"),
    "opens_at": gettext_lazy("opens"),
    "cutoffs": gettext_lazy("cut-offs"),
    "deadline": gettext_lazy("deadline"),
    "deadline_model": gettext_lazy("deadline model"),
    "amounts": gettext_lazy("amounts (euro)"),
    "rates": gettext_lazy("co-financing rates (%)"),
    "source_url": gettext_lazy("source"),
    "published_at": gettext_lazy("published at"),
    "updated_at": gettext_lazy("updated at"),
    "introduction": gettext_lazy("introduction"),
    "objectives": gettext_lazy("objectives"),
    "actions": gettext_lazy("actions"),
    "budget_text": gettext_lazy("budget, in words"),
    "beneficiaries": gettext_lazy("beneficiaries"),
    "target_group": gettext_lazy("target group"),
    "final_beneficiaries": gettext_lazy("final beneficiaries"),
    "info_contact": gettext_lazy("info and contact"),
    "documents": gettext_lazy("attachments"),
}


def facts_of(call, absolute):
    """{name: value} of a call fetched with `for_export`, in the order of LABELS: texts, lists, Decimals, None.

    Moments are ISO 8601 on the Belgian clock. `absolute` makes an address whole.
    """
    facts = {
        "url": absolute(call.get_absolute_url()),
        "title": call.title,
        "title_language": call.title_language,
        "code": call.code,
        "fund": str(call.fund) if call.fund else None,
        "themes": [theme.name for theme in call.themes.all()],
        "who_may_apply": [one.name for one in call.who_may_apply],
        "status": call.status,
        "opens_at": moment(call.opens_at),
        "cutoffs": [{"label": cutoff.label, "at": moment(cutoff.at)} for cutoff in call.cutoffs.all()],
        "deadline": moment(call.deadline),
        "deadline_model": DeadlineModel(call.deadline_model),
        "amounts": [
            {"label": row.label, "amount": row.amount, "shared": row.shared, "note": row.note} for row in call.amounts
        ],
        "rates": [
            {"label": row.label, "rate": row.rate, "note": row.note}
            for row in call.budgets.all()
            if row.rate is not None
        ],
        "source_url": call.source_url,
        "published_at": moment(call.published_at),
        "updated_at": moment(call.updated_at),
        "documents": [{"title": row.title, "url": absolute(row.get_absolute_url())} for row in call.documents.all()],
    }
    facts |= plain_texts(call)
    return {name: facts[name] for name in LABELS}


def plain_texts(call):
    """The long texts without markup, the rows of objectives and actions in their places."""
    objectives = [f"<li>{row.text}</li>" for row in call.objectives.all()]
    actions, group = [], ""
    for row in call.actions.all():
        actions += [f"<p>{escape(row.group)}:</p>"] if row.group and row.group != group else []
        actions, group = [*actions, f"<li>{row.text}</li>"], row.group
    texts = {
        "introduction": call.introduction,
        "objectives": "".join([call.objectives_before, *objectives, call.objectives_after]),
        "actions": "".join([call.actions_before, *actions, call.actions_after]),
        "budget_text": call.budget_text,
        "beneficiaries": call.beneficiaries,
        "target_group": call.target_group,
        "final_beneficiaries": call.final_beneficiaries,
        "info_contact": call.info_contact,
    }
    return {name: plain(html) for name, html in texts.items()}


def rows(selection):
    """The calls of a selection one after another; one that was deleted or withdrawn meanwhile is left out."""
    for pks in batched(selection.pks(), CHUNK, strict=False):
        yield from Call.objects.published().for_export().in_order(pks)


# JSON ----------------------------------------------------------------------------------------------------------------


def as_json(selection, absolute, about):
    """One object: what `about` says, the calls, and at the end how many there really were."""
    total = 0
    yield f'{json_of(about)[:-1]}, "calls": ['
    for total, call in enumerate(rows(selection), 1):
        yield f"{',' if total > 1 else ''}\n{json_of(facts_of(call, absolute))}"
    yield f'\n], "total": {total}}}\n'


def json_of(value):
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


# CSV -----------------------------------------------------------------------------------------------------------------


def as_csv(selection, absolute):
    """For a Belgian spreadsheet: semicolons, decimal commas, and a mark at the beginning that says UTF-8."""
    yield "\ufeff" + line(capfirst(str(label)) for label in LABELS.values())
    for call in rows(selection):
        yield line(map(cell, facts_of(call, absolute).values()))


def line(cells):
    buffer = StringIO()
    csv.writer(buffer, delimiter=";").writerow([harmless(text) for text in cells])
    return buffer.getvalue()


def harmless(text):
    return f"'{text}" if text.startswith(FORMULA) else text


def cell(value):
    """A fact as text in a spreadsheet; several are divided by a bar."""
    match value:
        case None:
            return ""
        case bool():
            return _("one pot for several calls") if value else ""
        case Choices():
            return str(value.label)
        case Decimal():
            return str(value).replace(".", ",")
        case list():
            return " | ".join(map(cell, value))
        case dict():
            name, *rest = map(cell, value.values())
            said = "; ".join(filter(None, rest))
            return f"{name}: {said}" if name else said
    return value
