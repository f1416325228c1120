"""Files with records of the EU portal: search answers and topicDetails, read one record at a time."""

import codecs
import gzip
import io
import zlib

import ijson
from django.utils.translation import gettext as _

from calls.imports.topics import Broken, topic_of, topic_of_details
from calls.imports.values import DEEPEST

# In the order of trying: UTF-32's mark begins with UTF-16's.
MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
GZIP = b"\x1f\x8b"
BLANK = " \t\r\n\ufeff"
CHUNK = 65_536  # bytes
FARTHEST = 4 * 1024 * 1024  # bytes without a whole record, after which a file is something else; a record has 0.04 MB
LISTS_AROUND = 5
MOST_STRANGE = 100
DEEPEST_IN_FILE = DEEPEST + 10
BEGINS, ENDS = ("start_map", "start_array"), ("end_map", "end_array")


class UnreadableFile(ValueError):
    """The file, or the rest of it, cannot be read; the text, for an editor, says why."""


def read_file(path):
    """Topics and Broken records of a file in UTF-8 or with a byte order mark, also compressed by gzip, in flat memory.

    It holds search answers or topicDetails: one, several behind each other, or a list of them. What is not for us is
    passed over. Raises UnreadableFile, after the records that come before the trouble.
    """
    strange = 0  # in a row
    with open(path, "rb") as raw:
        file = gzip.GzipFile(fileobj=raw) if raw.peek(2).startswith(GZIP) else raw
        source = Source(io.BufferedReader(file))
        for number, (kind, value) in enumerate(objects(source), 1):
            strange = 0 if kind else strange + 1
            source.had_answer |= kind is not None
            if strange > MOST_STRANGE:
                raise UnreadableFile(_("Too much in the file is no record of the EU portal."))
            topic = READERS[kind](value, _("record %(number)s") % {"number": number})
            if topic is not None:
                yield topic
    if not source.had_answer:
        raise UnreadableFile(_("The file holds no records of the EU portal."))


def too_deep(_value, place):
    return Broken(place, _("The record is nested too deep."))


def foreign(_value, place):
    return Broken(place, _("This is not a record of the EU portal."))


READERS = {"result": topic_of, "details": topic_of_details, "deep": too_deep, None: foreign}


class Source:
    """The bytes of a file as UTF-8, refusing at once what is no JSON or goes on for too long without a record."""

    def __init__(self, file):
        self.file = file
        self.unread = 0  # bytes since the last record
        self.had_answer = False  # of the portal
        start = self.bytes_of(file.peek, 4)
        encoding = next((MARKS[mark] for mark in MARKS if start.startswith(mark)), "utf-8")
        self.decoder = codecs.getincrementaldecoder(encoding)()
        self.begun = False

    @staticmethod
    def bytes_of(read, size):
        try:
            return read(size)
        except (OSError, EOFError, zlib.error) as trouble:
            raise UnreadableFile(_("The compressed file is damaged or cut off.")) from trouble

    def read(self, size=-1):
        if size == 0:
            return b""
        text = ""
        while not text:
            chunk = self.bytes_of(self.file.read1, CHUNK)
            self.unread += len(chunk)
            if self.unread > FARTHEST:
                raise UnreadableFile(_("4 megabytes without a record: this is no file of the EU portal."))
            text = self.decoded(chunk).replace("\ufeff", "")
            text = text if self.begun else self.beginning(text, is_all=not chunk)
            if not chunk:
                break
        return text.encode()

    def decoded(self, chunk):
        try:
            return self.decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as trouble:
            raise UnreadableFile(_("The file is not in UTF-8, or cut off in the middle of a character.")) from trouble

    def beginning(self, text, is_all):
        text = text.lstrip(BLANK)
        if not text and is_all:
            raise UnreadableFile(_("The file is empty."))
        if text and text[0] not in "{[":
            raise UnreadableFile(_("The file is not JSON."))
        self.begun = bool(text)
        return text


def events_of(source):
    """ijson's events; its troubles in our words."""
    try:
        yield from ijson.basic_parse(source, multiple_values=True, use_float=True, buf_size=CHUNK)
    except ijson.IncompleteJSONError as trouble:
        raise UnreadableFile(reason_of(trouble)) from trouble
    except (ijson.JSONError, ValueError, OverflowError) as trouble:
        if isinstance(trouble, UnreadableFile):
            raise
        raise UnreadableFile(_("The file is not JSON, or not to its end.")) from trouble


def reason_of(trouble):
    """ijson's name for every trouble; only some of them are a file that ends too early."""
    ends = "premature EOF" in str(trouble) or "Incomplete" in str(trouble)
    return _("The file stops halfway.") if ends else _("The file is not JSON, or not to its end.")


def objects(source):
    """(kind, value) of everything in a file that may be a record: kind "result", "details", "deep" or None."""
    events = events_of(source)
    lists = 0
    for event, value in events:
        lists += {"start_array": 1, "end_array": -1}.get(event, 0)
        if lists > LISTS_AROUND:
            raise UnreadableFile(_("The file is nested too deep."))
        if event == "start_map":
            yield from answer(events, source)
        elif event not in (*BEGINS, *ENDS):
            yield None, value


def answer(events, source):
    """The results of a search answer as they come; or the object itself, where it is a result or a topicDetails."""
    builder = Builder("start_map", None)
    name = None
    has_results = False
    for event, value in events:
        if builder.depth == 1 and event == "map_key":
            name = value
        if builder.depth == 1 and event == "start_array" and name == "results":
            has_results = source.had_answer = True
            yield from results(events, source)
            event, value = "null", None
        if builder.take(event, value):
            break
    if not has_results:
        source.unread = 0
        yield kind_of(builder), builder.value


def results(events, source):
    for event, value in events:
        if event == "end_array":
            return
        builder = Builder(event, value)
        while not builder.is_whole:
            builder.take(*next(events))
        source.unread = 0
        yield "deep" if builder.is_too_deep else "result", builder.value


def kind_of(builder):
    if builder.is_too_deep:
        return "deep"
    names = builder.value.keys()
    return "details" if "TopicDetails" in names else "result" if "metadata" in names else None


class Builder:
    """Builds one value from events; what is nested too deep is passed over, so that it costs no memory."""

    def __init__(self, event, value):
        self.builder = ijson.ObjectBuilder()
        self.depth = 0
        self.is_too_deep = False
        self.take(event, value)

    def take(self, event, value):
        """Whether this event makes the value whole."""
        self.depth += (event in BEGINS) - (event in ENDS)
        if self.depth > DEEPEST_IN_FILE:
            self.is_too_deep = True
        if not self.is_too_deep:
            self.builder.event(event, value)
        return self.is_whole

    @property
    def is_whole(self):
        return self.depth == 0

    @property
    def value(self):
        return None if self.is_too_deep else self.builder.value
