"""Which themes somebody follows: rows for a user; for a visitor a choice in the session, which log-in makes rows."""

from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.crypto import get_random_string, salted_hmac

from accounts.models import Follow
from funds.models import Theme

KEY = "themes"


def followed_themes(request):
    """The themes that the user or the visitor follows, by name. Reading never starts a session."""
    if request.user.is_authenticated:
        return list(Theme.objects.filter(followers=request.user))
    ids = chosen_ids(request.session)
    return list(Theme.objects.filter(pk__in=ids)) if ids else []


def set_following(request, theme, wanted):
    """Follow the theme, or no longer. Doing it twice is the same as doing it once."""
    if not request.user.is_authenticated:
        set_choice(request, theme, wanted)
    elif wanted:
        follow(request.user, [theme.pk])
    else:
        Follow.objects.filter(user=request.user, theme=theme).delete()


def follow(user, theme_ids):
    """Add the themes to those the user follows; one that was deleted meanwhile is passed over."""
    with transaction.atomic():
        themes = Theme.objects.filter(pk__in=theme_ids).select_for_update(no_key=True)
        Follow.objects.bulk_create([Follow(user=user, theme=theme) for theme in themes], ignore_conflicts=True)


def chosen_ids(session):
    """The primary keys in the session; what an older or broken session holds there counts as no choice."""
    stored = session.get(KEY)
    return [pk for pk in stored if isinstance(pk, int)] if isinstance(stored, list) else []


@transaction.atomic
def set_choice(request, theme, wanted):
    """Change the session under a lock on its row, so that two clicks at once both count."""
    needs_cookie = request.session.session_key is None
    if needs_cookie and not wanted:
        return
    request.session, is_new = locked_session(request)
    others = [pk for pk in chosen_ids(request.session) if pk != theme.pk]
    request.session[KEY] = [*others, theme.pk] if wanted else others
    save_choice(request.session)
    # For the middleware: nothing is left to save, but a new session still needs its cookie.
    request.session.is_saved = True
    request.session.modified = needs_cookie or is_new


def locked_session(request):
    """The session as it is now in the database, kept from others until the transaction ends; and whether it is new.

    It is new also where another click has just ended it.
    """
    store = type(request.session)
    key = request.session.session_key or first_session_key(request)
    empty = {"session_data": store().encode({}), "expire_date": request.session.get_expiry_date()}
    _, is_new = Session.objects.select_for_update().get_or_create(session_key=key, defaults=empty)
    return store(key), is_new


def first_session_key(request):
    """The same for two first clicks at once, which share the secret of the form's cookie, so that neither is lost."""
    secret = request.META.get("CSRF_COOKIE") or get_random_string(32)
    return salted_hmac("accounts.following", secret, algorithm="sha256").hexdigest()[:32]


def save_choice(session):
    if not session[KEY]:
        del session[KEY]
    if session.keys():
        session.save()
    else:
        session.flush()


def keep_choice(session, user):
    """Add the visitor's choice to the account; the session keeps it until the log-in is complete."""
    if ids := chosen_ids(session):
        follow(user, ids)
