"""The named sets of calls: about a theme, and in order of their dates."""

from datetime import timedelta

import pytest
import time_machine

from calls.models import Call, Cutoff
from calls.status import DeadlineModel
from funds.models import Theme
from tests.factories import CallFactory, ThemeFactory, UserFactory, brussels

pytestmark = pytest.mark.django_db
NOW = brussels(2027, 1, 15, 12)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


def days(number):
    return NOW + timedelta(days=number)


def rolling(**fields):
    return CallFactory(deadline=None, deadline_model=DeadlineModel.ROLLING, **fields)


def unknown(**fields):
    return CallFactory(deadline=None, deadline_model=DeadlineModel.UNKNOWN, **fields)


@pytest.fixture
def themes(db):
    """A main theme, its two themes, and one that stands apart."""
    root = ThemeFactory(name="Eu algemeen")
    return [
        root,
        ThemeFactory(name="Migratie", parent=root),
        ThemeFactory(name="Justitie", parent=root),
        ThemeFactory(name="Sport"),
    ]


def test_about_gives_each_call_of_the_themes_once(themes):
    root, migration, justice, sport = themes
    both = CallFactory(themes=[migration, justice])
    one = CallFactory(themes=[migration, sport])
    CallFactory()
    assert list(Call.objects.about(migration, justice).order_by("pk")) == [both, one]
    assert list(Call.objects.about(justice)) == [both]
    assert list(Call.objects.about(*Theme.objects.filter(name="Sport"))) == [one]
    assert list(Call.objects.about()) == []
    assert Call.objects.about(root, migration, justice, sport).count() == 2


def test_about_a_main_theme_means_also_the_themes_below_it(themes):
    root, migration, justice, sport = themes
    all_three = CallFactory(themes=[root, migration, justice])
    child = CallFactory(themes=[justice])
    above = CallFactory(themes=[root])
    CallFactory(themes=[sport])
    assert list(Call.objects.about(root).order_by("pk")) == [all_three, child, above]
    assert list(Call.objects.about(migration)) == [all_three]
    assert list(Call.objects.about(justice).order_by("pk")) == [all_three, child]


def test_the_sets_can_be_chained_in_any_order(themes):
    call = CallFactory(themes=themes[:3], deadline=days(10))
    for number in (3, 5):
        Cutoff.objects.create(call=call, at=days(number))
    CallFactory(themes=themes[:3], published_at=None)
    assert list(Call.objects.published().open().about(themes[0]).next_date_first().for_list()) == [call]
    assert list(Call.objects.next_date_first().for_list().about(themes[0]).open().published()) == [call]


def test_newest_deadline_first():
    """Rolling, then the latest deadline, then unknown; of two alike the one that was made last."""
    past, late, early = (CallFactory(deadline=days(number)) for number in (-5, 9, 2))
    nobody_knows, no_end, late_too, no_end_too = unknown(), rolling(), CallFactory(deadline=days(9)), rolling()
    assert list(Call.objects.newest_deadline_first()) == [
        no_end_too,
        no_end,
        late_too,
        late,
        early,
        past,
        nobody_knows,
    ]


def test_next_date_first():
    """A cut-off still to come counts, a past one does not; without a date last."""
    no_end, nobody_knows = rolling(), unknown()
    in_nine, in_two = CallFactory(deadline=days(9)), CallFactory(deadline=days(2))
    cutoff_in_one, past_cutoff = CallFactory(deadline=days(30)), CallFactory(deadline=days(5))
    for call, number in [(cutoff_in_one, -3), (cutoff_in_one, 1), (cutoff_in_one, 8), (past_cutoff, -1)]:
        Cutoff.objects.create(call=call, at=days(number))
    rolling_with_cutoff = rolling()
    Cutoff.objects.create(call=rolling_with_cutoff, at=days(3))
    calls = list(Call.objects.next_date_first())
    assert calls == [cutoff_in_one, in_two, rolling_with_cutoff, past_cutoff, in_nine, no_end, nobody_knows]
    assert [call.next_at for call in calls] == [call.next_date for call in calls]


def test_a_cutoff_at_this_very_moment_is_past():
    call = CallFactory(deadline=days(5))
    Cutoff.objects.create(call=call, at=NOW)
    assert [found.next_at for found in Call.objects.next_date_first()] == [call.next_date] == [days(5)]


def test_closing_within_some_days():
    CallFactory(deadline=days(-1)), CallFactory(deadline=days(3), opens_at=days(1)), rolling(), unknown()
    at_the_edge = CallFactory(deadline=days(7))
    CallFactory(deadline=days(7) + timedelta(seconds=1))
    assert list(Call.objects.closing_within(7)) == [at_the_edge]
    assert list(Call.objects.closing_within(0)) == []


def test_who_sees_what():
    draft, scheduled = CallFactory(published_at=None), CallFactory(published_at=days(1))
    now, earlier = CallFactory(published_at=NOW), CallFactory(published_at=days(-1))
    everything, published = {draft, scheduled, now, earlier}, {now, earlier}
    assert {call for call in everything if call.is_published} == published
    assert set(Call.objects.published()) == published
    assert set(Call.objects.visible_to(UserFactory.build(is_staff=True))) == everything
    assert set(Call.objects.visible_to(UserFactory.build())) == published
    assert set(Call.objects.visible_to(UserFactory.build(is_staff=True, is_active=False))) == published
