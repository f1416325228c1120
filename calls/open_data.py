"""The page that documents what programs may read: filters, columns, licence."""

from dataclasses import dataclass

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from calls import exports
from calls.calendars import REFRESH
from calls.filters import Amount, CallFilter, KnownChoices
from calls.take_along import CALENDAR_LENGTH, FEED_LENGTH, LICENCE, attribution


@dataclass(frozen=True)
class Parameter:
    """One filter as an address writes it: its values where they are known, and whether it may stand there twice."""

    name: str
    label: str
    values: list[tuple[str, str]]
    several: bool
    is_amount: bool


def parameters():
    """All that means something here: how the page shows its calls does not."""
    fields = [(name, field) for name, field in CallFilter().fields.items() if name != "weergave"]
    return [
        Parameter(
            name,
            field.label,
            [(value, label) for value, label in getattr(field, "choices", []) if value],
            isinstance(field, KnownChoices),
            isinstance(field, Amount),
        )
        for name, field in fields
    ]


@require_safe
def open_data(request):
    site = request.build_absolute_uri("/").rstrip("/")
    context = {
        "site": site,
        "parameters": parameters(),
        "example": "status=open&deadline=30",
        "columns": exports.LABELS,
        "licence": LICENCE,
        "attribution": attribution(request.build_absolute_uri(reverse("calls"))),
        "calendar_length": CALENDAR_LENGTH,
        "feed_length": FEED_LENGTH,
        "hours": REFRESH.seconds // 3600,
    }
    return render(request, "open_data.html", context)
