"""Atom feeds: of any filtered list, of a theme and of a fund."""

from django.contrib.syndication.views import Feed
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page, require_safe

from calls.calendars import DOMAIN
from calls.models import Call
from calls.plain import one_line, printable
from calls.selection import Sort
from calls.take_along import FEED_LENGTH, LICENCE, in_order_of, title_of, too_often, understood, with_state
from funds.models import Fund, Theme
from portal.limits import limited


def tag(path):
    """An identity (RFC 4151) that never changes, wherever the site is served from."""
    return f"tag:{DOMAIN},2026:{path}"


class CallFeed(Feed):
    """The newest calls of `obj`, which a subclass makes of the address."""

    feed_type = Atom1Feed
    author_name = "VLEVA"
    feed_copyright = LICENCE

    def __call__(self, request, *args, **kwargs):
        """Without Last-Modified: a call that leaves the feed changes it, but not the date of its newest call."""
        response = super().__call__(request, *args, **kwargs)
        del response["Last-Modified"]
        return response

    def title(self, obj):
        return one_line(self.name(obj))

    def subtitle(self, obj):
        return _("At most the %(number)s calls that were published last.") % {"number": FEED_LENGTH}

    def feed_guid(self, obj):
        return tag(self.feed_url(obj).strip("/"))

    def item_title(self, call):
        return one_line(call.title)

    def item_description(self, call):
        return printable(render_to_string("calls/feed_item.html", {"call": call}))

    def item_guid(self, call):
        return tag(f"call-{call.pk}")

    def item_pubdate(self, call):
        return call.published_at

    def item_updateddate(self, call):
        """A scheduled call was written before its publication, which is news all the same."""
        return max(call.updated_at, call.published_at)

    def item_categories(self, call):
        return [one_line(theme.name) for theme in call.themes.all()]


class ListFeed(CallFeed):
    """What a CallFilter finds, in the order of publication whatever order it asks for."""

    def get_object(self, request, calls):
        return calls

    def name(self, calls):
        return title_of(calls)

    def link(self, calls):
        return with_state(reverse("calls"), calls)

    def feed_url(self, calls):
        return with_state(reverse("calls-atom"), calls)

    def items(self, calls):
        newest = in_order_of(Sort.NEWEST, calls).pks(0, FEED_LENGTH)
        return Call.objects.published().for_list().in_order(newest)


class OwnFeed(CallFeed):
    """All published calls of a theme or a fund, closed ones too."""

    def get_object(self, request, slug):
        return get_object_or_404(self.model, slug=slug)

    def link(self, obj):
        return obj.get_absolute_url()

    def feed_url(self, obj):
        return reverse(self.address, args=[obj.slug])

    def items(self, obj):
        return self.calls(obj).published().newest_first().for_list()[:FEED_LENGTH]


class ThemeFeed(OwnFeed):
    model, address = Theme, "theme-atom"

    def name(self, theme):
        return _("Calls for %(theme)s") % {"theme": theme}

    def calls(self, theme):
        return Call.objects.about(theme)


class FundFeed(OwnFeed):
    model, address = Fund, "fund-atom"

    def name(self, fund):
        return _("Calls of %(fund)s") % {"fund": fund}

    def calls(self, fund):
        return fund.calls.all()


calls_atom = understood(conditional_page(ListFeed()))
theme_atom = require_safe(limited("files", too_often)(conditional_page(ThemeFeed())))
fund_atom = require_safe(limited("files", too_often)(conditional_page(FundFeed())))
