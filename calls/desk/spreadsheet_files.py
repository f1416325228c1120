"""Spreadsheets as files: CSV and Excel, written so that no cell is a formula, and read with suspicion."""

import csv
import io
import re
from datetime import date, datetime

import tablib
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export.formats.base_formats import XLSX
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from calls.documents import MEGABYTE, check_file
from calls.exports import FORMULA

MOST_ROWS, MOST_BYTES, MOST_UNPACKED = 1_000, 10 * MEGABYTE, 100 * MEGABYTE
LONGEST_CELL = 32_767  # of Excel, which cuts what is longer without a word
TOO_LONG = "(te lang voor Excel: gebruik CSV)"
csv.field_size_limit(MOST_BYTES)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


# Cells ---------------------------------------------------------------------------------------------------------------


def harmless(text):
    """No spreadsheet takes it for a formula; what had the sign that says so already gets one more."""
    return f"'{text}" if text.lstrip("'").startswith(FORMULA) else text


def meant(text):
    """What `harmless` was given."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(FORMULA) else text


def said(value):
    """A cell as text, as we write it: Excel gives numbers and dates for what looks like one."""
    match value:
        case None:
            return ""
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M")
        case date():
            return value.strftime("%Y-%m-%d")
        case float() if value.is_integer():
            return str(int(value))
    text = str(value).replace("_x000D_", "").replace("\r\n", "\n").replace("\r", "\n")
    return meant(CONTROL.sub("", text).strip())


# Writing -------------------------------------------------------------------------------------------------------------


def written(dataset, format_name):
    """A tablib.Dataset as bytes: "csv" for a Belgian spreadsheet, or "xlsx"."""
    rows = [[harmless(cell) for cell in row] for row in dataset]
    if format_name == "csv":
        buffer = io.StringIO()
        csv.writer(buffer, delimiter=";").writerows([dataset.headers, *rows])
        return ("\ufeff" + buffer.getvalue()).encode()
    fitting = [
        [TOO_LONG if len(cell) > LONGEST_CELL else ILLEGAL_CHARACTERS_RE.sub("", cell) for cell in row] for row in rows
    ]
    return XLSX().export_data(tablib.Dataset(*fitting, headers=dataset.headers, title="Oproepen"))


# Reading -------------------------------------------------------------------------------------------------------------


def read_dataset(file, columns):
    """The rows of an uploaded spreadsheet as texts. Raises a ValidationError that says what is wrong with the file.

    Empty lines stay, so that a line keeps its number.
    """
    if file.size > MOST_BYTES:
        raise ValidationError(_("This file is larger than 10 MB: divide it."))
    if not file.size:
        raise ValidationError(_("This file is empty."))
    rows = read_excel(file) if file.name.lower().endswith(".xlsx") else read_csv(file)
    while rows and not any(rows[-1]):
        rows.pop()
    if len(rows) < 2:
        raise ValidationError(
            _("There are no calls in this file: it needs a line with the columns, then a line a call.")
        )
    if len(rows) > MOST_ROWS + 1:
        text = _("There are %(rows)s calls in this file; at most %(most)s at once are read. Divide it.")
        raise ValidationError(text % {"rows": len(rows) - 1, "most": MOST_ROWS})
    headers = check_headers(rows[0], columns)
    return tablib.Dataset(*(fitted(row, len(headers), line) for line, row in enumerate(rows[1:], 2)), headers=headers)


def fitted(row, number, line):
    if any(row[number:]):
        text = _("Line %(line)s has more cells than there are columns.")
        raise ValidationError(text % {"line": line})
    return [*row[:number], *[""] * (number - len(row))]


def check_headers(headers, columns):
    while headers and not headers[-1]:
        headers = headers[:-1]
    headers = [header.strip().lower() for header in headers]
    if unknown := [header for header in headers if header not in columns]:
        text = _("Unknown columns: %(unknown)s. Known are: %(known)s.")
        raise ValidationError(text % {"unknown": ", ".join(unknown)[:300], "known": ", ".join(columns)})
    if twice := {header for header in headers if headers.count(header) > 1}:
        raise ValidationError(_("These columns stand there twice: %(twice)s.") % {"twice": ", ".join(sorted(twice))})
    if columns[0] not in headers:
        text = _("The column “%(column)s” is missing: by it we know which call a line is about.")
        raise ValidationError(text % {"column": columns[0]})
    return headers


def read_excel(file):
    check_file(file, MOST_UNPACKED)
    try:
        dataset = XLSX().create_dataset(file.read())
    except Exception as error:  # openpyxl raises whatever it stumbles on
        raise ValidationError(_("This Excel file is damaged.")) from error
    return [[said(cell) for cell in row] for row in [dataset.headers or [], *dataset]]


def read_csv(file):
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValidationError(
            _("This is no CSV in UTF-8. In Excel, save it as “CSV UTF-8”, or as an Excel workbook (.xlsx).")
        ) from error
    if "\0" in text:
        raise ValidationError(_("This is no spreadsheet."))
    first = text.partition("\n")[0]
    delimiter = max(";,\t", key=first.count)
    try:
        return [[said(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)]
    except csv.Error as error:
        raise ValidationError(_("This is no spreadsheet.")) from error
