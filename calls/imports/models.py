"""What the EU Funding & Tenders Portal says of calls, beside what we say of them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Record(models.Model):
    """A topic as the portal last told it, and the call that came of it."""

    key = models.CharField(max_length=100, unique=True, editable=False)  # the identifier in capitals
    identifier = models.CharField(_("identifier"), max_length=100)
    reference = models.CharField(_("reference"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=5)
    checksum = models.CharField(_("checksum"), max_length=64, blank=True)
    status = models.CharField(_("status on the portal"), max_length=20, blank=True)
    raw = models.JSONField(_("raw record"))
    call = models.ForeignKey(
        "calls.Call", models.SET_NULL, null=True, blank=True, related_name="records", verbose_name=_("call")
    )
    # {field: value}, as in `Proposal`: what the call took over from the portal, and what an editor would not take.
    taken = models.JSONField(default=dict)
    declined = models.JSONField(default=dict)
    ignored = models.BooleanField(_("never ask again"), default=False)
    first_seen_at = models.DateTimeField(_("first seen"), default=timezone.now)
    seen_at = models.DateTimeField(_("last seen"), default=timezone.now)
    gone_at = models.DateTimeField(_("gone since"), null=True, blank=True)

    class Meta:
        verbose_name = _("record of the EU portal")
        verbose_name_plural = _("records of the EU portal")
        ordering = ("identifier",)

    def __str__(self):
        return self.identifier

    def save(self, **kwargs):
        self.key = self.identifier.upper()
        super().save(**kwargs)


class ProposalQuerySet(models.QuerySet):
    def open(self):
        """The inbox: what nobody has decided yet."""
        return self.filter(decision="")


class Proposal(models.Model):
    """One difference between the portal and a call, for an editor to decide: a row of the inbox."""

    class Kind(models.TextChoices):
        NEW = "new", _("New")
        CHANGED = "changed", _("Changed")
        GONE = "gone", _("Gone")

    class Decision(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        KEPT = "kept", _("Kept ours")
        NEVER = "never", _("Never ask again")

    record = models.ForeignKey(Record, models.CASCADE, related_name="proposals", verbose_name=_("record"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    field = models.CharField(_("field"), max_length=50, blank=True)  # of the call, where it changed
    # Values as JSON: text, ISO moment, or a list of rows.
    old = models.JSONField(_("ours"), null=True, blank=True)
    new = models.JSONField(_("the portal's"), null=True, blank=True)
    proposed_at = models.DateTimeField(_("proposed"), default=timezone.now)
    decision = models.CharField(_("decision"), max_length=10, choices=Decision, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, verbose_name=_("decided by")
    )

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposal of the EU portal")
        verbose_name_plural = _("inbox of the EU portal")
        ordering = ("-proposed_at", "-pk")
        constraints = [
            models.UniqueConstraint(
                fields=["record", "kind", "field"],
                condition=Q(decision=""),
                name="proposal_open_once",
                violation_error_message=_("This is in the inbox already."),
            ),
        ]

    def __str__(self):
        return f"{self.record_id}: {self.get_kind_display()} {self.field}".strip()


class ImportRun(models.Model):
    """One run of import_calls, and what came of it."""

    source = models.CharField(_("source"), max_length=500)
    began_at = models.DateTimeField(_("began"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    complete = models.BooleanField(_("complete"), default=False)  # only then something can be gone
    counts = models.JSONField(_("numbers"), default=dict)  # {new, changed, unchanged, gone, broken, passed_over}
    broken = models.JSONField(_("broken records"), default=list)  # [[identifier or place, reason]]
    trouble = models.CharField(_("trouble"), max_length=1000, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ("-began_at", "-pk")

    def __str__(self):
        return f"{self.source} ({self.began_at:%Y-%m-%d %H:%M})"
