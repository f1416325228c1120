"""Gunicorn reads this by itself when it is started in this folder."""

import gc
import os
import shutil
import signal
from tempfile import mkdtemp

from portal.environment import METRICS_TOKEN
from portal.logs import LOGGING

logconfig_dict = LOGGING
# Loaded before the workers are forked: they start at once and share its memory. SIGUSR2 brings in new code.
preload_app = True
# Nobody steers it but by signals, and its socket would need a home folder.
control_socket_disable = True
# Where the workers count for /metrics/: set before prometheus_client is loaded, new for each master.
COUNTS = mkdtemp(prefix="portal-metrics-") if METRICS_TOKEN else ""
if COUNTS:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = COUNTS


# A page is some thousands of objects, of which a few hundred are left to the collector: by default it would look at
# all pages that are being made several times each.
gc.set_threshold(20_000)


def when_ready(server):
    """What is loaded stays, and is nothing for the collectors of the workers to look at.

    A new master has loaded the new code: the old one answers what it has begun, and goes.
    """
    gc.collect()
    gc.freeze()
    if server.master_pid:
        os.kill(server.master_pid, signal.SIGTERM)


def on_exit(server):
    if COUNTS:
        shutil.rmtree(COUNTS, ignore_errors=True)
