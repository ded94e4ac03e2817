"""Which failures that earlier runs of the same dataset knew are gone in this one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from errata.analysis.figures import grouped_effect
from errata.analysis.gone import Recount
from errata.analysis.intervals import wilson
from errata.core.errors import ErrataError
from errata.nouns.finding import Finding, fingerprint
from errata.nouns.gone import Gone
from errata.nouns.lifecycle import OPEN
from errata.nouns.record import Record
from errata.nouns.run import Run
from errata.store import findings, runs
from errata.store.catalog import Store
from errata.tasks.metric import Measured, measure
from errata.verbs.judge import checks_of, judge
from errata.verbs.parts import Judged, groups_of, slice_mask

MOST = 200
"""No more known failures are asked about in one run."""
CHECKS, MARGIN = "checks", "margin"


@dataclass(frozen=True, slots=True)
class Known:
    """A failure that is known: as what, since which run, and by how much at least it failed above the rest."""

    name: str
    run: int
    slice: str
    fingerprint: str
    demonstrated: float
    case: Record | None = None


def gone(
    store: Store, judged: Judged, found: Sequence[Finding], cases: Sequence[Record], metric: str
) -> tuple[Gone, ...]:
    """The failures of this metric that were known on this dataset and are gone, in the order of their slices.

    They are those of the open cases, and the slices found in the newest analysed run before this one (of the same model
    where there is one). A case with active checks is gone when all of them pass.
    """
    if metric == "loss" or judged.run.dataset_name is None:
        return ()
    measured = measure(judged.outcomes, metric)
    if not len(measured.failed):
        return ()
    here = {one.fingerprint for one in found}
    known = [one for one in _known(store, judged.run, cases, metric) if one.fingerprint not in here]
    # Asked otherwise (another class, another failure expression), the same slice is another failure.
    known = [one for one in known if one.fingerprint == _mark(judged, measured, one.slice)][:MOST]
    groups = groups_of(judged) if known else None
    groups = groups if groups is None or measured.rows is None else groups[measured.rows]
    told = [_told(store, judged, measured, groups, one, len(known)) for one in known]
    return tuple(sorted((one for one in told if one is not None), key=lambda one: one.slice))


def _known(store: Store, run: Run, cases: Sequence[Record], metric: str) -> list[Known]:
    with store.read() as connection:
        every = {one.number: one for one in runs.list_runs(connection, store)}
        analysed = findings.analysed_runs(connection, store)
    on_it = {number for number, one in every.items() if one.dataset_name == run.dataset_name and number != run.number}
    known: dict[str, Known] = {}
    for case in cases:
        body = case.body
        counted = body.figures is not None and body.run in on_it and body.run < run.number
        if counted and case.state in OPEN and body.metric == metric:
            shown = body.figures.low - (body.figures.rest_error_rate or 0.0)
            known.setdefault(body.fingerprint, Known(case.key, body.run, body.slice, body.fingerprint, shown, case))
    before = {number for number in analysed & on_it if number < run.number}
    same_model = {number for number in before if every[number].model_name == run.model_name}
    newest = max(same_model or before, default=None)
    if newest is not None:
        with store.read() as connection:
            stored = findings.list_findings(connection, store, newest)
        for one in stored:
            if one.kind == "slice" and one.metric == metric:
                shown = one.excess_errors_low / one.rows
                known.setdefault(one.fingerprint, Known(one.id, one.run, one.slice, one.fingerprint, shown))
    return list(known.values())


def _mark(judged: Judged, measured: Measured, text: str) -> str:
    arguments = {"positive": measured.positive, "failed": judged.outcomes.roles.failed}
    task = judged.outcomes.task
    return fingerprint(task=task, metric=measured.metric, arguments=arguments, analysis="slices", slice_text=text)


def _told(
    store: Store, judged: Judged, measured: Measured, groups: NDArray[np.int64] | None, known: Known, among: int
) -> Gone | None:
    try:
        inside = slice_mask(judged, known.slice)
    except ErrataError:
        return None  # a run without its columns says nothing about it
    inside = inside if measured.rows is None else inside[measured.rows]
    rows, failed = int(inside.sum()), int(measured.failed[inside].sum())
    rest_rows, rest_failed = len(inside) - rows, int(measured.failed.sum()) - failed
    if not rows or not rest_rows:
        return None
    values = measured.failed.astype(np.float64)
    effect, rest_effect = grouped_effect(values, groups, inside), grouped_effect(values, groups, ~inside)
    recount = Recount(rows, failed, rest_rows, rest_failed, known.demonstrated, among, effect, rest_effect)
    by = _by(store, judged, known, recount)
    if by is None:
        return None
    low, high = wilson(failed / effect, rows / effect)
    return Gone(
        known=known.name,
        run=f"run:{known.run}",
        metric=measured.metric,
        fingerprint=known.fingerprint,
        slice=known.slice,
        rows=rows,
        failed=failed,
        error_rate=failed / rows,
        low=low,
        high=high,
        rest_error_rate=rest_failed / rest_rows,
        excess_low=recount.low,
        excess_high=recount.high,
        margin=None if by == CHECKS else recount.margin,
        by=by,
    )


def _by(store: Store, judged: Judged, known: Known, recount: Recount) -> str | None:
    """By what the failure is gone; None when it is not, or nothing can be said."""
    checks = checks_of(store, known.case.key) if known.case is not None else []
    if not checks:
        return MARGIN if recount.gone else None
    try:
        result = judge(store, judged, checks, baseline=known.run)
    except ErrataError:
        return None
    return CHECKS if all(verdict.verdict == "pass" for verdict in result.checks) else None
