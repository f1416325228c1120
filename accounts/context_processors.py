from django.utils.functional import SimpleLazyObject

from accounts.following import followed_themes


def following(request):
    """`followed`: the themes that the user or visitor follows, looked up only by templates that ask."""
    return {"followed": SimpleLazyObject(lambda: followed_themes(request))}
