"""What visitors searched for and did not find: words and a number a day, nothing of who searched.

The page that finds nothing tells it once, by script (static/site.js): a GET writes nothing, and robots run no script.
"""

import re
from datetime import timedelta

from django.db.models import F
from django.http import HttpResponse, QueryDict
from django.utils.timezone import localdate
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from calls.desk.models import EmptySearch
from calls.filters import CallFilter
from calls.search.words import words
from portal.admin import ReadOnly

KEPT = timedelta(days=90)
LONGEST = 100
MOST_NEW_A_DAY = 500
DIGITS = 5  # more may be a telephone, account or national number


@csrf_exempt
@require_POST
def nothing_found(request):
    """204 whatever was sent: who sends has left the page already.

    Without a token, since the page that sends has none: all that a forged request can do is count.
    """
    searched = request.POST.get("q", "")[: LONGEST + 1]
    if is_worth_counting(searched) and finds_nothing(searched):
        count(folded(searched))
    return HttpResponse(status=204)


def folded(searched):
    return " ".join(words(searched))


def is_worth_counting(searched):
    """Neither too long nor anything that could point to a person."""
    personal = "@" in searched or len(re.findall(r"\d", searched)) > DIGITS
    return len(searched) <= LONGEST and not personal and 0 < len(folded(searched)) <= LONGEST


def finds_nothing(searched):
    """Among all calls, closed ones too: the visitor's other filters are no fault of the words."""
    data = QueryDict(mutable=True)
    data.update({"q": searched, "status": "alle"})
    finder = CallFilter(data)
    return bool(finder.search) and not finder.selection.total


def count(found):
    today = localdate()
    if EmptySearch.objects.filter(words=found, day=today).update(times=F("times") + 1):
        return
    if EmptySearch.objects.filter(day=today).count() < MOST_NEW_A_DAY:
        _row, new = EmptySearch.objects.get_or_create(words=found, day=today)
        if not new:  # somebody else came first
            EmptySearch.objects.filter(words=found, day=today).update(times=F("times") + 1)


def tidy(now):
    """Removes what was kept long enough at an aware moment; how many rows."""
    return EmptySearch.objects.filter(day__lt=localdate(now) - KEPT).delete()[0]


class EmptySearchAdmin(ReadOnly):
    """To read: the site alone counts."""

    list_display = ["words", "day", "times"]
    search_fields = ["words"]
    date_hierarchy = "day"
