"""A disk of a few megabytes in memory, which can be filled; and people who write to a site that stands on it."""

import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from bin.load import Person, whole
from tests.desk import Form

EDITOR, PASSWORD = "redactie@example.org", "een-lang-wachtwoord"


class Disk:
    def __init__(self, folder):
        self.folder, self.ballast = folder, folder / "ballast"

    def fill(self):
        """Until not one byte more can be written."""
        with self.ballast.open("ab", buffering=0) as file:
            for size in (1024 * 1024, 4096, 1):
                with suppress(OSError):
                    while file.write(bytes(size)) == size:
                        pass

    def free(self):
        self.ballast.unlink()


@contextmanager
def mounted(megabytes):
    """A Disk; None where nothing can be mounted here."""
    folder = Path(tempfile.mkdtemp(prefix="portal-disk-", dir="/tmp"))
    folder.chmod(0o755)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0777", "tmpfs", folder]
    is_there = os.geteuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0
    try:
        yield Disk(folder) if is_there else None
    finally:
        if is_there:
            subprocess.run(["umount", "--lazy", folder], check=True)
        folder.rmdir()


class Followers:
    """New visitors who follow a theme each; `done` are those who were told that it is kept."""

    def __init__(self, server):
        self.server, self.done, self.refused = server, [], 0

    def __call__(self, _number):
        person = Person(self.server)
        answer = person.fill_in("/themas/migratie/volgen/", {"follow": "yes"})
        if answer[0] == 302:
            self.done.append(person)
        else:
            self.refused += 1
        return answer

    def lost(self):
        pages = (person.get(f"{person.address}/themas/migratie/", timeout=20).text for person in self.done)
        return sum("✓ U volgt Migratie" not in page for page in pages)


class Uploads:
    """An editor who adds an attachment to a call each time; `done` is {name: bytes} of those that were accepted."""

    def __init__(self, server, form):
        self.person, self.form, self.done, self.refused = Person(server), form, {}, []
        assert self.person.log_in(EDITOR, PASSWORD)[0] == 302
        self.sizes = (size for _round in count() for size in (200_000, 3_000_000))

    def __call__(self, number):
        page = self.person.get(self.person.address + self.form, timeout=20)
        if page.status_code != 200:
            return whole(page)
        fields = Form(page.text).fields
        name, content = f"gids{number}.pdf", b"%PDF-1.7\n" + os.urandom(next(self.sizes))
        row = int(fields["documents-TOTAL_FORMS"])
        fields |= {"_save": "", "documents-TOTAL_FORMS": row + 1, f"documents-{row}-title": name}
        fields[f"documents-{row}-order"] = row + 1
        files = {f"documents-{row}-file": (name, content, "application/pdf")}
        answer = self.person.post(
            self.person.address + self.form, fields, files=files, timeout=20, allow_redirects=False
        )
        if answer.status_code == 302:
            self.done[name] = content
        else:
            self.refused.append(answer)
        return whole(answer)


class LogIns:
    """The same editor who logs in time and again; `done` are those who were let in."""

    def __init__(self, server):
        self.server, self.done = server, []

    def __call__(self, _number):
        person = Person(self.server)
        answer = person.log_in(EDITOR, PASSWORD)
        if answer[0] == 302:
            self.done.append(person)
        return answer

    def lost(self):
        mine = (person.get(f"{person.address}/mijn/", allow_redirects=False, timeout=20) for person in self.done)
        return sum(page.status_code != 200 for page in mine)


DRAFT = "from calls.models import Call; print(Call.objects.create(title='Ontwerp', slug='ontwerp').pk)"


def make_editor(environment):
    """With all rights, who logs in with a password alone, and has a draft; gives the path of its form."""
    own = environment | {"DJANGO_SUPERUSER_PASSWORD": PASSWORD, "DJANGO_SUPERUSER_EMAIL": EDITOR}
    subprocess.run([sys.executable, "manage.py", "createsuperuser", "--noinput"], env=own, check=True)
    shell = [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", DRAFT]
    number = subprocess.run(shell, env=environment, check=True, capture_output=True, text=True).stdout
    return f"/beheer/calls/call/{number.strip()}/change/"
