"""Asks the search API of the EU Funding & Tenders Portal, politely and never believing more than it can check."""

import json
import time
from dataclasses import dataclass, replace

import requests
from django.conf import settings
from django.utils.translation import gettext as _
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from calls.imports.topics import KINDS, LANGUAGES, STATUSES, Broken, topic_of
from calls.imports.values import listed

RUNNING = ("forthcoming", "open")
CODES = {status: code for code, status in STATUSES.items()}
PAGE_SIZE = 100  # the API gives no more
DEPTH = 10_000  # nor does it go further into one answer
ABSURD = 50_000  # more topics than any programme has in one language: what comes when the filters are ignored
PAUSE = 1.0  # seconds between two requests
TIMEOUT = (10, 60)  # seconds to connect, and between two pieces of an answer
LONGEST_ANSWER = 300  # seconds
LARGEST_ANSWER = 64 * 1024 * 1024  # bytes; a hundred topics have some 4 MB
RETRIES = 5  # of a request that fails
TRIES = 3  # for an answer that cannot be read
BACKOFF = 1.0  # seconds, doubled every time
LONGEST_WAIT = 120  # seconds, also when the portal asks for more
PASSING = [429, 500, 502, 503, 504]


class PortalTrouble(Exception):
    """The portal does not answer, or with something that cannot be trusted; the text, for an editor, says what."""


class Garbled(Exception):
    """An answer that cannot be read now, but perhaps the next time."""


@dataclass(frozen=True)
class Question:
    programme: str
    statuses: tuple[str, ...]  # codes
    language: str

    @property
    def filters(self):
        return {"type": sorted(KINDS), "status": [*self.statuses], "frameworkProgramme": [self.programme]}

    @property
    def parts(self):
        """What the API only heeds as parts of a form that look like files; as a JSON body it ignores them silently."""
        query = {"bool": {"must": [{"terms": {name: codes}} for name, codes in self.filters.items()]}}
        sort = {"field": "startDate", "order": "DESC"}
        parts = {"query": query, "sort": sort, "languages": [self.language]}
        return {name: ("blob", json.dumps(part), "application/json") for name, part in parts.items()}


@dataclass(frozen=True)
class Page:
    total: int
    results: list


def fetch(programmes, statuses=RUNNING, languages=LANGUAGES):
    """The topics of these programmes (codes) on the live portal, each in the first language that has it: Fetched."""
    return Fetched(programmes, statuses, languages)


class Fetched:
    """Topics and Broken records, asked for while they are looped over; raises PortalTrouble when that fails for good.

    Then, and not before the end, `complete` says whether nothing can be missing: all pages came, with the same total
    on each, as many different records as that total, at least one for each programme, and each could be read in some
    language. `records` and `requests` count.
    """

    def __init__(self, programmes, statuses, languages):
        self.programmes = list(programmes)
        self.statuses = tuple(CODES.get(status, status) for status in statuses)
        self.languages = list(languages)
        self.complete = False
        self.records = 0
        self.portal = Portal()

    @property
    def requests(self):
        return self.portal.requests

    def __iter__(self):
        self.complete = False
        self.whole = bool(self.programmes)
        self.seen, self.broken = set(), set()  # identifiers in capitals
        for programme in self.programmes:
            for language in self.languages:
                yield from self.topics(Question(programme, self.statuses, language))
        # A programme may have no open calls; an answer without any is none.
        self.complete = self.whole and self.records > 0 and self.broken <= self.seen

    def topics(self, question):
        """Those that no earlier language had."""
        for result in self.results(question):
            self.records += 1
            topic = topic_of(result, _("record %(number)s") % {"number": self.records})
            if isinstance(topic, Broken):
                self.broken.add(topic.place.upper())
                yield topic
            elif topic and topic.identifier.upper() not in self.seen:
                self.seen.add(topic.identifier.upper())
                yield topic

    def results(self, question):
        """All of an answer, each once; an answer that is too long is asked for one status at a time."""
        page = self.portal.ask(question, 1)
        if page.total > DEPTH and len(question.statuses) > 1:
            for status in question.statuses:
                yield from self.results(replace(question, statuses=(status,)))
            return
        references, totals, number = set(), {page.total}, 1
        while page.results:
            for place, result in enumerate(page.results):
                reference = reference_of(result, f"{number}, {place}")
                if reference not in references:
                    references.add(reference)
                    yield result
            if number * PAGE_SIZE >= min(page.total, DEPTH):
                break
            number += 1
            page = self.portal.ask(question, number)
            totals.add(page.total)
        self.whole &= totals == {len(references)}


