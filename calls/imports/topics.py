"""A topic of the EU Funding & Tenders Portal, from a search result or a topicDetails object, in the words of Call.

What an editor must be able to trust (identifier, title, deadline, and every text) has to be readable, else the record
is Broken, with the reason. Anything else that cannot be read is left out of the values, and so is what the record does
not speak of: it can never empty a field of ours. What the portal says to be empty is empty: None for a date, "" for a
text.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from calls.imports.budgets import budget_text, budgets_of
from calls.imports.markup import ANCHOR, rich
from calls.imports.schedule import GRANT, dates_of
from calls.imports.values import Unreadable, cut, first, listed, overview_of, plain, storable

LANGUAGES = ("nl", "en")  # the portal also has machine translations that nobody here asks for
STATUSES = {"31094501": "forthcoming", "31094502": "open", "31094503": "closed"}
PROSPECT, CASCADE = "2", "8"
KINDS = {GRANT, PROSPECT, CASCADE}
NOT_FOR_US = {"0", "6"}  # tenders, and news about a topic
TEXTS = {"introduction": "descriptionByte", "beneficiaries": "topicConditions", "info_contact": "supportInfo"}
PAGES = "https://ec.europa.eu/info/funding-tenders/opportunities/portal/screen/opportunities"
PROSPECT_PAGE = "https://webgate.ec.europa.eu/prospect/external/publishedcalls.htm?callId="
IS_FILE = re.compile(r"\.(?:pdf|docx?|xls[xm]?|pptx?|od[tsp]|zip)(?:[?#]|$)", re.I)
MOST_DOCUMENTS = 50
is_web_address = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True)
class Topic:
    identifier: str  # the portal's code, the same in every language
    reference: str  # of this one record
    language: str  # nl or en
    checksum: str
    status: str  # forthcoming, open, closed, or empty where the portal says none
    programme: str  # the portal's code: 43251447
    raw: dict  # the record as it came, but for signs that no database stores
    values: dict  # {field of Call: JSON value}; moments in ISO 8601, amounts as strings of euros, rows as lists


@dataclass(frozen=True)
class Broken:
    """A record that cannot be read."""

    place: str  # the identifier, else the reference, else the position in the answer
    reason: str  # for an editor


def topic_of(result, position=""):
    """Topic of a result of the search API; Broken, or None when it is not for us. Never raises."""
    try:
        raw = storable(result)
        metadata = raw.get("metadata") if isinstance(raw, dict) else None
        if not isinstance(metadata, dict):
            raise Unreadable(_("This is not a record of the EU portal."))
        return None if is_not_for_us(raw, metadata) else assembled(metadata | summary_of(raw, metadata), raw)
    except Unreadable as trouble:
        return Broken(place_of(result, position), str(trouble))


def topic_of_details(answer, position=""):
    """Topic of the content of a topicDetails file, as `topic_of`; its "type" means something else and is not read."""
    try:
        raw = storable(answer)
        details = raw.get("TopicDetails", raw) if isinstance(raw, dict) else None
        if not isinstance(details, dict):
            raise Unreadable(_("This is not a record of the EU portal."))
        return assembled(metadata_of_details(details), raw)
    except Unreadable as trouble:
        return Broken(place_of(answer, position), str(trouble))


def place_of(result, position=""):
    result = result if isinstance(result, dict) else {}
    metadata = next((part for name in ("metadata", "TopicDetails") if isinstance(part := result.get(name), dict)), {})
    for value in (*listed(metadata.get("identifier")), result.get("reference")):
        if isinstance(value, str) and value.strip():
            return cut(" ".join(value[:1000].split()).encode("utf-8", "replace").decode().replace("\0", ""), 200)
    return str(position)


def is_not_for_us(raw, metadata):
    """Tenders, news (whose reference is a bare number) and languages that nobody asks for."""
    kind = first(metadata, "type")
    if kind and kind not in KINDS | NOT_FOR_US:
        raise Unreadable(_("The portal knows no type “%(type)s”.") % {"type": cut(kind, 40)})
    is_news = not kind and reference_of(raw, metadata).isdigit()
    return kind in NOT_FOR_US or is_news or language_of(raw, metadata) not in LANGUAGES


def summary_of(raw, metadata):
    """What stands beside the metadata: the language, and the title where the metadata has none."""
    title = {} if first(metadata, "title") else {"title": listed(raw.get("summary"))[:1]}
    return title | {"REFERENCE": [reference_of(raw, metadata)], "language": [language_of(raw, metadata)]}


def metadata_of_details(details):
    """A topicDetails object under the names of the search API; a name only where the object has it."""
    actions = [action for action in listed(details.get("actions")) if isinstance(action, dict)]
    codes = [action["status"].get("id") for action in actions if isinstance(action.get("status"), dict)]
    programme = details.get("frameworkProgramme")
    metadata = {name: listed(details[name]) for name in ("identifier", "title", "supportInfo") if name in details}
    metadata |= {"descriptionByte": listed(details["description"])} if "description" in details else {}
    metadata |= {"topicConditions": listed(details["conditions"])} if "conditions" in details else {}
    return metadata | {
        "type": [GRANT],
        "language": ["en"],
        "status": codes[:1],
        "frameworkProgramme": [programme.get("id")] if isinstance(programme, dict) else [],
        "actions": actions,
        "budgetOverview": details.get("budgetOverviewJSONItem"),
    }


def reference_of(raw, metadata):
    return cut(plain(raw.get("reference")) or first(metadata, "REFERENCE"), 200)


def language_of(raw, metadata):
    """Old records say it only at the end of their reference, or not at all: those are in English."""
    said = first(metadata, "language") or plain(raw.get("language"))
    ending = re.search(r"[a-z0-9]([a-z]{2})$", reference_of(raw, metadata)) if not said else None
    return (said or (ending[1] if ending and ending[1] in LANGUAGES else "en")).lower()


def assembled(metadata, raw):
    identifier, title = first(metadata, "identifier"), first(metadata, "title")
    if not identifier:
        raise Unreadable(_("The record has no identifier."))
    if len(identifier) > 100:
        raise Unreadable(_("The identifier is longer than 100 characters."))
    if not title:
        raise Unreadable(_("The record has no title."))
    language = first(metadata, "language")
    values = {"title": cut(title, 500), "title_language": language, "code": identifier}
    texts = texts_of(metadata)
    documents = {"documents": documents_in(texts["beneficiaries"])} if "beneficiaries" in texts else {}
    return Topic(
        identifier=identifier,
        reference=first(metadata, "REFERENCE"),
        language=language,
        checksum=checksum_of(raw),
        status=STATUSES.get(first(metadata, "status"), ""),
        programme=first(metadata, "frameworkProgramme"),
        raw=raw,
        values=values | texts | dates_of(metadata) | money_of(identifier, metadata) | source_of(metadata) | documents,
    )


def checksum_of(raw):
    """The portal's own, else one of the same kind."""
    said = raw.get("checksum")
    if isinstance(said, str) and re.fullmatch(r"[0-9A-Fa-f]{1,64}", said):
        return said.upper()
    return hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest().upper()


