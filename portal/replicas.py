"""Reads of visitors from replicas of the database.

A request without a session, which can have written nothing, reads from one replica from its first query to its last;
every other one from the primary, and so finds what it wrote itself. A replica that does not answer is left alone for
a while, and the primary is read.
"""

import logging
import os
import time
from contextvars import ContextVar

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections

PAUSE = 10  # seconds
source = ContextVar("source", default=DEFAULT_DB_ALIAS)
away_until: dict[str, float] = {}
logger = logging.getLogger(__name__)


def own_replica():
    """One for each process, so that its copies in memory are all of one database."""
    return settings.REPLICAS[os.getpid() % len(settings.REPLICAS)]


class ReplicaMiddleware:
    """The outermost: a page is kept under the stamp of the database that it was read from."""

    def __init__(self, get_response):
        if not settings.REPLICAS:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request):
        if request.method not in {"GET", "HEAD"} or settings.SESSION_COOKIE_NAME in request.META.get(
            "HTTP_COOKIE", ""
        ):
            return self.get_response(request)
        token = source.set(own_replica())
        try:
            return self.get_response(request)
        finally:
            source.reset(token)


class ReplicaRouter:
    def db_for_read(self, model, **hints):
        """The cache's table, which every request writes to, is read where it was written."""
        alias = source.get() if model._meta.app_label != "django_cache" else DEFAULT_DB_ALIAS
        return alias if alias == DEFAULT_DB_ALIAS or answers(alias) else DEFAULT_DB_ALIAS

    def db_for_write(self, model, **hints):
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one, other, **hints):
        return True

    def allow_migrate(self, db, app_label, **hints):
        return db == DEFAULT_DB_ALIAS


def answers(alias):
    """Whether there is a connection; the pool gives none that broke (portal.databases)."""
    if connections[alias].connection is not None:
        return True
    if time.monotonic() < away_until.get(alias, 0):
        return False
    try:
        connections[alias].ensure_connection()
    except OperationalError:
        away_until[alias] = time.monotonic() + PAUSE
        logger.warning("%s does not answer; visitors read from the primary.", alias)
        return False
    return True
