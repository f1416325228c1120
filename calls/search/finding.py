"""From a query to the calls that answer it."""

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from django.db.models import Q
from django.db.models.expressions import RawSQL

from calls.search.engines import LEVELS, lookup, subselect
from calls.search.models import Synonym, Word
from calls.search.query import Every, Phrase, Some, parse
from calls.search.words import stems

MOST_FORMS = 30
MOST_PHRASES = 40


@dataclass(frozen=True)
class Hits:
    """The calls found, as arrays of primary keys: all of them, and those where code, title or names say it all."""

    pks: np.ndarray
    levels: list[np.ndarray]


class Search:
    """One query with all that the database knows about its words: the forms of each, and their synonyms."""

    def __init__(self, text):
        self.text = text
        self.query = parse(text)

    def __bool__(self):
        return bool(self.query)

    @cached_property
    def synonyms(self):
        return all_synonyms() if self.query else []

    @cached_property
    def forms(self):
        return forms_of(self.words)

    @property
    def words(self):
        """All that this search looks for, synonyms included."""
        typed = {word for term in (*self.query.terms, *self.query.excluded) for word in term.words}
        return typed | {word for phrases in self.used_synonyms for phrase in phrases for word in phrase}

    # Synonyms --------------------------------------------------------------------------------------------------------

    @cached_property
    def used_synonyms(self):
        return [phrases for phrases in self.synonyms if any(self.places(phrase) for phrase in phrases)]

    def places(self, phrase):
        """Where the words of a term stand one after another among the groups of the query."""
        wanted = [stems(word) for word in phrase]
        typed = [
            stems(group[0].words[0]) if len(group) == 1 and len(group[0].words) == 1 and not group[0].exact else None
            for group in self.query.groups
        ]
        size = len(wanted)
        return [
            start
            for start in range(len(typed) - size + 1)
            if all(
                one is not None and (one[0] == other[0] or one[1] == other[1])
                for one, other in zip(typed[start : start + size], wanted, strict=True)
            )
        ]

    # The tree --------------------------------------------------------------------------------------------------------

    @cached_property
    def tree(self):
        """What every call found must have; None where only words to leave out were given."""
        groups = [Some(tuple(self.term(term) for term in group)) for group in self.query.groups]
        for phrases in self.used_synonyms:
            for start, size in {(at, len(phrase)) for phrase in phrases for at in self.places(phrase)}:
                terms = tuple(part for phrase in phrases for part in self.phrases(phrase))
                typed = Every(tuple(groups[start : start + size]))
                groups[start] = Some((typed, *terms))
                groups[start + 1 : start + size] = [groups[start]] * (size - 1)
        if not groups:
            return None
        every = Every(tuple(dict.fromkeys(groups)))
        return Some((every, Phrase((self.query.code,), beginning=True))) if self.query.code else every

    def term(self, term):
        if term.exact:
            return Phrase(term.words)
        joined = [Phrase((term.joined,), term.last)] if term.joined else []
        if len(term.words) > 1:
            return Some((Phrase(term.words, term.last), *joined))
        word = term.words[0]
        forms = [Phrase((form,)) for form in dict.fromkeys([word, *self.forms.get(word, ())])]
        return Some((*forms, *joined, *([Phrase((word,), beginning=True)] if term.last else [])))

    def phrases(self, words):
        """A term of several words in all its forms."""
        forms = [[word, *(form for form in self.forms.get(word, ()) if form != word)] for word in words]
        return [Phrase(found) for found, _ in zip(product(*forms), range(MOST_PHRASES), strict=False)]

    @cached_property
    def excluded(self):
        """What no call found may have; None where nothing is to be left out."""
        parts = tuple(self.term(term) for term in self.query.excluded)
        return Some(parts) if parts else None

    # The answer ------------------------------------------------------------------------------------------------------

    def hits(self, all_pks):
        """The calls found, drafts included: the caller decides who may see them."""
        wanted = [(self.tree, level) for level in LEVELS] if self.tree else []
        found = lookup([*wanted, *([(self.excluded, "text")] if self.excluded else [])])
        refused = found.pop() if self.excluded else []
        everywhere = found[-1] if found else all_pks
        return Hits(np.setdiff1d(everywhere, refused) if len(refused) else everywhere, found[:-1])


def all_synonyms():
    return [synonym.phrases for synonym in Synonym.objects.all()]


def forms_of(wanted):
    """{word: its forms that occur in calls, the most frequent first}."""
    dutch, english = zip(*map(stems, wanted), strict=True) if wanted else ((), ())
    known = Word.objects.filter(Q(dutch__in=set(dutch)) | Q(english__in=set(english))) if wanted else []
    rows = sorted(known, key=lambda row: (-row.calls, row.word))
    return {word: [row.word for row in rows if is_form(row, word)][:MOST_FORMS] for word in wanted}


def hits_of_all(searches, all_pks):
    """The Hits of each search, without their levels, in as many queries as one search takes."""
    synonyms = all_synonyms() if searches else []
    for search in searches:
        search.synonyms = synonyms
    forms = forms_of({word for search in searches for word in search.words})
    for search in searches:
        search.forms = forms
    asked = [(part, "text") for search in searches for part in (search.tree, search.excluded) if part]
    found = iter(lookup(asked) if asked else [])
    wanted = [(next(found) if search.tree else all_pks, next(found) if search.excluded else []) for search in searches]
    return [Hits(np.setdiff1d(pks, refused) if len(refused) else pks, []) for pks, refused in wanted]


def is_form(row, word):
    """Whether a known word is a form of this one: a stem in common, and a beginning, lest beleid find begeleiding."""
    dutch, english = stems(word)
    return (row.dutch == dutch or row.english == english) and begin_alike(row.word, word)


def begin_alike(one, other):
    """Their first three letters, double ones once (taal, talen) and the ge- of a participle aside."""
    starts = [re.sub(r"(.)\1", r"\1", re.sub(r"^ge(?=\w{4,}(?:d|t|de|te)$)", "", word))[:3] for word in (one, other)]
    return min(starts, key=len) == max(starts, key=len)[: len(min(starts, key=len))]


def matching(queryset, text):
    """The rows of a queryset of calls that a search for the text finds, as an ordinary queryset."""
    search = Search(text)
    if search.tree:
        queryset = queryset.filter(pk__in=RawSQL(*subselect(search.tree)))  # noqa: S611 - parameters are apart
    if search.excluded:
        queryset = queryset.exclude(pk__in=RawSQL(*subselect(search.excluded)))  # noqa: S611 - the same
    return queryset
