"""What is to be done each night, by one command: all of it, whatever fails, and at the right hour."""

import os
import re
import signal
import subprocess
import sys
from datetime import time as clock
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from accounts.models import Message
from portal.management.commands.nightly import next_time
from tests.factories import brussels
from tests.processes import environment


def nightly(tmp_path, *options, **changes):
    command = [sys.executable, django_settings.BASE_DIR / "manage.py", "nightly", *options]
    own = environment(DATA_DIR=str(tmp_path), PORTAL_API="http://127.0.0.1:1", **changes)
    return subprocess.Popen(command, env=own, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def old_mail(transactional_db):
    mail = {"sender": "a@example.org", "recipient": "b@example.org", "subject": "Dag", "content": b""}
    Message.objects.create(**mail, sent_at=timezone.now() - timedelta(days=40))


@pytest.mark.usefixtures("old_mail")
def test_a_fault_in_one_does_not_keep_the_others(tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    old, other = folder / "portal-2020-01-01-033000.zip", folder / "anders.zip"
    young = folder / "portal-2026-01-01-033000.zip"
    for path in (old, other, young):
        path.touch()
    for path in (old, other):
        os.utime(path, (0, 0))
    run = nightly(tmp_path, "--backup", str(folder))
    _out, err = run.communicate(timeout=120)
    # No fund has a programme code, so the import has nothing to ask.
    assert (run.returncode, err.splitlines()[-1]) == (1, "CommandError: Failed: import_calls.")
    assert "The nightly import_calls ended with 1." in err
    assert not Message.objects.exists()
    made = sorted(path.name for path in folder.iterdir())
    assert len(made) == 3
    assert {"anders.zip", young.name} < set(made)


@pytest.mark.usefixtures("old_mail")
def test_a_backup_that_fails_takes_no_old_one(tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    old = folder / "portal-2020-01-01-033000.zip"
    old.touch()
    os.utime(old, (0, 0))
    broken = nightly(tmp_path, "--backup", str(folder), DATABASE_URL=f"sqlite:///{tmp_path}/leeg.sqlite3")
    _out, err = broken.communicate(timeout=120)
    assert "Failed: backup, import_calls, " in err
    assert old.exists()


@pytest.mark.usefixtures("transactional_db")
def test_it_stops_when_it_is_told_to(tmp_path):
    run = nightly(tmp_path, "--at", "04:00", PYTHONUNBUFFERED="1")
    assert re.fullmatch(r"The next night begins at 20\d\d-\d\d-\d\d 04:00\.\n", run.stdout.readline())
    run.send_signal(signal.SIGTERM)
    assert run.communicate(timeout=30) == ("", "")
    assert run.returncode == 0


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (brussels(2027, 3, 1, 3, 29), brussels(2027, 3, 1, 3, 30)),
        (brussels(2027, 3, 1, 3, 30), brussels(2027, 3, 2, 3, 30)),
        (brussels(2027, 12, 31, 23), brussels(2028, 1, 1, 3, 30)),
        # The night in which the clock goes from 02:00 to 03:00, and the one in which it goes back.
        (brussels(2027, 3, 28, 1), brussels(2027, 3, 28, 3, 30)),
        (brussels(2027, 10, 31, 1), brussels(2027, 10, 31, 3, 30)),
    ],
)
def test_the_next_night(now, due):
    assert next_time(clock(3, 30), timezone.localtime(now)) == due
