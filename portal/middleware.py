import logging
import re
from secrets import token_hex
from time import perf_counter

import brotli
from django.conf import settings
from django.core.signals import request_finished
from django.db import connection
from django.dispatch import receiver
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.encoding import iri_to_uri

from portal.copies import encoding_for
from portal.logs import RUN, request_id

logger = logging.getLogger("portal.requests")
WORTH_IT = 200  # bytes
READABLE = ("text/", "application/json", "application/xml", "application/atom+xml", "image/svg")


class RequestLogMiddleware:
    """Gives each request an id, which its answer and its lines in the log carry, and logs it once it is answered."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request_id.set(id_for(request))
        began, queries = perf_counter(), QueryCount()
        with connection.execute_wrapper(queries):
            response = self.get_response(request)
        response["X-Request-ID"] = request_id.get()
        about = {
            "method": request.method,
            "path": iri_to_uri(request.path),
            "query": names_in(request.META.get("QUERY_STRING", "")),
            "status": response.status_code,
            "duration_ms": round(1000 * (perf_counter() - began), 1),
            "queries": queries.number,
        }
        logger.info("%(method)s %(path)s %(status)s", about, extra=about)
        return response


class QueryCount:
    number = 0

    def __call__(self, execute, *query):
        self.number += 1
        return execute(*query)


def id_for(request):
    """What a proxy of ours calls the request, so that its log and ours can be read together; else a new id."""
    given = request.headers.get("X-Request-ID", "") if settings.ALLAUTH_TRUSTED_PROXY_COUNT else ""
    return given if re.fullmatch(r"[A-Za-z0-9._-]{8,64}", given) else token_hex(8)


def names_in(query_string):
    """The names of the parameters; what somebody searched for stays theirs."""
    return re.findall(r"(?:^|&)([a-z_-]{1,30})=", query_string)[:20]


@receiver(request_finished)
def end_of_request(**kwargs):
    """The thread goes on, and so do lines that belong to no request."""
    request_id.set(RUN)


class PublicCompressionMiddleware(GZipMiddleware):
    """Compresses what everybody may see; never a page that belongs to a session (BREACH), nor fonts and images.

    With brotli for who takes it, as browsers do: in a quarter of the time of gzip, and a sixth larger.
    """

    def process_response(self, request, response):
        if not response.get("Content-Type", "").startswith(READABLE) or not is_public(request, response):
            return response
        if not response.streaming and encoding_for(request.META.get("HTTP_ACCEPT_ENCODING", "")) == "br":
            compress_now(response)
        return super().process_response(request, response)


def compress_now(response):
    body = response.content
    if len(body) >= WORTH_IT and not response.has_header("Content-Encoding"):
        response.content = brotli.compress(body, quality=1)
        response["Content-Encoding"], response["Content-Length"] = "br", str(len(response.content))
        patch_vary_headers(response, ["Accept-Encoding"])
        if (tag := response.get("ETag", "")).startswith('"'):
            response["ETag"] = f"W/{tag}"  # that of the page, whatever its encoding


class ResourcePolicyMiddleware:
    """No page elsewhere shows our pages, files and images as its own (Cross-Origin-Resource-Policy)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


class PrivateCacheMiddleware:
    """What was made for a session is kept by the reader's own browser alone, whatever a cache thinks of Vary."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if not is_public(request, response) and "Cache-Control" not in response:
            patch_cache_control(response, private=True)
        return response


def is_public(request, response):
    """Static files, and pages that no session and no new form cookie had a part in."""
    cookies = settings.SESSION_COOKIE_NAME in request.COOKIES or response.cookies
    return request.path_info.startswith(settings.STATIC_URL) or not cookies
