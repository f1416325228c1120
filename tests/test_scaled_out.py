"""A larger set-up of real parts: a primary, a replica that streams from it, Redis, two app servers."""

import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager

import psycopg
import pytest
import requests

from bin.bench_servers import ROOT, free_port, gunicorn, redis_command
from bin.with_postgres import postgres
from tests.processes import soon

REDIS = shutil.which("redis-server")
pytestmark = [
    pytest.mark.skipif(not REDIS and os.environ.get("CI") != "true", reason="no redis-server found"),
    pytest.mark.xdist_group("scaled out"),
]


@contextmanager
def redis(port):
    process = subprocess.Popen(redis_command(port), stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


class Site:
    def __init__(self, primary, replica, cache, servers):
        self.primary, self.replica, self.cache, self.servers = primary, replica, cache, servers

    def ask(self, database, sql, *values):
        with psycopg.connect(database.url, autocommit=True) as connection:
            cursor = connection.execute(sql, values)
            return cursor.fetchone() if cursor.description else None

    def rename(self, title):
        """As the desk does: the change first, then the stamp."""
        self.ask(self.primary, "UPDATE calls_call SET title = %s WHERE slug = %s", title, SLUG)
        self.ask(self.primary, "UPDATE calls_stamp SET value = md5(random()::text)::varchar(22)")

    def get(self, path, visitor=requests, number=0, address="192.0.2.1"):
        url = f"http://127.0.0.1:{self.servers[number].port}{path}"
        return visitor.get(url, headers={"X-Forwarded-For": address}, timeout=20)

    def title(self, visitor=requests, number=0):
        response = self.get(f"/oproepen/{SLUG}/", visitor, number)
        assert response.status_code == 200
        return re.search(r"<h1[^>]*>\s*(.*?)\s*</h1>", response.text)[1]


SLUG = "promoting-complementary-pathways-for-people-in-need-of-protection-and-their-further-integration"


@pytest.fixture(scope="module")
def site():
    with postgres() as primary:
        port = free_port()
        environment = os.environ | {"DEVELOPMENT": "true", "DATABASE_URL": primary.url, "FILES_A_MINUTE": "30"}
        environment |= {"TRUSTED_PROXY_COUNT": "1"}
        subprocess.run(
            [sys.executable, "manage.py", "prepare", "--no-static", "--skip-checks"],
            cwd=ROOT,
            env=environment,
            check=True,
        )
        with postgres(primary) as replica, redis(port) as cache:
            environment |= {"REPLICA_URLS": replica.url, "CACHE_URL": f"redis://127.0.0.1:{port}/0"}
            with gunicorn(environment) as one, gunicorn(environment) as other:
                yield Site(primary, replica, cache, [one, other])


@contextmanager
def standing_still(site):
    """The replica hears nothing new."""
    site.ask(site.replica, "SELECT pg_wal_replay_pause()")
    try:
        yield
    finally:
        site.ask(site.replica, "SELECT pg_wal_replay_resume()")


def test_visitors_read_from_the_replica_and_who_wrote_from_the_primary(site):
    person = requests.Session()
    with standing_still(site):
        before = site.title()
        follow = f"http://127.0.0.1:{site.servers[0].port}/themas/migratie/volgen/"
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', person.get(follow).text)[1]
        person.post(follow, {"follow": "yes", "csrfmiddlewaretoken": token})
        site.rename("Een nieuwe titel")
        time.sleep(1)
        for number in (0, 1):
            assert (site.title(number=number), site.title(person, number)) == (before, "Een nieuwe titel")
            assert "✓ U volgt Migratie" in site.get("/themas/migratie/", person, number).text
    soon(lambda: {site.title(number=number) for number in (0, 1)} == {"Een nieuwe titel"})


def test_without_the_replica_visitors_read_from_the_primary_until_it_is_back(site):
    site.replica.stop()
    site.rename("Zonder replica")
    time.sleep(1)
    for number in (0, 1):
        answers = [site.get(f"/oproepen/?q=migranten&pagina={page}", number=number).status_code for page in range(8)]
        # Who was being answered when it went may be asked to come back; after that nobody notices.
        assert answers.count(200) >= 7
        assert site.title(number=number) == "Zonder replica"
    site.replica.start()
    connections = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"

    def is_asked():
        site.get(f"/oproepen/?q={time.time()}")
        return site.ask(site.replica, connections)[0] > 1

    soon(is_asked, 30)


def test_a_limit_counts_on_both_servers_and_holds_without_redis(site):
    def refused(address):
        """How many questions, in turns to both, until one is refused."""
        if time.time() % 60 > 40:
            time.sleep(60 - time.time() % 60)
        answers = []
        while 429 not in answers and len(answers) < 110:
            answers.append(site.get("/oproepen/feed.atom", number=len(answers) % 2, address=address).status_code)
        return len(answers)

    # Each of the four workers may let through a step of ten more than the thirty; alone they would 124.
    assert 30 < refused("192.0.2.2") <= 71
    site.cache.kill()
    site.cache.wait()
    assert 30 < refused("192.0.2.3") <= 71
    log_in = f"http://127.0.0.1:{site.servers[0].port}/account/login/"
    person = requests.Session()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', person.get(log_in).text)[1]
    form = {"login": "niemand@example.org", "password": "onjuist", "csrfmiddlewaretoken": token}
    answer = person.post(log_in, form)
    assert (answer.status_code, "onjuist" in answer.text or "niet juist" in answer.text) == (200, True)
