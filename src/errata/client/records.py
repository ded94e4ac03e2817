"""Records of a catalog: cases, checks, suites, saved searches, plans."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from errata.nouns.evidence import Evidence
from errata.nouns.record import Record, Revision
from errata.store.catalog import Store

if TYPE_CHECKING:
    from errata.nouns.query import Query
    from errata.nouns.search import Hits
    from errata.verbs.seen import Alike


class Records:
    """What every kind of record can do."""

    kind: ClassVar[str]

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, key: str) -> Record:
        """One record at its head revision. Raises NotFound."""
        from errata.verbs.record import get_record

        return get_record(self._store, key, self.kind)

    def edit(self, key: str, reason: str = "", revision: int | None = None, **changes: Any) -> Record:
        """The next revision, with ``changes`` to what may be edited by hand. ``revision`` is the one you saw.

        Raises NotFound, UsageError, Conflict ``edit-conflict`` when it was revised since.
        """
        from errata.verbs.record import edit_record

        return edit_record(self._store, key, self.kind, changes, reason=reason, revision=revision)

    def history(self, key: str) -> list[Revision]:
        """Every revision, oldest first, with what each changed. Raises NotFound."""
        from errata.verbs.record import history

        return history(self._store, key, self.kind)

    def search(self, query: str | Query = "", limit: int = 20, cursor: str | None = None, facets: bool = True) -> Hits:
        """A page of the records that a query finds, with ``total``, ``facets`` and the next page's ``cursor``.

        ``limit`` is 1 to 200. Raises GrammarError for what is no query, UsageError ``bad-cursor`` and ``bad-limit``.
        """
        from errata.verbs.search import search

        return search(self._store, query, self.kind, limit=limit, cursor=cursor, facets=facets)


class Cases(Records):
    """``catalog.cases``."""

    kind = "case"

    def open(
        self,
        *,
        title: str,
        finding: int | None = None,
        slice: str | None = None,
        run: int | None = None,
        metric: str = "error",
        positive: str | None = None,
        reason: str = "",
        summary: str = "",
    ) -> Record:
        """A case of a finding, or of a slice of a run, with its failed samples frozen as evidence.

        ``reason`` is why it qualifies. Raises UsageError, NotFound, GrammarError, ValueFault ``nothing-failed``.
        """
        from errata.verbs.case import open_case

        return open_case(
            self._store,
            title=title,
            finding=finding,
            slice=slice,
            run=run,
            metric=metric,
            positive=positive,
            why=reason,
            summary=summary,
        )

    def list(self, state: str | None = None) -> list[Record]:
        """The cases, oldest first; of one state when given."""
        from errata.verbs.record import list_records

        return list_records(self._store, self.kind, state)

    def alike(
        self, title: str, summary: str = "", fingerprint: str | None = None, but: str | None = None, limit: int = 3
    ) -> Sequence[Alike]:
        """Seen before? The cases most like this one, best first, each with why; ``but`` is the key of one to leave out.

        Those of the same fingerprint stand first, then those that share its telling words.
        """
        from errata.verbs.seen import alike

        return alike(self._store, title=title, summary=summary, fingerprint=fingerprint, but=but, limit=limit)

    def close(self, key: str, run: int, reason: str = "") -> Record:
        """Close a case by the verdicts of its checks on ``run``. Raises Conflict ``cannot-close`` with every reason."""
        from errata.verbs.close import close_case

        return close_case(self._store, key, run, reason)

    def evidence(self, key: str) -> Evidence:
        """The frozen evidence. Raises NotFound, StorageError."""
        from errata.verbs.case import evidence_of

        return evidence_of(self._store, key)


class Checks(Records):
    """``catalog.checks``."""

    kind = "check"

    def add(
        self,
        *,
        case: str | None = None,
        slice: str | None = None,
        metric: str | None = None,
        criterion: str | None = None,
        name: str | None = None,
    ) -> Record:
        """A check of a case, or of a slice (``all`` is everything). Raises UsageError, GrammarError, NotFound."""
        from errata.verbs.check import add_check

        return add_check(self._store, case=case, slice=slice, metric=metric, criterion=criterion, name=name)

    def list(self, case: str | None = None) -> list[Record]:
        """The active checks; of one case when given."""
        from errata.verbs.judge import checks_of

        return checks_of(self._store, case)

    def retire(self, key: str, reason: str = "") -> Record:
        """Stop asking a check. Raises NotFound, Conflict."""
        from errata.verbs.check import retire_check

        return retire_check(self._store, key, reason)

    def export(self) -> str:
        """The active checks as the text of an ``errata.yaml``. Raises UsageError when there is none."""
        from errata.verbs.check import export_checks

        return export_checks(self._store)


class Suites(Records):
    """``catalog.suites``."""

    kind = "suite"

    def make(self, *, title: str, checks: Sequence[str]) -> Record:
        """A named set of checks. Raises NotFound for a key that is no check."""
        from errata.verbs.check import make_suite

        return make_suite(self._store, title, checks)

    def list(self) -> list[Record]:
        """The suites, oldest first."""
        from errata.verbs.record import list_records

        return list_records(self._store, self.kind)


class SavedSearches(Records):
    """``catalog.saved_searches``."""

    kind = "saved-search"

    def save(self, name: str, query: str) -> Record:
        """Keep a query under a name. Raises GrammarError for what is no query, Conflict for a name that is taken."""
        from errata.verbs.saved_search import save_search

        return save_search(self._store, name, query)

    def find(self, name: str) -> Record:
        """The saved search of a key or a name. Raises NotFound."""
        from errata.verbs.saved_search import saved_search

        return saved_search(self._store, name)

    def list(self) -> list[Record]:
        """The saved searches, oldest first."""
        from errata.verbs.record import list_records

        return list_records(self._store, self.kind, "active")

    def run(self, name: str, limit: int = 20, cursor: str | None = None, facets: bool = True) -> Hits:
        """The cases that a saved search finds today, as ``cases.search`` gives them. Raises NotFound."""
        from errata.verbs.search import search

        return search(self._store, self.find(name).query, "case", limit=limit, cursor=cursor, facets=facets)


class Plans(Records):
    """``catalog.plans``."""

    kind = "plan"

    def open(
        self,
        *,
        cases: Sequence[str],
        action: str | Sequence[str],
        title: str,
        cost: str = "",
        samples: Iterable[Any] | None = None,
        groups: Iterable[Any] | None = None,
        run: int | None = None,
        seed: int = 0,
    ) -> Record:
        """A plan for some cases, with its predicted gain; ``samples`` (ids) and ``groups`` are what it uses.

        Raises NotFound, Conflict, UsageError, ValueFault.
        """
        from errata.verbs.plan import open_plan

        return open_plan(
            self._store,
            cases=cases,
            actions=[action] if isinstance(action, str) else action,
            title=title,
            cost=cost,
            samples=samples,
            groups=groups,
            run=run,
            seed=seed,
        )

    def measure(self, key: str, before: int, after: int, seed: int = 0) -> Record:
        """Measure the gain from run ``before`` to run ``after``, paired, on samples that no plan used.

        Raises NotFound, Conflict ``no-ids`` and ``no-pairs``.
        """
        from errata.verbs.plan import measure_plan

        return measure_plan(self._store, key, before, after, seed)

    def list(self, state: str | None = None) -> list[Record]:
        """The plans, oldest first; of one state when given."""
        from errata.verbs.record import list_records

        return list_records(self._store, self.kind, state)
