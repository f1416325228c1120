from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    """Sessions in the database, which is never asked for a key that cannot be one (PostgreSQL refuses a NUL in it)."""

    is_saved = False

    def save(self, must_create=False):
        """Not once more what was saved under a lock: another click may have changed it since."""
        if not self.is_saved:
            super().save(must_create)

    def _validate_session_key(self, key):
        return super()._validate_session_key(key) and key.isascii() and key.isalnum()