def texts_of(metadata):
    return {
        field: rich("\n".join(text for text in listed(metadata[name]) if isinstance(text, str)))
        for field, name in TEXTS.items()
        if metadata.get(name) is not None
    }


def money_of(identifier, metadata):
    """Nothing where the overview does not speak of this topic: often it only has the call's other topics."""
    overview = overview_of(metadata)
    try:
        budgets = budgets_of(identifier, overview)
    except Unreadable:
        return {}
    text = budget_text(identifier, overview)
    return ({"budgets": budgets} if budgets else {}) | ({"budget_text": text} if text else {})


def source_of(metadata):
    address = source_url(metadata)
    return {"source_url": address} if address and is_link(address) else {}


def source_url(metadata):
    """The public page; the portal finds it only by the identifier in lower case."""
    kind, number = first(metadata, "type"), first(metadata, "callccm2Id")
    if kind == PROSPECT:
        call = re.match(r"\d+", first(metadata, "REFERENCE"))
        return f"{PROSPECT_PAGE}{call[0]}" if call else ""
    if kind == CASCADE:
        return f"{PAGES}/competitive-calls-cs/{quote(number, safe='')}" if number else ""
    return f"{PAGES}/topic-details/{quote(first(metadata, 'identifier').lower(), safe='')}"


def documents_in(conditions):
    """The files that the conditions link to, under the name of their last mention: the list of documents ends them."""
    documents = {}
    for address, name in ANCHOR.findall(conditions):
        address, title = unescape(address), plain(name).strip(" .,;:")
        if title and IS_FILE.search(address) and is_link(address):
            documents[address] = {"title": cut(title, 200), "link": address}
    return list(documents.values())[:MOST_DOCUMENTS]


@lru_cache(10_000)
def is_link(address):
    try:
        is_web_address(address)
    except ValidationError:
        return False
    return len(address) <= 500
