"""Finished pages for visitors without a choice, kept in this process and answered before Django hears of them.

A copy lives until the stamp of the lists moves (every change of what pages show moves it), a date passes or the day
ends. A visitor with a choice gets no copy and leaves none; users have copies of their own kind (portal.own_pages).
docs/serving.md tells caches in front of us the same.
"""

import time
from contextlib import suppress
from datetime import datetime, timedelta
from datetime import time as hour

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import DEFAULT_DB_ALIAS, DatabaseError
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from accounts.readers import reader_of, remember
from calls.cards import address
from calls.columns import current_columns
from calls.models import Stamp
from portal.copies import CONDITIONS, OWN_HEADERS, SHARED_SECONDS, STALE_SECONDS, Copies, Copy, encoding_for
from portal.metrics import HITS, MISSES
from portal.own_pages import OwnCopy, OwnPage, joined
from portal.replicas import own_replica, source

PAGES = {
    *("home", "calls", "call", "funds", "fund", "themes", "theme"),
    *("contacts", "open-data", "accessibility", "privacy"),
}
STAMP_SECONDS = 0.5  # a worker looks for a new stamp no more often
WAY_SECONDS = 2  # nginx counts whole seconds, and an answer may be under way for another
LONGEST_QUERY = 300
SESSION, MESSAGE = f"{settings.SESSION_COOKIE_NAME}=", "messages="
OWN = ["HTTP_ACCEPT_ENCODING", *CONDITIONS]
RARE_CONDITIONS = [name for name in CONDITIONS if name != "HTTP_IF_NONE_MATCH"]


def before(application):
    """A WSGI application that answers what is kept, and leaves to another what is not or what takes a look."""

    def answer(environ, start_response):
        if not (ready := ready_for(environ)):
            return application(environ, start_response)
        if environ.get("HTTP_IF_NONE_MATCH") == ready.tag:
            start_response("304 Not Modified", [*ready.unchanged])
            return []
        start_response("200 OK", [*ready.headers])
        return [ready.body]

    return answer


def ready_for(environ):
    """The copy for a visitor; None where there is none, or the stamp has to be looked at again."""
    copies = PageCacheMiddleware.copies_in_use
    if copies is None or environ["REQUEST_METHOD"] != "GET" or any(name in environ for name in RARE_CONDITIONS):
        return None
    key = key_of(environ)
    if key is None or key[0] or key not in copies:
        return None
    stamp = Seen.lately(own_replica() if settings.REPLICAS else DEFAULT_DB_ALIAS)
    if not stamp or not (copy := copies.get(key, stamp)):
        return None
    ready = copy.ready_in(encoding_for(environ.get("HTTP_ACCEPT_ENCODING", "")))
    # Tags that are another or several are for Django to compare.
    if environ.get("HTTP_IF_NONE_MATCH", ready.tag) != ready.tag:
        return None
    HITS.inc()
    return ready


def key_of(environ):
    """What tells one page from another; None for whoever gets no copy. A host that is not ours never has one."""
    cookies, path = environ.get("HTTP_COOKIE", ""), environ["PATH_INFO"]
    query = environ.get("QUERY_STRING", "") if path == address("calls") else ""
    if (
        environ["REQUEST_METHOD"] not in {"GET", "HEAD"}
        or "HTTP_HX_REQUEST" in environ
        or "HTTP_AUTHORIZATION" in environ
        or len(query) > LONGEST_QUERY
        or MESSAGE in cookies
    ):
        return None
    scheme = environ["wsgi.url_scheme"], environ.get("HTTP_X_FORWARDED_PROTO")
    return SESSION in cookies, scheme, environ.get("HTTP_HOST"), path, query


