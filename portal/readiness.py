"""Whether the site can do all its work: /readyz/ tells a monitor, /metrics/ tells Prometheus, the log says why not."""

import logging
import os
import time
from functools import cache as once
from secrets import token_hex
from socket import gethostname
from threading import Lock

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

logger = logging.getLogger(__name__)
SECONDS = 1  # a process looks no more often, however often it is asked
SIGN = "sign-of-life"
KEPT = 7 * 24 * 3600

# The worker ----------------------------------------------------------------------------------------------------------


def give_sign():
    """Any worker, on any machine: the cache is what they share. One that is away is said by the check of the cache."""
    try:
        cache.set(SIGN, time.time(), KEPT)
    except Exception as error:
        logger.warning("No sign of life could be given (%s).", type(error).__name__)


def last_sign():
    """When a worker was last alive, in seconds since 1970; None if that is not known."""
    return cache.get(SIGN)


# The checks ----------------------------------------------------------------------------------------------------------


def database_answers():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def cache_answers():
    """A key for each process, so that two that look at once do not read each other's."""
    key, value = f"ready-{gethostname()}-{os.getpid()}", token_hex(8)
    cache.set(key, value, 60)
    return cache.get(key) == value


class Unapplied(Exception):
    """There are migrations that the database does not have."""


@once
def look_at_migrations():
    """What a process found applied stays so: it is asked once."""
    executor = MigrationExecutor(connection)
    if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Unapplied(", ".join(str(migration) for migration, _backwards in plan))


def migrations_are_applied():
    look_at_migrations()
    return True


def worker_is_alive():
    if not settings.WORKER_SILENT_MINUTES:
        return True
    sign = last_sign()
    return sign is not None and time.time() - sign < settings.WORKER_SILENT_MINUTES * 60


CHECKS = {
    "database": database_answers,
    "cache": cache_answers,
    "migrations": migrations_are_applied,
    "worker": worker_is_alive,
}


class Found:
    """What this process found last; one thread at a time looks again."""

    results: dict[str, str] = {}
    looked, lock = float("-inf"), Lock()


def readiness():
    """{check: "ok", "failed", or "unknown" where the database that it needs does not answer}"""
    with Found.lock:
        if time.monotonic() - Found.looked >= SECONDS:
            Found.results = looked_at()
            Found.looked = time.monotonic()
        return Found.results


def looked_at():
    results = {"database": outcome("database")}
    for name in CHECKS:
        results.setdefault(name, outcome(name) if results["database"] == "ok" else "unknown")
    return results


def outcome(name):
    try:
        fine, why = CHECKS[name](), "no"
    except Exception as error:
        fine, why = False, f"{type(error).__name__}: {error}"
    if not fine:
        logger.error("Not ready: %s (%s).", name, why)
    return "ok" if fine else "failed"
