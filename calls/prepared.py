"""Queries of every list, whose SQL Django writes once: to write it takes several times as long as to ask it."""

import json
from datetime import UTC, datetime
from functools import lru_cache

from django.db import connections

# Stands in the SQL for the moment at which it is asked; numbers below zero stand for the primary keys.
MOMENT = datetime(1, 2, 3, tzinfo=UTC)


def rows(make, alias, now, pks):
    """The rows of `make(moment, primary keys)`, a queryset of values, as the database gives them."""
    if not pks:
        return []
    connection = connections[alias]
    sql, params = statement(make, alias, len(pks))
    adapted = connection.ops.adapt_datetimefield_value
    given = dict(zip(range(-len(pks), 0), pks, strict=True)) | {adapted(MOMENT): adapted(now)}
    with connection.cursor() as cursor:
        cursor.execute(sql, [given.get(param, param) for param in params])
        return json.loads(cursor.fetchone()[0]) if connection.vendor == "sqlite" else cursor.fetchall()


@lru_cache(maxsize=256)
def statement(make, alias, number):
    """(SQL, parameters) for so many primary keys.

    SQLite gives all rows as one: it lets other threads go first at each row, and each time the rest waits for them.
    """
    compiler = make(MOMENT, range(-number, 0)).query.get_compiler(alias)
    sql, params = compiler.as_sql(with_col_aliases=True)
    if connections[alias].vendor == "sqlite":
        names = ", ".join(connections[alias].ops.quote_name(name) for _expression, _sql, name in compiler.select)
        sql = f"SELECT json_group_array(json_array({names})) FROM ({sql})"  # noqa: S608 - names of our own
    return sql, params
