"""``errata import``: cases that others tell, entry by entry: checked, kept or refused, and known again next time.

All that is kept comes in one transaction. An entry is known by its name in its source (``atlas:AML.CS0003``, an alias
of its case): when it comes again unchanged, nothing happens; what its source changed since is the next revision, and
what people here changed in the meantime stays.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from errata.core.errors import ErrataError, UsageError, ValueFault
from errata.core.names import nearest
from errata.core.units import count, plural
from errata.nouns.case import KIND, CaseBody
from errata.nouns.case_import import Entry, Imported, Refused, Told, read_entry
from errata.nouns.lifecycle import ENDED
from errata.nouns.record import Record, Revision
from errata.store import records
from errata.store.catalog import Store, Transaction
from errata.store.links import link_new, links_from
from errata.verbs.aside import Aside
from errata.verbs.import_labels import Namer, Terms, add_labels, renew_labels, unmapped_text
from errata.verbs.link import check_there

FORMATS = {
    "cases": "line",
    "gmf": "entry",
    "atlas": "entry",
    "avid": "entry",
    "osv": "entry",
}
"""What can be imported, and what one of its entries is called."""
SHOWN = 50
BATCH = 500
_FIRST, _AGAIN = "imported from", "imported again from"
Progress = Callable[[str], None]


class _Undone(Exception):
    """A dry run is over."""


@dataclass(frozen=True, slots=True)
class _Checked:
    """An entry that can be kept, with the terms that its labels are today."""

    told: Told
    body: CaseBody
    terms: Terms
    unmapped: tuple[str, ...]


def import_cases(
    store: Store,
    path: str,
    *,
    format: str = "cases",
    source: str | None = None,
    quarantine: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
    also: Callable[[Transaction, Imported], None] = lambda *_: None,
    called: str | None = None,
) -> Imported:
    """Import the entries of a file (``-`` is standard input); all of it, or with ``quarantine`` what can be kept.

    ``source`` is where entries come from that do not say so. ``also`` is called last in the same transaction. A file
    that was sent is ``called`` by its name there, and what is refused of it is not kept beside it. Raises UsageError
    ``no-such-format``, FileError, NotFound ``no-such-vocabulary``, ValueFault ``refused-entries`` with the faults of
    every entry.
    """
    what = check_format(format)
    told = entries(format, path)
    aside = Aside(path) if quarantine and not dry_run and called is None else None
    try:
        with _uncollected(), store.write("import") as transaction:
            work = _Import(transaction, format, source or ("" if format == "cases" else format), aside)
            for done, batch in _batches(told):
                work.take(batch, keep=quarantine or not work.refused)
                if progress is not None:
                    progress(f"{plural(done, what)}, {count(len(work.new))} new")
            if work.refused and not quarantine:
                raise _refusal(called or path, what, work)
            found = work.result(called or path, dry_run)
            if aside is not None and work.refused:
                found = replace(found, aside=aside.keep())
            if dry_run:
                raise _Undone
            also(transaction, found)
    except _Undone:
        pass
    except BaseException:
        if aside is not None:
            aside.discard()
        raise
    return found


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """No search for circular garbage: there is none, and the search would take a fifth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class _Import:
    """What has been done so far in one transaction."""

    def __init__(self, transaction: Transaction, format: str, source: str, aside: Aside | None) -> None:
        self.transaction = transaction
        self.format = format
        self.source = source
        self.aside = aside
        self.namer = Namer(transaction)
        self.seen: dict[str, int] = {}
        self.new: list[str] = []
        self.changed: list[str] = []
        self.same = self.ended = self.labels = self.links = self.entries = 0
        self.refused: list[Refused] = []
        self.unmapped: Counter[str] = Counter()

    def take(self, entries: Sequence[Entry], *, keep: bool) -> None:
        """Check some entries, and keep those that can be kept unless all will be refused."""
        self.entries += len(entries)
        good = []
        for entry in entries:
            checked = self._checked(entry)
            if isinstance(checked, list):
                self._refuse(entry, checked)
            else:
                good.append(checked)
        if not keep:
            return
        there = self._there(good)
        self._make([one for one in good if one.told.alias not in there])
        self._change([(there[one.told.alias], one) for one in good if one.told.alias in there])

    def result(self, path: str, dry_run: bool) -> Imported:
        """What came of it."""
        return Imported(
            format=self.format,
            path=path,
            new=tuple(self.new),
            changed=tuple(self.changed),
            same=self.same,
            ended=self.ended,
            refused=tuple(self.refused),
            labels=self.labels,
            links=self.links,
            unmapped=dict(self.unmapped),
            dry_run=dry_run,
        )

    def _checked(self, entry: Entry) -> _Checked | list[str]:
        told = read_entry(entry, self.source)
        if isinstance(told, list):
            return told
        faults = self.namer.faults(told)
        faults += [fault for at, link in enumerate(told.links) for fault in self._bad_link(at, link.object)]
        if (first := self.seen.get(told.alias)) is not None:
            faults.append(f"id: {told.id!r} is that of {FORMATS[self.format]} {count(first)} already")
        if faults:
            return faults
        terms, unmapped = self.namer.terms(told)
        body = _with_unmapped(told, unmapped)
        if len(body.summary) > 100_000:
            return ["summary: with the failure modes that have no term it is longer than 100,000 characters"]
        self.seen[told.alias] = entry.at
        return _Checked(told, body, terms, tuple(unmapped))

    def _bad_link(self, at: int, target: str) -> Iterator[str]:
        try:
            check_there(self.transaction.connection, self.transaction.store, target)
        except ErrataError as exc:
            yield f"links.{at}.object: {exc.message}"

    def _refuse(self, entry: Entry, faults: Sequence[str]) -> None:
        one = Refused(at=entry.at, name=entry.name, faults=tuple(faults))
        self.refused.append(one)
        if self.aside is not None:
            self.aside.add(one, entry.raw)

    def _there(self, good: Sequence[_Checked]) -> dict[str, Record]:
        """The cases of entries that came before; of several the oldest that did not end."""
        connection, store = self.transaction.connection, self.transaction.store
        wanted = {one.told.alias for one in good}
        found: dict[str, Record] = {}
        for record in records.records(connection, store, "case", facets=("alias", wanted)) if wanted else ():
            for alias in wanted.intersection(record.body.aliases):
                if alias not in found or (found[alias].state in ENDED and record.state not in ENDED):
                    found[alias] = record
        return found

    def _make(self, good: Sequence[_Checked]) -> None:
        def said_of(made: list[Record]) -> None:
            pairs = list(zip(made, good, strict=True))
            self.labels += add_labels(self.transaction, self.namer, {case.key: one.terms for case, one in pairs})
            links = [(case.key, link.predicate, link.object) for case, one in pairs for link in one.told.links]
            self.links += link_new(self.transaction, links)

        if good:
            bodies = [(one.body, f"{_FIRST} {one.told.source}") for one in good]
            made = records.create_all(self.transaction, KIND, bodies, also=said_of)
            self.new += [case.key for case in made]
        for one in good:
            self.unmapped.update(one.unmapped)

    def _change(self, pairs: Sequence[tuple[Record, _Checked]]) -> None:
        transaction = self.transaction
        alive = [(case, one) for case, one in pairs if case.state not in ENDED]
        self.ended += len(pairs) - len(alive)
        edited = [case for case, _ in alive if case.revision > 1]
        histories = records.histories(transaction.connection, transaction.store, edited) if edited else {}
        said = {case.key: one.terms for case, one in alive if one.terms}
        had = links_from(transaction.connection, transaction.store, [case.key for case, _ in alive])
        labelled: Counter[str] = Counter()
        for source in dict.fromkeys(one.told.source for _, one in alive):
            mine = {case.key: said[case.key] for case, one in alive if one.told.source == source and case.key in said}
            labelled += renew_labels(transaction, self.namer, mine, source)
        self.labels += labelled.total()
        for case, one in alive:
            self.unmapped.update(one.unmapped)
            linked = self._link(case, one.told, had.get(case.key, set()))
            body = _merged(case, one, histories.get(case.key))
            if body != case.body:
                records.revise(transaction, case, body, reason=f"{_AGAIN} {one.told.source}")
            elif labelled[case.key]:
                records.project_again(transaction, [case.key])
            if body != case.body or labelled[case.key] or linked:
                self.changed.append(case.key)
            else:
                self.same += 1

    def _link(self, case: Record, told: Told, had: set[tuple[str, str]]) -> int:
        """Enter the links of a case that it never had; one that was retracted here stays so. How many there are."""
        said = dict.fromkeys((link.predicate, link.object) for link in told.links)
        new = [(case.key, *link) for link in said if link not in had]
        for _, predicate, target in new:
            self.transaction.event(case.key, before=None, after=None, reason=f"{predicate} {target}")
        link_new(self.transaction, new)
        self.links += len(new)
        return len(new)


