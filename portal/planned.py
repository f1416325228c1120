"""Queries that PostgreSQL reads and plans once for each connection: that takes longer than to answer them."""

import logging
from zlib import crc32

from django.db import NotSupportedError, ProgrammingError

logger = logging.getLogger(__name__)


class Planned:
    """`sql` has its values as %(name)s; `types` are those of PostgreSQL, by the same names.

    PostgreSQL keeps a plan from the sixth time on. Another release's query never has the same name.
    """

    def __init__(self, name, sql, types):
        self.name, self.sql = f"{name}_{crc32(sql.encode()):08x}", sql
        numbered = sql % {value: f"${number}" for number, value in enumerate(types, start=1)}
        self.plan = f"PREPARE {self.name} ({', '.join(types.values())}) AS {numbered}"
        self.ask = f"EXECUTE {self.name} ({', '.join(f'%({value})s' for value in types)})"

    def execute(self, cursor, values):
        """SQLite sees to it itself. In a transaction, which an error would end, nothing is planned for later."""
        connection = cursor.db.connection
        if cursor.db.vendor == "sqlite" or cursor.db.in_atomic_block or hasattr(connection, "plans_anew"):
            cursor.execute(self.sql, values)
            return
        if not hasattr(connection, "planned"):
            connection.planned = set()
        try:
            if self.name not in connection.planned:
                cursor.execute(self.plan)
                connection.planned.add(self.name)
            cursor.execute(self.ask, values)
        except (ProgrammingError, NotSupportedError) as error:
            # A pooler between us and PostgreSQL gives each query another connection, or a deploy changed a column;
            # the pool has a new connection within the hour.
            connection.plans_anew = True
            logger.warning("From now on this connection plans each query anew: %s", error)
            cursor.execute(self.sql, values)
