"""Findings as rows of a page: every number written, every interval drawn, on one scale for the whole table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from errata.core import units
from errata.nouns.finding import Finding
from errata.show import words
from errata.show.charts.strip import Scale, strip


@dataclass(frozen=True, slots=True)
class FindingRow:
    """What a table shows of one finding. ``drawn`` is SVG made here, safe to set into a page as it is."""

    id: str
    kind: str
    place: str
    slice: str
    excess: str
    floor: str
    share: str
    rate: str
    interval: str
    rest: str
    drawn: str
    status: str
    sign: str
    case: str | None
    sentence: str
    peeled: str
    p: str


def finding_rows(
    findings: Iterable[Finding], roles: Callable[[Any], Mapping[str, Any]] | None = None
) -> list[FindingRow]:
    """The rows of one table, in the order given. By the ``roles`` of its run a confused pair is named in words.

    Findings of the metric ``loss`` are drawn on a scale of their own.
    """
    found = list(findings)
    scales = {
        loss: Scale.over(
            edge for f in found if (f.metric == "loss") is loss for edge in (f.low, f.high, f.rest_error_rate)
        )
        for loss in (True, False)
    }
    return [_row(finding, scales[finding.metric == "loss"], roles) for finding in found]


def _row(f: Finding, scale: Scale, roles: Callable[[Any], Mapping[str, Any]] | None) -> FindingRow:
    pair = words.confused(roles(f), f) if roles is not None and f.kind == "confusion" else None
    status = f.status or ""
    return FindingRow(
        id=f.id,
        kind=f.kind,
        place=f"{pair[0]} taken for {pair[1]}" if pair else f.slice,
        slice=f.slice,
        excess=words.excess(f.excess_errors, f.metric),
        floor=f"≥ {words.excess(f.excess_errors_low, f.metric)}",
        share=words.share(f, f.metric),
        rate=words.rate(f.error_rate, f.metric),
        interval=words.rate_interval(f.low, f.high, f.metric),
        rest=words.rate(f.rest_error_rate, f.metric),
        drawn=strip(scale, f.error_rate, f.low, f.high, rest=f.rest_error_rate),
        status=status,
        sign=words.status_sign(f.status),
        case=words.case_in(status),
        sentence=words.told(f),
        peeled=_peeled(f),
        p=f"p {units.number(f.p_adjusted)}" if f.p_adjusted >= 0.0005 else "p < 0.0005",
    )


def _peeled(f: Finding) -> str:
    after = f.after_peeling
    if after is None or after.rows == f.rows:
        return ""
    return (
        f"{words.share(after, f.metric)} · {words.rate(after.error_rate, f.metric)} "
        f"{words.rate_interval(after.low, after.high, f.metric)}"
    )
