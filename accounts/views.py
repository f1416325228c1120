from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.following import followed_themes, set_following
from accounts.models import REMINDER_DAYS
from accounts.saving import choices_by_kind, look_at, saved_searches
from calls.views import current_and_closed
from funds.models import Theme

WANTED = {"yes": True, "no": False}


@never_cache
@require_safe
def followed_calls(request):
    """To the list of calls with the themes that the user or the visitor follows; without any, to choose some."""
    slugs = [theme.slug for theme in followed_themes(request)]
    return redirect(f"{reverse('calls')}?{urlencode({'thema': slugs}, doseq=True)}" if slugs else "themes")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request, slug):
    """The form to follow or unfollow a theme: GET shows it, POST acts."""
    theme = Theme.objects.filter(slug=slug).first()
    if request.method == "POST":
        return act(request, theme)
    if theme is None:
        raise Http404
    in_place = "HX-Request" in request.headers
    template = "themes/follow.html#form" if in_place else "themes/follow.html"
    return render(request, template, {"theme": theme, "next": safe_next(request, request.GET), "in_place": in_place})


def act(request, theme):
    wanted = WANTED.get(request.POST.get("follow"))
    if theme is None:
        return gone(request)
    if wanted is None:
        context = {"theme": theme, "next": safe_next(request, request.POST), "unclear": True}
        return render(request, "themes/follow.html", context, status=400)
    try:
        set_following(request, theme, wanted)
    except IntegrityError:
        return gone(request)
    text = _("You now follow the theme %(theme)s.") if wanted else _("You no longer follow the theme %(theme)s.")
    messages.success(request, text % {"theme": theme})
    return redirect(safe_next(request, request.POST) or theme.get_absolute_url())


def gone(request):
    messages.warning(request, _("This theme does not exist any more."))
    return redirect("themes")


def safe_next(request, data):
    """The page to go back to, if it is a path on this site. `redirect` takes a bare word for the name of a view."""
    address = data.get("next", "")
    ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if ours and address.startswith("/") else ""


@login_required
@never_cache
@require_safe
def mine(request):
    """What the user follows and saved, and the calls of their themes."""
    themes = request.user.themes.select_related("contact")
    lists = current_and_closed(theme=[theme.slug for theme in themes]) if themes else {}
    return render(request, "mine.html", {"themes": themes} | lists | kept(request))


@never_cache
@require_safe
def saved(request):
    """What a visitor keeps; a user has it on their own page."""
    if request.user.is_authenticated:
        return redirect("mine")
    return render(request, "saved/saved.html", kept(request))


def kept(request):
    """For a page with all that somebody saved: `choices` by kind and `searches`."""
    choices = choices_by_kind(request)
    return {
        "choices": choices,
        "chosen_calls": {kind: {choice.call_id for choice in rows} for kind, rows in choices.items()},
        "reminder_days": REMINDER_DAYS,
        "searches": look_at(saved_searches(request)),
    }
