"""What search engines may find: one map for calls, funds, themes and the other pages, each with its last changes."""

from itertools import chain

from django.contrib.sitemaps import Sitemap
from django.db.models import Max
from django.urls import reverse

from calls.models import Call
from funds.models import Fund, Theme


class CallSitemap(Sitemap):
    limit = 2_000  # so that a file takes a fraction of a second

    def items(self):
        return Call.objects.published().order_by("pk").only("slug", "updated_at")

    def lastmod(self, call):
        return call.updated_at

    def get_latest_lastmod(self):
        """For the index; Django would read every call."""
        return self.items().aggregate(latest=Max("updated_at"))["latest"]


def latest_changes(field):
    """{primary key: when a published call of this fund or theme changed last}."""
    return dict(Call.objects.published().order_by().values_list(field).annotate(Max("updated_at")))


class FundSitemap(Sitemap):
    def items(self):
        self.changes = latest_changes("fund")
        return Fund.objects.order_by("pk")

    def lastmod(self, fund):
        return self.changes.get(fund.pk)


class ThemeSitemap(Sitemap):
    """The page of a theme changes with the calls of the themes below it too."""

    def items(self):
        self.changes = latest_changes("themes")
        return Theme.objects.order_by("pk").prefetch_related("children")

    def lastmod(self, theme):
        found = (self.changes.get(one.pk) for one in chain([theme], theme.children.all()))
        return max((at for at in found if at), default=None)


class PageSitemap(Sitemap):
    def items(self):
        return ["home", "calls", "funds", "themes", "contacts", "open-data", "accessibility", "privacy"]

    def location(self, name):
        return reverse(name)


SITEMAPS = {"oproepen": CallSitemap, "fondsen": FundSitemap, "themas": ThemeSitemap, "paginas": PageSitemap}
