"""The portal's content as a Wagtail developer would model it: pages, orderable rows and a snippet for the fund."""

from datetime import timedelta

from django.core.paginator import Paginator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from wagtail.fields import RichTextField
from wagtail.models import Orderable, Page, PageManager
from wagtail.query import PageQuerySet
from wagtail.search import index
from wagtail.snippets.models import register_snippet

PER_PAGE = 20


@register_snippet
class Fund(models.Model):
    name = models.CharField(max_length=200)
    short = models.CharField(max_length=60)
    slug = models.SlugField(max_length=200)
    about = RichTextField(blank=True)

    def __str__(self):
        return self.short


class HomePage(Page):
    def get_context(self, request, *args, **kwargs):
        calls = CallPage.objects.live().for_cards()
        return super().get_context(request, *args, **kwargs) | {
            "closing": calls.current().filter(next_at__lte=timezone.now() + timedelta(days=60)).by_next_date()[:5],
            "new": calls.current().order_by("-first_published_at", "-pk")[:5],
            "themes": ThemePage.objects.live().filter(above=None).prefetch_related("below"),
            "search_page": CallIndexPage.objects.first(),
        }


class CallIndexPage(Page):
    panel = models.TextField(help_text="The form with all filters, as the portal shows it.")

    def get_context(self, request, *args, **kwargs):
        words = request.GET.get("q", "")
        calls = CallPage.objects.live().for_cards().current()
        calls = calls.defer(None).search(words) if words else calls.by_next_date()
        page = Paginator(calls, PER_PAGE).get_page(request.GET.get("pagina"))
        return super().get_context(request, *args, **kwargs) | {
            "words": words,
            "calls": page,
            "numbers": page.paginator.get_elided_page_range(page.number),
        }


class ThemeIndexPage(Page):
    pass


class ThemePage(Page):
    above = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="below")
    funds = models.ManyToManyField(Fund, related_name="themes")

    def get_context(self, request, *args, **kwargs):
        about = CallPage.objects.filter(Q(themes=self) | Q(themes__above=self))
        calls = CallPage.objects.live().filter(pk__in=about.values("pk"))
        current = calls.current()
        return super().get_context(request, *args, **kwargs) | {
            "current": current.for_cards().by_next_date()[:20],
            "current_total": current.count(),
            "closed": calls.closed().for_cards().order_by("-deadline", "-pk")[:10],
            "funds": list(self.funds.all()),
        }


class CallQuerySet(PageQuerySet):
    def current(self):
        return self.filter(Q(deadline__gt=timezone.now()) | Q(deadline=None))

    def closed(self):
        return self.filter(deadline__lte=timezone.now())

    def by_next_date(self):
        return self.order_by(F("next_at").asc(nulls_last=True), "pk")

    def for_cards(self):
        rows = self.select_related("fund").prefetch_related("themes", "cutoffs", "budgets")
        return rows.defer(*TEXTS)


TEXTS = [
    *("introduction", "objectives_before", "objectives_after", "actions_before", "actions_after"),
    *("budget_text", "beneficiaries", "target_group", "final_beneficiaries", "info_contact"),
]


class CallPage(Page):
    language = models.CharField(max_length=2)
    code = models.CharField(max_length=100, blank=True)
    family = models.CharField(max_length=100, blank=True, db_index=True)
    fund = models.ForeignKey(Fund, models.PROTECT, null=True, blank=True, related_name="calls")
    themes = ParentalManyToManyField(ThemePage, related_name="calls")
    applicant_types = models.CharField(max_length=1000, blank=True)
    introduction = RichTextField(blank=True)
    objectives_before = RichTextField(blank=True)
    objectives_after = RichTextField(blank=True)
    actions_before = RichTextField(blank=True)
    actions_after = RichTextField(blank=True)
    budget_text = RichTextField(blank=True)
    beneficiaries = RichTextField(blank=True)
    target_group = RichTextField(blank=True)
    final_beneficiaries = RichTextField(blank=True)
    info_contact = RichTextField(blank=True)
    opens_at = models.DateTimeField(null=True, blank=True)
    deadline = models.DateTimeField(null=True, blank=True, db_index=True)
    rolling = models.BooleanField(default=False)
    # The first cut-off or deadline to come; a site that lives would keep it right with a command of every hour.
    next_at = models.DateTimeField(null=True, blank=True, db_index=True)
    source_url = models.URLField(max_length=500, blank=True)

    objects = PageManager.from_queryset(CallQuerySet)()

    search_fields = [
        *Page.search_fields,
        *(index.SearchField(name) for name in ("code", *TEXTS)),
        index.RelatedFields("objectives", [index.SearchField("text")]),
        index.RelatedFields("actions", [index.SearchField("text")]),
        index.FilterField("deadline"),
    ]

    def get_context(self, request, *args, **kwargs):
        others = CallPage.objects.live().exclude(pk=self.pk).select_related("fund").defer(*TEXTS)
        editions = others.filter(family=self.family).order_by("-deadline", "-pk")[:20] if self.family else []
        themes = list(self.themes.all())
        alike = others.current().filter(fund=self.fund, themes__in=themes).exclude(family=self.family).distinct()
        return super().get_context(request, *args, **kwargs) | {
            "editions": list(editions),
            "alike": list(alike.by_next_date()[:4]),
            "themes": themes,
            "budgets": list(self.budgets.all()),
        }

    @property
    def status(self):
        if self.deadline and self.deadline <= timezone.now():
            return "closed"
        if self.opens_at and self.opens_at > timezone.now():
            return "upcoming"
        return "open" if self.deadline or self.rolling else "unknown"

    @property
    def status_label(self):
        names = {"closed": "Gesloten", "upcoming": "Opent later", "open": "Open", "unknown": "Deadline onbekend"}
        return names[self.status]

    @property
    def amounts(self):
        return [budget for budget in self.budgets.all() if budget.amount is not None]


class Objective(Orderable):
    call = ParentalKey(CallPage, related_name="objectives")
    text = RichTextField()


class Action(Orderable):
    call = ParentalKey(CallPage, related_name="actions")
    group = models.CharField(max_length=500, blank=True)
    text = RichTextField()


class Budget(Orderable):
    call = ParentalKey(CallPage, related_name="budgets")
    label = models.CharField(max_length=200, blank=True)
    amount = models.DecimalField(max_digits=15, decimal_places=2, null=True, blank=True)
    rate = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    shared = models.BooleanField(default=False)
    note = models.CharField(max_length=300, blank=True)


class Cutoff(Orderable):
    call = ParentalKey(CallPage, related_name="cutoffs")
    label = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
