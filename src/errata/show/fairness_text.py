"""Fairness as a section of the terminal's page: each metric's gaps, largest first, then from highest to lowest."""

from __future__ import annotations

from collections.abc import Sequence

from errata.core import units
from errata.nouns.fairness import (
    CALIBRATION,
    ERROR,
    FNR,
    FPR,
    GAP,
    NO_EVIDENCE,
    TOO_FEW,
    Fairness,
    GroupGap,
    MetricGaps,
    Spread,
)
from errata.show.paint import Paint
from errata.show.terminal import wrap_slice
from errata.show.wrapping import wrap

_MOST = 8
_WIDE = 100


def lines(found: Fairness, width: int, paint: Paint) -> list[str]:
    """The section, at most ``width`` columns wide."""
    text: list[str] = []
    small: list[str] = []
    for column in found.columns:
        name = " × ".join(column.columns)
        alone = len(column.columns) == 1
        gaps = sum(one.verdict == GAP and one.worse for metric in column.metrics for one in metric.groups)
        many = max(len(metric.groups) for metric in column.metrics)
        said = f"{units.plural(gaps, 'gap')} to the worse" if gaps else "no gap shown"
        head = f"fairness by {name} · {units.plural(many, 'group')} · {said}"
        text += [*([""] if text else []), *(paint(line, "bold") for line in wrap(head, width, ""))]
        for metric in column.metrics:
            text += _metric(metric, alone, found, width, paint)
        small += [
            f"{one.slice}{f' ({metric_name(one.metric, found.positive)})' if one.metric else ''}: {one.reason}"
            for one in column.left_out
        ]
    small = [f"left out: {'; '.join(small[:6])}{f'; … {len(small) - 6} more (--json)' if len(small) > 6 else ''}"][
        : bool(small)
    ]
    small += [f"left out: {one['column']} ({one['reason']})" for one in found.left_out]
    small += [f"note: {note}" for note in found.notes]
    small.append(
        f"gap: against all other rows; what stands in [ ] holds with 95 % for all {found.gaps:,} compared at once. "
        "● worse beyond chance, ✓ better or no evidence of a gap, ◆ too few rows: the interval is wider than "
        f"±{units.number(100 * found.precision)} pp (--precision)"
    )
    return text + [paint(line, "dim") for one in small for line in wrap(one, width)]


def metric_name(metric: str, positive: str | None) -> str:
    """A metric as people say it."""
    return {
        ERROR: "error rate",
        FPR: f"FPR of {positive}",
        FNR: f"FNR of {positive}",
        CALIBRATION: "confidence − accuracy",
    }[metric]


def gap_words(gap: float, low: float, high: float) -> str:
    """``+7.1 pp [+0.5, +13.6]``."""
    return f"{units.points(gap)} [{100 * low:+.1f}, {100 * high:+.1f}]"


def guard(found: Fairness) -> str | None:
    """The command that makes a check of the widest gap to the worse; None without one that a check can hold."""
    gaps = [
        (one.gap, metric.metric, one)
        for column in found.columns
        for metric in column.metrics
        for one in metric.groups
        if metric.metric != CALIBRATION and one.verdict == GAP and one.worse
    ]
    if not gaps:
        return None
    _, metric, one = max(gaps, key=lambda gap: gap[0])
    middle = one.value - one.gap / 2
    text = one.slice.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("`", "\\`")
    return f'errata check add --slice "{text}" --metric {metric} --criterion "<= {middle:.2g}"'


def _about(rows: int) -> str:
    """To two digits: it is an estimate."""
    digits = len(str(rows)) - 2
    return units.count(round(rows, -digits)) if digits > 0 else units.count(rows)


