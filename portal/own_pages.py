"""Pages of users: made once for all of them, with what each chose put in.

While such a page is made it knows no user but an imaginary one. A part between {% own … %} and {% endown %} is made
for every choice that somebody may have made about it, so nothing of one user can get into the page of another.
"""

import re
import time
from itertools import chain, combinations
from secrets import token_hex

from django.http import HttpResponse

from accounts.models import CallChoice, User
from calls.cards import Card, CardTheme
from calls.models import Call
from funds.models import Theme

KINDS = [kind.value for kind in CallChoice.Kind]
SETS_OF_KINDS = [set(kinds) for number in range(len(KINDS) + 1) for kinds in combinations(KINDS, number)]
# No text of a page can hold it.
SECRET = token_hex(16)
NOTHING: frozenset[str] = frozenset()
MARK = re.compile(f"own-{SECRET}-([0-9]+)-")


def nothing_chosen():
    return {"followed": [], "chosen_calls": {kind: set() for kind in KINDS}}


class OwnPage:
    """A page while it is made: its own parts, each a mark in the text for now."""

    def __init__(self):
        self.parts = []
        self.csrf_mark = self.mark(CsrfToken())

    @property
    def context(self):
        """What templates see instead of the user who asks."""
        user = {"user": User(), "csrf_token": self.csrf_mark, "messages": [], "keeps_something": False}
        return nothing_chosen() | user

    def mark(self, part):
        self.parts.append(part)
        return f"own-{SECRET}-{len(self.parts) - 1}-"

    def part(self, about, make):
        """The mark of a part about a call, a theme, or (None) whether any theme is followed.

        `make` gives its text for {"followed": themes, "chosen_calls": {kind: primary keys}}.
        """
        part = PARTS[type(about)](about)
        for key, chosen in part.choices(about):
            version = self.pieces(make(nothing_chosen() | chosen))
            part.made[key] = version if len(version) > 1 else version[0]
        return self.mark(part)

    def pieces(self, text):
        """The text as bytes, parted by what each reader gets a version of."""
        texts = MARK.split(text)
        found = list(chain.from_iterable((text.encode(), self.parts[int(at)]) for text, at in pairs(texts)))
        return [*found, texts[-1].encode()]


def pairs(texts):
    return zip(texts[:-1:2], texts[1::2], strict=True)


def joined(pieces, reader):
    found = []
    collect(pieces, reader, found)
    return b"".join(found)


def collect(pieces, reader, found):
    for piece in pieces:
        if type(piece) is not bytes:
            piece = piece.for_reader(reader)
        if type(piece) is bytes:
            found.append(piece)
        else:
            collect(piece, reader, found)


# Parts ---------------------------------------------------------------------------------------------------------------


class CsrfToken:
    made: dict = {}

    def for_reader(self, reader):
        return reader.csrf_token.encode()


class Part:
    """What each reader gets in one place: {what they chose about it: bytes, or pieces with parts of their own}."""

    def __init__(self, about):
        self.about, self.made = about and about.pk, {}

    def for_reader(self, reader):
        return self.made[self.key(reader)]


class OfCall(Part):
    def key(self, reader):
        return reader.calls.get(self.about, NOTHING)

    def choices(self, call):
        for kinds in SETS_OF_KINDS:
            yield frozenset(kinds), {"chosen_calls": {kind: {call.pk} if kind in kinds else set() for kind in KINDS}}


class OfTheme(Part):
    """The theme itself or the main theme above it is followed, or neither."""

    def __init__(self, theme):
        super().__init__(theme)
        self.parent = theme.parent_id

    def key(self, reader):
        if self.about in reader.themes:
            return self.about
        return self.parent if self.parent in reader.themes else None

    def choices(self, theme):
        yield None, {}
        for pk in (theme.pk, theme.parent_id):
            if pk:
                yield pk, {"followed": [Theme(pk=pk)]}


class OfAnyTheme(Part):
    def key(self, reader):
        return bool(reader.themes)

    def choices(self, _about):
        yield False, {}
        yield True, {"followed": [Theme()]}


PARTS = {Call: OfCall, Card: OfCall, Theme: OfTheme, CardTheme: OfTheme, type(None): OfAnyTheme}


# The page ------------------------------------------------------------------------------------------------------------


class OwnCopy:
    """A page for all users, as the page cache keeps it."""

    def __init__(self, headers, pieces, stamp, begun, until):
        self.headers, self.pieces, self.stamp, self.begun, self.until = headers, pieces, stamp, begun, until
        self.size = weight(pieces)

    def is_true(self):
        return self.begun <= time.time() < self.until

    def answer(self, reader):
        body = joined(self.pieces, reader)
        return HttpResponse(body, headers=self.headers | {"Content-Length": str(len(body))})


def weight(pieces):
    """Bytes, with what Python adds to each piece."""
    texts = [piece for piece in pieces if isinstance(piece, bytes)]
    parts = [made for piece in pieces if not isinstance(piece, bytes) for made in piece.made.values()]
    own = sum(len(made) if isinstance(made, bytes) else weight(made) for made in parts)
    return sum(map(len, texts)) + 200 * (len(pieces) + len(parts)) + own
