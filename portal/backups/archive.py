"""The one file of a backup: a zip with the database, the documents and a manifest.

The manifest is written last and names every other member with its size and SHA-256: a file is whole and as it was
written, or it is refused.
"""

import hashlib
import json
import os
import re
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from django.core.files import File

FORMAT = 1
MANIFEST = "manifest.json"
DOCUMENTS = "documents/"
LARGEST_MANIFEST = 100 * 1024**2
CHUNK = 1024**2
# What reading a broken zip raises; OSError for a place that no file has.
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)
SHA256 = re.compile(r"[0-9a-f]{64}")


class BackupError(Exception):
    """Why nothing was written, as sentences for an operator."""


@dataclass(frozen=True)
class Manifest:
    """`migrations` are the [app, name] that were applied, `missing` the documents that the storage no longer had.

    `members` is {name: {"size": bytes, "sha256": hex}}. `tables` is {table: {"columns": […], "rows": number,
    "sequences": {column: last number or None}}} of PostgreSQL, and empty for SQLite, whose database is one member.
    """

    made_at: str
    django: str
    database: str
    migrations: list
    tables: dict
    members: dict
    missing: list
    format: int = FORMAT

    def documents(self):
        """{name in the storage: name in the file}."""
        return {name.removeprefix(DOCUMENTS): name for name in self.members if name.startswith(DOCUMENTS)}

    def size(self, documents):
        """In bytes, of the documents or of the database."""
        return sum(said["size"] for name, said in self.members.items() if name.startswith(DOCUMENTS) == documents)


# Writing -------------------------------------------------------------------------------------------------------------


class Writer:
    def __init__(self, archive):
        self.archive, self.members = archive, {}

    def add(self, name, chunks, compression=zipfile.ZIP_DEFLATED):
        digest, size = hashlib.sha256(), 0
        info = zipfile.ZipInfo(name)
        info.compress_type = compression
        with self.archive.open(info, "w", force_zip64=True) as member:
            for chunk in chunks:
                member.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        self.members[name] = {"size": size, "sha256": digest.hexdigest()}

    def finish(self, **facts):
        manifest = Manifest(**facts, members=self.members)
        self.archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1), zipfile.ZIP_DEFLATED)
        return manifest


@contextmanager
def writing(path):
    """Gives a Writer to a new file that only its owner reads; at the end all of it is on the disk."""
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        with zipfile.ZipFile(file, "w") as archive:
            yield Writer(archive)
        file.flush()
        os.fsync(file.fileno())


# Reading -------------------------------------------------------------------------------------------------------------


class Backup:
    """A file that may hold anything. Raises BackupError at once, or from `chunks`, for what is no whole backup."""

    def __init__(self, archive):
        self.archive = archive
        names = archive.namelist()
        if MANIFEST not in names:
            raise BackupError("This file has no manifest: it is no backup of this portal.")
        self.manifest = self.read_manifest()
        if sorted(names) != sorted([*self.manifest.members, MANIFEST]):
            raise BackupError("The file does not hold what its manifest says.")
        for name, said in self.manifest.members.items():
            if archive.getinfo(name).file_size != said["size"]:
                raise self.changed(name)

    def read_manifest(self):
        if self.archive.getinfo(MANIFEST).file_size > LARGEST_MANIFEST:
            raise BackupError("The manifest is too large to be one.")
        try:
            said = json.loads(self.archive.read(MANIFEST))
        except BROKEN as error:
            raise BackupError("The manifest cannot be read.") from error
        if not isinstance(said, dict) or said.get("format") != FORMAT:
            raise BackupError(f"This is no backup of format {FORMAT}, the only one that this version knows.")
        try:
            manifest = Manifest(**said)
            sound = is_sound(manifest)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise BackupError("The manifest is not one of a backup.") from error
        if not sound:
            raise BackupError("The manifest is not one of a backup.")
        return manifest

    def chunks(self, name):
        """The content of a member; fails at the end, at the latest, where that is not what the manifest says."""
        digest = hashlib.sha256()
        try:
            with self.archive.open(name) as member:
                while chunk := member.read(CHUNK):
                    digest.update(chunk)
                    yield chunk
        except BROKEN as error:
            raise self.changed(name) from error
        if digest.hexdigest() != self.manifest.members[name]["sha256"]:
            raise self.changed(name)

    def document(self, name):
        """A document as a storage takes it."""
        file = File(self.archive.open(DOCUMENTS + name), name)
        file.size = self.manifest.members[DOCUMENTS + name]["size"]
        return file

    def changed(self, name):
        return BackupError(f"{name!r} is not as the backup wrote it: the file is damaged or was changed.")


def is_sound(manifest):
    """Whether all that others rely on has the right type. Raises what Python raises where the shape is another one."""
    members, tables = manifest.members.items(), manifest.tables.values()
    numbers = [said["size"] for _name, said in members]
    numbers += [table["rows"] for table in tables]
    numbers += [last for table in tables for last in table["sequences"].values() if last is not None]
    texts = [manifest.made_at, manifest.django, manifest.database, *manifest.missing]
    texts += [part for app, name in manifest.migrations for part in (app, name)]
    texts += [column for table in tables for column in table["columns"]]
    return (
        all(type(number) is int and number >= 0 for number in numbers)
        and all(isinstance(text, str) for text in texts)
        and all(SHA256.fullmatch(said["sha256"]) for _name, said in members)
    )


@contextmanager
def reading(path):
    """Gives the Backup in a file."""
    with open(path, "rb") as file:
        try:
            archive = zipfile.ZipFile(file)
        except BROKEN as error:
            raise BackupError(f"{path} is not a whole backup: {error}.") from error
        with archive:
            yield Backup(archive)
