"""Restoring a backup: all is checked before anything is written, and the database changes at once or not at all.

New documents come first, then the database, and last the documents that have another content here: until the database
is restored, all that it shows is as it was.
"""

import hashlib
import shutil
from contextlib import contextmanager
from pathlib import Path

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.files.utils import validate_file_name
from django.db import connection
from tqdm import tqdm

from portal.backups.archive import BackupError, reading
from portal.backups.contents import bar_of, content, counted, unknown
from portal.backups.making import DATABASES


class HalfRestored(Exception):
    """The database is restored, a document is not."""


def restore(path, replace=False, progress=False):
    """Puts the site of a backup in the place of ours; gives its Manifest.

    Raises HalfRestored, or, where nothing was written, BackupError or what the disk or the database raise.
    """
    with reading(path) as backup:
        manifest = backup.manifest
        refuse_other_database(manifest)
        refuse_unsafe_names(manifest)
        if not replace:
            refuse_content()
        database = DATABASES[connection.vendor]()
        refuse_too_large(database.room(manifest) | room_of_documents(manifest))
        check_all(backup, progress)
        new, changed = compare_documents(backup)
        if changed and not replace:
            raise BackupError(
                f"The storage has a document {changed[0]!r} with another content. With --replace it is replaced."
            )
        with database.prepared(backup, progress) as put_in_place, documents(backup, new, progress):
            put_in_place()
        replace_documents(backup, changed)
    return manifest


# What is refused -----------------------------------------------------------------------------------------------------


def refuse_other_database(manifest):
    if manifest.database != connection.vendor:
        raise BackupError(
            f"This backup is of a {manifest.database} database, and DATABASE_URL names a {connection.vendor} one: "
            "they cannot be exchanged."
        )
    if newer := unknown(manifest.migrations):
        raise BackupError(
            f"This backup is of a newer version of the portal: it has the migration {newer[0]!r}, which is not known "
            "here. Restore it with that version."
        )


def refuse_unsafe_names(manifest):
    for name in manifest.documents():
        try:
            validate_file_name(name, allow_relative_path=True)
            default_storage.exists(name)
        except (SuspiciousFileOperation, ValueError) as error:
            raise BackupError(f"{name!r} is no name for a document.") from error


def refuse_content():
    if present := content():
        held = ", ".join(f"{what}: {number}" for what, number in present.items())
        raise BackupError(f"This database holds content already ({held}). With --replace the backup takes its place.")


def refuse_too_large(room):
    for folder, size in room.items():
        free = shutil.disk_usage(next(one for one in (folder, *folder.parents) if one.exists())).free
        if size > free:
            raise BackupError(f"This needs {size:,} bytes in {folder}, where {free:,} are free.")


def room_of_documents(manifest):
    if not isinstance(default_storage, FileSystemStorage):
        return {}
    return {Path(default_storage.location): manifest.size(documents=True)}


def check_all(backup, progress):
    members = backup.manifest.members
    with bar_of(sum(said["size"] for said in members.values()), progress) as bar:
        for name in members:
            for _chunk in counted(backup.chunks(name), bar):
                pass


# Documents -----------------------------------------------------------------------------------------------------------


def compare_documents(backup):
    """The names of the documents that the storage does not have, and of those that it has with another content."""
    new, changed = [], []
    for name, member in backup.manifest.documents().items():
        if not default_storage.exists(name):
            new.append(name)
        elif digest(name) != backup.manifest.members[member]["sha256"]:
            changed.append(name)
    return new, changed


def digest(name):
    with default_storage.open(name) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def documents(backup, names, progress):
    """Writes documents, and takes them away again where the database cannot be restored."""
    written = []
    try:
        with tqdm(total=len(names), unit=" documents", disable=not progress) as bar:
            for name in names:
                save(backup, name)
                written.append(name)
                bar.update()
        yield
    except BaseException:
        for name in written:
            default_storage.delete(name)
        raise


def replace_documents(backup, names):
    for name in names:
        try:
            default_storage.delete(name)
            save(backup, name)
        except Exception as error:
            raise HalfRestored(
                f"The database is restored, but not the document {name!r}: {error}. Restore again with --replace."
            ) from error


def save(backup, name):
    with backup.document(name) as file:
        saved = default_storage.save(name, file)
    if saved != name:
        default_storage.delete(saved)
        raise BackupError(f"The document {name!r} could only be stored as {saved!r}.")
