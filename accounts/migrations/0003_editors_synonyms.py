from django.db import migrations

GROUP = "VLEVA-redactie"


def add_rights(apps, schema_editor):
    """Editors keep the synonyms of the search."""
    group = apps.get_model("auth.Group").objects.filter(name=GROUP).first()
    if group is None:
        return
    content_type, _ = apps.get_model("contenttypes.ContentType").objects.get_or_create(
        app_label="calls", model="synonym"
    )
    for right in ("add", "change", "delete", "view"):
        permission, _ = apps.get_model("auth.Permission").objects.get_or_create(
            content_type=content_type, codename=f"{right}_synonym", defaults={"name": f"Can {right} synonym"}
        )
        group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_editors"), ("calls", "0003_search")]
    operations = [migrations.RunPython(add_rights, migrations.RunPython.noop)]
