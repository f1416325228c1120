"""Which themes somebody follows: rows for a user; for a visitor a choice in the session, which log-in makes rows."""

from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.crypto import get_random_string, salted_hmac

from accounts.models import Follow
from funds.models import Theme

KEY = "themes"
LARGEST_ID = 2**63 - 1  # that a database takes


def followed_themes(request):
    """The themes that the user or the visitor follows, by name. Reading never starts a session."""
    if request.user.is_authenticated:
        return list(Theme.objects.filter(followers=request.user))
    ids = chosen_ids(request.session)
    return list(Theme.objects.filter(pk__in=ids)) if ids else []


def set_following(request, theme, wanted):
    """Follow the theme, or no longer. Doing it twice is the same as doing it once.

    Raises IntegrityError where the theme was deleted meanwhile.
    """
    if not request.user.is_authenticated:
        set_choice(request, KEY, theme.pk, wanted)
    elif wanted:
        Follow.objects.bulk_create([Follow(user=request.user, theme=theme)], ignore_conflicts=True)
    else:
        Follow.objects.filter(user=request.user, theme=theme).delete()


def follow(user, theme_ids):
    """Add the themes to those the user follows; one that was deleted meanwhile is passed over."""
    with transaction.atomic():
        themes = Theme.objects.filter(pk__in=theme_ids).select_for_update(no_key=True)
        Follow.objects.bulk_create([Follow(user=user, theme=theme) for theme in themes], ignore_conflicts=True)


def keep_choice(session, user):
    """Add the visitor's choice to the account; the session keeps it until the log-in is complete."""
    if ids := chosen_ids(session):
        follow(user, ids)


# The choice of a visitor ---------------------------------------------------------------------------------------------


def chosen_ids(session, key=KEY):
    """The primary keys in the session; what an older or broken session holds there counts as no choice."""
    stored = session.get(key)
    return [pk for pk in stored if isinstance(pk, int) and 0 < pk <= LARGEST_ID] if isinstance(stored, list) else []


def set_choice(request, key, pk, wanted):
    """Add a primary key to those that the visitor's session keeps, or take it away."""

    def without_and_with(session):
        others = [other for other in chosen_ids(session, key) if other != pk]
        return [*others, pk] if wanted else others

    change_session(request, key, without_and_with, begins=wanted)


@transaction.atomic
def change_session(request, key, change, *, begins):
    """Put what `change(session)` gives under a key, with a lock on the row, so that two clicks at once both count.

    A visitor without a session gets one only by a choice that begins something.
    """
    needs_cookie = request.session.session_key is None
    if needs_cookie and not begins:
        return
    request.session, is_new = locked_session(request)
    request.session[key] = change(request.session)
    save_choice(request.session, key)
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


def save_choice(session, key):
    if not session[key]:
        del session[key]
    if session.keys():
        session.save()
    else:
        session.flush()
