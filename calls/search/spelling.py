"""Did you mean: another spelling of the words of a query that occur nowhere."""

import re
from difflib import get_close_matches

from calls.search.models import Word
from calls.search.words import fold

LETTERS = "abcdefghijklmnopqrstuvwxyz"
MOST_WORDS = 3


def respelled(search):
    """The query with its unknown words in the most likely spelling; None where none is likely."""
    text = search.text
    for word in unknown_words(search)[:MOST_WORDS]:
        likely = likely_spelling(word)
        if likely is None:
            return None
        text = re.sub(r"[^\W_]+", lambda typed, w=word, new=likely: new if fold(typed[0]) == w else typed[0], text)
    return text if text != search.text else None


def unknown_words(search):
    """The single words that no call has in any form."""
    words = [term.words[0] for term in search.query.terms if len(term.words) == 1]
    return [word for word in dict.fromkeys(words) if not search.forms.get(word)]


def likely_spelling(word):
    """The most frequent word one letter away, else a word that looks much like it; none for a letter or two."""
    if len(word) < 3:
        return None
    near = Word.objects.filter(word__in=one_letter_away(word)).order_by("-calls", "word").first()
    if near:
        return near.word
    alike = Word.objects.filter(word__startswith=word[:2]).values_list("word", flat=True)
    return next(iter(get_close_matches(word, alike, n=1, cutoff=0.8)), None) if len(word) > 3 else None


def one_letter_away(word):
    """Every text that differs in one letter: left out, swapped with the next, replaced, or put in."""
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    return {
        *(left + right[1:] for left, right in cuts if right),
        *(left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1),
        *(left + letter + right[1:] for left, right in cuts if right for letter in LETTERS),
        *(left + letter + right for left, right in cuts for letter in LETTERS),
    }
