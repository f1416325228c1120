"""What a line of the log says, and what it never says: of whom it is.

Known before Django is, because gunicorn.conf.py takes LOGGING from here too.
"""

import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from ipaddress import ip_address
from secrets import token_hex

from portal.environment import LOG_FORMAT

RUN = token_hex(8)
# The id of the request that is answered now; without one (a worker, a command) that of the process.
request_id = ContextVar("request_id", default=RUN)

# What is hidden ------------------------------------------------------------------------------------------------------


def without_address(match):
    """Times of day and “::” in code look like an IPv6 address and are none."""
    for text in (match[0], match[0].removesuffix(":")):
        try:
            ip_address(text)
        except ValueError:
            continue
        return "…"
    return match[0]


MASKS = [
    # Addresses that act for somebody: a private calendar, an unsubscribe link, a preview.
    (re.compile(r"(/(?:agenda|afmelden|voorbeeld|account/password/reset/key|account/confirm-email)/)[^/\s]+"), r"\1…"),
    # What gunicorn could not read may be anything.
    (re.compile(r"Invalid request from ip=\S* ([^'\"]*).*", re.DOTALL), r"Invalid request: \1…"),
    # Values that PostgreSQL and Python show with an error.
    (re.compile(r"(DETAIL|LINE \d+): .*?(?=\n(?:CONTEXT|HINT):|\n\n(?:The above|During)|\Z)", re.DOTALL), r"\1: …"),
    (re.compile(r"(invalid (?:input|literal) [^:\n]{0,80}): [^\n]*"), r"\1: …"),
    # The words of a search.
    (re.compile(r"\?[^\s'\"<>?=]*=[^\s'\"<>]*|(?<=/)\?[^\s'\"<>]+"), "?…"),
    # E-mail addresses, and the password in the address of a database.
    (re.compile(r"(?<![^\s@'\"<>()=:,;/|])[^\s@'\"<>()=:,;/|]+(?:@|%40)[\w.-]+"), "…"),
    (re.compile(r"(?<![\w:.])(?:[\da-fA-F]{0,4}:){2,7}[\da-fA-F.]{0,15}(?![\w:])"), without_address),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b"), "…"),
    # Keys of sessions and the like.
    (re.compile(r"\b(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z\d]{32,}\b"), "…"),
]


def hidden(text):
    for pattern, instead in MASKS:
        text = pattern.sub(instead, text)
    return text


# A line --------------------------------------------------------------------------------------------------------------

OF_A_REQUEST = {"method", "path", "query", "status", "duration_ms", "queries"}
KNOWN = OF_A_REQUEST | set(vars(logging.makeLogRecord({})))
TEXTS = {"msg", "exc_text", "stack_info", "method", "path"}


class HideSecrets(logging.Filter):
    """Gives a copy of the record that tells nobody's address, key or search; of its extras only those we know."""

    def filter(self, record):
        shown = {name: value for name, value in vars(record).items() if name in KNOWN}
        shown |= {"msg": said(record), "args": (), "exc_text": trace(record), "exc_info": None}
        shown |= {name: hidden(shown[name]) for name in TEXTS & shown.keys() if shown[name]}
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        return logging.makeLogRecord(shown | {"time": at, "request_id": request_id.get()})


def said(record):
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # arguments that do not fit: no reason to break off what is logged
        return str(record.msg)


def trace(record):
    if record.exc_info and record.exc_info[0]:
        return logging.Formatter().formatException(record.exc_info)
    return record.exc_text


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "fmt": ["time", "levelname", "name", "message", "request_id"],
            "rename_fields": {"levelname": "level", "name": "logger", "exc_info": "exception"},
        },
    },
    "filters": {"secrets": {"()": HideSecrets}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["secrets"]}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "gunicorn.error": {"handlers": ["console"], "propagate": False},
        # RequestLogMiddleware writes a line a request, which is for machines to count.
        "gunicorn.access": {"handlers": [], "level": "WARNING", "propagate": False},
        "portal.requests": {"level": "INFO" if LOG_FORMAT == "json" else "WARNING"},
    },
}


def log_what_nothing_catches():
    """A command that breaks off and a warning of Python become lines too."""
    logging.captureWarnings(True)
    sys.excepthook = lambda *error: logging.getLogger("portal").critical("Broken off.", exc_info=error)
