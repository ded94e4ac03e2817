"""``errata analyze run:N``: the analysis of a logged run, with the edges of its dataset and the cases it knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from errata.core.canonical import digest_of
from errata.core.errors import ColumnError, UsageError
from errata.nouns.finding import Finding
from errata.nouns.lifecycle import CLOSED, LIVE, OPEN, REOPENED
from errata.nouns.part import OUTCOMES, PREDICTIONS
from errata.nouns.record import Record
from errata.nouns.report import Report
from errata.nouns.roles import Roles
from errata.nouns.run import Run
from errata.store import findings, records, runs
from errata.store.catalog import Store
from errata.store.counts import StoredCounts
from errata.store.findings import CAME_BACK, OVERLAPS, Relation
from errata.verbs.audits import CAUSES, SEARCHED, SLICES
from errata.verbs.beside import Beside
from errata.verbs.gone import gone
from errata.verbs.judge import checks_of, judge
from errata.verbs.parts import Judged, counted, merged, read_run, roles_of_run, slice_mask, source_of_run
from errata.verbs.trainings import trainings

if TYPE_CHECKING:
    from errata.nouns.source import Source
    from errata.verbs.analyze import AnalyzeOptions, Progress

SHARE = 0.8
"""A finding that holds at least this share of a case's failed rows is that case's, if by another slice."""


def analyze_run(
    store: Store,
    number: int,
    options: AnalyzeOptions,
    progress: Progress | None = None,
    given: Roles | None = None,
    as_of: int | None = None,
    *,
    train: int | Source | None = None,
) -> Report:
    """The report of a run, its findings numbered and marked ``new``, ``known (KEY)`` or ``came back (KEY)``.

    The same analysis of the same run with the same truth is made once: its report is then read, with the marks of
    today. ``as_of`` asks for earlier outcomes (1: as logged); then nothing is stored, but a report that was stored
    while they were the newest is read. Raises NotFound for a run that is not there or has no predictions. An analysis
    without slices or confusion is not stored, but what was counted for it is, and is not counted again; nor is one that
    looks at rows outside the catalog, or at other runs (causes). Roles that are ``given`` (``factors``, ``positive``)
    count instead of those that the run was logged with. ``train`` is the run, or the source, of the rows that the model
    learned from.
    """
    from errata.tasks.metric import measure
    from errata.verbs.analyze import analyze_source

    with store.read() as connection:
        run = runs.get_run(connection, store, number)
        runs.part_path(connection, store, number, PREDICTIONS)
        newest = runs.newest_seq(connection, store, number, OUTCOMES)
        if as_of is not None:
            runs.part_path(connection, store, number, OUTCOMES, as_of)
        edges = runs.reference_edges(connection, store, run.dataset_name or "")
        # What is stored is told to everybody as they may see it, so no case is left out of it.
        cases = records.records(connection, store.whole(), "case", states=LIVE)
    seq = newest if as_of is None else as_of
    options = replace(options, edges=edges, allow_unknown=True)
    roles = merged(run.typed_roles(), given)
    if seq < newest:
        roles = roles_of_run(*source_of_run(store, number, seq), given)
    identity = _identity(run, roles, options, seq)
    with store.read() as connection:
        if known := findings.stored_report(connection, store, identity):
            return known
    engine = StoredCounts(store.files.root / "counts", run.dataset_name or "")
    if not {*SEARCHED, CAUSES} & set(options.analyses):
        source = source_of_run(store, number, seq)[1]
        beside = Beside(train=_train(store, train))
        report = analyze_source(source, roles, options, progress, engine, beside)
        return replace(report, quarantined=run.quarantined)
    judged = read_run(store, number, given, seq)
    beside = _beside(store, judged, options, train)
    report = analyze_source(judged.source, roles, options, progress, engine, beside, judged.outcomes)
    report = replace(report, quarantined=run.quarantined)
    if SLICES in options.analyses and options.within is None and options.weight is None:
        report = replace(report, gone=gone(store.whole(), judged, report.findings, cases, options.metric))
    related = relations(store.whole(), judged, report.findings, cases)
    elsewhere = not (train is None or isinstance(train, int)) or CAUSES in options.analyses
    if elsewhere or not set(SEARCHED) <= set(options.analyses) or seq < newest:
        # The findings of a run are those of its newest stored analysis: a part of one would hide the rest. Rows outside
        # the catalog, and runs that may be logged later, are no part of what tells one analysis from another.
        with store.read() as connection:
            return replace(report, gone=findings.without_hidden(connection, store, report.gone))
    with store.write("analyze") as transaction:
        found = findings.stored_report(transaction.connection, store, identity)
        if found is None:
            findings.insert_analysis(
                transaction,
                identity=identity,
                run=number,
                name=findings.WITHIN if options.within else "analyze",
                options=options.to_json(),
                report=report,
                relations=related,
                positive=measure(judged.outcomes, options.metric).positive,
            )
            found = findings.stored_report(transaction.connection, store, identity)
    assert found is not None
    return found


def analysis_identity(store: Store, number: int, options: AnalyzeOptions, given: Roles | None = None) -> str:
    """What tells the analysis of a run, with the truth of today, from every other. Raises NotFound."""
    with store.read() as connection:
        run = runs.get_run(connection, store, number)
        runs.part_path(connection, store, number, PREDICTIONS)
        seq = runs.newest_seq(connection, store, number, OUTCOMES)
        edges = runs.reference_edges(connection, store, run.dataset_name or "")
    options = replace(options, edges=edges, allow_unknown=True)
    return _identity(run, merged(run.typed_roles(), given), options, seq)


def _identity(run: Run, roles: Roles, options: AnalyzeOptions, seq: int) -> str:
    from errata.verbs.analyze import VERSION

    edges = options.edges or {}
    return digest_of(
        {
            "run": run.number,
            "inputs": run.digest,
            "analysis": {"name": "analyze", "version": VERSION},
            "roles": roles.to_json(),
            "options": {**options.to_json(), "edges": {name: list(cuts) for name, cuts in edges.items()}},
            # What was analysed before any late truth keeps the identity it had.
            **({"outcomes": seq} if seq > 1 else {}),
        }
    )


def _beside(store: Store, judged: Judged, options: AnalyzeOptions, train: int | Source | None) -> Beside:
    source = _train(store, train)
    if CAUSES not in options.analyses:
        return Beside(train=source)
    found = trainings(store, judged, options.sizes)
    return Beside(train=source, trainings=() if isinstance(found, str) else found,
                  why_none=found if isinstance(found, str) else None)  # fmt: skip


def _train(store: Store, train: int | Source | None) -> Source | None:
    return source_of_run(store, train)[1] if isinstance(train, int) else train


def relations(store: Store, judged: Judged, found: Sequence[Finding], cases: Sequence[Record]) -> list[Relation | None]:
    """How each finding stands to the cases, beyond having a fingerprint in common with one.

    ``came back``: its case, by fingerprint or overlap, is closed (or was reopened) and its own slice, counted directly,
    fails one of its checks on this run. ``overlaps``: it holds at least ``SHARE`` of the failed rows of an open case.
    """
    failing: dict[str, NDArray[np.bool_]] = {}
    for case in cases:
        rows = _failed_rows(judged, case)
        if rows is not None and rows.any():
            failing[case.key] = rows
    returned: dict[str, bool] = {}
    result: list[Relation | None] = []
    for finding in found:
        inside = slice_mask(judged, finding.slice)
        same = [case for case in cases if finding.fingerprint in (case.body.fingerprint, *case.body.holds)]
        shares = {key: float((rows & inside).sum() / rows.sum()) for key, rows in failing.items()}
        near = sorted((case for case in cases if shares.get(case.key, 0) >= SHARE), key=lambda c: -shares[c.key])
        relation = None
        for case in [*reversed(same), *near]:
            if case.state in (CLOSED, REOPENED):
                if case.key not in returned:
                    returned[case.key] = came_back(store, judged, case)
                if returned[case.key]:
                    relation = Relation(case.number, CAME_BACK)
                    break
        if relation is None and not same and near:
            best = next((case for case in near if case.state in OPEN), near[0])
            relation = Relation(best.number, OVERLAPS)
        result.append(relation)
    return result


def came_back(store: Store, judged: Judged, case: Record) -> bool:
    """Whether a check of the case fails on this run, its slice counted directly."""
    try:
        result = judge(store, judged, checks_of(store, case.key), baseline=case.body.run)
    except (ColumnError, UsageError):
        return False  # a run without the case's columns or metric says nothing about it
    return any(verdict.verdict == "fail" for verdict in result.checks)


def _failed_rows(judged: Judged, case: Record) -> NDArray[np.bool_] | None:
    if case.body.slice is None:
        return None
    try:
        return counted(judged, case.body.metric, case.body.positive)[1] & slice_mask(judged, case.body.slice)
    except (ColumnError, UsageError):
        return None
