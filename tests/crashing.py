"""The portal for gunicorn, with a page that fails as real code would: the database refuses a row with an address."""

from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user_model
from django.urls import path

from portal.wsgi import application

__all__ = ["application"]


def crash(request):
    for _ in range(2):
        get_user_model().objects.create(email="jan.peeters@example.org")


import_module(settings.ROOT_URLCONF).urlpatterns.insert(0, path("stuk/", crash))
