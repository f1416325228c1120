"""Attachments: which files are taken, under which name they are kept, and as what a browser gets them."""

import errno
import logging
import re
import struct
import unicodedata
import zipfile
from pathlib import PurePath

import puremagic
from django import forms
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, ValidationError
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadhandler import FileUploadHandler
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

logger = logging.getLogger(__name__)
OOXML = "application/vnd.openxmlformats-officedocument."
ODF = "application/vnd.oasis.opendocument."
# By extension: what the browser is told. The extensions themselves are those of calls.parts.Document.
TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "docx": f"{OOXML}wordprocessingml.document",
    "xlsx": f"{OOXML}spreadsheetml.sheet",
    "pptx": f"{OOXML}presentationml.presentation",
    "odt": f"{ODF}text",
    "ods": f"{ODF}spreadsheet",
    "odp": f"{ODF}presentation",
}
# The stream that makes an old Office file what it is; names in such a file are UTF-16.
STREAMS = {"doc": ["WordDocument"], "xls": ["Workbook", "Book"], "ppt": ["PowerPoint Document"]}
OLD_OFFICE = bytes.fromhex("D0CF11E0A1B11AE1")
OLD_MACROS = "_VBA_PROJECT".encode("utf-16-le")
MACRO_PARTS = re.compile(r"(^|/)(vbaProject\w*\.bin$|Basic/|Scripts/)|macrosheets/", re.IGNORECASE)

MEGABYTE = 1024 * 1024
HEAD = 8 * 1024
MOST_TABLE, MOST_UNPACKED, MOST_TYPES = MEGABYTE, 500 * MEGABYTE, MEGABYTE
LONGEST_NAME = 80  # the column holds 100, with the folder of the month and a few letters where the name is taken
STORAGE_TROUBLE = gettext_lazy(
    "The file could not be stored, so nothing was saved. Choose it again in a moment, or give a link for now."
)


class Refused(ValidationError):
    """Why a file is not taken, in the words of an editor."""


# What a file is ------------------------------------------------------------------------------------------------------


def most_bytes():
    return settings.DOCUMENT_MEGABYTES * MEGABYTE


def check_file(file, most_unpacked=MOST_UNPACKED):
    """Raises Refused unless an uploaded file is of a size and kind that we take, and is what its name says."""
    if file.size > most_bytes():
        text = _("This file is larger than %(limit)s. Make it smaller, or give a link to it.")
        raise Refused(text % {"limit": filesizeformat(most_bytes())})
    extension = PurePath(file.name).suffix.lower().removeprefix(".")
    file.seek(0)
    try:
        if extension not in TYPES or not is_a(extension, file, most_unpacked):
            text = _("This file is not what its name says: .%(extension)s. Save it again from the program it is from.")
            raise Refused(text % {"extension": extension})
    finally:
        file.seek(0)


def is_a(extension, file, most_unpacked):
    head = file.read(HEAD)
    if extension in STREAMS:
        return head.startswith(OLD_OFFICE) and is_old_office(extension, file)
    if not head or f".{extension}" not in signatures(head):
        return False
    return not TYPES[extension].startswith((OOXML, ODF)) or is_packed(TYPES[extension], file, most_unpacked)


def signatures(head):
    """The extensions whose signature these first bytes have. For ODF spreadsheets puremagic wants more than a zip."""
    try:
        found = {match.extension for match in puremagic.magic_string(head)}
    except puremagic.PureError:
        return set()
    return found | {".ods"} if ".zip" in found else found


def is_old_office(extension, file):
    file.seek(0)
    content = file.read()
    if OLD_MACROS in content:
        refuse_macros()
    return any(f"{stream}\0".encode("utf-16-le") in content for stream in STREAMS[extension])


