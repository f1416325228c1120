"""How often in a minute one address or account may ask for what costs much; 429 with Retry-After beyond it.

Every process counts for itself and brings its counts to the shared cache in steps of a thirtieth of the limit, so that
most who ask cost no query: all processes together may let through a step more each. Where the cache is gone, each
counts alone.
"""

import time
from contextlib import suppress
from functools import wraps
from threading import Lock

from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.shortcuts import render

MINUTE, STEPS, MOST_KEPT = 60, 30, 10_000


class Counts:
    """Of this process, in this minute: {who asks for what: (its own number, that of all as last heard)}."""

    minute, lock = 0, Lock()
    counts: dict[str, tuple[int, int]] = {}

    @classmethod
    def add(cls, key, most):
        """One more; gives the number of all, as far as this process knows it."""
        step = max(most // STEPS, 1)
        minute = int(time.time() // MINUTE)
        with cls.lock:
            if minute != cls.minute or len(cls.counts) > MOST_KEPT:
                cls.minute, cls.counts = minute, {}
            own, others = cls.counts.get(key, (0, 0))
            cls.counts[key] = own + 1, others
        if (own + 1) % step == 0:
            others = bring(f"limit:{minute}:{key}", step) - own - 1
            with cls.lock:
                cls.counts[key] = cls.counts.get(key, (own + 1, 0))[0], max(others, 0)
        return own + 1 + max(others, 0)


def bring(key, step):
    """Adds a step to the shared count and gives it; 0 without a cache."""
    try:
        with suppress(ValueError):  # nobody asked in this minute yet
            return cache.incr(key, step)
        return step if cache.add(key, step, 2 * MINUTE) else cache.incr(key, step)
    except Exception:  # each cache has exceptions of its own, and no limit is worth a page
        return 0


def limited(kind, refusal=None):
    """A view that one address, or one account, may ask settings.RATE_LIMITS[kind] times a minute.

    `refusal` makes the 429 response of a request, where it is no page.
    """

    def decorate(view):
        @wraps(view)
        def counted(request, *args, **kwargs):
            most = settings.RATE_LIMITS.get(kind, 0)
            if not most or Counts.add(f"{kind}:{asker(request)}", most) <= most:
                return view(request, *args, **kwargs)
            response = refusal(request) if refusal else render(request, "429.html", status=429)
            response["Retry-After"] = str(MINUTE - int(time.time()) % MINUTE)
            response["Cache-Control"] = "no-store"
            return response

        return counted

    return decorate


def asker(request):
    """An account, or the address (of IPv6 the network) of whoever has none; no session is read for a visitor's."""
    if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
        return f"user:{request.user.pk}"
    try:
        return get_ip(request)
    except PermissionDenied:  # a socket without addresses: all who come by it count together
        return "unknown"
