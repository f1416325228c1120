"""A search in vain is told by the page itself, once, when the visitor leaves it."""

import time

import pytest

from calls.models import EmptySearch
from tests.factories import CallFactory

pytestmark = pytest.mark.django_db(transaction=True)


def counted(number):
    """The words that were counted, once there are so many: the message comes after the page has gone."""
    deadline = time.monotonic() + 5
    while EmptySearch.objects.count() < number and time.monotonic() < deadline:
        time.sleep(0.05)
    return sorted(EmptySearch.objects.values_list("words", "times"))


def test_the_page_tells_of_words_in_vain_when_it_is_left(browse):
    CallFactory(title="Opvang van asielzoekers")
    page = browse()
    page.goto("/oproepen/?q=zonnepanelen")
    assert EmptySearch.objects.count() == 0
    page.goto("/oproepen/?q=opvang")
    page.goto("/oproepen/?q=jan%40example.org")
    page.goto("/oproepen/?q=windmolen")
    page.goto("/")
    assert counted(2) == [("windmolen", 1), ("zonnepanelen", 1)]
