"""Which calls and searches somebody keeps: rows for a user, a choice in the session for a visitor, as with themes."""

from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import QueryDict

from accounts.following import change_session, chosen_ids, set_choice
from accounts.models import CallChoice, SavedSearch
from calls import panel
from calls.columns import current_columns
from calls.filters import CallFilter
from calls.models import Call
from calls.search.finding import hits_of_all
from calls.selection import Selection

Kind = CallChoice.Kind
# Where the session of a visitor keeps them; what is not relevant is about notices, which only users get.
KEYS = {Kind.SAVED: "saved_calls", Kind.NEXT_EDITION: "next_editions"}
SEARCHES = "saved_searches"
MOST_CHOICES, MOST_SEARCHES = 500, 50
# Saving a call unmutes it, and the other way round.
OPPOSITE = {Kind.SAVED: Kind.IRRELEVANT, Kind.IRRELEVANT: Kind.SAVED}
LONGEST_NAME, LONGEST_STATE = 100, 2_000  # the columns of SavedSearch hold no more

# Calls ---------------------------------------------------------------------------------------------------------------


def chosen_calls(request):
    """{kind: the primary keys of the calls chosen so}, in one query at most; none for a visitor who chose none."""
    chosen = {kind: set() for kind in Kind.values}
    if request.user.is_authenticated:
        for kind, pk in CallChoice.objects.filter(user=request.user).values_list("kind", "call"):
            chosen[kind].add(pk)
        return chosen
    ids = {kind: set(chosen_ids(request.session, key)) for kind, key in KEYS.items()}
    wanted = set.union(*ids.values())
    known = set(Call.objects.filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()
    return chosen | {kind: pks & known for kind, pks in ids.items()}


def once_public():
    """What can be chosen, and what was withdrawn and may still be removed."""
    return Call.objects.published() | Call.objects.withdrawn()


def call_to_choose(user, slug):
    """The call or None. For a user it also says which choices they made, as `has_…`, and how many about all calls."""
    calls = once_public().filter(slug=slug).for_line()
    if user.is_authenticated:
        own = CallChoice.objects.filter(user=user)
        of_call = {f"has_{kind}": Exists(own.filter(call=OuterRef("pk"), kind=kind)) for kind in Kind.values}
        number = own.order_by().values("user").annotate(number=Count("pk")).values("number")
        calls = calls.annotate(**of_call, choices_made=Coalesce(Subquery(number), 0))
    return calls.first()


def set_call_choice(request, call, kind, wanted):
    """Choose so for a call of `call_to_choose`, or no longer; False where the user or visitor chose too many already.

    Doing it twice is the same as doing it once. Raises IntegrityError where the call was deleted meanwhile.
    """
    if not request.user.is_authenticated:
        ids = chosen_ids(request.session, KEYS[kind])
        if wanted and call.pk not in ids and len(ids) >= MOST_CHOICES:
            return False
        set_choice(request, KEYS[kind], call.pk, wanted)
        return True
    own = CallChoice.objects.filter(user=request.user, call=call)
    if not wanted:
        own.filter(kind=kind).delete()
    elif kind in OPPOSITE and getattr(call, f"has_{OPPOSITE[kind]}") and not getattr(call, f"has_{kind}"):
        own.filter(kind=OPPOSITE[kind]).update(kind=kind, reminder_days=None)
    elif call.choices_made >= MOST_CHOICES and not getattr(call, f"has_{kind}"):
        return False
    else:
        CallChoice.objects.bulk_create([CallChoice(user=request.user, call=call, kind=kind)], ignore_conflicts=True)
    return True


def choices_by_kind(request):
    """{kind: its choices with their calls, what comes next first}; a visitor's are choices that are in no database."""
    if request.user.is_authenticated:
        choices = list(CallChoice.objects.filter(user=request.user))
    else:
        ids = {kind: chosen_ids(request.session, key) for kind, key in KEYS.items()}
        choices = [CallChoice(call_id=pk, kind=kind) for kind, pks in ids.items() for pk in pks]
    calls = once_public().for_line().prefetch_related("cutoffs").in_bulk({choice.call_id for choice in choices})
    found = {kind: [] for kind in Kind.values}
    for choice in choices:
        if choice.call_id in calls:
            choice.call = calls[choice.call_id]
            found[choice.kind].append(choice)
    add_editions(found[Kind.NEXT_EDITION])
    return {kind: sorted(rows, key=by_next_date) for kind, rows in found.items()}


def add_editions(choices):
    """`came`: the running editions of the calls of these choices, in whatever way the reader hears of them."""
    families = {choice.call.family for choice in choices} - {""}
    running = list(Call.objects.published().current().filter(family__in=families).for_line())
    for choice in choices:
        choice.came = [call for call in running if call.family == choice.call.family and call.pk != choice.call_id]


def by_next_date(choice):
    call = choice.call
    at = call.next_date
    return (call.status == call.Status.CLOSED, at is None, at.timestamp() if at else 0, call.pk)


# Searches ------------------------------------------------------------------------------------------------------------


def saved_searches(request):
    """Those of the user or the visitor, by name; a visitor's are in no database."""
    if request.user.is_authenticated:
        return list(SavedSearch.objects.filter(user=request.user))
    return [SavedSearch(state=state, name=name) for state, name in sorted(kept_searches(request.session), key=by_name)]


def by_name(pair):
    return pair[1].lower()


def kept_searches(session):
    """(state, name) of the searches in the session; anything else that stands there counts as none."""
    stored = session.get(SEARCHES)
    return [tuple(one) for one in stored if is_search(one)] if isinstance(stored, list) else []


def is_search(stored):
    """Whether a piece of a session is [state, name] as rows can hold them."""
    texts = isinstance(stored, list) and len(stored) == 2 and all(isinstance(text, str) for text in stored)
    return texts and 0 < len(stored[0]) <= LONGEST_STATE and 0 < len(stored[1]) <= LONGEST_NAME


def save_search(request, state, name):
    """Keep a search, or give the one that is kept this name; False where too many are kept already."""
    if request.user.is_authenticated:
        return add_search(request.user, state, name)
    others = [one for one in kept_searches(request.session) if one[0] != state]
    if len(others) >= MOST_SEARCHES:
        return False
    keep_in_session(request, state, [[state, name]], begins=True)
    return True


# One statement: counting before it adds would be a query more, and let two clicks at once pass the limit.
ADD = """
INSERT INTO accounts_savedsearch (user_id, name, state, created_at)
SELECT %s, %s, %s, CURRENT_TIMESTAMP
WHERE (SELECT COUNT(*) FROM accounts_savedsearch WHERE user_id = %s AND state <> %s) < %s
ON CONFLICT (user_id, state) DO UPDATE SET name = excluded.name
"""


def add_search(user, state, name):
    with connection.cursor() as cursor:
        cursor.execute(ADD, [user.pk, name, state, user.pk, state, MOST_SEARCHES])
        return cursor.rowcount > 0


def rename_search(request, state, name):
    """False where no such search is kept."""
    if request.user.is_authenticated:
        return SavedSearch.objects.filter(user=request.user, state=state).update(name=name) > 0
    if state not in dict(kept_searches(request.session)):
        return False
    keep_in_session(request, state, [[state, name]], begins=False)
    return True


def remove_search(request, state):
    if request.user.is_authenticated:
        SavedSearch.objects.filter(user=request.user, state=state).delete()
    else:
        keep_in_session(request, state, [], begins=False)


def keep_in_session(request, state, instead, *, begins):
    def others_and(session):
        return [*(list(one) for one in kept_searches(session) if one[0] != state), *instead]

    change_session(request, SEARCHES, others_and, begins=begins)


def look_at(searches):
    """The searches, each with the `total` it finds now, its `filters` as text, and what of it is `gone` meanwhile.

    As many queries for fifty as for one.
    """
    if not searches:
        return []
    columns = current_columns()
    finders = [CallFilter(QueryDict(search.state), columns) for search in searches]
    with_words = [finder for finder in finders if finder.search]
    hits = hits_of_all([finder.search for finder in with_words], columns.pk)
    hits = {id(finder): found for finder, found in zip(with_words, hits, strict=True)}
    for search, finder in zip(searches, finders, strict=True):
        search.filters = " · ".join(f"{chip.label}: {chip.value}" for chip in panel.chips(finder))
        search.gone = finder.ignored
        search.total = Selection(columns, finder.criteria, hits.get(id(finder))).total
    return searches


# What a visitor kept becomes rows ------------------------------------------------------------------------------------


def keeps_something(request, chosen):
    """Whether a visitor keeps a call of `chosen_calls` or a search."""
    return any(chosen.values()) or bool(kept_searches(request.session))


def keep_saved(session, user):
    """Add the visitor's calls and searches to the account, as far as there is room; whether all of it fitted."""
    ids = {kind: chosen_ids(session, key) for kind, key in KEYS.items()}
    fitted = keep_calls(user, ids) if any(ids.values()) else True
    return all(add_search(user, state, name) for state, name in unknown_searches(session, user)) and fitted


def unknown_searches(session, user):
    """Those that the account has under no name yet: its own names stay."""
    kept = kept_searches(session)
    known = set(SavedSearch.objects.filter(user=user).values_list("state", flat=True)) if kept else set()
    return [(state, name) for state, name in kept if state not in known]


@transaction.atomic
def keep_calls(user, ids):
    """`ids`: {kind: primary keys}. A call that was deleted meanwhile is passed over; a saved one is not muted."""
    wanted = {pk for pks in ids.values() for pk in pks}
    rows = Call.objects.filter(pk__in=wanted).order_by("pk").select_for_update(no_key=True)
    calls = set(rows.values_list("pk", flat=True))
    own = CallChoice.objects.filter(user=user)
    own.filter(kind=Kind.IRRELEVANT, call__in=ids[Kind.SAVED]).delete()
    known = set(own.values_list("kind", "call"))
    new = [(kind, pk) for kind, pks in ids.items() for pk in dict.fromkeys(pks) if pk in calls]
    new = [choice for choice in new if choice not in known]
    room = max(MOST_CHOICES - len(known), 0)
    choices = [CallChoice(user=user, call_id=pk, kind=kind) for kind, pk in new[:room]]
    CallChoice.objects.bulk_create(choices, ignore_conflicts=True)
    return len(new) <= room
