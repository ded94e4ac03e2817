"""The slices of an analysis: searched by an engine over codes, then written down as findings."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from errata.analysis.figures import grouped_effect, loss_figures, rate_figures
from errata.analysis.requests import Item
from errata.analysis.slices import Found, Totals, search
from errata.analysis.weights import weighted_figures
from errata.engine.local.counter import Counter
from errata.nouns.finding import Figures, Finding, fingerprint
from errata.nouns.report import Searched
from errata.nouns.slice import Slice

if TYPE_CHECKING:
    from errata.factors.encode import Factor
    from errata.tasks.metric import Measured
    from errata.verbs.analyze import AnalyzeOptions, Progress

LEAST_ROWS = 5
Weights = NDArray[np.float64] | None
Masks = Callable[[tuple[int, ...]], NDArray[np.bool_]]


def least_rows(min_support: float, rows: float) -> int:
    """The rows that a slice has at least, of so many."""
    return max(math.ceil(min_support * rows), LEAST_ROWS)


def searched_of(found: Found, min_rows: int) -> Searched:
    """What was searched, as a report says it."""
    return Searched(
        slices=found.tried,
        depth=found.depth,
        threshold=found.null.threshold if found.tried else None,
        method=found.null.method,
        draws=found.null.draws,
        min_rows=min_rows,
        more=found.more,
    )


def search_slices(
    factors: Sequence[Factor],
    measured: Measured,
    groups: NDArray[np.int64] | None,
    options: AnalyzeOptions,
    min_rows: int,
    say: Progress,
    weights: Weights = None,
) -> tuple[Found, Masks]:
    """Search the factors of the metric's rows; what was found, in items numbered through the factors' choices, and
    the rows (of the metric) of a slice of items. ``weights`` are of the metric's rows, where they count by one."""
    items = [Item(f, choice.low, choice.high) for f, factor in enumerate(factors) for choice in factor.choices]
    codes = [factor.codes if measured.rows is None else factor.codes[measured.rows] for factor in factors]
    failed, loss, seed = measured.failed, measured.loss, options.seed
    if weights is None:
        counter = Counter(codes, items, failed, loss=loss, groups=groups, seed=seed, progress=say)
    else:
        from errata.engine.local.weighted import WeightedCounter

        counter = WeightedCounter(codes, items, failed, weights, loss=loss, groups=groups, seed=seed, progress=say)
    say(f"searching {len(factors)} factors")
    found = counter.run(
        search(counter.population(), depth=options.depth, min_rows=min_rows, top=options.top, seed=options.seed)
    )
    return found, counter.mask


def slice_findings(
    found: Found,
    mask: Masks,
    factors: Sequence[Factor],
    measured: Measured,
    groups: NDArray[np.int64] | None,
    task: str,
    arguments: dict[str, str | None],
    weights: Weights = None,
) -> list[Finding]:
    """What was found as findings, in order of excess errors.

    ``arguments`` are those of the fingerprint. Where one of them is ``within``, the slice's text says that, too: it is
    true of no other rows.
    """
    critical = found.null.threshold
    exact = groups is not None or measured.loss is not None or weights is not None
    peeled = np.zeros(len(measured.failed) if exact else 0, bool)
    figured = []
    for listed in found.listed:
        if exact:
            inside = mask(listed.items)
            rows = measured, groups, weights
            everywhere = _recounted(inside, np.ones(len(inside), bool), rows, listed.everywhere, critical)
            after = _recounted(inside, ~peeled, rows, listed.after_peeling, critical)
            peeled |= inside
        else:
            everywhere = rate_figures(listed.everywhere, critical)
            after = rate_figures(listed.after_peeling, critical)
        figured.append((everywhere, after))
    return findings_of(found, figured, factors, measured.metric, task, arguments)


def findings_of(
    found: Found,
    figured: Sequence[tuple[Figures, Figures]],
    factors: Sequence[Factor],
    metric: str,
    task: str,
    arguments: dict[str, str | None],
) -> list[Finding]:
    """The findings of what is listed, each with its figures everywhere and after peeling."""
    whole = Slice.parse(arguments.get("within") or "all")
    conditions = [choice.condition for factor in factors for choice in factor.choices]
    findings = []
    for listed, (everywhere, after) in zip(found.listed, figured, strict=True):
        text = Slice.of(*(conditions[item] for item in listed.items)).within(whole).text
        mark = fingerprint(task=task, metric=metric, arguments=arguments, analysis="slices", slice_text=text)
        findings.append((everywhere, after, text, mark, listed.p_adjusted))
    findings.sort(key=lambda entry: (-entry[0].excess_errors, entry[2]))
    return [
        Finding(
            **asdict(everywhere),
            id=f"slice-{number}",
            kind="slice",
            metric=metric,
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
    rows: tuple[Measured, NDArray[np.int64] | None, Weights],
    totals: Totals,
    critical: float,
) -> Figures:
    """Figures that need the rows themselves: of losses, of rows that depend on each other, or count by a weight."""
    measured, groups, weights = rows
    within, outside = inside & kept, kept & ~inside
    values = measured.loss if measured.loss is not None else measured.failed.astype(np.float64)
    failed = int(measured.failed[within].sum()) if measured.failed.any() or measured.loss is None else None
    if weights is not None:
        losses = measured.loss is not None
        return weighted_figures(values, weights, within, outside, groups, critical, losses=losses, failed=failed)
    effect, rest_effect = grouped_effect(values, groups, within), grouped_effect(values, groups, outside)
    if measured.loss is None:
        return rate_figures(totals, critical, effect, rest_effect)
    return loss_figures(values[within], values[outside], failed, critical, effect, rest_effect)
