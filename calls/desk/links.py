"""The addresses that calls point to, and how they answer: looked at every night, one row each in Link."""

import re
from collections import defaultdict
from datetime import timedelta
from html import unescape
from itertools import batched
from urllib.parse import urlsplit

from django.db.models import F, Q
from django.utils import timezone

from calls.models import Call, Link
from calls.status import Publication, publication_conditions

HREF = re.compile(r'<a\b[^>]*?\shref="(https?://[^"]+)"', re.IGNORECASE)
LONGEST = Link._meta.get_field("url").max_length
BATCH = 500
GONE = {404, 410}
# The server is there and speaks: it only wants no programs. People can open the page.
WANTS_NO_PROGRAMS = {401, 403, 429}
NIGHTS = 3  # without an answer, until an address counts as dead
AGAIN = timedelta(hours=20)  # a run that was broken off goes on with what it had not looked at


def texts_of(call):
    """(name of the field or rows, rich text) of all that a call says in long texts."""
    for name in call.long_texts():
        yield name, getattr(call, name)
    for rows in ("objectives", "actions"):
        for row in getattr(call, rows).all():
            yield rows, row.text


def addresses_of(call):
    """{address: name of the field or rows} of a call that was fetched with `for_export`."""
    found = {call.source_url: "source_url"} if call.source_url else {}
    for document in call.documents.all():
        if document.link:
            found.setdefault(document.link, "documents")
    for where, html in texts_of(call):
        for href in HREF.findall(html) if "href" in html else ():
            found.setdefault(unescape(href), where)
    return {url: where for url, where in found.items() if len(url) <= LONGEST and is_address(url)}


def is_address(url):
    """Whether it can be taken apart at all: “http://a[b@example.org/” cannot."""
    try:
        urlsplit(url)
    except ValueError:
        return False
    return True


def looked_at():
    """Calls whose links matter: those that people can still apply for, and those that will appear."""
    conditions = publication_conditions(timezone.now())
    unseen = conditions[Publication.DRAFT] | conditions[Publication.SCHEDULED]
    return Call.objects.filter(unseen | Q(pk__in=Call.objects.published().current().values("pk")))


def collect():
    """{address: primary keys of the calls that name it}; makes a Link of each new one, and drops those of no call."""
    users = defaultdict(set)
    pks = list(looked_at().order_by("pk").values_list("pk", flat=True))
    for batch in batched(pks, BATCH, strict=False):
        for call in Call.objects.filter(pk__in=batch).for_export():
            for url in addresses_of(call):
                users[url].add(call.pk)
    known = dict(Link.objects.values_list("url", "pk"))
    Link.objects.bulk_create([Link(url=url) for url in users if url not in known], BATCH, ignore_conflicts=True)
    gone = [pk for url, pk in known.items() if url not in users]
    for batch in batched(gone, BATCH, strict=False):
        Link.objects.filter(pk__in=batch).delete()
    return users


def waiting(most=None):
    """Links not looked at tonight, those that wait longest first."""
    old = Link.objects.filter(Q(checked_at=None) | Q(checked_at__lt=timezone.now() - AGAIN))
    return old.order_by(F("checked_at").asc(nulls_first=True), "pk")[:most]


def write_answer(link, status, trouble):
    """Whether the link died or came to life by this answer: a status (None where none came) and what was wrong.

    None where another round wrote its answer since this link was fetched: two of one night count once.
    """
    now, fetched = timezone.now(), Link.objects.filter(pk=link.pk, checked_at=link.checked_at)
    fine = status is not None and (status < 400 or status in WANTS_NO_PROGRAMS)
    link.failures = 0 if fine else link.failures + 1
    dead = status in GONE or link.failures >= NIGHTS
    changed = dead != (link.dead_since is not None)
    link.dead_since = (link.dead_since or now) if dead else None
    link.status, link.trouble, link.checked_at = status, trouble[:300], now
    names = ["status", "trouble", "checked_at", "failures", "dead_since"]
    return changed if fetched.update(**{name: getattr(link, name) for name in names}) else None
