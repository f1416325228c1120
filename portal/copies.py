"""Finished pages as the page cache keeps them."""

import re
import time
from collections import OrderedDict
from functools import lru_cache
from gzip import compress as gzip
from hashlib import md5
from threading import Lock

import brotli
from django.http import HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers

SHARED_SECONDS = STALE_SECONDS = 1  # what a cache in front of us may add to its age here, twice
KEPT = f"public, max-age=0, s-maxage={SHARED_SECONDS}, stale-while-revalidate={STALE_SECONDS}"
ENCODINGS = {"br": lambda body: brotli.compress(body, quality=5), "gzip": lambda body: gzip(body, 6, mtime=0)}
NO_WEIGHT = re.compile(r"q=0(\.0*)?")
CONDITIONS = ["HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE"]
OWN_HEADERS = ["X-Request-ID", "Content-Length"]  # of one answer, or of one encoding


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


class Ready:
    """A body with its headers as Django and as WSGI take them, and those of a 304 (RFC 9110, 15.4.5)."""

    def __init__(self, body, headers):
        self.body, self.tag = body, headers["ETag"]
        self.for_django = HttpResponse(headers=headers).headers
        self.headers = list(self.for_django.items())
        self.unchanged = [(name, headers[name]) for name in ("Cache-Control", "ETag", "Vary")]


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
        ready = self.ready_in(encoding_for(request.META.get("HTTP_ACCEPT_ENCODING", "")))
        response = HttpResponse(ready.body)
        # The same object each time, which nobody outside of this middleware changes: to set a dozen takes longest.
        response.headers = ready.for_django
        if any(name in request.META for name in CONDITIONS):
            return get_conditional_response(request, etag=ready.tag, response=response)
        return response

    def ready_in(self, encoding):
        if encoding not in self.ready:
            self.ready[encoding] = self.encoded(encoding)
        return self.ready[encoding]

    def encoded(self, encoding):
        body = ENCODINGS[encoding](self.body) if encoding else self.body
        headers = self.headers | {"Content-Length": str(len(body)), "ETag": f'"{self.tag}"'}
        if encoding:
            headers |= {"Content-Encoding": encoding, "ETag": f'"{self.tag}-{encoding}"'}
        return Ready(body, headers)


@lru_cache(maxsize=256)
def encoding_for(accepted):
    """The best of ENCODINGS that an Accept-Encoding takes, else none."""
    weights = {}
    for part in accepted.lower().split(","):
        name, _semicolon, weight = part.partition(";")
        weights[name.strip()] = weight.replace(" ", "")
    return next((name for name in ENCODINGS if name in weights and not NO_WEIGHT.fullmatch(weights[name])), "")
