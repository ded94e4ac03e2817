"""Factors of a moment: the hour, the weekday, how long since the deploy. All in UTC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from errata.factors.function import CLOCK, TIME, Argument, Function, Parameter, a_float, a_name, finite

if TYPE_CHECKING:
    import pyarrow as pa

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SECONDS = {"days": 86_400.0, "hours": 3_600.0}
_UNITS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}


def _hour(arguments: Sequence[Argument]) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    (times,) = arguments
    return _nothing(times, pa.int8()) if _missing(times) else pc.hour(times).cast(pa.int8())


def _weekday(arguments: Sequence[Argument]) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    (times,) = arguments
    kind = pa.dictionary(pa.int32(), pa.string())
    if _missing(times):
        return _nothing(times, kind)
    return pa.DictionaryArray.from_arrays(pc.day_of_week(times).cast(pa.int32()), pa.array(WEEKDAYS, pa.string()))


def _day(arguments: Sequence[Argument]) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    (times,) = arguments
    return _nothing(times, pa.int8()) if _missing(times) else pc.day(times).cast(pa.int8())


def _month(arguments: Sequence[Argument]) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    (times,) = arguments
    return _nothing(times, pa.int8()) if _missing(times) else pc.month(times).cast(pa.int8())


def _since_deploy(arguments: Sequence[Argument]) -> pa.Array:
    times, deploy, unit = arguments
    start = deploy.timestamp() if hasattr(deploy, "timestamp") else _seconds(deploy)
    return finite((_seconds(times) - start) / SECONDS[unit])


def _seconds(times: pa.Array) -> NDArray[np.float64]:
    """Seconds since 1970, NaN where missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if _missing(times):
        return np.full(len(times), np.nan)
    if pa.types.is_date(times.type):
        whole, each = pc.cast(times, pa.date32()).cast(pa.int32()), 1 / 86_400
    else:
        whole, each = times.cast(pa.int64()), _UNITS[times.type.unit]
    values = np.asarray(pc.fill_null(whole, 0).to_numpy(zero_copy_only=False), np.float64) / each
    values[np.asarray(times.is_null().to_numpy(zero_copy_only=False), bool)] = np.nan
    return values


def _missing(times: pa.Array) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_null(times.type))


def _nothing(times: pa.Array, kind: pa.DataType) -> pa.Array:
    import pyarrow as pa

    return pa.nulls(len(times), kind)


def _whole() -> pa.DataType:
    import pyarrow as pa

    return pa.int8()


FUNCTIONS = (
    Function("hour", (Parameter("time", CLOCK),), _whole, _hour),
    Function("weekday", (Parameter("time", TIME),), a_name, _weekday),
    Function("day", (Parameter("time", TIME),), _whole, _day),
    Function("month", (Parameter("time", TIME),), _whole, _month),
    Function(
        "since_deploy",
        (Parameter("time", TIME), Parameter("deploy", TIME, moment=True), Parameter("unit", words=("days", "hours"))),
        a_float,
        _since_deploy,
    ),
)
