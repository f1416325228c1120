"""HTML of the EU portal as the rich text of this site: paragraphs, two levels of headings, lists, tables, links."""

import re

import nh3
from django.utils.translation import gettext as _

from calls.imports.values import Unreadable, tidy
from portal.richtext import sanitize

RENAMED = {"b": "strong", "i": "em"}
HEADINGS = {"h1": "h3", "h2": "h3", "h3": "h3", "h4": "h4", "h5": "h4", "h6": "h4"}
INLINE = {"a", "em", "strong", "sup"}
CONTAINERS = {"ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"}
LISTS = {"ul", "ol", "li"}
DISSOLVED = {
    "address",
    "article",
    "blockquote",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "figure",
    "hr",
    "p",
    "pre",
    "section",
}
MOST_TAGS = 10_000  # the longest real texts have some 500
DEEPEST = 20
# The portal's own headings: Objective, Scope, Expected impact, in the language of the record.
KIND = 'class="topicdescriptionkind"'

# Reads what is malformed the way a browser does; what comes out nests, has quoted attributes and no bare sign.
normalise = nh3.Cleaner(
    tags={*RENAMED, *HEADINGS, *INLINE, *CONTAINERS, *DISSOLVED, "br", "span"},
    attributes={"a": {"href"}, "span": {"class"}, "th": {"colspan", "rowspan"}, "td": {"colspan", "rowspan"}},
    url_schemes={"http", "https", "mailto", "tel"},
    url_relative="deny",
    link_rel=None,
).clean
ATTRIBUTES = r'(?:[^<>"]|"[^"]*")*'
TOKEN = re.compile(rf"<(/?)([a-z][a-z0-9]*)({ATTRIBUTES})>|([^<]+)")
ANCHOR = re.compile(r'<a href="([^"]*)"[^<>]*>(.*?)</a>', re.S)


def rich(html):
    """Clean rich text, in which every text stands in a paragraph or a heading, as the editor writes it.

    So a text that an editor opens and saves unchanged stays the same text. Raises Unreadable.
    """
    if not isinstance(html, str):
        return ""
    html = tidy(html)
    if html.count("<") > MOST_TAGS:
        raise Unreadable(_("A text with %(number)s tags is too much.") % {"number": html.count("<")})
    rewriter = Rewriter()
    for end, tag, attributes, text in TOKEN.findall(normalise(html).replace("&nbsp;", " ")):
        rewriter.take(end, tag, attributes, text)
    rewriter.finish()
    text = "".join(rewriter.written)
    return sanitize(text if "<h3>" in text else text.replace("h4>", "h3>"))


class Rewriter:
    """Writes a tag only when there is text for it, and closes paragraphs and headings before anything else begins."""

    def __init__(self):
        self.written = []
        self.holder = ""  # the paragraph or heading that is open
        self.wanted = "p"  # what the next text stands in
        self.inline = []  # the inline tags that are open in the source: [name, tag as written, whether it is written]
        self.spans = []  # of the spans that are open, whether each is a heading
        self.depth = 0

    def take(self, end, tag, attributes, text):
        if text:
            self.take_text(text)
        elif tag == "br":
            self.written += ["<br>"] if self.holder else []
        elif tag == "span":
            self.take_span(end, KIND in attributes)
        elif tag in HEADINGS:
            self.take_heading(end, HEADINGS[tag])
        elif tag in CONTAINERS:
            self.take_container(end, tag, attributes)
        elif tag in DISSOLVED:
            self.take_block()
        elif end:
            self.end_inline()
        else:
            self.begin_inline(RENAMED.get(tag, tag), attributes)

    def take_text(self, text):
        line = " ".join(text.split())
        if not self.holder and line:
            self.holder = self.wanted
            self.written.append(f"<{self.holder}>")
        elif self.holder and text[0].isspace():
            self.written.append(" ")
        if line:
            for inline in self.inline:
                self.written += [] if inline[2] else [inline[1]]
                inline[2] = True
            self.written.append(f"{line} " if text[-1].isspace() else line)

    def take_span(self, end, is_heading):
        if end:
            is_heading = self.spans.pop()
        else:
            self.spans.append(is_heading)
        if is_heading:
            self.take_heading(end, "h3")

    def take_heading(self, end, level):
        self.finish()
        self.wanted = "p" if end else level

    def take_container(self, end, tag, attributes):
        """A list or table, or a part of one; an empty item or list is not written."""
        self.finish()
        self.wanted = "p"
        self.depth += -1 if end else 1
        if self.depth > DEEPEST:
            raise Unreadable(_("A text with lists or tables nested too deep."))
        if end and tag in LISTS and self.written[-1].startswith(f"<{tag}"):
            self.written.pop()
        else:
            self.written.append(f"<{end}{tag}{attributes}>")

    def take_block(self):
        """A heading stays one line, whatever blocks stand in it."""
        if self.wanted == "p":
            self.finish()
        elif self.holder:
            self.written.append(" ")

    def begin_inline(self, tag, attributes):
        """Bold in bold says nothing, nor does a link to nowhere."""
        idle = any(name == tag for name, _tag, _written in self.inline) or (tag == "a" and not attributes)
        self.inline.append([tag, "" if idle else f"<{tag}{attributes}>", False])

    def end_inline(self):
        tag, begin, is_written = self.inline.pop()
        if begin and is_written:
            self.written.append(f"</{tag}>")

    def finish(self):
        if self.holder:
            self.trim()
            self.written += [f"</{tag}>" for tag, begin, written in reversed(self.inline) if begin and written]
            self.written.append(f"</{self.holder}>")
        self.holder = ""
        for inline in self.inline:
            inline[2] = False

    def trim(self):
        """No break or space at the end of a paragraph, no colon at the end of a heading."""
        while self.written[-1] in ("<br>", " "):
            self.written.pop()
        if not self.written[-1].startswith("<"):
            self.written[-1] = self.written[-1].rstrip(" " if self.holder == "p" else " :")
