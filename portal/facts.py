"""What is true of the site at this moment, in numbers that Prometheus reads."""

from datetime import timedelta

from django.db.models import Count, Max, Min, Q
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from accounts.models import Message
from calls.imports.models import ImportRun, Proposal
from calls.models import Call
from calls.status import Status, status_expression
from portal.readiness import last_sign, readiness

DAY = timedelta(days=1)


class Facts(Collector):
    """Four queries, beside those of the checks; without a database only the checks."""

    def collect(self):
        found = readiness()
        yield gauge(
            "ready", "1 where a check of /readyz/ is ok.", "check", {name: one == "ok" for name, one in found.items()}
        )
        if found["database"] != "ok":
            return
        yield moment("worker_seen", "The last sign of life of a worker.", last_sign())
        yield from mails(timezone.now())
        yield gauge("calls", "Published calls.", "status", calls())
        yield gauge(
            "inbox", "Differences from the EU portal that wait for an editor.", value=Proposal.objects.open().count()
        )
        last = ImportRun.objects.filter(trouble="").aggregate(at=Max("ended_at"))["at"]
        yield moment("import_succeeded", "The end of the last import without trouble.", last and last.timestamp())


def mails(now):
    waiting = Q(sent_at=None, failed_at=None)
    found = Message.objects.aggregate(
        waiting=Count("pk", filter=waiting),
        sent=Count("pk", filter=Q(sent_at__gte=now - DAY)),
        failed=Count("pk", filter=Q(failed_at__gte=now - DAY)),
        oldest=Min("created_at", filter=waiting),
    )
    oldest = found.pop("oldest")
    yield gauge("mails", "Mails that wait, and that were sent or given up in the last 24 hours.", "state", found)
    seconds = (now - oldest).total_seconds() if oldest else 0
    yield gauge("mail_waits_seconds", "How long the oldest mail waits that is not sent.", value=seconds)


def calls():
    """{status: how many published calls}"""
    rows = Call.objects.published().order_by().values_list(status_expression(timezone.now())).annotate(n=Count("pk"))
    return dict.fromkeys(Status.values, 0) | dict(rows)


def gauge(name, says, label="", values=None, value=None):
    family = GaugeMetricFamily(f"portal_{name}", says, value=value, labels=[label] if label else None)
    for key, number in (values or {}).items():
        family.add_metric([key], number)
    return family


def moment(name, says, at):
    """Seconds since 1970; nothing where it never was."""
    return gauge(f"{name}_timestamp_seconds", says, value=at)
