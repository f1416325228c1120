"""Measures actions in this process: the whole time, the part of the database, the queries."""

import sys
from contextlib import contextmanager
from statistics import median
from time import perf_counter

from django.db import connection
from django.db.backends.utils import CursorWrapper

from bin.bench import WARM_UPS


class Watch:
    """The queries of one action, and the seconds that the database took for them."""

    def __init__(self):
        self.queries, self.seconds = [], 0

    @contextmanager
    def timed(self):
        start = perf_counter()
        try:
            yield
        finally:
            self.seconds += perf_counter() - start

    def cursor(self, cursor):
        return WatchedCursor(self, cursor)


class WatchedCursor(CursorWrapper):
    """Times execute and fetch: SQLite looks rows up while they are fetched."""

    def __init__(self, watch, cursor):
        super().__init__(cursor, connection)
        self.watch = watch

    def execute(self, sql, params=None):
        self.watch.queries.append((sql, params))
        with self.watch.timed():
            return super().execute(sql, params)

    def fetchone(self):
        with self.watch.timed():
            return self.cursor.fetchone()

    def fetchmany(self, *size):
        with self.watch.timed():
            return self.cursor.fetchmany(*size)

    def fetchall(self):
        with self.watch.timed():
            return self.cursor.fetchall()


@contextmanager
def watched():
    """Gives a Watch that hears every query until the end of the block."""
    connection.ensure_connection()
    watch, make_cursor = Watch(), connection.make_cursor
    connection.make_cursor = watch.cursor
    try:
        yield watch
    finally:
        connection.make_cursor = make_cursor


def turns():
    """A turn for every line on stdin; says that it is ready for the next one."""
    print("ready", flush=True)
    for _ in sys.stdin:
        yield
        print("ready", flush=True)


def measure(actions, turns):
    """{name: {"ms", "db_ms", "queries", "answer"}}: medians, and the last answer.

    The actions take turns, so that none runs on what it just left in memory.

    `actions` is {name: function}; what answers None does not exist at this size, and has None instead of numbers.
    """
    runs = {name: [] for name in actions}
    for number, _ in enumerate(turns):
        for name, action in actions.items():
            with watched() as watch:
                start = perf_counter()
                answer = action()
                seconds = perf_counter() - start
            if number >= WARM_UPS and answer is not None:
                runs[name].append((seconds, watch.seconds, len(watch.queries), answer))
    return {name: summary(found) if found else None for name, found in runs.items()}


def summary(runs):
    seconds, database, queries, answers = zip(*runs, strict=True)
    times = {"ms": median(seconds) * 1000, "db_ms": median(database) * 1000}
    return times | {"queries": max(queries), "answer": answers[-1]}


def plans(action, wanted):
    """{name: lines} of how the database answers the first query of an action that holds all the words wanted.

    `wanted` is {name: words of SQL}; the lines are those that read a table or an index.
    """
    with watched() as watch:
        action()
    return {name: plan(*query) for name, words in wanted.items() for query in first(watch.queries, words)}


def first(queries, words):
    return [query for query in queries if all(word in query[0] for word in words)][:1]


def plan(sql, params):
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'QUERY PLAN' if sqlite else '(ANALYZE, COSTS OFF)'} {sql}", params)
        lines = [row[-1].strip(" ->") for row in cursor.fetchall()]
    return [line for line in lines if sqlite or "Scan" in line or line.startswith("Execution")]
