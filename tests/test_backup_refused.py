"""What is no whole backup, or none for this site, is refused with the reason, and nothing is written."""

import json
import tarfile
import warnings
import zipfile
from dataclasses import asdict

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import FileField

from calls.models import Call
from portal.backups.archive import BackupError, Manifest, reading, writing
from portal.backups.contents import CONTENT, LEFT_OUT
from portal.backups.restoring import check_all, restore
from tests.factories import CallFactory
from tests.sites import POSTGRESQL

pytestmark = pytest.mark.django_db
GUIDE = "2026/11/gids.pdf"
MEMBERS = {"database.sqlite3": b"geen database", f"documents/{GUIDE}": b"%PDF-1.7 gids"}
NO_MANIFEST = "This file has no manifest: it is no backup of this portal."
NOT_ITS_MANIFEST = "The manifest is not one of a backup."
NOT_WHAT_IT_SAYS = "The file does not hold what its manifest says."
HUGE = 10**15
VENDOR = "postgresql" if POSTGRESQL else "sqlite"


@pytest.fixture(autouse=True)
def nothing_is_written(documents):
    yield
    assert [path for path in documents.rglob("*") if path.is_file()] == []
    assert not Call.objects.exists()


@pytest.fixture
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("backups") / "backup.zip"


def write(path, members=MEMBERS, change=lambda said: None, last=lambda archive: None):
    """A file with everything but a database; `change` may do so to its manifest, and `last` to its zip."""
    with writing(path) as writer:
        for name, content in members.items():
            writer.add(name, [content])
        facts = {"made_at": "2026-11-23T02:00:00+01:00", "django": "6.1", "database": VENDOR}
        said = asdict(Manifest(**facts, migrations=[], tables={}, members=writer.members, missing=[]))
        change(said)
        writer.archive.writestr("manifest.json", json.dumps(said))
        last(writer.archive)
    return path


def refusal(path, **options):
    with pytest.raises(BackupError) as refused:
        restore(path, **options)
    return str(refused.value)


def test_a_backup_knows_every_file_and_every_table_that_it_must():
    files = [field for model in apps.get_models() for field in model._meta.fields if isinstance(field, FileField)]
    assert [str(field) for field in files] == ["calls.Document.file"]
    assert {*CONTENT, *LEFT_OUT} <= set(connection.introspection.table_names())


def test_only_the_database_is_missing_from_the_files_of_these_tests(path):
    reason = {
        "sqlite": "The database in this file is damaged, or not the one that its manifest is about.",
        "postgresql": "The tables in this file are not those of its migrations.",
    }
    assert refusal(write(path)) == reason[VENDOR]


# What is no backup ---------------------------------------------------------------------------------------------------


def test_a_file_of_another_kind_is_refused(path):
    for content in (b"", b"een tekst", bytes(10_000)):
        path.write_bytes(content)
        assert refusal(path) == f"{path} is not a whole backup: File is not a zip file."
    with tarfile.open(path, "w") as archive:
        archive.add(__file__)
    assert refusal(path) == f"{path} is not a whole backup: File is not a zip file."
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("calls.csv", "titel")
    assert refusal(path) == NO_MANIFEST


def test_no_part_of_a_file_passes_for_the_whole(path):
    whole = write(path).read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert "not a whole backup" in refusal(path)


def read(path):
    with reading(path) as backup:
        check_all(backup, progress=False)
        return {name: b"".join(backup.chunks(name)) for name in backup.manifest.members}


@pytest.mark.parametrize("bits", [0b1, 0b1000, 0b11111111])
def test_of_a_changed_byte_nothing_is_read_that_was_not_written(path, bits):
    whole = write(path).read_bytes()
    refused = 0
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ bits]) + whole[place + 1 :])
        try:
            assert read(path) == MEMBERS
        except BackupError:
            refused += 1
    # A few bytes say what nobody looks at, such as the year of a member.
    assert refused > len(whole) * 0.7


def test_the_reason_names_what_is_damaged(path):
    data = write(path).read_bytes()
    place = data.index(b"documents/") + len(f"documents/{GUIDE}") + 24
    path.write_bytes(data[:place] + b"\0\0" + data[place + 2 :])
    assert refusal(path) == f"'documents/{GUIDE}' is not as the backup wrote it: the file is damaged or was changed."


# What a manifest may not say -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"members": []},
        {"members": {"database.sqlite3": 5}},
        {"members": {"database.sqlite3": {"size": "13", "sha256": "a" * 64}}},
        {"members": {"database.sqlite3": {"size": -1, "sha256": "a" * 64}}},
        {"members": {"database.sqlite3": {"size": 13, "sha256": "../.."}}},
        {"members": {"database.sqlite3": {"size": 13}}},
        {"migrations": {"calls": 1}},
        {"migrations": [["calls", 1]]},
        {"migrations": [["calls", "0001_initial", "x"]]},
        {"migrations": None},
        {"tables": {"calls_call": []}},
        {"tables": {"calls_call": {"columns": [1], "rows": 1, "sequences": {}}}},
        {"tables": {"calls_call": {"columns": [], "rows": "1", "sequences": {}}}},
        {"tables": {"calls_call": {"columns": [], "rows": 1, "sequences": {"id": "1; DROP TABLE"}}}},
        {"missing": 5},
        {"made_at": 5},
        {"something": "else"},
    ],
    ids=str,
)
def test_a_manifest_of_another_shape_is_refused(path, changes):
    assert refusal(write(path, change=lambda said: said.update(changes))) == NOT_ITS_MANIFEST


