"""``errata case open`` and ``attach``: a case of a finding or of a slice with its evidence frozen, or one told."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from errata.core.errors import Conflict, NotFound, UsageError, ValueFault
from errata.nouns.case import KIND
from errata.nouns.case_parts import CaseFigures
from errata.nouns.evidence import Evidence
from errata.nouns.finding import fingerprint
from errata.nouns.record import Record
from errata.nouns.roles import Roles
from errata.store import findings, links, records
from errata.store.catalog import Store, Transaction
from errata.store.findings import StoredFinding
from errata.verbs.evidence import Frozen, freeze, read_evidence
from errata.verbs.parts import Judged, counted, groups_of, read_run, slice_mask
from errata.verbs.record import get_record


def open_case(
    store: Store,
    *,
    title: str,
    finding: int | None = None,
    slice: str | None = None,
    run: int | None = None,
    metric: str = "error",
    positive: str | None = None,
    template: str = "",
    **fields: Any,
) -> Record:
    """A case of a finding, of a slice on a run, or of neither: one that people tell.

    Of a finding or a slice its failed samples are frozen as evidence; ``metric`` and ``positive`` (the class that fpr
    and fnr are about, if not the run's own) are those of the slice. ``template`` is the name of one whose form it
    fills; ``fields`` are others of the body that people write: ``why``, ``summary``, ``case_kind``, ``models``, …

    Raises UsageError for a slice without a run, or a field that people do not write, NotFound, GrammarError and
    ColumnError for a slice that cannot be read, ValueFault ``nothing-failed`` when no sample of it failed and
    ``bad-body`` with one line a fault.
    """
    KIND.check_editable(fields)
    if finding is None and slice is None and run is None:
        with store.write("case open") as transaction:
            body = KIND.make({"title": title, "template": template, **fields})
            return records.create(transaction, KIND, body, reason=fields.get("why") or "opened")
    with _seen_on_a_run(store, finding, slice, run, metric, positive) as (frozen, about):
        affected = {"models": (about["model"],), "datasets": (about["dataset"],) if about["dataset"] else ()}
        body = KIND.make({**affected, **fields, **about, "title": title, "template": template})
        with store.write("case open") as transaction:
            frozen.keep(transaction)
            case = records.create(transaction, KIND, body, reason=fields.get("why") or "opened")
            _link_sources(transaction, case)
    return case


def attach(
    store: Store,
    key: str,
    *,
    finding: int | None = None,
    slice: str | None = None,
    run: int | None = None,
    metric: str = "error",
    positive: str | None = None,
    reason: str = "",
) -> Record:
    """Let a case that people told rest on a finding, or on a slice of a run, with its failed samples as evidence.

    Raises Conflict ``has-evidence`` when it rests on one already, and what ``open_case`` raises.
    """
    case = get_record(store, key, "case")
    if case.body.evidence is not None:
        raise Conflict(
            "has-evidence",
            f"{key} rests on run:{case.body.run} already{f', where {case.body.slice}' if case.body.slice else ''}",
            expected="a case that was opened by hand or imported",
            next=f"errata case show {key}",
        )
    with _seen_on_a_run(store, finding, slice, run, metric, positive) as (frozen, about):
        mine = case.body
        models = dict.fromkeys([*mine.models, about["model"]])
        datasets = dict.fromkeys([*mine.datasets, *([about["dataset"]] if about["dataset"] else [])])
        body = KIND.make({**mine.model_dump(), **about, "models": tuple(models), "datasets": tuple(datasets)})
        with store.write("case attach") as transaction:
            frozen.keep(transaction)
            case = records.revise(transaction, case, body, reason=reason or "seen on a run")
            _link_sources(transaction, case)
    return case


def _link_sources(transaction: Transaction, case: Record) -> None:
    source = f"finding:{case.body.finding}" if case.body.finding is not None else f"run:{case.body.run}"
    links.link(transaction, case.key, "wasDerivedFrom", source)
    links.link(transaction, case.key, "hadPrimarySource", f"blob:{case.body.evidence}")


@contextmanager
def _seen_on_a_run(
    store: Store, finding: int | None, slice: str | None, run: int | None, metric: str, positive: str | None
) -> Iterator[tuple[Frozen, dict[str, Any]]]:
    """The frozen evidence of a finding or a slice, thrown away again unless kept, and what a case says of it."""
    if (finding is None) == (slice is None) or (slice is not None and run is None):
        raise UsageError(
            "case-of-what",
            "a case is of a finding, or of a slice of a run",
            expected="finding:N, or --slice TEXT --run run:N",
            next="errata case open finding:1 --title 'What goes wrong'",
        )
    if finding is not None:
        with store.read() as connection:
            found = findings.get_finding(connection, store, finding)
        judged = read_run(store, found.run, Roles(positive=found.positive))
        about = _of_finding(found)
    else:
        assert run is not None and slice is not None
        judged = read_run(store, run, Roles(positive=positive))
        about = _of_slice(judged, slice, metric)
    frozen = freeze(store, judged, about["slice"], about["metric"])
    try:
        if not frozen.evidence.failed:
            raise ValueFault(
                "nothing-failed",
                f"no sample of {about['slice']} failed in {judged.run.ref}",
                expected="at least one failed sample, which will be its evidence",
                next=f"errata analyze {judged.run.ref}",
            )
        yield (
            frozen,
            {
                **about,
                "task": judged.outcomes.task,
                "run": judged.run.number,
                "finding": finding,
                "model": judged.run.model,
                "dataset": judged.run.dataset or None,
                "evidence": frozen.evidence.digest,
                "samples": frozen.evidence.drawn,
            },
        )
    finally:
        frozen.discard(store)


def evidence_of(store: Store, key: str) -> Evidence:
    """The frozen evidence of a case. Raises NotFound ``no-evidence`` where people told it, StorageError."""
    digest = get_record(store, key, "case").body.evidence
    if digest is None:
        raise NotFound(
            "no-evidence",
            f"{key} rests on no run, so no samples are frozen",
            next=f"errata case attach {key} finding:N",
        )
    return read_evidence(store, digest)


def _of_finding(found: StoredFinding) -> dict[str, Any]:
    return {
        "slice": found.slice,
        "metric": found.metric,
        "positive": found.positive,
        "fingerprint": found.fingerprint,
        "figures": CaseFigures(
            rows=found.rows,
            failed=found.failed,
            error_rate=found.error_rate,
            low=found.low,
            high=found.high,
            rest_error_rate=found.rest_error_rate,
            excess_errors=found.excess_errors,
        ),
    }


def _of_slice(judged: Judged, text: str, metric: str) -> dict[str, Any]:
    from errata.nouns.slice import Slice
    from errata.tasks.metric import measure

    canonical = Slice.parse(text).text
    positive = measure(judged.outcomes, metric).positive
    arguments = {"positive": positive, "failed": judged.run.roles.get("failed")}
    mark = fingerprint(
        task=judged.outcomes.task, metric=metric, arguments=arguments, analysis="slices", slice_text=canonical
    )
    inside = slice_mask(judged, canonical)
    return {
        "slice": canonical,
        "metric": metric,
        "positive": positive,
        "fingerprint": mark,
        "figures": _figures(judged, inside, metric),
    }


def _figures(judged: Judged, inside: NDArray[np.bool_], metric: str) -> CaseFigures:
    from errata.analysis.figures import grouped_effect
    from errata.analysis.intervals import mean_interval, wilson

    about, failed = counted(judged, metric)
    here, rest = inside & about, ~inside & about
    rows = int(here.sum())
    if not rows:
        raise ValueFault(
            "empty-slice", f"no row of {judged.run.ref} lies in this slice", next=f"errata run show {judged.run.ref}"
        )
    loss = judged.outcomes.loss
    values = loss if metric == "loss" and loss is not None else failed.astype(np.float64)
    within = values[here]
    effect = grouped_effect(values, groups_of(judged), here)
    mean = float(within.mean())
    if metric == "loss":
        low, high = mean_interval(mean, float(within.var()), rows / effect)
    else:
        low, high = wilson(float(within.sum()) / effect, rows / effect)
    rest_rate = float(values[rest].mean()) if rest.any() else None
    return CaseFigures(
        rows=rows,
        failed=int(failed[here].sum()),
        error_rate=mean,
        low=low if math.isfinite(low) else mean,
        high=high if math.isfinite(high) else mean,
        rest_error_rate=rest_rate,
        excess_errors=None if rest_rate is None else rows * (mean - rest_rate),
    )
