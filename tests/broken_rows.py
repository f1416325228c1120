"""For each constraint a row that breaks it and nothing else, and what the editor then reads."""

from datetime import timedelta
from decimal import Decimal

from accounts.models import CallChoice, Follow, Notice, SavedSearch, User
from calls.models import Budget, Call, Cutoff, Document, EmptySearch, Proposal, Record
from calls.status import DeadlineModel
from contacts.models import Contact
from funds.models import Fund, FundBudget
from tests.factories import (
    CallFactory,
    ContactFactory,
    FundFactory,
    ThemeFactory,
    UserFactory,
    brussels,
)

DEADLINE = brussels(2027, 3, 1, 17)


def second_follow():
    follow = Follow.objects.create(user=UserFactory(), theme=ThemeFactory())
    return Follow(user=follow.user, theme=follow.theme)


def second_choice():
    choice = CallChoice.objects.create(user=UserFactory(), call=CallFactory(), kind=CallChoice.Kind.SAVED)
    return CallChoice(user=choice.user, call=choice.call, kind=choice.kind)


def second_search():
    search = SavedSearch.objects.create(user=UserFactory(), name="Open", state="status=open")
    return SavedSearch(user=search.user, name="Ook open", state=search.state)


def second_notice():
    notice = Notice.objects.create(user=UserFactory(), call=CallFactory(), kind=Notice.Kind.NEW)
    return Notice(user=notice.user, call=notice.call, kind=notice.kind)


def second_proposal():
    record = Record.objects.create(identifier="AMIF-2026-TF2-AG", language="nl", raw={})
    return Proposal(record=Proposal.objects.create(record=record, kind="gone").record, kind="gone")


def second_empty_search():
    first = EmptySearch.objects.create(words="kabouters", day=DEADLINE.date())
    return EmptySearch(words=first.words, day=first.day)


def theme_below_itself():
    theme = ThemeFactory()
    theme.parent_id = theme.pk
    return theme


def call(**fields):
    return Call(title="Oproep", deadline_model=DeadlineModel.SINGLE_STAGE, **fields)


BROKEN = {
    "contact_unique": (
        lambda: Contact(organisation="VLEVA", name=ContactFactory().name, email="a@example.org"),
        "Deze persoon van deze organisatie staat al in de lijst.",
    ),
    "theme_not_its_own_parent": (theme_below_itself, "Een thema kan niet onder zichzelf staan."),
    "fund_unique_period": (
        lambda: Fund(name="Nog een fonds", abbreviation=FundFactory().abbreviation, period="2021-2027"),
        "Dit fonds staat al in de lijst voor deze periode.",
    ),
    "fundbudget_amount_positive": (
        lambda: FundBudget(fund=FundFactory(), label="Niets", amount=Decimal(0)),
        "Een bedrag is meer dan nul.",
    ),
    "call_opens_before_deadline": (
        lambda: call(opens_at=DEADLINE, deadline=DEADLINE),
        "Een oproep moet openen vóór de deadline.",
    ),
    "call_deadline_fits_its_model": (
        lambda: call(deadline=None),
        "Een doorlopende of onbekende deadline heeft geen datum; elk ander deadlinemodel wel.",
    ),
    "budget_says_something": (
        lambda: Budget(call=CallFactory(), label="Iets"),
        "Vul een bedrag, een cofinancieringsgraad of allebei in.",
    ),
    "budget_rate_is_percentage": (
        lambda: Budget(call=CallFactory(), rate=Decimal("100.01")),
        "Een cofinancieringsgraad ligt tussen 0 en 100 procent.",
    ),
    "budget_amount_not_negative": (
        lambda: Budget(call=CallFactory(), amount=Decimal("-0.01")),
        "Een bedrag kan niet negatief zijn.",
    ),
    "cutoff_unique": (
        lambda: Cutoff(
            call=Cutoff.objects.create(call=CallFactory(deadline=DEADLINE), at=DEADLINE - timedelta(1)).call,
            at=DEADLINE - timedelta(1),
        ),
        "Deze oproep heeft al een tussentijdse deadline op dat moment.",
    ),
    "document_file_or_link": (
        lambda: Document(call=CallFactory(), title="Leeg"),
        "Geef een bestand of een link, één van de twee.",
    ),
    "user_email_unique_whatever_the_case": (
        lambda: User(email=UserFactory().email.upper(), password="x"),
        "Er is al een account met dit e-mailadres.",
    ),
    "call_choice_unique": (second_choice, "Deze gebruiker koos dit al voor deze oproep."),
    "saved_search_unique": (second_search, "U hebt deze zoekopdracht al bewaard."),
    "notice_once": (second_notice, "Dit is al meegedeeld."),
    "proposal_open_once": (second_proposal, "Dit staat al in de inbox."),
    "empty_search_once_a_day": (second_empty_search, "Deze woorden zijn die dag al geteld."),
    "follow_unique": (second_follow, "Er bestaat al een Gevolgd thema met dezelfde waarden voor User en Theme."),
}
