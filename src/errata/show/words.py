"""The words that every form of a report shares: how a metric is called, how a finding is told, what stayed unset."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from errata.core import units
from errata.nouns.finding import Figures, Finding
from errata.nouns.report import Estimate, LeftOut, Report, Searched

SIGNS = {"fail": "●", "came back": "▲", "inconclusive": "◆", "pass": "✓", "unknown": "○"}
ROLE_ORDER = (
    "truth", "prediction", "score", "scores", "id", "loss", "failed", "time", "group", "image", "positive",
    "task", "k", "separator", "format", "question", "contexts", "judge", "faithfulness", "tools",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MetricWords:
    """How a metric speaks: the heading of its share, what it counts, and what its rate is a share of."""

    heading: str
    counted: str
    rate: str
    of: str


_METRICS = {
    "error": MetricWords("failed", "failed", "error rate", "rows"),
    "fpr": MetricWords("false alarms", "false alarms", "false positive rate", "negatives"),
    "fnr": MetricWords("missed", "missed", "false negative rate", "positives"),
    "loss": MetricWords("mean loss", "loss", "mean loss", "rows"),
}


_NAMES = {"brier": "Brier score", "ece": "expected calibration error"}


def metric_name(metric: str) -> str:
    """What a metric is called in full: ``fnr`` → ``false negative rate``, ``brier`` → ``Brier score``."""
    return _NAMES.get(metric, metric_words(metric).rate)


def metric_words(metric: str) -> MetricWords:
    """The words of a metric; one that is not known speaks as ``error`` does, under its own name."""
    return _METRICS.get(metric, MetricWords(metric, "failed", metric, "rows"))


def metric_text(metric: str, positive: str | None) -> str:
    """A metric and the class that it is about: ``fnr of cat``."""
    return f"{metric} of {positive}" if positive else metric


def metric_of(report: Report) -> str:
    """The metric that the report's slices are about; ``error`` when there is none."""
    return next((finding.metric for finding in report.slices()), _metric_unfound(report))


def share_heading(report: Report) -> str:
    """What stands above the shares of a report's slices: what they count, and that their rates are weighted."""
    return metric_words(metric_of(report)).heading + (", weighted" if report.weight else "")


def _metric_unfound(report: Report) -> str:
    return next((name for name in ("fpr", "fnr", "loss") if name in report.metrics), "error")


def share(figures: Figures, metric: str) -> str:
    """``480/980``; of a mean loss, which is no share of the rows, only the rows."""
    if figures.failed is None or metric == "loss":
        return f"{units.count(figures.rows)} rows"
    return f"{units.count(figures.failed)}/{units.count(figures.rows)}"


def rate(value: float | None, metric: str) -> str:
    """A rate as a percentage; a mean loss in its own unit."""
    return units.number(value) if metric == "loss" else units.percent(value)


def rate_interval(low: float | None, high: float | None, metric: str) -> str:
    """An interval in the unit of ``rate``: ``[45.8, 52.1]``."""
    if low is None or high is None:
        return ""
    return f"[{units.number(low)}, {units.number(high)}]" if metric == "loss" else units.interval(low, high)


def excess(value: float, metric: str) -> str:
    """Excess errors: whole errors, or a sum of losses with three significant digits."""
    return units.number(value) if metric == "loss" else units.count(value)


def headline(report: Report) -> str:
    """``12,408 rows, classification · 1,117 failed · 9.0 % [8.5, 9.5]`` (rows with unknown outcome are said)."""
    run = report.run
    where = f" within {report.within}" if report.within else ""
    parts = [f"{units.plural(run.rows, 'row')}{where}, {run.task}"]
    loss = report.metrics.get("loss")
    if run.task == "loss" and loss is not None:
        parts.append(f"mean loss {units.number(loss.value)} {rate_interval(loss.low, loss.high, 'loss')}")
    elif run.error_rate is None:
        parts.append("no outcome is known")
    else:
        parts.append(f"{units.count(run.failed)} failed")
        weighted = "weighted " if report.weight else ""
        parts.append(f"{weighted}{units.percent(run.error_rate)} {units.interval(run.low, run.high)}")
    if run.unknown:
        parts.append(f"{units.count(run.unknown)} unknown, left out of every rate")
    if report.quarantined:
        parts.append(f"{units.plural(report.quarantined, 'row')} kept aside")
    return " · ".join(parts)