def _merged(case: Record, one: _Checked, history: Sequence[Revision] | None) -> CaseBody:
    """What a case says when its source says this now: what the source changed since it was last imported is taken."""
    before = _as_imported(history) if history is not None else case.body.model_dump(mode="json")
    now = one.body.model_dump(mode="json")
    taken = [name for name in one.told.said if name != "aliases" and now[name] != before.get(name)]
    aliases = tuple(dict.fromkeys((*case.body.aliases, *one.body.aliases)))
    body = case.body.model_copy(update={"aliases": aliases, **{name: getattr(one.body, name) for name in taken}})
    assert isinstance(body, CaseBody)
    return body


def _as_imported(history: Sequence[Revision]) -> Mapping[str, Any]:
    """Each field as the source gave it last: what imports wrote, whatever was edited in between."""
    said = dict(history[0].body)
    for revision in history[1:]:
        if revision.reason.startswith(_AGAIN):
            changed = {change.field.partition(".")[0] for change in revision.changes}
            said |= {name: revision.body[name] for name in changed if name in revision.body}
    return said


def _with_unmapped(told: Told, unmapped: Sequence[str]) -> CaseBody:
    """The case with the names that no term has and that none of its texts holds, so that they are not lost."""
    if not unmapped:
        return told.body
    whole = "\n".join(told.texts.values())
    lost = [name for name in unmapped if name.partition(":")[2] not in whole or (name not in whole and ":" not in name)]
    if not lost:
        return told.body
    summary = "\n\n".join(text for text in (told.body.summary, unmapped_text(lost)) if text)
    return told.body.model_copy(update={"summary": summary})


