"""Keeps the words of every call: the one writer of SearchEntry and Word."""

from collections import Counter
from html import unescape
from itertools import batched, chain

from django.db import connection, transaction
from django.utils.html import strip_tags
from tqdm import tqdm

from calls.search.models import SearchEntry, Stamp, Word
from calls.search.words import compact, stems, telling, words
from portal.turns import in_turns

BATCH = 500
MOST_WORDS = 16_000  # PostgreSQL keeps the places of so many
PARTS = ["code", "title", "names", "text"]
ROWS = {"objectives": ["text"], "actions": ["group", "text"], "budgets": ["label", "note"], "documents": ["title"]}


def index_soon(pks):
    """Index these calls once the present transaction is committed; with none, only say that lists have changed."""
    pending(connection).update(pks)
    transaction.on_commit(index_pending, robust=True)


def index_pending():
    """Once for all that a transaction changed, however many rows told of it."""
    if not hasattr(connection, "calls_to_index"):
        return
    pks = pending(connection)
    del connection.calls_to_index
    index_calls(pks)


def pending(connection):
    if not hasattr(connection, "calls_to_index"):
        connection.calls_to_index = set()
    return connection.calls_to_index


def index_calls(pks=None, progress=False):
    """Says that lists have changed, and writes the words of these calls, or of all of them."""
    # Here, because a call's model knows its search entry.
    from calls.models import Call  # noqa: PLC0415

    Stamp.renew()
    chosen = sorted(Call.objects.values_list("pk", flat=True) if pks is None else pks)
    frequency = Counter()
    with tqdm(total=len(chosen), unit=" calls", disable=not progress) as bar:
        for batch in in_turns(batched(chosen, BATCH, strict=False)):
            frequency.update(index_batch(Call.objects.filter(pk__in=batch)))
            bar.update(len(batch))
    learn(frequency, forget=pks is None)


def index_missing():
    """Writes the words of a few calls that have none yet, such as drafts of an import; gives their primary keys."""
    # Here for the same reason.
    from calls.models import Call  # noqa: PLC0415

    pks = list(Call.objects.filter(search_entry=None).order_by("pk").values_list("pk", flat=True)[:BATCH])
    if pks:
        learn(Counter(index_batch(Call.objects.filter(pk__in=pks))), forget=False)
        if Call.objects.published().filter(pk__in=pks).exists():
            Stamp.renew()
    return pks


@transaction.atomic
def index_batch(calls):
    """Writes the words of a few calls; gives every word they hold, once a call."""
    # Nobody changes or deletes them between the reading of their texts and the writing of their words.
    here = list(calls.select_for_update().order_by("pk").values_list("pk", flat=True))
    entries = [entry_of(call) for call in calls.filter(pk__in=here).for_index()]
    SearchEntry.objects.bulk_create(entries, update_conflicts=True, unique_fields=["call"], update_fields=PARTS)
    return chain.from_iterable({*" ".join([e.code, e.title, e.names, e.text]).split()} for e in entries)


@transaction.atomic
def learn(frequency, forget):
    """The words of the calls, with their stems. In order, so that two writers never wait for each other."""
    if forget:
        Word.objects.all().delete()
    new = (Word(word=word, dutch=stems(word)[0], english=stems(word)[1], calls=n) for word, n in frequency.items())
    Word.objects.bulk_create(sorted(new, key=lambda word: word.word), batch_size=5_000, ignore_conflicts=True)


def entry_of(call):
    """The words of a call that was fetched with `for_index`."""
    code = words(call.code)
    return SearchEntry(
        call=call,
        code=joined([*code, compact(call.code)] if len(code) > 1 else code),
        title=joined(telling(words(call.title))),
        names=joined(telling(words(" ".join(names_of(call))))),
        text=joined(telling(words(" ".join([*own_texts(call), *contacts_of(call)])))),
    )


def joined(found):
    return " ".join(found[:MOST_WORDS])


def names_of(call):
    """Fund, themes with the main theme above them, and types of organisation."""
    if call.fund:
        yield from (call.fund.abbreviation, call.fund.name, call.fund.period)
    for theme in call.themes.all():
        yield from (theme.name, theme.parent.name if theme.parent else "")
    yield from (one.name for one in call.who_may_apply)


def own_texts(call):
    """All that the call's page says in its own texts and rows; the fund's text is the same for all its calls."""
    yield from (stripped(getattr(call, name)) for name in call.long_texts())
    for related, fields in ROWS.items():
        for row in getattr(call, related).all():
            yield from (stripped(getattr(row, name)) for name in fields)


def contacts_of(call):
    contacts = [link.contact for link in call.fund.fund_contacts.all()] if call.fund else []
    for contact in [*contacts, *(theme.contact for theme in call.themes.all() if theme.contact)]:
        yield from (contact.organisation, contact.name)


def stripped(html):
    """Rich text without its tags, the words beside them kept apart."""
    return unescape(strip_tags(html.replace("<", " <")))
