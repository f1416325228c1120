"""Long work that writes lets others write in between."""

import time

from django.db import connection

WORK = 1  # second
REST = 0.12  # seconds; who waits to write in SQLite looks each tenth of a second whether it can


def in_turns(batches):
    """The batches of a long work that writes, each in a transaction of its own.

    SQLite has one writer at a time and no queue: the next batch would nearly always begin before a waiting request
    looks again, until that gives up. So after each second of work there is a rest. PostgreSQL needs none.
    """
    began = time.monotonic()
    for batch in batches:
        yield batch
        if connection.vendor == "sqlite" and time.monotonic() - began > WORK:
            time.sleep(REST)
            began = time.monotonic()
