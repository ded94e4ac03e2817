"""Kinds of error on one scale: the share of the failures that is of each, with its interval."""

from __future__ import annotations

from errata.core import units
from errata.nouns.kinds import KindOfError, KindsOfError
from errata.show.charts.chart import MONO, Chart, altair, themed, token

_ROW = 28
_WIDTH = 300


def charts(found: KindsOfError) -> list[Chart]:
    """Each kind that a row is of, those with most failures first; of an outcome that is not known, shares of rows."""
    there = [one for one in found.kinds if one.rows and _share(one, found.judged) is not None]
    if not there:
        return []
    alt = altair()
    rows = tuple(
        {
            "kind": one.kind, "share": _share(one, found.judged), "low": one.failed_low if found.judged else one.low,
            "high": one.failed_high if found.judged else one.high, "failed": one.failed, "failures": one.failures,
            "rows": one.rows, "known": one.known,
        }
        for one in there
    )  # fmt: skip
    data = alt.Chart(alt.Data(values=list(rows)))
    place = alt.Y("kind:N", sort=None, title=None,
                  axis=alt.Axis(labelLimit=240, labelColor=token("ink"), labelFont=MONO))  # fmt: skip
    title = "share of the failures" if found.judged else "share of rows"
    scale = alt.Scale(domainMin=0)
    at = alt.X("share:Q", title=title, scale=scale, axis=alt.Axis(format=".0%", tickCount=5, labelFlush=False))
    tone = token("fail" if found.judged else "cat-1")
    chart = alt.layer(
        data.mark_rule(color=tone, strokeWidth=2).encode(y=place, x=alt.X("low:Q", scale=scale), x2="high:Q"),
        data.mark_circle(color=tone, size=72, opacity=1).encode(y=place, x=at),
    ).properties(width=_WIDTH, height=alt.Step(_ROW))
    return [Chart("kinds", "Kinds of error", _sentence(found, there[0]), themed(chart, width=_WIDTH), rows)]


def _share(one: KindOfError, judged: bool) -> float | None:
    return one.failed_share if judged else one.share


def _sentence(found: KindsOfError, first: KindOfError) -> str:
    what = "failures" if found.judged else "rows"
    none = (
        f" {units.count(found.none_of_them)} of {units.plural(found.failed, 'failure')} are of none."
        if found.judged
        else ""
    )
    return (
        f"Dot and line: the share of the {what} that is of each kind, with its 95 % interval; a row may be of several. "
        f"First, {first.kind}: {units.percent(_share(first, found.judged))}.{none}"
    )
