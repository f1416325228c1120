"""Queries of every list, whose SQL Django writes once: to write it takes several times as long as to ask it."""

from datetime import UTC, datetime
from functools import lru_cache

from django.db import connections

# Stands in the SQL for the moment at which it is asked; numbers below zero stand for the primary keys.
MOMENT = datetime(1, 2, 3, tzinfo=UTC)


def rows(make, alias, now, pks):
    """The rows of `make(moment, primary keys)`, a queryset of values, as the database gives them."""
    if not pks:
        return []
    sql, params = statement(make, alias, len(pks))
    adapted = connections[alias].ops.adapt_datetimefield_value
    given = dict(zip(range(-len(pks), 0), pks, strict=True)) | {adapted(MOMENT): adapted(now)}
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, [given.get(param, param) for param in params])
        return cursor.fetchall()


@lru_cache(maxsize=256)
def statement(make, alias, number):
    """(SQL, parameters) for so many primary keys."""
    return make(MOMENT, range(-number, 0)).query.get_compiler(alias).as_sql()
