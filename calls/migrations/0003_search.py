import re

from django.db import migrations
from django.utils.text import slugify

SQLITE = [
    # The tokenizer `ascii` splits at ASCII separators alone, so words of every script stay as words() made them.
    """CREATE VIRTUAL TABLE calls_searchindex USING fts5(
        code, title, names, text, content='calls_searchentry', content_rowid='call_id', tokenize='ascii')""",
    """CREATE TRIGGER calls_searchentry_added AFTER INSERT ON calls_searchentry BEGIN
        INSERT INTO calls_searchindex(rowid, code, title, names, text)
        VALUES (new.call_id, new.code, new.title, new.names, new.text); END""",
    """CREATE TRIGGER calls_searchentry_removed AFTER DELETE ON calls_searchentry BEGIN
        INSERT INTO calls_searchindex(calls_searchindex, rowid, code, title, names, text)
        VALUES ('delete', old.call_id, old.code, old.title, old.names, old.text); END""",
    """CREATE TRIGGER calls_searchentry_changed AFTER UPDATE ON calls_searchentry BEGIN
        INSERT INTO calls_searchindex(calls_searchindex, rowid, code, title, names, text)
        VALUES ('delete', old.call_id, old.code, old.title, old.names, old.text);
        INSERT INTO calls_searchindex(rowid, code, title, names, text)
        VALUES (new.call_id, new.code, new.title, new.names, new.text); END""",
]
POSTGRESQL = [
    # Every word with its place, behind a mark that says how near the title it stands: a weight would have to be
    # checked again in every row found. A gap keeps a phrase from running on into the next part. A text longer than
    # the 16,383 places of a tsvector keeps its words, but not their order beyond that.
    """CREATE FUNCTION calls_words(mark text, words text) RETURNS tsvector IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
        SELECT coalesce(string_agg(quote_literal(mark || word) || ':' || least(place + 1, 16383), ' '), '')::tsvector
        FROM unnest(string_to_array(nullif(words, ''), ' ')) WITH ORDINALITY AS found(word, place) $$""",
    # Keeps the texts and the vector beside the table: a common word visits nearly all of its rows, for their key.
    "ALTER TABLE calls_searchentry SET (toast_tuple_target = 128)",
    """ALTER TABLE calls_searchentry ADD COLUMN vector tsvector GENERATED ALWAYS AS (
        calls_words('', code) || calls_words('', title) || calls_words('', names) || calls_words('', text)
        || calls_words('#', code)
        || calls_words('=', code) || calls_words('=', title)
        || calls_words('~', code) || calls_words('~', title) || calls_words('~', names)) STORED""",
    "CREATE INDEX calls_searchentry_vector ON calls_searchentry USING gin (vector) WITH (fastupdate = off)",
]
SYNONYMS = [
    "AMIF = Fonds voor asiel, migratie en integratie = Asylum, Migration and Integration Fund",
    "OCMW = openbaar centrum voor maatschappelijk welzijn",
    "ngo = niet-gouvernementele organisatie = vereniging = vzw",
    "kmo = kleine en middelgrote ondernemingen = SME",
    "lokale overheid = lokaal bestuur = gemeente",
    "stad = steden",
]


def make_structure(apps, schema_editor):
    statements = SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL
    for statement in statements:
        schema_editor.execute(statement, None)


def drop_structure(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for name in ("added", "removed", "changed"):
            schema_editor.execute(f"DROP TRIGGER calls_searchentry_{name}")
        schema_editor.execute("DROP TABLE calls_searchindex")
    else:
        schema_editor.execute("ALTER TABLE calls_searchentry DROP COLUMN vector")
        schema_editor.execute("DROP FUNCTION calls_words")


def fill_families(apps, schema_editor):
    """The same rule as calls.models.family_of, as it was when families came."""
    for call in apps.get_model("calls.Call").objects.exclude(code="").only("code"):
        family, years = re.subn(r"(?<!\d)(?:19|20)\d\d(?!\d)", " ", call.code)
        if years:
            call.family = slugify(family.replace("/", " "))[:100]
            call.save(update_fields=["family"])


def add_synonyms(apps, schema_editor):
    Synonym = apps.get_model("calls.Synonym")
    for terms in SYNONYMS:
        Synonym.objects.get_or_create(terms=terms)


class Migration(migrations.Migration):
    dependencies = [("calls", "0002_finding")]
    operations = [
        migrations.RunPython(make_structure, drop_structure),
        migrations.RunPython(fill_families, migrations.RunPython.noop),
        migrations.RunPython(add_synonyms, migrations.RunPython.noop),
    ]
