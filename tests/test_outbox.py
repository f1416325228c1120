"""The outbox: every mail is a row, which a worker sends, tries again, or gives up."""

from contextlib import suppress
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.mail import EmailMultiAlternatives, send_mail
from django.db import transaction
from django.utils import timezone

from accounts import outbox
from accounts.messages import DELAYS
from accounts.models import Message, User
from accounts.outbox import ServerTrouble, claim, rows_of, send_waiting
from tests.browser import free_port
from tests.killed import killed_at

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)


@pytest.fixture(autouse=True)
def standing_clock(settings):
    settings.SHOWS_MAILS = False
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def all_to_the_outbox(settings):
    settings.MAILERS = settings.MAILERS | {"default": {"BACKEND": "accounts.outbox.Outbox"}}


def waiting(*recipients, **fields):
    """Mails in the outbox, oldest first."""
    emails = [EmailMultiAlternatives("Nieuwe oproep", "Beste lezer\n", to=[recipient]) for recipient in recipients]
    Message.objects.bulk_create(row for email in emails for row in rows_of(email, **fields))
    return list(Message.objects.order_by("pk"))


def state(message):
    message.refresh_from_db()
    states = {"sent": message.sent_at, "failed": message.failed_at}
    return next((name for name, at in states.items() if at), message.due_at - NOW)


def recipients(mailbox):
    return [message["To"] for message in mailbox.messages]


@pytest.mark.usefixtures("all_to_the_outbox")
def test_a_mail_is_written_with_what_causes_it():
    with transaction.atomic():
        send_mail("Onderwerp", "Tekst", None, ["lezer@example.org"])
        transaction.set_rollback(True)
    assert Message.objects.count() == 0
    send_mail("Onderwerp", "Tekst", None, ["een@example.org", "twee@example.org"])
    rows = Message.objects.values_list("recipient", "subject", "sender", "urgent", "attempts", "sent_at")
    assert list(rows.order_by("pk")) == [
        (to, "Onderwerp", "VLEVA <vleva@localhost>", True, 0, None) for to in ("een@example.org", "twee@example.org")
    ]


def test_it_arrives_as_it_was_written_and_leaves_no_text_behind(mailbox):
    email = EmailMultiAlternatives("Één oproep – “nieuw”", "Daž is € 5\n" * 40, to=["lezer@example.org"])
    email.attach_alternative(f"<p>{'ü' * 2000}</p>", "text/html")
    Message.objects.bulk_create(rows_of(email))
    (row,) = Message.objects.all()
    written = message_from_bytes(bytes(row.content), policy=policy.default)
    assert send_waiting() == 1
    (arrived,) = mailbox.messages
    assert (arrived["Subject"], arrived["Message-ID"]) == ("Één oproep – “nieuw”", written["Message-ID"])
    parts = [part.get_content().splitlines() for part in arrived.iter_parts()]
    assert parts == [["Daž is € 5"] * 40, [f"<p>{'ü' * 2000}</p>"]]
    assert state(row) == "sent"
    assert (bytes(row.content), row.attempts, row.error) == (b"", 1, "")
    assert send_waiting() == 0


def test_who_waits_for_a_code_goes_before_who_reads_a_digest(mailbox):
    waiting("later@example.org", due_at=NOW + timedelta(seconds=1))
    waiting("samenvatting@example.org", due_at=NOW - timedelta(hours=1))
    waiting("code@example.org", urgent=True)
    assert send_waiting() == 2
    assert recipients(mailbox) == ["code@example.org", "samenvatting@example.org"]


def test_a_claimed_mail_is_left_alone_until_its_worker_must_be_dead(standing_clock):
    (row,) = waiting("lezer@example.org")
    assert (claim(), claim()) == (row, None)
    standing_clock.shift(outbox.CLAIM - timedelta(seconds=1))
    assert claim() is None
    standing_clock.shift(timedelta(seconds=1))
    assert (claim(), claim().attempts if claim() else None) == (row, None)
    row.refresh_from_db()
    assert row.attempts == 2


def test_a_dead_server_costs_no_mail(mailbox, settings, standing_clock):
    rows = waiting("een@example.org", "twee@example.org")
    alive = settings.MAILERS
    dead = mailbox.mailer | {"OPTIONS": mailbox.mailer["OPTIONS"] | {"port": free_port()}}
    settings.MAILERS = alive | {"delivery": dead}
    with pytest.raises(ServerTrouble):
        send_waiting()
    assert [state(row) for row in rows] == [DELAYS[0], timedelta(0)]
    assert "refused" in rows[0].error
    settings.MAILERS = alive
    assert send_waiting() == 1
    standing_clock.shift(DELAYS[0])
    assert send_waiting() == 1
    assert recipients(mailbox) == ["twee@example.org", "een@example.org"]


