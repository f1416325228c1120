"""Where the words of a search stand: marked in a title, and in a few lines out of the text."""

import re
from functools import cached_property

from django.utils.html import format_html, format_html_join

from calls.search.indexing import own_texts
from calls.search.query import Phrase
from calls.search.words import fold

LETTER = r"[^\W_]"
AROUND = 90  # characters on each side of the first word found


class OneForOne(dict):
    """For str.translate: every character as one plain lower-case character, so that places stay the same."""

    def __missing__(self, code):
        plain = fold(chr(code))[:1] or " "
        if code < 0x2100:
            self[code] = plain
        return plain


ONE_FOR_ONE = OneForOne()


class Marker:
    """Marks the words that a search looked for, in all the forms it knows."""

    def __init__(self, search):
        self.phrases = list(phrases_in(search.tree)) if search.tree else []

    @cached_property
    def pattern(self):
        """The words as they may stand in a folded text; None where there is nothing to mark."""
        whole = {word for phrase in self.phrases for word in phrase.words}
        begun = {phrase.words[-1] for phrase in self.phrases if phrase.beginning}
        forms = [re.escape(word) + rf"{LETTER}*" for word in sorted(begun)]
        forms += [re.escape(word) for word in sorted(whole, key=len, reverse=True)]
        return re.compile(rf"(?<!{LETTER})(?:{'|'.join(forms)})(?!{LETTER})") if forms else None

    def places(self, text):
        return [match.span() for match in self.pattern.finditer(text.translate(ONE_FOR_ONE))] if self.pattern else []

    def mark(self, text):
        """The text as HTML, the words found in <mark>."""
        pieces, end = [], 0
        for start, stop in self.places(text):
            pieces.append((text[end:start], text[start:stop]))
            end = stop
        return format_html("{}{}", format_html_join("", "{}<mark>{}</mark>", pieces), text[end:])

    def snippet(self, call):
        """The part of the call's text with the most of the words, marked; empty when the text has none of them."""
        best = max((self.window(" ".join(text.split())) for text in own_texts(call)), key=lambda found: found[0])
        return self.mark(best[1]) if best[0] else ""

    def window(self, text):
        """(how many different words stand near the first one found, the text around it)."""
        places = self.places(text)
        if not places:
            return 0, ""
        start, stop = max(places[0][0] - AROUND, 0), places[0][1] + 2 * AROUND
        near = {text[one:other].lower() for one, other in places if other <= stop}
        piece = text[start:stop]
        if start:
            piece = "… " + piece.split(" ", 1)[-1]
        if stop < len(text):
            piece = piece.rsplit(" ", 1)[0] + " …"
        return len(near), piece


def phrases_in(tree):
    if isinstance(tree, Phrase):
        yield tree
    else:
        for part in tree.parts:
            yield from phrases_in(part)
