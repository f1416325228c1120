"""When a topic of the EU portal opens and closes."""

import re

from django.utils.translation import gettext as _

from calls.imports.budgets import lines_of
from calls.imports.values import (
    Unreadable,
    closing,
    embedded,
    first,
    listed,
    moment,
    opening,
    overview_of,
    plain,
)
from calls.status import DeadlineModel

DEADLINE_MODELS = {
    "singlestage": DeadlineModel.SINGLE_STAGE,
    "twostage": DeadlineModel.TWO_STAGE,
    "multiplecutoff": DeadlineModel.MULTIPLE_CUTOFF,
}
GRANT = "1"  # the type whose dates have no hour
MOST_DATES = 100


def actions_of(metadata):
    found = [embedded(value) for value in listed(metadata.get("actions"))]
    return [action for value in found for action in listed(value) if isinstance(action, dict)]


def spoken_of(metadata, name, name_in_actions):
    """The dates of a record, from its metadata or else its actions; None when neither speaks of them."""
    if isinstance(metadata.get(name), list):
        return listed(metadata[name])
    actions = [action for action in actions_of(metadata) if name_in_actions in action]
    return [value for action in actions for value in listed(action[name_in_actions])] if actions else None


def dates_of(metadata):
    """Opening, deadline and cut-offs: of several dates the last is the deadline, the others come before it."""
    timed = first(metadata, "type") != GRANT
    values = deadlines_of(metadata, timed)
    opens = spoken_of(metadata, "startDate", "plannedOpeningDate")
    try:
        opens_at = min((opening(value, timed) for value in opens), default=None) if opens is not None else None
    except Unreadable:
        return values
    deadline = values.get("deadline")
    if opens is not None and not (opens_at and deadline and opens_at >= moment(deadline)):
        values["opens_at"] = opens_at and opens_at.isoformat()
    return values


def deadlines_of(metadata, timed):
    said = spoken_of(metadata, "deadlineDate", "deadlineDates")
    if said is None:
        return {}
    if len(said) > MOST_DATES:
        raise Unreadable(_("The record has %(number)s deadlines.") % {"number": len(said)})
    dates = sorted({closing(value, timed) for value in said})
    if not dates:
        return {"deadline": None, "deadline_model": DeadlineModel.UNKNOWN.value, "cutoffs": []}
    model = deadline_model_of(metadata, dates)
    cutoffs = [{"label": label_of(number, model), "at": at.isoformat()} for number, at in enumerate(dates[:-1], 1)]
    return {"deadline": dates[-1].isoformat(), "deadline_model": model.value, "cutoffs": cutoffs}


def label_of(number, model):
    return _("stage %(number)s") % {"number": number} if model == DeadlineModel.TWO_STAGE else ""


def deadline_model_of(metadata, dates):
    """As the portal says it, in one of three places; one that does not fit the dates gives way to them."""
    procedures = [action.get("submissionProcedure") for action in actions_of(metadata)]
    said = listed(metadata.get("deadlineModel"))
    said += [procedure.get("abbreviation") for procedure in procedures if isinstance(procedure, dict)]
    said += [line.get("deadlineModel") for line in lines_of(overview_of(metadata)) if line_dates(line) == dates]
    names = [re.sub(r"[\W_]", "", plain(name).lower()) for name in said]
    model = next((DEADLINE_MODELS[name] for name in names if name in DEADLINE_MODELS), None)
    if len(dates) == 1:
        return model or DeadlineModel.SINGLE_STAGE
    return model if model and model != DeadlineModel.SINGLE_STAGE else DeadlineModel.MULTIPLE_CUTOFF


def line_dates(line):
    try:
        return sorted({closing(value, False) for value in listed(line.get("deadlineDates"))})
    except Unreadable:
        return []