def test_each_attempt_waits_longer_and_after_three_days_it_is_over(mailbox, standing_clock):
    mailbox.answers["rcpt"] = ["450 Later graag"] * 100
    (row,) = waiting("lezer@example.org")
    waits = []
    while row.failed_at is None:
        send_waiting()
        row.refresh_from_db()
        waits.append(row.due_at - timezone.now())
        standing_clock.move_to(max(row.due_at, timezone.now()))
    assert waits[:7] == [*DELAYS, DELAYS[-1], DELAYS[-1]]
    assert row.error == "450 Later graag"
    assert timedelta(days=3) < row.failed_at - row.created_at < timedelta(days=3, hours=5)
    assert mailbox.messages == []


@pytest.mark.parametrize(
    ("step", "answer", "what", "bounced"),
    [
        ("rcpt", "550 Onbekend adres", "failed", True),
        ("rcpt", "451 Even niet", DELAYS[0], False),
        ("rcpt", "552 5.2.2 Postbus vol", DELAYS[0], False),
        ("rcpt", "554 5.1.1 Onbekend", "failed", True),
        ("rcpt", "550 5.7.1 Relaying denied", DELAYS[0], False),
        ("data", "554 Wij denken dat dit spam is", DELAYS[0], False),
        ("data", "452 Vol", DELAYS[0], False),
    ],
)
def test_what_the_server_answers_decides(mailbox, user, step, answer, what, bounced):
    mailbox.answers[step] = [answer]
    row, other = [*waiting(user.email, user=user), *waiting("ander@example.org")[1:]]
    # Whatever may be said of every mail makes the worker pause.
    with suppress(ServerTrouble):
        send_waiting()
    send_waiting()
    assert state(row) == what
    assert answer in row.error
    assert state(other) == "sent"
    user.refresh_from_db()
    assert (user.bounced_at, user.bounce) == ((NOW, answer) if bounced else (None, ""))


def test_an_address_that_cannot_be_one_is_set_aside_and_blocks_nobody(mailbox, user):
    type(user).objects.filter(pk=user.pk).update(email="geen adres@")
    rows = [*waiting("geen adres@"), *waiting("ander@example.org")[1:]]
    assert send_waiting() == 1
    assert [state(row) for row in rows] == ["failed", "sent"]
    user.refresh_from_db()
    assert user.bounced_at == NOW


@pytest.mark.parametrize("answers", [[], ["450 Later"], ["550 Nooit"]])
def test_an_account_that_is_deleted_while_its_mail_goes_out_stops_no_worker(mailbox, user, monkeypatch, answers):
    mailbox.answers["rcpt"] = answers
    waiting(user.email, user=user)
    waiting("ander@example.org")
    take = outbox.claim_first

    def claim_and_delete(*arguments):
        row = take(*arguments)
        type(user).objects.filter(pk=user.pk).delete()
        return row

    monkeypatch.setattr(outbox, "claim_first", claim_and_delete)
    send_waiting()
    assert recipients(mailbox)[-1] == "ander@example.org"
    assert list(Message.objects.values_list("recipient", flat=True)) == ["ander@example.org"]


def test_a_stopped_worker_leaves_the_rest(mailbox):
    waiting("een@example.org", "twee@example.org")
    answers = iter([False, True])
    assert send_waiting(stop=lambda: next(answers)) == 1
    assert recipients(mailbox) == ["een@example.org"]


@pytest.mark.usefixtures("all_to_the_outbox")
def test_a_sign_up_killed_anywhere_leaves_an_account_a_mail_and_the_session_with_its_code_or_nothing(client):
    client.raise_request_exception = False
    left = []
    for number in range(1, 100):
        with killed_at(number):
            response = client.sign_up(f"lezer{number}@example.org")
        left.append((User.objects.count(), Message.objects.count(), Session.objects.count()))
        if response.status_code == 302:
            break
        client.cookies.clear()
        User.objects.all().delete()
        Message.objects.all().delete()
        Session.objects.all().delete()
    assert set(left) == {(0, 0, 0), (1, 1, 1)}
    assert left[-1] == (1, 1, 1)
