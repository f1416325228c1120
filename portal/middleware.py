from django.conf import settings
from django.middleware.gzip import GZipMiddleware


class PublicGZipMiddleware(GZipMiddleware):
    """Compresses what everybody may see; never a page that belongs to a session (BREACH)."""

    def process_response(self, request, response):
        private = settings.SESSION_COOKIE_NAME in request.COOKIES or settings.CSRF_COOKIE_NAME in response.cookies
        return response if private else super().process_response(request, response)
