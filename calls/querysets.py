from datetime import timedelta

from django.db import models
from django.db.models import Case, F, Min, Q, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from calls.status import (
    DeadlineModel,
    Publication,
    Status,
    publication_conditions,
    status_conditions,
    status_expression,
)
from funds.models import Theme


class CallQuerySet(models.QuerySet):
    def get_by_natural_key(self, slug):
        return self.get(slug=slug)

    def with_publication(self, publication):
        return self.filter(publication_conditions(timezone.now())[publication])

    def published(self):
        return self.with_publication(Publication.PUBLISHED)

    def visible_to(self, user):
        """What the user may see at a call's public address: staff also drafts and scheduled calls."""
        return self.all() if user.is_active and user.is_staff else self.published()

    def editable_by(self, user):
        """Whoever may publish changes every call; others with the right to change only drafts."""
        if not (user.is_active and user.is_staff and user.has_perm("calls.change_call")):
            return self.none()
        return self.all() if user.has_perm("calls.publish_call") else self.with_publication(Publication.DRAFT)

    def withdrawn(self):
        """What everybody could see until the funder or VLEVA took it back."""
        return self.with_publication(Publication.WITHDRAWN).filter(published_at__lt=F("withdrawn_at"))

    def with_status(self, status):
        return self.filter(status_conditions(timezone.now())[status])

    def upcoming(self):
        return self.with_status(Status.UPCOMING)

    def open(self):
        """Proposals are accepted right now."""
        return self.with_status(Status.OPEN)

    def current(self):
        """Not closed: open, upcoming, or with a deadline that nobody knows."""
        return self.exclude(status_conditions(timezone.now())[Status.CLOSED])

    def closing_within(self, days):
        """Open calls whose final deadline is at most so many days away."""
        return self.open().filter(deadline__lte=timezone.now() + timedelta(days=days))

    def closed(self):
        return self.with_status(Status.CLOSED)

    def annotate_status(self):
        """Adds `status_now`, the status as the database sees it."""
        return self.annotate(status_now=status_expression(timezone.now()))

    def about(self, *themes):
        """Calls under one of the themes, or under a theme below them."""
        ids = Theme.objects.within([theme.pk for theme in themes]).values("pk")
        rows = self.model.themes.through.objects.filter(theme__in=ids)
        return self.filter(pk__in=rows.values("call"))

    def editions_of(self, call):
        """The other calls of its family, the newest first; a call without a family has none."""
        others = self.filter(family=call.family).exclude(pk=call.pk) if call.family else self.none()
        return others.newest_deadline_first()

    def newest_deadline_first(self):
        """Rolling calls, then the latest deadline, then calls whose deadline is unknown."""
        no_end = Case(When(deadline_model=DeadlineModel.ROLLING, then=0), When(deadline=None, then=2), default=1)
        return self.order_by(no_end, "-deadline", "-pk")

    def next_date_first(self):
        """By the next cut-off or deadline; a rolling call last."""
        now = timezone.now()
        cutoff = Min("cutoffs__at", filter=Q(cutoffs__at__gt=now))
        return self.annotate(next_at=Coalesce(cutoff, "deadline")).order_by(F("next_at").asc(nulls_last=True), "pk")

    def newest_first(self):
        """By publication."""
        return self.order_by("-published_at", "-pk")

    def in_order(self, pks):
        """The rows with these primary keys, as a list in the same order."""
        rows = self.in_bulk(pks)
        return [rows[pk] for pk in pks if pk in rows]

    def for_line(self):
        """What one line about a call needs."""
        return self.select_related("fund").defer(*self.model.long_texts()).fetch_mode(models.FETCH_RAISE)

    def for_list(self):
        """What a card needs, in a fixed number of queries."""
        return self.for_line().prefetch_related("themes", "cutoffs", "budgets")

    def for_results(self):
        """What a card with a few lines of the text needs."""
        return self.for_list().defer(None).prefetch_related("objectives", "actions", "documents")

    def for_calendar(self):
        """What a call's dates need in a calendar, in a fixed number of queries."""
        return self.for_line().prefetch_related("themes", "cutoffs")

    def for_export(self):
        """All that is known of the calls themselves, in a fixed number of queries."""
        rows = ("themes", "applicant_types", "objectives", "actions", "budgets", "cutoffs", "documents")
        return (
            self.select_related("fund").prefetch_related(*rows, "fund__applicant_types").fetch_mode(models.FETCH_RAISE)
        )

    def for_page(self):
        """All that a call's page shows, in a fixed number of queries."""
        return (
            self.select_related("fund")
            .prefetch_related(
                "themes__contact",
                "applicant_types",
                "objectives",
                "actions",
                "budgets",
                "cutoffs",
                "documents",
                "changes",
                "fund__themes",
                "fund__applicant_types",
                "fund__objectives",
                "fund__budgets",
                "fund__fund_contacts__contact",
            )
            .fetch_mode(models.FETCH_RAISE)
        )

    def for_index(self):
        """All that a search looks into, in a fixed number of queries."""
        return self.select_related("fund").prefetch_related(
            "themes__parent",
            "themes__contact",
            "applicant_types",
            "objectives",
            "actions",
            "budgets",
            "documents",
            "fund__applicant_types",
            "fund__fund_contacts__contact",
        )


class CallRowQuerySet(models.QuerySet):
    def get_by_natural_key(self, call, order):
        return self.get(call__slug=call, order=order)
