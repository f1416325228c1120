"""The clock of the servers jumps ahead and back under load (libfaketime); that of the test and PostgreSQL does not."""

import os
import re
import sys
import time
from datetime import timedelta
from glob import glob
from subprocess import DEVNULL, Popen

import pytest
from django.conf import settings as project
from django.db import connections
from django.utils import timezone

from accounts.models import Message
from bin.load import Load, Person, pages
from tests.browser import PASSWORD
from tests.factories import CallFactory, UserFactory
from tests.faulty_server import FaultyServer
from tests.processes import environment, gunicorn, soon

LIBRARY = next(iter(glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), "")
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not LIBRARY and os.environ.get("CI") != "true", reason="no libfaketime found"),
    pytest.mark.xdist_group("faults"),
]
HOURS = 3600
LOG_IN, CODE, CONFIRM = "/account/login/", "/account/login/code/", "/account/login/code/confirm/"


class Clock:
    """Of processes started with its environment. As with a clock that is put right, their monotonic one goes on."""

    def __init__(self, folder):
        self.file = folder / "clock"
        self.jump(0)
        self.environment = {"LD_PRELOAD": LIBRARY, "FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_NO_CACHE": "1"}
        self.environment |= {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1", "PYTHONPATH": str(folder)}
        # libfaketime refuses the way in which Python sleeps by a clock that it leaves alone.
        sleep = "import select, time\ntime.sleep = lambda seconds: select.select([], [], [], seconds)\n"
        (folder / "sitecustomize.py").write_text(sleep)

    def jump(self, seconds):
        """To so many seconds from now; gives the moment of it."""
        new = self.file.with_suffix(".new")
        new.write_text(f"{seconds:+d}")
        new.rename(self.file)
        return time.time()


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path)


@pytest.fixture
def site(clock):
    CallFactory(title="Taal en werk", slug="taal", deadline=timezone.now() + timedelta(hours=1))
    own = clock.environment | {"SEARCHES_A_MINUTE": "0", "TRUSTED_PROXY_COUNT": "1"}
    # Threads of Python hardly get on under libfaketime.
    with gunicorn(workers=4, threads=1, **own) as server:
        yield server


@pytest.fixture
def user(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    return UserFactory()


def test_no_page_says_open_after_a_deadline_that_a_jump_passes_and_none_closed_after_the_way_back(site, clock):
    for _time in range(8):  # until every worker has begun
        site.get("/oproepen/taal/")
    with Load(pages(site, "/oproepen/taal/")) as load:
        moments = [time.time()]
        for hours in (2, 0, -2, 2, 0):
            load.go_on(2)
            moments.append(clock.jump(hours * HOURS))
        load.go_on(2)
    print(load.said("clock 2 hours ahead, back, 2 hours behind, 2 ahead, right"))
    assert set(load.counted()) == {200}
    expected = [True, False, True, True, False, True]
    for begin, end, is_open in zip(moments, [*moments[1:], time.time()], expected, strict=True):
        seen = [b'class="badge open"' in answer.body for answer in load.of(since=begin + 0.02, until=end)]
        assert set(seen) == {is_open}


def test_who_is_logged_in_stays_so_and_limits_hold(site, clock, user):
    person = Person(site)
    assert person.log_in(user.email, PASSWORD)[0] == 302

    def tries(number):
        """Whether each wrong password was still looked at, by somebody at another address each time."""
        answers = [Person(site).log_in(user.email, "verkeerd")[2].decode() for _time in range(number)]
        return ["Te veel" not in answer for answer in answers]

    assert tries(6) == [True] * 5 + [False]
    for hours in (2, 0, -2):
        clock.jump(hours * HOURS)
        assert person.get(person.address + "/mijn/", allow_redirects=False).status_code == 200
    # Two hours back the limit still holds; it ends when its five minutes are over by the clock it began at.
    assert tries(1) == [False]
    clock.jump(400)
    assert tries(1) == [True]
    assert Person(site).log_in(user.email, PASSWORD)[0] == 302


def test_a_code_to_log_in_with(site, clock, user):
    def ask():
        person = Person(site)
        assert person.fill_in(CODE, {"email": user.email})[0] == 302
        text = bytes(Message.objects.latest("pk").content).decode()
        return person, re.search(r"^([A-Z0-9]{4}-[A-Z0-9]{4})\r?$", text, re.MULTILINE)[1]

    late, code = ask()
    clock.jump(2 * HOURS)
    status, headers, _body = late.fill_in(CONFIRM, {"code": code})
    assert (status, headers.get("Location")) != (302, "/mijn/")
    assert late.get(late.address + "/mijn/", allow_redirects=False).status_code == 302
    for hours in (2, 0):
        clock.jump(hours * HOURS)
        person, code = ask()
        clock.jump(hours * HOURS - HOURS)
        assert person.fill_in(CONFIRM, {"code": code})[0] == 302
        assert person.get(person.address + "/mijn/", allow_redirects=False).status_code == 200


def test_every_mail_goes_out_once_whatever_the_clock_says(clock, tmp_path):
    server, written = FaultyServer({}), 0
    server.start()
    mail = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(server.port), "EMAIL_USE_TLS": "false"}
    command = [sys.executable, project.BASE_DIR / "manage.py", "run_worker"]
    workers = [Popen(command, env=environment(**mail, **clock.environment), stderr=DEVNULL) for _number in range(2)]
    try:
        for hours in (0, 2, -2, 0, -2, 2, 0):
            clock.jump(hours * HOURS)
            for _time in range(20):
                written += 1
                content = f"Message-ID: <{written}@example.org>\r\nSubject: Een\r\n\r\nDag\r\n".encode()
                Message.objects.create(
                    sender="a@example.org", recipient="b@example.org", subject="Een", content=content
                )
            # Not once the clock is right again: somebody waits for them.
            soon(lambda: not Message.objects.waiting().exists(), 120)
            assert len(server.received) == written
    finally:
        for worker in workers:
            worker.terminate()
            worker.wait(30)
        server.stop()
        connections.close_all()
    twice = sum(times > 1 for times in server.received.values())
    print(f"clock of the workers jumps six times: {written} mails, {len(server.received)} arrived, {twice} twice")
    # What is being sent while the clock jumps ahead looks forgotten to the other worker.
    assert twice <= 3
