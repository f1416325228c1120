"""What there is to tell of calls: that they are new, and what changed in them."""

from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

QUIET = timedelta(minutes=30)
# For an edit that began within the quiet period and is saved after it.
MARGIN = timedelta(minutes=1)


class Announcement(models.Model):
    """A moment at which calls were first seen to be published. A greater number is always committed later."""

    at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return str(self.pk)


class ChangeQuerySet(models.QuerySet):
    def untold(self):
        """Those that followers may still have to hear of, once nothing has been added for a while."""
        return self.filter(told_at=None, minor=False)

    def settled(self, now):
        return self.filter(changed_at__lte=now - QUIET - MARGIN)


class Change(models.Model):
    """What changed in a published call, edits of one quiet period joined; the lines of its public change log."""

    call = models.ForeignKey("calls.Call", models.CASCADE, related_name="changes")
    # {fact: [lines before, lines after]}, in Dutch as the page says them; the facts are those of calls.changes.FACTS.
    facts = models.JSONField()
    minor = models.BooleanField(_("minor"), default=False)
    began_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    told_at = models.DateTimeField(null=True, blank=True)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of a call")
        verbose_name_plural = _("changes of calls")
        ordering = ("-changed_at", "-pk")

    def __str__(self):
        return f"{self.call_id}: {', '.join(self.facts)}"
