"""What comes from the environment, read once, and what production refuses to start without."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from environs import Env, validate

env = Env()
BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.path("DATA_DIR", BASE_DIR / "data")
DEVELOPMENT = env.bool("DEVELOPMENT", False)
DEBUG = env.bool("DEBUG", False)
STAFF_SECOND_FACTOR = env.bool("STAFF_SECOND_FACTOR", True)
LOG_FORMAT = env.str("LOG_FORMAT", "line" if DEVELOPMENT else "json", validate=validate.OneOf(["json", "line"]))
METRICS_TOKEN = env.str("METRICS_TOKEN", "")


def development_secret_key():
    """A key that outlives a restart, so that nobody is logged out by one."""
    path = DATA_DIR / "secret-key"
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    try:
        with open(path, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    return path.read_text()


def refuse_half_configured():
    needed = ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "EMAIL_HOST", "DEFAULT_FROM_EMAIL", "SITE_URL"]
    problems = [f"{name} is not set" for name in needed if not env.str(name, "")]
    problems += ["SECRET_KEY is shorter than 50 characters"] if 0 < len(env.str("SECRET_KEY", "")) < 50 else []
    fallbacks = env.list("SECRET_KEY_FALLBACKS", [])
    problems += ["SECRET_KEY_FALLBACKS has a key shorter than 50"] if any(len(key) < 50 for key in fallbacks) else []
    problems += ["ALLOWED_HOSTS allows every host"] if "*" in env.list("ALLOWED_HOSTS", []) else []
    problems += (
        ["DATABASE_URL is not a PostgreSQL database"] if env.str("DATABASE_URL", "").startswith("sqlite") else []
    )
    problems += ["METRICS_TOKEN is shorter than 20 characters"] if 0 < len(METRICS_TOKEN) < 20 else []
    problems += ["DEBUG is on"] if DEBUG else []
    problems += [] if STAFF_SECOND_FACTOR else ["STAFF_SECOND_FACTOR is off"]
    if problems:
        raise ImproperlyConfigured(
            f"Production settings: {'; '.join(problems)}. (To try the portal on your own machine: DEVELOPMENT=true.)"
        )
