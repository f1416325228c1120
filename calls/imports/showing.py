"""A difference between the portal and a call, as an editor reads it."""

from datetime import datetime
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from calls.changes import budget_line, said
from calls.desk.comparing import marked
from calls.imports.fields import MOMENTS, RICH
from calls.imports.models import Proposal
from calls.models import Budget, Call
from calls.plain import plain
from portal.templatetags.portal import euro

SHORT = 500  # signs of both texts together; a longer difference folds away
CHOICES = {"title_language": Call.Language, "deadline_model": Call.DeadlineModel}


def cutoff(row):
    at = said(datetime.fromisoformat(row["at"]))
    return f"{row['label']}: {at}" if row["label"] else at


def budget(row):
    numbers = {name: row[name] and Decimal(row[name]) for name in ("amount", "rate")}
    return budget_line(Budget(**row | numbers))


def document(row):
    return f"{row['title']} ({row['link']})"


ROW = {"cutoffs": cutoff, "budgets": budget, "documents": document}


def shown(field, value):
    """A canonical value in words; rich text stays HTML."""
    if not value:
        return ""
    if field in ROW:
        return "\n".join(ROW[field](row) for row in value)
    if field in MOMENTS:
        return said(datetime.fromisoformat(value))
    return str(CHOICES[field](value).label) if field in CHOICES else value


def facts(call):
    """What an editor decides a new call by; nothing once its draft is gone."""
    if call is None:
        return ""
    known = [(_("Deadline"), said(call.deadline) if call.deadline else "")]
    known += [(_("Budget"), euro(sum(budget.amount for budget in call.amounts)) if call.amounts else "")]
    lines = format_html_join("", "<br>{}: <strong>{}</strong>", ((name, value or "-") for name, value in known))
    return format_html("<small>{}</small>", lines)


def difference(proposal):
    """Safe HTML: ours and the portal's in one, with what differs marked."""
    if proposal.kind == Proposal.Kind.NEW:
        return format_html("{}{}", _("The portal has a new topic; a draft is ready."), facts(proposal.record.call))
    if proposal.kind == Proposal.Kind.GONE:
        return _("The portal does not have this topic any more.")
    old, new = shown(proposal.field, proposal.old), shown(proposal.field, proposal.new)
    marks = format_html('<div class="difference">{}</div>', marked(old, new))
    if len(old) + len(new) <= SHORT:
        return marks
    text = plain(new) if proposal.field in RICH else new
    start = Truncator(" ".join(text.split())).chars(160) or _("The portal says nothing any more.")
    return format_html("<details><summary>{}</summary>{}</details>", start, marks)
