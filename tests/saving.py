"""Saving calls and searches, as tests do it, and what pages then say."""

import re
from html import unescape

from accounts.models import CallChoice, SavedSearch

PAGE = "/oproepen/zoekopdracht-bewaren/"
PRIVATE = "max-age=0, no-cache, no-store, must-revalidate, private"
BANNER = (
    "U heeft oproepen of zoekopdrachten bewaard, maar deze worden niet opgeslagen zolang u niet bent ingelogd. "
    "Login of registreer om ze te bewaren."
)


def choose(client, call, kind="saved", wanted="yes", **data):
    return client.post(f"/oproepen/{call.slug}/bewaren/", {"kind": kind, "wanted": wanted} | data)


def chosen(user):
    return sorted(CallChoice.objects.filter(user=user).values_list("kind", "call__title"))


def text(html):
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


def messages(client):
    html = client.get("/themas/").content.decode()
    return [text(message) for message in re.findall(r'<li class="message .*?</li>', html)]


def banner(response):
    return text("".join(re.findall(r'<div class="notice banner".*?</div>', response.content.decode(), re.DOTALL)))


def buttons(html):
    """(kind, wanted, text) of the forms on a page."""
    form = r'name="kind" value="(\w+)".*?name="wanted" value="(\w+)"[^>]*>(.*?)</button>'
    return [(kind, wanted, text(words)) for kind, wanted, words in re.findall(form, html, re.DOTALL)]


def links(html):
    return [
        text(words)
        for words in re.findall(r'<a rel="nofollow" class="button small[^>]*?/bewaren/[^>]*>(.*?)</a>', html)
    ]


def save(client, query, wanted="yes", **data):
    return client.post(f"{PAGE}?{query}", {"wanted": wanted} | data)


def rows(user):
    return list(SavedSearch.objects.filter(user=user).values_list("state", "name"))
