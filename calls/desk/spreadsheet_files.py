"""Spreadsheets as files: CSV and Excel, written so that no cell is a formula, and read with suspicion."""

import csv
import io
import re
from datetime import date, datetime

import tablib
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export.formats.base_formats import XLSX
from openpyxl import load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from calls.desk.spreadsheet_cells import moment_text
from calls.documents import MEGABYTE, check_file
from calls.exports import FORMULA

MOST_ROWS, MOST_BYTES, MOST_UNPACKED = 1_000, 10 * MEGABYTE, 100 * MEGABYTE
MOST_CELLS, MOST_LINES = 200, 2**20  # of a line, and of an Excel file
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
            return moment_text(value)
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
    if len(rows) < 2:
        raise ValidationError(
            _("There are no calls in this file: it needs a line with the columns, then a line a call.")
        )
    headers = check_headers(rows[0], columns)
    return tablib.Dataset(*(fitted(row, len(headers), line) for line, row in enumerate(rows[1:], 2)), headers=headers)


def texts_of(rows):
    """The cells of all rows as texts, without what is empty behind the last that is not; never more than we take."""
    found = []
    for line, row in enumerate(rows, 1):
        cells = [said(cell) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        if (cells and line > MOST_ROWS + 1) or line > MOST_LINES:
            text = _("There are more than %(most)s lines in this file. Divide it.")
            raise ValidationError(text % {"most": MOST_ROWS})
        if len(cells) > MOST_CELLS:
            raise ValidationError(_("Line %(line)s has more cells than there are columns.") % {"line": line})
        if cells:
            found += [[]] * (line - 1 - len(found))  # those between were empty
            found.append(cells)
    return found


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
    """The first sheet, row by row: a cell far away is a small file and a large table."""
    check_file(file, MOST_UNPACKED)
    try:
        sheet = load_workbook(file, read_only=True, data_only=True).worksheets[0]
        sheet.reset_dimensions()  # what the file says of them need not be true
        return texts_of(sheet.iter_rows(values_only=True))
    except ValidationError:
        raise
    except Exception as error:  # openpyxl raises whatever it stumbles on
        raise ValidationError(_("This Excel file is damaged.")) from error


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
        return texts_of(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise ValidationError(_("This is no spreadsheet.")) from error
