"""What both databases share: what goes into a backup and what stays out, and what a restored one needs."""

import json

from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from tqdm import tqdm

from calls.models import Stamp

# Whoever has a backup gets into no running session; after a restore everybody logs in again.
LEFT_OUT = ["cache", "django_session", "usersessions_usersession"]
CONTENT = {"calls_call": "calls", "funds_fund": "funds", "contacts_contact": "contacts", "accounts_user": "accounts"}
# The names of all files that a call shows, or that an older version of a call may bring back.
FILES = "SELECT file FROM calls_document WHERE file <> ''"
FILES_OF_VERSIONS = """SELECT serialized_data FROM reversion_version
    JOIN django_content_type ON django_content_type.id = content_type_id
    WHERE app_label = 'calls' AND model = 'document'"""


def migrations(cursor):
    """The [app, name] that were applied, in that order."""
    cursor.execute("SELECT app, name FROM django_migrations ORDER BY id")
    return [list(row) for row in cursor.fetchall()]


def unknown(applied):
    """Those that this code does not know, as app.name."""
    known = MigrationLoader(None).disk_migrations
    return [f"{app}.{name}" for app, name in applied if (app, name) not in known]


def documents(cursor):
    """The names of the files that the database speaks of, in order."""
    cursor.execute(FILES)
    names = {name for (name,) in cursor.fetchall()}
    cursor.execute(FILES_OF_VERSIONS)
    names |= {row["fields"]["file"] for (data,) in cursor.fetchall() for row in json.loads(data)}
    return sorted(names - {""})


def content():
    """{what: how many} of what somebody would miss in our database."""
    with connection.cursor() as cursor:
        present = set(connection.introspection.table_names(cursor))
        numbers = {what: count(cursor, table) for table, what in CONTENT.items() if table in present}
    return {what: number for what, number in numbers.items() if number}


def count(cursor, table):
    cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608
    return cursor.fetchone()[0]


def bring_up_to_date():
    """The later migrations, what they do not make, and word to running workers that all has changed."""
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("index_calls", missing=True, verbosity=0)
    Stamp.renew()


def bar_of(size, progress):
    return tqdm(total=size, unit="B", unit_scale=True, disable=not progress)


def counted(chunks, bar):
    for chunk in chunks:
        yield chunk
        bar.update(len(chunk))
