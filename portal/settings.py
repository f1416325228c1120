"""The one settings file. Everything that differs between machines comes from the environment.

Without DEVELOPMENT=true these are production settings, and they refuse to start half-configured.
"""

from django.utils.csp import CSP

from portal import crashes, environment, logs
from portal.databases import database
from portal.environment import BASE_DIR, DATA_DIR, DEVELOPMENT, env

if not DEVELOPMENT:
    environment.refuse_half_configured()

DEBUG = environment.DEBUG
STAFF_SECOND_FACTOR = environment.STAFF_SECOND_FACTOR
SECRET_KEY = env.str("SECRET_KEY", "") or environment.development_secret_key()
# Keys of before: what they signed stays valid, nothing is signed with them any more.
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", [])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
# What mails put before the path of a page, for example https://oproepen.vleva.eu.
SITE_URL = env.str("SITE_URL", f"http://localhost:{env.int('PORT', 8000)}").rstrip("/")
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])

INSTALLED_APPS = [
    # Before ours: accounts takes two of its models out of the admin again.
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "accounts",
    "calls",
    "funds",
    "contacts",
    "portal.apps.PortalConfig",
    "portal.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "admin_ordering",
    "import_export",
    "reversion",
    "django_htmx",
    "django_prose_editor",
    "ninja",
]

MIDDLEWARE = [
    "portal.replicas.ReplicaMiddleware",
    "portal.page_cache.PageCacheMiddleware",
    "portal.metrics.MetricsMiddleware",
    "portal.middleware.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "portal.middleware.ResourcePolicyMiddleware",
    "portal.middleware.PublicCompressionMiddleware",
    "portal.middleware.PrivateCacheMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "accounts.middleware.StaffSecondFactorMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

CONTEXT = [
    "django.template.context_processors.request",
    "django.template.context_processors.csp",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
    "accounts.context_processors.following",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["portal.templatetags.once"],
            "context_processors": CONTEXT,
        },
    },
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "jinja2"],
        "OPTIONS": {"environment": "portal.jinja.environment", "context_processors": [*CONTEXT, "portal.jinja.parts"]},
    },
]

# Database -----------------------------------------------------------------------------------------------------------

DATABASES = {"default": database(env.str("DATABASE_URL", "") or f"sqlite:///{DATA_DIR / 'portal.sqlite3'}")}
# Copies of a PostgreSQL primary that visitors may read.
REPLICA_URLS: list[str] = env.list("REPLICA_URLS", [])
DATABASES |= {f"replica{number}": database(url) for number, url in enumerate(REPLICA_URLS, 1)}
REPLICAS = [name for name in DATABASES if name != "default"]
DATABASE_ROUTERS = ["portal.replicas.ReplicaRouter"] if REPLICAS else []
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Finished pages for visitors that one worker keeps; 0 keeps none.
PAGE_CACHE_MEGABYTES = env.int("PAGE_CACHE_MEGABYTES", 0 if DEBUG else 32)
# The rate limits count in the cache, so all workers must share it.
CACHE_TABLE = {
    "BACKEND": "django.core.cache.backends.db.DatabaseCache",
    "LOCATION": "cache",
    "OPTIONS": {"MAX_ENTRIES": 100_000},
}
CACHE_URL = env.str("CACHE_URL", "")
REDIS = {
    "BACKEND": "portal.caches.RedisOrDatabase",
    "LOCATION": CACHE_URL,
    "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 1},
}
CACHES = {"default": REDIS if CACHE_URL else CACHE_TABLE, "database": CACHE_TABLE}

# Accounts -----------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}Validator"}
    for name in ("UserAttributeSimilarity", "MinimumLength", "CommonPassword", "NumericPassword")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "mine"
