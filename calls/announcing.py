"""Which calls are news: each run of `send_notices` gives the calls published since the last one their announcement."""

from django.db import transaction

from calls.models import Announcement, Call


@transaction.atomic
def announce():
    """The number of the last announcement, after all published calls have one.

    One run at a time: who has seen a number has seen all calls that will ever have it, or a smaller one.
    """
    last = Announcement.objects.select_for_update().order_by("-pk").first()
    new = Call.objects.published().filter(announcement=None)
    if last and not new.exists():
        return last.pk
    announcement = Announcement.objects.create()
    new.update(announcement=announcement)
    return announcement.pk


def last_announcement(before=None):
    """Its number; 0 before the first one. `before` is an aware datetime."""
    announcements = Announcement.objects.filter(at__lt=before) if before else Announcement.objects.all()
    return announcements.order_by("-pk").values_list("pk", flat=True).first() or 0
