"""The account pages, which are allauth's. What one changes (rows, session, mail) is kept whole or not at all."""

from functools import wraps

from allauth.core.exceptions import ImmediateHttpResponse, ReauthenticationRequired
from allauth.urls import urlpatterns
from django.db import transaction
from django.urls import URLResolver

__all__ = ["urlpatterns"]


def whole(view):
    """The view in a transaction with its session, which holds the code that a mail names."""

    @wraps(view)
    def kept(request, *args, **kwargs):
        if request.method != "POST":
            return view(request, *args, **kwargs)
        with transaction.atomic():
            try:
                response = view(request, *args, **kwargs)
            except (ImmediateHttpResponse, ReauthenticationRequired) as exception:
                response, answer = None, exception  # allauth's way to answer: nothing went wrong
            if request.session.modified and not request.session.is_empty():
                request.session.save()
        if response is None:
            raise answer
        return response

    return kept


def keep_whole(patterns):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            keep_whole(pattern.url_patterns)
        else:
            pattern.callback = whole(pattern.callback)


keep_whole(urlpatterns)
