"""Brings topics of the EU portal into our database: drafts and proposals, never a change of what is published."""

import logging
from collections import Counter
from contextlib import contextmanager
from datetime import datetime
from itertools import batched

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from tqdm import tqdm

from calls.desk.versions import versioned
from calls.imports.client import PortalTrouble
from calls.imports.drafts import COMMENT, FAULTS, NewTopic, calls_with_codes, comparable, make_drafts, record_of
from calls.imports.fields import canonical_values, reasons
from calls.imports.files import UnreadableFile
from calls.imports.models import ImportRun, Proposal, Record
from calls.imports.proposing import differences, for_import, is_behind, update_record
from calls.imports.topics import Broken, topic_of, topic_of_details
from calls.models import Call
from funds.models import Fund
from portal.turns import in_turns

logger = logging.getLogger(__name__)
CHUNK = 250
MOST_BROKEN = 1_000  # that a run names; it counts them all
KINDS = ["new", "changed", "unchanged", "gone", "broken", "passed_over"]
RUNNING = ["forthcoming", "open"]


@contextmanager
def exclusive():
    """A transaction that no other import and no decision in the inbox runs beside."""
    with transaction.atomic():
        # The same row for everybody; SQLite lets one transaction write at a time anyway.
        ImportRun.objects.order_by("pk").select_for_update().values_list("pk").first()
        yield


def import_topics(topics, source, complete=False, progress=False):
    """Imports an iterable of Topic and Broken; gives the ImportRun, with what came of it.

    `complete` says whether these are all topics of their programmes that are open or forthcoming, or is a function
    that says it after the last one: only then something can be gone. What went wrong with the source while it was
    read stands in `trouble`; what came before it is imported.
    """
    work = Import(ImportRun.objects.create(source=source[:500]))
    with tqdm(unit=" records", disable=not progress) as bar:
        for chunk in in_turns(batched(work.until_trouble(topics), CHUNK, strict=False)):
            work.take(chunk)
            bar.update(len(chunk))
    said = complete() if callable(complete) else complete
    work.finish(complete=bool(said and not work.run.trouble))
    return work.run


