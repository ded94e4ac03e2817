"""Records of a catalog: cases, checks, suites, plans, rubrics, templates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from errata.client.transport import Collection
from errata.nouns.evidence import Evidence
from errata.nouns.record import Record, Revision

if TYPE_CHECKING:
    from errata.nouns.case_import import Imported
    from errata.nouns.link import Link
    from errata.nouns.query import Query
    from errata.nouns.rubric import RubricBody
    from errata.nouns.search import Hits
    from errata.nouns.template import TemplateBody
    from errata.verbs.lint import Linted
    from errata.verbs.seen import Alike


class Records(Collection):
    """What every kind of record can do."""

    kind: ClassVar[str]

    def _ask(self, name: str, /, **arguments: Any) -> Any:
        return self._transport.ask(f"{self.kind} {name}", **arguments)

    def _record(self, name: str, /, **arguments: Any) -> Record:
        found: Record = self._ask(name, **arguments)
        return found

    def _records(self, name: str, /, **arguments: Any) -> Sequence[Record]:
        found: Sequence[Record] = self._ask(name, **arguments)
        return found

    def get(self, key: str) -> Record:
        """One record at its head revision. Raises NotFound."""
        return self._record("get", key=key)

    def edit(self, key: str, reason: str = "", revision: int | None = None, **changes: Any) -> Record:
        """The next revision, with ``changes`` to what may be edited by hand. ``revision`` is the one you saw.

        Raises NotFound, UsageError, Conflict ``edit-conflict`` when it was revised since.
        """
        return self._record("edit", key=key, changes=changes, reason=reason, revision=revision)

    def history(self, key: str) -> Sequence[Revision]:
        """Every revision, oldest first, with what each changed. Raises NotFound."""
        found: Sequence[Revision] = self._ask("history", key=key)
        return found

    def search(self, query: str | Query = "", limit: int = 20, cursor: str | None = None, facets: bool = True) -> Hits:
        """A page of the records that a query finds, with ``total``, ``facets`` and the next page's ``cursor``.

        ``limit`` is 1 to 200. Raises GrammarError for what is no query, UsageError ``bad-cursor`` and ``bad-limit``.
        """
        found: Hits = self._ask(
            "list", q=query if isinstance(query, str) else query.text, limit=limit, cursor=cursor, facets=facets
        )
        return found


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
        template: str | None = None,
        **fields: Any,
    ) -> Record:
        """A case of a finding, or of a slice of a run, with its failed samples frozen as evidence; of neither, one that
        people tell, which may begin with a ``template``.

        ``fields`` are what people write: ``why`` it qualifies (``reason`` is the same), ``summary``, ``case_kind``,
        ``models``, ``expected``, … Raises UsageError, NotFound, GrammarError, ValueFault ``nothing-failed`` and
        ``bad-body``.
        """
        if reason:
            fields.setdefault("why", reason)
        return self._record(
            "open",
            title=title,
            finding=finding,
            slice=slice,
            run=run,
            metric=metric,
            positive=positive,
            template=template,
            fields=fields,
        )

    def open_candidates(
        self,
        run: int,
        *,
        title: str,
        rule: str | None = None,
        samples: Iterable[str | int] = (),
        each: str | None = None,
        **fields: Any,
    ) -> Sequence[Record]:
        """A case of what was captured of a run, by one ``rule`` when given; its evidence keeps how likely each
        candidate was to be drawn, and what is estimated from it uses that.

        ``samples`` are the ids (rows where there are no ids) of those that are chosen, otherwise all that repeat no
        earlier one. ``each`` makes several cases: one for each value of a column or ``stratum``, or one for each
        cluster ``like`` another. Raises NotFound ``no-candidates``, UsageError ``no-such-candidate``,
        ``nothing-chosen``, ``too-many-cases``, ``nothing-alike``, ColumnError, ValueFault ``bad-body``.
        """
        return self._records(
            "open-candidates", run=run, title=title, rule=rule, samples=list(samples), each=each, fields=fields
        )

    def shared(self, key: str) -> dict[str, int]:
        """The other cases with evidence that is this one's too, by key, and how many samples. Raises NotFound."""
        found: dict[str, int] = self._ask("shared", key=key)
        return found

    def import_(
        self,
        path: str | Path,
        format: str = "cases",
        *,
        source: str | None = None,
        quarantine: bool = False,
        dry_run: bool = False,
        progress: Callable[[str], None] | None = None,
    ) -> Imported:
        """Cases that others tell: ``cases`` (JSON lines by our schema), ``gmf``, ``atlas``, ``avid`` or ``osv``.

        All or nothing, in one transaction; with ``quarantine`` what can be kept. Raises FileError, ValueFault
        ``refused-entries``, NotFound ``no-such-vocabulary``, UsageError ``no-such-format``.
        """
        from errata.client.importing import import_file

        how: dict[str, Any] = {"format": format, "source": source, "quarantine": quarantine, "dry_run": dry_run}
        return import_file(self._transport, str(path), progress, **how)

    def attach(
        self,
        key: str,
        *,
        finding: int | None = None,
        slice: str | None = None,
        run: int | None = None,
        metric: str = "error",
        positive: str | None = None,
        reason: str = "",
    ) -> Record:
        """Let a case that people told rest on a finding or a slice of a run. Raises Conflict ``has-evidence``."""
        return self._record(
            "attach",
            key=key,
            finding=finding,
            slice=slice,
            run=run,
            metric=metric,
            positive=positive,
            reason=reason,
        )

    def rate(self, key: str, levels: Mapping[str, int], *, rubric: str | None = None, reason: str = "") -> Record:
        """Rate how bad it is: a level on every axis of a rubric. Raises ValueFault ``bad-rating``, NotFound."""
        return self._record("rate", key=key, levels=levels, rubric=rubric, reason=reason)

    def lint(self, key: str) -> Linted:
        """What it lacks before it can be submitted, and what could be better said. Raises NotFound."""
        found: Linted = self._ask("lint", key=key)
        return found

    def mute(self, key: str, code: str, reason: str) -> Record:
        """Do not say a lint code of it any more, and keep why. Raises NotFound, UsageError."""
        return self._record("mute", key=key, code=code, reason=reason)

    def unmute(self, key: str, code: str) -> Record:
        """Say a lint code of it again. Raises NotFound ``not-muted``."""
        return self._record("unmute", key=key, code=code)

    def submit(self, key: str, reason: str = "") -> Record:
        """Hand it in for verification. Raises Conflict ``incomplete`` with a line for all that it lacks."""
        return self._record("submit", key=key, reason=reason)

    def verify(
        self, key: str, *, reran: str, digest: str | None = None, reproduced: bool = True, note: str = ""
    ) -> Record:
        """Say that you, who neither wrote nor labelled it, ran it again: ``reran`` is ``run:N`` or says what.

        Raises Conflict ``not-independent``, ``not-submitted``, UsageError.
        """
        return self._record("verify", key=key, reran=reran, digest=digest, reproduced=reproduced, note=note)

    def give_back(self, key: str, reason: str) -> Record:
        """Return it to its author with what it needs. Raises Conflict ``not-independent``, ``bad-move``."""
        return self._record("return", key=key, reason=reason)

    def review(self, key: str) -> dict[str, Any]:
        """Who wrote it, who labelled it, who may verify it, and whether it is verified. Raises NotFound."""
        found: dict[str, Any] = self._ask("review", key=key)
        return found

    def withdraw(self, key: str, reason: str) -> Record:
        """Say that it is no case. Raises UsageError ``no-reason``, Conflict ``bad-move``."""
        return self._record("withdraw", key=key, reason=reason)

    def restore(self, key: str, reason: str) -> Record:
        """Say that a withdrawn case is one after all. Raises as ``withdraw`` does."""
        return self._record("restore", key=key, reason=reason)

    def merge(self, key: str, into: str, reason: str = "") -> Record:
        """Say that it is part of another case, which is returned. Raises Conflict ``bad-merge``, ``bad-move``."""
        return self._record("merge", key=key, into=into, reason=reason)

    def link(self, key: str, predicate: str, target: str) -> Link:
        """Say that it stands in a PROV relation to a record, a fact, an address. Raises UsageError, GrammarError."""
        found: Link = self._ask("link", key=key, predicate=predicate, target=target)
        return found

    def unlink(self, key: str, predicate: str, target: str, reason: str = "") -> None:
        """Retract a link; that it was said stays. Raises NotFound."""
        self._ask("unlink", key=key, predicate=predicate, target=target, reason=reason)

    def links(self, key: str) -> Sequence[Link]:
        """The links from and to it."""
        found: Sequence[Link] = self._ask("links", key=key)
        return found

    def list(self, state: str | None = None) -> Sequence[Record]:
        """The cases, oldest first; of one state when given."""
        return self._records("list", state=state)

    def alike(
        self, title: str, summary: str = "", fingerprint: str | None = None, but: str | None = None, limit: int = 3
    ) -> Sequence[Alike]:
        """Seen before? The cases most like this one, best first, each with why; ``but`` is the key of one to leave out.

        Those of the same fingerprint stand first, then those that share its telling words.
        """
        found: Sequence[Alike] = self._ask(
            "alike", title=title, summary=summary, fingerprint=fingerprint, but=but, limit=limit
        )
        return found

    def close(self, key: str, run: int, reason: str = "") -> Record:
        """Close a case by the verdicts of its checks on ``run``. Raises Conflict ``cannot-close`` with every reason."""
        return self._record("close", key=key, run=run, reason=reason)

    def evidence(self, key: str) -> Evidence:
        """The frozen evidence. Raises NotFound, StorageError."""
        found: Evidence = self._ask("evidence", key=key)
        return found


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
        return self._record("add", case=case, slice=slice, metric=metric, criterion=criterion, name=name)

    def list(self, case: str | None = None) -> Sequence[Record]:
        """The active checks; of one case when given."""
        return self._records("active", case=case)

    def retire(self, key: str, reason: str = "") -> Record:
        """Stop asking a check. Raises NotFound, Conflict."""
        return self._record("retire", key=key, reason=reason)

    def export(self) -> str:
        """The active checks as the text of an ``errata.yaml``. Raises UsageError when there is none."""
        found: str = self._ask("export")
        return found


