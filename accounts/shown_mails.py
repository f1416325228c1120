"""The outbox as pages, on a developer's machine without a mail server; nowhere else, because codes stand in it."""

from email import message_from_bytes, policy
from functools import wraps

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.csp import CSP
from django.views.decorators.cache import never_cache
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe

from accounts.models import Message

SHOWN = 100


def on_this_machine_only(view):
    @never_cache
    @require_safe
    @wraps(view)
    def shown(request, **arguments):
        if not settings.SHOWS_MAILS or request.META["REMOTE_ADDR"] not in ("127.0.0.1", "::1"):
            raise Http404
        return view(request, **arguments)

    return shown


@on_this_machine_only
def mails(request):
    return render(request, "shown_mails/list.html", {"mails": Message.objects.order_by("-pk")[:SHOWN]})


@on_this_machine_only
def mail(request, pk):
    row = get_object_or_404(Message, pk=pk)
    written = message_from_bytes(bytes(row.content), policy=policy.default)
    context = {"mail": row, "headers": written.items(), "text": part(written, "plain"), "html": part(written, "html")}
    return render(request, "shown_mails/mail.html", context)


def part(written, kind):
    found = written.get_body(preferencelist=(kind,))
    return found.get_content() if found else ""


@csp_override({"default-src": [CSP.NONE], "style-src": [CSP.UNSAFE_INLINE], "frame-ancestors": [CSP.NONE]})
@on_this_machine_only
def html_part(request, pk):
    """As a mail program shows it: the styles stand in the elements."""
    written = message_from_bytes(bytes(get_object_or_404(Message, pk=pk).content), policy=policy.default)
    return HttpResponse(part(written, "html"))
