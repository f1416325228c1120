"""What one machine serves with CALLS made-up calls: the portal's pages beside a bare Django view of the same bytes.

For bin/bench.py: python -m bin.bench_serve CALLS [--no-wagtail]. Needs wrk and nginx (Debian's packages). Every server
runs all the time, gunicorn's with as many workers and threads as bin/serve starts; wrk visits one after the other, in
turns, and every second turn backwards. A page's share is the median of its shares of its floor in the same turn.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import NamedTuple

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.test import Client  # noqa: E402
from django.utils.http import urlencode  # noqa: E402

from accounts.following import follow  # noqa: E402
from accounts.models import User  # noqa: E402
from bin.bench import WARM_UPS  # noqa: E402
from bin.bench_find import COMMON, LIST, THEME, fill  # noqa: E402
from bin.bench_servers import Server, come_to_rest, granian, gunicorn, held, held_by_workers, needed, nginx  # noqa: E402
from bin.bench_wagtail import wagtail  # noqa: E402
from bin.bench_watch import turns  # noqa: E402
from calls.models import Call  # noqa: E402
from funds.models import Theme  # noqa: E402

CONNECTIONS, SECONDS = 16, 2
FLOOD = [20_000, 60_000, 100_000]  # requests after which the memory of the workers is looked at
BROWSER = {"Accept-Encoding": "gzip, deflate, br, zstd"}
MILLISECONDS = {"us": 0.001, "ms": 1, "s": 1000}
# As in production: a line in the log per request, and limits that count, though nobody reaches them.
PRODUCTION = {"LOG_FORMAT": "json", "SEARCHES_A_MINUTE": str(10**9)}
CALL_LINK = re.compile(rb'href="/oproepen/([-\w]+)/"')


class Target(NamedTuple):
    server: Server
    path: str
    headers: dict
    floor: str = ""


class Heard(NamedTuple):
    """What wrk says: requests a second, the 99th percentile in ms, requests in all."""

    rate: float
    p99: float
    requests: int


def main(calls, *options):
    needed("wrk")
    fill(calls)
    with ExitStack() as stack:
        site = Site(stack)
        targets = site.targets()
        if "--no-wagtail" not in options:
            targets |= site.wagtail_targets()
        rounds = measure(targets)
        found = {"targets": {name: summary(name, target.floor, rounds) for name, target in targets.items()}}
        found |= {"bytes": site.bytes, "held": {name: held(one.process) for name, one in site.servers.items()}}
        print(json.dumps(found | {"memory": flood(*targets["list"][:3])}))


def measure(targets):
    """[{name: Heard}], a row for each turn that counts."""
    rounds = []
    for number, _ in enumerate(turns()):
        names = list(targets) if number % 2 else list(reversed(targets))
        rounds.append({name: visit(targets[name]) for name in names})
    return rounds[WARM_UPS:]


def visit(target):
    heard = wrk(*target[:3], SECONDS)
    come_to_rest(target.server.process)
    return heard


def summary(name, floor, rounds):
    mine = [found[name] for found in rounds]
    medians = {"rate": median(one.rate for one in mine), "p99": median(one.p99 for one in mine), "floor": floor}
    if floor:
        medians["share"] = median(found[name].rate / found[floor].rate for found in rounds)
        medians["slower"] = median(found[name].p99 / found[floor].p99 for found in rounds)
    return medians


class Site:
    """The servers, and for every page a floor of the same bytes, then what is measured against it."""

    def __init__(self, stack):
        self.stack = stack
        self.bytes, self.servers = {}, {}  # {name: {page: bytes of HTML}}, {name: whose memory is told}
        self.folder, self.own, self.other = (Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in "123")
        call = Call.objects.published().open().first()
        self.pages = {"home": "/", "list": LIST, "search": f"{LIST}?{urlencode({'q': COMMON})}"}
        self.pages |= {"call": call.get_absolute_url(), "theme": f"/themas/{THEME}/"}

    def start(self, server, **changes):
        log = self.stack.enter_context((self.own / "log").open("ab"))
        return self.stack.enter_context(server(os.environ | PRODUCTION | changes, stderr=log))

    def targets(self):
        portal, unkept = self.start(gunicorn), self.start(gunicorn, PAGE_CACHE_MEGABYTES="0")
        fast = self.start(granian)
        self.servers = {"gunicorn": portal, "granian": fast}
        cookie = BROWSER | {"Cookie": cookies_of_a_user()}
        tags = {name: save(self.folder / f"{name}.br", portal, path, BROWSER) for name, path in self.pages.items()}
        save(self.folder / "own.html", portal, LIST, cookie)
        self.bytes["ours"] = {name: len(read(portal, path, {})[1]) for name, path in self.pages.items()}
        floor = self.stack.enter_context(gunicorn(os.environ | {"FOLDER": str(self.folder)}, "bin.bench_floor"))
        lines = f"root {self.folder}; location ~ [.]br$ {{ add_header Content-Encoding br; }}"
        files = self.stack.enter_context(nginx(self.own, lines))
        found = {}
        for name, path in self.pages.items():
            found[f"floor: {name}"] = Target(floor, f"/{name}", BROWSER)
            found[name] = Target(portal, path, BROWSER, f"floor: {name}")
            found[f"from scratch: {name}"] = Target(unkept, path, BROWSER, f"floor: {name}")
        return found | {
            "floor: logged in": Target(floor, "/own", cookie),
            "logged in": Target(portal, LIST, cookie, "floor: logged in"),
            "granian: logged in": Target(fast, LIST, cookie, "floor: logged in"),
            "granian: list": Target(fast, LIST, BROWSER, "floor: list"),
            "floor: 304": Target(floor, "/304", BROWSER),
            "304": Target(portal, LIST, BROWSER | {"If-None-Match": tags["list"]}, "floor: list"),
            "nginx: file": Target(files, "/list.br", BROWSER, "floor: list"),
        }

    def wagtail_targets(self):
        ours = {name: read(self.servers["gunicorn"], path, {})[1] for name, path in self.pages.items()}
        sites = wagtail(self.stack, self.other, ours["list"].decode())
        for site, server in sites.items():
            theirs = {name: read(server, path, {})[1] for name, path in self.pages.items()}
            if set(CALL_LINK.findall(ours["list"])) != set(CALL_LINK.findall(theirs["list"])):
                raise SystemExit(f"bin/bench: {site} shows other calls in its list")
            self.bytes[site] = {name: len(html) for name, html in theirs.items()}
        self.servers |= sites
        return {
            f"{site}: {name}": Target(server, path, BROWSER, f"floor: {name}")
            for site, server in sites.items()
            for name, path in self.pages.items()
        }


def cookies_of_a_user():
    """Of somebody who follows three themes, as their browser sends them."""
    user = User.objects.create(email="volger@example.org")
    follow(user, Theme.objects.values_list("pk", flat=True)[:3])
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    client.get(LIST)
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())


def read(server, path, headers):
    status, answered, body = server.get(path, **headers)
    if status != 200:
        raise SystemExit(f"bin/bench: {path} answered {status}")
    return answered, body


def save(file, server, path, headers):
    """Writes down the bytes that the portal answers; gives their ETag, if they have one."""
    answered, body = read(server, path, headers)
    file.write_bytes(body)
    return answered.get("ETag", "")


def wrk(server, path, headers, seconds, *more):
    """An answer that is neither 200 nor 304, or none, ends the bench."""
    said = [f"-H{name}: {value}" for name, value in ({"Host": "localhost"} | headers).items()]
    address = f"http://127.0.0.1:{server.port}{path}"
    command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout=20s", "--latency", *said, *more, address]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(f"bin/bench: {path}: {text}")
    percentile, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)\b", text).groups()
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
    return Heard(rate, float(percentile) * MILLISECONDS[unit], int(re.search(r"(\d+) requests in", text)[1]))


def flood(server, path, headers):
    """[(requests, MB of all workers after them)]; each tenth request is a search that is new."""
    found, served = [], 0
    for mark in FLOOD:
        while served < mark:
            script = str(Path(__file__).with_name("bench_flood.lua"))
            served += wrk(server, path, headers, 10, "-s", script).requests
        found.append((served, held_by_workers(server.process)))
    return found


if __name__ == "__main__":
    # So that a stopped bench leaves no server behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    main(int(sys.argv[1]), *sys.argv[2:])
