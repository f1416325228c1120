from django.contrib import admin

from contacts.models import Contact
from portal.admin import ContentAdmin


@admin.register(Contact)
class ContactAdmin(ContentAdmin):
    list_display = ["organisation", "name", "kind", "email", "phone"]
    list_filter = ["kind"]
    search_fields = ["organisation", "name", "email"]
    fieldsets = [
        (None, {"fields": ["kind", "organisation", ("name", "role"), ("email", "phone"), "website"]}),
    ]
