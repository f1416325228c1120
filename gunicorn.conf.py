"""Gunicorn reads this by itself when it is started in this folder."""

import os
import signal

from portal.logs import LOGGING

logconfig_dict = LOGGING
# Loaded before the workers are forked: they start at once and share its memory. SIGUSR2 brings in new code.
preload_app = True


def when_ready(server):
    """A new master has loaded the new code: the old one answers what it has begun, and goes."""
    if server.master_pid:
        os.kill(server.master_pid, signal.SIGTERM)
