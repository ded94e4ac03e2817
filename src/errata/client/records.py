"""Records of a catalog: cases, checks, suites, plans."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from errata.nouns.evidence import Evidence
from errata.nouns.record import Record, Revision
from errata.store.catalog import Store

if TYPE_CHECKING:
    from errata.nouns.case_import import Imported
    from errata.nouns.link import Link
    from errata.nouns.rubric import RubricBody
    from errata.nouns.template import TemplateBody
    from errata.verbs.lint import Linted


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
        from errata.verbs.case import open_case as plain
        from errata.verbs.template import new_case

        open_case = plain if template is None else partial(new_case, template=template)
        if reason:
            fields.setdefault("why", reason)
        return open_case(
            self._store,
            title=title,
            finding=finding,
            slice=slice,
            run=run,
            metric=metric,
            positive=positive,
            **fields,
        )

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
        from errata.verbs.import_cases import import_cases

        return import_cases(
            self._store,
            str(path),
            format=format,
            source=source,
            quarantine=quarantine,
            dry_run=dry_run,
            progress=progress,
        )

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
        from errata.verbs.case import attach

        return attach(
            self._store, key, finding=finding, slice=slice, run=run, metric=metric, positive=positive, reason=reason
        )

    def rate(self, key: str, levels: Mapping[str, int], *, rubric: str | None = None, reason: str = "") -> Record:
        """Rate how bad it is: a level on every axis of a rubric. Raises ValueFault ``bad-rating``, NotFound."""
        from errata.verbs.rate import rate_case

        return rate_case(self._store, key, levels, rubric=rubric, reason=reason)

    def lint(self, key: str) -> Linted:
        """What it lacks before it can be submitted, and what could be better said. Raises NotFound."""
        from errata.verbs.lint import lint_case

        return lint_case(self._store, key)

    def mute(self, key: str, code: str, reason: str) -> Record:
        """Do not say a lint code of it any more, and keep why. Raises NotFound, UsageError."""
        from errata.verbs.lint import mute_lint

        return mute_lint(self._store, key, code, reason)

    def submit(self, key: str, reason: str = "") -> Record:
        """Hand it in for verification. Raises Conflict ``incomplete`` with a line for all that it lacks."""
        from errata.verbs.review import submit_case

        return submit_case(self._store, key, reason)

    def verify(
        self, key: str, *, reran: str, digest: str | None = None, reproduced: bool = True, note: str = ""
    ) -> Record:
        """Say that you, who neither wrote nor labelled it, ran it again: ``reran`` is ``run:N`` or says what.

        Raises Conflict ``not-independent``, ``not-submitted``, UsageError.
        """
        from errata.verbs.review import verify_case

        return verify_case(self._store, key, reran=reran, digest=digest, reproduced=reproduced, note=note)

    def give_back(self, key: str, reason: str) -> Record:
        """Return it to its author with what it needs. Raises Conflict ``not-independent``, ``bad-move``."""
        from errata.verbs.review import return_case

        return return_case(self._store, key, reason)

    def review(self, key: str) -> dict[str, Any]:
        """Who wrote it, who labelled it, who may verify it, and whether it is verified. Raises NotFound."""
        from errata.verbs.review import review_of

        return review_of(self._store, self.get(key))

    def withdraw(self, key: str, reason: str) -> Record:
        """Say that it is no case. Raises UsageError ``no-reason``, Conflict ``bad-move``."""
        from errata.verbs.withdraw import withdraw_case

        return withdraw_case(self._store, key, reason)

    def restore(self, key: str, reason: str) -> Record:
        """Say that a withdrawn case is one after all. Raises as ``withdraw`` does."""
        from errata.verbs.withdraw import restore_case

        return restore_case(self._store, key, reason)

    def merge(self, key: str, into: str, reason: str = "") -> Record:
        """Say that it is part of another case, which is returned. Raises Conflict ``bad-merge``, ``bad-move``."""
        from errata.verbs.withdraw import merge_case

        return merge_case(self._store, key, into, reason)

    def link(self, key: str, predicate: str, target: str) -> Link:
        """Say that it stands in a PROV relation to a record, a fact, an address. Raises UsageError, GrammarError."""
        from errata.verbs.link import link_record

        return link_record(self._store, key, predicate, target)

    def unlink(self, key: str, predicate: str, target: str, reason: str = "") -> None:
        """Retract a link; that it was said stays. Raises NotFound."""
        from errata.verbs.link import unlink_record

        unlink_record(self._store, key, predicate, target, reason)

    def links(self, key: str) -> Sequence[Link]:
        """The links from and to it."""
        from errata.verbs.link import links_of

        return links_of(self._store, key)

    def list(self, state: str | None = None) -> list[Record]:
        """The cases, oldest first; of one state when given."""
        from errata.verbs.record import list_records

        return list_records(self._store, self.kind, state)

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


class Rubrics(Records):
    """``catalog.rubrics``."""

    kind = "rubric"

    def add(self, values: Mapping[str, Any], reason: str = "") -> Record:
        """Enter a rubric, or revise the one of the same name. Raises ValueFault ``bad-body``."""
        from errata.verbs.rate import add_rubric

        return add_rubric(self._store, values, reason)

    def named(self, name: str | None = None) -> Record | RubricBody:
        """The rubric of a key or a name, ``severity`` unless given. Raises NotFound ``no-such-rubric``."""
        from errata.verbs.rate import rubric_of

        return rubric_of(self._store, name)

    def list(self) -> list[Record]:
        """The rubrics of the project, oldest first."""
        from errata.verbs.record import list_records

        return list_records(self._store, self.kind)


class Templates(Records):
    """``catalog.templates``."""

    kind = "template"

    def add(self, values: Mapping[str, Any], reason: str = "") -> Record:
        """Enter a template, or revise the project's own of the same name. Raises ValueFault ``bad-body``."""
        from errata.verbs.template import add_template

        return add_template(self._store, values, reason)

    def named(self, name: str) -> TemplateBody:
        """The template of this name, a shipped one or the project's own. Raises NotFound ``no-such-template``."""
        from errata.verbs.template import template_named

        return template_named(self._store, name)

    def form(self, name: str) -> str:
        """Its form as YAML, to be filled in. Raises NotFound."""
        from errata.verbs.template import form_of

        return form_of(self._store, name)

    def all(self) -> dict[str, tuple[TemplateBody, Record | None]]:
        """Every template by name, shipped ones too, with the record where it is the project's own."""
        from errata.verbs.template import templates

        return templates(self._store)
