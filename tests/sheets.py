"""Spreadsheets of calls at the desk: taken out, read in, and what its page says of them."""

import csv
import io
import re

from django.core.files.uploadedfile import SimpleUploadedFile

from calls.models import Call
from tests.desk import visible

PAGE, LIST = "/beheer/calls/call/spreadsheet/", "/beheer/calls/call/"


def taken_out(desk, format_name="csv"):
    """All calls as the list gives them."""
    calls = [call.pk for call in Call.objects.all()]
    data = {"action": f"export_{format_name}", "_selected_action": calls, "index": 0}
    return desk.client.post(LIST, data)


def as_rows(response):
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=";"))


def as_csv(rows, columns=None):
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns or list(rows[0]), delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode()


def read(desk, content, name="oproepen.csv"):
    return desk.client.post(PAGE, {"file": SimpleUploadedFile(name, content)})


def changes(response):
    """[(line, column, was, becomes)] of the look, the line repeated."""
    found, line = [], None
    table = response.text.partition('<table class="cell-changes">')[2]
    for row in re.findall(r"<tr>(.*?)</tr>", table.partition("<tbody>")[2], re.S):
        if number := re.search(r'<th scope="row"[^>]*>(\d+)', row):
            line = int(number[1])
        column, was, becomes = [visible(cell) for cell in re.findall(r"<td>(.*?)</td>", row, re.S)][-3:]
        found.append((line, column, was, becomes))
    return found


def errors(response):
    """[(line, column, what is wrong)] beside the lines, or what is wrong with the file."""
    table = response.text.partition('<div class="wide-table">')[2]
    rows = re.findall(r'<th scope="row">(\d+)</th><td>(.*?)</td><td>(.*?)</td>', table)
    file = re.findall(r'<ul class="errorlist".*?>(.*?)</ul>', response.text, re.S)
    return [(int(line), column, visible(text)) for line, column, text in rows] or [visible(text) for text in file]


def agree(desk, response):
    token = re.search(r'name="token" value="(.*?)"', response.text)[1]
    seen = re.search(r'name="seen" value="(.*?)"', response.text)[1]
    answer = desk.client.post(PAGE, {"token": token, "seen": seen}, follow=True)
    return [visible(text) for text in re.findall(r'<ul class="messagelist">(.*?)</ul>', answer.text, re.S)] + [
        visible(text) for text in re.findall(r'<p class="errornote">(.*?)</p>', answer.text, re.S)
    ]
