from django.conf import settings
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_cache_control

READABLE = ("text/", "application/json", "application/xml", "application/atom+xml", "image/svg")


class PublicGZipMiddleware(GZipMiddleware):
    """Compresses what everybody may see; never a page that belongs to a session (BREACH), nor fonts and images."""

    def process_response(self, request, response):
        readable = response.get("Content-Type", "").startswith(READABLE)
        return super().process_response(request, response) if readable and is_public(request, response) else response


class ResourcePolicyMiddleware:
    """No page elsewhere shows our pages, files and images as its own (Cross-Origin-Resource-Policy)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


class PrivateCacheMiddleware:
    """What was made for a session is kept by the reader's own browser alone, whatever a cache thinks of Vary."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if not is_public(request, response) and "Cache-Control" not in response:
            patch_cache_control(response, private=True)
        return response


def is_public(request, response):
    """Static files, and pages that no session and no new form cookie had a part in."""
    cookies = settings.SESSION_COOKIE_NAME in request.COOKIES or response.cookies
    return request.path_info.startswith(settings.STATIC_URL) or not cookies
