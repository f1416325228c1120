from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import UserAdmin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import call_admin  # noqa: F401 - registers itself
from accounts.models import User
from accounts.my_data import PREFERENCES

# Secrets and sessions are nobody's to edit; each user manages their own on the account pages.
admin.site.unregister([Authenticator, UserSession])


@admin.register(User)
class AccountAdmin(UserAdmin):
    ordering = ["email"]
    list_display = ["email", "first_name", "last_name", "is_staff", "last_login"]
    search_fields = ["email", "first_name", "last_name"]
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        (_("Name"), {"fields": [("first_name", "last_name")]}),
        (_("Rights"), {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
        (_("Mails"), {"fields": [*PREFERENCES, "bounced_at", "bounce"]}),
    ]
    add_fieldsets = [(None, {"classes": ["wide"], "fields": ["email", "usable_password", "password1", "password2"]})]
    actions = ["remove_second_factor"]

    def get_readonly_fields(self, request, obj=None):
        """Users change their address themselves, with a confirmation; the old one would go on logging in.

        Which mails they want is theirs to say too.
        """
        return ["email", *PREFERENCES, "bounced_at", "bounce"] if obj else []

    def get_deleted_objects(self, objs, request):
        """The log is read-only, but what somebody did at the desk goes with the account."""
        deletable, counts, missing, protected = super().get_deleted_objects(objs, request)
        return deletable, counts, missing - {LogEntry._meta.verbose_name}, protected

    @admin.action(description=_("Remove the second factor (for somebody who lost it)"), permissions=["change"])
    def remove_second_factor(self, request, users):
        for user in users:
            Authenticator.objects.filter(user=user).delete()
            self.log_change(request, user, gettext("Second factor removed."))
        self.message_user(request, gettext("They can now log in without a second factor and set up a new one."))
