"""backup and restore: the same site somewhere else, in processes as an operator starts them, whatever ends them."""

import json
import re
import signal
import sys
import time
import zipfile
from math import ceil
from pathlib import Path

import pytest

from bin import bench_servers
from portal.backups.archive import CHUNK
from portal.backups.contents import LEFT_OUT
from tests.sites import POSTGRESQL, READER, WRITTEN

# None of them uses the tests' own database, but each differs from one kind to the other.
pytestmark = pytest.mark.django_db
FULL = re.compile("File too large|disk I/O error|database or disk is full")


@pytest.fixture(scope="module")
def full(make_site):
    """A site with everything in it."""
    site = make_site("full")
    site.filled = site.task("fill")
    return site


@pytest.fixture(scope="module")
def backup(full, tmp_path_factory):
    """A backup of it."""
    path = tmp_path_factory.mktemp("backups") / "backup.zip"
    done = full.manage("backup", path)
    warning = f"Not in the backup, because the storage does not have it: {full.filled['lost']}\n"
    assert (done.returncode, done.stderr) == (0, warning)
    return path


@pytest.fixture
def other(make_site, first):
    return make_site("other", like=first)


def manifest_of(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("manifest.json"))


def kept(rows):
    """The rows that a restore brings back as they were."""
    return {name: found for name, found in rows.items() if name not in [*LEFT_OUT, "calls_stamp"]}


def restore(site, path, *options):
    done = site.manage("restore", path, *options)
    assert (done.returncode, done.stderr) == (0, "")


# The same site -------------------------------------------------------------------------------------------------------


def test_a_backup_made_while_others_write_gives_the_same_site_on_a_new_machine(full, make_site, tmp_path):
    site, path = make_site("busy", like=full), tmp_path / "backup.zip"
    writer = site.start(sys.executable, "-m", "tests.site_tasks", "write")
    writer.stdout.readline()
    assert site.manage("backup", path).returncode == 0
    writer.kill()

    new = make_site("new", DOCUMENT_STORAGE="tests.bucket.Bucket")
    restore(new, path)
    rows, before = new.rows(), full.rows()
    documents, objectives = (
        sum(WRITTEN in row for row in rows[name]) for name in ("calls_document", "calls_objective")
    )
    assert 0 < documents == objectives < sum(WRITTEN in row for row in site.rows()["calls_document"])
    rows = {name: [row for row in found if WRITTEN not in row] for name, found in rows.items()}
    assert kept(rows) == kept(before)
    assert [rows[name] for name in LEFT_OUT] == [[], [], []]
    assert rows["calls_stamp"] != before["calls_stamp"]

    was, now = full.task("contents"), new.task("contents")
    assert now["pages"] == was["pages"]
    assert len(now["pages"]) > 50
    assert was["documents"].items() <= now["documents"].items()
    assert len(now["documents"]) == len(was["documents"]) + documents
    assert full.filled["gone"] in now["documents"]
    assert new.task("log_in") == {"path": "/mijn/", "user": READER, "themes": ["migratie"]}


def test_a_backup_says_what_it_holds(full, backup):
    manifest = manifest_of(backup)
    assert manifest["missing"] == [full.filled["lost"]]
    assert manifest["database"] == ("postgresql" if POSTGRESQL else "sqlite")
    assert ["calls", "0007_desk_order"] in manifest["migrations"]
    with zipfile.ZipFile(backup) as archive:
        sizes = {info.filename: info.file_size for info in archive.infolist() if info.filename != "manifest.json"}
    assert {name: said["size"] for name, said in manifest["members"].items()} == sizes


def test_only_its_owner_reads_a_backup_and_no_running_session_is_in_it(full, backup):
    assert backup.stat().st_mode & 0o777 == 0o600
    (session,) = full.rows()["django_session"]
    key = session.split("'")[1].encode()
    with zipfile.ZipFile(backup) as archive:
        assert not any(key in archive.read(name) for name in archive.namelist())


def test_an_older_backup_is_brought_up_to_date(full, make_site, tmp_path):
    old, path = make_site("old", like=full), tmp_path / "old.zip"
    before = old.rows()
    assert old.manage("migrate", "calls", "0005").returncode == 0
    assert old.rows()["calls_call"] != before["calls_call"]
    assert old.manage("backup", path).returncode == 0
    assert ["calls", "0006_last_seen"] not in manifest_of(path)["migrations"]
    restore(old, path, "--replace")
    now = old.rows()
    assert any("0007_desk_order" in row for row in now.pop("django_migrations"))
    del before["django_migrations"]
    assert kept(now) == kept(before)


