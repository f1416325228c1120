"""Making a backup: one file with the database and the documents it speaks of, there whole or not at all."""

import os
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import django
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone
from tqdm import tqdm

from portal.backups.archive import DOCUMENTS, BackupError, writing
from portal.backups.contents import unknown
from portal.backups.postgresql import PostgreSQL
from portal.backups.sqlite import SQLite

DATABASES = {"sqlite": SQLite, "postgresql": PostgreSQL}


def back_up(target, progress=False):
    """Writes a backup where nothing is yet; gives its Manifest.

    Raises BackupError, or what the disk or the database raise; then nothing was written.
    """
    made_at = timezone.localtime().isoformat(timespec="seconds")
    refuse_existing(target)
    with TemporaryDirectory(prefix=f".{target.name}.", suffix=".part", dir=target.parent) as folder:
        path = Path(folder, "backup")
        with writing(path) as writer:
            facts, names = DATABASES[connection.vendor]().save(writer, Path(folder), progress)
            if newer := unknown(facts["migrations"]):
                raise BackupError(f"This database is of another version of the portal: it has {newer[0]}.")
            missing = save_documents(writer, names, progress)
            manifest = writer.finish(
                made_at=made_at,
                django=django.__version__,
                database=connection.vendor,
                missing=missing,
                **facts,
            )
        refuse_existing(target)
        path.rename(target)
    fsync_folder(target.parent)
    return manifest


def refuse_existing(target):
    if target.exists():
        raise BackupError(f"{target} is there already.")


def save_documents(writer, names, progress):
    """Copies the files that the storage has; gives the names of the others."""
    missing = []
    with tqdm(total=len(names), unit=" documents", disable=not progress) as bar:
        for name in names:
            if stored(name):
                with default_storage.open(name) as file:
                    writer.add(DOCUMENTS + name, file.chunks(), zipfile.ZIP_STORED)
            else:
                missing.append(name)
            bar.update()
    return missing


def stored(name):
    try:
        return default_storage.exists(name)
    except SuspiciousFileOperation:
        return False


def fsync_folder(folder):
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
