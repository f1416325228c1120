"""The floor of bin/bench serve: a bare Django view that answers the bytes of the files in FOLDER."""

import os
from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="floor", MIDDLEWARE=[], LOGGING_CONFIG=None)
PAGES = {page.name: page.read_bytes() for page in Path(os.environ["FOLDER"]).iterdir()}
HEADERS = {"Content-Encoding": "br", "Content-Type": "text/html; charset=utf-8"}


def page(request, name):
    return HttpResponse(PAGES[name], headers=HEADERS)


urlpatterns = [path("<slug:name>", page)]
application = get_wsgi_application()
