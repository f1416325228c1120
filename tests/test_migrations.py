"""New migrations run while the release before still answers: what it could not live with takes two releases.

CONTRIBUTING.md says how.
"""

from pathlib import Path

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState

from tests.migrations import BASELINE, dangers, is_new, unreviewed

ROOT = Path(__file__).parent.parent
Add, Alter = migrations.AddField, migrations.AlterField


def test_every_new_migration_can_run_beside_the_release_before():
    loader = MigrationLoader(None)
    found = {}
    for (app, name), migration in loader.disk_migrations.items():
        if is_new(app, name):
            source = (ROOT / app / "migrations" / f"{name}.py").read_text(encoding="utf-8")
            found[app, name] = unreviewed(dangers(migration, loader.project_state((app, name), at_end=False)), source)
    assert {name: dangerous for name, dangerous in found.items() if dangerous} == {}


def test_the_baseline_is_of_migrations_that_exist():
    ours = [key for key in MigrationLoader(None).disk_migrations if key[0] in BASELINE]
    last = {app: max(int(name[:4]) for of, name in ours if of == app) for app in BASELINE}
    assert [app for app in BASELINE if BASELINE[app] > last[app]] == []


def test_it_would_have_seen_the_old_ones():
    """The check reads real files: of those before the baseline it refuses what it should."""
    loader = MigrationLoader(None)
    name = ("calls", "0007_desk_order")
    assert dangers(loader.disk_migrations[name], loader.project_state(name, at_end=False)) == [
        "RunPython: what it does is not known here"
    ]
    first = ("funds", "0001_initial")
    assert [one for one in dangers(loader.disk_migrations[first]) if one.startswith("CreateModel")] == []


@pytest.fixture
def state():
    """A table that is there already."""
    fields = [
        ("id", models.BigAutoField(primary_key=True)),
        ("title", models.CharField(max_length=200)),
        ("note", models.CharField(max_length=200, null=True)),
        ("count", models.IntegerField(db_default=0)),
    ]
    return ProjectState({("calls", "call"): ModelState("calls", "Call", fields)})


def found(state, *operations):
    migration = migrations.Migration("0099_test", "calls")
    migration.operations = list(operations)
    return dangers(migration, state)


WITHOUT = "the release before adds rows without it: give it db_default or null"
LONG, SHORT = models.CharField(max_length=300), models.CharField(max_length=100)
CHECK = models.CheckConstraint(condition=models.Q(title="a"), name="only_a")
INDEX = models.Index(fields=["title"], name="by_title")


@pytest.mark.parametrize(
    ("operation", "says"),
    [
        (migrations.RemoveField("call", "note"), "RemoveField call.note: the release before still uses it"),
        (migrations.RenameField("call", "note", "remark"), "RenameField call.note: the release before still uses it"),
        (migrations.DeleteModel("Call"), "DeleteModel Call: the release before still uses it"),
        (migrations.RenameModel("Call", "Oproep"), "RenameModel Call: the release before still uses it"),
        (
            migrations.AlterModelTable("Call", "x"),
            "AlterModelTable Call: the release before knows the table otherwise",
        ),
        (migrations.RunSQL("SELECT 1"), "RunSQL: what it does is not known here"),
        (
            migrations.AddIndex("call", INDEX),
            "AddIndex call.by_title: nothing can be written while PostgreSQL makes it",
        ),
        (
            migrations.AddConstraint("call", CHECK),
            "AddConstraint call.only_a: the release before may write rows that break it",
        ),
        (Add("call", "x", SHORT), f"AddField call.x: {WITHOUT}"),
        (
            Add("call", "x", models.IntegerField(default=0)),
            f"AddField call.x: {WITHOUT}",
        ),
        (
            Add("call", "x", models.IntegerField(null=True, unique=True)),
            "AddField call.x: a unique index is made under a lock",
        ),
        (Alter("call", "title", SHORT), "AlterField call.title: it becomes narrower"),
        (Alter("call", "title", models.IntegerField()), "AlterField call.title: its type changes"),
        (Alter("call", "note", LONG), "AlterField call.note: the release before may write nothing into it"),
        (
            Alter("call", "title", models.CharField(max_length=200, unique=True)),
            "AlterField call.title: the release before may write a value twice",
        ),
        (
            Alter("call", "title", models.CharField(max_length=200, db_column="t")),
            "AlterField call.title: its column has another name",
        ),
        (
            Alter("call", "count", models.IntegerField()),
            "AlterField call.count: the release before may add rows without it",
        ),
    ],
)
def test_what_is_refused(state, operation, says):
    assert found(state, operation) == [says]
    what = says.split(": ")[0]
    assert unreviewed([says], "") == [says]
    assert unreviewed([says], f"x = 1\n    # Reviewed: {what}: no") == [says]
    assert unreviewed([says], f"    # Reviewed: {what}x: not read since release 4") == [says]
    assert unreviewed([says], f"x = 1\n    # Reviewed: {what}: not read since release 4\n") == []


NEW = migrations.CreateModel("Visit", [("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField())])


@pytest.mark.parametrize(
    "operations",
    [
        [NEW],
        [NEW, migrations.AddIndex("visit", models.Index(fields=["n"], name="by_n")), Add("visit", "x", SHORT)],
        [Add("call", "x", models.IntegerField(null=True))],
        [Add("call", "x", models.IntegerField(db_default=0))],
        [Add("call", "x", models.ManyToManyField("calls.Call"))],
        [Alter("call", "title", LONG)],
        [Alter("call", "title", models.CharField("another name", max_length=200, choices=[("a", "A")]))],
        [Alter("call", "title", models.CharField(max_length=200, null=True))],
        [migrations.RemoveIndex("call", "by_title")],
        [migrations.AlterModelOptions("call", {"verbose_name": "oproep"})],
    ],
)
def test_what_may(state, operations):
    if isinstance(operations[0], migrations.RemoveIndex):
        state.add_index("calls", "call", INDEX)
    assert found(state, *operations) == []
