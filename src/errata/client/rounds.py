"""Labelling rounds of a catalog: ``catalog.rounds``."""

from __future__ import annotations

import builtins
from collections.abc import Sequence

from errata.client.records import Records
from errata.nouns.label import Label
from errata.nouns.record import Record
from errata.nouns.round import RoundView


class Rounds(Records):
    """``catalog.rounds``."""

    kind = "round"

    def open(
        self,
        *,
        title: str,
        vocabulary: str,
        subjects: Sequence[str],
        actors: Sequence[str],
        many: bool = False,
        choices: Sequence[str] = (),
        instructions: str = "",
    ) -> Record:
        """A round in which ``actors`` label ``subjects`` blind. Raises GrammarError, NotFound, ValueFault."""
        return self._record(
            "open",
            title=title,
            vocabulary=vocabulary,
            subjects=subjects,
            actors=actors,
            many=many,
            choices=choices,
            instructions=instructions,
        )

    def list(self, state: str | None = None) -> builtins.list[Record]:
        """The rounds, oldest first; of one state when given."""
        found: builtins.list[Record] = self._ask("list", state=state)
        return found

    def view(self, key: str) -> RoundView:
        """A round with its answers: your own while it is open, then everybody's, with agreement. Raises NotFound."""
        return self._view("view", key=key)

    def label(
        self, key: str, subject: str, *terms: str, confidence: float | None = None, note: str = ""
    ) -> builtins.list[Label]:
        """Your answer for one subject, instead of any before; no term takes it back. Raises Conflict, UsageError."""
        found: builtins.list[Label] = self._ask(
            "label", key=key, subject=subject, terms=list(terms), confidence=confidence, note=note
        )
        return found

    def close(self, key: str, reason: str = "") -> RoundView:
        """End the labelling; what two or more agree on is decided at once. Raises Conflict."""
        return self._view("close", key=key, reason=reason)

    def adjudicate(self, key: str, subject: str, *terms: str, reason: str) -> RoundView:
        """Decide what a subject is; this is the label that counts outside of the round. Raises Conflict, UsageError."""
        return self._view("adjudicate", key=key, subject=subject, terms=list(terms), reason=reason)

    def _view(self, name: str, /, **arguments: object) -> RoundView:
        found: RoundView = self._ask(name, **arguments)
        return found
