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
        return self._record("add", source=source, name=name)

    def list(self) -> builtins.list[Record]:
        """The vocabularies, oldest first."""
        found: builtins.list[Record] = self._ask("list")
        return found

    def get(self, key: str) -> Record:
        """One at its newest revision. Raises NotFound."""
        return self._record("get", named=key)

    def edit(self, key: str, reason: str = "", revision: int | None = None, **changes: Any) -> Record:
        """The next revision, with another title, description, source or licence. Raises NotFound, Conflict."""
        return super().edit(self.get(key).key, reason, revision, **changes)

    def history(self, key: str) -> Sequence[Revision]:
        """Every revision, oldest first, with what each changed. Raises NotFound."""
        return super().history(self.get(key).key)

    def add_term(self, term: str, reason: str = "", **values: Any) -> Record:
        """With one more term: ``pref_label``, ``definition``, ``broader``, ``examples``, … Raises Conflict."""
        return self._record("add-term", term=term, values=values, reason=reason)

    def edit_term(self, term: str, reason: str = "", **changes: Any) -> Record:
        """With a term that says something else. Raises NotFound, UsageError, ValueFault."""
        return self._record("edit-term", term=term, changes=changes, reason=reason)

    def rename_term(self, term: str, new: str, reason: str, label: str = "") -> Record:
        """With a term under another id; its old labels stay readable. Raises Conflict."""
        return self._record("rename-term", term=term, new=new, reason=reason, label=label)

    def split_term(self, term: str, into: Sequence[str], reason: str) -> Record:
        """With a term replaced by two or more. Raises UsageError, Conflict."""
        return self._record("split-term", term=term, into=into, reason=reason)

    def merge_terms(self, terms: Sequence[str], into: str, reason: str) -> Record:
        """With terms replaced by one that is there. Raises UsageError, Conflict."""
        return self._record("merge-term", given=terms, into=into, reason=reason)

    def deprecate_term(self, term: str, reason: str, instead: Sequence[str] = ()) -> Record:
        """With a term that is not to be used any more. Raises Conflict."""
        return self._record("deprecate-term", term=term, reason=reason, instead=instead)

    def retire(self, key: str, reason: str, instead: str | None = None) -> Record:
        """Label nothing new with it; its labels stay. ``instead`` is the one to use. Raises NotFound, Conflict."""
        return self._record("retire", named=key, reason=reason, instead=instead)

    def restore(self, key: str, reason: str) -> Record:
        """A retired vocabulary may be used again. Raises NotFound, Conflict."""
        return self._record("restore", named=key, reason=reason)

    def counts(self, key: str) -> dict[str, int]:
        """How many labels each term has. Raises NotFound."""
        found: dict[str, int] = self._ask("counts", named=key)
        return found

    def health(self, key: str, share: float = 0.25) -> Any:
        """Which terms serve badly: unused, overloaded, unclear to people, outdated, not defined. Raises NotFound."""
        return self._ask("health", named=key, share=share)

    def skos(self, key: str) -> dict[str, Any]:
        """A vocabulary as SKOS in JSON-LD. Raises NotFound."""
        found: dict[str, Any] = self._ask("skos", named=key)
        return found


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
        found: Label = self._transport.ask(
            "label add", subject=subject, term=term, status=status, confidence=confidence, spans=list(spans), note=note
        )
        return found

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
        found: builtins.list[Label] = self._transport.ask(
            "label list", subject=subject, vocabulary=vocabulary, term=term, actor=actor, everything=everything
        )
        return found

    def of(self, subjects: Iterable[str]) -> Mapping[str, builtins.list[Label]]:
        """The labels that count of several subjects, by subject; one without labels is left out."""
        from errata.verbs.label import labels_of

        if self._remote:
            return {subject: found for subject in dict.fromkeys(subjects) if (found := self.list(subject))}
        return labels_of(self._store, subjects)

    def get(self, number: int) -> Label:
        """One label. Raises NotFound."""
        found: Label = self._transport.ask("label get", number=number)
        return found

    def about(self, subject: str) -> Described:
        """What a label of ``subject`` would be about: its title and texts, the row of a sample. Raises NotFound."""
        found: Described = self._transport.ask("label about", subject=subject)
        return found

    def about_all(self, subjects: Sequence[str]) -> Mapping[str, Described]:
        """The same of several subjects, by their names. Raises NotFound."""
        from errata.verbs.labelled import describe_all

        if self._remote:
            return {subject: self.about(subject) for subject in subjects}
        return describe_all(self._store, subjects)

    def retract(self, number: int, reason: str) -> Label:
        """Take a label back; it stays, with who, when and why. Raises NotFound, Conflict."""
        found: Label = self._transport.ask("label retract", number=number, reason=reason)
        return found

    def moves(self, vocabulary: str | None = None) -> builtins.list[Label]:
        """The labels whose term was renamed, split or merged since, each with its ``choices``."""
        found: builtins.list[Label] = self._transport.ask("label moves", vocabulary=vocabulary)
        return found

    def move(self, number: int, to: str | None = None, reason: str = "") -> Label:
        """Say a label anew with what its term is called today. Raises NotFound, Conflict, UsageError ``which-term``."""
        found: Label = self._transport.ask("label move", number=number, to=to, reason=reason)
        return found

    def move_all(self, vocabulary: str, reason: str = "") -> builtins.list[Label]:
        """Move every label that has one choice; what was split waits for somebody to choose."""
        found: builtins.list[Label] = self._transport.ask("label move-all", vocabulary=vocabulary, reason=reason)
        return found
