import json
import sys
from datetime import date, datetime
from itertools import batched
from time import monotonic

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Max
from django.utils.timezone import localdate
from tqdm import tqdm

from calls.announcing import last_announcement
from calls.demo import demo_calls
from calls.demo_names import FUNDS
from calls.models import Action, Announcement, Budget, Call, Cutoff, Objective
from calls.search.indexing import index_calls
from funds.models import ApplicantType, Fund, Theme

BATCH = 2_000  # calls in a transaction
ROWS = 200  # rows in a statement


class Command(BaseCommand):
    help = "Fills the database with made-up calls; the same number, seed and day give the same calls."

    def add_arguments(self, parser):
        parser.add_argument("--calls", type=int, required=True, help="how many")
        parser.add_argument("--add", action="store_true", help="also where there are calls already")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--today", type=date.fromisoformat, help="the day the calls are seen from: YYYY-MM-DD")

    def handle(self, calls, add, seed, today, verbosity, **options):
        refuse_impossible(calls, add)
        start = monotonic()
        before = last_pk()
        rows = demo_calls(calls, today or localdate(), seed, before + 1)
        watched = verbosity > 0 and sys.stderr.isatty()
        with tqdm(total=calls, unit=" calls", disable=not watched) as bar:
            write(rows, bar.update)
        be_no_news(Call.objects.published().filter(pk__gt=before))
        if verbosity:
            self.stdout.write(f"{calls} calls written in {monotonic() - start:.1f} s; now the search index.")
        index_calls(None, progress=watched)


def refuse_impossible(calls, add):
    if calls < 1:
        raise CommandError("--calls must be 1 or more.")
    if (present := Call.objects.count()) and not add:
        raise CommandError(
            f"This database already holds {present} call{'s' if present > 1 else ''}. Nothing was written; "
            "use --add to put the made-up calls beside them."
        )


def write(demos, advance):
    """Writes DemoCalls in batches, each in a transaction of its own; `advance` hears how many."""
    owners = Owners()
    pk = last_pk()
    for batch in batched(demos, BATCH, strict=False):
        with transaction.atomic():
            write_batch(list(enumerate(batch, pk + 1)), owners)
        pk += len(batch)
        advance(len(batch))
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Call]):
            cursor.execute(statement)


def write_batch(demos, owners):
    insert(Call, [{"id": pk, "fund_id": owners.funds[demo.fund], **demo.fields} for pk, demo in demos])
    for model, name in ((Objective, "objectives"), (Action, "actions"), (Budget, "budgets"), (Cutoff, "cutoffs")):
        rows = ((pk, order, fields) for pk, demo in demos for order, fields in enumerate(getattr(demo, name), 1))
        insert(model, [{"call_id": pk, "order": order, **fields} for pk, order, fields in rows])
    themes = ((pk, owners.themes[slug]) for pk, demo in demos for slug in demo.themes)
    insert(Call.themes.through, [{"call_id": pk, "theme_id": theme} for pk, theme in themes])
    types = ((pk, owners.types[slug]) for pk, demo in demos for slug in demo.applicant_types)
    insert(Call.applicant_types.through, [{"call_id": pk, "applicanttype_id": one} for pk, one in types])


def insert(model, rows):
    """Plain INSERTs of {column: value}: bulk_create makes objects and cleans each text twice, three times as slow."""
    fields = [field for field in model._meta.concrete_fields if not field.primary_key or model is Call]
    defaults = [(field.attname, field.get_db_prep_save(field.get_default(), connection)) for field in fields]
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    start = f"INSERT INTO {connection.ops.quote_name(model._meta.db_table)} ({columns}) VALUES "  # noqa: S608
    places = f"({', '.join(['%s'] * len(fields))})"
    at_once = min(ROWS, connection.ops.bulk_batch_size(fields, rows))
    with connection.cursor() as cursor:
        for part in batched(map(adapted, rows), at_once, strict=False):
            values = [row.get(name, default) for row in part for name, default in defaults]
            cursor.execute(start + ", ".join([places] * len(part)), values)


def adapted(row):
    """With moments as this database takes them."""
    adapt = connection.ops.adapt_datetimefield_value
    return {name: adapt(value) if isinstance(value, datetime) else value for name, value in row.items()}


def be_no_news(calls):
    """As if they had been announced a while ago: nobody gets a mail about made-up calls."""
    calls.update(announcement=last_announcement() or Announcement.objects.create().pk)


def last_pk():
    return Call.objects.aggregate(Max("pk"))["pk__max"] or 0


class Owners:
    """The primary keys of the themes, types and funds that made-up calls belong to; makes those that are missing."""

    def __init__(self):
        rows = json.loads((settings.BASE_DIR / "fixtures" / "funds.json").read_text(encoding="utf-8"))
        self.themes, self.types = {}, {}
        for row in rows:
            if row["model"] == "funds.theme":
                parent = self.themes[row["fields"]["parent"][0]] if row["fields"]["parent"] else None
                self.keep(self.themes, Theme, row["fields"], parent_id=parent)
            elif row["model"] == "funds.applicanttype":
                self.keep(self.types, ApplicantType, row["fields"])
        self.funds = {
            (number, period): self.fund(fund, period) for number, fund in enumerate(FUNDS) for period in fund.periods
        }

    def keep(self, known, model, fields, **more):
        found, _ = model.objects.get_or_create(name=fields["name"], defaults={"slug": fields["slug"], **more})
        known[fields["slug"]] = found.pk

    def fund(self, demo, period):
        fund, new = Fund.objects.get_or_create(
            abbreviation=demo.abbreviation, period=period, defaults={"name": demo.name}
        )
        if new:
            fund.themes.set(self.themes[slug] for slug in demo.themes)
            fund.applicant_types.set(self.types.values())
        return fund.pk
