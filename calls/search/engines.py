"""The two databases' ways to look words up. Both get the same tree and find the same calls."""

import numpy as np
from django.db import connection, connections

from calls.search.models import SearchEntry
from calls.search.query import Every, Phrase

# How near the title the words must stand, nearest first; the last one is everywhere.
LEVELS = ["code", "title", "names", "text"]


class SQLite:
    COLUMNS = {"code": "{code}: ", "title": "{code title}: ", "names": "{code title names}: ", "text": ""}
    SELECT = "SELECT rowid AS pk FROM calls_searchindex WHERE calls_searchindex MATCH %s"
    # One value crosses the wire, not a row a call.
    TOGETHER = "SELECT group_concat(pk) FROM ({}) AS found"

    def pks(self, together):
        return np.fromstring(together or "", dtype=np.int64, sep=",")

    def expression(self, tree, level):
        return self.COLUMNS[level] + self.render(tree)

    def render(self, tree):
        if isinstance(tree, Phrase):
            return f'"{" ".join(tree.words)}"{" *" if tree.beginning else ""}'
        joint = " AND " if isinstance(tree, Every) else " OR "
        return f"({joint.join(self.render(part) for part in tree.parts)})"


class PostgreSQL:
    MARKS = {"code": "#", "title": "=", "names": "~", "text": ""}
    # In a subselect, or the planner reads every vector for a common word.
    SELECT = "SELECT call_id AS pk FROM calls_searchentry WHERE vector @@ (SELECT %s::tsquery)"
    TOGETHER = "SELECT string_agg(int8send(pk), ''::bytea) FROM ({}) AS found"

    def pks(self, together):
        return np.frombuffer(together or b"", dtype=">i8").astype(np.int64)

    def expression(self, tree, level):
        return self.render(tree, self.MARKS[level])

    def render(self, tree, mark):
        if isinstance(tree, Phrase):
            words = " <-> ".join(f"'{mark}{word}'" for word in tree.words)
            return f"({words}{':*' if tree.beginning else ''})"
        joint = " & " if isinstance(tree, Every) else " | "
        return f"({joint.join(self.render(part, mark) for part in tree.parts)})"


def engine():
    return SQLite() if connection.vendor == "sqlite" else PostgreSQL()


def subselect(tree, level="text"):
    """(SQL, parameters) of the primary keys of the calls that have the words of the tree."""
    here = engine()
    return here.SELECT, [here.expression(tree, level)]


def lookup(trees_and_levels):
    """For each (tree, level) the primary keys of the calls found, as an array; all in one query."""
    here = engine()
    selects = ", ".join(f"({here.TOGETHER.format(here.SELECT)})" for _ in trees_and_levels)
    with connections[SearchEntry.objects.db].cursor() as cursor:
        cursor.execute(f"SELECT {selects}", [here.expression(tree, level) for tree, level in trees_and_levels])
        return [here.pks(together) for together in cursor.fetchone()]
