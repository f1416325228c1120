"""The tree of themes: two levels, and a colleague at VLEVA for each."""

import pytest

from contacts.models import Contact
from funds.models import Theme
from tests.desk import complaints
from tests.factories import ContactFactory, ThemeFactory

pytestmark = pytest.mark.django_db


def test_themes_have_two_levels():
    root = ThemeFactory()
    child = ThemeFactory(parent=root)
    other = ThemeFactory()
    assert complaints(child) == {}
    below_child = Theme(name="Kleinkind", parent=child)
    assert complaints(below_child) == {
        "parent": [
            f"Instantie thema met id {child.pk} is geen geldige keuze.",
            "Thema's hebben twee niveaus: kies een hoofdthema.",
        ]
    }
    below_itself = ThemeFactory()
    below_itself.parent = below_itself
    assert complaints(below_itself) == {"parent": ["Een thema kan niet onder zichzelf staan."]}
    root.parent = other
    assert complaints(root) == {"parent": ["Dit thema heeft thema's onder zich en moet dus een hoofdthema blijven."]}


def test_the_roots_come_with_their_themes_by_name():
    work = ThemeFactory(name="Werk")
    general = ThemeFactory(name="algemeen")
    sport, care = ThemeFactory(name="Sport", parent=work), ThemeFactory(name="Arbeid", parent=work)
    assert [(root, list(root.children.all())) for root in Theme.objects.roots()] == [
        (general, []),
        (work, [care, sport]),
    ]
    assert set(Theme.objects.within([work.pk])) == {work, sport, care}
    assert set(Theme.objects.within([sport.pk, general.pk])) == {sport, general}


def test_only_a_colleague_is_the_contact_of_a_theme():
    theme = ThemeFactory.build(contact=ContactFactory(kind=Contact.Kind.AUTHORITY))
    assert complaints(theme) == {"contact": [f"Instantie contact met id {theme.contact_id} is geen geldige keuze."]}
    theme.contact = ContactFactory()
    assert complaints(theme) == {}
