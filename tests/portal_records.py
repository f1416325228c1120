"""Records in the shape of the EU portal's, much shorter than real ones: search results and topicDetails."""

import hashlib
import json

AMIF, HORIZON = "43251447", "43108390"
FORTHCOMING, OPEN, CLOSED = "31094501", "31094502", "31094503"
IDENTIFIER = "AMIF-2027-TF2-AG-01"
DESCRIPTION = {
    "nl": '<span class="topicdescriptionkind">Doel:</span><p>Nieuwkomers&nbsp;vinden werk.</p>',
    "en": '<span class="topicdescriptionkind">Objective:</span><p>Newcomers&nbsp;find work.</p>',
}
CONDITIONS = (
    '<div class="eui-u-mt-l>"><h4>Voorwaarden</h4><div><h4>1. Landen</h4><div class="eui-u-mt-s"><p>Zie het '
    '<a href="https://ec.europa.eu/amif/call_en.pdf" target="_blank">document</a>.</p></div></div></div>'
)


def budget_line(topic, *years, **fields):
    """A line of a budgetOverview; the years from 2027 on."""
    return {
        "action": f"{topic} - AMIF-PJG AMIF Project Grants",
        "plannedOpeningDate": "2027-01-12",
        "deadlineModel": "single-stage",
        "deadlineDates": ["2027-06-01"],
        "budgetYearMap": {str(2027 + number): amount for number, amount in enumerate(years)},
        "expectedGrants": 4,
        "minContribution": 500000,
        "maxContribution": 1500000,
    } | fields


def overview(*lines):
    return {
        "budgetYearsColumns": ["2027"],
        "budgetTopicActionMap": {str(number): [line] for number, line in enumerate(lines, 100)},
    }


def search_result(identifier=IDENTIFIER, language="nl", reference=None, **metadata):
    """A hit of the search API; None takes a field out of its metadata."""
    number = int(hashlib.sha256(str(identifier).encode()).hexdigest()[:6], 16)
    usual = {
        "identifier": [identifier] if isinstance(identifier, str) else identifier,
        "title": [f"Integratie op lokaal vlak ({identifier})"],
        "type": ["1"],
        "status": [OPEN],
        "language": [language],
        "frameworkProgramme": [AMIF],
        "ccm2Id": [str(number)],
        "callIdentifier": ["AMIF-2027-TF2-AG"],
        "startDate": ["2027-01-12T00:00:00.000+0000"],
        "deadlineDate": ["2027-06-01T00:00:00.000+0000"],
        "deadlineModel": ["single-stage"],
        "descriptionByte": [DESCRIPTION[language if language in DESCRIPTION else "en"]],
        "topicConditions": [CONDITIONS],
        "supportInfo": ['<p>Vraag het aan <a href="mailto:amif@ec.europa.eu">AMIF</a>.</p>'],
        "budgetOverview": [json.dumps(overview(budget_line(identifier, "15000000"), budget_line("AMIF-2027-X", 7)))],
        "focusArea": [],
    }
    metadata = {name: value for name, value in (usual | metadata).items() if value is not None}
    return {
        "apiVersion": "2.143.3",
        "reference": reference or f"{number}TOPICS{language}",
        "title": None,
        "language": language,
        "summary": "Samenvatting",
        "checksum": hashlib.sha256(json.dumps(metadata).encode()).hexdigest().upper(),
        "metadata": metadata,
    }


def news(identifier=IDENTIFIER):
    """An update about a topic: no status, no description, a bare number as reference."""
    gone = dict.fromkeys(["status", "descriptionByte", "topicConditions", "deadlineDate", "budgetOverview"])
    return search_result(identifier, "en", "484009484425334", type=["6"], **gone)


def search_answer(*results, total=None, number=1):
    return {
        "apiVersion": "2.143.3",
        "terms": "***",
        "responseTime": 104,
        "totalResults": len(results) if total is None else total,
        "pageNumber": number,
        "pageSize": 100,
        "results": list(results),
        "warnings": [],
    }


def topic_details(identifier=IDENTIFIER, **details):
    """The content of a topicDetails file, with its own notation of dates and a map of single budget lines."""
    lines = {"106086": budget_line(identifier, 15000000, deadlineDates=["1811800800000"])}
    usual = {
        "type": 0,
        "ccm2Id": 47308608,
        "identifier": identifier,
        "title": "Local integration",
        "callIdentifier": "AMIF-2027-TF2-AG",
        "frameworkProgramme": {"id": int(AMIF), "abbreviation": "AMIF2027", "description": "AMIF"},
        "actions": [
            {
                "status": {"id": int(OPEN), "abbreviation": "Open", "description": "Open"},
                "plannedOpeningDate": "12 January 2027",
                "submissionProcedure": {},
                "deadlineDates": ["1811800800000"],
            }
        ],
        "budgetOverviewJSONItem": {"budgetTopicActionMap": lines, "budgetYearsColumns": ["2027"]},
        "description": DESCRIPTION["en"],
        "conditions": CONDITIONS,
        "supportInfo": "<p>Ask us.</p>",
        "links": [],
    }
    return {"TopicDetails": usual | details}
