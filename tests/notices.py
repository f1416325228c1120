"""Followers and what they are told, for tests: around a Sunday and the Monday of the weekly digest."""

from django.utils import timezone

from accounts.models import CallChoice, Follow
from accounts.notices import send_notices
from calls.models import Change
from tests.factories import CallFactory, UserFactory, brussels

SUNDAY = brussels(2027, 3, 7, 12)
MONDAY = brussels(2027, 3, 8, 7)
JUNE = brussels(2027, 6, 1, 17)


def following(*themes, **fields):
    user = UserFactory(**fields)
    Follow.objects.bulk_create(Follow(user=user, theme=theme) for theme in themes)
    return user


def new_call(*themes, deadline=JUNE, **fields):
    """A call that is published this very moment."""
    return CallFactory(themes=themes, deadline=deadline, published_at=timezone.now(), **fields)


def choose(user, call, kind=CallChoice.Kind.SAVED, **fields):
    return CallChoice.objects.create(user=user, call=call, kind=kind, **fields)


def run(clock, at):
    clock.move_to(at)
    return {kind: number for kind, number in send_notices().items() if number}


def told(user):
    """[(kind, title)] of every notice so far, in order."""
    return list(user.notices.order_by("pk").values_list("kind", "call__title"))


def subjects(user):
    return list(user.messages.order_by("pk").values_list("subject", flat=True))


def changed(call, minor=False, **facts):
    return Change.objects.create(
        call=call, facts=facts or {"deadline": [["1 juni 2027"], ["1 juli 2027"]]}, minor=minor
    )