def read_as(report: Report) -> str:
    """``read as truth=label prediction=pred score=conf``."""
    given = report.roles
    names = [name for name in ROLE_ORDER if given.get(name) not in (None, [], ())]
    names += [name for name in given if name not in ROLE_ORDER and name not in ("factors", "exclude", "derive")]
    words = [f"{name}={_role_value(given[name])}" for name in names]
    words += [f"weight={_role_value(report.weight)}"] if report.weight else []
    return "read as " + " ".join(words)


def _role_value(value: object) -> str:
    if isinstance(value, list | tuple):
        if len(value) > 3:
            return f"{value[0]},…,{value[-1]} ({len(value)} columns)"
        return ",".join(str(item) for item in value)
    text = str(value)
    return f"'{text}'" if " " in text else text


def verdict(report: Report) -> str:
    """What the search concludes, in one sentence, also when it found nothing."""
    run, searched = report.run, report.searched
    if searched.method == "none":
        return "Slices were not asked for."
    if run.task != "loss" and metric_of(report) == "error":
        if run.error_rate is None:
            return "No outcome is known: there is nothing to search."
        if run.failed == 0:
            return "No row failed: there is nothing to search."
        if run.failed == run.rows - run.unknown:
            return "Every row failed: no slice can fail more than the rest."
    if searched.slices == 0:
        return "No slice was tried: no column can be a factor, or every slice is too small."
    tried = f"{units.count(searched.slices)} {{}}tried, family-wise {100 * searched.family_wise:g} %"
    if report.slices():
        noun = "slice " if searched.slices == 1 else "slices "
        if searched.more:
            return f"More slices beat chance than are listed: --top lists more ({tried.format(noun)})."
        return f"Nothing else beats chance ({tried.format(noun)})."
    return f"No slice beats chance ({tried.format('')})."


def calibration(report: Report) -> str | None:
    """``ECE 3.1 pp [2.4, 3.9]``-like line with the direction of the miss; None without scores."""
    ece = report.metrics.get("ece")
    if ece is None or ece.value is None:
        return None
    text = f"calibration: ECE {estimate(ece)}"
    rows = sum(bin.rows for bin in report.reliability)
    if rows:
        confident = sum(bin.confidence * bin.rows for bin in report.reliability) / rows
        right = sum(bin.accuracy * bin.rows for bin in report.reliability) / rows
        text += f" · {units.percent(confident)} confident on average, right {units.percent(right)}"
    return text


def estimate(value: Estimate) -> str:
    """A value with its interval in its own unit: ``0.0312 [0.0245, 0.0391]``."""
    text = units.number(value.value)
    if value.low is not None and value.high is not None:
        text += f" [{units.number(value.low)}, {units.number(value.high)}]"
    return text


def other_metrics(report: Report) -> list[tuple[str, str]]:
    """The metrics beside the error rate and calibration, as (name, value with interval)."""
    skip = {"ece", "error", "error_rate", "accuracy"}
    return [
        (name, _as_rate(value) if name in ("fpr", "fnr") else estimate(value))
        for name, value in report.metrics.items()
        if name not in skip and value.value is not None
    ]


def _as_rate(estimate: Estimate) -> str:
    return f"{units.percent(estimate.value)} {units.interval(estimate.low, estimate.high)}".strip()


def left_out(items: tuple[LeftOut, ...]) -> list[tuple[str, list[str]]]:
    """Columns that are no factors, grouped by reason, in the order in which the reasons appear."""
    grouped: dict[str, list[str]] = {}
    for item in items:
        # The line of roles above says already which column is what.
        reason = "they have roles" if item.reason.startswith("it is the ") else item.reason
        grouped.setdefault(reason, []).append(item.column)
    return list(grouped.items())


def some(columns: list[str], most: int = 4) -> str:
    """The first columns, and how many more there are: ``a, b, c and 9 more``."""
    if len(columns) <= most:
        return ", ".join(columns)
    return f"{', '.join(columns[: most - 1])} and {len(columns) - most + 1} more"


