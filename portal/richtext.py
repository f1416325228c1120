"""Rich text: what editors may write, and the one function that cleans it."""

from django_prose_editor.fields import ProseEditorField, create_sanitizer

EXTENSIONS = {
    "Bold": True,
    "Italic": True,
    "Superscript": True,
    "HardBreak": True,
    "Heading": {"levels": [3, 4]},
    "ListItem": True,
    "BulletList": True,
    "OrderedList": True,
    "Link": {"enableTarget": False, "protocols": ["http", "https", "mailto", "tel"]},
    "Table": True,
    "TableRow": True,
    "TableHeader": True,
    "TableCell": True,
    "HTML": True,
}

sanitize = create_sanitizer(EXTENSIONS)


class RichTextField(ProseEditorField):
    """HTML that is sanitised on every way into the database: form, save(), bulk_create(), update() and loaddata."""

    def __init__(self, *args, **kwargs):
        defaults = {"extensions": dict(EXTENSIONS), "sanitize": sanitize, "blank": True}
        super().__init__(*args, **defaults | kwargs)

    def clean(self, value, instance):
        """Sanitised first, so that a text of which nothing stays counts as empty."""
        return super().clean(value and sanitize(value), instance)

    def pre_save(self, instance, add):
        value = sanitize(super().pre_save(instance, add))
        setattr(instance, self.attname, value)
        return value

    def get_db_prep_save(self, value, connection):
        if isinstance(value, str):
            value = sanitize(value)
        return super().get_db_prep_save(value, connection)
