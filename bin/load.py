"""Visitors who ask without a pause while parts die, and what each of them got; for tests and bin/bench scaleout."""

import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from ipaddress import IPv4Address
from itertools import count
from threading import Event
from typing import NamedTuple

import requests

ADDRESSES = count(int(IPv4Address("10.0.0.1")))


class Answer(NamedTuple):
    way: str
    begun: float
    ended: float
    status: int | str  # the name of the exception where none came
    headers: dict
    body: bytes

    @property
    def seconds(self):
        return self.ended - self.begun


def pages(server, *paths):
    """{path: how to ask it}; {number} in a path is another one each time."""
    return {path: lambda number, path=path: server.get(path.format(number=number)) for path in paths}


class Load:
    """`ways` is {name: function of a number that gives (status, headers, body)}; so many visitors for each.

    `pauses` are the seconds between two requests of one visitor, by the name of the way; `pause` of all others.
    """

    def __init__(self, ways, visitors=2, pause=0.02, pauses=None):
        self.over, self.pause, self.pauses, self.answers = Event(), pause, pauses or {}, []
        self.ways = list(ways)
        self.pool = ThreadPoolExecutor(visitors * len(ways))
        self.visitors = [
            self.pool.submit(self.visit, name, ask, first) for name, ask in ways.items() for first in range(visitors)
        ]

    def visit(self, name, ask, first):
        number = first * 1_000_000
        while not self.over.is_set():
            number += 1
            begun = time.time()
            try:
                status, headers, body = ask(number)
            except (OSError, HTTPException) as error:
                status, headers, body = type(error).__name__, {}, b""
            self.answers.append(Answer(name, begun, time.time(), status, headers, body))
            self.over.wait(self.pauses.get(name, self.pause))

    def go_on(self, seconds, answers=10):
        """So many seconds, and on a slow machine until each way has so many answers to what was asked since."""
        begun = time.time()
        time.sleep(seconds)
        while late := [way for way in self.ways if len(self.of(way, since=begun)) < answers]:
            if time.time() > begun + 60:
                raise TimeoutError(f"hardly an answer for a minute: {late}")
            time.sleep(0.05)

    def stop(self):
        self.over.set()
        for visitor in self.visitors:
            visitor.result()
        self.pool.shutdown()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stop()

    def of(self, way=None, since=0.0, until=float("inf")):
        return [one for one in self.answers if way in (None, one.way) and since <= one.begun and one.ended <= until]

    def counted(self, way=None, since=0.0):
        return Counter(one.status for one in self.of(way, since))

    def said(self, name):
        """A line of the table of faults: pytest -rP shows it."""
        slowest = max(one.seconds for one in self.answers)
        answered = sum(isinstance(one.status, int) for one in self.answers)
        well = sum(one.status in {200, 302} for one in self.answers)
        numbers = f"{len(self.answers)} sent | {answered} answered | {len(self.answers) - well} failed"
        return f"{name} | {numbers} | {dict(self.counted())} | slowest {slowest:.1f} s"


class Person(requests.Session):
    """Somebody whose forms are sent as a browser does."""

    def __init__(self, server):
        super().__init__()
        self.address = f"http://127.0.0.1:{server.port}"
        self.headers["Host"] = "localhost"
        # Of an address of their own, so that no limit is met.
        self.headers["X-Forwarded-For"] = str(IPv4Address(next(ADDRESSES)))

    def token(self, path):
        page = self.get(self.address + path, timeout=20)
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        return (found[1] if found else ""), page

    def fill_in(self, path, fields):
        """(status, headers, bytes) of a form; of its page, where that does not come."""
        token, page = self.token(path)
        if not token:
            return whole(page)
        form = fields | {"csrfmiddlewaretoken": token}
        return whole(self.post(self.address + path, form, timeout=20, allow_redirects=False))

    def log_in(self, email, password):
        return self.fill_in("/account/login/", {"login": email, "password": password})


def whole(answer):
    return answer.status_code, answer.headers, answer.content
