"""How text becomes words to search by: folded case and accents, Dutch and English stems."""

import re
from functools import lru_cache
from unicodedata import combining, normalize

import snowballstemmer

WORD_LENGTH = 40
# ngo's → ngo, foto's → foto; NFKD leaves both kinds of apostrophe alone.
PLURAL = re.compile(r"['’](?<=\w['’])s\b")
WORD = re.compile(r"[^\W_]+")
FOREIGN = re.compile(r"[^\x00-\x7f]+")

DUTCH = """
aan al alle als andere bij dan dat de deze die dit door dus een eigen elk elke en er ook of om onder op over haar
had hebben heeft hem het hier hij hoe hun ik in is je kan kunnen maar me meer men met mijn moet moeten na naar niet
nog nu ons onze te ten ter tot tussen u uit uw van veel voor waar waarbij wanneer want was wat we wel werd wie wij
wordt worden zal ze zich zij zijn zo zoals zonder zou zullen
"""
ENGLISH = """
a an and any are as at be been but by can for from had has have her his how if into it its may more most no not on
or other our shall should so such than that the their them then there these they this those through to under up was
were what when where which who will with would you your
"""
# They stand in nearly every call.
STOP_WORDS = frozenset((DUTCH + ENGLISH).split())


class Plain(dict):
    """For str.translate: each character folded, without accents; keeps those of Europe at hand, not all of Unicode."""

    def __missing__(self, code):
        plain = "".join(letter for letter in normalize("NFKD", chr(code)) if not combining(letter)).casefold()
        if code < 0x2100:
            self[code] = plain
        return plain


PLAIN = Plain()


def fold(text):
    """Lower case, without accents and plural 's."""
    folded = PLURAL.sub("", text.casefold())
    # Only what is no ASCII: to translate all of a long text takes ten times as long.
    return FOREIGN.sub(lambda found: found[0].translate(PLAIN), folded)


def words(text):
    """Every word of a text, folded, in order: letters and digits of any script, at most 40 of each word."""
    return [word[:WORD_LENGTH] for word in WORD.findall(fold(text))]


def telling(found):
    """The words that tell calls apart."""
    return [word for word in found if word not in STOP_WORDS]


def compact(text):
    """A code without its notation: EACEA 36/2014 and EACEA-36-2014 are both eacea362014."""
    return "".join(WORD.findall(fold(text)))[:WORD_LENGTH]


@lru_cache(maxsize=100_000)
def stems(word):
    """(Dutch stem, English stem) of a folded word. A stemmer keeps state, so each call has its own."""
    return tuple(fold(snowballstemmer.stemmer(name).stemWord(word)) for name in ("dutch", "english"))
