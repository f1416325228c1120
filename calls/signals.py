"""Tells the search, and the copies that lists keep in memory, of every change they show."""

from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from django.dispatch import receiver

from calls.models import Action, Budget, Call, Cutoff, Document, Objective, Synonym
from calls.search.indexing import index_soon
from contacts.models import Contact
from funds.models import ApplicantType, Fund, FundContact, Theme

PARTS = [Objective, Action, Budget, Cutoff, Document]


def heard(signals, senders):
    """Connects a function to every sender's signals."""

    def connect(function):
        for signal in signals:
            for sender in senders:
                signal.connect(function, sender=sender, dispatch_uid=f"{function.__name__} {sender.__name__}")
        return function

    return connect


@heard([post_save, post_delete], [Call])
def call_changed(instance, **kwargs):
    index_soon({instance.pk})


@heard([post_save, post_delete], PARTS)
def part_changed(instance, **kwargs):
    index_soon({instance.call_id})


@heard([m2m_changed], [Call.themes.through, Call.applicant_types.through])
def choices_changed(instance, action, pk_set, **kwargs):
    if action.startswith("post_"):
        index_soon({instance.pk} if isinstance(instance, Call) else pk_set or ())


# What searches look at in the rows around a call.
SEARCHED = {
    Theme: ["name", "parent", "contact"],
    ApplicantType: ["name"],
    Fund: ["name", "abbreviation", "period"],
    FundContact: ["fund", "contact"],
    Contact: ["organisation", "name"],
    Synonym: [],
}


@heard([pre_save], SEARCHED)
def remember_names(sender, instance, **kwargs):
    stored = sender._base_manager.filter(pk=instance.pk)
    instance.searched_before = stored.values_list(*SEARCHED[sender]).first() if SEARCHED[sender] else ()


@heard([post_save], SEARCHED)
def name_changed(sender, instance, **kwargs):
    """A new name is found at once; where only the rest of the row changed, its calls need no new words."""
    names = tuple(getattr(instance, sender._meta.get_field(name).attname) for name in SEARCHED[sender])
    index_soon(calls_of(instance) if names != instance.searched_before else set())


@heard([pre_delete], SEARCHED)
def name_deleted(instance, **kwargs):
    """Before: afterwards nobody knows which calls it was with."""
    index_soon(calls_of(instance))


def calls_of(instance):
    return set(CALLS_OF[type(instance)](instance).values_list("pk", flat=True))


@receiver(m2m_changed, sender=Fund.applicant_types.through)
def fund_types_changed(instance, action, pk_set, **kwargs):
    if action.startswith("post_"):
        funds = [instance.pk] if isinstance(instance, Fund) else pk_set or ()
        index_soon(set(Call.objects.filter(fund__in=funds).values_list("pk", flat=True)))


def of_theme(theme):
    return Call.objects.about(theme)


def of_type(applicant_type):
    own = Call.objects.filter(applicant_types=applicant_type.pk)
    return own | Call.objects.filter(fund__applicant_types=applicant_type.pk)


def of_fund(fund):
    return Call.objects.filter(fund=fund.pk)


def of_contact(contact):
    return Call.objects.filter(fund__contacts=contact.pk) | Call.objects.filter(themes__contact=contact.pk)


CALLS_OF = {
    Theme: of_theme,
    ApplicantType: of_type,
    Fund: of_fund,
    FundContact: lambda row: Call.objects.filter(fund=row.fund_id),
    Contact: of_contact,
    Synonym: lambda synonym: Call.objects.none(),
}
