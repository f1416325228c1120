"""Topics of the EU portal made by hand, and what an import of them leaves."""

from calls.imports.importing import import_topics
from calls.imports.topics import Topic
from calls.models import Call, Proposal, Record
from funds.models import Fund
from tests.factories import FundFactory, ThemeFactory

PROGRAMME = "43251447"
OPENS, DEADLINE = "2027-01-12T00:00:00+01:00", "2027-06-01T17:00:00+02:00"
LATER = "2027-09-01T17:00:00+02:00"
VALUES = {
    "title": "Integratie op lokaal vlak",
    "title_language": "nl",
    "code": "AMIF-2027-TF2-AG-01",
    "introduction": "<p>Waarover het gaat.</p>",
    "opens_at": OPENS,
    "deadline": DEADLINE,
    "deadline_model": "single_stage",
    "source_url": "https://ec.europa.eu/topic-details/amif-2027-tf2-ag-01",
    "cutoffs": [],
    "budgets": [{"label": "", "amount": "15000000.00", "rate": None, "shared": False, "note": ""}],
    "documents": [{"title": "Call document", "link": "https://ec.europa.eu/call.pdf"}],
}


def topic(identifier="AMIF-2027-TF2-AG-01", language="nl", status="open", programme=PROGRAMME, **values):
    """With these values in the place of the usual ones; its checksum tells one content from another."""
    values = VALUES | {"code": identifier, "title_language": language} | values
    raw = {"reference": f"{identifier}{language}", "metadata": {"identifier": [identifier]}, "said": repr(values)}
    return Topic(
        identifier=identifier,
        reference=raw["reference"],
        language=language,
        checksum=f"{hash((repr(values), status)):x}",
        status=status,
        programme=programme,
        raw=raw,
        values=values,
    )


def topics(number, **values):
    return [topic(f"AMIF-2027-{n}", **{"title": f"Oproep {n}"} | values) for n in range(1, number + 1)]


def bring(*given, **options):
    """What the import of these counts, without the zeros."""
    run = import_topics(given, "proef", **options)
    return {kind: number for kind, number in run.counts.items() if number}


def amif():
    """The fund of the usual programme, under two themes."""
    fund = Fund.objects.filter(programme_code=PROGRAMME).first() or FundFactory(programme_code=PROGRAMME)
    fund.themes.set([ThemeFactory(name="Migratie"), ThemeFactory(name="Inclusie")])
    return fund


def inbox():
    """[(identifier, kind, field, ours, the portal's)] of what is open, the oldest first."""
    rows = Proposal.objects.open().order_by("pk").select_related("record")
    return [(row.record.identifier, row.kind, row.field, row.old, row.new) for row in rows]


def everything():
    """All that an import could change, but for when it saw what."""
    unseen = {"seen_at"}
    return {
        model.__name__: [
            {name: value for name, value in row.items() if name not in unseen}
            for row in model.objects.order_by("pk").values()
        ]
        for model in [Call, Record, Proposal, *(Call._meta.get_field(n).related_model for n in ROWS)]
    }


ROWS = ["cutoffs", "budgets", "documents"]
