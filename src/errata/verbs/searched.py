"""Slices and confusion of rows that are not here: searched by an engine that counts slices where the rows are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.analysis.confusion import MOST_CLASSES, confused_in
from errata.analysis.figures import rate_figures
from errata.analysis.requests import Item
from errata.analysis.slices import Found, Listed, search
from errata.analysis.sums import loss_figures_of
from errata.analysis.tally import FAILED, LOSS, Counts
from errata.nouns.finding import Figures, Finding
from errata.nouns.outcome import Outcomes
from errata.nouns.report import Searched
from errata.tasks.metric import Measured, measure
from errata.tasks.reserved import IsClass, Reserved, View
from errata.verbs.audits import CONFUSION, SLICES
from errata.verbs.confusion import confusion_findings, pair_findings
from errata.verbs.slices import findings_of, least_rows, searched_of
from errata.verbs.view import FACTOR

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.verbs.analyze import AnalyzeOptions, Progress
    from errata.verbs.counting import SliceCounter, SliceEngine
    from errata.verbs.subject import Subject

CALLED, IS_IT, COUNTED = "@called", "@is it", "@counted"
"""Whether the positive class was said, whether it is the truth, and whether a row counts against a metric."""


@dataclass(frozen=True, slots=True)
class Against:
    """Whether a row counts against fpr (or fnr), missing where the metric is not about it."""

    metric: str
    needs: tuple[str, ...] = (IS_IT, CALLED)

    def of(self, batch: pa.RecordBatch) -> pa.Array:
        """Booleans."""
        import pyarrow as pa

        is_it, called = (batch.column(name) for name in self.needs)
        known = np.asarray(is_it.is_valid()) & np.asarray(called.is_valid())
        truth, said = (column.fill_null(False).to_numpy(zero_copy_only=False) for column in (is_it, called))
        about = known & (truth if self.metric == "fnr" else ~truth)
        return pa.array(~said if self.metric == "fnr" else said, mask=~about)

    def to_json(self) -> dict[str, Any]:
        """The metric."""
        return {"against": self.metric}


@dataclass(frozen=True, slots=True)
class Result:
    """Findings, what was searched, and what is to be said of it."""

    findings: tuple[Finding, ...]
    searched: Searched
    notes: tuple[str, ...]


def searched_result(
    engine: SliceEngine,
    subject: Subject,
    seen: Outcomes,
    pairs: Counts | None,
    options: AnalyzeOptions,
    say: Progress,
) -> Result:
    """Slices and confused pairs, as far as they were chosen. ``seen`` are the outcomes of the rows of a glance, with
    the classes of all rows; ``pairs`` counts truth and prediction.

    Raises UsageError for a metric that the task has not.
    """
    from errata.verbs.analyze import fitting, of_population, of_search

    searched = Searched(slices=0, depth=options.depth, threshold=None, method="none")
    findings: list[Finding] = []
    notes: tuple[str, ...] = ()
    if SLICES in options.analyses:
        options, notes = fitting(seen, options)
        measured = measure(seen, options.metric)
        with _counter(engine, subject, measured, options, say) as counter:
            population = counter.population()
            min_rows = least_rows(options.min_support, population.rows)
            say(f"searching {len(subject.factors)} factors")
            found = counter.run(
                search(population, depth=options.depth, min_rows=min_rows, top=options.top, seed=options.seed)
            )
            figured = _figured(found, counter, measured, grouped=population.grouped)
        arguments = {"positive": measured.positive, "failed": subject.roles.failed}
        findings = findings_of(found, figured, subject.factors, measured.metric, subject.task, arguments)
        searched = searched_of(found, min_rows)
        notes += (*of_population(measured, population.rows), *of_search(found, subject.factors))
    if CONFUSION in options.analyses and pairs is not None:
        confused, said = _confusion(subject, seen, pairs)
        findings += confused
        notes += said
    return Result(tuple(findings), searched, notes)


def _counter(
    engine: SliceEngine, subject: Subject, measured: Measured, options: AnalyzeOptions, say: Progress
) -> SliceCounter:
    items = [Item(f, choice.low, choice.high) for f, factor in enumerate(subject.factors) for choice in factor.choices]
    made: dict[str, Reserved] = dict(subject.view.reserved)
    failed: str | None = FAILED if FAILED in made else None
    if measured.metric in ("fpr", "fnr"):
        truth, prediction = subject.roles.truth, subject.roles.prediction
        assert truth is not None and prediction is not None
        made |= _against(measured, truth, prediction, subject)
        failed = COUNTED
    return engine.counter(
        subject.source,
        View(made),
        tuple(FACTOR + factor.name for factor in subject.factors),
        items,
        failed=failed,
        loss=LOSS if measured.metric == "loss" else None,
        group=subject.roles.group,
        seed=options.seed,
        say=say,
    )


def _against(measured: Measured, truth: str, prediction: str, subject: Subject) -> Mapping[str, Reserved]:
    from errata.tasks.classification import label_text

    positive = next(label for label in subject.labels if label_text(label) == measured.positive)
    return {
        IS_IT: IsClass(truth, positive),
        CALLED: IsClass(prediction, positive),
        COUNTED: Against(measured.metric),
    }


def _figured(
    found: Found, counter: SliceCounter, measured: Measured, *, grouped: bool
) -> list[tuple[Figures, Figures]]:
    """The figures of each slice that is listed: everywhere, and after those before it are peeled off."""
    critical = found.null.threshold
    if not grouped and measured.metric != "loss":
        return [
            (rate_figures(one.everywhere, critical), rate_figures(one.after_peeling, critical)) for one in found.listed
        ]
    selections = []
    before: tuple[tuple[int, ...], ...] = ()
    for one in found.listed:
        selections += [(one.items, inside, without) for without in ((), before) for inside in (True, False)]
        before = (*before, one.items)
    sums = counter.sums([*selections, ((), True, ())])
    any_failed = sums[-1].failed > 0

    def figures(listed: Listed, at: int) -> Figures:
        inside, outside = sums[at], sums[at + 1]
        if measured.metric != "loss":
            totals = listed.everywhere if at % 4 == 0 else listed.after_peeling
            return rate_figures(totals, critical, inside.effect, outside.effect)
        return loss_figures_of(inside, outside, inside.failed if any_failed else None, critical)

    return [(figures(one, 4 * at), figures(one, 4 * at + 2)) for at, one in enumerate(found.listed)]


def _confusion(subject: Subject, seen: Outcomes, pairs: Counts) -> tuple[list[Finding], tuple[str, ...]]:
    if subject.roles.group is not None:
        # How rows of a group agree is read from the rows themselves.
        outcomes = subject.outcomes
        return confusion_findings(outcomes, subject.groups)
    labels = subject.labels
    if len(labels) < 2:
        return [], ()
    if len(labels) > MOST_CLASSES:
        return [], (f"confused pairs are left out: more than {MOST_CLASSES:,} classes",)
    rows, _ = pairs.dense([labels, labels])
    table: NDArray[np.int64] = rows
    return pair_findings(*confused_in(table), seen)


def known_rows(outcomes: Outcomes, options: AnalyzeOptions) -> int:
    """How many rows the metric is about. Raises UsageError for one that the task has not."""
    from errata.verbs.analyze import fitting

    return len(measure(outcomes, fitting(outcomes, options)[0].metric).failed)
