"""What differs between two texts: the words that went and those that came."""

import re
from bisect import bisect_left
from collections import Counter
from difflib import SequenceMatcher

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from calls.plain import plain, printable

# A date, an amount or an address is one word.
WORD = re.compile(r"\w+(?:[.,:/@-]\w+)*|\n|[^\S\n]+|[^\w\s]")
RICH = re.compile(r"\s*<(?:p|h[1-6]|ul|ol|table|div|blockquote)\b")
# How many pairs of words one comparison looks at in all, and within one passage.
PAIRS, PASSAGE = 1_000_000, 60_000
# Unchanged lines beside a change; longer runs are cut short.
CONTEXT = 2
ALIKE = 0.2
BREAK = format_html("<br>{}", "")


def marked(old, new):
    """Safe HTML of both texts in one: <del> around the words that went, <ins> around those that came.

    Rich text is compared as the lines that people read, not as tags. Long unchanged passages become “…”. The time is
    bounded, whatever the texts: where too many words differ, a passage counts as replaced.
    """
    old, new = lines_of(old), lines_of(new)
    matcher = Matcher()
    steps = list(matcher.steps(old, new))
    shown = []
    for place, (same, gone, come) in enumerate(steps):
        first, last = place == 0, place == len(steps) - 1
        shown += shortened(gone, first, last) if same else [changed(matcher, gone, come)]
    return format_html_join(BREAK, "{}", ((line,) for line in shown))


def lines_of(text):
    text = text or ""
    return (plain(text) if RICH.match(text) else printable(text)).splitlines()


def shortened(lines, first, last):
    """The unchanged lines beside a change; all of them where nothing changed or only a few are between."""
    before, after = (0 if first else CONTEXT), (0 if last else CONTEXT)
    if (first and last) or len(lines) <= before + after + 1:
        return lines
    return [*lines[:before], "…", *lines[len(lines) - after :]]


def changed(matcher, gone, come):
    """Lines that differ, word by word; as a whole where they have little in common."""
    old, new = (WORD.findall("\n".join(lines)) for lines in (gone, come))
    steps = joined(list(matcher.steps(old, new)))
    kept = sum(len(words) for same, words, _come in steps if same)
    if kept < ALIKE * max(len(old), len(new)):
        steps = [(False, old, new)]
    parts = (piece for same, *both in steps for piece in ([text_of(both[0])] if same else marks(*both)))
    return format_html_join("", "{}", ((part,) for part in parts))


def joined(steps):
    """A space between two changed words is part of the change."""
    found = []
    for place, (same, gone, come) in enumerate(steps):
        between = 0 < place < len(steps) - 1 and same and not "".join(gone).strip(" ")
        if found and not found[-1][0] and (between or not same):
            found[-1] = (False, found[-1][1] + gone, found[-1][2] + come)
        else:
            found.append((same, gone, come))
    return found


def marks(gone, come):
    """With a word for who does not see the marks."""
    if gone:
        yield format_html('<del><span class="visually-hidden">{} </span>{}</del>', _("removed:"), text_of(gone))
    if gone and come:
        yield " "
    if come:
        yield format_html('<ins><span class="visually-hidden">{} </span>{}</ins>', _("added:"), text_of(come))


def text_of(words):
    return format_html_join(BREAK, "{}", ((line,) for line in "".join(words).split("\n")))


# The comparison ------------------------------------------------------------------------------------------------------


class Matcher:
    """difflib on short passages, cut out of long ones at what stands once in both."""

    def __init__(self):
        self.pairs = PAIRS

    def steps(self, old, new, depth=4):
        """(same, part of the old, part of the new), in order; together they are both lists."""
        start = common(old, new)
        end = common(old[start:][::-1], new[start:][::-1])
        parts = [(True, old[:start], new[:start])]
        parts += self.between(old[start : len(old) - end], new[start : len(new) - end], depth)
        parts += [(True, old[len(old) - end :], new[len(new) - end :])]
        return (part for part in parts if part[1] or part[2])

    def between(self, old, new, depth):
        pairs = len(old) * len(new)
        if pairs <= min(PASSAGE, self.pairs):
            self.pairs -= pairs
            matcher = SequenceMatcher(None, old, new, autojunk=False)
            return [(tag == "equal", old[a:b], new[c:d]) for tag, a, b, c, d in matcher.get_opcodes()]
        anchors = depth and (shared_once(old, new) or shared_once(runs(old), runs(new)))
        if not anchors:
            return [(False, old, new)]
        parts, a, c = [], 0, 0
        for b, d in [*anchors, (len(old), len(new))]:
            parts += self.steps(old[a:b], new[c:d], depth - 1)
            parts += [(True, old[b : b + 1], new[d : d + 1])]
            a, c = b + 1, d + 1
        return merged(parts)


def common(old, new):
    """How many at the start are the same."""
    short = min(len(old), len(new))
    return next((place for place in range(short) if old[place] != new[place]), short)


def runs(words, width=8):
    """Each word with those after it: where every word stands often, a row of them may stand once."""
    return list(zip(*(words[place:] for place in range(width)), strict=False))


def shared_once(old, new):
    """Places (in old, in new) of what stands once in each: the longest row of them that is in the same order."""
    counts = Counter(old), Counter(new)
    where = {one: place for place, one in enumerate(new) if counts[1][one] == 1}
    pairs = [(a, where[one]) for a, one in enumerate(old) if counts[0][one] == 1 and one in where]
    tails, ends, before = [], [], {}
    for pair in pairs:
        place = bisect_left(tails, pair[1])
        before[pair] = ends[place - 1] if place else None
        tails[place : place + 1] = [pair[1]]
        ends[place : place + 1] = [pair]
    row, pair = [], ends[-1] if ends else None
    while pair:
        row.append(pair)
        pair = before[pair]
    return row[::-1]


def merged(parts):
    """Neighbours of the same kind as one; empty ones left out."""
    found = []
    for same, gone, come in parts:
        if found and found[-1][0] == same:
            found[-1][1].extend(gone)
            found[-1][2].extend(come)
        elif gone or come:
            found.append((same, list(gone), list(come)))
    return found