def reference_of(result, otherwise):
    reference = result.get("reference") if isinstance(result, dict) else None
    return reference if isinstance(reference, str) and reference else otherwise


class Portal:
    """One conversation with the API."""

    def __init__(self):
        self.session = requests.Session()
        self.session.headers["User-Agent"] = f"VLEVA-oproepenportaal (+{settings.SITE_URL})"
        self.session.headers["Accept"] = "application/json"
        again = Retry(
            total=RETRIES,
            allowed_methods={"POST"},
            status_forcelist=PASSING,
            raise_on_status=False,
            backoff_factor=BACKOFF,
            backoff_max=LONGEST_WAIT,
            retry_after_max=LONGEST_WAIT,
        )
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, HTTPAdapter(max_retries=again))
        self.requests = 0
        self.asked_at = float("-inf")

    def ask(self, question, number):
        """One Page of the answer. Raises PortalTrouble."""
        for attempt in range(TRIES):
            time.sleep(BACKOFF * 2**attempt if attempt else 0)
            try:
                return page_of(self.answer(question, number), question)
            except Garbled:
                pass
        raise PortalTrouble(_("The EU portal gives an answer that cannot be read: half of one, or no JSON in UTF-8."))

    def answer(self, question, number):
        """The bytes of an answer, whatever encoding it claims to have."""
        time.sleep(max(0, self.asked_at + PAUSE - time.monotonic()))
        self.asked_at = time.monotonic()
        self.requests += 1
        where = {"apiKey": "SEDIA", "text": "***", "pageSize": PAGE_SIZE, "pageNumber": number}
        options = {"params": where, "files": question.parts, "timeout": TIMEOUT, "stream": True}
        try:
            response = self.session.post(f"{settings.PORTAL_API}/search", allow_redirects=False, **options)
        except requests.RequestException as trouble:
            raise PortalTrouble(_("The EU portal cannot be reached.")) from trouble
        with response:
            status = response.status_code
            if status != requests.codes.ok:
                raise PortalTrouble(_("The EU portal answers with error %(status)s.") % {"status": status})
            return body_of(response, self.asked_at)


def body_of(response, asked_at):
    """All of it, unless it is too much or drips too slowly."""
    body = bytearray()
    try:
        while piece := response.raw.read1(65_536, decode_content=True):
            body += piece
            if len(body) > LARGEST_ANSWER or time.monotonic() - asked_at > LONGEST_ANSWER:
                raise PortalTrouble(_("The EU portal gives an answer that never ends."))
    except HTTPError as trouble:
        raise Garbled from trouble
    return bytes(body)


def page_of(body, question):
    """Raises Garbled for what is no search answer, PortalTrouble for one to another question."""
    try:
        answer = json.loads(body.decode("utf-8-sig"))
        total, results = answer["totalResults"], answer["results"]
    except (ValueError, KeyError, TypeError, RecursionError) as trouble:
        raise Garbled from trouble
    if not isinstance(total, int) or not isinstance(results, list):
        raise Garbled
    if total > ABSURD or any(is_foreign(result, question) for result in results):
        raise PortalTrouble(_("The EU portal ignores our filters: its answer holds what we did not ask for."))
    return Page(total, results)


def is_foreign(result, question):
    metadata = result.get("metadata") if isinstance(result, dict) else None
    if not isinstance(metadata, dict):
        return False
    asked = question.filters | {"language": [question.language]}
    given = {name: {str(code) for code in listed(metadata.get(name))} for name in asked}
    return any(codes and not codes & set(asked[name]) for name, codes in given.items())
