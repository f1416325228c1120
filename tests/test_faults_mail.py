"""The mail server goes while mails are sent and the site is visited, and comes back: counted at its side."""

import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from subprocess import DEVNULL, Popen

import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone

from accounts.models import CallChoice, Message, User
from accounts.notices import send_notices
from bin.load import Load, Person, pages
from tests.factories import CallFactory
from tests.faulty_server import FaultyServer
from tests.processes import environment, gunicorn, soon

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("faults")]
FOLLOWERS, WORKERS = 400, 2


@pytest.fixture
def server():
    server = FaultyServer({})
    server.start()
    yield server
    server.stop()


@pytest.fixture
def followers():
    """Each waits for a mail about a call that they saved."""
    call = CallFactory(title="Taal en werk", deadline=timezone.now() + timedelta(days=90))
    wishes = {"digest": "daily", "told_until": 0, "date_joined": timezone.now() - timedelta(days=40)}
    users = User.objects.bulk_create(User(email=f"lezer{n}@example.org", **wishes) for n in range(FOLLOWERS))
    addresses = User._meta.get_field("emailaddress").related_model.objects
    addresses.bulk_create(addresses.model(user=one, email=one.email, primary=True, verified=True) for one in users)
    CallChoice.objects.bulk_create(CallChoice(user=one, call=call, kind=CallChoice.Kind.SAVED) for one in users)
    send_notices()
    assert Message.objects.count() == FOLLOWERS
    connections.close_all()


@contextmanager
def workers(server):
    mail = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(server.port), "EMAIL_USE_TLS": "false", "EMAIL_TIMEOUT": "2"}
    command = [sys.executable, settings.BASE_DIR / "manage.py", "run_worker"]
    running = [Popen(command, env=environment(**mail), stderr=DEVNULL) for _number in range(WORKERS)]
    try:
        yield
    finally:
        for worker in running:
            worker.terminate()
        assert [worker.wait(30) for worker in running] == [0] * WORKERS


def ask_for_codes(site):
    """Codes to log in with, which go by the same outbox: each for another follower."""

    def ask(number):
        return Person(site).fill_in("/account/login/code/", {"email": f"lezer{number % FOLLOWERS}@example.org"})

    return ask


@pytest.mark.usefixtures("followers")
def test_nothing_is_lost_and_nothing_doubled(server):
    with gunicorn(TRUSTED_PROXY_COUNT="1", SEARCHES_A_MINUTE="0") as site, workers(server):
        visits = pages(site, "/oproepen/", "/oproepen/?q=taal&pagina={number}")
        with Load(visits | {"code": ask_for_codes(site)}, 1, pauses={"code": 0.3}) as load:
            soon(lambda: server.number > FOLLOWERS // 4, 120)
            server.stop()
            gone = server.number
            time.sleep(5)
            away = Message.objects.waiting().count()
            server.start()
            soon(lambda: server.number > gone + 50, 120)
        soon(lambda: not waiting_for_longer(), 120)
    asked = load.counted("code")[302]
    print(load.said("mail server gone for five seconds"))
    sent, doubled = len(server.received), sum(times > 1 for times in server.received.values())
    print(f"{FOLLOWERS} mails to followers and {asked} codes: {sent} arrived, {doubled} twice; {away} had to wait")
    assert 0 < gone < FOLLOWERS < gone + away + asked
    assert set(load.counted()) == {200, 302}
    assert sent == Message.objects.count() == FOLLOWERS + asked
    assert Message.objects.waiting().count() == 0
    # Which the server had taken, but could not say so any more.
    assert doubled <= WORKERS


def waiting_for_longer():
    """The mails that are not sent yet. Those that met a dead server are due in a minute: that minute passes now."""
    waiting = Message.objects.waiting()
    waiting.filter(error__gt="").update(due_at=timezone.now())
    return waiting.exists()
