"""The address of a call, fund, theme or type: made from its name, unique, and the same for ever."""

import time
from threading import Thread

import pytest
from django.db import connection, transaction

from calls.models import Call
from tests.factories import ApplicantTypeFactory, CallFactory, FundFactory, ThemeFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("titles", "slugs"),
    [
        (["Één écht dossier & co: 50%!"], ["een-echt-dossier-co-50"]),
        (["Oproep", "oproep", "Oproep!"], ["oproep", "oproep-2", "oproep-3"]),
        (["Oproep", "Oproep 2", "Oproep"], ["oproep", "oproep-2", "oproep-3"]),
        (["Oproep voor OCMW's", "Oproep"], ["oproep-voor-ocmws", "oproep"]),
        (["???", "日本", "—"], ["call", "call-2", "call-3"]),
        (["x" * 500] * 3, ["x" * 240, "x" * 240 + "-2", "x" * 240 + "-3"]),
        (["x" * 239 + " y" * 100], ["x" * 239]),
    ],
)
def test_an_address_is_made_from_the_title_and_is_unique(titles, slugs):
    calls = [CallFactory(title=title) for title in titles]
    assert [call.slug for call in calls] == slugs
    for call in calls:
        call.full_clean()
    assert [Call.objects.get_by_natural_key(slug) for slug in slugs] == calls


def test_themes_types_and_funds_get_theirs_from_their_names():
    assert ThemeFactory(name="Zorg en welzijn").get_absolute_url() == "/themas/zorg-en-welzijn/"
    assert ThemeFactory(name="!!!").slug == "theme"
    assert ApplicantTypeFactory(name="Ngo's").slug == "ngos"
    assert FundFactory(abbreviation="AMIF", period="2014-2020").get_absolute_url() == "/fondsen/amif-2014-2020/"
    assert CallFactory(title="Nieuw").get_absolute_url() == "/oproepen/nieuw/"


def test_an_address_stays_when_the_title_changes():
    call = CallFactory(title="Oud")
    call.title = "Nieuw"
    call.save()
    call.save(update_fields=["title"])
    call.refresh_from_db()
    assert (call.title, call.slug) == ("Nieuw", "oud")
    assert CallFactory(title="Oud").slug == "oud-2"


def test_an_address_may_be_chosen():
    assert CallFactory(title="Een lange titel", slug="kort").slug == "kort"


@pytest.mark.parametrize(("fields", "saved"), [(["title"], "nieuw"), ([], "oud")])
def test_a_row_without_address_gets_one_also_when_only_some_fields_are_saved(fields, saved):
    call = CallFactory(title="oud")
    Call.objects.filter(pk=call.pk).update(slug="")
    call.refresh_from_db()
    call.title = "nieuw"
    call.save(update_fields=fields)
    call.refresh_from_db()
    assert (call.title, call.slug) == (saved, "nieuw")


@pytest.mark.django_db(transaction=True)
def test_two_calls_with_one_title_at_the_same_moment_both_get_an_address():
    def save():
        Call.objects.create(title="Tegelijk")
        connection.close()

    other = Thread(target=save)
    with transaction.atomic():
        Call.objects.create(title="Tegelijk")
        other.start()
        time.sleep(0.3)  # by now the other has looked for a free address, and waits for this transaction
    other.join()
    assert sorted(Call.objects.values_list("slug", flat=True)) == ["tegelijk", "tegelijk-2"]
