"""The overview page of the editors' desk, with what only accounts know: followers and mails."""

from datetime import timedelta

from django.contrib.admin import site
from django.contrib.auth.decorators import permission_required
from django.db.models import Count, Q
from django.db.models.functions import TruncWeek
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Follow, Message
from accounts.retention import SENT
from calls.desk.overview import bars, listed, overview_of_calls
from funds.models import Theme

THEMES_SHOWN = 12


@require_safe
@permission_required("calls.view_call", raise_exception=True)
def overview(request):
    context = site.each_context(request) | {"title": _("Overview")}
    context |= overview_of_calls(request.user) | {"followed": followed(request.user), "mails": mails()}
    return TemplateResponse(request, "admin/overview.html", context)


def followed(user):
    """The most followed themes as bars, and how many people follow any; two queries."""
    rows = Theme.objects.annotate(n=Count("followers")).filter(n__gt=0).order_by("-n", "name")[:THEMES_SHOWN]
    people = Follow.objects.aggregate(n=Count("user", distinct=True))["n"]
    return {
        "bars": bars([(theme.name, theme.n, listed(user, Theme, q=theme.name)) for theme in rows]),
        "people": people,
    }


def mails():
    """The mails of the weeks that are still known of, and what waits or failed; two queries."""
    since = monday(localtime(timezone.now() - SENT))
    sent = Message.objects.filter(sent_at__gte=since).order_by()
    numbers = {localtime(week).date(): n for week, n in sent.values_list(TruncWeek("sent_at")).annotate(n=Count("pk"))}
    weeks = [
        since.date() + timedelta(weeks=n) for n in range(6) if since.date() + timedelta(weeks=n) <= localtime().date()
    ]
    rows = [(_("week of %(day)s") % {"day": date_format(week, "j F")}, numbers.get(week, 0), "") for week in weeks]
    waiting = Message.objects.aggregate(
        waiting=Count("pk", filter=Q(sent_at=None, failed_at=None)), failed=Count("pk", filter=~Q(failed_at=None))
    )
    return {"bars": bars(rows), "total": sum(numbers.values())} | waiting


def monday(moment):
    """The beginning of its week."""
    return (moment - timedelta(days=moment.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
