"""The forms that save a call or a search: GET shows them, POST acts. For visitors too, unless it is about notices."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.db import IntegrityError
from django.http import Http404, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import saving
from accounts.models import REMINDER_DAYS, CallChoice
from accounts.views import WANTED, safe_next
from calls import panel
from calls.filters import CallFilter
from calls.related import newer_edition
from calls.search.query import parse

Kind = CallChoice.Kind

# Calls ---------------------------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def call_choices(request, slug):
    """The form to save or mute a call, or to wait for its next edition."""
    call = saving.call_to_choose(request.user, slug)
    if request.method == "POST":
        return choose(request, call)
    if call is None:
        raise Http404
    in_place = "HX-Request" in request.headers
    context = {"call": call, "next": safe_next(request, request.GET), "in_place": in_place}
    context["newer"] = newer_edition(call)
    context["asked"] = request.GET.get("kind", Kind.SAVED) if in_place else ""
    return render(request, "saved/call.html#form" if in_place else "saved/call.html", context)


def choose(request, call):
    kind, wanted = request.POST.get("kind"), WANTED.get(request.POST.get("wanted"))
    if call is None:
        return call_gone(request)
    if kind not in Kind or wanted is None:
        context = {
            "call": call,
            "newer": newer_edition(call),
            "next": safe_next(request, request.POST),
            "unclear": True,
        }
        return render(request, "saved/call.html", context, status=400)
    if kind == Kind.IRRELEVANT and not request.user.is_authenticated:
        messages.info(request, _("Notices are for users: log in to say that a call is not relevant to you."))
        return redirect_to_login(call.get_absolute_url())
    try:
        add_message(request, call, kind, wanted)
    except IntegrityError:
        return call_gone(request)
    return redirect(safe_next(request, request.POST) or call.get_absolute_url())


def add_message(request, call, kind, wanted):
    """Acts, and says what came of it."""
    refusal = reason_against(call, kind) if wanted else ""
    if not refusal and not saving.set_call_choice(request, call, kind, wanted):
        refusal = _("You saved %(most)s calls already. Remove some first.") % {"most": saving.MOST_CHOICES}
    if refusal:
        messages.warning(request, refusal)
    else:
        text = result_of(kind, wanted, request.user.is_authenticated)
        messages.success(request, text % {"call": Truncator(call.title).chars(80)})
        if kind == Kind.NEXT_EDITION and wanted and not getattr(request.user, "tells_next_editions", True):
            messages.warning(request, _("You switched these mails off: switch them on again in your preferences."))


def reason_against(call, kind):
    """Why this cannot be chosen for the call, or nothing."""
    if not call.is_published:
        return _("This call was withdrawn: you can only remove it.")
    if kind == Kind.NEXT_EDITION and call.status != call.Status.CLOSED:
        return _("This call is not closed: save it, and you hear of its deadline.")
    return ""


def result_of(kind, wanted, is_user):
    if kind == Kind.NEXT_EDITION and wanted and not is_user:
        return _("You want to hear of the call that follows “%(call)s”. We can tell you once you are logged in.")
    return {
        (Kind.SAVED, True): _("You saved “%(call)s”."),
        (Kind.SAVED, False): _("“%(call)s” is no longer saved."),
        (Kind.IRRELEVANT, True): _("You get no more notices about “%(call)s”."),
        (Kind.IRRELEVANT, False): _("You can get notices about “%(call)s” again."),
        (Kind.NEXT_EDITION, True): _("We tell you when a call follows “%(call)s”."),
        (Kind.NEXT_EDITION, False): _("You hear nothing of a call that follows “%(call)s”."),
    }[kind, wanted]


def call_gone(request):
    messages.warning(request, _("This call does not exist any more."))
    return redirect("calls")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def call_reminders(request, slug):
    """When a user is reminded of a call they saved: as of all calls, on days of its own, or never."""
    if request.method == "POST":
        choices = CallChoice.objects.filter(user=request.user, call__slug=slug, kind=Kind.SAVED)
        days, refusal = chosen_days(request.POST, choices.filter(reminder_days__isnull=False).exists())
        if refusal:
            messages.warning(request, refusal)
        elif choices.update(reminder_days=days):
            messages.success(request, _("Your reminders of this call have been changed."))
        else:
            messages.warning(request, _("You have not saved this call any more."))
    return redirect("mine")


def chosen_days(data, had_own):
    """(days or None for those of the user, why not). Who ticks a day where none was ticked wants days of its own."""
    how, days = data.get("how"), data.getlist("days")
    if how == "own" or (how == "usual" and days and not had_own):
        own = [day for day in REMINDER_DAYS if str(day) in days]
        return own, "" if own else _("Choose on which days, or choose no reminders.")
    known = {"usual": None, "none": []}
    return known.get(how), "" if how in known else _("We did not understand what you want. Please choose once more.")


# Searches ------------------------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def save_search(request):
    """The form that gives the search in the address a name and saves it."""
    if request.method == "POST":
        acts = {"yes": add, "name": rename, "no": remove}
        return acts.get(request.POST.get("wanted", "yes"), show)(request)
    return show(request)


def show(request, error="", name=""):
    """The form; a 400 after a POST, and where there is nothing that can be saved."""
    search = asked_search(request.GET)
    known = {one.state: one.name for one in saving.saved_searches(request)}
    context = search | {"name": name or known.get(search["state"]) or search["name"], "error": error}
    context |= {"known": search["state"] in known, "next": safe_next(request, request.POST or request.GET)}
    fine = request.method != "POST" and not search["refusal"]
    return render(request, "saved/search.html", context, status=200 if fine else 400)


def asked_search(data):
    """What a query string asks for, as the state to save, in words, with a name; and why not, if it cannot be."""
    finder = CallFilter(data)
    words = parse(finder.chosen.get("q", ""))
    state = finder.state_with(sorteer="", weergave="", **({} if words else {"q": ""}))
    ignored = [part for part in finder.ignored if not part.startswith("pagina=")]
    ignored += [f"q={word}" for word in words.dropped]
    chips = panel.chips(CallFilter(QueryDict(state), finder.columns))
    refusal = "" if state else _("Choose a filter first: this search holds nothing to save.")
    if len(state) > saving.LONGEST_STATE:
        refusal = _("This search is too long to be saved. Leave some words or filters out.")
    return {"state": state, "chips": chips, "ignored": ignored, "refusal": refusal, "name": name_for(finder, chips)}


def name_for(finder, chips):
    """What is chosen, in a line; only what would be unclear says of which filter it is."""
    clear = {finder.fields[name].label for name in ("q", "status", "thema", "fonds", "organisatie")}
    parts = [str(chip.value).strip("“”") if chip.label in clear else f"{chip.label} {chip.value}" for chip in chips]
    return Truncator(", ".join(parts)).chars(saving.LONGEST_NAME)


def add(request):
    search = asked_search(request.GET)
    name, error = typed_name(request, search["name"])
    if search["refusal"] or error:
        return show(request, error, request.POST.get("name", ""))
    if not saving.save_search(request, search["state"], name):
        text = _("You saved %(most)s searches already. Remove one first.") % {"most": saving.MOST_SEARCHES}
        return show(request, text, name)
    messages.success(request, _("You saved the search “%(name)s”.") % {"name": name})
    if search["ignored"]:
        parts = ", ".join(Truncator(part).chars(40) for part in search["ignored"][:5])
        messages.warning(request, _("Not understood, and so not saved: %(parts)s") % {"parts": parts})
    return redirect(safe_next(request, request.POST) or f"{reverse('calls')}?{search['state']}")


def typed_name(request, otherwise=""):
    """(the name in the form, why it cannot be one)."""
    name = " ".join(request.POST.get("name", "").replace("\0", " ").split()) or otherwise
    if len(name) > saving.LONGEST_NAME:
        return name, _("A name has at most %(most)s characters.") % {"most": saving.LONGEST_NAME}
    return name, "" if name else _("Give the search a name.")


def rename(request):
    """The search is saved already, in the words of the address: what has no meaning now may have had one then."""
    name, error = typed_name(request)
    if error:
        messages.warning(request, error)
    elif saving.rename_search(request, request.GET.urlencode(), name):
        messages.success(request, _("The search is now called “%(name)s”.") % {"name": name})
    else:
        messages.warning(request, _("This search is not saved any more."))
    return redirect(safe_next(request, request.POST) or "saved")


def remove(request):
    saving.remove_search(request, request.GET.urlencode())
    messages.success(request, _("The search is no longer saved."))
    return redirect(safe_next(request, request.POST) or "saved")