class Import:
    """One run of it."""

    def __init__(self, run):
        self.run = run
        self.counts = Counter(dict.fromkeys(KINDS, 0))
        self.languages = {}  # of the topics of this run, by key: a second one in the same language is passed over
        self.programmes = set()
        funds = Fund.objects.exclude(programme_code="").order_by("-pk").prefetch_related("themes")
        self.funds = {fund.programme_code: fund for fund in funds}

    def until_trouble(self, topics):
        try:
            yield from topics
        except (PortalTrouble, UnreadableFile) as trouble:
            self.run.trouble = str(trouble)[:1000]
        except OSError as trouble:
            self.run.trouble = _("This file cannot be read: %(reason)s.") % {"reason": trouble.strerror or trouble}

    def take(self, chunk):
        """Imports a few, in one transaction."""
        with exclusive():
            self.take_topics(list(self.sorted_out(chunk)))
            self.run.counts = dict(self.counts)
            self.run.save()

    def sorted_out(self, chunk):
        """(topic, canonical values) of those that can be read and that this run had not yet."""
        for one in chunk:
            if isinstance(one, Broken):
                self.report(one.place, one.reason)
            elif self.languages.get(one.identifier.upper()) == one.language:
                self.counts["passed_over"] += 1
            else:
                try:
                    values = canonical_values(one.values)
                except (*FAULTS, KeyError, TypeError, AttributeError) as error:
                    self.report(one.identifier, reasons(error))
                    continue
                self.languages[one.identifier.upper()] = one.language
                self.programmes.add(one.programme)
                yield one, values

    def report(self, place, reason):
        self.counts["broken"] += 1
        if len(self.run.broken) < MOST_BROKEN:
            self.run.broken.append([place[:200], reason[:500]])

    def take_topics(self, pairs):
        """One topic in several languages stands here once, in the one that we prefer."""
        best = {}
        for topic, values in pairs:
            key = topic.identifier.upper()
            if key in best:
                self.counts["passed_over"] += 1
            if key not in best or is_behind(best[key][0], topic):
                best[key] = (topic, values)
        # Nobody edits these calls between the look at them and the writing.
        list(
            Call.objects.select_for_update(no_key=True).filter(records__key__in=best).order_by("pk").values_list("pk")
        )
        records = {record.key: record for record in for_import().filter(key__in=best)}
        if records:
            self.update([(records[key], *pair) for key, pair in best.items() if key in records])
        if len(records) < len(best):
            self.add([pair for key, pair in best.items() if key not in records])

    # Topics whose record we have -------------------------------------------------------------------------------------

    def update(self, known):
        """Those in a language behind the record's change nothing."""
        self.find_calls([record for record, _topic, _values in known])
        news = [one for one in known if not is_behind(one[1], one[0])]
        self.counts["passed_over"] += len(known) - len(news)
        come_back([one[0] for one in known if is_behind(one[1], one[0]) and one[0].gone_at])
        found = [(record, topic, differences(record, values)) for record, topic, values in news]
        with versioned(None, COMMENT, *(record.call for record, _topic, (follow, *_) in found if follow)):
            for record, topic, difference in found:
                self.update_one(record, topic, difference)
        Record.objects.filter(pk__in=[record.pk for record, *_ in known]).update(seen_at=timezone.now())

    def update_one(self, record, topic, difference):
        try:
            self.counts["changed" if update_record(record, topic, difference) else "unchanged"] += 1
        except FAULTS as error:
            self.report(topic.identifier, reasons(error))

    def find_calls(self, records):
        """A call that was deleted and is here again belongs to its record again."""
        alone = {comparable(record.identifier): record for record in records if not (record.call_id or record.ignored)}
        if alone:
            for code, call in self.calls_by_code(alone).items():
                record = alone[code]
                # What an earlier call took over says nothing of this one.
                record.call, record.taken = call, {"programme": record.taken.get("programme", "")}
                record.save(update_fields=["call", "taken"])

    def calls_by_code(self, codes):
        found = calls_with_codes(codes)
        calls = Call.objects.prefetch_related("cutoffs", "budgets", "documents").in_bulk(found.values())
        return {code: calls[pk] for code, pk in found.items()}

    # Topics that are new to us ---------------------------------------------------------------------------------------

    def add(self, pairs):
        """A draft for each; a call with the same code is there already where an editor was first."""
        calls = self.calls_by_code({topic.identifier for topic, _values in pairs})
        drafts = []
        for topic, values in pairs:
            if call := calls.get(comparable(topic.identifier)):
                self.link(topic, values, call)
            else:
                drafts.append(NewTopic(topic, values, self.funds.get(topic.programme)))
        broken = make_drafts(drafts)
        self.counts["new"] += len(drafts) - len(broken)
        for place, reason in broken:
            self.report(place, reason)

    def link(self, topic, values, call):
        """The record of a call that an editor wrote: every difference is for an editor to decide."""
        try:
            with transaction.atomic():
                record = record_of(topic, call, {})
                record.save()
                record.open_proposals = []
                update_record(record, topic, differences(record, values))
                self.counts["new"] += 1
        except FAULTS as error:
            self.report(topic.identifier, reasons(error))

    # After the last topic --------------------------------------------------------------------------------------------

    def finish(self, complete):
        with exclusive():
            if complete and self.programmes:
                self.counts["gone"] += self.mark_gone()
            self.run.complete, self.run.counts, self.run.ended_at = complete, dict(self.counts), timezone.now()
            self.run.save()
        counts = ", ".join(f"{kind} {number}" for kind, number in self.run.counts.items() if number)
        logger.info("Import %s: %s", self.run.pk, self.run.trouble or counts or "no records")

    def mark_gone(self):
        """Asks about the topics of these programmes that were to be in the answer and were not; gives their number.

        A programme without any topic in the answer loses none: the portal answered so before when it was ill.
        """
        missing = Record.objects.filter(seen_at__lt=self.run.began_at, gone_at=None, status__in=RUNNING)
        missing = missing.filter(taken__programme__in=sorted(self.programmes))
        gone = [record for record in missing.iterator(CHUNK) if still_runs(record)]
        asked = [record for record in gone if record.call_id and not record.ignored]
        Record.objects.filter(pk__in=[record.pk for record in gone]).update(gone_at=timezone.now())
        Proposal.objects.bulk_create(Proposal(record=record, kind=Proposal.Kind.GONE) for record in asked)
        return len(gone)


def come_back(records):
    """The portal has these topics again, in a language that says nothing new to us: they are not gone."""
    Proposal.objects.open().filter(record__in=records, kind=Proposal.Kind.GONE).delete()
    Record.objects.filter(pk__in=[record.pk for record in records]).update(gone_at=None)


def still_runs(record):
    """Whether the portal's own dates say so; a topic that ended has left the answer by itself."""
    topic = topic_of(record.raw) if "metadata" in record.raw else topic_of_details(record.raw)
    deadline = getattr(topic, "values", {}).get("deadline")
    return not deadline or datetime.fromisoformat(deadline) > timezone.now()
