"""Gunicorn reads this by itself when it is started in this folder."""

from portal.logs import LOGGING

logconfig_dict = LOGGING
