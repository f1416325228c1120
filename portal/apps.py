from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig

from portal.environment import LOG_FORMAT
from portal.logs import log_what_nothing_catches


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self):
        if LOG_FORMAT == "json":
            log_what_nothing_catches()


class PortalAdminConfig(AdminConfig):
    default_site = "portal.admin.PortalAdminSite"
