"""Real processes of the portal beside a test, on the test's own database."""

import os

from django.db import connection

from bin import bench_servers


def own_database():
    """DATABASE_URL of the test's database."""
    own = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{own['NAME']}"
    host = own["HOST"] or own["OPTIONS"]["host"]
    return f"postgres://{own['USER']}@/{own['NAME']}?host={host}"


def environment(**changes):
    return os.environ | {"DATABASE_URL": own_database(), "DEVELOPMENT": "true"} | changes


def gunicorn(workers=2, threads=4, **changes):
    return bench_servers.gunicorn(environment(**changes), workers=workers, threads=threads)
