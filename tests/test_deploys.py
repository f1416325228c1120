"""The lock of a deploy: one at a time, whatever happens to the connection it works with."""

from contextlib import contextmanager
from threading import Thread

import pytest
from django.db import connection, connections

from portal import deploys

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def other_process(monkeypatch):
    """Another one does not know what this one holds."""
    with monkeypatch.context() as patched:
        patched.setattr(deploys, "held", False)
        yield


def test_a_second_deploy_waits_also_when_the_first_closed_its_connection(monkeypatch):
    said, entered = [], []

    def deploy():
        with deploys.one_at_a_time(said.append):
            entered.append(True)
        connections.close_all()

    # Whoever comes next gets the connection that was closed, where there is a pool.
    taken = connection.copy()
    with deploys.one_at_a_time(said.append):
        connection.close()  # as loaddata does
        taken.ensure_connection()
        with other_process(monkeypatch):
            second = Thread(target=deploy)
            second.start()
            second.join(3 * deploys.LOOK)
            assert (len(said), entered) == (1, [])
            assert "waiting until it has finished" in said[0]
    second.join(10)
    taken.close()
    assert entered == [True]
