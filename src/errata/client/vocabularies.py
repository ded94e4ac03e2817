"""Vocabularies and labels of a catalog: ``catalog.vocabularies``, ``catalog.labels``."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from errata.client.records import Records
from errata.client.transport import Collection
from errata.nouns.label import KNOWN, Described, Label
from errata.nouns.record import Record, Revision


class Vocabularies(Records):
    """``catalog.vocabularies``. A vocabulary is named by its name or its key, a term as ``VOCABULARY:TERM``."""

    kind = "vocabulary"

    def add(self, source: str | Mapping[str, Any], name: str | None = None) -> Record:
        """Enter one that comes with Errata (``failure-mode``), one of a file, or one of plain values.

        Raises NotFound, FileError, ValueFault, Conflict ``name-taken``.
        """
        from errata.verbs.vocabulary import add_vocabulary

        return add_vocabulary(self._store, source, name=name)

    def list(self) -> builtins.list[Record]:
        """The vocabularies, oldest first."""
        from errata.verbs.record import list_records

        return list_records(self._store, self.kind)

    def get(self, key: str) -> Record:
        """One at its newest revision. Raises NotFound."""
        from errata.verbs.vocabulary import get_vocabulary

        return get_vocabulary(self._store, key)

    def edit(self, key: str, reason: str = "", revision: int | None = None, **changes: Any) -> Record:
        """The next revision, with another title, description, source or licence. Raises NotFound, Conflict."""
        return super().edit(self.get(key).key, reason, revision, **changes)

    def history(self, key: str) -> Sequence[Revision]:
        """Every revision, oldest first, with what each changed. Raises NotFound."""
        return super().history(self.get(key).key)

    def add_term(self, term: str, reason: str = "", **values: Any) -> Record:
        """With one more term: ``pref_label``, ``definition``, ``broader``, ``examples``, … Raises Conflict."""
        from errata.verbs.vocabulary import add_term

        return add_term(self._store, term, values, reason=reason)

    def edit_term(self, term: str, reason: str = "", **changes: Any) -> Record:
        """With a term that says something else. Raises NotFound, UsageError, ValueFault."""
        from errata.verbs.vocabulary import edit_term

        return edit_term(self._store, term, changes, reason=reason)

    def rename_term(self, term: str, new: str, reason: str, label: str = "") -> Record:
        """With a term under another id; its old labels stay readable. Raises Conflict."""
        from errata.verbs.vocabulary import rename_term

        return rename_term(self._store, term, new, reason=reason, label=label)

    def split_term(self, term: str, into: Sequence[str], reason: str) -> Record:
        """With a term replaced by two or more. Raises UsageError, Conflict."""
        from errata.verbs.vocabulary import split_term

        return split_term(self._store, term, into, reason=reason)

    def merge_terms(self, terms: Sequence[str], into: str, reason: str) -> Record:
        """With terms replaced by one that is there. Raises UsageError, Conflict."""
        from errata.verbs.vocabulary import merge_terms

        return merge_terms(self._store, terms, into, reason=reason)

    def deprecate_term(self, term: str, reason: str, instead: Sequence[str] = ()) -> Record:
        """With a term that is not to be used any more. Raises Conflict."""
        from errata.verbs.vocabulary import deprecate_term

        return deprecate_term(self._store, term, reason=reason, instead=instead)

    def counts(self, key: str) -> dict[str, int]:
        """How many labels each term has. Raises NotFound."""
        from errata.verbs.vocabulary import counts

        return counts(self._store, key)

    def health(self, key: str, share: float = 0.25) -> Any:
        """Which terms serve badly: unused, overloaded, unclear to people, outdated, not defined. Raises NotFound."""
        from errata.verbs.vocabulary_health import vocabulary_health

        return vocabulary_health(self._store, key, share)

    def skos(self, key: str) -> dict[str, Any]:
        """A vocabulary as SKOS in JSON-LD. Raises NotFound."""
        from errata.verbs.vocabulary import skos

        return skos(self._store, key)


class Labels(Collection):
    """``catalog.labels``. A term is ``VOCABULARY:TERM``, such as ``failure-mode:localization/shift``."""

    def add(
        self,
        subject: str,
        term: str,
        *,
        status: str = KNOWN,
        confidence: float | None = None,
        spans: Iterable[Any] = (),
        note: str = "",
    ) -> Label:
        """Say that a term holds of a record, run, finding or sample. A span is ``(field, start, end)`` or a mapping.

        Raises GrammarError, NotFound, UsageError, ValueFault ``bad-span``, Conflict.
        """
        from errata.verbs.label import add_label

        return add_label(self._store, subject, term, status=status, confidence=confidence, spans=spans, note=note)

    def list(
        self,
        subject: str | None = None,
        *,
        vocabulary: str | None = None,
        term: str | None = None,
        actor: str | None = None,
        everything: bool = False,
    ) -> builtins.list[Label]:
        """The labels that count, oldest first; with ``everything`` also retracted ones and answers in rounds."""
        from errata.verbs.label import list_labels

        return list_labels(self._store, subject, vocabulary=vocabulary, term=term, actor=actor, everything=everything)

    def get(self, number: int) -> Label:
        """One label. Raises NotFound."""
        from errata.verbs.label import get_label

        return get_label(self._store, number)

    def about(self, subject: str) -> Described:
        """What a label of ``subject`` would be about: its title and texts, the row of a sample. Raises NotFound."""
        from errata.verbs.labelled import describe

        return describe(self._store, subject)

    def retract(self, number: int, reason: str) -> Label:
        """Take a label back; it stays, with who, when and why. Raises NotFound, Conflict."""
        from errata.verbs.label import retract_label

        return retract_label(self._store, number, reason)

    def moves(self, vocabulary: str | None = None) -> builtins.list[Label]:
        """The labels whose term was renamed, split or merged since, each with its ``choices``."""
        from errata.verbs.label import moves

        return moves(self._store, vocabulary)

    def move(self, number: int, to: str | None = None, reason: str = "") -> Label:
        """Say a label anew with what its term is called today. Raises NotFound, Conflict, UsageError ``which-term``."""
        from errata.verbs.label import move_label

        return move_label(self._store, number, to, reason=reason)

    def move_all(self, vocabulary: str, reason: str = "") -> builtins.list[Label]:
        """Move every label that has one choice; what was split waits for somebody to choose."""
        from errata.verbs.label import move_all

        return move_all(self._store, vocabulary, reason=reason)
