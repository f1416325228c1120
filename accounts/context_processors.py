from django.utils.functional import SimpleLazyObject

from accounts.following import followed_themes
from accounts.saving import chosen_calls, keeps_something


def following(request):
    """Looked up only by templates that ask. All are about the user or the visitor.

    `followed`: the themes that they follow; `chosen_calls`: {kind: primary keys};
    `keeps_something`: whether a visitor saved calls or searches.
    """
    if not hasattr(request, "user"):
        return {}  # refused before it was clear who asks
    if hasattr(request, "own_page"):
        return request.own_page.context
    chosen = SimpleLazyObject(lambda: chosen_calls(request))
    return {
        "followed": SimpleLazyObject(lambda: followed_themes(request)),
        "chosen_calls": chosen,
        "keeps_something": SimpleLazyObject(lambda: keeps_something(request, chosen)),
    }
