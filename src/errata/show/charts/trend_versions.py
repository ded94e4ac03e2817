"""The versions of a model along a trend: when each was seen, and how much of it failed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from errata.core import units
from errata.nouns.trend import Trend
from errata.show.charts.chart import altair, token

_MOST, _LANE, _LONGEST = 8, 30, 40


def versions_panel(found: Trend, time: Any, step: timedelta, width: int) -> Any:
    """A bar from the first to the last bucket of each version, its rate above it; the first eight of them."""
    alt = altair()
    drawn = []
    for lane, one in enumerate(found.versions[:_MOST]):
        rate = f"{units.percent(one.rate)} {units.interval(one.low, one.high)}" if one.rate is not None else "not known"
        name = one.version if len(one.version) <= _LONGEST else f"{one.version[: _LONGEST - 1]}…"
        end = datetime.fromisoformat(one.last.replace("Z", "+00:00")) + step
        drawn.append(
            {"lane": lane, "text": f"{name} · {rate} failed", "start": one.first, "end": f"{end:%Y-%m-%dT%H:%M:%SZ}"}
        )
    data = alt.Chart(alt.Data(values=drawn))
    hidden = alt.Axis(labels=False, tickCount=6, grid=True)
    place = alt.Y("lane:O", axis=None)
    bars = data.mark_rule(color=token("cat-3"), strokeWidth=6, yOffset=6).encode(
        x=alt.X("start:T", scale=time, title=None, axis=hidden), x2="end:T", y=place
    )
    texts = data.mark_text(align="left", fontSize=12, dy=-7, color=token("ink")).encode(
        x=alt.value(4), y=place, text="text:N"
    )
    return alt.layer(bars, texts).properties(width=width, height=_LANE * len(drawn))
