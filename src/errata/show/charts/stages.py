"""Information about failing by stage: what each says beyond the stages before it, with its interval, and alone."""

from __future__ import annotations

from errata.core import units
from errata.nouns.stages import DEPARTS, LATER, Stages
from errata.show.charts.chart import Chart, altair, themed, token

_WIDTH, _ROW = 420, 28
_MOST = 24


def charts(found: Stages) -> list[Chart]:
    """One chart, none where no stage can be told from those before it. Raises MissingExtra."""
    told = [one for one in found.stages if one.beyond is not None][:_MOST]
    if not told:
        return []
    alt = altair()
    rows = tuple(
        {
            "stage": f"{one.position} {one.stage}", "bits": one.beyond.bits, "low": one.beyond.low,
            "high": one.beyond.high, "alone": one.alone.bits, "p_adjusted": one.beyond.p_adjusted,
            "departs": one.verdict in (DEPARTS, LATER), "comparable": one.comparable,
        }
        for one in told
        if one.beyond is not None
    )  # fmt: skip
    data = alt.Chart(alt.Data(values=list(rows)))
    by = alt.Y("stage:N", sort=None, title=None, axis=alt.Axis(labelLimit=260))
    tone = alt.condition("datum.departs", alt.value(token("fail")), alt.value(token("cat-1")))
    ground = alt.condition("datum.departs", alt.value(token("fail")), alt.value(token("paper")))
    x = alt.X("bits:Q", title="bits about failing", scale=alt.Scale(zero=True), axis=alt.Axis(grid=True, tickCount=5))
    drawn = alt.layer(
        data.mark_rule(strokeWidth=2).encode(x="low:Q", x2="high:Q", y=by, color=tone),
        data.mark_point(size=64, opacity=1, strokeWidth=2).encode(x=x, y=by, color=tone, fill=ground),
        data.mark_tick(color=token("line-strong"), thickness=2, size=14).encode(x="alone:Q", y=by),
    ).properties(width=_WIDTH, height=_ROW * len(rows))
    return [Chart("stages", "Stages", _sentence(found), themed(drawn, width=_WIDTH), rows)]


def _sentence(found: Stages) -> str:
    where = (
        f"The failing path first departs from the passing one at {found.departs}."
        if found.departs
        else "At no stage does the failing path depart from the passing one by more than chance."
    )
    return (
        "Dot and line: what each stage says about failing beyond the stages before it, with its 95 % interval, the dot "
        f"filled where paths depart; tick: what it says alone. {units.number(found.uncertainty)} bits are to be "
        f"explained. {where}"
    )
