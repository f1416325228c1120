"""The Wagtail site of bin/bench serve: what `wagtail start` writes, with the portal's language and database options.

SITE_CACHE=true switches Django's cache of whole pages on, as its documentation says, in the memory of each worker.
"""

import os
from pathlib import Path

import dj_database_url

BASE_DIR = Path(__file__).parent
SECRET_KEY = "only on this machine, for as long as the bench runs"
DEBUG = False
ALLOWED_HOSTS = ["*"]

INSTALLED_APPS = [
    "content",
    "wagtail.contrib.forms",
    "wagtail.contrib.redirects",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
]
if os.environ.get("SITE_CACHE") == "true":
    MIDDLEWARE = [
        "django.middleware.cache.UpdateCacheMiddleware",
        "django.middleware.gzip.GZipMiddleware",  # below it, so that compressed pages are kept
        *MIDDLEWARE,
        "django.middleware.cache.FetchFromCacheMiddleware",
    ]

ROOT_URLCONF = "urls"
WSGI_APPLICATION = "wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# The options of portal/settings.py.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA cache_size=-16000;"
    "PRAGMA mmap_size=268435456;PRAGMA temp_store=MEMORY;",
}
POSTGRESQL_OPTIONS = {"pool": {"min_size": 1, "max_size": 4, "timeout": 2}, "connect_timeout": 3}
DATABASES = {"default": dj_database_url.config(conn_health_checks=True)}
SQLITE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
DATABASES["default"] |= {"OPTIONS": DATABASES["default"].get("OPTIONS", {})}
DATABASES["default"]["OPTIONS"] |= SQLITE_OPTIONS if SQLITE else POSTGRESQL_OPTIONS
DATABASES["default"]["CONN_MAX_AGE"] = None if SQLITE else 0

LANGUAGE_CODE = "nl"
TIME_ZONE = "Europe/Brussels"
USE_THOUSAND_SEPARATOR = True
STATIC_URL = "/static/"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

WAGTAIL_SITE_NAME = "VLEVA"
WAGTAILADMIN_BASE_URL = "http://localhost"
# The command that fills the site indexes it once, at the end.
WAGTAILSEARCH_BACKENDS = {
    "default": {
        "BACKEND": "wagtail.search.backends.database",
        "AUTO_UPDATE": False,
        **({} if SQLITE else {"SEARCH_CONFIG": "dutch"}),
    }
}
