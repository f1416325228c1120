"""What the editors' desk remembers beside the calls: faults found in them, their links, searches without an answer."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Problem(models.Model):
    """A fault that the checks found in a call. calls.desk.checks is the only writer."""

    class Level(models.TextChoices):
        ERROR = "error", _("Error")
        WARNING = "warning", _("Warning")

    call = models.ForeignKey("calls.Call", models.CASCADE, related_name="problems", verbose_name=_("call"))
    level = models.CharField(_("level"), max_length=10, choices=Level)
    code = models.CharField(_("check"), max_length=50)
    field = models.CharField(_("field"), max_length=50, blank=True)
    text = models.CharField(_("what is wrong"), max_length=1000)
    found_at = models.DateTimeField(_("found"), default=timezone.now)

    class Meta:
        verbose_name = _("problem")
        verbose_name_plural = _("problems")
        ordering = ("level", "pk")  # errors first

    def __str__(self):
        return self.text


class LinkQuerySet(models.QuerySet):
    def dead(self):
        """Those that no visitor can open: gone, or without an answer for days."""
        return self.exclude(dead_since=None)


class Link(models.Model):
    """An address that a call points to, and how it answered when it was last tried."""

    url = models.URLField(_("address"), max_length=1000, unique=True)
    status = models.PositiveSmallIntegerField(_("status"), null=True, blank=True)
    trouble = models.CharField(_("trouble"), max_length=300, blank=True)
    checked_at = models.DateTimeField(_("checked"), null=True, blank=True)
    failures = models.PositiveSmallIntegerField(_("failures in a row"), default=0)
    dead_since = models.DateTimeField(_("dead since"), null=True, blank=True)

    objects = LinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        ordering = ("url",)

    def __str__(self):
        return self.url


class EmptySearch(models.Model):
    """How often the search found nothing for these words on a day."""

    words = models.CharField(_("words"), max_length=100)
    day = models.DateField(_("day"))
    times = models.PositiveIntegerField(_("times"), default=1)

    class Meta:
        verbose_name = _("search without a result")
        verbose_name_plural = _("searches without a result")
        ordering = ("-day", "-times")
        constraints = [
            models.UniqueConstraint(
                fields=["words", "day"],
                name="empty_search_once_a_day",
                violation_error_message=_("These words are counted on this day already."),
            ),
        ]

    def __str__(self):
        return self.words
