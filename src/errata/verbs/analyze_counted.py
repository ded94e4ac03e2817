"""``errata analyze --only …`` over more rows than are held at once: a glance says what is what, one pass counts.

Roles, classes, factors and edges are read from some of the rows; what they say of every row is then checked against the
counts, and where it does not hold the analysis begins anew with what the counts say, or with all rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from errata.analysis.calibration import ece_of_bins, reliability_of
from errata.analysis.intervals import mean_interval, wilson
from errata.analysis.reliability import FINE, Binned
from errata.analysis.tally import CONFIDENCE, FAILED, LOSS, RIGHT, Axis, Counts, Tally
from errata.core.columns import value_type
from errata.core.errors import ErrataError, ValueFault
from errata.core.units import count, plural
from errata.factors.encode import edges_of
from errata.nouns.outcome import UNKNOWN, Outcomes
from errata.nouns.report import Estimate, LeftOut, Report, RunSummary, Searched
from errata.tasks.classification import order_of_labels
from errata.tasks.outcomes import LARGEST, read_outcomes
from errata.tasks.reserved import Square, Squared
from errata.verbs.audits import AUDITS, SEARCHED, SLICES, audited
from errata.verbs.brier import ASKED, brier_columns, brier_of
from errata.verbs.counting import LOCAL, Engine, SliceEngine
from errata.verbs.derived import notes_of
from errata.verbs.searched import Result, known_rows, searched_result
from errata.verbs.slices import least_rows
from errata.verbs.subject import GLANCE, Subject

if TYPE_CHECKING:
    from errata.nouns.roles import Roles
    from errata.nouns.source import Source
    from errata.verbs.analyze import AnalyzeOptions, Progress

MOST_IDS = 20_000_000
"""Ids of more rows than this are not looked through for repeats."""
SQUARED, SQUARED_LOSS = "@squared", "@loss²"
WHOLE = Tally((Axis(CONFIDENCE, equal=(0.0, 1.0, FINE)), Axis(RIGHT)), (CONFIDENCE, SQUARED))


def counted_report(
    source: Source, roles: Roles, options: AnalyzeOptions, say: Progress, engine: Engine = LOCAL
) -> Report | None:
    """The report of the audits alone; None where only all rows together can tell (classes that are floats, a score
    outside its range, …). Raises what ``read_outcomes`` raises for what the counts show to be wrong."""
    from errata.integrations.files import table_source

    say(f"looking at {source.name}")
    seen = engine.glance(source, GLANCE)
    glance = table_source(seen, source.name)
    try:
        outcomes = read_outcomes(glance, roles, allow_unknown=True)
    except ErrataError:
        return None  # the rows themselves say where it is
    if not _streams(source, outcomes):
        return None
    labels, true_labels = list(outcomes.labels), outcomes.true_labels
    searching = isinstance(engine, SliceEngine) and bool(set(options.analyses) & set(SEARCHED))
    for _ in range(2):
        known = replace(outcomes, labels=labels, true_labels=true_labels)
        subject, left_out = _subject(source, glance, known, options, say, engine)
        subject.glance = seen
        asked = _summary_tallies(subject)
        more = _derived(subject)
        if searching and subject.roles.group is None and (of_brier := brier_columns(subject)):
            asked.append(ASKED)
            more |= of_brier
        names = [name for name in AUDITS if name in options.analyses]
        analyses, not_done, found = audited(names, subject, say, also=asked, derived=more)
        counts = dict(zip(asked, found, strict=True))
        every = _labels_of(subject, counts)
        if every is None or _wrong(subject, counts, options):
            _refuse_unknown(subject, counts, options)
            return None
        if every[0] == labels:
            break
        labels, true_labels = every
    notes = [*outcomes.notes, *notes_of(outcomes.roles)]
    if glance.rows < source.rows:
        notes.append(f"factors, classes and edges are those of {count(glance.rows)} of {count(source.rows)} rows")
    metrics, reliability = _metrics(subject, counts)
    if ASKED in counts and (brier := brier_of(counts[ASKED])) is not None:
        metrics["brier"] = brier
    result = Result((), Searched(slices=0, depth=options.depth, threshold=None, method="none"), ())
    if isinstance(engine, SliceEngine) and searching:
        result = searched_result(engine, subject, known, _confusion(subject, counts), options, say)
    return Report(
        source=source.name,
        run=_summary(subject, counts),
        roles=outcomes.roles.to_json(),
        metrics=metrics,
        findings=result.findings,
        searched=result.searched,
        left_out=tuple(left_out),
        binned=edges_of(subject.factors),
        reliability=reliability,
        notes=(*notes, *result.notes, *_unchecked_ids(source, outcomes.roles), *engine.notes),
        quarantined=len(source.quarantined),
        analyses=analyses,
        not_done=not_done,
    )


def _streams(source: Source, outcomes: Outcomes) -> bool:
    """Whether what fails can be told from a batch alone, whatever stands in the rows that were not looked at."""
    import pyarrow as pa

    if outcomes.task not in ("classification", "criterion", "loss", "regression"):
        return False
    if outcomes.task == "classification":
        named = (outcomes.roles.truth, outcomes.roles.prediction)
        kinds = [value_type(source.schema.field(name).type) for name in named if name is not None]
        # Floats are classes only where all of them are whole.
        return not any(pa.types.is_floating(kind) or pa.types.is_decimal(kind) for kind in kinds)
    return True


def _subject(
    source: Source, glance: Source, outcomes: Outcomes, options: AnalyzeOptions, say: Progress, engine: Engine
) -> tuple[Subject, list[Any]]:
    from errata.verbs.analyze import factors_of

    known = (known_rows(outcomes, options) if SLICES in options.analyses else _known(outcomes)) or glance.rows
    least = least_rows(options.min_support, known)
    min_rows = least_rows(options.min_support, known / glance.rows * source.rows)
    edges = {**engine.reference, **(options.edges or {})}
    factors, left_out = factors_of(glance, outcomes, least, edges, say)
    reserved = [factor for factor in factors if factor.name.startswith("@")]
    factors = [factor for factor in factors if not factor.name.startswith("@")]
    left_out += [LeftOut(one.name, "names that begin with @ are kept for what is computed") for one in reserved]
    cut = {factor.name: factor.edges for factor in factors if factor.edges is not None and factor.name not in edges}
    if cut != {name: engine.edges(name, lambda cuts=cuts: cuts) for name, cuts in cut.items()}:  # type: ignore[misc]
        # Another analysis fixed other edges meanwhile.
        return _subject(source, glance, outcomes, options, say, engine)
    seen_codes = np.zeros(0, np.uint8)
    if glance.rows < source.rows:
        factors = [replace(factor, codes=seen_codes) for factor in factors]
    roles, labels, true_labels = outcomes.roles, outcomes.labels, outcomes.true_labels
    subject = Subject(source, roles, outcomes.task, labels, true_labels, factors, min_rows, options, engine=engine)
    return subject, left_out


def _known(outcomes: Outcomes) -> int:
    return int((outcomes.failed != UNKNOWN).sum())


def _summary_tallies(subject: Subject) -> list[Tally]:
    """What a report says of a run whatever was chosen."""
    asked = []
    reserved = subject.view.reserved
    asked.append(Tally((Axis(FAILED),)) if FAILED in reserved else Tally(()))
    if subject.is_classification:
        assert subject.roles.truth is not None and subject.roles.prediction is not None
        asked.append(Tally((Axis(subject.roles.truth), Axis(subject.roles.prediction))))
        if CONFIDENCE in reserved:
            asked.append(WHOLE)
    if LOSS in reserved:
        asked.append(Tally((Axis(LOSS, edges=(0.0, LARGEST)),), (LOSS, SQUARED_LOSS)))
    return asked


def _derived(subject: Subject) -> dict[str, Any]:
    reserved = subject.view.reserved
    columns: dict[str, Any] = {SQUARED_LOSS: Square(LOSS)} if LOSS in reserved else {}
    return columns | ({SQUARED: Squared(CONFIDENCE, RIGHT)} if CONFIDENCE in reserved else {})


def _labels_of(subject: Subject, counts: dict[Tally, Counts]) -> tuple[list[Any], int] | None:
    """The classes that occur, those of truth first, and how many these are; None where there are too many."""
    pairs = _confusion(subject, counts)
    if pairs is None:
        return subject.labels, subject.true_labels
    if pairs.too_many is not None:
        return None
    return order_of_labels(*([label for label in axis if label is not None] for axis in pairs.labels))


def _confusion(subject: Subject, counts: dict[Tally, Counts]) -> Counts | None:
    if not subject.is_classification:
        return None
    assert subject.roles.truth is not None and subject.roles.prediction is not None
    return counts[Tally((Axis(subject.roles.truth), Axis(subject.roles.prediction)))]


def _wrong(subject: Subject, counts: dict[Tally, Counts], options: AnalyzeOptions) -> bool:
    """Whether the counts show what the rows have to be read for: to say where it is."""
    pairs = _confusion(subject, counts)
    if pairs is not None and not options.allow_unknown and any(None in axis for axis in pairs.labels):
        return True
    if WHOLE in counts and {-1, FINE} & set(counts[WHOLE].labels[0]):
        return True
    loss = next((found for tally, found in counts.items() if LOSS in tally.sums), None)
    if loss is None:
        return False
    may_lack = subject.roles.loss is not None or options.allow_unknown
    return bool(set(loss.labels[0]) - ({1, None} if may_lack else {1}))


def _refuse_unknown(subject: Subject, counts: dict[Tally, Counts], options: AnalyzeOptions) -> None:
    """Raise ValueFault for missing classes among more rows than are fetched, which would say in which rows."""
    pairs = _confusion(subject, counts)
    most = getattr(subject.source, "most_fetched", None)
    if pairs is None or pairs.too_many or options.allow_unknown or most is None or subject.source.rows <= most:
        return
    for at, role in enumerate(("truth", "prediction")):
        missing = sum(int(pairs.rows[pairs.cells[:, at] == code].sum()) for code in _missing(pairs.labels[at]))
        if missing:
            name = getattr(subject.roles, role)
            raise ValueFault(
                f"null-{role}",
                f"{plural(missing, 'row')} of {count(subject.source.rows)} without a {role}",
                where=f"{subject.source.name}, column {name}",
                expected=f"a {role} in every row",
                next="--allow-unknown leaves them out of every rate and counts them as unknown",
            )


def _missing(labels: Sequence[Any]) -> list[int]:
    return [code for code, label in enumerate(labels) if label is None]


def _summary(subject: Subject, counts: dict[Tally, Counts]) -> RunSummary:
    by_failed = next(iter(counts.values()))
    rows, failed = by_failed.total, 0
    unknown = rows
    if by_failed.tally.by:
        found, _ = by_failed.dense([(True, False)])
        failed, unknown = int(found[0]), rows - int(found.sum())
    known = rows - unknown
    if not known:
        return RunSummary(rows, failed, unknown, None, None, None, subject.task)
    effect = subject.failure_effect()
    low, high = wilson(failed / effect, known / effect)
    return RunSummary(rows, failed, unknown, failed / known, low, high, subject.task)


def _metrics(subject: Subject, counts: dict[Tally, Counts]) -> tuple[dict[str, Estimate], tuple[Any, ...]]:
    metrics: dict[str, Estimate] = {}
    loss = next((found for tally, found in counts.items() if LOSS in tally.sums), None)
    if loss is not None and (known := int(loss.rows[[label == 1 for label in loss.labels[0]]].sum())):
        mean, square = (float(one) / known for one in loss.sums.sum(axis=0))
        effect = _loss_effect(subject)
        low, high = mean_interval(mean, max(0.0, square - mean * mean), known / effect)
        metrics["loss"] = Estimate(mean, low if np.isfinite(low) else None, high if np.isfinite(high) else None)
    if WHOLE not in counts:
        return metrics, ()
    fine = Binned.of(counts[WHOLE])
    if not fine.total:
        return metrics, ()
    if subject.roles.group is not None:
        from errata.verbs.metrics import metrics_of

        return metrics_of(subject.source, subject.outcomes, subject.groups, subject.options.seed)
    rows, true, score, squared = fine.by_width()
    metrics["ece"] = ece_of_bins(rows, true, score, squared, subject.options.seed)
    return metrics, reliability_of(rows, true, score)


def _loss_effect(subject: Subject) -> float:
    if subject.roles.group is None or subject.outcomes.loss is None:
        return 1.0
    loss = subject.outcomes.loss
    return subject.effect(np.nan_to_num(loss), ~np.isnan(loss))


def _unchecked_ids(source: Source, roles: Roles) -> tuple[str, ...]:
    if roles.id is None:
        return ()
    if source.rows > MOST_IDS:
        return (f"ids in {roles.id} were not looked through for repeats: more than {count(MOST_IDS)} rows",)
    from errata.verbs.analyze import check_ids

    check_ids(source, roles)
    return ()
