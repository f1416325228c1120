from django.core.exceptions import ValidationError
from django.db import connections, models
from django.utils.crypto import get_random_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls.search.words import WORD_LENGTH, telling, words


class SearchEntry(models.Model):
    """The words of a call, as `words()` makes them, with spaces between. `index_calls` alone writes them.

    The database keeps the search structure over these columns up to date itself: a trigger and an FTS5 table on
    SQLite, a generated column with a GIN index on PostgreSQL (migration 0003). A migration that alters a field here
    makes SQLite write the table anew, without the triggers: it must make them again.
    """

    call = models.OneToOneField("calls.Call", models.CASCADE, primary_key=True, related_name="search_entry")
    code = models.TextField()
    title = models.TextField()
    names = models.TextField()
    text = models.TextField()

    class Meta:
        # Seen at the desk where a call is deleted, together with its words.
        verbose_name = _("words for the search")
        verbose_name_plural = _("words for the search")

    def __str__(self):
        return gettext("all words of this call")


class Word(models.Model):
    """A word that occurs in some call, with its Dutch and its English stem: how a word form finds another."""

    word = models.CharField(max_length=WORD_LENGTH, primary_key=True)
    dutch = models.CharField(max_length=WORD_LENGTH, db_index=True)
    english = models.CharField(max_length=WORD_LENGTH, db_index=True)
    calls = models.PositiveIntegerField(help_text="In how many calls, when the whole index was last made.")

    def __str__(self):
        return self.word


class SynonymManager(models.Manager):
    def get_by_natural_key(self, terms):
        return self.get(terms=terms)


class Synonym(models.Model):
    """Terms that a search takes for one another."""

    terms = models.CharField(
        _("terms"),
        max_length=500,
        unique=True,
        help_text=_("With = between them, for example: ngo = vereniging. Word forms are found by themselves."),
    )

    objects = SynonymManager()

    class Meta:
        verbose_name = _("synonym")
        verbose_name_plural = _("synonyms")
        ordering = ("terms",)

    def __str__(self):
        return self.terms

    def clean(self):
        if len(self.phrases) < 2:
            raise ValidationError({"terms": _("Give at least two terms, with = between them.")})

    def natural_key(self):
        return (self.terms,)

    @property
    def phrases(self):
        """The terms, each as the words of it that are searched for."""
        return [found for term in self.terms.split("=") if (found := telling(words(term)))]


class Stamp(models.Model):
    """Another value after every change of what lists show, so that a copy in memory knows when it is old."""

    value = models.CharField(max_length=22)

    def __str__(self):
        return self.value

    @classmethod
    def now(cls):
        """Asked with every page: without a queryset in a fourth of the time."""
        with connections[cls.objects.db].cursor() as cursor:
            cursor.execute("SELECT value FROM calls_stamp")
            row = cursor.fetchone()
        return row[0] if row else ""

    @classmethod
    def renew(cls):
        cls.objects.update_or_create(pk=1, defaults={"value": get_random_string(22)})
