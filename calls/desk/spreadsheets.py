"""Calls as a spreadsheet: out, edited elsewhere, and in again after a look at what would change; all or nothing."""

from hashlib import sha256

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.resources import ModelResource

from calls.changes import record, snapshot
from calls.desk.checks import refresh
from calls.desk.models import Problem
from calls.desk.publishing import in_the_way
from calls.desk.roles import PUBLISHING
from calls.desk.spreadsheet_cells import (
    LANGUAGES,
    MODELS,
    TEXT,
    Moment,
    One,
    RowsField,
    RowsWidget,
    Several,
    budget_text,
    cutoff_text,
    edited_since,
    moment_text,
    read_budget,
    read_cutoff,
)
from calls.desk.spreadsheet_files import TOO_LONG
from calls.desk.versions import versioned
from calls.models import Budget, Call, Cutoff
from funds.models import ApplicantType, Fund, Theme

SLUG, EDITED = "webadres", "gewijzigd op"
MOST_CHANGES = 100  # lines that change nothing cost nothing; of others somebody waits for the versions


class CallResource(ModelResource):
    """A line a call. The names of the columns are part of what people keep: they never change."""

    slug = Field("slug", SLUG, TEXT)
    title = Field("title", "titel", TEXT)
    title_language = Field("title_language", "taal van de titel", LANGUAGES)
    code = Field("code", "code", TEXT)
    family = Field("family", "familie", TEXT)
    fund = Field("fund", "fonds", One(Fund))
    themes = Field("themes", "themas", Several(Theme))
    applicant_types = Field("applicant_types", "organisaties", Several(ApplicantType))
    opens_at = Field("opens_at", "opent", Moment())
    deadline_model = Field("deadline_model", "soort deadline", MODELS)
    deadline = Field("deadline", "deadline", Moment())
    cutoffs = RowsField("cutoffs", "tussentijdse deadlines", RowsWidget(Cutoff, cutoff_text, read_cutoff))
    budgets = RowsField("budgets", "bedragen", RowsWidget(Budget, budget_text, read_budget))
    source_url = Field("source_url", "bron", TEXT)
    published_at = Field("published_at", "gepubliceerd op", Moment())
    withdrawn_at = Field("withdrawn_at", "ingetrokken op", Moment())
    introduction = Field("introduction", "inleiding", TEXT)
    objectives_before = Field("objectives_before", "voor de doelstellingen", TEXT)
    objectives_after = Field("objectives_after", "na de doelstellingen", TEXT)
    actions_before = Field("actions_before", "voor de acties", TEXT)
    actions_after = Field("actions_after", "na de acties", TEXT)
    budget_text = Field("budget_text", "budget in woorden", TEXT)
    beneficiaries = Field("beneficiaries", "begunstigden", TEXT)
    target_group = Field("target_group", "doelgroep", TEXT)
    final_beneficiaries = Field("final_beneficiaries", "eindbegunstigden", TEXT)
    info_contact = Field("info_contact", "info en contact", TEXT)

    class Meta:
        model = Call
        fields = (
            "slug",
            "title",
            "title_language",
            "code",
            "family",
            "fund",
            "themes",
            "applicant_types",
            "opens_at",
            "deadline_model",
            "deadline",
            "cutoffs",
            "budgets",
            "source_url",
            "published_at",
            "withdrawn_at",
            "introduction",
            "objectives_before",
            "objectives_after",
            "actions_before",
            "actions_after",
            "budget_text",
            "beneficiaries",
            "target_group",
            "final_beneficiaries",
            "info_contact",
        )
        import_id_fields = ("slug",)
        use_transactions = True
        clean_model_instances = True
        skip_diff = True
        report_skipped = True

    def __init__(self, user, **kwargs):
        super().__init__(**kwargs)
        self.user = user

    # Out -------------------------------------------------------------------------------------------------------------

    def cells(self, call):
        """{column: text} of a call fetched with `for_export`."""
        ordered = (self.fields[name] for name in self._meta.fields)
        return {field.column_name: field.export(call) or "" for field in ordered}

    def line(self, call):
        """What goes out: the cells, and when the call was edited last, so that an old file shows its age."""
        return self.cells(call) | {EDITED: moment_text(call.updated_at)}

    # In --------------------------------------------------------------------------------------------------------------

    def before_import(self, dataset, **kwargs):
        slugs = [slug for slug in dataset[SLUG] if slug]
        self.calls = Call.objects.for_export().in_bulk(set(slugs), field_name="slug")
        self.editable = set(Call.objects.editable_by(self.user).filter(slug__in=slugs).values_list("slug", flat=True))
        self.seen, self.changing = set(), 0

    def get_or_init_instance(self, instance_loader, row):
        slug = row[SLUG]
        if not slug:
            return Call(), True
        if slug not in self.calls:
            raise ValidationError(
                _("No call has the web address %(slug)s. Leave it empty for a new draft.") % {"slug": slug}
            )
        if slug in self.seen:
            raise ValidationError(_("This call stands in the file twice."))
        self.seen.add(slug)
        return self.calls[slug], False

    def after_init_instance(self, instance, new, row, **kwargs):
        """What the row changes: the cells that differ from how we would write them."""
        self.before = self.cells(instance) if not new else {}
        self.changed = {
            column: text
            for column, text in row.items()
            if text != self.before.get(column, "").strip() and text != TOO_LONG and column not in (SLUG, EDITED)
        }
        self.changing += bool(self.changed)
        self.newer = "" if new else edited_since(instance, row.get(EDITED, ""))
        if self.changing > MOST_CHANGES:
            self.refuse_more()
        if new and any(row.values()) and not self.user.has_perm("calls.add_call"):
            raise ValidationError(_("You may not make new calls."))
        if not new and self.changed and instance.slug not in self.editable:
            raise ValidationError(_("You may not change this call."))
        if not self.user.has_perm("calls.publish_call") and self.changed.keys() & self.publishing():
            raise ValidationError(_("You may not publish or withdraw calls."))

    def refuse_more(self):
        """Said once; what follows is passed over."""
        self.changed = {}
        if self.changing == MOST_CHANGES + 1:
            text = _("More than %(most)s calls change. Divide the file: from this line on it is for a next time.")
            raise ValidationError(text % {"most": MOST_CHANGES})

    def publishing(self):
        return {self.fields[name].column_name for name in PUBLISHING}

    def skip_row(self, instance, original, row, import_validation_errors=None):
        return not self.changed

    def import_field(self, field, instance, row, is_m2m=False, **kwargs):
        if field.column_name in self.changed:
            super().import_field(field, instance, row, is_m2m, **kwargs)

    def import_instance(self, instance, row, **kwargs):
        """All that is wrong with a line at once, each beside its column."""
        errors = {}
        for field in self.get_import_fields():
            if not isinstance(field.widget, Several | RowsWidget):
                try:
                    self.import_field(field, instance, row, **kwargs)
                except ValidationError as error:
                    errors[field.attribute] = error
        if errors:
            raise ValidationError(errors)

    def before_save_instance(self, instance, row, **kwargs):
        self.facts = None if kwargs["dry_run"] or not instance.pk else snapshot(instance)
        self.stored = Call.objects.for_export().get(pk=instance.pk) if instance.pk else None

    def save_m2m(self, instance, row, **kwargs):
        for field in self.get_import_fields():
            if isinstance(field.widget, Several | RowsWidget):
                try:
                    self.import_field(field, instance, row, is_m2m=True, **kwargs)
                except ValidationError as error:
                    raise ValidationError({field.attribute: error.messages}) from error
        self.calls[instance.slug] = Call.objects.for_export().get(pk=instance.pk)
        self.warnings = warnings_of(self.calls[instance.slug], self.stored)
        if self.facts:
            record(instance, self.facts)

    def after_import_row(self, row, row_result, **kwargs):
        """What changes is looked up in a dry run alone: later on nobody sees it again."""
        row_result.changes, row_result.warnings = list(self.changed), self.warnings if self.changed else []
        row_result.newer = self.newer
        if not kwargs["dry_run"]:
            return
        after = self.cells(self.calls[row_result.instance.slug]) if self.changed else self.before
        row_result.changes = [
            (column, self.before.get(column, ""), text)
            for column, text in after.items()
            if text != self.before.get(column, "")
        ]


