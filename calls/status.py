"""The one definition of a call's status and publication: in Python for a row, in SQL for a set."""

from django.db import models
from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext_lazy as _


class DeadlineModel(models.TextChoices):
    SINGLE_STAGE = "single_stage", _("one deadline")
    TWO_STAGE = "two_stage", _("two stages")
    MULTIPLE_CUTOFF = "multiple_cutoff", _("several cut-offs")
    ROLLING = "rolling", _("rolling: no end date")
    UNKNOWN = "unknown", _("unknown")

    @classmethod
    def without_deadline(cls):
        return [cls.ROLLING, cls.UNKNOWN]

    @classmethod
    def with_deadline(cls):
        return [model for model in cls if model not in cls.without_deadline()]


class Status(models.TextChoices):
    UPCOMING = "upcoming", _("Upcoming")
    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")
    UNKNOWN = "unknown", _("Deadline unknown")


class Publication(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SCHEDULED = "scheduled", _("Scheduled")
    PUBLISHED = "published", _("Published")
    WITHDRAWN = "withdrawn", _("Withdrawn")


def publication_of(call, now):
    """Whether everybody sees the call at an aware moment; the same rules as `publication_conditions`."""
    if call.published_at is None:
        return Publication.DRAFT
    if call.withdrawn_at and call.withdrawn_at <= now:
        return Publication.WITHDRAWN
    return Publication.PUBLISHED if call.published_at <= now else Publication.SCHEDULED


def publication_conditions(now):
    standing = Q(withdrawn_at=None) | Q(withdrawn_at__gt=now)
    return {
        Publication.DRAFT: Q(published_at=None),
        Publication.SCHEDULED: Q(published_at__gt=now) & standing,
        Publication.PUBLISHED: Q(published_at__lte=now) & standing,
        Publication.WITHDRAWN: Q(published_at__isnull=False, withdrawn_at__lte=now),
    }


def status_of(call, now):
    """The status of a call at an aware moment; the same four rules as `status_conditions`."""
    if call.deadline and call.deadline <= now:
        return Status.CLOSED
    if call.opens_at and call.opens_at > now:
        return Status.UPCOMING
    if not call.deadline and call.deadline_model != DeadlineModel.ROLLING:
        return Status.UNKNOWN
    return Status.OPEN


def next_date_of(deadline, cutoffs, now):
    """The first cut-off or deadline after an aware moment (aware datetime), None when there is none."""
    return min((at for at in (*cutoffs, deadline) if at and at > now), default=None)


def status_conditions(now):
    """For each status the Q that holds for its calls alone; together they hold for every call."""
    opened = Q(opens_at=None) | Q(opens_at__lte=now)
    return {
        Status.CLOSED: Q(deadline__lte=now),
        Status.UPCOMING: Q(opens_at__gt=now),
        Status.UNKNOWN: opened & Q(deadline=None) & ~Q(deadline_model=DeadlineModel.ROLLING),
        Status.OPEN: opened & (Q(deadline__gt=now) | Q(deadline_model=DeadlineModel.ROLLING)),
    }


def status_expression(now):
    """The status as a database expression, for annotations and ordering."""
    whens = [When(condition, then=Value(status.value)) for status, condition in status_conditions(now).items()]
    return Case(*whens, output_field=models.CharField())
