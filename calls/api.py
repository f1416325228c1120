"""The open data: published calls, funds and themes, for everybody to read. Nothing here knows who asks."""

from functools import wraps

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import get_conditional_response, set_response_etag
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI, Query
from ninja.errors import HttpError, ValidationError
from ninja.openapi.docs import DocsBase

from calls import api_schemas as schemas
from calls.columns import current_columns
from calls.filters import CallFilter, said
from calls.models import Call
from calls.selection import Criteria, Selection, StatusChoice
from funds.models import Fund, Theme
from portal.limits import limited

METHODS = ["GET", "HEAD"]
HEADERS = {"Cache-Control": "public, max-age=60", "Access-Control-Allow-Origin": "*"}
PAGING = ("limit", "offset")
DESCRIPTION = """\
The calls, funds and themes of this site as open data: no key, no cookies, GET only, from any web page.

Every answer has an `ETag`: ask again with `If-None-Match` and get a 304 while nothing has changed. A minute between \
two looks is enough. What the query string says and nobody understands is refused with a 400 that names it; a call \
that the funder withdrew answers 410. Moments are Belgian time with their offset, amounts are euro as decimal strings.
"""


class Docs(DocsBase):
    """Swagger UI from our own static files, without a script, style or request that our security policy refuses."""

    SETTINGS = {
        "layout": "BaseLayout",
        "deepLinking": True,
        "defaultModelsExpandDepth": 0,
        "supportedSubmitMethods": ["get"],
        "validatorUrl": None,  # else the page calls a service elsewhere
    }

    def render_page(self, request, api, **kwargs):
        settings = self.SETTINGS | {"url": self.get_openapi_url(api, kwargs)}
        # Without the request: this page has no session, no user and no form.
        return HttpResponse(render_to_string("calls/api.html", {"api": api, "settings": settings}))


class OpenData(NinjaAPI):
    @property
    def urls(self):
        patterns, app_name, namespace = super().urls
        for pattern in patterns:
            pattern.callback = as_open_data(pattern.callback)
        return patterns, app_name, namespace

    def get_openapi_operation_id(self, operation):
        return operation.view_func.__name__


def as_open_data(view):
    """What every answer has, errors included: JSON, an ETag, the same headers."""

    @csrf_exempt
    @limited("api", too_often)
    @wraps(view)
    def answer(request, *args, **kwargs):
        response = view(request, *args, **kwargs) if request.method in METHODS else not_allowed()
        set_response_etag(response)
        response = get_conditional_response(request, etag=response.get("ETag"), response=response)
        for name, value in HEADERS.items():
            response[name] = value
        return response

    return answer


def problem(status, detail, **more):
    return JsonResponse({"detail": detail} | more, status=status)


def too_often(request):
    response = problem(429, "Too many questions in a minute; see Retry-After.")
    response["Access-Control-Allow-Origin"] = HEADERS["Access-Control-Allow-Origin"]
    return response


def not_allowed():
    response = problem(405, "This is open data to read: GET and HEAD only.")
    response["Allow"] = ", ".join(METHODS)
    return response


api = OpenData(
    title="VLEVA: EU funding calls",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    docs=Docs(),
    openapi_extra={"info": {"license": {"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"}}},
)


def read(path, response, *errors, **options):
    """A route for GET, and for HEAD without a place of its own in the document."""
    problems = {400: schemas.BadQuery, 404: schemas.Problem, 410: schemas.Problem}
    responses = {200: response} | {status: problems[status] for status in errors}

    def register(view):
        api.api_operation(["HEAD"], path, response=responses, include_in_schema=False)(view)
        return api.get(path, response=responses, **options)(view)

    return register


@api.exception_handler(Http404)
def not_found(request, error):
    return problem(404, "There is nothing at this address; see /api/v1/docs.")


@api.exception_handler(ValidationError)
def wrong_query(request, error):
    names = dict.fromkeys(found["loc"][-1] for found in error.errors)
    return bad_query([f"{name}={value}" for name in names for value in request.GET.getlist(name)[-1:]])


def bad_query(parameters):
    return problem(400, "The query string has parts without a meaning.", parameters=parameters)


