from django.db import migrations

GROUP = "VLEVA-redactie"
CONTENT = {
    "calls": ["call", "objective", "action", "budget", "cutoff", "document"],
    "funds": ["theme", "applicanttype", "fund", "fundobjective", "fundbudget", "fundcontact"],
    "contacts": ["contact"],
}
RIGHTS = ["add", "change", "delete", "view"]


def make_group(apps, schema_editor):
    """Editors may do everything with content, and nothing with accounts."""
    Permission = apps.get_model("auth.Permission")
    ContentType = apps.get_model("contenttypes.ContentType")
    group, _ = apps.get_model("auth.Group").objects.get_or_create(name=GROUP)
    for app, models in CONTENT.items():
        for model in models:
            # Django itself makes these rows only after the last migration.
            content_type, _ = ContentType.objects.get_or_create(app_label=app, model=model)
            for right in RIGHTS:
                name = f"Can {right} {apps.get_model(app, model)._meta.verbose_name}"
                permission, _ = Permission.objects.get_or_create(
                    content_type=content_type, codename=f"{right}_{model}", defaults={"name": name}
                )
                group.permissions.add(permission)


def remove_group(apps, schema_editor):
    apps.get_model("auth.Group").objects.filter(name=GROUP).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("calls", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make_group, remove_group)]
