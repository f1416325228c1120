"""The floor of bin/bench serve: a bare Django view that answers the bytes of the files in FOLDER.

It says how long they are, as the portal does: without that gunicorn sends them in chunks, which costs more.
"""

import os
from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, HttpResponseNotModified
from django.urls import path

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="floor", MIDDLEWARE=[], LOGGING_CONFIG=None)


def read(file):
    body = file.read_bytes()
    encoding = {"Content-Encoding": "br"} if file.suffix == ".br" else {}
    return body, {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body))} | encoding


PAGES = {file.stem: read(file) for file in Path(os.environ["FOLDER"]).iterdir()}


def page(request, name):
    body, headers = PAGES[name]
    return HttpResponse(body, headers=headers)


def not_modified(request):
    return HttpResponseNotModified()


urlpatterns = [path("304", not_modified), path("<slug:name>", page)]
application = get_wsgi_application()
