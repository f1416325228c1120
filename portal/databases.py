"""What a database is told at each connection."""

import select
import time

import dj_database_url
from psycopg_pool import ConnectionPool

from portal.environment import DATA_DIR, env

SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA cache_size=-16000;"
    "PRAGMA mmap_size=268435456;PRAGMA temp_store=MEMORY;",
}
STATEMENT_SECONDS = env.int("STATEMENT_SECONDS", 0)  # of one query; 0 sets no limit
SURE_SECONDS = 1


def check_unless_just_used(connection):
    """Under load a query to check each connection would take as long as the query that somebody wants of it.

    One that rests has nothing to say, unless the server said farewell.
    """
    now = time.monotonic()
    if now - getattr(connection, "seen", 0) > SURE_SECONDS or says_something(connection):
        try:
            ConnectionPool.check_connection(connection)
        except Exception:
            # The others broke with it, as a rule; the pool waits a second before it tries a third.
            connection._pool.check()
            raise
    connection.seen = now


def says_something(connection):
    ear = select.poll()
    ear.register(connection.fileno(), select.POLLIN)
    return bool(ear.poll(0))


POSTGRESQL_OPTIONS = {
    # Its waits between attempts double until it gives up; whoever asks next begins anew, so none is longer than 2 s.
    "pool": {"min_size": 1, "max_size": 4, "timeout": 2, "reconnect_timeout": 4, "check": check_unless_just_used},
    "connect_timeout": 3,
    "options": f"-c statement_timeout={STATEMENT_SECONDS}s "
    f"-c idle_in_transaction_session_timeout={3 * STATEMENT_SECONDS}s",
}


def database(url):
    config = dj_database_url.parse(url, conn_health_checks=True)
    sqlite = config["ENGINE"] == "django.db.backends.sqlite3"
    config["OPTIONS"] = config.get("OPTIONS", {}) | (SQLITE_OPTIONS if sqlite else POSTGRESQL_OPTIONS)
    # The tests' live server and threads need a file; a database in memory belongs to one connection.
    config["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")} if sqlite else {}
    return config | {"CONN_MAX_AGE": None if sqlite else 0}
