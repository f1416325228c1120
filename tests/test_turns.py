"""While a long work writes, others can write too."""

import threading
import time
from contextlib import closing
from itertools import islice, repeat

import pytest
from django.db import connection, transaction

from accounts.models import User
from portal.turns import REST, WORK, in_turns

BATCH = 0.2  # seconds that each batch keeps the database
WANTED = 5  # times that somebody else writes


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL keeps no other writer waiting")
@pytest.mark.django_db(transaction=True)
def test_somebody_who_waits_to_write_comes_between_two_batches():
    User.objects.create(email="lang@example.org")
    written, done = [], 0
    other = threading.Thread(target=write_sometimes, args=[written])
    other.start()
    batches_in_a_turn = WORK / BATCH + 1
    most = int(2 * WANTED * batches_in_a_turn)  # a look of the other can come late on a busy machine
    for _ in in_turns(islice(repeat(None), most)):
        with transaction.atomic():
            User.objects.filter(email="lang@example.org").update(last_name=str(done))
            time.sleep(BATCH)
        done += 1
        if len(written) == WANTED:
            break
    other.join()
    assert done < most


def write_sometimes(written):
    with closing(connection):
        for number in range(WANTED):
            User.objects.create(email=f"kort{number}@example.org")
            written.append(number)


def test_all_batches_come_and_nothing_rests_before_a_second_of_work_is_done(monkeypatch):
    rests = []
    monkeypatch.setattr(time, "sleep", rests.append)
    assert list(in_turns(range(5_000))) == list(range(5_000))
    assert set(rests) <= {REST}
