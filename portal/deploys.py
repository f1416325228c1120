"""One deploy at a time: two that migrate the same database would each make the same tables."""

import fcntl
import time
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

LOCK = 6_230_195_814  # any number, of this site alone
LOOK = 0.3  # seconds; PostgreSQL is not asked to wait itself, since that would hold up an index made concurrently
held = False


@contextmanager
def one_at_a_time(say):
    """Waits until no other process migrates this database, and says so once. Can be entered again inside."""
    global held
    if held:
        yield
        return
    lock = PostgresLock() if connection.vendor == "postgresql" else FileLock()
    said = False
    while not lock.taken():
        if not said:
            say("Another deploy is at work on this database; waiting until it has finished …")
        said = True
        time.sleep(LOOK)
    held = True
    try:
        yield
    finally:
        held = False
        lock.free()


class PostgresLock:
    """Gone with its connection, so a deploy that is killed holds up nobody. Its own, since loaddata closes ours."""

    def __init__(self):
        self.connection = connection.copy()

    def taken(self):
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            return cursor.fetchone()[0]

    def free(self):
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
        self.connection.close()


class FileLock:
    """Beside the SQLite file; gone with its process."""

    def __init__(self):
        path = Path(f"{connection.settings_dict['NAME']}.deploy")
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = path.open("w")

    def taken(self):
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def free(self):
        self.file.close()
