from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import OperationalError


class SessionStore(db.SessionStore):
    """Sessions in the database, which is never asked for a key that cannot be one (PostgreSQL refuses a NUL in it)."""

    is_saved = False

    def save(self, must_create=False):
        """Not once more what was saved under a lock: another click may have changed it since."""
        if self.is_saved:
            return
        try:
            super().save(must_create)
        except UpdateError as error:
            # Django says so of every fault: a full disk is no session that was deleted meanwhile.
            if isinstance(error.__context__, OperationalError):
                raise error.__context__ from None
            raise

    def _validate_session_key(self, key):
        return super()._validate_session_key(key) and key.isascii() and key.isalnum()
