from allauth.account.admin import EmailAddressAdmin
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import call_admin  # noqa: F401 - registers itself
from accounts.audit import AuditEvent, record
from accounts.models import User
from accounts.my_data import PREFERENCES
from portal.admin import ReadOnly

RIGHTS = ["is_active", "is_staff", "is_superuser"]

# Secrets and sessions are nobody's to edit; each user manages their own on the account pages.
admin.site.unregister([Authenticator, UserSession])
# Registered again below, with what colleagues do to them in the audit log.
admin.site.unregister([EmailAddress, Group])


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

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if detail := changed_rights(form):
            record(AuditEvent.Kind.RIGHTS, pk=form.instance.pk, by=request.user, detail=detail)

    def user_change_password(self, request, id, form_url=""):
        response = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == 302:
            record(AuditEvent.Kind.PASSWORD, pk=id, by=request.user)
        return response

    def delete_model(self, request, obj):
        super().delete_model(request, obj)
        record(AuditEvent.Kind.DELETED, by=request.user)

    def delete_queryset(self, request, queryset):
        deleted = queryset.count()
        super().delete_queryset(request, queryset)
        for _one in range(deleted):
            record(AuditEvent.Kind.DELETED, by=request.user)

    def get_deleted_objects(self, objs, request):
        """The log is read-only, but what somebody did at the desk goes with the account."""
        deletable, counts, missing, protected = super().get_deleted_objects(objs, request)
        return deletable, counts, missing - {LogEntry._meta.verbose_name}, protected

    @admin.action(description=_("Remove the second factor (for somebody who lost it)"), permissions=["change"])
    def remove_second_factor(self, request, users):
        for user in users:
            Authenticator.objects.filter(user=user).delete()
            self.log_change(request, user, gettext("Second factor removed."))
            record(AuditEvent.Kind.FACTOR_REMOVED, pk=user.pk, by=request.user)
        self.message_user(request, gettext("They can now log in without a second factor and set up a new one."))


def changed_rights(form):
    """What the form of a user gave (+) and took (−): “+ stafstatus, − VLEVA-lezers”."""
    changed = [User._meta.get_field(name) for name in RIGHTS if name in form.changed_data]
    chosen = [(field.verbose_name, form.cleaned_data[field.name]) for field in changed]
    return given_and_taken(chosen + exchanged(form, "groups", "name"))


def exchanged(form, field, name):
    """[(name, whether it was added)] of what a field with several rows has more and less than before."""
    before, after = set(form.initial.get(field, [])), set(form.cleaned_data.get(field, []))
    return sorted((getattr(one, name), one in after) for one in before ^ after)


def given_and_taken(chosen):
    return ", ".join(f"{'+' if given else '−'} {name}" for name, given in chosen)


@admin.register(Group)
class RolesAdmin(GroupAdmin):
    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if detail := given_and_taken(exchanged(form, "permissions", "codename")):
            record(AuditEvent.Kind.RIGHTS, by=request.user, detail=f"{form.instance}: {detail}")

    def log_deletions(self, request, queryset):
        for group in queryset:
            record(AuditEvent.Kind.RIGHTS, by=request.user, detail=f"− {group}")
        return super().log_deletions(request, queryset)


@admin.register(EmailAddress)
class AddressesAdmin(EmailAddressAdmin):
    def log_addition(self, request, obj, message):
        record(AuditEvent.Kind.EMAIL, pk=obj.user_id, by=request.user)
        return super().log_addition(request, obj, message)

    def log_change(self, request, obj, message):
        record(AuditEvent.Kind.EMAIL, pk=obj.user_id, by=request.user)
        return super().log_change(request, obj, message)

    def log_deletions(self, request, queryset):
        for address in queryset:
            record(AuditEvent.Kind.EMAIL, pk=address.user_id, by=request.user)
        return super().log_deletions(request, queryset)

    @admin.action(description=EmailAddressAdmin.make_verified.short_description)
    def make_verified(self, request, queryset):
        unverified = list(queryset.filter(verified=False))
        super().make_verified(request, queryset)
        for address in unverified:
            self.log_change(request, address, gettext("Confirmed."))


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnly):
    """For who may see it: superusers, until a group gets that right."""

    change_list_template = "admin/logs.html"
    list_display = ["at", "what", "account", "by"]
    list_display_links = None
    list_filter = ["kind"]
    list_select_related = ["user", "by"]
    list_per_page = 100
    date_hierarchy = "at"
    ordering = ["-at", "-pk"]
    search_fields = ["user__email", "user__first_name", "user__last_name", "by__email", "detail"]

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(
            request, {"title": capfirst(self.opts.verbose_name_plural)} | (extra_context or {})
        )

    @admin.display(description=_("what"), ordering="kind")
    def what(self, event):
        return f"{event.get_kind_display()}: {event.detail}" if event.detail else event.get_kind_display()

    @admin.display(description=_("account"), ordering="user__email")
    def account(self, event):
        return event.user or _("unknown or deleted")
