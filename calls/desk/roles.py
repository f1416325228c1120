"""Who may do what with calls: editors everything, contributors only drafts, readers look."""

from django.contrib import admin

from calls.status import Publication

PUBLISHING = ["published_at", "withdrawn_at"]


class RolesAdmin(admin.ModelAdmin):
    """For one call the same rule as `Call.objects.editable_by`, without a query each time the form asks."""

    def has_change_permission(self, request, obj=None):
        own = obj is None or obj.publication == Publication.DRAFT or self.has_publish_permission(request)
        return own and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        own = obj is None or self.has_change_permission(request, obj)
        return own and super().has_delete_permission(request, obj)

    def has_publish_permission(self, request):
        """Also what an action with permissions=["publish"] asks."""
        return request.user.has_perm("calls.publish_call")

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        return fields if self.has_publish_permission(request) else [*fields, *PUBLISHING]
