"""``errata gate run:N``: every check of the project on a run. What comes back is reopened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from errata.core.errors import Conflict, UsageError
from errata.nouns.case_parts import Judged as JudgedBy
from errata.nouns.check import ACTIVE
from errata.nouns.lifecycle import CLOSED, REOPENED
from errata.nouns.record import Record
from errata.store import gates, records, runs
from errata.store.catalog import Store, Transaction
from errata.verbs.judge import MARGIN, checks_of, judge, used_by_plans
from errata.verbs.parts import read_run

if TYPE_CHECKING:
    from errata.nouns.verdict import CheckVerdict, GateResult


Gated = tuple["GateResult", int, list[str]]
"""The verdicts, the number of the stored gate, and the keys of the cases that came back."""


def gate_run(
    store: Store,
    number: int,
    baseline: int | None = None,
    margin: float = MARGIN,
    *,
    suite: str | None = None,
    chosen: Sequence[str] = (),
    also: Callable[[Transaction, Gated], None] = lambda *_: None,
) -> Gated:
    """The verdicts of every active check on ``run:number``; of those of a ``suite``, or of the ``chosen`` keys, alone.

    Samples that a plan uses are left out: a model is not judged on what it learned from. Without any check and with a
    baseline the default ones hold. A closed case whose check fails is reopened in the same transaction, in which
    ``also`` is called last. Raises UsageError ``no-checks`` when there is nothing to ask, NotFound, Conflict
    ``check-retired``.
    """
    mine = asked_checks(store, number, baseline, suite, chosen)
    # A check that the actor may not see holds all the same; what it says is not told to them.
    checks = checks_of(store.whole()) if mine and suite is None and not chosen else mine
    purpose = f"suite {suite}" if suite else "chosen checks" if chosen else "gate"
    judged = read_run(store, number)
    if baseline is not None:
        with store.read() as connection:
            runs.part_path(connection, store, baseline, "predictions")
    result = judge(store, judged, checks or None, baseline=baseline, used=used_by_plans(store), margin=margin)
    if not checks:
        with store.write("gate") as transaction:
            gate = _insert(transaction, number, baseline, result, [], purpose)
            also(transaction, (result, gate, []))
        return result, gate, []
    with store.write("gate") as transaction:
        cases = {
            check.body.case: records.get(transaction.connection, store.whole(), check.body.case, "case")
            for check in checks
            if check.body.case
        }
        failing = {verdict.case for verdict in result.of("fail")}
        back = {key: case for key, case in cases.items() if key in failing and case.state in (CLOSED, REOPENED)}
        result = replace(result, checks=tuple(_returned(verdict, back) for verdict in result.checks))
        gate = _insert(transaction, number, baseline, result, checks, purpose)
        for case in back.values():
            if case.state == CLOSED:
                body = case.body.model_copy(update={"came_back": JudgedBy(run=number, gate=gate)})
                reason = f"came back on run:{number}, {judged.run.model} (gate:{gate})"
                records.revise(transaction, case, body, state=REOPENED, reason=reason)
        gated = result, gate, sorted(back, key=lambda key: back[key].number)
        also(transaction, gated)
    return gated if len(mine) == len(checks) else _seen(gated, checks, mine)


def _seen(gated: Gated, checks: Sequence[Record], mine: Sequence[Record]) -> Gated:
    """What the actor, who may see some of the checks alone, is told."""
    from errata.nouns.verdict import overall

    result, gate, back = gated
    keys, cases = {check.key for check in mine}, {check.body.case for check in mine}
    left = tuple(one for one, check in zip(result.checks, checks, strict=True) if check.key in keys)
    verdict = overall([one.verdict for one in left])
    return replace(result, checks=left, verdict=verdict), gate, [key for key in back if key in cases]


def asked_checks(
    store: Store, number: int, baseline: int | None, suite: str | None = None, chosen: Sequence[str] = ()
) -> list[Record]:
    """The active checks of the project; those of a suite, or the chosen ones, alone. None of a project without any:
    with a ``baseline`` the default ones hold.

    Raises UsageError ``no-checks`` when there is nothing to ask ``run:number``, NotFound, Conflict ``check-retired``.
    """
    if suite is None and not chosen:
        active = checks_of(store)
        if not active and baseline is None:
            raise UsageError(
                "no-checks",
                f"project {store.project.name} has no check, and no baseline was given",
                expected="checks, or a run to compare with",
                next=f"errata check add DIG-1, or errata gate run:{number} --baseline run:M",
            )
        return active
    with store.read() as connection:
        if suite is not None:
            chosen = records.get(connection, store, suite, "suite").body.checks
        checks = [records.get(connection, store, key, "check") for key in dict.fromkeys(chosen)]
    if not checks:
        raise UsageError("no-checks", f"{suite} has no check", next=f"catalog.suites.edit({suite!r}, checks=[…])")
    for check in checks:
        if check.state != ACTIVE:
            raise Conflict(
                "check-retired",
                f"{check.key} is {check.state}, so it is not asked",
                expected="active checks",
                next=f"errata check show {check.key}",
            )
    return checks


def _returned(verdict: CheckVerdict, back: Mapping[str, Record]) -> CheckVerdict:
    if verdict.verdict != "fail" or verdict.case not in back:
        return verdict
    return replace(verdict, reason=f"{verdict.case} came back{': ' * bool(verdict.reason)}{verdict.reason}")


def _insert(
    transaction: Transaction,
    number: int,
    baseline: int | None,
    result: GateResult,
    checks: Sequence[Record],
    purpose: str,
) -> int:
    keys = {}
    for position, check in enumerate(checks):
        case = int(check.body.case.rpartition("-")[2]) if check.body.case else None
        keys[position] = (check.number, case)
    return gates.insert_gate(
        transaction, run=number, baseline=baseline, purpose=purpose, result=result.to_json(), keys=keys
    )