class Suites(Records):
    """``catalog.suites``."""

    kind = "suite"

    def make(self, *, title: str, checks: Sequence[str]) -> Record:
        """A named set of checks. Raises NotFound for a key that is no check."""
        return self._record("make", title=title, checks=checks)

    def list(self) -> Sequence[Record]:
        """The suites, oldest first."""
        return self._records("list")


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
        return self._record(
            "open",
            cases=cases,
            actions=[action] if isinstance(action, str) else action,
            title=title,
            cost=cost,
            samples=None if samples is None else list(samples),
            groups=None if groups is None else list(groups),
            run=run,
            seed=seed,
        )

    def measure(self, key: str, before: int, after: int, seed: int = 0) -> Record:
        """Measure the gain from run ``before`` to run ``after``, paired, on samples that no plan used.

        Raises NotFound, Conflict ``no-ids`` and ``no-pairs``.
        """
        return self._record("measure", key=key, before=before, after=after, seed=seed)

    def list(self, state: str | None = None) -> Sequence[Record]:
        """The plans, oldest first; of one state when given."""
        return self._records("list", state=state)


class Rubrics(Records):
    """``catalog.rubrics``."""

    kind = "rubric"

    def add(self, values: Mapping[str, Any], reason: str = "") -> Record:
        """Enter a rubric, or revise the one of the same name. Raises ValueFault ``bad-body``."""
        return self._record("add", values=values, reason=reason)

    def named(self, name: str | None = None) -> Record | RubricBody:
        """The rubric of a key or a name, ``severity`` unless given. Raises NotFound ``no-such-rubric``."""
        found: Record | RubricBody = self._ask("named", name=name)
        return found

    def list(self) -> Sequence[Record]:
        """The rubrics of the project, oldest first."""
        return self._records("list")


class Templates(Records):
    """``catalog.templates``."""

    kind = "template"

    def add(self, values: Mapping[str, Any], reason: str = "") -> Record:
        """Enter a template, or revise the project's own of the same name. Raises ValueFault ``bad-body``."""
        return self._record("add", values=values, reason=reason)

    def named(self, name: str) -> TemplateBody:
        """The template of this name, a shipped one or the project's own. Raises NotFound ``no-such-template``."""
        from errata.verbs.template import of_name

        return of_name(self.all(), name)

    def form(self, name: str) -> str:
        """Its form as YAML, to be filled in. Raises NotFound."""
        found: str = self._ask("form", name=name)
        return found

    def all(self) -> dict[str, tuple[TemplateBody, Record | None]]:
        """Every template by name, shipped ones too, with the record where it is the project's own."""
        found: dict[str, tuple[TemplateBody, Record | None]] = self._ask("all")
        return found
