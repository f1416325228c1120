"""How the site writes moments, amounts, links and rich text."""

import json
import re
from functools import lru_cache
from html import unescape

from django import template
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, strip_tags
from django.utils.safestring import mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from portal import logs

register = template.Library()


@register.filter
def rich(html):
    """Text of a RichTextField, which was sanitised on its way into the database. Nothing else may come here."""
    return mark_safe(html)


@register.filter
def excerpt(html, length):
    """The beginning of a rich text as plain text, its paragraphs and bullets kept apart."""
    text = strip_tags(re.sub(r"(?=<(?:p|li|h\d|td|th|br)\b)", " ", html))
    return Truncator(" ".join(unescape(text).split())).chars(length)


# Escaped as Django's json_script does it, and the two line ends that old JavaScript did not allow in a string.
UNSAFE_IN_SCRIPT = {ord(sign): f"\\u{ord(sign):04X}" for sign in "<>&\u2028\u2029"}


@register.filter
def json_ld(data):
    """Linked data for search engines: a data block, which no browser runs. No text in it can end the block."""
    text = json.dumps(data, ensure_ascii=False).translate(UNSAFE_IN_SCRIPT)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')


@register.filter
def is_followed(theme, followed):
    """Whether the theme itself or the main theme above it is followed."""
    return any(one.pk in (theme.pk, theme.parent_id) for one in followed)


@register.filter
@lru_cache(maxsize=10_000)
def moment(at):
    """An aware datetime in Belgian time: weekday, date and hour."""
    local = timezone.localtime(at)
    text = _("%(date)s at %(time)s") % {"date": date_format(local, "l j F Y"), "time": date_format(local, "H.i")}
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), text)


@register.filter
@lru_cache(maxsize=10_000)
def day(at):
    """The Belgian date of an aware datetime, without the hour."""
    local = timezone.localtime(at)
    return format_html('<time datetime="{}">{}</time>', local.date().isoformat(), date_format(local, "j F Y"))


@register.filter
@lru_cache(maxsize=10_000)
def euro(amount):
    """A Decimal the Belgian way: € 1.320.069,53, and whole euros without cents."""
    cents = 0 if amount == amount.to_integral_value() else 2
    return f"€\N{NO-BREAK SPACE}{number_format(amount, cents, force_grouping=True)}"


@register.filter
def percent(rate):
    """A Decimal percentage without needless zeros: 75%, 12,5%."""
    return f"{number_format(rate.normalize() if rate % 1 else int(rate))}%"


@register.filter
def bare(url):
    """A web address as people write it, without the scheme."""
    return url.split("://", 1)[-1].rstrip("/")


@register.filter
def web(url):
    """An address that a browser opens as a page; nothing of another kind, which could run (javascript:)."""
    return url if re.match(r"https?://", url or "", re.IGNORECASE) else ""


@register.filter
def share(amount, rows):
    """The percentage of an amount in the sum of its budget lines, for a bar."""
    return float(round(amount / sum(row.amount for row in rows) * 100, 1))


@register.simple_tag(takes_context=True)
def absolute(context, path=None):
    """A path of this site with scheme and host; without one this page's address."""
    request = context["request"]
    return request.build_absolute_uri(request.path if path is None else path)


@register.simple_tag(takes_context=True)
def here(context, name):
    """aria-current for the menu entry of this page, or of the section it stands in."""
    match = context["request"].resolver_match if "request" in context else None
    page = match.url_name if match else ""
    values = {name.removesuffix("s"): "true", name: "page"}
    return format_html(' aria-current="{}"', values[page]) if page in values else ""


@register.simple_tag
def request_id():
    """What the log calls the request that is answered now."""
    return logs.request_id.get()
