"""What somebody typed, as a tree that both databases understand."""

import re
from dataclasses import dataclass, replace

from calls.search.words import STOP_WORDS, compact, telling, words

LONGEST = 300  # characters
MOST_TERMS = 16
SHORTEST_BEGINNING = 3
TOKEN = re.compile(r'-?"[^"]*"?|\S+')
QUOTES = str.maketrans(dict.fromkeys("“”„«»", '"'))
OR = {"OR", "OF", "|"}


@dataclass(frozen=True)
class Term:
    """Words that stand together; `exact` in quotes, `last` when more letters may follow.

    `joined` is a piece with dashes or digits as one word: a code, co-financiering, start-up.
    """

    words: tuple[str, ...]
    exact: bool = False
    last: bool = False
    joined: str = ""


@dataclass(frozen=True)
class Query:
    """Each group needs one of its terms, and no call may have an excluded one. `dropped`: too common, or too much."""

    groups: tuple[tuple[Term, ...], ...] = ()
    excluded: tuple[Term, ...] = ()
    code: str = ""
    dropped: tuple[str, ...] = ()

    def __bool__(self):
        return bool(self.groups or self.excluded)

    @property
    def terms(self):
        return [term for group in self.groups for term in group]


def parse(text):
    """Words that must all be there; "phrases"; -not; OR. Whatever is typed means something: nothing raises."""
    tokens = TOKEN.findall(text[:LONGEST].translate(QUOTES))
    groups, excluded, dropped, either = [], [], [text[LONGEST:]] if len(text) > LONGEST else [], False
    for token in tokens:
        if token in OR:
            either = bool(groups)
            continue
        all_terms = terms_of(token.removeprefix("-"))
        terms = all_terms[: MOST_TERMS - sum(map(len, [*groups, excluded]))]
        if terms != all_terms or not terms:
            dropped += [token] if words(token) else []
        if not terms:
            continue
        if token.startswith("-"):
            excluded += terms
        elif either:
            groups[-1] += terms
        else:
            groups += [[term] for term in terms]
        either = False
    return Query(unfinished(groups), tuple(excluded), code_of(text), tuple(dropped))


def terms_of(token):
    """A phrase in quotes is one term, and so is a piece with a dash or digits in it; else a term a word."""
    found = tuple(telling(words(token)))
    if not found:
        return []
    if token.startswith('"'):
        return [Term(found, exact=True)]
    if re.search(r"[-\d]", token):
        return [Term(found, joined=compact(token))]
    return [Term((word,)) for word in found]


def unfinished(groups):
    """The last word may still be without its end."""
    if groups and not groups[-1][-1].exact:
        last = groups[-1][-1]
        groups[-1][-1] = replace(last, last=len(last.joined or last.words[0]) >= SHORTEST_BEGINNING)
    return tuple(tuple(group) for group in groups)


def code_of(text):
    """The whole query as a code, when it could be one: amif 2020 ag call 02."""
    whole = compact(text[:LONGEST])
    plain = not re.search(r'"|(^|\s)-', text)
    return whole if plain and len(whole) >= 4 and re.search(r"\d", whole) and whole not in STOP_WORDS else ""


# The tree ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Phrase:
    """Words one after another; the last may go on."""

    words: tuple[str, ...]
    beginning: bool = False


@dataclass(frozen=True)
class Every:
    parts: tuple


@dataclass(frozen=True)
class Some:
    parts: tuple
