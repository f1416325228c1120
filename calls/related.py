"""The other calls that a page leads to: the editions of a call, calls like it, calls that a wrong address meant.

Likeness is a sum over what two calls share; what few calls share says more. It is looked up in the columns, so that
it costs the database the rows of a few candidates alone.
"""

from urllib.parse import urlencode

import numpy as np
from django.http import QueryDict
from django.utils import timezone

from calls.cards import cards
from calls.columns import current_columns
from calls.filters import CallFilter
from calls.models import Call, Word
from calls.search.words import telling, words
from calls.selection import StatusChoice
from calls.status import Status

THEME, FUND, TYPES, TITLE = 4, 3, 1, 12
RUNNING = 1_600  # more than all the rest together
CANDIDATES = 24
EDITIONS = 20
MOST_WORDS, RAREST = 30, 4
APPLICABLE = [Status.OPEN, Status.UPCOMING]


def around(call):
    """For the page of a call: its other `editions`, the `newer` one that can be applied for, and calls `alike`."""
    editions = other_editions(call)
    return {
        "editions": editions,
        "newer": newest(editions, call),
        "alike": calls_like(call, 4, without=[one.pk for one in editions]),
    }


def other_editions(call):
    return list(Call.objects.published().editions_of(call).for_line()[:EDITIONS])


def newest(editions, call):
    return next((one for status in APPLICABLE for one in editions if is_newer(one, call, status)), None)


def newer_edition(call):
    """Of a closed call the later edition that can be applied for now or soon, None where there is none."""
    return newest(other_editions(call), call) if call.status == Status.CLOSED else None


def is_newer(edition, call, status):
    later = call.deadline is None or edition.deadline is None or edition.deadline > call.deadline
    return later and edition.status == status


def calls_like(call, number, without=()):
    """At most so many published calls, those that run before the closed ones, the most alike first; as cards."""
    columns = current_columns()
    likeness = candidates(call, columns, [call.pk, *without])
    beginnings = word_beginnings(call.title)

    def alike(other):
        shared = beginnings & word_beginnings(other.title)
        return likeness[other.pk] + TITLE * len(shared) / max(len(beginnings), 1)

    return sorted(cards(columns, list(likeness)), key=alike, reverse=True)[:number]


def word_beginnings(title):
    """The telling words of a title, as far as their forms, in Dutch and in English, mostly agree."""
    return {word[:6] for word in telling(words(title)) if len(word) > 3}


def candidates(call, columns, without):
    """{primary key: likeness} of the published calls that share most with a call, its title aside."""
    moment = columns.at(timezone.now())
    traits = traits_of(call, columns)
    wanted = moment.published & np.logical_or.reduce([mask for weight, mask in traits if weight > TYPES] or [False])
    wanted[columns.positions(np.array(without))] = False
    closed = moment.status[Status.CLOSED]
    # The closed ones stand last in this order; they are looked at only where too few others are found.
    order = moment.by_deadline[: np.count_nonzero(~closed)]
    order = order if np.count_nonzero(wanted[order]) >= CANDIDATES else moment.by_deadline
    places = order[wanted[order]]
    likeness = (RUNNING * ~closed[places]).astype(np.float32)
    for weight, mask in traits:
        likeness += weight * rarity(mask) * mask[places]
    # Whole numbers of sixteen bits are sorted ten times as fast; equal ones stay in the order of their deadline.
    best = np.argsort(-np.minimum(likeness * 10, 32_767).astype(np.int16), kind="stable")[:CANDIDATES]
    return dict(zip(columns.pk[places[best]].tolist(), likeness[best].tolist(), strict=True))


def traits_of(call, columns):
    """[(weight, mask)]: what the call has, and who has it too: its themes and those above, its fund in any period."""
    place = columns.positions(np.array([call.pk]))
    themes = [mask for mask in columns.theme.values() if mask[place].any()]
    types = [mask for mask in columns.type.values() if mask[place].any()]
    funds = [columns.fund == one.pk for one in columns.funds.values() if is_of_fund(call, one)]
    return [
        *((THEME, mask) for mask in themes),
        *((FUND, np.logical_or.reduce(funds)) for _ in funds[:1]),
        *((TYPES / len(types), mask) for mask in types),
    ]


def is_of_fund(call, option):
    """Whether a fund of the columns is the call's, in this period or another."""
    return call.fund is not None and f"{option.name} ".startswith(f"{call.fund.abbreviation} ")


def rarity(mask):
    """From 0.7 for what every call has, up."""
    return np.log1p(len(mask) / max(np.count_nonzero(mask), 1))


def calls_named(text, number):
    """At most so many published calls for an address that leads nowhere: those that share its rarest words."""
    columns, wanted = current_columns(), telling(words(text))
    known = Word.objects.filter(word__in=wanted[:MOST_WORDS]).order_by("calls", "word")
    rarest = " OR ".join(list(known.values_list("word", flat=True))[:RAREST])
    if not rarest:
        return []
    finder = CallFilter(QueryDict(urlencode({"q": rarest, "status": StatusChoice.ALL})), columns)
    calls = Call.objects.published().for_list().in_order(finder.selection.pks(0, CANDIDATES))
    return sorted(calls, key=lambda call: -len(set(words(call.title)) & set(wanted)))[:number]
