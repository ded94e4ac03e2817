"""``errata gate run:N``: every check of the project on a run. What comes back is reopened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from errata.core.errors import UsageError
from errata.nouns.case_parts import Judged as JudgedBy
from errata.nouns.lifecycle import CLOSED, REOPENED
from errata.nouns.record import Record
from errata.store import gates, records, runs
from errata.store.catalog import Store, Transaction
from errata.verbs.judge import MARGIN, checks_of, judge, used_by_plans
from errata.verbs.parts import read_run

if TYPE_CHECKING:
    from errata.nouns.verdict import CheckVerdict, GateResult


def gate_run(
    store: Store, number: int, baseline: int | None = None, margin: float = MARGIN
) -> tuple[GateResult, int, list[str]]:
    """The verdicts of every active check on ``run:number``, the number of the stored gate, and what cases came back.

    Samples that a plan uses are left out: a model is not judged on what it learned from. Without any check and with a
    baseline the default ones hold. A closed case whose check fails is reopened in the same transaction. Raises
    UsageError ``no-checks`` when there is nothing to ask.
    """
    checks = checks_of(store)
    if not checks and baseline is None:
        raise UsageError(
            "no-checks",
            f"project {store.project.name} has no check, and no baseline was given",
            expected="checks, or a run to compare with",
            next=f"errata check add DIG-1, or errata gate run:{number} --baseline run:M",
        )
    judged = read_run(store, number)
    if baseline is not None:
        with store.read() as connection:
            runs.part_path(connection, store, baseline, "predictions")
    result = judge(store, judged, checks or None, baseline=baseline, used=used_by_plans(store), margin=margin)
    if not checks:
        with store.write("gate") as transaction:
            gate = _insert(transaction, number, baseline, result, [])
        return result, gate, []
    with store.write("gate") as transaction:
        cases = {
            check.body.case: records.get(transaction.connection, store, check.body.case, "case")
            for check in checks
            if check.body.case
        }
        failing = {verdict.case for verdict in result.of("fail")}
        back = {key: case for key, case in cases.items() if key in failing and case.state in (CLOSED, REOPENED)}
        result = replace(result, checks=tuple(_returned(verdict, back) for verdict in result.checks))
        gate = _insert(transaction, number, baseline, result, checks)
        for case in back.values():
            if case.state == CLOSED:
                body = case.body.model_copy(update={"came_back": JudgedBy(run=number, gate=gate)})
                reason = f"came back on run:{number}, {judged.run.model} (gate:{gate})"
                records.revise(transaction, case, body, state=REOPENED, reason=reason)
    return result, gate, sorted(back, key=lambda key: back[key].number)


def _returned(verdict: CheckVerdict, back: Mapping[str, Record]) -> CheckVerdict:
    if verdict.verdict != "fail" or verdict.case not in back:
        return verdict
    return replace(verdict, reason=f"{verdict.case} came back{': ' * bool(verdict.reason)}{verdict.reason}")


def _insert(
    transaction: Transaction, number: int, baseline: int | None, result: GateResult, checks: Sequence[Record]
) -> int:
    keys = {}
    for position, check in enumerate(checks):
        case = int(check.body.case.rpartition("-")[2]) if check.body.case else None
        keys[position] = (check.number, case)
    return gates.insert_gate(
        transaction, run=number, baseline=baseline, purpose="gate", result=result.to_json(), keys=keys
    )
