from django.db import migrations

# The order of the desk's list. SQLite puts what is empty last by itself, and knows no such index.
ADD = "CREATE INDEX call_desk_order ON calls_call (deadline DESC NULLS LAST, id DESC)"
DROP = "DROP INDEX call_desk_order"


def on_postgresql(sql):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql)

    return run


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0006_last_seen"),
    ]

    operations = [
        migrations.RunPython(on_postgresql(ADD), on_postgresql(DROP)),
    ]