class PageCacheMiddleware:
    copies_in_use = None  # of the application that was made last

    def __init__(self, get_response):
        if not settings.PAGE_CACHE_MEGABYTES:
            raise MiddlewareNotUsed
        self.get_response = get_response
        self.copies = PageCacheMiddleware.copies_in_use = Copies(settings.PAGE_CACHE_MEGABYTES * 1024**2)

    def __call__(self, request):
        key = key_of(request.META)
        if key is None or not (key in self.copies or is_page(request.path_info)):
            return self.get_response(request)
        if key[0]:
            return self.own(request, key)
        stamp = Seen.stamp()
        if copy := self.copies.get(key, stamp):
            HITS.inc()
            return copy.answer(request)
        made = self.made(request, key, stamp)
        return made.answer(request) if isinstance(made, Copy) else made

    def made(self, request, key, stamp):
        """A new copy, or the response to this visitor where there is none for everybody."""
        if not stamp:
            return self.get_response(request)
        MISSES.inc()
        # The copy is the whole page, as it is; each gets it in an encoding of their own.
        own = {name: request.META.pop(name) for name in OWN if name in request.META}
        begun = timezone.now()
        response = self.get_response(request)
        request.META |= own
        if not is_for_all(response) or (until := last_moment(begun)) <= time.time():
            return response
        copy = Copy(response, stamp, begun.timestamp(), until)
        self.copies.keep(key, copy)
        return copy

    def own(self, request, key):
        """The page of a user with the marks of what they chose; of anybody else, made for them alone."""
        if not (reader := reader_of(request)):
            response = self.get_response(request)
            remember(request)
            return response
        stamp = Seen.stamp()
        if copy := self.copies.get(key, stamp):
            HITS.inc()
            return copy.answer(reader)
        MISSES.inc()
        request.own_page, begun = OwnPage(), timezone.now()
        response = self.get_response(request)
        if response.streaming:
            return response
        pieces = request.own_page.pieces(response.text)
        response.content = joined(pieces, reader)
        response["Content-Length"] = str(len(response.content))
        patch_vary_headers(response, ["Cookie"])
        if stamp and is_for_all_users(response) and (until := last_moment(begun)) > time.time():
            headers = {name: value for name, value in response.items() if name not in OWN_HEADERS}
            self.copies.keep(key, OwnCopy(headers, pieces, stamp, begun.timestamp(), until))
        return response


def is_page(path):
    try:
        return resolve(path).view_name in PAGES
    except Resolver404:
        return False


def is_for_all(response):
    """Whether this is a whole page that nothing of this visitor went into."""
    return is_whole(response) and not response.streaming and "Cache-Control" not in response


def is_for_all_users(response):
    return is_whole(response) and response.get("Cache-Control") == "private"


def is_whole(response):
    nonce = "'nonce-" in response.get("Content-Security-Policy", "")
    return response.status_code == 200 and not response.cookies and not nonce


def last_moment(now):
    """Until when, in seconds, a page that was begun now stays true wherever it is kept."""
    date = current_columns().at(now).until / 1e6
    midnight = datetime.combine(timezone.localdate(now) + timedelta(days=1), hour.min, timezone.get_current_timezone())
    return min(date, midnight.timestamp()) - SHARED_SECONDS - STALE_SECONDS - WAY_SECONDS


class Seen:
    """The stamp of the lists as this process saw it last in each database; one thread at a time looks again."""

    stamps: dict[str, str] = {}
    looked: dict[str, float] = {}

    @classmethod
    def stamp(cls):
        """Empty where nothing may be kept. Without a database, the last one: its pages are still true."""
        alias, now = source.get(), time.monotonic()
        if now - cls.looked.get(alias, -STAMP_SECONDS) >= STAMP_SECONDS:
            cls.looked[alias] = now
            with suppress(DatabaseError):
                cls.stamps[alias] = f"{alias} {value}" if (value := Stamp.now()) else ""
        return cls.stamps.get(alias, "")

    @classmethod
    def lately(cls, alias):
        """The stamp, where it was looked at less than half a second ago; it asks nobody."""
        if time.monotonic() - cls.looked.get(alias, -STAMP_SECONDS) >= STAMP_SECONDS:
            return ""
        return cls.stamps.get(alias, "")