def warnings_of(call, stored):
    """The texts that somebody has to see before the call appears; errors refuse the line, as they do in the form."""
    problems = in_the_way(call, stored)
    if errors := [problem.text for problem in problems if problem.level == Problem.Level.ERROR]:
        raise ValidationError(errors)
    return [problem.text for problem in problems]


COLUMNS = [*(CallResource.fields[name].column_name for name in CallResource._meta.fields), EDITED]


# What came of it -----------------------------------------------------------------------------------------------------


class Outcome:
    """What a spreadsheet would change, or has changed: a list of lines, each with its changes or its errors."""

    def __init__(self, result, resource):
        names = {field.attribute: field.column_name for field in resource.fields.values()}
        self.errors = [(1, "", str(error.error)) for error in result.base_errors]
        for row in result.invalid_rows:
            self.errors += [
                (row.number + 1, names.get(name, ""), text) for name, texts in row.error_dict.items() for text in texts
            ]
        self.errors += [(row.number + 1, "", str(one.error)) for row in result.error_rows for one in row.errors]
        self.errors.sort(key=lambda error: error[0])
        rows = [(line, row) for line, row in enumerate(result.rows, 2) if getattr(row, "changes", None)]
        self.rows = [
            (line, row.is_new(), str(row.instance), row.changes, [*filter(None, [row.newer]), *row.warnings])
            for line, row in rows
        ]
        self.new = sum(new for _line, new, *_rest in self.rows)
        self.changed = len(self.rows) - self.new
        self.newer = sum(bool(row.newer) for _line, row in rows)
        self.warnings = sum(bool(row.warnings) for _line, row in rows)
        self.same = len(result.rows) - len(self.rows) - len({line for line, _column, _text in self.errors})
        self.calls = [row.instance for _line, row in rows]
        self.known = [row.instance for _line, row in rows if not row.is_new()]

    @property
    def digest(self):
        """What somebody has seen, and agrees to."""
        return sha256(repr((self.rows, self.errors)).encode()).hexdigest()


def look(dataset, user):
    """What the spreadsheet would change; nothing stays."""
    resource = CallResource(user)
    return Outcome(
        resource.import_data(dataset, dry_run=True, retain_instance_in_row_result=True, user=user), resource
    )


@transaction.atomic
def carry_out(dataset, user, seen):
    """(outcome, whether it was carried out): only when all is well and it is what somebody has seen."""
    list(Call.objects.select_for_update(no_key=True).filter(slug__in=dataset[SLUG]).values_list("pk"))
    outlook = look(dataset, user)
    if outlook.errors or outlook.digest != seen:
        return outlook, False
    with versioned(user, _("Spreadsheet"), *outlook.known):
        resource = CallResource(user)
        options = {"rollback_on_validation_errors": True, "retain_instance_in_row_result": True}
        outcome = Outcome(resource.import_data(dataset, user=user, **options), resource)
    if not outcome.errors:
        refresh(outcome.calls)
    return outcome, not outcome.errors
