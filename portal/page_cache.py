"""Finished pages for visitors without a choice, kept in this process and answered before any other middleware runs.

A copy lives until the stamp of the lists moves (every change of what pages show moves it), a date passes or the day
ends. A visitor with a choice gets no copy and leaves none; users have copies of their own kind (portal.own_pages).
docs/serving.md tells caches in front of us the same.
"""

import re
import time
from collections import OrderedDict
from contextlib import suppress
from datetime import datetime, timedelta
from datetime import time as hour
from functools import lru_cache
from gzip import compress as gzip
from hashlib import md5
from threading import Lock

import brotli
from django.conf import settings
from django.core.exceptions import DisallowedHost, MiddlewareNotUsed
from django.db import DatabaseError
from django.http import HttpResponse
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers

from accounts.readers import reader_of, remember
from calls.columns import current_columns
from calls.models import Stamp
from portal.metrics import HITS, MISSES
from portal.own_pages import OwnCopy, OwnPage, joined
from portal.replicas import source

PAGES = {
    *("home", "calls", "call", "funds", "fund", "themes", "theme"),
    *("contacts", "open-data", "accessibility", "privacy"),
}
STAMP_SECONDS = 0.5  # a worker looks for a new stamp no more often
SHARED_SECONDS = STALE_SECONDS = 1  # what a cache in front of us may add to that, twice
WAY_SECONDS = 2  # nginx counts whole seconds, and an answer may be under way for another
LONGEST_QUERY = 300
ENCODINGS = {"br": lambda body: brotli.compress(body, quality=5), "gzip": lambda body: gzip(body, 6, mtime=0)}
NO_WEIGHT = re.compile(r"q=0(\.0*)?")
KEPT = f"public, max-age=0, s-maxage={SHARED_SECONDS}, stale-while-revalidate={STALE_SECONDS}"
CONDITIONS = ["HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE"]
OWN = ["HTTP_ACCEPT_ENCODING", *CONDITIONS]
OWN_HEADERS = ["X-Request-ID", "Content-Length"]  # of one answer, or of one encoding


class PageCacheMiddleware:
    def __init__(self, get_response):
        if not settings.PAGE_CACHE_MEGABYTES:
            raise MiddlewareNotUsed
        self.get_response = get_response
        self.copies = Copies(settings.PAGE_CACHE_MEGABYTES * 1024**2)
        self.with_query = reverse("calls")
        self.session, self.message = f"{settings.SESSION_COOKIE_NAME}=", "messages="

    def __call__(self, request):
        key = self.key_of(request)
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

    def key_of(self, request):
        """What tells one page from another; None for whoever gets no copy."""
        meta = request.META
        query = meta.get("QUERY_STRING", "") if request.path_info == self.with_query else ""
        if (
            request.method not in {"GET", "HEAD"}
            or "HTTP_HX_REQUEST" in meta
            or "HTTP_AUTHORIZATION" in meta
            or len(query) > LONGEST_QUERY
            or self.message in meta.get("HTTP_COOKIE", "")
        ):
            return None
        try:
            with_session = self.session in meta.get("HTTP_COOKIE", "")
            return with_session, request.scheme, request.get_host(), request.path_info, query
        except DisallowedHost:
            return None


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


class Copies:
    """The copies used last, up to so many bytes."""

    def __init__(self, most):
        self.most, self.size = most, 0
        self.copies, self.lock = OrderedDict(), Lock()

    def __contains__(self, key):
        return key in self.copies

    def get(self, key, stamp):
        with self.lock:
            copy = self.copies.get(key)
            if copy is None:
                return None
            if copy.stamp != stamp or not copy.is_true():
                self.size -= self.copies.pop(key).size
                return None
            self.copies.move_to_end(key)
            return copy

    def keep(self, key, copy):
        with self.lock:
            old = self.copies.pop(key, None)
            self.size += copy.size - (old.size if old else 0)
            self.copies[key] = copy
            while self.size > self.most:
                _key, last = self.copies.popitem(last=False)
                self.size -= last.size


class Copy:
    """A finished page: its headers, and its body whole and in the encodings asked for so far, each with an ETag."""

    def __init__(self, response, stamp, begun, until):
        self.stamp, self.begun, self.until = stamp, begun, until
        patch_vary_headers(response, ["Accept-Encoding"])
        response["Cache-Control"] = KEPT
        self.headers = {name: value for name, value in response.items() if name not in OWN_HEADERS}
        self.body, self.ready = response.content, {}
        self.tag = md5(self.body, usedforsecurity=False).hexdigest()
        # With its encodings, which take less than half of it each.
        self.size = 2 * len(self.body)

    def is_true(self):
        """Not before it was made either: the clock may have been wrong then, and dates passed that are to come."""
        return self.begun <= time.time() < self.until

    def answer(self, request):
        encoding = encoding_for(request.META.get("HTTP_ACCEPT_ENCODING", ""))
        body, headers = self.ready.get(encoding) or self.encoded(encoding)
        response = HttpResponse(body)
        # The same object each time, which nobody outside of this middleware changes: to set a dozen takes longest.
        response.headers = headers
        if any(name in request.META for name in CONDITIONS):
            return get_conditional_response(request, etag=headers["ETag"], response=response)
        return response

    def encoded(self, encoding):
        body = ENCODINGS[encoding](self.body) if encoding else self.body
        headers = self.headers | {"Content-Length": str(len(body)), "ETag": f'"{self.tag}"'}
        if encoding:
            headers |= {"Content-Encoding": encoding, "ETag": f'"{self.tag}-{encoding}"'}
        self.ready[encoding] = body, HttpResponse(headers=headers).headers
        return self.ready[encoding]


@lru_cache(maxsize=256)
def encoding_for(accepted):
    """The best of ENCODINGS that an Accept-Encoding takes, else none."""
    weights = {}
    for part in accepted.lower().split(","):
        name, _semicolon, weight = part.partition(";")
        weights[name.strip()] = weight.replace(" ", "")
    return next((name for name in ENCODINGS if name in weights and not NO_WEIGHT.fullmatch(weights[name])), "")
