"""Made-up calls for trying out the portal at any size: sentences of the five real pages, put together anew.

A tenth of the calls is of today (open, upcoming, rolling, unknown or not published yet); the others are earlier
editions of the same calls, over ten years. `seed_demo` writes them, `bin/bench` searches for COMMON and RARE.
"""

import json
import math
import random
import re
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings

from calls.demo_names import ENDS, FUNDS, NOUN_ENDS, NOUN_STARTS, STARTS, SUBJECTS, TYPES
from calls.models import family_of
from calls.status import DeadlineModel
from portal.models import address_slug

title_slug = lru_cache(10_000)(address_slug)
BRUSSELS = ZoneInfo("Europe/Brussels")
COMMON = "integratie"  # in four of five calls
RARE = "hopveld"
RARE_CALLS = 14
EDITIONS = 10
# Of every ten calls of today.
TODAY = ["open"] * 5 + ["upcoming"] * 2 + ["rolling", "unknown", "draft"]
MODELS = (DeadlineModel.SINGLE_STAGE, DeadlineModel.TWO_STAGE, DeadlineModel.MULTIPLE_CUTOFF)
TOPIC_PAGE = "https://ec.europa.eu/info/funding-tenders/opportunities/portal/screen/opportunities/topic-details/"
MORE_INFO = "<p>Alle informatie over deze call vind je op de funding and tender portal of in dit document.</p>"


@dataclass(frozen=True)
class DemoCall:
    """One call: `fields` and the rows as their models name them; the fund as its place in FUNDS and its period."""

    fields: dict
    fund: tuple
    themes: list
    applicant_types: list
    objectives: list
    actions: list
    budgets: list
    cutoffs: list


@dataclass(frozen=True)
class Family:
    """What the editions of a call share. `common`: their texts hold the common word."""

    number: int
    fund: int
    notation: str
    title: str
    language: str
    themes: list
    common: bool


@dataclass
class Texts:
    """Sentences, objectives and actions of the real calls."""

    sentences: list = field(default_factory=list)
    objectives: list = field(default_factory=list)
    actions: list = field(default_factory=list)

    def only(self, wanted):
        return Texts(*([text for text in texts if wanted(text)] for texts in vars(self).values()))


def far_from_common(text):
    """Holds no word that a search for the common word might find."""
    return not re.search(r"[ïi]ntegr", text, re.IGNORECASE)


def read_texts(path=settings.BASE_DIR / "fixtures" / "calls.json"):
    """The Texts of the five calls, without sentences about one call alone (amounts, dates, mail addresses)."""
    texts = Texts()
    for row in json.loads(path.read_text(encoding="utf-8")):
        match row["model"]:
            case "calls.call":
                texts.sentences += sentences(row["fields"])
            case "calls.objective":
                texts.objectives.append(row["fields"]["text"])
            case "calls.action":
                texts.actions.append(row["fields"]["text"])
    return texts.only(lambda text: len(text) < 250)


def sentences(fields):
    html = " ".join(fields[name] for name in ("introduction", "objectives_before", "actions_after", "target_group"))
    text = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    found = re.split(r"(?<=[.:])\s+(?=[A-Z])", text)
    return [one for one in found if one.endswith(".") and not re.search(r"[\d@€″]|AMIF", one)]


def demo_calls(number, today, seed=1, first=1):
    """Yields `number` DemoCalls, the oldest first; `first` is the number in the first one's address."""
    rng = random.Random(seed)  # noqa: S311
    rare = set(rng.sample(range(number), min(RARE_CALLS, number)))
    families = math.ceil(number / EDITIONS)
    texts = read_texts()
    of_family = {True: texts, False: texts.only(far_from_common)}
    for index in range(number):
        edition = EDITIONS - 1 - index * EDITIONS // number
        family = make_family(seed, index % families)
        kind = "closed" if edition else TODAY[family.number % len(TODAY)]
        if index in rare and kind == "draft":
            kind = "open"
        dates = make_dates(rng, kind, edition, datetime.combine(today, time.min, BRUSSELS))
        yield make_call(rng, family, of_family[family.common], dates, first + index, index in rare)


