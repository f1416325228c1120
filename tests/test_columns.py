"""What filters keep of all calls between two changes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from calls.columns import bits, current_columns, microseconds
from tests.factories import CallFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["deadline", "opens_at"])
def test_what_is_kept_of_a_period_holds_until_another_date_passes_and_also_on_the_way_back(name):
    now = timezone.now()
    CallFactory(title="Onbekend", deadline=None, deadline_model="unknown")
    dates = [
        CallFactory(title=f"{day}", opens_at=now + timedelta(-day - 20), deadline=now + timedelta(day))
        for day in (3, 1, 2)
    ]
    columns, instant = current_columns(), timedelta(microseconds=1)
    moments = [getattr(call, name) + early for call in dates for early in (-instant, timedelta(), instant)]
    for moment in [*moments, *sorted(moments, reverse=True), *sorted(moments)]:
        assert columns.up_to(name, microseconds(moment - timedelta(7)), 7) == bits(
            getattr(columns, name) <= microseconds(moment)
        )
        kept = dict(columns.dated)
        columns.up_to(name, microseconds(moment - timedelta(7)), 7)
        assert (columns.dated, len(kept)) == (kept, 1)