class UnknownParameters(Exception):
    pass


@api.exception_handler(UnknownParameters)
def unknown_parameters(request, error):
    return bad_query(error.args[0])


def refuse(parameters):
    if parameters:
        raise UnknownParameters(parameters)


def refuse_parameters(request):
    """For addresses that take none."""
    refuse([f"{name}={value}" for name, values in said(request.GET) for value in values if value])


def add_open_calls(things, name):
    """Gives each theme or fund its number of open calls."""
    counts = Selection(current_columns(), Criteria(status=StatusChoice.OPEN)).counts(name)
    for thing in things:
        thing.open_calls = counts.get(thing.slug, 0)


# Calls ---------------------------------------------------------------------------------------------------------------


@read("/calls", schemas.CallPage, 400, summary="Calls", tags=["Calls"])
def list_calls(request, query: Query[schemas.CallQuery]):
    """The published calls that fit the same filters, in the same order, as on the page of calls."""
    asked = request.GET.copy()
    for name in PAGING:
        asked.pop(name, None)
    calls = CallFilter(asked)
    refuse(calls.meaningless)
    end = query.offset + query.limit
    return {
        "count": calls.selection.total,
        "next": next_part(request, calls, query) if end < calls.selection.total else None,
        "items": rows().in_order(calls.selection.pks(query.offset, end)),
    }


def rows():
    return Call.objects.published().for_list().prefetch_related("applicant_types", "fund__applicant_types")


def next_part(request, calls, query):
    paging = f"limit={query.limit}&offset={query.offset + query.limit}"
    state = f"{calls.state}&" if calls.state else ""
    return request.build_absolute_uri(f"{reverse('api:list_calls')}?{state}{paging}")


@read("/calls/{slug:slug}", schemas.CallDetail, 400, 404, 410, summary="One call", tags=["Calls"])
def get_call(request, slug: str):
    """All that the page of a published call says; 410 when the funder withdrew it."""
    refuse_parameters(request)
    call = Call.objects.published().for_page().filter(slug=slug).first()
    if call:
        return call
    if Call.objects.withdrawn().filter(slug=slug).exists():
        raise HttpError(410, "The funder withdrew this call.")
    raise Http404


# Funds ---------------------------------------------------------------------------------------------------------------


@read("/funds", schemas.FundList, 400, summary="Funds", tags=["Funds"])
def list_funds(request):
    """Every fund, with its number of open calls."""
    refuse_parameters(request)
    funds = list(Fund.objects.prefetch_related("themes"))
    add_open_calls(funds, "fund")
    return {"count": len(funds), "items": funds}


@read("/funds/{slug:slug}", schemas.FundDetail, 400, 404, summary="One fund", tags=["Funds"])
def get_fund(request, slug: str):
    """All that the page of a fund says. Its calls: /calls?status=alle&fonds=…"""
    refuse_parameters(request)
    fund = get_object_or_404(Fund.objects.for_page(), slug=slug)
    add_open_calls([fund], "fund")
    return fund


# Themes --------------------------------------------------------------------------------------------------------------


@read("/themes", schemas.ThemeList, 400, summary="Themes", tags=["Themes"])
def list_themes(request):
    """The main themes with the themes below them, each with its number of open calls."""
    refuse_parameters(request)
    roots = list(Theme.objects.roots())
    add_open_calls([*roots, *(child for root in roots for child in root.children.all())], "theme")
    return {"count": len(roots), "items": roots}


@read("/themes/{slug:slug}", schemas.ThemeDetail, 400, 404, summary="One theme", tags=["Themes"])
def get_theme(request, slug: str):
    """A theme, its place in the tree and its funds. Its calls: /calls?status=alle&thema=…"""
    refuse_parameters(request)
    themes = Theme.objects.select_related("parent").prefetch_related("children", "funds")
    theme = get_object_or_404(themes, slug=slug)
    add_open_calls([theme, *theme.children.all()], "theme")
    return theme


@api.api_operation(METHODS, "/", include_in_schema=False)
def index(request):
    return redirect("api:openapi-view")


@api.api_operation(METHODS, "/{path:rest}", include_in_schema=False)
def nothing_here(request, rest: str):
    raise Http404
