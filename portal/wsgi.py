import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
# Somebody waits for every answer; the commands of manage.py have no such limit.
os.environ.setdefault("STATEMENT_SECONDS", "20")
application = get_wsgi_application()