def test_a_backup_never_replaces_a_file(first, tmp_path):
    path = tmp_path / "backup.zip"
    path.write_text("gisteren")
    assert first.refused("backup", path) == f"{path} is there already"
    assert path.read_text() == "gisteren"


def test_in_a_folder_a_backup_has_the_moment_as_its_name(first, tmp_path):
    done = first.manage("backup", tmp_path)
    (path,) = tmp_path.iterdir()
    assert path.match("portal-20??-??-??-??????.zip")
    assert done.stdout.startswith(f"{path}: ")


def test_running_workers_show_the_restored_site_within_two_seconds(backup, other):
    with bench_servers.gunicorn(other.environment, workers=2) as server:
        before = [server.get("/oproepen/") for _ in range(10)]
        restore(other, backup, "--replace")
        time.sleep(2)
        after = [server.get("/oproepen/") for _ in range(10)]
    assert {(status, b"/oproepen/taal/" in page) for status, _headers, page in before} == {(200, False)}
    assert {(status, b"/oproepen/taal/" in page) for status, _headers, page in after} == {(200, True)}


def test_a_document_with_another_content_is_replaced_last(full, backup, other):
    guide = next(full.folder.rglob("Gids_voor*")).relative_to(full.folder)
    path = other.folder / guide
    path.parent.mkdir(parents=True)
    path.write_bytes(b"een andere gids")
    done = other.manage("restore", "--replace", backup, limit=16_000)
    reason = f"The database is restored, but not the document {str(Path(*guide.parts[1:]))!r}: "
    assert (done.returncode, done.stderr.startswith(f"CommandError: {reason}")) == (1, True)
    assert kept(other.rows()) == kept(full.rows())
    restore(other, backup, "--replace")
    assert path.read_bytes() == (full.folder / guide).read_bytes()


# Whatever ends it ----------------------------------------------------------------------------------------------------


def ended(site, name, unit, number, *command):
    """The exit status of a command that gets a signal on its way."""
    return site.run("-m", "tests.site_tasks", "die", name, unit, number, *command).returncode


@pytest.mark.parametrize(("unit", "number"), [("rows" if POSTGRESQL else "B", 3), ("documents", 1)])
def test_a_killed_backup_leaves_nothing_that_looks_whole(full, other, tmp_path, unit, number):
    assert ended(full, "SIGKILL", unit, number, "backup", tmp_path / "backup.zip") == -signal.SIGKILL
    (folder,) = tmp_path.iterdir()
    assert (folder.name[:12], folder.suffix) == (".backup.zip.", ".part")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert "backup" in other.refused("restore", "--replace", folder / "backup")


def test_a_stopped_backup_leaves_nothing(full, tmp_path):
    assert ended(full, "SIGTERM", "documents", 1, "backup", tmp_path / "backup.zip") == 143
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("moment", ["documents", "database"])
def test_a_killed_restore_leaves_the_old_database_and_can_be_done_again(full, backup, other, moment):
    before = other.rows()
    place = ("documents", 1)
    if moment == "database":
        # SQLite is in the middle of its copying, PostgreSQL of its tables.
        checked = sum(ceil(said["size"] / CHUNK) for said in manifest_of(backup)["members"].values())
        place = ("B", checked + 15) if POSTGRESQL else ("pages", 1)
    assert ended(other, "SIGKILL", *place, "restore", "--replace", backup) == -signal.SIGKILL
    assert other.rows() == before
    restore(other, backup, "--replace")
    assert kept(other.rows()) == kept(full.rows())


# First in the database (PostgreSQL's is elsewhere: the first file), then in the largest document.
@pytest.mark.parametrize("blocks", [500, 16_000])
def test_a_full_disk_leaves_no_backup(full, tmp_path, blocks):
    assert FULL.search(full.refused("backup", tmp_path / "backup.zip", limit=blocks))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("blocks", [500, 16_000])
def test_a_full_disk_leaves_the_site_as_it_was(backup, other, blocks):
    before, files = other.rows(), set(other.folder.rglob("*"))
    assert FULL.search(other.refused("restore", "--replace", backup, limit=blocks))
    assert other.rows() == before
    new = set(other.folder.rglob("*")) - files
    assert [path for path in new if path.is_file() or path.suffix == ".part"] == []
