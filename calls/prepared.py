"""Queries of every list, whose SQL Django writes once: to write it takes several times as long as to ask it."""

import json
from datetime import UTC, datetime
from functools import lru_cache

from django.db import connections

from portal.planned import Planned

# Stands in the SQL for the moment at which it is asked; numbers below zero stand for the primary keys.
MOMENT = datetime(1, 2, 3, tzinfo=UTC)
LENGTH_STEP = 10


def rows(make, alias, now, pks):
    """The rows of `make(moment, primary keys)`, a queryset of values, as the database gives them."""
    if not pks:
        return []
    connection = connections[alias]
    # Filled up with the last one, so that there are few lengths: PostgreSQL keeps a plan for each.
    pks = [*pks, *[pks[-1]] * (-len(pks) % LENGTH_STEP)]
    values = {f"pk{-number}": pk for number, pk in enumerate(pks, start=-len(pks))}
    values["now"] = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        statement(make, alias, len(pks)).execute(cursor, values)
        return json.loads(cursor.fetchone()[0]) if connection.vendor == "sqlite" else cursor.fetchall()


@lru_cache(maxsize=256)
def statement(make, alias, number):
    """The query for so many primary keys.

    SQLite gives all rows as one: it lets other threads go first at each row, and each time the rest waits for them.
    """
    connection = connections[alias]
    compiler = make(MOMENT, range(-number, 0)).query.get_compiler(alias)
    sql, params = compiler.as_sql(with_col_aliases=True)
    moment = connection.ops.adapt_datetimefield_value(MOMENT)
    # Names for the values; a “%%” in the SQL of `make` would have to be doubled again for who asks it.
    sql %= tuple("%(now)s" if param == moment else f"%(pk{-param})s" if param < 0 else param for param in params)
    if connection.vendor == "sqlite":
        names = ", ".join(connection.ops.quote_name(name) for _expression, _sql, name in compiler.select)
        sql = f"SELECT json_group_array(json_array({names})) FROM ({sql})"  # noqa: S608 - names of our own
    types = {"now": "timestamptz"} | {f"pk{place}": "bigint" for place in range(1, number + 1)}
    return Planned(f"{make.__name__}_{number}", sql, types)
