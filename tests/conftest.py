import gc
import json
import os
import re
from contextlib import ExitStack
from html import unescape
from importlib import import_module
from pathlib import Path

import pytest
import time_machine
from django.apps import apps
from django.contrib.auth.models import Group
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from whitenoise import WhiteNoise

from calls.models import Stamp
from calls.search.indexing import index_pending
from tests.browser import Mailbox, hear_complaints
from tests.desk import Desk
from tests.factories import EditorFactory, ThemeFactory, UserFactory
from tests.notices import following
from tests.processes import gunicorn
from tests.sites import Site

CHROMIUM = os.environ.get("CHROMIUM", "")
# Playwright runs an event loop in the test's thread; Django's ORM is used there on purpose.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def pytest_collection_finish():
    """What is there by now stays until the end: no collection of garbage looks at it again."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items):
    for item in items:
        fixtures = {"db", "transactional_db", "live_server"}.intersection(item.fixturenames)
        if not fixtures and item.get_closest_marker("django_db") is None:
            item.add_marker("without_database")
        if Path(item.fspath).name.startswith("test_browser"):
            item.add_marker("browser")
            if not CHROMIUM:
                item.add_marker(pytest.mark.skip(reason="no Chromium found"))


@pytest.fixture(scope="session", autouse=True)
def static_files_are_listed_once():
    """WhiteNoise looks at each of some four hundred files, and again for each client that a test makes."""
    found, look = {}, WhiteNoise.update_files_dictionary

    def look_once(self, root, prefix):
        key = root, prefix, self.max_age
        if key not in found:
            look(self, root, prefix)
            found[key] = self.files.copy()
        self.files.update(found[key])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoise, "update_files_dictionary", look_once)
        yield


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """Hashing is slow on purpose: it would take most of the tests' time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def pages_are_made_anew(settings):
    """As often as a test wants, and no page of an earlier one. test_page_cache.py and test_limits.py say otherwise."""
    settings.PAGE_CACHE_MEGABYTES = 0
    settings.RATE_LIMITS = {}


@pytest.fixture(autouse=True)
def index_at_first_look(monkeypatch):
    """Most tests never commit: what waits for the commit is done before the first look at the lists."""
    look = Stamp.now

    def index_and_look():
        index_pending()
        return look()

    monkeypatch.setattr(Stamp, "now", index_and_look)
    yield
    if hasattr(connection, "calls_to_index"):
        del connection.calls_to_index


@pytest.fixture
def clock_stands_still():
    """No code of half a minute and no limit per minute runs out because this machine is slow."""
    with time_machine.travel(timezone.now(), tick=False):
        yield


@pytest.fixture
def five_pages(db):
    """The content of fixtures/, as a fresh installation has it."""
    call_command("loaddata", "contacts", "funds", "calls", verbosity=0)


class Person(Client):
    """Somebody with a browser, who does here what people do."""

    PASSWORD = "een-lang-wachtwoord"

    def read(self, path):
        """The visible text of a page."""
        html = self.get(path).content.decode().split("<body>")[1]
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())

    def choose(self, theme, wanted="yes", **data):
        return self.post(f"/themas/{theme.slug}/volgen/", {"follow": wanted} | data)

    def log_in(self, user, path="/account/login/"):
        return self.post(path, {"login": user.email, "password": self.PASSWORD})

    def sign_up(self, email, path="/account/signup/"):
        return self.post(path, {"email": email, "password1": self.PASSWORD, "password2": self.PASSWORD})

    def confirm(self, path="/account/confirm-email/"):
        """Fills in the code of the last mail."""
        code = re.search(r"^[A-Z0-9]{4}-[A-Z0-9]{4}$", mail.outbox[-1].body, re.MULTILINE)[0]
        return self.post(path, {"code": code})


@pytest.fixture
def client():
    return Person()


@pytest.fixture
def other():
    """Another browser."""
    return Person()


@pytest.fixture
def user(db):
    return UserFactory()


@pytest.fixture
def migration(db):
    return ThemeFactory(name="Migratie")


