"""Which calls are news: each run of `send_notices` gives the calls published since the last one their announcement."""

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from calls.models import Announcement, Call


@transaction.atomic
def announce():
    """The number of the last announcement, after all published calls have one.

    A call that opens is announced again: a search for open calls did not find it before. Whoever was told of it
    already is not told twice. One run at a time: who has seen a number has seen all calls that will ever have it, or
    a smaller one.
    """
    Announcement.objects.order_by("pk").select_for_update().first()  # the same row for everybody, unlike the last one
    opened = Q(opens_at__lte=timezone.now(), announcement__at__lt=F("opens_at"))
    new = Call.objects.filter(pk__in=Call.objects.published().filter(Q(announcement=None) | opened).values("pk"))
    last = last_announcement()
    if last and not new.exists():
        return last
    announcement = Announcement.objects.create()
    new.update(announcement=announcement)
    return announcement.pk


def last_announcement(before=None):
    """Its number; 0 before the first one. `before` is an aware datetime."""
    announcements = Announcement.objects.filter(at__lt=before) if before else Announcement.objects.all()
    return announcements.order_by("-pk").values_list("pk", flat=True).first() or 0
