from contextlib import contextmanager
from itertools import batched

from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from tqdm import tqdm

from portal.backups.archive import BackupError
from portal.backups.contents import (
    LEFT_OUT,
    bar_of,
    bring_up_to_date,
    count,
    counted,
    documents,
    migrations,
    unknown,
)

AT_ONCE = 1_000  # rows
WAIT = "20s"  # for whoever uses a table, as long as SQLite waits (see the settings)
# Of the settings' limits none holds here: a large table takes long.
NO_LIMITS = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"


class PostgreSQL:
    """The database as the rows of each table, which needs no other program and which any version reads."""

    # What the migrations make besides tables and what goes with those.
    FUNCTIONS = ["calls_words(text, text)"]

    def save(self, writer, folder, progress):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute(NO_LIMITS)
            applied = migrations(cursor)
            names = tables_of(applied)
            # No migration changes them from here on.
            cursor.execute(f"LOCK TABLE {quoted(names)} IN ACCESS SHARE MODE")
            tables = {name: about(cursor, name) for name in names}
            rows = sum(table["rows"] for table in tables.values())
            with tqdm(total=rows, unit=" rows", disable=not progress) as bar:
                for name, table in tables.items():
                    with copying(cursor, name, table, "TO STDOUT") as copy:
                        writer.add(member(name), joined(copy, bar))
            return {"migrations": applied, "tables": tables}, documents(cursor)

    def room(self, manifest):
        return {}

    @contextmanager
    def prepared(self, backup, progress):
        tables, members = backup.manifest.tables, backup.manifest.members
        if sorted(tables) != tables_of(backup.manifest.migrations) or not {*map(member, tables)} <= members.keys():
            raise BackupError("The tables in this file are not those of its migrations.")
        yield lambda: self.load(backup, progress)

    def load(self, backup, progress):
        """Makes all tables anew as they were when the backup was made, fills them, and brings them up to date."""
        manifest = backup.manifest
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(NO_LIMITS)
            cursor.execute(f"SET LOCAL lock_timeout = '{WAIT}'")
            # What waits to be checked at the end of a transaction keeps a table from being changed.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            self.drop(cursor)
            MigrationExecutor(connection).migrate(nodes(manifest.migrations))
            made = present(cursor, [*manifest.tables, *LEFT_OUT])
            cursor.execute(f"TRUNCATE {quoted(made)} RESTART IDENTITY")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            with bar_of(manifest.size(documents=False), progress) as bar:
                for name, table in manifest.tables.items():
                    fill(cursor, name, table, counted(backup.chunks(member(name)), bar))
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            if migrations(cursor) != manifest.migrations:
                raise BackupError("The database in this file is not the one that its manifest is about.")
            bring_up_to_date()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def drop(self, cursor):
        """Whatever stands in our tables' way, such as somebody's own view, makes it fail."""
        applied = migrations(cursor) if present(cursor, ["django_migrations"]) else []
        if newer := unknown(applied):
            raise BackupError(f"This database is of a newer version of the portal: it has {newer[0]}.")
        if ours := present(cursor, [*tables_of(applied), *LEFT_OUT]):
            cursor.execute(f"DROP TABLE {quoted(ours)}")
        for function in self.FUNCTIONS:
            cursor.execute(f"DROP FUNCTION IF EXISTS {function}")


def nodes(applied):
    """These migrations but those that others stand for by now, as Django takes them."""
    graph = MigrationLoader(None).graph
    return [(app, name) for app, name in applied if (app, name) in graph.nodes]


def tables_of(applied):
    """The tables after these migrations but those of LEFT_OUT, in order."""
    state = MigrationLoader(None).project_state(nodes(applied))
    models = [model._meta for model in state.apps.get_models(include_auto_created=True)]
    tables = {meta.db_table for meta in models if meta.managed and not meta.proxy and not meta.swapped}
    return sorted({"django_migrations", *tables} - set(LEFT_OUT))


def present(cursor, tables):
    return [name for name in connection.introspection.table_names(cursor) if name in set(tables)]


def about(cursor, name):
    """A table as the manifest describes it. Generated columns are left out."""
    cursor.execute(
        """SELECT column_name, pg_get_serial_sequence(quote_ident(table_name), column_name)
        FROM information_schema.columns
        WHERE table_schema = current_schema() AND table_name = %s AND is_generated = 'NEVER'
        ORDER BY ordinal_position""",
        [name],
    )
    columns = dict(cursor.fetchall())
    sequences = {}
    for column, sequence in columns.items():
        if sequence:
            cursor.execute(f"SELECT CASE WHEN is_called THEN last_value END FROM {sequence}")  # noqa: S608
            (sequences[column],) = cursor.fetchone()
    return {"columns": list(columns), "rows": count(cursor, name), "sequences": sequences}


def fill(cursor, name, table, chunks):
    here = about(cursor, name)
    if (sorted(here["columns"]), here["sequences"].keys()) != (sorted(table["columns"]), table["sequences"].keys()):
        raise BackupError(f"The columns of {name!r} in this file are not those of its migrations.")
    with copying(cursor, name, table, "FROM STDIN") as copy:
        for chunk in chunks:
            copy.write(chunk)
    if cursor.rowcount != table["rows"]:
        raise BackupError(f"The rows of {name!r} are not as many as the manifest says.")
    for column, last in table["sequences"].items():
        if last is not None:
            cursor.execute("SELECT setval(pg_get_serial_sequence(quote_ident(%s), %s), %s)", [name, column, last])


@contextmanager
def copying(cursor, name, table, way):
    with (
        connection.wrap_database_errors,
        cursor.copy(f"COPY {quoted([name])} ({quoted(table['columns'])}) {way}") as copy,
    ):
        yield copy


def quoted(names):
    return ", ".join(map(connection.ops.quote_name, names))


def member(name):
    return f"database/{name}.copy"


def joined(rows, bar):
    """The rows of a COPY, which come one by one, in larger pieces."""
    for some in batched(rows, AT_ONCE, strict=False):
        yield b"".join(some)
        bar.update(len(some))