def make_family(seed, number):
    """The same family for each of its editions, without keeping a hundred thousand of them."""
    rng = random.Random(seed * 1_000_003 + number)  # noqa: S311
    chosen = (number + number // 60) % len(FUNDS)
    fund = FUNDS[chosen]
    common = fund.abbreviation == "AMIF" or rng.random() < 0.78
    subject = rng.choice([one for one in SUBJECTS if common or far_from_common(one)])
    language = "en" if rng.random() < 0.7 else "nl"
    if language == "en":
        title = f"{rng.choice(STARTS)} {subject} {rng.choice(ENDS)}".strip()
    else:
        title = f"Projectoproep in het kader van {fund.name}: {noun(rng)}"
    return Family(number, chosen, rng.choice(fund.notations), title, language, rng.sample(fund.themes, 2), common)


def noun(rng):
    return rng.choice(NOUN_STARTS) + rng.choice(NOUN_ENDS)


def some(rng, values, number):
    """So many of the values, as they follow each other."""
    start = rng.randrange(len(values) - number + 1)
    return values[start : start + number]


def make_dates(rng, kind, edition, midnight):
    """The date fields and the deadline model of a call of this kind, seen from the midnight that begins today."""

    def day(low, high, hour=0):
        return datetime.combine(midnight + timedelta(days=rng.randint(low, high)), time(hour), BRUSSELS)

    opens_at = day(1, 150) if kind in ("upcoming", "draft") else day(-150, 0)
    deadline = opens_at + timedelta(days=rng.randint(151, 300), hours=17)
    if kind == "closed":
        deadline = day(-405 * edition, -405 * edition + 404, 17)
        opens_at = datetime.combine(deadline - timedelta(days=rng.randint(90, 240)), time.min, BRUSSELS)
    published_at = opens_at + timedelta(hours=9)
    if kind in ("upcoming", "draft"):
        published_at = day(-60, -1, 9)
    model = rng.choices(MODELS, (85, 6, 9))[0]
    if kind in ("rolling", "unknown"):
        deadline, model = None, DeadlineModel(kind)
    if kind == "draft":
        published_at = rng.choice([None, day(1, 30, 9)])
    written_at = min(published_at or midnight, midnight)
    withdrawn_at = deadline - timedelta(days=9) if kind == "closed" and rng.random() < 0.01 else None
    return {
        "opens_at": opens_at if kind in ("upcoming", "draft") or rng.random() < 0.85 else None,
        "deadline": deadline,
        "deadline_model": model,
        "published_at": published_at,
        "withdrawn_at": withdrawn_at,
        "created_at": written_at,
        "updated_at": written_at,
    }


def make_call(rng, family, texts, dates, number, rare):
    fund = FUNDS[family.fund]
    year = (dates["published_at"] or dates["deadline"]).year
    code = family.notation.format(year=year, number=family.number + 1, call=number, long=100_000 + number)
    if family.common:
        before = f"Bijzondere aandacht gaat naar {noun(rng)} en {COMMON}."
    else:
        before = f"Bijzondere aandacht gaat naar {noun(rng)} en {noun(rng)}."
    if rare:
        dates |= {"withdrawn_at": None}
        before += f" Een van de projecten ondersteunt een {RARE}."
    fields = dates | {
        "title": family.title,
        "title_language": family.language,
        "slug": f"{title_slug(family.title)}-{number}",
        "code": code,
        "family": family_of(code),
        "introduction": f"<p>{' '.join(some(rng, texts.sentences, 3))}</p>",
        "objectives_before": f"<p>{before}</p>",
        "actions_before": f"<p>{rng.choice(texts.sentences)}</p>",
        "info_contact": MORE_INFO if rng.random() < 0.5 else "",
        "source_url": TOPIC_PAGE + code.lower() if "-CALL-" in code else "",
    }
    return DemoCall(
        fields,
        (family.fund, fund.periods[0] if year <= 2020 else fund.periods[-1]),
        family.themes[: rng.randint(1, 2)],
        some(rng, TYPES, rng.randint(1, 3)) if rng.random() < 0.4 else [],
        [{"text": text} for text in some(rng, texts.objectives, 3)],
        [{"text": text} for text in some(rng, texts.actions, 3)],
        make_budgets(rng),
        make_cutoffs(rng, dates),
    )


def make_budgets(rng):
    """One amount or more, between 20,000 and 40 million euro, or a co-financing rate."""
    shared = rng.random() < 0.15
    budgets = [{"amount": make_amount(rng), "shared": shared, "note": "samen met de andere calls" if shared else ""}]
    extra = rng.random()
    if extra < 0.15:
        budgets.append({"label": "cofinanciering", "rate": rng.choice([50, 60, 75, 80, 90])})
    elif extra < 0.4:
        budgets[0]["label"] = "nationaal"
        budgets.append({"label": "per project", "amount": budgets[0]["amount"] // rng.randint(2, 20)})
    elif extra < 0.45:
        budgets[0]["rate"] = 75
    return budgets


def make_amount(rng):
    return round(int(math.exp(rng.uniform(math.log(20_000), math.log(40_000_000)))), -3)


def make_cutoffs(rng, dates):
    """The dates before the final deadline, where the model has some."""
    match dates["deadline_model"]:
        case DeadlineModel.TWO_STAGE:
            return [{"label": "fase 1", "at": dates["deadline"] - timedelta(days=rng.randint(20, 29))}]
        case DeadlineModel.MULTIPLE_CUTOFF:
            steps = range(rng.randint(1, 3), 0, -1)
            return [{"at": dates["deadline"] - timedelta(days=25 * step)} for step in steps]
    return []
