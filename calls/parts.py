"""The parts of a call, each edited on its call's page."""

from pathlib import PurePath

from django.core.exceptions import ValidationError
from django.core.validators import FileExtensionValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from calls.documents import check_file, store
from calls.querysets import CallRowQuerySet
from portal.dates import validate_sensible
from portal.models import Row
from portal.richtext import RichTextField
from portal.templatetags.portal import web


class CallRow(Row):
    objects = CallRowQuerySet.as_manager()

    class Meta(Row.Meta):
        abstract = True

    def natural_key(self):
        return (self.call.slug, self.order)


class Objective(CallRow):
    call = models.ForeignKey("calls.Call", models.CASCADE, related_name="objectives")
    text = RichTextField(_("text"), blank=False)

    class Meta(CallRow.Meta):
        verbose_name = _("objective")
        verbose_name_plural = _("objectives")

    def __str__(self):
        return self.get_text_excerpt()


class Action(CallRow):
    call = models.ForeignKey("calls.Call", models.CASCADE, related_name="actions")
    group = models.CharField(
        _("group"), max_length=500, blank=True, help_text=_("The heading of the group this action belongs to, if any.")
    )
    text = RichTextField(_("text"), blank=False)

    class Meta(CallRow.Meta):
        verbose_name = _("action")
        verbose_name_plural = _("actions")

    def __str__(self):
        return self.get_text_excerpt()


class Budget(CallRow):
    """One amount of a call, a co-financing rate, or both."""

    call = models.ForeignKey("calls.Call", models.CASCADE, related_name="budgets")
    label = models.CharField(_("what or who"), max_length=200, blank=True)
    amount = models.DecimalField(
        _("amount (euro)"), max_digits=15, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    rate = models.DecimalField(
        _("co-financing rate (%)"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    shared = models.BooleanField(
        _("shared"), default=False, help_text=_("One pot for several calls: never add it up with theirs.")
    )
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta(CallRow.Meta):
        verbose_name = _("budget line")
        verbose_name_plural = _("budget lines")
        constraints = [
            models.CheckConstraint(
                name="budget_says_something",
                condition=Q(amount__isnull=False) | Q(rate__isnull=False),
                violation_error_message=_("Fill in an amount, a co-financing rate, or both."),
            ),
            models.CheckConstraint(
                name="budget_rate_is_percentage",
                condition=Q(rate=None) | Q(rate__gte=0, rate__lte=100),
                violation_error_message=_("A co-financing rate lies between 0 and 100 percent."),
            ),
            models.CheckConstraint(
                name="budget_amount_not_negative",
                condition=Q(amount=None) | Q(amount__gte=0),
                violation_error_message=_("An amount cannot be negative."),
            ),
        ]

    def __str__(self):
        return self.label or (f"{self.rate}%" if self.amount is None else f"€ {number_format(self.amount)}")


def count_date_change(row, fields, save_options):
    """Raises the row's `sequence` when a date in the fields differs from the stored one; for use in save()."""
    stored = type(row)._base_manager.filter(pk=row.pk).values_list(*fields).first()
    if stored and stored != tuple(getattr(row, field) for field in fields):
        row.sequence += 1
        if save_options.get("update_fields") is not None:
            save_options["update_fields"] = {*save_options["update_fields"], "sequence"}


class CutoffQuerySet(models.QuerySet):
    def get_by_natural_key(self, call, at):
        return self.get(call__slug=call, at=at)


class Cutoff(models.Model):
    """An earlier stage or cut-off date before the final deadline."""

    call = models.ForeignKey("calls.Call", models.CASCADE, related_name="cutoffs")
    label = models.CharField(_("label"), max_length=200, blank=True, help_text=_("For example “stage 1”."))
    at = models.DateTimeField(_("date and hour"), validators=[validate_sensible], help_text=_("Belgian time."))
    sequence = models.PositiveIntegerField(default=0, editable=False)

    objects = CutoffQuerySet.as_manager()

    class Meta:
        verbose_name = _("cut-off")
        verbose_name_plural = _("cut-offs")
        ordering = ("at",)
        constraints = [
            models.UniqueConstraint(
                fields=["call", "at"],
                name="cutoff_unique",
                violation_error_message=_("This call has a cut-off at this moment already."),
            ),
        ]

    def __str__(self):
        return self.label or f"{localtime(self.at):%d/%m/%Y %H:%M}"

    def save(self, **kwargs):
        if not self._state.adding:
            count_date_change(self, ["at"], kwargs)
        super().save(**kwargs)

    def clean(self):
        if self.at and self.call.deadline and self.at >= self.call.deadline:
            raise ValidationError({"at": _("A cut-off comes before the final deadline.")})

    def natural_key(self):
        return (self.call.slug, self.at)

    @property
    def is_past(self):
        return self.at <= timezone.now()


class Document(CallRow):
    """An attachment: a file that we keep, or a link to the funder's.

    The file of a row that goes stays in the storage: an older version of the call may bring the row back.
    """

    EXTENSIONS = ["pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "odp", "png", "jpg", "jpeg"]

    call = models.ForeignKey("calls.Call", models.CASCADE, related_name="documents")
    title = models.CharField(_("title"), max_length=200)
    file = models.FileField(_("file"), upload_to="%Y/%m/", blank=True, validators=[FileExtensionValidator(EXTENSIONS)])
    link = models.URLField(_("link"), max_length=500, blank=True)

    class Meta(CallRow.Meta):
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        constraints = [
            models.CheckConstraint(
                name="document_file_or_link",
                condition=(Q(file="") & ~Q(link="")) | (~Q(file="") & Q(link="")),
                violation_error_message=_("Give a file or a link, one of the two."),
            ),
        ]

    def __str__(self):
        return self.title

    def save(self, **kwargs):
        if self.file and not self.file._committed:
            store(self.file)
        super().save(**kwargs)

    def clean(self):
        """A new file is what its name says; the field itself has looked at the extension."""
        if self.file and not self.file._committed and self.extension.lower() in self.EXTENSIONS:
            try:
                check_file(self.file)
            except ValidationError as error:
                raise ValidationError({"file": error}) from error

    @property
    def extension(self):
        return PurePath(self.file.name).suffix.removeprefix(".")

    @property
    def size(self):
        """In bytes; None when the file is lost, which must not take the call's page down."""
        try:
            return self.file.size
        except OSError:
            return None

    def get_absolute_url(self):
        return web(self.link) or reverse("document", args=[self.call.slug, self.pk])
