import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
# Somebody waits for every answer; the commands of manage.py have no such limit.
os.environ.setdefault("STATEMENT_SECONDS", "20")
application = get_wsgi_application()

from portal import page_cache, urls  # noqa: E402, F401 - they need the models; loaded once for all workers

application = page_cache.before(application)
