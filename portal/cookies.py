from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage


class HostCookieStorage(CookieStorage):
    cookie_name = f"{settings.COOKIE_PREFIX}messages"


class Messages(FallbackStorage):
    """What Django does, in a cookie that bears our prefix."""

    storage_classes = (HostCookieStorage, *FallbackStorage.storage_classes[1:])
