from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact
from portal.models import Addressed, Row
from portal.richtext import RichTextField


class BySlug(models.QuerySet):
    def get_by_natural_key(self, slug):
        return self.get(slug=slug)


class ThemeQuerySet(BySlug):
    def roots(self):
        """The themes of the first level, each with its own themes behind `children`."""
        return self.filter(parent=None).prefetch_related("children")

    def within(self, themes):
        """The themes and the themes below them."""
        return self.filter(Q(pk__in=themes) | Q(parent__in=themes))


class Theme(Addressed):
    """What a visitor follows; a tree of two levels."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        limit_choices_to={"parent": None},
        verbose_name=_("main theme"),
        help_text=_("Leave empty for a main theme."),
    )
    contact = models.ForeignKey(
        Contact,
        models.SET_NULL,
        null=True,
        blank=True,
        limit_choices_to={"kind": Contact.Kind.VLEVA},
        verbose_name=_("VLEVA contact"),
        help_text=_("Logged-in users see this colleague as their contact for the theme."),
    )

    objects = ThemeQuerySet.as_manager()

    class Meta:
        verbose_name = _("theme")
        verbose_name_plural = _("themes")
        ordering = (Lower("name"),)
        constraints = [
            models.CheckConstraint(
                name="theme_not_its_own_parent",
                condition=Q(parent=None) | ~Q(parent=F("pk")),
                violation_error_message=_("A theme cannot stand under itself."),
            ),
        ]

    def __str__(self):
        return self.name

    def clean(self):
        if self.parent and self.parent_id == self.pk:
            # The constraint says so too, but a form without the primary key passes that over.
            raise ValidationError({"parent": _("A theme cannot stand under itself.")})
        if self.parent and self.parent.parent_id:
            raise ValidationError({"parent": _("Themes have two levels: choose a main theme.")})
        if self.parent and self.pk and self.children.exists():
            raise ValidationError({"parent": _("This theme has themes below it, so it must stay a main theme.")})

    def get_absolute_url(self):
        return reverse("theme", args=[self.slug])

    def natural_key(self):
        return (self.slug,)


class ApplicantType(Addressed):
    """A kind of organisation that may apply."""

    name = models.CharField(_("name"), max_length=100, unique=True)

    objects = BySlug.as_manager()

    class Meta:
        verbose_name = _("type of organisation")
        verbose_name_plural = _("types of organisation")
        ordering = (Lower("name"),)

    def __str__(self):
        return self.name

    def natural_key(self):
        return (self.slug,)


class FundQuerySet(BySlug):
    def for_page(self):
        """All that a fund's page shows, in a fixed number of queries."""
        return self.prefetch_related("themes", "applicant_types", "objectives", "budgets", "fund_contacts__contact")


class Fund(Addressed):
    """An EU fund in one programme period."""

    name = models.CharField(_("name"), max_length=200)
    abbreviation = models.CharField(_("abbreviation"), max_length=30)
    period = models.CharField(_("period"), max_length=20, blank=True, help_text=_("For example 2014-2020."))
    introduction = RichTextField(_("introduction"))
    notice = models.TextField(_("notice"), blank=True, help_text=_("Stands out above the fund's text."))
    budget_text = RichTextField(_("budget, in words"))
    read_more = models.URLField(_("read more"), max_length=500, blank=True)
    programme_code = models.CharField(
        _("programme code"),
        max_length=20,
        blank=True,
        help_text=_("The number of this programme on the EU portal; its calls are imported under this fund."),
    )
    themes = models.ManyToManyField(Theme, blank=True, related_name="funds", verbose_name=_("themes"))
    applicant_types = models.ManyToManyField(
        ApplicantType, blank=True, related_name="funds", verbose_name=_("types of organisation")
    )
    contacts = models.ManyToManyField(Contact, through="FundContact", related_name="funds")

    objects = FundQuerySet.as_manager()

    class Meta:
        verbose_name = _("fund")
        verbose_name_plural = _("funds")
        ordering = ("name", "-period")
        constraints = [
            models.UniqueConstraint(
                fields=["abbreviation", "period"],
                name="fund_unique_period",
                violation_error_message=_("This fund is in the list for this period already."),
            ),
        ]

    def __str__(self):
        return f"{self.abbreviation} {self.period}".strip()

    def get_absolute_url(self):
        return reverse("fund", args=[self.slug])

    def natural_key(self):
        return (self.slug,)


class FundRowQuerySet(models.QuerySet):
    def get_by_natural_key(self, fund, order):
        return self.get(fund__slug=fund, order=order)


class FundRow(Row):
    objects = FundRowQuerySet.as_manager()

    class Meta(Row.Meta):
        abstract = True

    def natural_key(self):
        return (self.fund.slug, self.order)


class FundObjective(FundRow):
    fund = models.ForeignKey(Fund, models.CASCADE, related_name="objectives")
    title = models.CharField(_("title"), max_length=200)
    text = RichTextField(_("text"))

    class Meta(FundRow.Meta):
        verbose_name = _("objective")
        verbose_name_plural = _("objectives")

    def __str__(self):
        return self.title


class FundBudget(FundRow):
    fund = models.ForeignKey(Fund, models.CASCADE, related_name="budgets")
    label = models.CharField(_("what for"), max_length=300)
    amount = models.DecimalField(_("amount (euro)"), max_digits=15, decimal_places=2)

    class Meta(FundRow.Meta):
        verbose_name = _("budget line")
        verbose_name_plural = _("budget lines")
        constraints = [
            models.CheckConstraint(
                name="fundbudget_amount_positive",
                condition=Q(amount__gt=0),
                violation_error_message=_("An amount is more than zero."),
            ),
        ]

    def __str__(self):
        return self.label


class FundContact(FundRow):
    """An authority in the role it has for this fund."""

    fund = models.ForeignKey(Fund, models.CASCADE, related_name="fund_contacts")
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="fund_contacts", verbose_name=_("contact"))
    role = models.CharField(_("role"), max_length=200, help_text=_("For example “Verantwoordelijke autoriteit”."))

    class Meta(FundRow.Meta):
        verbose_name = _("authority")
        verbose_name_plural = _("authorities")

    def __str__(self):
        return f"{self.role}: {self.contact}"
