"""Who hears of which call, and why: by a followed theme, a saved search or the call itself.

The same filter as the page's decides what a saved search finds, once for all users who saved the same.
"""

from collections import defaultdict
from functools import cached_property

from django.db.models import Count, Exists, OuterRef
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import CallChoice, Follow, SavedSearch, User
from calls.columns import current_columns
from calls.filters import CallFilter
from calls.models import Call

MANY = 1_000
MOST_COUNTED = 100


class Audience:
    """Who follows some published calls. `pks` are theirs; others are passed over."""

    def __init__(self, pks, columns=None):
        self.columns = columns or current_columns()
        self.pks = set(pks)
        self.wanted = self.columns.mask(sorted(self.pks))
        self.slugs = {one.pk: slug for slug, one in self.columns.themes.items()}
        self.of_theme, self.of_search = {}, {}

    @cached_property
    def states(self):
        """Every search that somebody saved, once."""
        return list(SavedSearch.objects.values_list("state", flat=True).distinct().order_by("state"))

    def having(self, mask):
        """The wanted calls among these, as a set of primary keys."""
        return set(self.columns.pk[mask & self.wanted].tolist())

    def found_under(self, theme):
        """The wanted calls under a theme (its primary key) or a theme below it."""
        if theme not in self.of_theme:
            self.of_theme[theme] = self.having(self.columns.having(self.columns.theme, self.slugs.get(theme)))
        return self.of_theme[theme]

    def found_by(self, state):
        """The wanted calls that a saved search finds now; none where a filter of it is gone, a deleted theme say."""
        if state not in self.of_search:
            finder = CallFilter(QueryDict(state), self.columns)
            whole = finder.chosen and not finder.meaningless
            self.of_search[state] = self.having(finder.selection.found) if whole else set()
        return self.of_search[state]

    def reasons(self, users):
        """{user's primary key: {call's primary key: [reason]}} for a chunk of users; what is muted is left out.

        A reason is (kind, text): ("theme", "thema Migratie"), ("search", …) or ("call", …).
        """
        found = defaultdict(lambda: defaultdict(list))
        saved, in_theme, in_search = _("a call that you saved"), _("theme %(theme)s"), _("search “%(name)s”")
        for user, call in self.choices(users, CallChoice.Kind.SAVED):
            found[user][call].append(("call", saved))
        for user, theme, name in Follow.objects.filter(user__in=users).values_list("user", "theme", "theme__name"):
            for call in self.found_under(theme):
                found[user][call].append(("theme", in_theme % {"theme": name}))
        for user, state, name in SavedSearch.objects.filter(user__in=users).values_list("user", "state", "name"):
            for call in self.found_by(state):
                found[user][call].append(("search", in_search % {"name": name}))
        for user, call in self.choices(users, CallChoice.Kind.IRRELEVANT):
            found[user].pop(call, None)
        return found

    def choices(self, users, kind):
        """(user, call) of the choices of this kind about the wanted calls."""
        rows = CallChoice.objects.filter(user__in=users, kind=kind)
        # A handful of calls narrows the query; many would only make it long.
        rows = rows.filter(call__in=self.pks) if len(self.pks) <= MANY else rows
        return [(user, call) for user, call in rows.values_list("user", "call") if call in self.pks]


def reachable():
    """The users who get mail at all: their address is confirmed and takes it."""
    confirmed = User.objects.filter(emailaddress__primary=True, emailaddress__verified=True)
    return confirmed.filter(is_active=True, bounced_at=None)


def followers(call, audience):
    """Who follows a call by a theme, a saved search or itself, and has not said that it is not relevant."""
    themes = [theme for theme in audience.slugs if call.pk in audience.found_under(theme)]
    mine = {"user": OuterRef("pk")}
    choices = CallChoice.objects.filter(**mine, call=call)
    states = [state for state in audience.states if call.pk in audience.found_by(state)]
    return reachable().filter(
        Exists(Follow.objects.filter(**mine, theme__in=themes))
        | Exists(SavedSearch.objects.filter(**mine, state__in=states))
        | Exists(choices.filter(kind=CallChoice.Kind.SAVED)),
        ~Exists(choices.filter(kind=CallChoice.Kind.IRRELEVANT)),
    )


def awaited(users, families):
    """{(user's primary key, family): the title of the call whose next edition they await} for a chunk of users."""
    rows = CallChoice.objects.filter(user__in=users, kind=CallChoice.Kind.NEXT_EDITION, call__family__in=families)
    return {(user, family): title for user, family, title in rows.values_list("user", "call__family", "call__title")}


def awaiting(call):
    """Who awaits another edition than the calls they know."""
    others = Call.objects.editions_of(call).values("pk")
    choices = CallChoice.objects.filter(user=OuterRef("pk"))
    return reachable().filter(
        Exists(choices.filter(kind=CallChoice.Kind.NEXT_EDITION, call__in=others)),
        ~Exists(choices.filter(kind=CallChoice.Kind.IRRELEVANT, call=call)),
    )


def people_told_of_change(call):
    """(how many people a change of this published call would be told to, whether that is all of them).

    An editor waits for it: with very many different saved searches only the most popular ones are asked.
    """
    audience = Audience([call.pk])
    popular = SavedSearch.objects.values("state").annotate(Count("pk")).order_by("-pk__count", "state")
    states = list(popular.values_list("state", flat=True)[: MOST_COUNTED + 1])
    audience.states = states[:MOST_COUNTED]
    return followers(call, audience).filter(tells_changes=True).count(), len(states) <= MOST_COUNTED


def followed_calls(user):
    """The primary keys of the published calls that somebody follows, closed ones too, by their next date."""
    columns = current_columns()
    moment = columns.at(timezone.now())
    published = columns.pk[moment.by_deadline[moment.published[moment.by_deadline]]].tolist()
    followed = Audience(published, columns).reasons([user.pk])[user.pk]
    return [pk for pk in published if pk in followed]
