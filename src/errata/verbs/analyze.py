"""``errata analyze``: where a model fails more than elsewhere, by more than chance."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from errata.analysis.calibration import brier, calibration
from errata.analysis.confusion import MOST_CLASSES, confused_pairs
from errata.analysis.figures import grouped_effect, loss_figures, rate_figures
from errata.analysis.intervals import mean_interval, wilson
from errata.analysis.requests import Item
from errata.analysis.slices import Found, Totals, search
from errata.core.columns import dictionary
from errata.core.errors import UsageError
from errata.engine.local.counter import Counter
from errata.factors.encode import Factor, NoFactor, edges_of, encode
from errata.nouns.finding import Figures, Finding, fingerprint
from errata.nouns.outcome import FAILED, PASSED, UNKNOWN, Outcomes
from errata.nouns.report import Estimate, LeftOut, ReliabilityBin, Report, RunSummary, Searched
from errata.nouns.slice import Condition, Slice
from errata.tasks.metric import Measured, measure
from errata.tasks.outcomes import read_outcomes
from errata.tasks.roles import not_a_factor
from errata.tasks.scores import confidence_of, probabilities_of
from errata.verbs.leaks import leaks

if TYPE_CHECKING:
    from errata.nouns.roles import Roles
    from errata.nouns.source import Source

LEAST_ROWS = 5
VERSION = 1
"""Of the analysis: findings of another version are other findings."""
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyzeOptions:
    """How to search. ``min_support`` is a share of the rows; ``edges`` are fixed cuts by column (a catalog's)."""

    metric: str = "error"
    depth: int = 3
    min_support: float = 0.01
    top: int = 20
    seed: int = 0
    allow_unknown: bool = False
    edges: Mapping[str, Sequence[float]] | None = None

    def __post_init__(self) -> None:
        for name, good, expected in (
            ("depth", 1 <= self.depth <= 4, "1 to 4"),
            ("min_support", 0 < self.min_support < 1, "a share between 0 and 1, such as 0.01"),
            ("top", 1 <= self.top <= 1000, "1 to 1000"),
            ("seed", self.seed >= 0, "0 or more"),
        ):
            if not good:
                option = "--" + name.replace("_", "-")
                raise UsageError("bad-option", f"{option} {getattr(self, name)}", expected=expected)


def analyze_source(source: Source, roles: Roles, options: AnalyzeOptions, progress: Progress | None = None) -> Report:
    """Read the outcomes and the factors of ``source``, and report where it fails. Roles may be incomplete."""
    say = progress or (lambda _: None)
    say(f"reading {source.name}")
    outcomes = read_outcomes(source, roles, allow_unknown=options.allow_unknown)
    check_ids(source, outcomes.roles)
    options, notes = _fitting(outcomes, options)
    groups = _groups(source, outcomes.roles)
    measured = measure(outcomes, options.metric)
    size = len(measured.failed)
    min_rows = max(math.ceil(options.min_support * size), LEAST_ROWS)
    factors, left_out = _factors(source, outcomes, min_rows, options.edges, say)
    about_groups = _dense(groups, measured.rows)
    found, masks = _search(factors, measured, about_groups, options, min_rows, say)
    arguments = {"positive": measured.positive, "failed": outcomes.roles.failed}
    slices = _slice_findings(found, masks, factors, measured, about_groups, outcomes.task, arguments)
    confusion, confusion_note = _confusion_findings(outcomes)
    metrics, reliability = _metrics(source, outcomes, groups, options.seed)
    return Report(
        source=source.name,
        run=_summary(outcomes, groups),
        roles=outcomes.roles.to_json(),
        metrics=metrics,
        findings=(*slices, *confusion),
        searched=Searched(
            slices=found.tried,
            depth=options.depth,
            threshold=found.null.threshold if found.tried else None,
            method=found.null.method,
            draws=found.null.draws,
            min_rows=min_rows,
        ),
        left_out=tuple(left_out),
        binned=edges_of(factors),
        reliability=reliability,
        notes=(*outcomes.notes, *notes, *confusion_note),
        quarantined=len(source.quarantined),
    )


def check_ids(source: Source, roles: Roles) -> None:
    """Raise ValueFault if an id stands in two rows."""
    if roles.id is not None:
        from errata.tasks.ids import refuse_repeated

        refuse_repeated(source, roles.id)


def _fitting(outcomes: Outcomes, options: AnalyzeOptions) -> tuple[AnalyzeOptions, tuple[str, ...]]:
    """Without any known failure but with a loss, the loss is what can be measured."""
    if options.metric == "error" and outcomes.loss is not None and not (outcomes.failed != UNKNOWN).any():
        return replace(options, metric="loss"), ("nothing says what failed, so the slices are by loss (--metric loss)",)
    return options, ()


def _groups(source: Source, roles: Roles) -> NDArray[np.int64] | None:
    if roles.group is None:
        return None
    values, index = dictionary(source.column(roles.group))
    groups = index.astype(np.int64)
    missing = groups < 0
    # A row whose group is not known depends on nobody.
    groups[missing] = len(values) + np.arange(int(missing.sum()))
    return np.unique(groups, return_inverse=True)[1].astype(np.int64)


def _dense(groups: NDArray[np.int64] | None, rows: NDArray[np.int64] | None) -> NDArray[np.int64] | None:
    if groups is None or rows is None:
        return groups
    return np.unique(groups[rows], return_inverse=True)[1].astype(np.int64)


def _factors(
    source: Source, outcomes: Outcomes, min_rows: int, edges: Mapping[str, Sequence[float]] | None, say: Progress
) -> tuple[list[Factor], list[LeftOut]]:
    roles = outcomes.roles
    refused = not_a_factor(source, roles)
    factors: list[Factor] = []
    left_out: list[LeftOut] = []
    for name in source.schema.names:
        if roles.factors is not None and name not in roles.factors:
            continue
        if name in refused:
            left_out.append(LeftOut(name, refused[name]))
            continue
        say(f"reading {name}")
        factor = encode(name, source.column(name), min_rows, (edges or {}).get(name))
        if isinstance(factor, NoFactor):
            left_out.append(LeftOut(name, factor.reason))
        elif (roles.factors is None) and (reason := leaks(factor, outcomes)):
            left_out.append(LeftOut(name, reason))
        else:
            factors.append(factor)
    # Items are numbered by name, so that ties fall the same way whatever the order of the columns.
    return sorted(factors, key=lambda factor: factor.name), left_out


Masks = Callable[[tuple[int, ...]], NDArray[np.bool_]]


def _search(
    factors: Sequence[Factor],
    measured: Measured,
    groups: NDArray[np.int64] | None,
    options: AnalyzeOptions,
    min_rows: int,
    say: Progress,
) -> tuple[Found, Masks]:
    items = [Item(f, choice.low, choice.high) for f, factor in enumerate(factors) for choice in factor.choices]
    codes = [factor.codes if measured.rows is None else factor.codes[measured.rows] for factor in factors]
    counter = Counter(codes, items, measured.failed, loss=measured.loss, groups=groups, seed=options.seed, progress=say)
    say(f"searching {len(factors)} factors")
    found = counter.run(
        search(counter.population(), depth=options.depth, min_rows=min_rows, top=options.top, seed=options.seed)
    )
    return found, counter.mask


def _slice_findings(
    found: Found,
    mask: Masks,
    factors: Sequence[Factor],
    measured: Measured,
    groups: NDArray[np.int64] | None,
    task: str,
    arguments: dict[str, str | None],
) -> list[Finding]:
    conditions = [choice.condition for factor in factors for choice in factor.choices]
    critical = found.null.threshold
    exact = groups is not None or measured.loss is not None
    peeled = np.zeros(len(measured.failed) if exact else 0, bool)
    findings = []
    for listed in found.listed:
        text = Slice.of(*(conditions[item] for item in listed.items)).text
        if exact:
            inside = mask(listed.items)
            everywhere = _recounted(inside, np.ones(len(inside), bool), measured, groups, listed.everywhere, critical)
            after = _recounted(inside, ~peeled, measured, groups, listed.after_peeling, critical)
            peeled |= inside
        else:
            everywhere = rate_figures(listed.everywhere, critical)
            after = rate_figures(listed.after_peeling, critical)
        mark = fingerprint(task=task, metric=measured.metric, arguments=arguments, analysis="slices", slice_text=text)
        findings.append((everywhere, after, text, mark, listed.p_adjusted))
    findings.sort(key=lambda entry: (-entry[0].excess_errors, entry[2]))
    return [
        Finding(
            **asdict(everywhere),
            id=f"slice-{number}",
            kind="slice",
            metric=measured.metric,
            fingerprint=mark,
            slice=text,
            p_adjusted=p_adjusted,
            after_peeling=after,
        )
        for number, (everywhere, after, text, mark, p_adjusted) in enumerate(findings, 1)
    ]


def _recounted(
    inside: NDArray[np.bool_],
    kept: NDArray[np.bool_],
    measured: Measured,
    groups: NDArray[np.int64] | None,
    totals: Totals,
    critical: float,
) -> Figures:
    """Figures that need the rows themselves: of losses, or of rows that depend on each other."""
    within, outside = inside & kept, kept & ~inside
    values = measured.loss if measured.loss is not None else measured.failed.astype(np.float64)
    effect, rest_effect = grouped_effect(values, groups, within), grouped_effect(values, groups, outside)
    if measured.loss is None:
        return rate_figures(totals, critical, effect, rest_effect)
    failed = int(measured.failed[within].sum()) if measured.failed.any() else None
    return loss_figures(values[within], values[outside], failed, critical, effect, rest_effect)


def _confusion_findings(outcomes: Outcomes) -> tuple[list[Finding], tuple[str, ...]]:
    if outcomes.truth is None or outcomes.prediction is None or len(outcomes.labels) < 2:
        return [], ()
    if len(outcomes.labels) > MOST_CLASSES:
        return [], (f"confused pairs are left out: more than {MOST_CLASSES:,} classes",)
    known = (outcomes.truth >= 0) & (outcomes.prediction >= 0)
    truth, prediction = outcomes.truth, outcomes.prediction
    if not known.all():
        truth, prediction = truth[known], prediction[known]
    findings = []
    roles = outcomes.roles
    assert roles.truth is not None and roles.prediction is not None
    for number, pair in enumerate(confused_pairs(truth, prediction, len(outcomes.labels)), 1):
        text = Slice.of(
            Condition(roles.truth, "equals", value=outcomes.labels[pair.truth]),
            Condition(roles.prediction, "equals", value=outcomes.labels[pair.prediction]),
        ).text
        totals = Totals(pair.rows, pair.failed, pair.rows + pair.rest_chances, pair.failed + pair.rest_failed)
        mark = fingerprint(task=outcomes.task, metric="error", arguments={}, analysis="confusion", slice_text=text)
        figures = rate_figures(totals, 1.959963984540054)
        findings.append(
            Finding(
                **asdict(figures),
                id=f"confusion-{number}",
                kind="confusion",
                metric="error",
                fingerprint=mark,
                slice=text,
                p_adjusted=pair.p_adjusted,
                after_peeling=None,
            )
        )
    return findings, ()


def _summary(outcomes: Outcomes, groups: NDArray[np.int64] | None) -> RunSummary:
    failed = int((outcomes.failed == FAILED).sum())
    unknown = int((outcomes.failed == UNKNOWN).sum())
    known = len(outcomes.failed) - unknown
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    if known:
        mask = outcomes.failed != UNKNOWN
        effect = (
            grouped_effect((outcomes.failed == FAILED).astype(np.float64), groups, mask) if groups is not None else 1.0
        )
        rate = failed / known
        low, high = wilson(failed / effect, known / effect)
    return RunSummary(len(outcomes.failed), failed, unknown, rate, low, high, outcomes.task)


def _metrics(
    source: Source, outcomes: Outcomes, groups: NDArray[np.int64] | None, seed: int
) -> tuple[dict[str, Estimate], tuple[ReliabilityBin, ...]]:
    metrics: dict[str, Estimate] = {}
    reliability: tuple[ReliabilityBin, ...] = ()
    if outcomes.loss is not None:
        loss = outcomes.loss[~np.isnan(outcomes.loss)]
        if len(loss):
            effect = grouped_effect(outcomes.loss, groups, ~np.isnan(outcomes.loss))
            mean = float(loss.mean())
            metrics["loss"] = Estimate(mean, *mean_interval(mean, float(loss.var()), len(loss) / effect))
    if outcomes.truth is None or outcomes.prediction is None:
        return metrics, reliability
    judged = (outcomes.truth >= 0) & (outcomes.prediction >= 0)
    right = outcomes.truth == outcomes.prediction
    probabilities = probabilities_of(source, outcomes)
    confidence = confidence_of(source, outcomes, probabilities)
    if confidence is not None:
        known = judged & ~np.isnan(confidence)
        if known.any():
            about = _dense(groups, np.flatnonzero(known))
            metrics["ece"], reliability = calibration(confidence[known], right[known], about, seed=seed)
    if probabilities is not None:
        scored = (outcomes.truth >= 0) & (outcomes.truth < probabilities.shape[1]) & ~np.isnan(probabilities[:, 0])
        if scored.any():
            scores = brier(probabilities[scored], outcomes.truth[scored])
            every = np.ones(len(scores), bool)
            effect = grouped_effect(scores, _dense(groups, np.flatnonzero(scored)), every)
            mean = float(scores.mean())
            metrics["brier"] = Estimate(mean, *mean_interval(mean, float(scores.var()), len(scores) / effect))
    return metrics, reliability


__all__ = ["PASSED", "AnalyzeOptions", "analyze_source", "check_ids", "read_outcomes"]
