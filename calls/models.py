import re
from urllib.parse import urlsplit

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from calls.desk.models import EmptySearch, Link, Problem
from calls.imports.models import ImportRun, Proposal, Record
from calls.news import Announcement, Change
from calls.parts import Action, Budget, Cutoff, Document, Objective, count_date_change
from calls.querysets import CallQuerySet
from calls.search.models import SearchEntry, Stamp, Synonym, Word
from calls.status import DeadlineModel, Publication, Status, next_date_of, publication_of, status_of
from funds.models import ApplicantType, Fund, Theme
from portal.dates import validate_sensible
from portal.models import Addressed
from portal.richtext import RichTextField

__all__ = [
    "Action",
    "Announcement",
    "Budget",
    "Call",
    "Change",
    "Cutoff",
    "Document",
    "EmptySearch",
    "ImportRun",
    "Link",
    "Objective",
    "Problem",
    "Proposal",
    "Record",
    "SearchEntry",
    "Stamp",
    "Synonym",
    "Word",
]


def family_of(code):
    """What the codes of yearly editions share: AMIF-2020-AG-CALL-02 → amif-ag-call-02; without a year nothing."""
    family, years = re.subn(r"(?<!\d)(?:19|20)\d\d(?!\d)", " ", code)
    return slugify(family.replace("/", " "))[:100] if years else ""


