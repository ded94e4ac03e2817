"""Capture rules of a catalog, and the candidates that they make of runs."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence

from errata.client.records import Records
from errata.client.transport import Collection, not_remote
from errata.nouns import candidates as nouns
from errata.nouns.record import Record


class Rules(Records):
    """``catalog.rules``."""

    kind = "rule"

    def add(
        self,
        *,
        title: str,
        when: str = "",
        disagree: int | None = None,
        anomaly: str = "",
        reference: int | None = None,
        method: str = "all",
        size: int | None = None,
        by: Sequence[str] = (),
        seed: int = 0,
    ) -> Record:
        """A rule: what it captures, and how candidates are drawn (``all``, ``reservoir``, ``stratified``, ``quota``).

        Raises GrammarError, UsageError ``rule-of-what`` and ``bad-sampling``, NotFound, ValueFault.
        """
        return self._record(
            "add",
            title=title,
            when=when,
            disagree=disagree,
            anomaly=anomaly,
            reference=reference,
            method=method,
            size=size,
            by=by,
            seed=seed,
        )

    def list(self, state: str | None = None) -> builtins.list[Record]:
        """The rules, oldest first; of one state when given."""
        found: builtins.list[Record] = self._ask("list", state=state)
        return found

    def retire(self, key: str, reason: str = "") -> Record:
        """Capture by it no more; what it captured stays. Raises NotFound, Conflict."""
        return self._record("retire", key=key, reason=reason)


class Candidates(Collection):
    """``catalog.candidates``."""

    def list(self, run: int | None = None) -> builtins.list[nouns.CandidateSet]:
        """Every capture, newest first; of one run when given. Raises NotFound."""
        found: builtins.list[nouns.CandidateSet] = self._transport.ask("candidates list", run=run)
        return found

    def get(self, run: int, rule: str | None = None) -> nouns.Candidates:
        """The newest capture of a run, by one rule when given. Raises NotFound ``no-candidates``."""
        found: nouns.Candidates = self._transport.ask("candidates get", run=run, rule=rule)
        return found

    def estimate(self, found: nouns.Candidates, of: str | Mapping[str | int, float]) -> nouns.Estimate:
        """What is so of everything that was caught, by the candidates and their probabilities.

        ``of`` is an expression, a column of numbers, or a value by id (by row without ids), such as labels as 0 and 1.
        Raises GrammarError, ColumnError, UsageError ``bad-values``.
        """
        if self._remote and not found.digest:
            raise not_remote("an estimate by candidates of a dry run", "catalog.capture(run), then its candidates")
        if self._remote:
            told: nouns.Estimate = self._transport.ask("candidates estimate", digest=found.digest, of=of)
            return told
        from errata.verbs.capture import estimate_of

        return estimate_of(self._store, found, of)
