"""Checks on a logged run: which are asked, which samples they may look at, and what they say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from errata.core.errors import Conflict
from errata.nouns.check import ACTIVE
from errata.nouns.record import Record
from errata.store import records
from errata.store.catalog import Store
from errata.verbs.evidence import read_evidence
from errata.verbs.parts import Judged, read_run

if TYPE_CHECKING:
    from errata.nouns.verdict import CheckSpec, GateResult

MARGIN = 0.01


@dataclass(frozen=True, slots=True)
class Used:
    """Samples that may not judge, because a case was found on them or a plan learned from them."""

    ids: set[Any] = field(default_factory=set)
    groups: set[Any] = field(default_factory=set)

    def __or__(self, other: Used) -> Used:
        return Used(self.ids | other.ids, self.groups | other.groups)

    def __bool__(self) -> bool:
        return bool(self.ids or self.groups)


def checks_of(store: Store, case: str | None = None) -> list[Record]:
    """The active checks of the project, or of one case, in the order in which they were added."""
    with store.read() as connection:
        facet = ("case", case) if case else None
        return records.records(connection, store, "check", states=(ACTIVE,), facet=facet)


def judge(
    store: Store,
    judged: Judged,
    checks: Sequence[Record] | None,
    *,
    baseline: int | None = None,
    used: Used | None = None,
    margin: float = MARGIN,
) -> GateResult:
    """The verdicts of ``checks`` on a run, in their order; None asks the default ones of a gate with a baseline.

    ``baseline`` is the run that relative criteria compare with; ``used`` samples are left out on both sides.
    """
    from errata.verbs.gate import gate_sources

    specs = None if checks is None else specs_of(checks)
    roles = judged.run.typed_roles()
    relative = specs is None or any("baseline" in spec.criterion for spec in specs)
    other = read_run(store, baseline).source if baseline is not None and relative else None
    return gate_sources(
        judged.source,
        other,
        specs,
        roles,
        margin=margin,
        exclude_ids=used.ids if used and used.ids else None,
        exclude_groups=used.groups if used and used.groups else None,
    )


def specs_of(checks: Sequence[Record]) -> list[CheckSpec]:
    """What a gate asks, one a check."""
    from errata.nouns.verdict import CheckSpec

    return [
        CheckSpec(name=b.title, slice=b.slice, metric=b.metric, criterion=b.criterion, case=b.case, positive=b.positive)
        for b in (check.body for check in checks)
    ]


def used_by_plans(store: Store) -> Used:
    """The samples of every plan of the project, those that the actor may not see among them."""
    with store.read() as connection:
        plans = records.records(connection, store.whole(), "plan")
    used = Used()
    for plan in plans:
        if plan.body.samples:
            used = used | samples_of_plan(store, plan)
    return used


def samples_of_plan(store: Store, plan: Record) -> Used:
    """The samples that a plan uses."""
    if not plan.body.samples:
        return Used()
    values = json.loads(store.files.read(plan.body.samples))
    return Used(set(values["ids"]), set(values["groups"]))


def resting_on_a_run(case: Record) -> Record:
    """``case``, when it is about a slice that was counted on a run. Raises Conflict ``no-slice``."""
    if case.body.slice is None:
        raise Conflict(
            "no-slice",
            f"{case.key} rests on {'no slice' if case.body.run else 'no run'}, so nothing of it can be counted",
            expected="a case of a finding or of a slice",
            next=f"errata check add --slice TEXT --case {case.key}"
            if case.body.run
            else f"errata case attach {case.key} finding:N",
        )
    return case


def used_by_case(store: Store, case: Record) -> Used:
    """The samples of a case's evidence, and their groups."""
    if case.body.evidence is None:
        return Used()
    evidence = read_evidence(store, case.body.evidence)
    return Used(evidence.ids(), evidence.groups())
