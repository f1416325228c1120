"""A calendar and a feed of one's own. Whoever has the address reads them, so it is secret and can be replaced."""

from datetime import timedelta
from secrets import token_urlsafe

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import conditional_page, require_http_methods, require_safe

from accounts.audience import followed_calls
from accounts.models import User
from calls.columns import current_columns
from calls.feeds import CallFeed, tag
from calls.models import Call
from calls.selection import Criteria, Selection, Sort, StatusChoice
from calls.take_along import CALENDAR_LENGTH, FEED_LENGTH, calendar_response, length_of

LOOKED_BACK = timedelta(days=90)

# The page with the addresses -----------------------------------------------------------------------------------------


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def private_addresses(request):
    if request.method == "POST":
        return change_key(request)
    key = request.user.private_key
    context = {}
    if key:
        calendar = request.build_absolute_uri(reverse("private-calendar", args=[key]))
        feed = request.build_absolute_uri(reverse("private-feed", args=[key]))
        context = {"calendar": calendar, "webcal": f"webcal:{calendar.partition(':')[2]}", "feed": feed}
    return render(request, "preferences/private_addresses.html", context)


def change_key(request):
    match request.POST.get("key"):
        case "new":
            had_one, key = request.user.private_key, token_urlsafe(32)
            text = (
                _("You have new addresses; the old ones no longer work.") if had_one else _("Here are your addresses.")
            )
        case "none":
            key, text = None, _("Your addresses no longer work.")
        case _unknown:
            messages.warning(request, _("We did not understand what you want. Please choose once more."))
            return redirect("private-addresses")
    User.objects.filter(pk=request.user.pk).update(private_key=key)
    messages.success(request, text)
    return redirect("private-addresses")


# What stands at them -------------------------------------------------------------------------------------------------


def reader(key):
    return get_object_or_404(User, private_key=key, is_active=True)


def kept_apart(response):
    """For nobody but the program that asked."""
    response["Cache-Control"] = "private"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response


def title():
    return _("EU funding calls that you follow (VLEVA)")


@require_safe
@conditional_page
def private_calendar(request, key):
    """The calls that somebody follows, without those closed long ago; where they are too many, those that run."""
    user = reader(key)
    calls = Call.objects.published().filter(Q(deadline=None) | Q(deadline__gt=timezone.now() - LOOKED_BACK))
    recent = set(calls.values_list("pk", flat=True))
    followed = [pk for pk in followed_calls(user) if pk in recent]
    response = calendar_response(
        calls.for_calendar().in_order(followed[:CALENDAR_LENGTH]),
        "mijn-oproepen",
        request,
        key=f"mijn/{user.pk}",
        name=title(),
        description=length_of(len(followed)),
        url=request.build_absolute_uri(reverse("mine")),
    )
    return kept_apart(response)


class PrivateFeed(CallFeed):
    """The newest of the calls that somebody follows."""

    def __call__(self, request, *args, **kwargs):
        return kept_apart(super().__call__(request, *args, **kwargs))

    def get_object(self, request, key):
        return reader(key)

    def name(self, user):
        return title()

    def link(self, user):
        return reverse("mine")

    def feed_url(self, user):
        return reverse("private-feed", args=[user.private_key])

    def feed_guid(self, user):
        """The same when the address is replaced."""
        return tag(f"mijn/{user.pk}")

    def items(self, user):
        followed = set(followed_calls(user))
        newest = Selection(current_columns(), Criteria(StatusChoice.ALL), sort=Sort.NEWEST).pks()
        return Call.objects.published().for_list().in_order([pk for pk in newest if pk in followed][:FEED_LENGTH])


private_feed = require_safe(conditional_page(PrivateFeed()))
