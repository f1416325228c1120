"""The shared cache: Redis, and while it does not answer the table in the database."""

import logging
import time

from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

PAUSE = 5  # seconds in which nobody asks a Redis that did not answer
USED = ("add", "get", "set", "touch", "delete", "has_key", "incr", "get_many", "set_many", "delete_many", "clear")
logger = logging.getLogger(__name__)


class RedisOrDatabase(RedisCache):
    """Counts of attempts and locks must not be lost with Redis: logging in keeps its limits, and works."""

    away_until = 0.0


def either(name):
    """A method of RedisCache that asks the other cache when Redis does not answer."""

    def method(self, *args, **kwargs):
        if time.monotonic() >= RedisOrDatabase.away_until:
            try:
                return getattr(RedisCache, name)(self, *args, **kwargs)
            except RedisError as error:
                RedisOrDatabase.away_until = time.monotonic() + PAUSE
                logger.warning("Redis does not answer (%s: %s); the database counts.", type(error).__name__, error)
        return getattr(caches["database"], name)(*args, **kwargs)

    return method


for used in USED:
    setattr(RedisOrDatabase, used, either(used))
