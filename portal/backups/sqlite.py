import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import connection
from tqdm import tqdm

from portal.backups.archive import CHUNK, BackupError
from portal.backups.contents import LEFT_OUT, bar_of, bring_up_to_date, counted, documents, migrations

MEMBER = "database.sqlite3"
PAGES = 1_000  # at once


class SQLite:
    """The database as one file."""

    def save(self, writer, folder, progress):
        """Adds a snapshot of the database; gives what the manifest says of it, and the names of its documents."""
        path = folder / MEMBER
        with connection.cursor() as cursor:
            # Without what was deleted, which the pages of the database's own file still hold.
            cursor.execute("VACUUM INTO %s", [str(path)])
        with closing(sqlite3.connect(path)) as snapshot:
            empty(snapshot)
            facts = {"migrations": migrations(snapshot.cursor()), "tables": {}}
            names = documents(snapshot.cursor())
        with open(path, "rb") as file, bar_of(path.stat().st_size, progress) as bar:
            writer.add(MEMBER, counted(iter(lambda: file.read(CHUNK), b""), bar))
        path.unlink()
        return facts, names

    @property
    def folder(self):
        return Path(connection.settings_dict["NAME"]).parent

    def room(self, manifest):
        """{folder: bytes} that a restore takes there: its copy, the write-ahead log, the database."""
        return {self.folder: 3 * manifest.size(documents=False)}

    @contextmanager
    def prepared(self, backup, progress):
        """Checks the database of a backup and brings it up to date beside ours; gives what puts it in its place."""
        if MEMBER not in backup.manifest.members:
            raise BackupError("There is no database in this file.")
        self.folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".restore.", suffix=".part", dir=self.folder) as folder:
            path = Path(folder, MEMBER)
            extract(backup, path, progress)
            with instead_of_ours(path):
                bring_up_to_date()
            yield lambda: replace(path, progress)


def extract(backup, path, progress):
    with open(path, "xb") as file, bar_of(backup.manifest.size(documents=False), progress) as bar:
        for chunk in counted(backup.chunks(MEMBER), bar):
            file.write(chunk)
    with closing(sqlite3.connect(path)) as copy:
        check(copy, backup.manifest)


def empty(snapshot):
    snapshot.execute("PRAGMA secure_delete = ON")
    tables = {name for (name,) in snapshot.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for name in tables.intersection(LEFT_OUT):
        snapshot.execute(f"DELETE FROM {name}")  # noqa: S608
    snapshot.commit()


def check(copy, manifest):
    try:
        sound = copy.execute("PRAGMA quick_check").fetchone() == ("ok",)
        sound = sound and migrations(copy.cursor()) == manifest.migrations
    except sqlite3.DatabaseError:
        sound = False
    if not sound:
        raise BackupError("The database in this file is damaged, or not the one that its manifest is about.")


@contextmanager
def instead_of_ours(path):
    """Django's connection looks at another file for a while."""
    ours = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = str(path)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = ours


def replace(path, progress):
    """Copies a file into our database in one transaction: who is connected stays so, and reads the new rows next."""
    connection.ensure_connection()
    with closing(sqlite3.connect(path)) as copy, tqdm(unit=" pages", disable=not progress) as bar:

        def advance(status, left, total):
            if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise BackupError("The database is in use. Stop the site and its workers first.")
            bar.total = total
            bar.update(total - left - bar.n)

        copy.backup(connection.connection, pages=PAGES, progress=advance)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
