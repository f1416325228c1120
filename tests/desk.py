"""The editors' desk without a browser: what its pages show, and what its forms send."""

import re
from html import unescape
from html.parser import HTMLParser

from django.core.exceptions import ValidationError
from django.test import Client


class Desk:
    """A member of staff at /beheer/, who sends forms as a browser does: every field, changed or not."""

    def __init__(self, user):
        self.client = Client()
        self.client.force_login(user)

    def form(self, path):
        """What the form on this page holds now, by the name of the field."""
        return Form(self.client.get(path).text).fields

    def send(self, path, **changes):
        """The complaints that come back, as [(field, message)]; none when all is saved."""
        response = self.client.post(path, self.form(path) | {"_save": ""} | changes)
        return [] if response.status_code == 302 else Form(response.text).errors

    def publish(self, path, **changes):
        """As `send`, with a yes to the warnings that may come back first."""
        sent = self.form(path) | {"_save": ""} | changes
        response = self.client.post(path, sent)
        if tick := re.search(r'name="publish_anyway" value="(\w+)"', response.text):
            response = self.client.post(path, sent | {"publish_anyway": tick[1]})
        return [] if response.status_code == 302 else Form(response.text).errors

    def read(self, path):
        """What can be read on a page."""
        return visible(self.client.get(path).text)

    def table(self, path):
        """The heads of the columns of a list, then its rows."""
        html = self.client.get(path).text
        heads = re.findall(r'<div class="text">(.*?)</div>', html, re.DOTALL)[1:]
        rows = re.findall(r"<tr>.*?</tr>", html.partition('id="result_list"')[2].partition("<tbody>")[2], re.DOTALL)
        return [[visible(cell) for cell in heads], *(cells(row)[1:] for row in rows)]


def rows(prefix, *new):
    """The part of a form that holds these rows, all of them new."""
    filled = {f"{prefix}-{n}-{name}": value for n, row in enumerate(new) for name, value in row.items()}
    return {f"{prefix}-TOTAL_FORMS": len(new)} | filled


def complaints(row):
    """What an editor reads beside the form, by field; {} when all is well."""
    try:
        row.full_clean()
    except ValidationError as error:
        return error.message_dict
    return {}


class Form(HTMLParser):
    """The fields of an admin form with their values, and the errors it shows, as [(field, message)]."""

    def __init__(self, html):
        super().__init__()
        self.fields, self.errors = {}, []
        self.inside = self.select = self.textarea = self.beside = None
        self.feed(html)
        self.fields = {name: value for name, value in self.fields.items() if name and "__prefix__" not in name}

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.inside = attrs.get("id", "").endswith("_form")
        elif tag == "ul" and "errorlist" in attrs.get("class", ""):
            self.beside = attrs.get("id", "").removeprefix("id_").removesuffix("_error")
        elif tag == "li" and self.beside is not None:
            self.errors.append((self.beside, ""))
        elif self.inside and tag in {"input", "select", "option", "textarea"}:
            getattr(self, f"read_{tag}")(attrs)

    def read_input(self, attrs):
        kind, value = attrs.get("type"), attrs.get("value") or ""
        if kind not in {"checkbox", "radio", "submit", "button", "file"}:
            self.fields[attrs.get("name")] = value
        elif "checked" in attrs:
            self.fields[attrs.get("name")] = value or "on"

    def read_select(self, attrs):
        self.select = attrs["name"]
        self.fields[self.select] = [] if "multiple" in attrs else ""

    def read_option(self, attrs):
        chosen = self.fields[self.select]
        if "selected" in attrs:
            self.fields[self.select] = [*chosen, attrs["value"]] if isinstance(chosen, list) else attrs["value"]

    def read_textarea(self, attrs):
        self.textarea = attrs["name"]
        self.fields[self.textarea] = ""

    def handle_data(self, data):
        if self.textarea:
            # A browser takes no notice of a line end at the start.
            self.fields[self.textarea] += data if self.fields[self.textarea] else data.removeprefix("\n")
        elif self.beside is not None and self.errors:
            field, message = self.errors[-1]
            self.errors[-1] = (field, message + data.strip())

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.textarea = None
        elif tag == "ul":
            self.beside = None


def cells(row):
    return [visible(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)]


def visible(html):
    """What can be read of a page or a piece of one: the text, and the attributes that are shown or read out."""
    html = html[max(html.find("<body"), 0) :]
    html = re.sub(r"<(script|style)\b.*?</\1>|<!--.*?-->", " ", html, flags=re.DOTALL)
    html = re.sub(r'<[^>]*?\b(?:aria-label|title|placeholder|alt)="([^"]*)"[^>]*>', r" \1 ", html)
    html = re.sub(r'<input[^>]*type="submit"[^>]*value="([^"]*)"[^>]*>', r" \1 ", html)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())