def binned(report: Report) -> str | None:
    """How numeric factors were cut: ``… contrast at 0.2, 0.4 · ink in 8 bins``; None when none was."""
    if not report.binned:
        return None
    few: list[str] = []
    many: dict[int, list[str]] = {}
    for name, edges in report.binned.items():
        inner = [edge for edge in edges if math.isfinite(edge)]
        if len(inner) <= 3:
            few.append(f"{name} at {', '.join(f'{edge:.4g}' for edge in inner)}")
        else:
            many.setdefault(len(inner) + 1, []).append(name)
    words = [*few, *(f"{', '.join(names)} in {bins} bins" for bins, names in many.items())]
    return "binned at quantiles: " + " · ".join(words)


def confused(roles: Mapping[str, Any], finding: Finding) -> tuple[str, str] | None:
    """(truth, prediction) of a confusion finding, read from its slice; None when it does not name both.

    What else it says is what the whole report is within.
    """
    from errata.nouns.slice import Slice

    values = {condition.column: condition.value for condition in Slice.parse(finding.slice).conditions}
    truth, prediction = roles.get("truth"), roles.get("prediction")
    if truth is None or prediction is None or not {truth, prediction} <= set(values):
        return None
    return str(values[truth]), str(values[prediction])


def status_sign(status: str | None) -> str:
    """The sign of a finding's status: only a returned case has one."""
    return SIGNS["came back"] if status and status.startswith("came back") else ""


def told(finding: Finding) -> str:
    """A finding in one sentence, for those who do not read the table."""
    words = metric_words(finding.metric)
    counted = share(finding, finding.metric)
    counted = f"on {counted}" if finding.failed is None or finding.metric == "loss" else f"{counted} {words.counted}"
    said = rate(finding.error_rate, finding.metric)
    said += " " + rate_interval(finding.low, finding.high, finding.metric)
    rest = f"; the rest {rate(finding.rest_error_rate, finding.metric)}" if finding.rest_error_rate is not None else ""
    what = "losses" if finding.metric == "loss" else "errors"
    return (
        f"{words.rate.capitalize()} {said} ({counted}){rest}: {excess(finding.excess_errors, finding.metric)} {what} "
        f"above the rest, at least {excess(finding.excess_errors_low, finding.metric)}."
    )


def case_in(status: str | None) -> str | None:
    """The key of the case that a status names: ``known (DIG-4, overlaps)`` → ``DIG-4``."""
    match = re.search(r"\b([A-Z][A-Z0-9]{0,9}-[1-9][0-9]*)\b", status or "")
    return match[1] if match else None


def searched(what: Searched) -> str:
    """How many slices of how many conditions were tried, and how chance was kept out."""
    said = f"{units.plural(what.slices, 'slice')} of up to {units.plural(what.depth, 'condition')}"
    if what.min_rows:
        said += f", each of at least {units.plural(what.min_rows, 'row')}"
    how = f"{what.draws} permutations" if what.method == "permutation" and what.draws else "a bound over all slices"
    if what.threshold is not None:
        said += f"; threshold z = {what.threshold:.2f} by {how}, family-wise {100 * what.family_wise:g} %"
    return said


def command(report: Report) -> str:
    """The command that gives the same report of the same file, its roles as options."""
    parts = ["errata", "analyze", shlex.quote(report.source)]
    for name in (*ROLE_ORDER, "factors", "exclude", "derive"):
        value = report.roles.get(name)
        if value not in (None, [], ()):
            text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
            parts += [f"--{name}", shlex.quote(text)]
    for name in ("within", "weight"):
        if getattr(report, name) is not None:
            parts += [f"--{name}", shlex.quote(getattr(report, name))]
    metric = metric_of(report)
    if further := [*report.analyses, *(one.analysis for one in report.not_done)]:
        usual = [] if report.searched.method == "none" else ["slices", "confusion"]
        parts += ["--only", ",".join([*usual, *further])]
    return " ".join(parts + (["--metric", metric] if metric != "error" else []))


def on_its_own(finding: Finding) -> str:
    """The figures without the findings of stronger evidence, where those hold a fifth of the rows or more."""
    after = finding.after_peeling
    if after is None or after.rows > 0.8 * finding.rows:
        return ""
    return (
        f"{share(after, finding.metric)} {rate(after.error_rate, finding.metric)} without the rows of stronger findings"
    )