@pytest.mark.parametrize("text", ["", "[", "[" * 100_000, '{"format": 1', "\xff"], ids=repr)
def test_a_manifest_that_is_no_json_is_refused(path, text):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", text.encode("latin-1"))
    assert refusal(path) == "The manifest cannot be read."


@pytest.mark.parametrize("said", [[], "x", None, {}, {"format": 2}])
def test_another_format_is_refused(path, said):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", json.dumps(said))
    assert refusal(path) == "This is no backup of format 1, the only one that this version knows."


def test_what_the_manifest_does_not_name_is_refused(path):
    write(path, last=lambda archive: archive.writestr("documents/ander.pdf", "x"))
    assert refusal(path) == NOT_WHAT_IT_SAYS


def test_what_is_there_twice_is_refused(path):
    with warnings.catch_warnings(action="ignore"):
        write(path, last=lambda archive: archive.writestr(f"documents/{GUIDE}", "x"))
    assert refusal(path) == NOT_WHAT_IT_SAYS


def test_what_is_missing_is_refused(path):
    other = {"size": 1, "sha256": "a" * 64}
    write(path, change=lambda said: said["members"].update({"documents/ander.pdf": other}))
    assert refusal(path) == NOT_WHAT_IT_SAYS


@pytest.mark.parametrize(
    "name", ["../gids.pdf", "a/../../gids.pdf", "/etc/gids.pdf", "..\\gids.pdf", "", "a/..", "C:\\..\\gids.pdf"]
)
def test_a_document_outside_the_storage_is_refused(path, name):
    write(path, MEMBERS | {f"documents/{name}": b"x"})
    assert refusal(path) == f"{name!r} is no name for a document."


def test_a_size_that_only_the_manifest_says_is_refused(path):
    write(path, change=lambda said: said["members"][f"documents/{GUIDE}"].update(size=HUGE))
    assert refusal(path).startswith(f"'documents/{GUIDE}' is not as the backup wrote it")


def test_more_than_the_disk_holds_is_refused_before_it_is_read(path, documents):
    name = f"documents/{GUIDE}"

    def enlarge(archive):
        archive.getinfo(name).file_size = HUGE

    write(path, change=lambda said: said["members"][name].update(size=HUGE), last=enlarge)
    assert refusal(path).startswith(f"This needs {HUGE:,} bytes in {documents}, where ")


# What a database may not hold ----------------------------------------------------------------------------------------


def forget_a_migration(said, members):
    said["migrations"].remove(["calls", "0007_desk_order"])


def promise_more_rows(said, members):
    said["tables"]["calls_call"]["rows"] += 1


def forget_a_column(said, members):
    said["tables"]["calls_call"]["columns"].remove("title")


def lose_the_funds(said, members):
    members["database/funds_fund.copy"] = b""
    said["tables"]["funds_fund"]["rows"] = 0


def be_no_copy(said, members):
    members["database/funds_fund.copy"] = b"\\xff\tgeen rij\n"


FORGERIES = {
    "sqlite": {forget_a_migration: "not the one that its manifest is about"},
    "postgresql": {
        forget_a_migration: "not the one that its manifest is about",
        promise_more_rows: "The rows of 'calls_call' are not as many as the manifest says",
        forget_a_column: "The columns of 'calls_call' in this file are not those of its migrations",
        lose_the_funds: "violates foreign key constraint",
        be_no_copy: "invalid byte sequence",
    },
}[VENDOR]


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_a_database_that_is_not_what_it_says_leaves_the_old_one(first, path, forge):
    before, whole = first.rows(), path.with_name("whole.zip")
    assert first.manage("backup", whole).returncode == 0
    with zipfile.ZipFile(whole) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    said = json.loads(members.pop("manifest.json"))
    forge(said, members)
    write(path, members, change=lambda facts: facts.update(said | {"members": facts["members"]}))
    assert FORGERIES[forge] in first.refused("restore", "--replace", path)
    assert first.rows() == before


# What is not for this site -------------------------------------------------------------------------------------------


def test_another_kind_of_database_is_refused(path):
    write(path, change=lambda said: said.update(database="oracle"))
    assert refusal(path) == (
        f"This backup is of a oracle database, and DATABASE_URL names a {VENDOR} one: they cannot be exchanged."
    )


def test_a_newer_version_is_refused(path):
    write(path, change=lambda said: said.update(migrations=[["calls", "0001_initial"], ["calls", "9999_later"]]))
    assert refusal(path) == (
        "This backup is of a newer version of the portal: it has the migration 'calls.9999_later', which is not known "
        "here. Restore it with that version."
    )


def test_a_database_with_content_is_kept(path):
    call = CallFactory()
    assert refusal(write(path)) == (
        "This database holds content already (calls: 1, funds: 1). With --replace the backup takes its place."
    )
    call.delete()


def test_a_document_with_another_content_is_kept(path):
    default_storage.save(GUIDE, ContentFile(b"een andere gids"))
    assert refusal(write(path)) == (
        f"The storage has a document {GUIDE!r} with another content. With --replace it is replaced."
    )
    with default_storage.open(GUIDE) as file:
        assert file.read() == b"een andere gids"
    default_storage.delete(GUIDE)