def check_format(format: str) -> str:
    """What one entry of it is called. Raises UsageError ``no-such-format``."""
    if format not in FORMATS:
        close = nearest(format, list(FORMATS), 1)
        raise UsageError(
            "no-such-format",
            f"nothing is imported from {format!r}",
            expected=f"one of {', '.join(FORMATS)}",
            next=f"errata import {close[0] if close else 'cases'} FILE",
        )
    return FORMATS[format]


def entries(format: str, path: str) -> Iterable[Entry]:
    """The entries of a file, as its format has them. Raises FileError."""
    if format == "cases":
        from errata.integrations.files.entries import lines

        return lines(path)
    read: Callable[[str], Iterable[Entry]] = importlib.import_module(f"errata.integrations.{format}.reader").read
    return read(path)


def _batches(entries: Iterable[Entry]) -> Iterator[tuple[int, list[Entry]]]:
    done, waiting = 0, iter(entries)
    while batch := list(itertools.islice(waiting, BATCH)):
        done += len(batch)
        yield done, batch


def _refusal(path: str, what: str, work: _Import) -> ValueFault:
    refused = work.refused
    details = [one.text(what) for one in refused[:SHOWN]]
    if len(refused) > SHOWN:
        details.append(f"and {count(len(refused) - SHOWN)} more")
    many = "entries" if what == "entry" else "lines"
    return ValueFault(
        "refused-entries",
        f"{plural(len(refused), what, many)} of {count(work.entries)} cannot be imported, so none was",
        details=details,
        expected="an object of errata.case-import/1 on each line" if what == "line" else "entries of this format",
        where=f"{'standard input' if path == '-' else path}, {what} {count(refused[0].at)}",
        next="mend them; or --quarantine imports the rest and keeps these aside, in a file that says why",
    )
