"""Numbers for Prometheus at /metrics/, for whoever has the METRICS_TOKEN. Without one there is no such page.

The workers of gunicorn count in files of their own (gunicorn.conf.py), which each can add up; what the database
knows is asked when somebody looks.
"""

import os
from time import perf_counter

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import DatabaseError
from django.http import Http404, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from portal.facts import Facts

COUNTED = CollectorRegistry()
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
REQUESTS = Histogram(
    "portal_request_seconds",
    "How long requests took that no kept page answered.",
    ["view", "status"],
    buckets=SECONDS,
    registry=COUNTED,
)
PAGES = Counter(
    "portal_page_cache", "Pages for visitors, from the copies kept or made anew.", ["result"], registry=COUNTED
)
HITS, MISSES = PAGES.labels("hit"), PAGES.labels("miss")


class MetricsMiddleware:
    """Behind the page cache, whose hits cost one addition."""

    def __init__(self, get_response):
        if not settings.METRICS_TOKEN:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request):
        began = perf_counter()
        response = self.get_response(request)
        view = request.resolver_match.view_name if request.resolver_match else "none"
        REQUESTS.labels(view, response.status_code).observe(perf_counter() - began)
        return response


@never_cache
@require_safe
def metrics(request):
    if not settings.METRICS_TOKEN:
        raise Http404
    if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(generate_latest(counted()) + facts(), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def counted():
    """What all workers of this server counted, or this process where it is alone."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return COUNTED
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry


def facts():
    """Whole or, where the database goes meanwhile, only whether the site is ready."""
    registry = CollectorRegistry(auto_describe=False)
    try:
        registry.register(Facts())
        return generate_latest(registry)
    except DatabaseError:
        return b""
