"""Repeats: how many tasks pass how often, and what more trials gain (pass@k) and cost (pass^k)."""

from __future__ import annotations

from typing import Any

from errata.core import units
from errata.nouns.repeats import FAILING, FLAKY, PASSING, Repeats
from errata.show.charts.chart import Chart, altair, themed, token

_WIDTH = 300
_HEIGHT = 180
_TONES = {FAILING: "fail", FLAKY: "inconclusive", PASSING: "pass"}
_BOTH = {"at least one of k passes (pass@k)": "cat-1", "all of k pass (pass^k)": "cat-2"}


def charts(found: Repeats) -> list[Chart]:
    """Tasks by how many of their trials pass, where all have been tried equally often; pass@k and pass^k by k."""
    drawn = [_by_passes(found), _by_k(found)]
    return [one for one in drawn if one is not None]


def _by_passes(found: Repeats) -> Chart | None:
    if found.more or found.least_trials != found.most_trials or found.most_trials > 40:
        return None
    alt = altair()
    times = [0] * (found.most_trials + 1)
    for task in found.tasks:
        times[task.passes] += 1
    last = found.most_trials
    rows = tuple(
        {"passes": at, "tasks": tasks, "state": FAILING if at == 0 else PASSING if at == last else FLAKY}
        for at, tasks in enumerate(times)
    )
    data = alt.Chart(alt.Data(values=list(rows)))
    x = alt.X("passes:O", title=f"passed of {last} trials", axis=alt.Axis(labelAngle=0, grid=False))
    colour = alt.Color(
        "state:N", scale=alt.Scale(domain=list(_TONES), range=[token(one) for one in _TONES.values()]), legend=None
    )
    bars = data.mark_bar(binSpacing=2).encode(
        x=x, y=alt.Y("tasks:Q", title="tasks", axis=alt.Axis(grid=True, tickMinStep=1, tickCount=5)), color=colour
    )
    labels = data.mark_text(dy=-7, color=token("ink")).encode(x=x, y="tasks:Q", text="tasks:Q")
    chart = alt.layer(bars, labels).properties(width=_WIDTH, height=_HEIGHT)
    shares = {one.state: one for one in found.states}
    said = "; ".join(
        f"{units.plural(one.tasks, 'task')} {state}, {units.percent(one.share)} {units.interval(one.low, one.high)}"
        for state, one in shares.items()
    )
    sentence = f"How many tasks passed how many of their {last} trials. {said}."
    return Chart("repeats", f"Repeats of {found.group}", sentence, themed(chart, width=_WIDTH), rows)


def _by_k(found: Repeats) -> Chart | None:
    if len(found.passing) < 2:
        return None
    alt = altair()
    names = list(_BOTH)
    rows: list[dict[str, Any]] = []
    for one in found.passing:
        rows.append({"k": one.k, "of": names[0], "share": one.at, "low": one.at_low, "high": one.at_high})
        rows.append({"k": one.k, "of": names[1], "share": one.all, "low": one.all_low, "high": one.all_high})
    data = alt.Chart(alt.Data(values=rows))
    colour = alt.Color(
        "of:N",
        scale=alt.Scale(domain=names, range=[token(one) for one in _BOTH.values()]),
        legend=alt.Legend(title=None, orient="top", direction="vertical", labelLimit=280, labelColor=token("ink")),
    )
    x = alt.X("k:O", title="k trials of a task", axis=alt.Axis(labelAngle=0, grid=False))
    unit = alt.Scale(domain=[0, 1], nice=False)
    # Side by side, so that one interval does not hide the other.
    beside = alt.XOffset("of:N", scale=alt.Scale(paddingOuter=0.8))
    chart = alt.layer(
        data.mark_rule(strokeWidth=2).encode(
            x=x, xOffset=beside, y=alt.Y("low:Q", scale=unit), y2="high:Q", color=colour
        ),
        data.mark_point(filled=True, size=64, opacity=1).encode(
            x=x,
            xOffset=beside,
            y=alt.Y("share:Q", scale=unit, title="share of tasks", axis=alt.Axis(format=".0%", tickCount=5, grid=True)),
            color=colour,
            shape=alt.Shape("of:N", scale=alt.Scale(domain=names, range=["circle", "square"]), legend=None),
        ),
    ).properties(width=_WIDTH, height=_HEIGHT)
    last = found.passing[-1]
    sentence = (
        f"Of {units.plural(last.k, 'trial')} of a task at least one passes in {units.percent(last.at)} "
        f"{units.interval(last.at_low, last.at_high)} of tasks, and all pass in {units.percent(last.all)} "
        f"{units.interval(last.all_low, last.all_high)}; of one trial it is {units.percent(found.passing[0].at)}. "
        "Lines are 95 % intervals for tasks like these."
    )
    return Chart("pass-k", "What repeating gains and costs", sentence, themed(chart, width=_WIDTH), tuple(rows))