LOGOUT_REDIRECT_URL = "home"
CSRF_FAILURE_VIEW = "portal.views.csrf_failure"

ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
USERSESSIONS_ADAPTER = "accounts.adapter.SessionsAdapter"
ACCOUNT_FORMS = {"confirm_login_code": "accounts.forms.LoginCodeForm"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
# Its form appears only for new addresses, so it would tell a stranger who has an account here.
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE = False
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = True
MFA_SUPPORTED_TYPES = ["recovery_codes", "totp", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "VLEVA"
MFA_TOTP_TOLERANCE = 1  # a code typed at the turn of the half minute counts, as RFC 6238 advises
MFA_FORMS = {
    "add_webauthn": "accounts.forms.AddKeyForm",
    "edit_webauthn": "accounts.forms.EditKeyForm",
    "authenticate": "accounts.forms.SecondFactorForm",
    "authenticate_webauthn": "accounts.forms.KeyForm",
    "reauthenticate": "accounts.forms.SecondFactorAgainForm",
    "reauthenticate_webauthn": "accounts.forms.KeyAgainForm",
    "login_webauthn": "accounts.forms.PasskeyForm",
}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEVELOPMENT
# {what costs much: how often in a minute one address or account may ask for it}; 0 sets no limit.
RATE_LIMITS = {
    "search": env.int("SEARCHES_A_MINUTE", 300),
    "api": env.int("API_ANSWERS_A_MINUTE", 300),
    "files": env.int("FILES_A_MINUTE", 60),
}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0)

SESSION_ENGINE = "accounts.sessions"

# Mail ---------------------------------------------------------------------------------------------------------------

# Every mail is a row of the outbox (accounts.Message); a worker sends it through the mailer "delivery".
MAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", 60)  # seconds; a server that looks for spam takes its time to answer
SMTP = {
    "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "OPTIONS": {
        "host": env.str("EMAIL_HOST", ""),
        "port": env.int("EMAIL_PORT", 587),
        "username": env.str("EMAIL_USER", ""),
        "password": env.str("EMAIL_PASSWORD", ""),
        "use_tls": env.bool("EMAIL_USE_TLS", True),
        "timeout": MAIL_TIMEOUT,
    },
}
CONSOLE = {"BACKEND": "portal.mail.ReadableConsole"}
MAILERS = {
    "default": {"BACKEND": "accounts.outbox.Outbox"},
    "delivery": SMTP if env.str("EMAIL_HOST", "") else CONSOLE,
}
# On a developer's machine the mails are shown on the console and at /ontwikkeling/mails/.
SHOWS_MAILS = DEVELOPMENT and not env.str("EMAIL_HOST", "")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "VLEVA <vleva@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Language and time --------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "nl"
LANGUAGES = [("nl", "Nederlands")]
# The second folder corrects other packages' texts; makemessages would drop those from the first.
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale_vendor"]
TIME_ZONE = "Europe/Brussels"
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = "portal.formats"
URLIZE_ASSUME_HTTPS = True

# Files --------------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", BASE_DIR / "staticfiles")
STATICFILES_DIRS = [BASE_DIR / "static"]
FIXTURE_DIRS = [BASE_DIR / "fixtures"]
# The search API of the EU Funding & Tenders Portal, where import_calls asks for calls.
PORTAL_API = env.str("PORTAL_API", "https://api.tech.ec.europa.eu/search-api/prod/rest").rstrip("/")
# Compressing the editor's files takes half a minute: worth it in the image, not at every start on a desk.
COMPRESS_STATIC = env.bool("COMPRESS_STATIC", not DEVELOPMENT)
STORAGES = {
    "default": {
        "BACKEND": env.str("DOCUMENT_STORAGE", "") or "calls.documents.WholeFiles",
        "OPTIONS": env.json("DOCUMENT_STORAGE_OPTIONS", {"location": str(DATA_DIR / "documents")}),
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if COMPRESS_STATIC
        else "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    },
}
DOCUMENT_MEGABYTES = env.int("DOCUMENT_MEGABYTES", 25)
FILE_UPLOAD_HANDLERS = [
    "calls.documents.BoundedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
WHITENOISE_KEEP_ONLY_HASHED_FILES = COMPRESS_STATIC

# Security -----------------------------------------------------------------------------------------------------------

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF, CSP.NONCE],
    # The hash is of the one constant <style> that the text editor (prose-editor 0.28) adds.
    "style-src": [CSP.SELF, "'sha256-PlumsSlvJ7vvWzjqibGAYKq92O3y/4JTxWWsWJvyUYA='"],
    "img-src": [CSP.SELF, "data:"],
    **{name: [CSP.SELF] for name in ("font-src", "connect-src", "manifest-src", "form-action")},
    **{name: [CSP.NONE] for name in ("frame-ancestors", "base-uri", "object-src")},
}
PERMISSIONS_POLICY: dict[str, list | str] = {
    feature: [] for feature in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
} | {"publickey-credentials-get": "self", "publickey-credentials-create": "self"}
X_FRAME_OPTIONS = "DENY"
# Browsers keep a cookie of this name for this host alone, and only from https.
COOKIE_PREFIX = "" if DEVELOPMENT else "__Host-"
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
CSRF_COOKIE_HTTPONLY = True
MESSAGE_STORAGE = "portal.cookies.Messages"
if not DEVELOPMENT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ALLAUTH_TRUSTED_PROXY_COUNT else None
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz/$", r"^readyz/$", r"^metrics/$"]
    SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", 30 * 24 * 3600)
    # Subdomains and the preload list bind a whole domain, which is VLEVA's to decide about.
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

# Watching -----------------------------------------------------------------------------------------------------------

LOGGING = logs.LOGGING
METRICS_TOKEN = environment.METRICS_TOKEN
# A worker gives a sign of life at least every minute; after so many without one /readyz/ says so. 0: never.
WORKER_SILENT_MINUTES = env.int("WORKER_SILENT_MINUTES", 10)
crashes.report_to(env.str("SENTRY_DSN", ""))
