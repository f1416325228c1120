from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    """Sessions in the database, which is never asked for a key that cannot be one (PostgreSQL refuses a NUL in it)."""

    def _validate_session_key(self, key):
        return super()._validate_session_key(key) and key.isascii() and key.isalnum()
