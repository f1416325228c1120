"""What visitors see while each part of a larger set-up dies and comes back; all parts real, on this machine.

For bin/bench.py. A PostgreSQL primary with a replica that streams from it, Redis, two gunicorns, nginx as deploy/ has
it. Visitors ask without a pause for pages that are kept and pages made anew; one follows themes, one logs in. Needs
redis-server, nginx and wrk (Debian's packages). Prints a table for docs/scaling.md.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from bin.bench_servers import ROOT, Server, beside, free_port, needed, nginx_before, redis_command
from bin.load import Load, Person, pages
from bin.with_postgres import postgres

BEFORE, AWAY, AFTER = 3, 6, 9  # seconds of each part's turn
EMAIL, PASSWORD = "redactie@example.org", "een-lang-wachtwoord"
PATHS = ["/", "/oproepen/", "/themas/migratie/", "/oproepen/?q=integratie&pagina={number}"]
PAUSES = {"follow": 0.3, "log in": 2.5}  # log-in has a limit for one address
HEADS = ["part", "sent", "200, 302", "other", "5xx of who reads", "of who writes", "refused", "longest wait"]
HEADS += ["all well after"]


class Process:
    """A command that is started, killed and started again."""

    def __init__(self, command, environment=None):
        self.command, self.environment = command, environment
        self.start()

    def start(self):
        options = {"start_new_session": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(self.command, cwd=ROOT, env=self.environment, **options)

    def stop(self):
        """All of its processes at once, without a word."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def lose_a_child(self):
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)


def app_server(stack, environment):
    port = free_port()
    command = [beside("gunicorn"), "portal.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4"]
    process = Process([*command, "--log-level", "critical"], environment)
    stack.callback(process.stop)
    Server(port, process.process).wait()
    return port, process


def main(calls):
    with ExitStack() as stack:
        parts, site, app = set_up(stack, calls)
        rows = [turn(site, *part) for part in parts]
        lines = [HEADS, ["---", *["---:"] * (len(HEADS) - 1)], *rows]
        rates = speeds(site, app)
    for line in lines:
        print(f"| {' | '.join(line)} |")
    print()
    for name, rate in rates.items():
        print(f"{name}: {rate:,.0f} requests a second")


def set_up(stack, calls):
    """([(name, what kills it, what brings it back)], nginx, the first app server), with so many calls."""
    primary = stack.enter_context(postgres())
    port = free_port()
    environment = os.environ | {"DATABASE_URL": primary.url, "TRUSTED_PROXY_COUNT": "1", "SEARCHES_A_MINUTE": "0"}
    environment |= {"STAFF_SECOND_FACTOR": "false", "STATEMENT_SECONDS": "5"}
    fill(environment, calls)
    replica = stack.enter_context(postgres(primary))
    redis = Process(redis_command(port))
    stack.callback(redis.stop)
    environment |= {"REPLICA_URLS": replica.url, "CACHE_URL": f"redis://127.0.0.1:{port}/0"}
    (one, first), (two, second) = (app_server(stack, environment) for _number in range(2))
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    front = stack.enter_context(nginx_before(folder, [one, two]))
    parts = [
        ("nothing", lambda: None, lambda: None),
        ("replica", replica.stop, replica.start),
        ("primary", primary.stop, primary.start),
        ("Redis", redis.stop, redis.start),
        ("one app server", first.stop, first.start),
        ("a worker of the other", second.lose_a_child, lambda: None),
        ("nginx reloads", lambda: front.process.send_signal(signal.SIGHUP), lambda: None),
    ]
    return parts, front, Server(two, second.process)


def fill(environment, calls):
    own = environment | {"DJANGO_SUPERUSER_PASSWORD": PASSWORD, "DJANGO_SUPERUSER_EMAIL": EMAIL}
    commands = [["prepare", "--no-static"], ["seed_demo", "--calls", str(calls), "--add", "-v", "0"]]
    for command in [*commands, ["createsuperuser", "--noinput"]]:
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=own, check=True, stdout=sys.stderr)


def writers(site):
    def follow(_number):
        return Person(site).fill_in("/themas/migratie/volgen/", {"follow": "yes"})

    def log_in(_number):
        return Person(site).log_in(EMAIL, PASSWORD)

    return {"follow": follow, "log in": log_in}


def turn(site, name, kill, bring_back):
    """A row of the table."""
    print(f"… {name}", file=sys.stderr)
    with Load(pages(site, *PATHS) | writers(site), 1, 0.01, PAUSES) as load:
        time.sleep(BEFORE)
        kill()
        time.sleep(AWAY)
        bring_back()
        back = time.time()
        time.sleep(AFTER)
    return row(name, load.answers, back)


def row(name, answers, back):
    refused = [one for one in answers if isinstance(one.status, str)]
    broken = [one for one in answers if isinstance(one.status, int) and one.status >= 500]
    writing = sum(one.way in PAUSES for one in broken)
    well = sum(one.status in {200, 302} for one in answers)
    other = len(answers) - well - len(broken) - len(refused)
    numbers = [len(answers), well, other, len(broken) - writing, writing, len(refused)]
    last = max((one.ended for one in (*refused, *broken)), default=back)
    seconds = max(one.seconds for one in answers), max(0, last - back)
    return [name, *map(str, numbers), *(f"{number:.1f} s" for number in seconds)]


def speeds(site, app):
    """{what: requests a second} with all parts there."""
    return {
        "a page that nginx keeps": wrk(site, "/oproepen/"),
        "a page that one app server keeps": wrk(app, "/oproepen/"),
        "a page for a session, made anew by one app server": wrk(app, "/oproepen/", "Cookie: sessionid=none"),
    }


def wrk(server, path, *headers):
    said = [f"-H{header}" for header in ("Host: localhost", "Accept-Encoding: br", *headers)]
    command = [needed("wrk"), "-t2", "-c16", "-d4s", *said, f"http://127.0.0.1:{server.port}{path}"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(text.partition("Requests/sec:")[2].split()[0])
