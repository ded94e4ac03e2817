"""Factors of a moment, in UTC, whatever the unit."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from errata.factors.derivation import Derivation

MOMENTS = [
    datetime(2026, 1, 1, 0, 0, tzinfo=UTC),  # a Thursday
    datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC),  # a Wednesday, before 1970
    None,
    datetime(2024, 2, 29, 13, 30, tzinfo=UTC),  # a Thursday
]


def of(text: str, **columns: Any) -> list[Any]:
    return Derivation.parse(text).of(columns).to_pylist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC"])
def test_hours_and_days_are_those_of_utc(unit: str, zone: str | None) -> None:
    naive = [one.replace(tzinfo=None) if one is not None else None for one in MOMENTS]
    time = pa.array(naive, pa.timestamp(unit)).cast(pa.timestamp(unit, zone))
    assert of("hour(time)", time=time) == [0, 23, None, 13]
    assert of("weekday(time)", time=time) == ["Thursday", "Wednesday", None, "Thursday"]
    assert of("day(time)", time=time) == [1, 31, None, 29]
    assert of("month(time)", time=time) == [1, 12, None, 2]
    assert of("since_deploy(time, '2025-12-31T12:00:00Z')", time=time)[::2] == [0.5, None]
    assert of("since_deploy(time, '1970-01-01', 'hours')", time=time)[1] == pytest.approx(-1 / 3600)


def test_days_have_a_weekday_and_an_age() -> None:
    for kind in (pa.date32(), pa.date64()):
        day = pa.array([date(2026, 1, 4), None, date(1969, 12, 31)], kind)
        assert of("weekday(day)", day=day) == ["Sunday", None, "Wednesday"]
        assert of("since_deploy(day, '2026-01-01')", day=day) == [3.0, None, -20455.0]


def test_each_row_may_have_a_deploy_of_its_own() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    time = pa.array([start, start, None], pa.timestamp("ns", "UTC"))
    deployed = pa.array([start - timedelta(hours=6), None, start], pa.timestamp("ms", "UTC"))
    assert of("since_deploy(time, deployed, 'hours')", time=time, deployed=deployed) == [6.0, None, None]
