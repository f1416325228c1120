"""Several real workers: none shows what is not true any more."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from calls.models import Call
from tests.factories import CallFactory, brussels
from tests.processes import gunicorn, watched

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 2  # within which every worker knows of a change


@pytest.fixture
def server():
    CallFactory(title="Taal en werk", slug="taal", deadline=brussels(2031, 5, 4, 17))
    with gunicorn(workers=3, threads=2, SEARCHES_A_MINUTE="0") as server:
        yield server


def shown(seen):
    """What visitors saw, most of it copies."""
    assert sum("s-maxage" in headers.get("Cache-Control", "") for *_moment, headers, _text in seen) > len(seen) / 2
    return [(asked, answered, path, text) for asked, answered, path, _headers, text in seen]


def test_every_worker_shows_a_save_within_two_seconds(server):
    paths = ["/oproepen/taal/", "/oproepen/"]
    with watched(server, paths) as found:
        time.sleep(4)
        call = Call.objects.get()
        call.deadline = brussels(2032, 6, 7, 17)
        call.save()
        saved = time.time()
        time.sleep(SECONDS + 2)
    seen = shown(found)
    old = [text for _asked, answered, _path, text in seen if answered < saved - 1]
    new = [text for asked, _answered, _path, text in seen if asked > saved + SECONDS]
    assert min(len(old), len(new)) > 20
    assert all("4 mei 2031" in text for text in old)
    assert [text for text in new if "4 mei 2031" in text or "7 juni 2032" not in text] == []


def test_no_worker_shows_a_call_as_open_after_its_deadline_nor_before_it_is_published(server):
    now = timezone.now()
    soon = now + timedelta(seconds=6)
    CallFactory(title="Sluit zo", slug="sluit", deadline=soon)
    CallFactory(title="Komt zo", slug="komt", published_at=soon)
    time.sleep(SECONDS)
    with watched(server, ["/oproepen/", "/oproepen/sluit/"]) as found:
        time.sleep((soon - timezone.now()).total_seconds() + 3)
    seen = shown(found)
    before = [(path, text) for _asked, answered, path, text in seen if answered < soon.timestamp()]
    after = [(path, text) for asked, _answered, path, text in seen if asked > soon.timestamp()]
    assert min(len(before), len(after)) > 10
    for _path, text in before:
        assert "Sluit zo" in text
        assert "Komt zo" not in text
        assert 'class="badge open"' in text
    for path, text in after:
        assert ("Sluit zo" in text) is (path == "/oproepen/sluit/")
        assert ("Komt zo" in text) is (path == "/oproepen/")
        assert path == "/oproepen/" or 'class="badge open"' not in text
