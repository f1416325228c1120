from django.db import migrations

EDITORS, CONTRIBUTORS, READERS = "VLEVA-redactie", "VLEVA-bijdragers", "VLEVA-lezers"
PARTS = ["objective", "action", "budget", "cutoff", "document"]
DESK = ["problem", "link", "emptysearch", "record", "importrun"]
AROUND = {
    "funds": ["theme", "applicanttype", "fund", "fundobjective", "fundbudget", "fundcontact"],
    "contacts": ["contact"],
}
ALL = ["add", "change", "delete", "view"]
RIGHTS = {
    EDITORS: [
        ("calls", "call", ["publish"]),
        ("calls", "proposal", ["change", "view"]),
        *(("calls", model, ["view"]) for model in DESK),
        ("admin", "logentry", ["view"]),
    ],
    CONTRIBUTORS: [
        ("calls", "call", ["add", "change", "view"]),
        *(("calls", model, ALL) for model in PARTS),
        *(("calls", model, ["view"]) for model in [*DESK, "proposal", "synonym"]),
        *((app, model, ["view"]) for app, models in AROUND.items() for model in models),
        ("admin", "logentry", ["view"]),
    ],
    READERS: [
        *(("calls", model, ["view"]) for model in ["call", *PARTS, *DESK, "proposal", "synonym"]),
        *((app, model, ["view"]) for app, models in AROUND.items() for model in models),
        ("admin", "logentry", ["view"]),
    ],
}


def make_roles(apps, schema_editor):
    """Editors publish, contributors write drafts, readers look."""
    Permission = apps.get_model("auth.Permission")
    ContentType = apps.get_model("contenttypes.ContentType")
    for name, rights in RIGHTS.items():
        group, _ = apps.get_model("auth.Group").objects.get_or_create(name=name)
        for app, model, actions in rights:
            content_type, _ = ContentType.objects.get_or_create(app_label=app, model=model)
            for action in actions:
                # Django itself makes these rows only after the last migration.
                label = "Can publish calls" if action == "publish" else f"Can {action} {model}"
                permission, _ = Permission.objects.get_or_create(
                    content_type=content_type, codename=f"{action}_{model}", defaults={"name": label}
                )
                group.permissions.add(permission)


def remove_roles(apps, schema_editor):
    apps.get_model("auth.Group").objects.filter(name__in=[CONTRIBUTORS, READERS]).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_mails_of_accounts"),
        ("calls", "0005_editors_desk"),
        ("funds", "0001_initial"),
        ("contacts", "0001_initial"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]
    operations = [migrations.RunPython(make_roles, remove_roles)]
