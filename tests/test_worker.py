"""The commands behind the mails, and the outbox as pages while developing."""

import re
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.core.mail import EmailMultiAlternatives
from django.core.management import call_command
from django.db import DatabaseError
from django.utils import timezone

from accounts.management.commands import run_worker
from accounts.models import Message
from accounts.outbox import ServerTrouble, rows_of
from calls.models import Call, SearchEntry
from tests.factories import ThemeFactory
from tests.notices import following, new_call
from tests.portal_topics import bring, topic

pytestmark = pytest.mark.django_db


def write(subject="Nieuwe oproep", html="<p style='color: red'>Beste <b>lezer</b></p>"):
    email = EmailMultiAlternatives(subject, "Beste lezer, zie https://example.org/a", to=["lezer@example.org"])
    email.attach_alternative(html, "text/html")
    (row,) = Message.objects.bulk_create(rows_of(email))
    return row


# Commands ------------------------------------------------------------------------------------------------------------


def test_send_notices_says_what_it_wrote(capsys):
    theme = ThemeFactory()
    following(theme, digest="daily", date_joined=timezone.now() - timedelta(days=9))
    new_call(theme, deadline=timezone.now() + timedelta(days=100))
    call_command("send_notices")
    assert capsys.readouterr().out == "nieuwe oproep: 1, wijziging: 0, herinnering: 0, volgende oproep: 0\n"


def test_run_worker_once_sends_what_is_due(mailbox, monkeypatch):
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    write()
    call_command("run_worker", once=True)
    assert [message["Subject"] for message in mailbox.messages] == ["Nieuwe oproep"]


def test_a_worker_looks_after_the_drafts_of_an_import(monkeypatch):
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    bring(topic(title="Opvang in wijken"))
    assert not SearchEntry.objects.exists()
    call_command("run_worker", once=True)
    assert SearchEntry.objects.get().title == "opvang wijken"
    assert Call.objects.get().problems.exists()


def test_a_worker_waits_longer_while_nothing_works_and_then_goes_on(monkeypatch):
    waits, troubles = [], [ServerTrouble("weg")] * 6 + [DatabaseError("ook weg"), None, None]

    def send(stop):
        if trouble := troubles.pop(0):
            raise trouble

    class Stopped:
        def is_set(self):
            return not troubles

        def wait(self, seconds):
            waits.append(seconds)

    monkeypatch.setattr(run_worker, "send_waiting", send)
    monkeypatch.setattr(run_worker, "close_old_connections", lambda: None)
    monkeypatch.setattr(run_worker.threading, "Event", Stopped)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    call_command("run_worker")
    assert waits == [4, 8, 16, 32, 60, 60, 60, 2, 2]


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_stops_when_it_is_told_to(end, tmp_path):
    command = [sys.executable, str(django_settings.BASE_DIR / "manage.py"), "run_worker"]
    environment = {"DEVELOPMENT": "true", "DATA_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path}/x.sqlite3"}
    worker = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
    # The database has no tables: the worker says so and tries again.
    said = [worker.stderr.readline().decode() for _ in range(2)]
    assert ["No sign of life" in said[0], "The database does not answer" in said[1]] == [True, True]
    time.sleep(0.2)
    worker.send_signal(end)
    worker.communicate(timeout=30)
    assert worker.returncode == 0


# The outbox as pages -------------------------------------------------------------------------------------------------


def test_mails_are_shown_while_developing(client):
    row = write(subject="Nieuw <b>&</b>")
    page = client.read("/ontwikkeling/mails/")
    assert "Nieuw <b>&</b> lezer@example.org" in page
    assert "Beste lezer, zie https://example.org/a" in client.read(f"/ontwikkeling/mails/{row.pk}/")
    response = client.get(f"/ontwikkeling/mails/{row.pk}/html/")
    assert response.content.decode().strip() == "<p style='color: red'>Beste <b>lezer</b></p>"
    policy = response["Content-Security-Policy"]
    assert sorted(policy.split("; ")) == ["default-src 'none'", "frame-ancestors 'none'", "style-src 'unsafe-inline'"]


def test_an_empty_outbox_says_so(client):
    assert "Er is nog geen mail geschreven." in client.read("/ontwikkeling/mails/")


@pytest.mark.parametrize("path", ["", "{pk}/", "{pk}/html/"])
def test_nobody_sees_them_where_mail_is_really_sent(client, settings, path):
    settings.SHOWS_MAILS = False
    row = write()
    response = client.get("/ontwikkeling/mails/" + path.format(pk=row.pk))
    assert response.status_code == 404
    assert not re.search("Beste|Nieuwe oproep", response.content.decode())
