"""What a process does in a site of its own: python -m tests.site_tasks TASK…; prints what it found as JSON."""

import json
import os
import re
import signal
import sys
from hashlib import sha256
from itertools import count

import django

django.setup()

import time_machine  # noqa: E402
import tqdm  # noqa: E402
from allauth.mfa.totp.internal.auth import TOTP  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.core.files.base import ContentFile  # noqa: E402
from django.core.files.storage import default_storage  # noqa: E402
from django.core.management import call_command, execute_from_command_line  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402

from accounts.models import Follow, Message, User  # noqa: E402
from calls.desk.versions import versioned  # noqa: E402
from calls.models import Call, Document, Objective  # noqa: E402
from funds.models import Theme  # noqa: E402
from tests.browser import PASSWORD, totp_code  # noqa: E402
from tests.factories import CallFactory, EditorFactory, UserFactory, brussels  # noqa: E402
from tests.held import fill as fill_with_rows  # noqa: E402
from tests.sites import READER, WRITTEN  # noqa: E402

SECRET = "JBSWY3DPEHPK3PXP"
NOON = brussels(2026, 12, 1, 12)
FORMS = re.compile(r"/(?:account|beheer|static)/")


def fill():
    """The first content, and of everything else that a site can hold something."""
    call_command("prepare", "--no-static", verbosity=0)
    reader, editor = UserFactory(email=READER), EditorFactory()
    TOTP.activate(reader, SECRET)
    fill_with_rows(UserFactory())
    Follow.objects.create(user=reader, theme=Theme.objects.get(slug="migratie"))
    # More pages than SQLite copies in one step.
    Message.objects.create(recipient=READER, content=os.urandom(6_000_000))
    call = Call.objects.published().earliest("pk")
    document(call, "Gids voor aanvragers – één.pdf", os.urandom(9_000_000))
    gone, lost = document(call, "Vorige gids.pdf", b"vorige"), document(call, "Verloren gids.pdf", b"verloren")
    with versioned(editor, "De gids is vervangen."):
        gone.delete()
    default_storage.delete(lost.file.name)
    CallFactory(title="Ontwerp", slug="ontwerp", published_at=None)
    Client(SERVER_NAME="localhost").force_login(reader)
    cache.set("telling", 1)
    return {"lost": lost.file.name, "gone": gone.file.name}


def document(call, name, content):
    return Document.objects.create(call=call, title=name, file=ContentFile(content, name))


def contents():
    return {"pages": pages(), "documents": documents()}


@time_machine.travel(NOON, tick=False)
def pages():
    """{address: what a visitor gets}, of all that the sitemap names and all that those pages link to."""
    visitor = Client(SERVER_NAME="localhost", raise_request_exception=False)
    maps = addresses(visitor.get("/sitemap.xml").content)
    named = {address for one in maps for address in addresses(visitor.get(one).content)}
    found = {address: visitor.get(address) for address in named}
    linked = {link for page in found.values() for link in links(page.content.decode())} - found.keys()
    found |= {link: visitor.get(link) for link in ["/sitemap.xml", *maps, *linked] if not FORMS.match(link)}
    # What is for one visitor holds a token that is another one each time.
    return {address: shown(page) for address, page in found.items() if not page.cookies}


def addresses(xml):
    return re.findall(r"<loc>http://localhost(.*?)</loc>", xml.decode())


def links(html):
    return {link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"#]*)', html)}


def shown(page):
    return [page.status_code, page.headers.get("Content-Type"), sha256(page.getvalue()).hexdigest()]


def documents():
    """{name: hash} of all files in the storage."""
    found, folders = {}, [""]
    while folders:
        folder = folders.pop()
        inner, files = default_storage.listdir(folder) if not folder or default_storage.exists(folder) else ([], [])
        folders += [os.path.join(folder, name) for name in inner]
        for name in (os.path.join(folder, name) for name in files):
            with default_storage.open(name) as file:
                found[name] = sha256(file.read()).hexdigest()
    return found


def log_in():
    """Where somebody with a second factor ends."""
    visitor = Client(SERVER_NAME="localhost")
    visitor.post("/account/login/", {"login": READER, "password": PASSWORD})
    page = visitor.post("/account/2fa/authenticate/", {"code": totp_code(SECRET)}, follow=True)
    themes = [theme.slug for theme in User.objects.get(email=READER).themes.all()]
    return {"path": page.wsgi_request.path, "user": str(page.wsgi_request.user), "themes": themes}


def write():
    """Writes without end: a document and an objective of a draft at a time, in one transaction. Says so each time."""
    call = Call.objects.get(slug="ontwerp")
    if connection.vendor == "sqlite":
        # All of it stays in the log beside the database: a copy of the file alone would lose it.
        connection.cursor().execute("PRAGMA wal_autocheckpoint = 0")
    for number in count():
        with transaction.atomic():
            objective = Objective(call=call, order=number, text=WRITTEN)
            Objective.objects.bulk_create([objective])
            file = ContentFile(b"%d" % number, f"{number}.pdf")
            Document.objects.bulk_create([Document(call=call, order=number, title=WRITTEN, file=file)])
        print(number, flush=True)


def die(name, unit, number, *command):
    """Runs a command of manage.py, which gets a signal when a progress bar with this unit moves for the nth time."""
    update, left = tqdm.tqdm.update, [int(number)]
    sys.stderr.isatty = lambda: True  # without a terminal there are no bars

    def last(bar, steps=1):
        left[0] -= bar.unit.strip() == unit
        if left[0] == 0:
            os.kill(os.getpid(), signal.Signals[name])
        return update(bar, steps)

    tqdm.tqdm.update = last
    execute_from_command_line(["manage.py", *command])


TASKS = {task.__name__: task for task in (fill, contents, log_in, write, die)}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](*sys.argv[2:])))