@pytest.fixture
def follower(migration):
    """Somebody who follows a theme, and wants a digest every day."""
    return following(migration, digest="daily")


@pytest.fixture
def member(user):
    """A client that is logged in."""
    member = Person()
    member.force_login(user)
    return member


@pytest.fixture(scope="session")
def browser_type_launch_args():
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    flags += ["--disable-component-update", "--disable-sync", "--no-first-run"]
    return {"executable_path": CHROMIUM, "args": flags}


@pytest.fixture(scope="session")
def base_url():
    """Stands in for pytest-playwright's, which pytest 9.2 warns about; `browse` sets the address itself."""


@pytest.fixture
def site(live_server, monkeypatch):
    """The live server's address, serving static files as in production: by WhiteNoise, under their hashed names."""
    monkeypatch.setattr(StaticFilesHandler, "_should_handle", lambda *_: False)
    return live_server.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def browse(new_context, site):
    """Opens a page, each in a browser context of its own. At the end no page may have complained."""
    # The counts of the rate limits live in the cache's table, which no test's end empties.
    cache.clear()
    complaints = []

    def open_page(**options):
        here = {"locale": "nl-BE", "timezone_id": "Europe/Brussels", "reduced_motion": "reduce"}
        context = new_context(base_url=site, **here | options)
        context.set_default_timeout(10_000)
        hear_complaints(context, complaints)
        return context.new_page()

    yield open_page
    assert complaints == []


@pytest.fixture
def mailbox(settings):
    """A real SMTP server behind the real outbox, whose worker is whoever asks the mailbox for its mails."""
    mailbox = Mailbox()
    mailbox.controller.start()
    settings.MAILERS = {"default": {"BACKEND": "accounts.outbox.Outbox"}, "delivery": mailbox.mailer}
    yield mailbox
    mailbox.controller.stop()


@pytest.fixture
def roles(db):
    """The three groups of the desk. A live server's test leaves none: then their migrations make them again."""
    if Group.objects.filter(name="VLEVA-lezers").exists():
        return
    import_module("accounts.migrations.0002_editors").make_group(apps, None)
    import_module("accounts.migrations.0003_editors_synonyms").add_rights(apps, None)
    import_module("accounts.migrations.0006_roles").make_roles(apps, None)


@pytest.fixture
def editor(roles):
    """A VLEVA editor without a second factor."""
    editor = EditorFactory()
    editor.groups.add(Group.objects.get(name="VLEVA-redactie"))
    return editor


@pytest.fixture
def desk(editor, settings):
    """The editors' desk, with an editor at it."""
    settings.STAFF_SECOND_FACTOR = False
    return Desk(editor)


@pytest.fixture(scope="module")
def app_servers(django_db_setup, django_db_blocker, tmp_path_factory):
    """Two of the portal, with three workers, that see the database of whichever test runs and `documents`."""
    limits = {"SEARCHES_A_MINUTE": "0", "FILES_A_MINUTE": "0", "TRUSTED_PROXY_COUNT": "1"}
    options = {"DOCUMENT_STORAGE_OPTIONS": json.dumps({"location": str(tmp_path_factory.getbasetemp())})}
    with django_db_blocker.unblock(), ExitStack() as running:
        yield [
            running.enter_context(gunicorn(workers, STAFF_SECOND_FACTOR="false", **limits, **options))
            for workers in (2, 1)
        ]


@pytest.fixture
def documents(settings, tmp_path):
    """A folder of its own for what is uploaded."""
    store = settings.STORAGES["default"] | {"OPTIONS": {"location": tmp_path}}
    settings.STORAGES = settings.STORAGES | {"default": store}
    return tmp_path


@pytest.fixture(scope="module")
def make_site(tmp_path_factory):
    """Makes sites of their own, see tests/sites.py."""
    sites = []

    def make(name, **options):
        sites.append(site := Site(tmp_path_factory.mktemp(name), **options))
        return site

    yield make
    for site in sites:
        site.end()


@pytest.fixture(scope="module")
def first(make_site):
    """A site with the first content."""
    site = make_site("first")
    assert site.manage("prepare", "--no-static", "--skip-checks").returncode == 0
    return site