def _metric(metric: MetricGaps, alone: bool, found: Fairness, width: int, paint: Paint) -> list[str]:
    """One metric: of one column every group, of two only those with a gap; then what the others come to."""
    calibration = metric.metric == CALIBRATION
    told = [one for one in metric.groups if alone or one.verdict == GAP]
    shown = told[:_MOST]
    name = metric_name(metric.metric, found.positive)
    if not shown:
        return wrap(f"{name}: {_others(metric.groups)}", width)
    about = {ERROR: "failed", FPR: "of negatives", FNR: "of positives", CALIBRATION: "rows"}[metric.metric]
    shares = [
        units.count(one.rows) if calibration else f"{units.count(one.bad)}/{units.count(one.rows)}" for one in shown
    ]
    values = [units.points(one.value) if calibration else units.percent(one.value) for one in shown]
    spans = [" " + _span(one, calibration) if width >= _WIDE else "" for one in shown]
    gaps = [gap_words(one.gap, one.gap_low, one.gap_high) for one in shown]
    share, value, span, gap = (max(map(len, column)) for column in (shares, values, spans, gaps))
    share = max(share, len(about))
    longest = max([len(name) - 2, *(len(one.slice) for one in shown)])
    room = min(longest, width - 4 - 2 - share - 1 - value - span - 2 - gap)
    # Where no column is left for the slices, each stands on lines of its own above its figures.
    above = room < min(longest, 16)
    figures = f"{about:>{share}} {'':{value}}{'':{span}}  gap"
    text = [paint(f"  {name}", "dim")] if above else [paint(f"  {name:<{room + 2}}  {figures}", "dim")]
    for at, one in enumerate(shown):
        sign, tone = _sign(one)
        first, *more = wrap_slice(one.slice, width - 4 if above else room)
        numbers = f"{shares[at]:>{share}} {values[at]:>{value}}{spans[at]:<{span}}  {gaps[at]}"
        text.append(f"  {paint(sign, tone)} {first}" if above else f"  {paint(sign, tone)} {first:<{room}}  {numbers}")
        text += [f"    {part}" for part in more]
        text += [f"      {numbers.strip()}"] if above else []
    if len(told) > len(shown):
        text.append(f"    … and {units.plural(len(told) - len(shown), 'more group')} (--json)")
    if not alone and len(told) < len(metric.groups):
        text += wrap(f"the others: {_others([one for one in metric.groups if one.verdict != GAP])}", width, "    ")
    short = [one for one in shown if one.verdict == TOO_FEW]
    if alone and short:
        needed = ", ".join(f"{one.slice} (about {_about(one.more or 0)} more)" for one in short[:3])
        more_of = f" and {units.plural(len(short) - 3, 'other')}" if len(short) > 3 else ""
        text += wrap(f"too few rows: {needed}{more_of}", width, "    ")
    if alone and metric.spread is not None and len(metric.groups) > 2:
        spread = metric.spread
        said = f"{spread.highest} over {spread.lowest} {gap_words(spread.gap, spread.gap_low, spread.gap_high)}"
        text += wrap(f"highest to lowest: {said}, {_verdict(spread)}", width, "    ")
    return text


def _verdict(one: Spread) -> str:
    if one.verdict == TOO_FEW and one.more is not None:
        return f"too few rows (about {_about(one.more)} more of the smaller)"
    return one.verdict


def _others(groups: Sequence[GroupGap]) -> str:
    few = sum(one.verdict == TOO_FEW for one in groups)
    calm = sum(one.verdict == NO_EVIDENCE for one in groups)
    parts = [f"no evidence of a gap in {calm}"] if calm else []
    parts += [f"too few rows to say in {few}"] if few else []
    return f"{', '.join(parts)} of {units.plural(len(groups), 'group')}"


def _span(one: GroupGap, calibration: bool) -> str:
    return f"[{100 * one.low:+.1f}, {100 * one.high:+.1f}]" if calibration else units.interval(one.low, one.high)


def _sign(one: GroupGap) -> tuple[str, str]:
    if one.verdict == GAP:
        return ("●", "fail") if one.worse else ("✓", "pass")
    return ("◆", "inconclusive") if one.verdict == TOO_FEW else ("✓", "pass")
