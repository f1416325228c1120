"""Plain rows: they fill in what a test is not about."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import factory
from allauth.account.models import EmailAddress
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.models import User
from calls.models import Call
from calls.status import DeadlineModel
from contacts.models import Contact
from funds.models import ApplicantType, Fund, Theme

BRUSSELS = ZoneInfo("Europe/Brussels")


def brussels(*parts):
    """An aware datetime on the Belgian clock: brussels(2021, 2, 16, 17)."""
    return datetime(*parts, tzinfo=BRUSSELS)


class ContactFactory(DjangoModelFactory):
    class Meta:
        model = Contact

    kind = Contact.Kind.VLEVA
    organisation = "VLEVA"
    name = factory.Sequence(lambda n: f"Collega {n}")
    email = factory.Sequence(lambda n: f"collega{n}@example.org")


class ThemeFactory(DjangoModelFactory):
    class Meta:
        model = Theme

    name = factory.Sequence(lambda n: f"Thema {n}")


class ApplicantTypeFactory(DjangoModelFactory):
    class Meta:
        model = ApplicantType

    name = factory.Sequence(lambda n: f"Type {n}")


class FundFactory(DjangoModelFactory):
    class Meta:
        model = Fund

    name = factory.Sequence(lambda n: f"Fonds {n}")
    abbreviation = factory.Sequence(lambda n: f"F{n}")
    period = "2021-2027"


# What is made of the content: for searches and lists, and to tell followers.
DERIVED = {"calls.SearchEntry", "calls.Word", "calls.Stamp", "calls.Announcement", "calls.Change"}
# What the editors' desk and the import keep beside it.
AT_THE_DESK = {f"calls.{name}" for name in ("EmptySearch", "ImportRun", "Link", "Problem", "Proposal", "Record")}


class CallFactory(DjangoModelFactory):
    """A published call that is open for another thirty days."""

    class Meta:
        model = Call
        skip_postgeneration_save = True

    title = factory.Sequence(lambda n: f"Oproep {n}")
    fund = factory.SubFactory(FundFactory)
    deadline = factory.LazyFunction(lambda: timezone.now() + timedelta(days=30))
    deadline_model = DeadlineModel.SINGLE_STAGE
    published_at = factory.LazyFunction(lambda: timezone.now() - timedelta(days=1))

    @factory.post_generation
    def themes(self, create, themes, **kwargs):
        self.themes.set(themes or [])


class UserFactory(DjangoModelFactory):
    """A user whose e-mail address is confirmed."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"lezer{n}@example.org")

    @factory.post_generation
    def password(self, create, password, **kwargs):
        self.set_password(password or "een-lang-wachtwoord")
        self.save()
        EmailAddress.objects.create(user=self, email=self.email, verified=True, primary=True)


class EditorFactory(UserFactory):
    is_staff = True
