"""Text for what shows no HTML: spreadsheets, calendars, feeds."""

import re
from html import unescape

BULLET = re.compile(r"<li\b[^>]*>(?: ?<p>)?")
LINE = re.compile(r"<(?:p|h\d|tr|br|ul|ol|table)\b")
CELL = re.compile(r"<t[dh]\b")
TAG = re.compile(r"""<(?:"[^"]*"|[^">])*>""")
LINK = re.compile(r'<a\b[^>]*?href="([^"]*)"[^>]*>(.*?)</a>')
# What neither XML nor iCalendar may hold; tabs and line feeds are allowed.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")


def plain(html):
    """Text of a RichTextField as lines: one a paragraph, heading or table row, bullets marked, links written out."""
    html = LINK.sub(written_out, " ".join(html.split()))
    html = CELL.sub(r" \g<0>", LINE.sub(r"\n\g<0>", BULLET.sub("\n• ", html)))
    lines = (" ".join(unescape(line).split()) for line in TAG.sub("", html).split("\n"))
    return "\n".join(line for line in lines if line)


def written_out(link):
    """The text of a link, and its address behind it where the text does not say that."""
    address, text = link[1].removeprefix("mailto:").removeprefix("tel:"), link[2]
    return text if address.split("://")[-1].rstrip("/") in text else f"{text} ({address})"


def printable(text):
    return UNPRINTABLE.sub("", text.replace("\r\n", "\n"))


def one_line(text):
    return " ".join(printable(text).split())
