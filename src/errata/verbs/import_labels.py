"""Labels of an import: which terms they are today, which names no term has, and which a case has already."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from errata.core.errors import ErrataError
from errata.nouns.case_import import ImportLabel, Told
from errata.nouns.label import KNOWN, Label, Span
from errata.nouns.record import Record
from errata.nouns.terms import check_alive
from errata.nouns.vocabulary import VocabularyBody
from errata.store import labels
from errata.store.catalog import Transaction
from errata.verbs.label import vocabulary_of

Terms = dict[tuple[int, str], labels.Said]
"""What is said of one case, by vocabulary and term: each term once."""


class Namer:
    """The terms of one project, each looked up once."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._terms: dict[str, tuple[Record, str] | str] = {}
        self._matches: dict[tuple[str, tuple[str, ...]], tuple[Record, str] | None] = {}
        self._vocabularies: dict[str, Record] = {}
        self._full: dict[tuple[int, str], str] = {}

    def faults(self, told: Told) -> list[str]:
        """What is wrong with the terms of an entry, a line each."""
        found = [(at, self._term(label.term)) for at, label in enumerate(told.labels) if label.term is not None]
        return [f"labels.{at}.term: {fault}" for at, fault in found if isinstance(fault, str)]

    def terms(self, told: Told) -> tuple[Terms, list[str]]:
        """What an entry says, and the names in it that no term has. Raises NotFound ``no-such-vocabulary``.

        Two labels of one term are one: known if either is, with the spans of both.
        """
        said: Terms = {}
        unmapped = []
        for label, spans in zip(told.labels, told.spans, strict=True):
            found = self._term(label.term) if label.term is not None else self._match(label.vocabulary, label.match)
            if found is None or isinstance(found, str):
                unmapped.append(label.match[0])
                continue
            vocabulary, at = found
            place = (vocabulary.number, at)
            said[place] = _joined(said.get(place), _said(vocabulary, at, label, spans))
        return said, unmapped

    def full(self, vocabulary: int, term: str) -> str:
        """The full name of a term that was looked up, for the audit log."""
        return self._full[vocabulary, term]

    def _term(self, text: str) -> tuple[Record, str] | str:
        if text not in self._terms:
            name, _, asked = text.partition(":")
            try:
                vocabulary = self._vocabulary(name)
                at = vocabulary.body.resolve(asked)
                check_alive(vocabulary.body, at)
                self._terms[text] = self._known(vocabulary, at)
            except ErrataError as exc:
                self._terms[text] = f"{exc.message}{f' ({exc.expected})' if exc.expected else ''}"
        return self._terms[text]

    def _match(self, name: str, match: tuple[str, ...]) -> tuple[Record, str] | None:
        if (name, match) not in self._matches:
            vocabulary = self._vocabulary(name)
            found = (_usable(vocabulary.body, text) for text in match)
            at = next((terms[0] for terms in found if len(terms) == 1), None)
            self._matches[name, match] = None if at is None else self._known(vocabulary, at)
        return self._matches[name, match]

    def _vocabulary(self, name: str) -> Record:
        if name not in self._vocabularies:
            self._vocabularies[name] = vocabulary_of(self._transaction, name)
        return self._vocabularies[name]

    def _known(self, vocabulary: Record, at: str) -> tuple[Record, str]:
        self._full[vocabulary.number, at] = f"{vocabulary.body.name}:{vocabulary.body.path(at)}"
        return vocabulary, at


def add_labels(transaction: Transaction, namer: Namer, said: Mapping[str, Terms]) -> int:
    """Say of each case what is said of it; how many labels that is."""
    groups: dict[int, list[labels.Said]] = defaultdict(list)
    for key, terms in said.items():
        for (vocabulary, _), one in terms.items():
            groups[vocabulary].append(replace(one, subject=key))
    for vocabulary, some in groups.items():
        labels.add(transaction, some, {one.term: namer.full(vocabulary, one.term) for one in some}, "imported")
    return sum(map(len, groups.values()))


def renew_labels(transaction: Transaction, namer: Namer, said: Mapping[str, Terms], source: str) -> Counter[str]:
    """Say of cases that are there what is said of them now and was not before; how many labels each got.

    What was taken back here stays so. A label that its importer gave otherwise is taken back and given anew.
    """
    before: dict[str, list[Label]] = defaultdict(list)
    numbers = {one.vocabulary for terms in said.values() for one in terms.values()}
    if numbers:
        for label in labels.labels(
            transaction.connection, transaction.store, labels.about(said), labels.of_round(None)
        ):
            before[label.subject].append(label)
    added: dict[str, Terms] = {}
    gone: list[Label] = []
    for key, terms in said.items():
        new: Terms = {}
        for place, one in terms.items():
            same = [label for label in before[key] if _place(label) == place]
            if any(_alike(label, one) for label in same):
                continue
            gone += [label for label in same if not label.retracted and label.actor == transaction.actor]
            new[place] = one
        added[key] = new
    if gone:
        labels.retract(transaction, gone, f"{source} says it otherwise now")
    add_labels(transaction, namer, added)
    return Counter({key: len(terms) for key, terms in added.items() if terms})


def unmapped_text(unmapped: Iterable[str]) -> str:
    """The names that no term has, as they are kept with the case."""
    return f"Failure modes without a term: {', '.join(unmapped)}."


def _usable(body: VocabularyBody, text: str) -> list[str]:
    """The terms that a name may stand for today; one that was replaced by one other stands as that."""
    found: list[str] = []
    for at in body.meaning_of(text):
        found += body.replacements(at) if body.concepts[at].deprecated else [at]
    return list(dict.fromkeys(found))


def _said(vocabulary: Record, at: str, label: ImportLabel, spans: tuple[Span, ...]) -> labels.Said:
    return labels.Said(
        subject="",
        vocabulary=vocabulary.number,
        revision=vocabulary.revision,
        term=at,
        status=label.status,
        confidence=label.confidence,
        spans=spans,
        note=label.note,
    )


def _joined(one: labels.Said | None, other: labels.Said) -> labels.Said:
    if one is None:
        return other
    first, second = (other, one) if other.status == KNOWN and one.status != KNOWN else (one, other)
    notes = dict.fromkeys(note for note in (first.note, second.note) if note)
    return replace(first, spans=tuple(dict.fromkeys((*first.spans, *second.spans))), note="; ".join(notes))


def _place(label: Label) -> tuple[int, str]:
    return int(label.vocabulary.rpartition("-")[2]), label.term


def _alike(label: Label, one: labels.Said) -> bool:
    return (label.status, label.confidence, label.spans, label.note) == (
        one.status, one.confidence, one.spans, one.note,
    )  # fmt: skip