def is_packed(mime, file, most_unpacked):
    """Whether a zip says inside that it is of this type. Nothing of it is unpacked but the part that says so."""
    try:
        refuse_long_table(file)
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            if sum(part.file_size for part in parts) > most_unpacked:
                raise Refused(_("This file unpacks to something far too large."))
            said = begin_of(archive, "[Content_Types].xml" if mime.startswith(OOXML) else "mimetype")
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, ValueError, EOFError):
        return False
    except OSError as error:
        if error.errno != errno.EINVAL:  # a place in the file that cannot be
            raise Refused(STORAGE_TROUBLE) from error
        return False
    if b"macroEnabled" in said or any(MACRO_PARTS.search(part.filename) for part in parts):
        refuse_macros()
    return f'"{mime}.main+xml"'.encode() in said if mime.startswith(OOXML) else said.strip() == mime.encode()


def refuse_long_table(file):
    """Reading the table of a zip takes time for each line: its length stands at the end of the file."""
    file.seek(max(0, file.size - 65_557 - 20))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    size = struct.unpack("<L", tail[at + 12 : at + 16])[0] if 0 <= at <= len(tail) - 16 else 0
    # The second sign is of a table of more than four gigabytes, which may lie elsewhere.
    if size > MOST_TABLE or b"PK\x06\x07" in tail[max(0, at - 20) : max(0, at)]:
        raise Refused(_("This file unpacks to something far too large."))
    file.seek(0)


def begin_of(archive, name):
    with archive.open(name) as part:
        return part.read(MOST_TYPES)


def refuse_macros():
    raise Refused(_("This file holds macros: programs that run when somebody opens it. Save it without macros."))


# Its name ------------------------------------------------------------------------------------------------------------


def safe_name(name):
    """A name that every disk and browser takes, as the editor wrote it where that is possible.

    No folders, no invisible signs (some turn the reading direction, so that exe.pdf shows as fdp.exe), no dots but the
    last, not too long.
    """
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    name = "".join(sign for sign in name if unicodedata.category(sign)[0] not in "CZ" or sign == " ")
    stem, dot, extension = name.rpartition(".")
    stem = re.sub(r"[^\w()&+,' -]+", "-", stem).strip(" -_'")
    return f"{stem[:LONGEST_NAME].rstrip() or _('attachment')}{dot}{extension.strip().lower()[:10]}"


def content_type(document):
    return TYPES.get(document.extension.lower(), "application/octet-stream")


# On its way in -------------------------------------------------------------------------------------------------------


class DocumentField(forms.FileField):
    def to_python(self, data):
        if hasattr(data, "name"):
            data.name = safe_name(data.name)
        return super().to_python(data)


class BoundedUpload(FileUploadHandler):
    """Takes no more of a file than is needed to see that it is too large, and of a request four such files."""

    def handle_raw_input(self, input_data, META, content_length, boundary, encoding=None):
        self.left = 4 * (most_bytes() + 1)
        if content_length > self.left:  # so that the last file is never cut off
            raise RequestDataTooBig("More than four attachments of the largest size.")

    def receive_data_chunk(self, raw_data, start):
        room = min(most_bytes() + 1 - start, self.left)
        taken = raw_data[: max(0, room)]
        self.left -= len(taken)
        return taken or None

    def file_complete(self, file_size):
        return None


class WholeFiles(FileSystemStorage):
    """Of a file that could not be written to its end (a full disk) nothing stays."""

    def _save(self, name, content):
        try:
            return super()._save(name, content)
        except OSError:
            if self.exists(name) and self.size(name) < content.size:
                self.delete(name)
            raise


class StorageTrouble(Exception):
    """A file could not be stored: the disk is full, the bucket does not answer."""


def store(file):
    """Stores the uploaded file of a field. Each storage has exceptions of its own."""
    try:
        file.save(file.name, file.file, save=False)
    except Exception as error:
        raise StorageTrouble(file.name) from error


class DocumentFormSet(forms.BaseInlineFormSet):
    storage_failed = False

    def clean(self):
        super().clean()
        for form in self.forms if self.storage_failed else ():
            if "file" in form.changed_data:
                form.add_error("file", STORAGE_TROUBLE)


class DocumentsMixin:
    """The form of a call comes back with all that was typed where an attachment cannot be stored."""

    def changeform_view(self, request, *args, **kwargs):
        try:
            return super().changeform_view(request, *args, **kwargs)
        except StorageTrouble:
            logger.exception("An attachment could not be stored.")
            request.storage_failed = True
            return super().changeform_view(request, *args, **kwargs)
