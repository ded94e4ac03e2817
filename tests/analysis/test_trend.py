from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.groups import solved
from errata.analysis.trend import LATENCY_EDGES, LATENCY_ERROR, Asked, quantile, trend
from errata.nouns.trend import Trend

START = 1767225600  # 2026-01-01 00:00 UTC


def _log(seed: int, days: int = 10, *, rows: int = 60, change: int | None = None, spike: int | None = None) -> pa.Table:
    rng = np.random.default_rng(seed)
    hours = np.repeat(np.arange(days * 24), rng.poisson(rows, days * 24))
    rates = np.full(len(hours), 0.08)
    if change is not None:
        rates[hours >= change] = 0.14
    if spike is not None:
        rates[hours == spike] = 0.5
    return _table(hours, rng.random(len(hours)) < rates, lat=rng.lognormal(4, 1, len(hours)))


def _table(hours: Any, failed: Any, **more: Any) -> pa.Table:
    times = (START + np.asarray(hours, np.int64) * 3600) * 1_000_000
    return pa.table({"@time": pa.array(times).cast(pa.timestamp("us")), "@failed": pa.array(failed), **more})


def _trend(table: pa.Table, **asked: Any) -> Trend | str:
    asking = trend(Asked(time="at", **asked))
    found: Trend | str = solved(asking, table, passes=1)
    return found


def _told(table: pa.Table, **asked: Any) -> Trend:
    found = _trend(table, **asked)
    assert isinstance(found, Trend)
    return found


def test_buckets_by_hand() -> None:
    hours = [0] * 10 + [1] * 20 + [3] * 10
    failed = [True] * 2 + [False] * 8 + [True] * 5 + [False] * 14 + [None] + [False] * 10
    found = _told(_table(hours, failed), bucket="hour")
    assert [(one.time, one.rows, one.known, one.failed) for one in found.buckets] == [
        ("2026-01-01T00:00Z", 10, 10, 2),
        ("2026-01-01T01:00Z", 20, 19, 5),
        ("2026-01-01T03:00Z", 10, 10, 0),
    ]
    assert found.buckets[0].rate == 0.2
    assert (found.buckets[0].low, found.buckets[0].high) == pytest.approx((0.0567, 0.5098), abs=1e-4)  # Wilson
    assert found.empty == 1 and "1 hour in between without a row" in found.notes
    assert "3 buckets with known outcomes: too few to say what changed (6 at least)" in found.notes


def test_a_change_is_told_with_both_rates_and_the_version_that_began() -> None:
    table = _log(1, change=120)
    hours = (table["@time"].cast(pa.int64()).to_numpy() // 1_000_000 - START) // 3600
    found = _told(table.append_column("model", pa.array(np.where(hours < 120, "m@1", "m@2"))), version="model")
    (change,) = found.change_points
    assert change.time[:13] in {"2026-01-05T23", "2026-01-06T00", "2026-01-06T01"}
    assert change.before_low < 0.08 < change.before_high and change.after_low < 0.14 < change.after_high
    assert change.low < 0.06 < change.high and change.difference == pytest.approx(change.after - change.before)
    assert change.began == ("m@2",)
    assert [(one.version, one.first, one.last) for one in found.versions] == [
        ("m@1", "2026-01-01T00:00Z", "2026-01-05T23:00Z"),
        ("m@2", "2026-01-06T00:00Z", "2026-01-10T23:00Z"),
    ]
    assert sum(one.rows for one in found.versions) == table.num_rows


def test_an_hour_that_stands_out_is_told_with_what_is_usual() -> None:
    found = _told(_log(2, spike=100))
    (anomaly,) = found.anomalies
    assert anomaly.time == "2026-01-05T04:00Z"
    assert anomaly.expected == pytest.approx(0.08, abs=0.01)
    assert anomaly.excess == pytest.approx(anomaly.failed - anomaly.rows * anomaly.expected)
    assert found.change_points == ()


def test_of_quiet_logs_few_show_anything() -> None:
    found = [_told(_log(seed, 7)) for seed in range(100)]
    assert sum(bool(one.change_points) for one in found) <= 12
    assert sum(bool(one.anomalies) for one in found) <= 12


def test_latencies_are_right_to_within_the_stated_error() -> None:
    table = _log(3, days=1, rows=2000)
    found = _told(table, latency="lat")
    for bucket in found.buckets[:5]:
        hour = pa.array([one.strftime("%Y-%m-%dT%H:%MZ") == bucket.time for one in table["@time"].to_pylist()])
        exact = np.quantile(table["lat"].filter(hour).to_numpy(), [0.5, 0.95, 0.99], method="inverted_cdf")
        told = np.array([bucket.p50, bucket.p95, bucket.p99], float)
        assert (np.abs(told / exact - 1) <= LATENCY_ERROR).all()
    assert pytest.approx(2 ** (1 / 8) - 1) == LATENCY_ERROR == found.latency_error


def test_each_version_has_the_latencies_of_all_its_rows() -> None:
    table = _log(3, days=2, rows=500)
    version = np.where(np.arange(table.num_rows) % 3 == 0, "m@2", "m@1")
    found = _told(table.append_column("model", pa.array(version)), version="model", latency="lat")
    for one in found.versions:
        mine = table["lat"].to_numpy()[version == one.version]
        exact = np.quantile(mine, [0.5, 0.95, 0.99], method="inverted_cdf")
        assert (np.abs(np.array([one.p50, one.p95, one.p99], float) / exact - 1) <= LATENCY_ERROR).all()
    assert _told(table.append_column("model", pa.array(version)), version="model").versions[0].p50 is None


def test_a_quantile_of_too_few_rows_is_not_told() -> None:
    rows = np.zeros(len(LATENCY_EDGES) + 1, np.int64)
    rows[100] = 99
    assert quantile(rows, 0.5) is not None and quantile(rows, 0.95) is None
    rows[100] = 100
    assert quantile(rows, 0.95) is not None


def test_days_are_hours_put_together() -> None:
    table = _log(4)
    hours, days = _told(table, bucket="hour"), _told(table, bucket="day")
    assert [one.time[:10] for one in days.buckets] == sorted({one.time[:10] for one in hours.buckets})
    assert sum(one.failed for one in days.buckets) == sum(one.failed for one in hours.buckets)
    assert _told(_log(5, days=100, rows=3)).bucket == "day"
    assert _told(table).bucket == "hour"


def test_what_cannot_be_told_is_said() -> None:
    assert _trend(_table([7] * 30, [True, False, False] * 10)) == (
        "every row falls in one hour, 2026-01-01T07:00Z: nothing comes before or after it"
    )
    nothing = pa.table({"@time": pa.nulls(3, pa.timestamp("us")), "@failed": [True, False, None]})
    assert _trend(nothing) == "no row has a time in at"
    found = _told(_table(range(10), pa.nulls(10, pa.bool_())), bucket="hour")
    assert found.notes == ("no row with a time has a known outcome: volume and latency alone",)
    assert all(one.rate is None for one in found.buckets)
    some = _table([0, 1, 2], [True] * 3).set_column(
        0, "@time", pa.array([START * 10**6, None, (START + 9000) * 10**6]).cast(pa.timestamp("us"))
    )
    assert "1 row without a time in at" in _told(some).notes


def test_rows_that_depend_on_each_other_widen_the_intervals() -> None:
    alone, grouped = _told(_log(6)), _told(_log(6), effect=4.0)
    assert grouped.dispersion == 4.0
    wide, narrow = grouped.buckets[0], alone.buckets[0]
    assert None not in (wide.low, wide.high, narrow.low, narrow.high)
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)  # type: ignore[operator]
