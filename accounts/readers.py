"""Who asks for a page, as far as pages show it: the themes and calls that a user chose. One query, and no model."""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import DatabaseError, connection
from django.http import HttpResponse
from django.middleware.csrf import CsrfViewMiddleware, get_token
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import User
from accounts.sessions import SessionStore
from portal.planned import Planned

# What a session holds where nothing but a log-in has happened; allauth adds how and when, and for how long.
HOW = "account_authentication_methods"
PLAIN = {SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY, HOW, f"{HOW}_user", "_session_expiry"}
MOST = 10_000
ASK = """
SELECT 'session', 0, session_data FROM django_session WHERE session_key = %(key)s AND expire_date > %(now)s
UNION ALL SELECT 'user', 0, password FROM accounts_user WHERE id = %(user)s AND is_active AND NOT is_staff
UNION ALL SELECT 'theme', theme_id, '' FROM accounts_follow WHERE user_id = %(user)s
UNION ALL SELECT kind, call_id, '' FROM accounts_callchoice WHERE user_id = %(user)s
"""
reader = Planned("reader", ASK, {"key": "text", "now": "timestamptz", "user": "bigint"})
forms = CsrfViewMiddleware(lambda request: HttpResponse())
NEW_COOKIE = "CSRF_COOKIE_NEEDS_UPDATE"  # what Django notes where the answer shall set the cookie


@dataclass(frozen=True)
class Reader:
    """A logged-in user who is no editor: primary keys of the themes, {primary key of a call: kinds of choices}."""

    themes: set[int]
    calls: dict[int, frozenset[str]]
    csrf_token: str


@dataclass
class Session:
    """What this process knows of one: its user, the texts that say so, and (cookie, token) of forms."""

    user_pk: int
    texts: dict[str, str] | None = None
    form: tuple[str, str] = ("", "")


class Sessions:
    """Those that this process met last, by their keys."""

    def __init__(self):
        self.known, self.lock = OrderedDict(), Lock()

    def get(self, key):
        return self.known.get(key)

    def remember(self, key, pk):
        with self.lock:
            self.known[key] = Session(pk)
            self.known.move_to_end(key)
            while len(self.known) > MOST:
                self.known.popitem(last=False)


sessions = Sessions()


def reader_of(request):
    """None where Django must look itself: a visitor, an editor, a new session or one that holds something else."""
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    session = sessions.get(key)
    csrf_token = csrf_token_of(session, request) if session else None
    if csrf_token is None:
        return None
    try:
        texts, themes, calls = facts(key, session.user_pk)
    except DatabaseError:
        return None
    if session.texts != texts:
        if not is_logged_in(texts, session.user_pk):
            return None
        session.texts = texts
    return Reader(themes, calls, csrf_token)


def csrf_token_of(session, request):
    """What forms need beside the reader's cookie, the same as long as that is; None where they must get one."""
    secret = request.COOKIES.get(settings.CSRF_COOKIE_NAME)
    if not secret:
        return None
    known, token = session.form
    if secret != known:
        forms.process_request(request)
        if NEW_COOKIE in request.META:
            return None
        token = get_token(request)
        # They have the cookie, and what is made now may be kept for others.
        del request.META[NEW_COOKIE]
        session.form = secret, token
    return token


def facts(key, pk):
    """({"session": its data, "user": the hash of the password}, ids of themes, {id of a call: kinds})"""
    texts, themes, calls = {}, set(), {}
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        reader.execute(cursor, {"key": key, "now": now, "user": pk})
        for what, number, text in cursor.fetchall():
            if what in {"session", "user"}:
                texts[what] = text
            elif what == "theme":
                themes.add(number)
            else:
                calls.setdefault(number, set()).add(what)
    return texts, themes, {pk: frozenset(kinds) for pk, kinds in calls.items()}


def is_logged_in(texts, pk):
    """Whether the session is that of the user, and holds nothing else that a page would have to show or end."""
    if texts.keys() != {"session", "user"}:
        return False
    session, user = SessionStore().decode(texts["session"]), User(pk=pk, password=texts["user"])
    return (
        set(session) <= PLAIN
        and session.get(SESSION_KEY) == str(user.pk)
        and session.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        and constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
    )


def remember(request):
    """After Django has looked at it: the next time the session leads to its user."""
    user = getattr(request, "user", None)
    if user and user.is_authenticated and not user.is_staff:
        sessions.remember(request.session.session_key, user.pk)
