"""A trend as a section of the terminal's page: the curve in one line, what changed, stood out and led, versions."""

from __future__ import annotations

from errata.core import units
from errata.nouns.trend import Anomaly, Bucket, ChangePoint, LaggedFactor, Trend, VersionTrend
from errata.show.paint import Paint
from errata.show.section import heading, signed_line, small_print
from errata.show.wrapping import wrap

_BARS = "▁▂▃▄▅▆▇█"
_MOST = 8


def lines(found: Trend, width: int, paint: Paint) -> list[str]:
    """The section, at most ``width`` columns wide."""
    first, last = _time(found.buckets[0].time), _time(found.buckets[-1].time)
    rows = sum(bucket.rows for bucket in found.buckets)
    head = f"trend by {found.bucket} · {units.plural(rows, 'row')} · {first} to {last} UTC"
    text = heading(head, width, paint)
    if (drawn := _curve(found.buckets, width - 2)) is not None:
        text += [f"  {drawn[0]}", *wrap(drawn[1], width)]
    for change in found.change_points:
        text += signed_line("fail", _change(change), width, paint)
    for anomaly in found.anomalies[:_MOST]:
        text += signed_line("inconclusive", _anomaly(anomaly, found.bucket), width, paint)
    if len(found.anomalies) > _MOST:
        text.append(f"  … and {len(found.anomalies) - _MOST:,} more {found.bucket}s that stand out (--json)")
    if _searched(found):
        if not found.change_points:
            text.append(f"  {paint('✓', 'pass')} no change of the error rate beyond chance")
        if not found.anomalies:
            text.append(f"  {paint('✓', 'pass')} no {found.bucket} stands out")
    text += _lagged(found, width, paint)
    text += [line for version in found.versions[:_MOST] for line in wrap(_version(version), width)]
    if len(found.versions) > _MOST:
        text.append(f"  … and {len(found.versions) - _MOST:,} more versions (--json)")
    if found.latency is not None:
        text += wrap(_latency(found), width)
    small = [f"note: {note}" for note in found.notes]
    if _searched(found):
        small.insert(0, _rule(found))
    return text + small_print(small, width, paint)


def _searched(found: Trend) -> bool:
    return any(bucket.expected is not None for bucket in found.buckets)


def _curve(buckets: tuple[Bucket, ...], room: int) -> tuple[str, str] | None:
    """Error rates as bars from 0 to the largest, neighbours put together until they fit; and their scale."""
    known = [bucket for bucket in buckets if bucket.known]
    if not any(bucket.failed for bucket in known):
        return None
    share = -(-len(known) // min(room, 72))
    parts = [known[at : at + share] for at in range(0, len(known), share)]
    rates = [sum(one.failed for one in part) / sum(one.known for one in part) for part in parts]
    top = max(rates)
    bars = "".join(_BARS[min(7, int(8 * rate / top))] for rate in rates)
    return bars, f"error rate, 0 to {units.percent(top)}; {units.plural(share, 'bucket')} a bar"


def _change(one: ChangePoint) -> str:
    began = f" · version {', '.join(one.began)} began" if one.began else ""
    return (
        f"since {_time(one.time)}: {units.percent(one.before)} {units.interval(one.before_low, one.before_high)} → "
        f"{units.percent(one.after)} {units.interval(one.after_low, one.after_high)} · {units.points(one.difference)} "
        f"[{100 * one.low:+.1f}, {100 * one.high:+.1f}]{began}"
    )


def _anomaly(one: Anomaly, bucket: str) -> str:
    return (
        f"{bucket} {_time(one.time)}: {units.percent(one.rate)} {units.interval(one.low, one.high)} · "
        f"{units.count(one.failed)}/{units.count(one.rows)} where {units.percent(one.expected)} is usual"
    )


def _lagged(found: Trend, width: int, paint: Paint) -> list[str]:
    if found.lags is None:
        return []
    related = [one for one in found.lagged if one.related]
    text = []
    for one in related[:_MOST]:
        text += signed_line("inconclusive", leads(one, found.bucket), width, paint)
    if len(related) > _MOST:
        text.append(f"  … and {len(related) - _MOST:,} more factors that drift with errors (--json)")
    if not related:
        followed = units.plural(len(found.lagged), "factor")
        calm = f"no factor drifts before, with or after errors beyond chance ({followed} followed"
        text += signed_line("pass", f"{calm}, {span(found.lags, found.bucket)} either way)", width, paint)
    return text


def leads(one: LaggedFactor, bucket: str) -> str:
    """``the share of road = 'field' leads errors by 3 h: r +0.42 [+0.21, +0.60] over 238 hours``."""
    what = f"mean {one.factor}" if one.series is None else f"the share of {one.series}"
    if one.lag == 0:
        how = f"{what} moves with errors within the {bucket}"
    elif one.lag > 0:
        how = f"{what} leads errors by {span(one.lag, bucket)}"
    else:
        how = f"{what} follows errors after {span(-one.lag, bucket)}"
    return f"{how}: r {one.r:+.2f} [{one.low:+.2f}, {one.high:+.2f}] over {units.plural(one.buckets, bucket)}"


def span(buckets: int, bucket: str) -> str:
    """``3 h`` or ``2 days``."""
    return f"{buckets:,} h" if bucket == "hour" else units.plural(buckets, bucket)


def _version(one: VersionTrend) -> str:
    rate = f"{units.percent(one.rate)} {units.interval(one.low, one.high)} · ".removeprefix("–  · ")
    return (
        f"version {one.version}: {rate}{units.count(one.failed)}/{units.count(one.known)} · "
        f"{_time(one.first)} to {_time(one.last)}{_slow(one)}"
    )


def _slow(one: VersionTrend) -> str:
    told = [(name, getattr(one, name)) for name in ("p50", "p95", "p99")]
    said = ", ".join(f"{name} {units.number(value)}" for name, value in told if value is not None)
    return f" · latency {said}" if said else ""


def _latency(found: Trend) -> str:
    parts = []
    for name in ("p50", "p95", "p99"):
        values = [value for bucket in found.buckets if (value := getattr(bucket, name)) is not None]
        if values:
            parts.append(f"{name} {units.number(min(values))} to {units.number(max(values))}")
    told = ", ".join(parts) or "too few rows a bucket for its quantiles"
    return f"{found.latency} by {found.bucket}: {told}"


def _rule(found: Trend) -> str:
    season = f"the usual rate follows {' and '.join(found.season)}" if found.season else "no season beyond chance"
    scatter = f"; buckets scatter {units.number(found.dispersion)} × as independent rows would"
    return (
        f"{season}{scatter if found.dispersion > 1 else ''}. A change: at most "
        f"{units.percent(found.false_alarm_rate)} of series without one show one ({found.draws:,} permutations). "
        f"What stands out is no false discovery (Benjamini–Hochberg at {units.percent(found.false_discovery_rate)})"
    )


def _time(text: str) -> str:
    """``2026-01-09T08:00Z`` as ``2026-01-09 08:00``."""
    return text.removesuffix("Z").replace("T", " ")
