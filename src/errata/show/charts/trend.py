"""A trend: the error rate by bucket with its intervals and what changed, over volume, latency and versions."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from errata.core import units
from errata.nouns.trend import Bucket, ChangePoint, Trend
from errata.show.charts.chart import Chart, altair, themed, token
from errata.show.charts.trend_versions import versions_panel

WIDTH = 440
_RATE, _VOLUME, _LATENCY, _LANE = 170, 44, 96, 16
_MOST = 480
_SHORT = "format(datum.value, '~s')"
"""``2k``, ``1.5M``; as the format of an axis it would write ``0k``."""
_LETTER = 6.6
"""About how wide a letter of a label is, in pixels."""
_DRAWN, _KNOWN, _SLOW = "buckets", "known", "latency"
_QUANTILES = {"p50": ("cat-1", [1, 0]), "p95": ("cat-2", [6, 3]), "p99": ("cat-4", [2, 2])}


def charts(found: Trend) -> list[Chart]:
    """One picture, its panels on one axis of time. Raises MissingExtra without the extra ``charts``."""
    if not found.buckets:
        return []
    alt = altair()
    step = _step(found)
    first, last = _moment(found.buckets[0].time), _moment(found.buckets[-1].time) + step
    time = alt.Scale(type="utc", domain=[_text(first), _text(last)], nice=False)
    share = -(-len(found.buckets) // _MOST)
    drawn = _pooled(found.buckets, share, step, [one.time for one in found.change_points])
    panels = []
    if any(one["rate"] is not None for one in drawn):
        if found.change_points:
            panels.append(_labels(found, time, first, last))
        panels.append(_rates(found, drawn, time, step, bare=share > 1))
    panels.append(_volume(drawn, time, first, last))
    if any(one["p50"] is not None for one in drawn):
        panels.append(_latency(found, drawn, time))
    if found.versions:
        panels.append(versions_panel(found, time, step, WIDTH))
    chart = alt.vconcat(*panels, spacing=10).resolve_scale(
        color="independent", shape="independent", strokeDash="independent"
    )
    runs = Counter(one["run"] for one in drawn if one["rate"] is not None)
    for one in drawn:
        one["alone"] = runs[one["run"]] == 1
    data = {_DRAWN: drawn, _KNOWN: [one for one in drawn if one["rate"] is not None], _SLOW: _quantiles(drawn)}
    spec = themed(chart, width=WIDTH, data={name: rows for name, rows in data.items() if rows})
    title = f"Trend by {found.bucket}"
    return [Chart("trend", title, _sentence(found, share), spec, _rows(found))]


def _rows(found: Trend) -> tuple[dict[str, Any], ...]:
    changes = {one.time: "changed" for one in found.change_points}
    odd = {one.time: "stands out" for one in found.anomalies}
    made = []
    for one in found.buckets:
        said = " and ".join(marks[one.time] for marks in (changes, odd) if one.time in marks)
        made.append(
            {
                "time": one.time, "rows": one.rows, "known": one.known, "failed": one.failed, "rate": one.rate,
                "low": one.low, "high": one.high, "expected": one.expected, "p50": one.p50, "p95": one.p95,
                "p99": one.p99, "mark": said or None,
            }
        )  # fmt: skip
    return tuple(made)


def _pooled(buckets: tuple[Bucket, ...], share: int, step: timedelta, changes: list[str]) -> list[dict[str, Any]]:
    """What is drawn of each bucket, or of ``share`` neighbours together; ``run`` ends where a bucket is missing,
    ``level`` where the error rate changed."""
    made: list[dict[str, Any]] = []
    run, before = 0, None
    for at in range(0, len(buckets), share):
        part = buckets[at : at + share]
        start, end = _moment(part[0].time), _moment(part[-1].time) + step
        known, failed = sum(one.known for one in part), sum(one.failed for one in part)
        if before is not None and (start > before or not known):
            run += 1
        before = end
        one = part[0]
        made.append(
            {
                "start": _text(start), "middle": _text(start + (end - start) / 2), "end": _text(end), "run": run,
                "level": sum(one <= part[0].time for one in changes),
                "rows": sum(one.rows for one in part), "rate": failed / known if known else None,
                "low": one.low if share == 1 else None, "high": one.high if share == 1 else None,
                "expected": one.expected, "p50": one.p50, "p95": one.p95, "p99": one.p99,
            }
        )  # fmt: skip
    return made


def _hidden(alt: Any) -> Any:
    return alt.Axis(labels=False, tickCount=6, grid=True)


def _labels(found: Trend, time: Any, first: datetime, last: datetime) -> Any:
    """What each change of level was, over its rule; in lanes, so that no two overlap."""
    alt = altair()
    lanes: list[list[tuple[float, float]]] = []
    drawn = []
    for one in found.change_points:
        text = f"{'● ' if one.difference > 0 else ''}{units.points(one.difference)} from {_day(one.time)}"
        at = WIDTH * ((_moment(one.time) - first) / (last - first))
        wide = _LETTER * len(text) + 8
        right = at + wide > WIDTH
        span = (at - wide, at) if right else (at, at + wide)
        lane = next((n for n, taken in enumerate(lanes) if all(span[1] < a or span[0] > b for a, b in taken)), None)
        if lane is None:
            lane = len(lanes)
            lanes.append([])
        lanes[lane].append(span)
        drawn.append({"time": one.time, "text": text, "lane": lane, "right": right, "worse": one.difference > 0})
    data = alt.Chart(alt.Data(values=drawn))
    layers = []
    for right in (False, True):
        for worse in (False, True):
            of = data.transform_filter(f"datum.right === {str(right).lower()} && datum.worse === {str(worse).lower()}")
            layers.append(
                of.mark_text(
                    align="right" if right else "left", dx=-2 if right else 2, fontSize=12, baseline="middle",
                    color=token("fail" if worse else "pass"),
                ).encode(
                    x=alt.X("time:T", scale=time, axis=None),
                    y=alt.Y("lane:O", axis=None, scale=alt.Scale(domain=list(range(len(lanes))))),
                    text="text:N",
                )
            )  # fmt: skip
    return alt.layer(*layers).properties(width=WIDTH, height=_LANE * len(lanes))


def _rates(found: Trend, drawn: list[dict[str, Any]], time: Any, step: timedelta, *, bare: bool) -> Any:
    alt = altair()
    known = [one for one in drawn if one["rate"] is not None]
    top = max(one["rate"] for one in known)
    # A bucket of few rows has an interval up to 1; the line and what stands out set the scale.
    highs = sorted(one["high"] for one in known if one["high"] is not None)
    top = max(top, highs[int(0.95 * (len(highs) - 1))] if highs else 0.0, *(one.high for one in found.anomalies), 0.001)
    scale = alt.Scale(domain=[0, top], nice=True, clamp=True)
    when = alt.X("middle:T", scale=time, title=None, axis=_hidden(alt))
    axis = alt.Axis(format=".2~%", tickCount=5, grid=True)
    data = alt.Chart(alt.NamedData(_KNOWN))
    layers = []
    if not bare:
        layers.append(
            data.mark_area(color=token("cat-1"), opacity=0.2).encode(
                x=when, y=alt.Y("low:Q", scale=scale), y2="high:Q", detail="run:N"
            )
        )
    if any(one["expected"] is not None for one in known):
        layers.append(
            data.transform_filter("datum.expected !== null")
            .mark_line(color=token("ink-soft"), strokeWidth=1.5, strokeDash=[4, 3])
            .encode(x=when, y=alt.Y("expected:Q", scale=scale), detail=["run:N", "level:N"])
        )
    layers.append(
        data.mark_line(color=token("cat-1"), strokeWidth=1.5, point=False).encode(
            x=when, y=alt.Y("rate:Q", scale=scale, title="failed", axis=axis), detail="run:N"
        )
    )
    # What stands alone between gaps is no line and no band.
    alone = data.transform_filter("datum.alone")
    layers.append(
        alone.transform_filter("datum.low !== null")
        .mark_rule(color=token("cat-1"), strokeWidth=2, opacity=0.5)
        .encode(x=when, y=alt.Y("low:Q", scale=scale), y2="high:Q")
    )
    points = data if len(known) <= 60 else alone
    layers.append(
        points.mark_circle(color=token("cat-1"), size=24, opacity=1).encode(x=when, y=alt.Y("rate:Q", scale=scale))
    )
    for worse, tone in ((True, "fail"), (False, "pass")):
        changed = [{"time": one.time} for one in found.change_points if (one.difference > 0) == worse]
        if changed:
            layers.append(
                alt.Chart(alt.Data(values=changed))
                .mark_rule(color=token(tone), strokeWidth=1.5)
                .encode(x=alt.X("time:T", scale=time))
            )
    if found.anomalies:
        odd = alt.Chart(
            alt.Data(
                values=[
                    {"middle": _text(_moment(one.time) + step / 2), "rate": one.rate, "low": one.low, "high": one.high}
                    for one in found.anomalies
                ]
            )
        )
        tone = token("inconclusive")
        layers += [
            odd.mark_rule(color=tone, strokeWidth=2).encode(x=when, y=alt.Y("low:Q", scale=scale), y2="high:Q"),
            odd.mark_point(color=tone, shape="diamond", filled=True, size=90, opacity=1).encode(
                x=when, y=alt.Y("rate:Q", scale=scale)
            ),
        ]
    return alt.layer(*layers).properties(width=WIDTH, height=_RATE)


def _volume(drawn: list[dict[str, Any]], time: Any, first: datetime, last: datetime) -> Any:
    alt = altair()
    data = alt.Chart(alt.NamedData(_DRAWN))
    days = (last - first).days
    form = "%H:%M" if days < 2 else "%b %-d" if days < 400 else "%Y-%m"
    said = f"UTC, {first:%Y-%m-%d} to {last:%Y-%m-%d}"
    axis = alt.Axis(labelOverlap=True, tickCount=6, grid=False, format=form)
    return data.mark_rect(color=token("line-strong"), stroke=token("line-strong"), strokeWidth=0.7).encode(
        x=alt.X("start:T", scale=time, title=said, axis=axis),
        x2="end:T",
        y=alt.Y("rows:Q", title="rows", scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=2, labelExpr=_SHORT)),
        y2=alt.datum(0),
    ).properties(width=WIDTH, height=_VOLUME)  # fmt: skip


def _quantiles(drawn: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"middle": one["middle"], "run": one["run"], "quantile": name, "value": one[name], "alone": one["alone"]}
        for one in drawn
        for name in _QUANTILES
        if one[name] is not None
    ]


def _latency(found: Trend, drawn: list[dict[str, Any]], time: Any) -> Any:
    alt = altair()
    present = [name for name in _QUANTILES if any(one[name] is not None for one in drawn)]
    legend = alt.Legend(title=None, orient="top", direction="horizontal", labelColor=token("ink"), labelFontSize=12,
                        symbolType="stroke", symbolStrokeWidth=2, offset=4)  # fmt: skip
    tones, dashes = [token(_QUANTILES[name][0]) for name in present], [_QUANTILES[name][1] for name in present]
    name = str(found.latency)
    data = alt.Chart(alt.NamedData(_SLOW))
    colour = alt.Color("quantile:N", scale=alt.Scale(domain=present, range=tones), legend=legend)
    when = alt.X("middle:T", scale=time, title=None, axis=_hidden(alt))
    value = alt.Y(
        "value:Q",
        title=name if len(name) <= 20 else f"{name[:19]}…",
        scale=alt.Scale(zero=True, nice=True),
        axis=alt.Axis(tickCount=3, labelExpr=_SHORT, grid=True),
    )
    lines = data.mark_line(strokeWidth=1.5).encode(
        x=when, y=value, color=colour, detail="run:N",
        strokeDash=alt.StrokeDash("quantile:N", scale=alt.Scale(domain=present, range=dashes), legend=legend),
    )  # fmt: skip
    alone = data.transform_filter("datum.alone").mark_circle(size=24, opacity=1).encode(x=when, y=value, color=colour)
    return alt.layer(lines, alone).properties(width=WIDTH, height=_LATENCY)


def _sentence(found: Trend, share: int) -> str:
    said = f"Line and band: the error rate of each {found.bucket} with its 95 % interval; bars: rows."
    if share > 1:
        said = (
            f"Line: the error rate of {share:,} {found.bucket}s together, without intervals, which the table has; "
            "bars: rows."
        )
    if not any(one.known for one in found.buckets):
        said = f"Bars: rows of each {found.bucket}; no outcome is known."
    if any(one.expected is not None for one in found.buckets):
        said += " Dashed: what is usual there."
    if found.change_points:
        said += f" Upright: a change of level. {_change(max(found.change_points, key=lambda one: abs(one.difference)))}"
    elif any(one.expected is not None for one in found.buckets):
        said += " No change of level beyond chance."
    if found.anomalies:
        many = units.plural(len(found.anomalies), found.bucket)
        said += f" Diamonds: {many} that level and season do not explain."
    return said


def _change(one: ChangePoint) -> str:
    return (
        f"Largest, from {_day(one.time)}: {units.percent(one.before)} "
        f"{units.interval(one.before_low, one.before_high)} to {units.percent(one.after)} "
        f"{units.interval(one.after_low, one.after_high)}."
    )


def _step(found: Trend) -> timedelta:
    return timedelta(hours=1) if found.bucket == "hour" else timedelta(days=1)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _day(text: str) -> str:
    return text.removesuffix("Z").replace("T", " ").removesuffix(" 00:00")
