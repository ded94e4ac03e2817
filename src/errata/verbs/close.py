"""``errata case close``: a case closes by a verdict, not by a wish."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from errata.core.errors import Conflict
from errata.core.units import count, plural
from errata.nouns.case import KIND, CaseBody
from errata.nouns.case_parts import Judged as JudgedBy
from errata.nouns.lifecycle import CLOSED
from errata.nouns.record import Record
from errata.nouns.run import Run
from errata.store import gates, links, records, runs
from errata.store.catalog import Store
from errata.verbs.judge import Used, checks_of, judge, used_by_case, used_by_plans
from errata.verbs.parts import Judged, read_run, values_of

if TYPE_CHECKING:
    from errata.nouns.verdict import CheckVerdict, GateResult


def close_case(store: Store, key: str, run: int, reason: str = "") -> Record:
    """Close a case by the verdicts of its checks on ``run``, which are kept with it as a gate.

    The run must be of a newer version of the case's model, logged after the case last came back, and every check of
    the case must pass on its samples that are in neither the case's evidence nor a plan. Where the run holds such
    samples as well, every check must pass with them counted in, too: without the failures that made the case, what is
    left of a slice is what the older model got right, and would say little by itself. Raises Conflict ``cannot-close``
    with every reason, ``no-ids`` when used samples cannot be told apart.
    """
    with store.read() as connection:
        case = records.get(connection, store, key, "case")
        KIND.check_move(case.key, case.state, CLOSED)
        candidate = runs.get_run(connection, store, run)
        runs.part_path(connection, store, run, "predictions")
    checks = checks_of(store, key)
    missing = [*_not_newer(case, candidate)]
    if not checks:
        missing.append("it has no check")
    if missing:
        raise _cannot(case, candidate, missing, f"errata check add {key}" if not checks else f"errata case show {key}")
    judged = read_run(store, run)
    used = used_by_case(store, case) | used_by_plans(store)
    seen = _seen(judged, used)
    result = judge(store, judged, checks, baseline=case.body.run, used=used)
    missing += [f"check {v.name!r} {_says(v)}" for v in result.checks if v.verdict != "pass"]
    if seen and not missing:
        direct = judge(store, judged, checks, baseline=case.body.run)
        missing += [
            f"check {v.name!r} passes only without the samples of its evidence and plans; with them it {_says(v)}"
            for v in direct.checks
            if v.verdict != "pass"
        ]
    if missing:
        raise _cannot(case, candidate, missing, "errata log FILE with samples that the case has not seen", seen)
    return _close(store, case, candidate, checks, result, reason)


def _close(store: Store, case: Record, run: Run, checks: list[Record], result: GateResult, reason: str) -> Record:
    with store.write("case close") as transaction:
        body: CaseBody = case.body
        printed = result.to_json()
        for verdict in printed["checks"]:
            verdict["case"] = case.key
        number = gates.insert_gate(
            transaction,
            run=run.number,
            baseline=body.run,
            purpose=f"close {case.key}",
            result=printed,
            keys={position: (check.number, case.number) for position, check in enumerate(checks)},
        )
        closed = body.model_copy(update={"closed_by": JudgedBy(run=run.number, gate=number)})
        why = reason or f"{plural(len(checks), 'check')} passed on {run.ref}, {run.model} (gate:{number})"
        record = records.revise(transaction, case, closed, state=CLOSED, reason=why)
        links.link(transaction, case.key, "wasInvalidatedBy", f"gate:{number}")
    return record


def _not_newer(case: Record, run: Run) -> Iterable[str]:
    names = {model.partition("@")[0] for model in (case.body.model, *case.body.models) if model}
    if names and run.model_name not in names:
        yield f"{run.ref} is of {run.model}, and the case is about {' and '.join(sorted(names))}"
    elif run.model == case.body.model or run.number <= (case.body.run or 0):
        yield f"{run.ref} is of {run.model}, which is not newer than {case.body.model} of run:{case.body.run}"
    elif case.body.came_back is not None and run.number <= case.body.came_back.run:
        yield f"{run.ref} is no newer than run:{case.body.came_back.run}, on which {case.key} came back"


def _seen(judged: Judged, used: Used) -> int:
    ids = values_of(judged, "id")
    groups = values_of(judged, "group") if used.groups and "group" in judged.run.roles else [None] * len(ids)
    return sum(1 for one, group in zip(ids, groups, strict=True) if one in used.ids or group in used.groups)


def _says(verdict: CheckVerdict) -> str:
    more = f", {count(verdict.more_needed)} more needed" if verdict.more_needed else ""
    return f"is {verdict.verdict} on {plural(verdict.n, 'sample')}{more} ({verdict.slice}, {verdict.criterion})"


def _cannot(case: Record, run: Run, missing: list[str], next: str, seen: int = 0) -> Conflict:
    return Conflict(
        "cannot-close",
        f"{case.key} cannot be closed by {run.ref}",
        expected="pass of every check on a newer model, on samples in neither its evidence nor a plan",
        found=f"{plural(seen, 'sample')} of {run.ref} left out, which the case or a plan has seen" if seen else "",
        details=missing,
        next=next,
    )
