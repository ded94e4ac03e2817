"""Plans: what mending some cases would bring, and, once a new model is logged, what it brought."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from errata.analysis.gain import DRAWS, Gain, measured_gain, predicted_gain
from errata.core.canonical import canonical_json
from errata.core.errors import Conflict, UsageError, ValueFault
from errata.nouns import lifecycle
from errata.nouns.outcome import FAILED, UNKNOWN
from errata.nouns.plan import KIND, MEASURED, Measured, MeasuredSlice, PlanBody, Predicted
from errata.nouns.record import Record
from errata.store import links, records
from errata.store.catalog import Store
from errata.verbs.judge import Used, resting_on_a_run, used_by_plans
from errata.verbs.parts import Judged, groups_of, read_run, slice_mask, values_of


def open_plan(
    store: Store,
    *,
    cases: Sequence[str],
    actions: Sequence[str],
    title: str,
    cost: str = "",
    samples: Iterable[Any] | None = None,
    groups: Iterable[Any] | None = None,
    run: int | None = None,
    seed: int = 0,
) -> Record:
    """A plan for some cases, with its predicted gain on ``run`` (the newest one that a case was opened on).

    ``samples`` are the ids that the plan uses (to train on, say), ``groups`` their groups: nothing is judged on them
    afterwards. The cases become ``planned``. Raises NotFound, Conflict when a case is closed, UsageError without a
    case or an action.
    """
    if not cases or not actions:
        raise UsageError(
            "empty-plan",
            "a plan says for which cases, and what is done",
            next="errata plan open --case DIG-1 --title … --do 'augment: rotated images'",
        )
    keys = list(dict.fromkeys(cases))
    with store.read() as connection:
        planned = [resting_on_a_run(records.get(connection, store, key, "case")) for key in keys]
    judged = read_run(store, run if run is not None else max(case.body.run for case in planned))
    predicted = _predict(judged, planned, seed)
    used = Used(set(samples or ()), set(groups or ()))
    listed = {"ids": sorted(used.ids, key=_order), "groups": sorted(used.groups, key=_order)}
    staged = store.files.stage(canonical_json(listed).encode()) if used else None
    body = KIND.make(
        {
            "title": title,
            "actions": tuple(actions),
            "cases": tuple(keys),
            "cost": cost,
            "samples": staged.digest if staged else None,
            "uses": len(used.ids) or len(used.groups),
            "predicted": predicted,
        }
    )
    try:
        with store.write("plan open") as transaction:
            if staged:
                transaction.blob(staged, "application/json")
            plan = records.create(transaction, KIND, body, reason="opened")
            for case in planned:
                _move(store, transaction, case, _PLANNED, f"planned in {plan.key}")
                links.link(transaction, plan.key, "used", case.key)
    finally:
        if staged:
            store.files.discard([staged])
    return plan


def measure_plan(store: Store, key: str, before: int, after: int, seed: int = 0) -> Record:
    """Measure a plan: errors on run ``before`` minus errors on run ``after``, on the same samples, none of them used.

    Overall and on the slice of each of its cases, paired by id, resampling groups. Its open cases become
    ``remediated``. Raises Conflict ``no-ids`` and ``no-pairs`` when the runs cannot be paired.
    """
    with store.read() as connection:
        plan = records.get(connection, store, key, "plan")
        planned = [records.get(connection, store, one, "case") for one in plan.body.cases]
    measured = _measure(read_run(store, before), read_run(store, after), planned, used_by_plans(store), seed)
    body: PlanBody = plan.body
    with store.write("plan measure") as transaction:
        done = body.model_copy(update={"measured": measured})
        reason = f"measured from run:{before} to run:{after}"
        plan = records.revise(transaction, plan, done, state=MEASURED, reason=reason)
        for case in planned:
            if case.state in (lifecycle.PLANNED, lifecycle.REOPENED):
                _move(store, transaction, case, lifecycle.REMEDIATED, f"{plan.key} was {reason}")
        links.link(transaction, plan.key, "generated", f"run:{after}")
    return plan


_PLANNED = lifecycle.PLANNED


def _move(store: Store, transaction: Any, case: Record, state: str, reason: str) -> None:
    current = records.get(transaction.connection, store, case.key, "case")
    if current.state != state:
        records.revise(transaction, current, state=state, reason=reason)


def _predict(judged: Judged, planned: Sequence[Record], seed: int) -> Predicted:
    known = judged.outcomes.failed != UNKNOWN
    inside = np.zeros(judged.source.rows, bool)
    for case in planned:
        inside |= slice_mask(judged, case.body.slice)
    if not known.any() or inside[known].all():
        raise ValueFault(
            "no-rest",
            f"the planned slices hold every row of {judged.run.ref}, so there is no rest to compare with",
            expected="slices that leave some rows of known outcome out",
            next="--run run:N to predict on another run",
        )
    groups = _within(groups_of(judged), known)
    found = predicted_gain(inside[known], judged.outcomes.failed[known] == FAILED, groups, seed)
    return Predicted(
        run=judged.run.number,
        rows=found.rows,
        failed=found.failed,
        rest_rows=found.rest_rows,
        rest_failed=found.rest_failed,
        errors=found.gain.errors,
        low=found.gain.low,
        high=found.gain.high,
        grouped=groups is not None,
        draws=DRAWS,
        seed=seed,
    )


def _measure(before: Judged, after: Judged, planned: Sequence[Record], used: Used, seed: int) -> Measured:
    there = {one: row for row, one in enumerate(values_of(after, "id"))}
    ids = values_of(before, "id")
    names = values_of(before, "group") if "group" in before.run.roles else [None] * len(ids)
    pairs = [(row, there[one]) for row, one in enumerate(ids) if one in there]
    if not pairs:
        raise Conflict(
            "no-pairs",
            f"{before.run.ref} and {after.run.ref} have no sample in common",
            expected="two runs on the same samples",
            next=f"errata log FILE --model … --dataset {before.run.dataset}",
        )
    fresh = [(b, a) for b, a in pairs if ids[b] not in used.ids and names[b] not in used.groups]
    rows = np.array(fresh, np.int64).reshape(-1, 2)
    old, new = before.outcomes.failed[rows[:, 0]], after.outcomes.failed[rows[:, 1]]
    known = (old != UNKNOWN) & (new != UNKNOWN)
    rows, old, new = rows[known], old[known] == FAILED, new[known] == FAILED
    groups = groups_of(before)
    slices: list[MeasuredSlice] = []
    for case in (None, *planned):
        text = "all" if case is None else case.body.slice
        here = np.ones(len(rows), bool) if case is None else slice_mask(before, text)[rows[:, 0]]
        gain = measured_gain(old[here], new[here], _within(groups, rows[here, 0]), seed)
        slices.append(_measured_slice(text, case, old[here], new[here], gain))
    return Measured(
        before_run=before.run.number,
        after_run=after.run.number,
        left_out=len(pairs) - len(rows),
        grouped=groups is not None,
        draws=DRAWS,
        seed=seed,
        slices=tuple(slices),
    )


def _measured_slice(
    text: str, case: Record | None, old: NDArray[np.bool_], new: NDArray[np.bool_], gain: Gain
) -> MeasuredSlice:
    return MeasuredSlice(
        slice=text,
        case=case.key if case else None,
        rows=len(old),
        before=int(old.sum()),
        after=int(new.sum()),
        gain=int(gain.errors),
        low=gain.low,
        high=gain.high,
    )


def _within(groups: NDArray[np.int64] | None, rows: NDArray[Any]) -> NDArray[np.int64] | None:
    if groups is None:
        return None
    return np.unique(groups[rows], return_inverse=True)[1].astype(np.int64)


def _order(value: Any) -> tuple[str, Any]:
    return type(value).__name__, value