class Call(Addressed):
    """One invitation to submit project proposals."""

    Status = Status
    DeadlineModel = DeadlineModel

    class Language(models.TextChoices):
        NL = "nl", _("Dutch")
        EN = "en", _("English")
        FR = "fr", _("French")
        DE = "de", _("German")

    title = models.CharField(_("title"), max_length=500, db_index=True)  # the checks look for the same title
    title_language = models.CharField(
        _("language of the title"),
        max_length=2,
        choices=Language,
        default=Language.NL,
        help_text=_("So that screen readers pronounce it well."),
    )
    code = models.CharField(
        _("code"), max_length=100, blank=True, db_index=True, help_text=_("As the funder writes it, in any notation.")
    )
    fund = models.ForeignKey(Fund, models.PROTECT, null=True, blank=True, related_name="calls", verbose_name=_("fund"))
    themes = models.ManyToManyField(Theme, blank=True, related_name="calls", verbose_name=_("themes"))
    applicant_types = models.ManyToManyField(
        ApplicantType,
        blank=True,
        related_name="calls",
        verbose_name=_("types of organisation"),
        help_text=_("Who may apply to this call; leave empty where the fund's types hold."),
    )

    introduction = RichTextField(_("introduction"))
    objectives_before = RichTextField(_("text before the objectives"))
    objectives_after = RichTextField(_("text after the objectives"))
    actions_before = RichTextField(_("text before the actions"))
    actions_after = RichTextField(_("text after the actions"))
    budget_text = RichTextField(_("budget, in words"), help_text=_("As the source says it."))
    beneficiaries = RichTextField(_("beneficiaries"))
    target_group = RichTextField(_("target group"))
    final_beneficiaries = RichTextField(_("final beneficiaries"))
    info_contact = RichTextField(_("info and contact"))

    opens_at = models.DateTimeField(
        _("opens"),
        null=True,
        blank=True,
        validators=[validate_sensible],
        help_text=_("Leave empty if the source does not say it."),
    )
    deadline = models.DateTimeField(
        _("deadline"),
        null=True,
        blank=True,
        validators=[validate_sensible],
        help_text=_("The final one; earlier dates go below."),
    )
    deadline_model = models.CharField(
        _("deadline model"), max_length=20, choices=DeadlineModel, default=DeadlineModel.UNKNOWN
    )
    source_url = models.URLField(
        _("source"), max_length=500, blank=True, help_text=_("The funder's page of this call.")
    )
    published_at = models.DateTimeField(
        _("published at"),
        validators=[validate_sensible],
        null=True,
        blank=True,
        db_index=True,
        help_text=_("Empty: a draft that only staff can see. In the future: appears then, by itself."),
    )
    withdrawn_at = models.DateTimeField(
        _("withdrawn at"),
        validators=[validate_sensible],
        null=True,
        blank=True,
        help_text=_("From then on the page says that the funder withdrew the call, and no list shows it."),
    )
    family = models.CharField(
        _("family"),
        max_length=100,
        blank=True,
        db_index=True,
        help_text=_(
            "Calls of one family are editions of the same call. Made from the code, without its year; "
            "give two calls the same family to link them, or empty it to unlink."
        ),
    )
    sequence = models.PositiveIntegerField(
        _("date changes"),
        default=0,
        editable=False,
        help_text=_("How often the deadline changed; calendar programs see by it which event is newer."),
    )
    own_fields = models.JSONField(
        _("fields that stay ours"),
        default=list,
        blank=True,
        help_text=_("The import from the EU portal never touches these and never asks about them."),
    )
    announcement = models.ForeignKey(Announcement, models.PROTECT, null=True, blank=True, editable=False)
    # The facts and the reach of a call that went out of sight, as calls.changes.last_seen gives them.
    last_seen = models.JSONField(null=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    # What a list shows of a search, once it has marked its words.
    marked_title = snippet = ""

    objects = CallQuerySet.as_manager()

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        ordering = ("-deadline", "-pk")
        permissions = [("publish_call", "Can publish calls")]
        indexes = [
            models.Index(fields=["deadline", "opens_at"], name="call_dates"),
            models.Index(fields=["id"], condition=Q(last_seen__isnull=False), name="call_out_of_sight"),
        ]
        constraints = [
            models.CheckConstraint(
                name="call_opens_before_deadline",
                condition=Q(opens_at=None) | Q(deadline=None) | Q(opens_at__lt=F("deadline")),
                violation_error_message=_("A call must open before its deadline."),
            ),
            models.CheckConstraint(
                name="call_deadline_fits_its_model",
                condition=Q(deadline=None, deadline_model__in=DeadlineModel.without_deadline())
                | Q(deadline__isnull=False, deadline_model__in=DeadlineModel.with_deadline()),
                violation_error_message=_(
                    "A rolling or unknown deadline has no date; every other deadline model needs one."
                ),
            ),
        ]

    def __str__(self):
        return self.title

    def clean(self):
        """A date says enough about the deadline where the editor chose no model."""
        if self.deadline and self.deadline_model == DeadlineModel.UNKNOWN:
            self.deadline_model = DeadlineModel.SINGLE_STAGE

    def save(self, **kwargs):
        if self._state.adding:
            self.family = self.family or family_of(self.code)
        else:
            self.follow_changes(kwargs)
        super().save(**kwargs)

    def follow_changes(self, save_options):
        """A date that changed counts; a family that was made from the code goes with it."""
        count_date_change(self, ["deadline", "withdrawn_at"], save_options)
        stored = type(self)._base_manager.filter(pk=self.pk).values_list("code", "family").first()
        if stored and stored[0] != self.code and self.family == stored[1] == family_of(stored[0]):
            self.family = family_of(self.code)
            if save_options.get("update_fields") is not None:
                save_options["update_fields"] = {*save_options["update_fields"], "family"}

    def slug_source(self):
        return self.title

    def get_absolute_url(self):
        return reverse("call", args=[self.slug])

    def natural_key(self):
        return (self.slug,)

    @classmethod
    def long_texts(cls):
        """The names of the fields that only the call's own page needs."""
        return [field.name for field in cls._meta.fields if isinstance(field, RichTextField)]

    @property
    def source_host(self):
        return urlsplit(self.source_url).hostname

    @property
    def amounts(self):
        """The budget lines that name an amount, beside those that only say a rate."""
        return [budget for budget in self.budgets.all() if budget.amount is not None]

    @property
    def says_who_may_apply(self):
        """In words, which only a reader can tell apart from who profits in the end."""
        return bool(self.beneficiaries or self.target_group or self.final_beneficiaries)

    @property
    def who_may_apply(self):
        """The types of organisation that the call names, else those of its fund."""
        return self.applicant_types.all() or (self.fund.applicant_types.all() if self.fund else [])

    @property
    def has_vleva_contact(self):
        return any(theme.contact for theme in self.themes.all())

    @property
    def status(self):
        return status_of(self, timezone.now())

    @property
    def publication(self):
        return publication_of(self, timezone.now())

    @property
    def is_published(self):
        return self.publication == Publication.PUBLISHED

    @property
    def next_date(self):
        return next_date_of(self.deadline, [cutoff.at for cutoff in self.cutoffs.all()], timezone.now())
