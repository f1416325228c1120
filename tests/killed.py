"""A process that is killed at one of its queries."""

from django.db import DatabaseError, connection


class Killed(DatabaseError):
    pass


def killed_at(number):
    """Every query from this one on fails, as for a process that is killed there."""
    count = 0

    def execute(run, sql, params, many, context):
        nonlocal count
        ends = sql.startswith(("ROLLBACK", "RELEASE"))
        count += not ends
        if count >= number and not ends:
            raise Killed
        return run(sql, params, many, context)

    return connection.execute_wrapper(execute)
