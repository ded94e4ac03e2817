"""The audit ``trend``: error rate, volume and latency over time, what changed, what stands out, what came before."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from errata.analysis.lagged import Followed
from errata.analysis.trend import TIME, Asked, trend
from errata.core.columns import is_number, is_text, value_type
from errata.tasks.left_out import measures_latency
from errata.tasks.reserved import Moment, Reserved
from errata.verbs.audits import Asking, Audit, Impossible
from errata.verbs.subject import Subject
from errata.verbs.view import axis_of, slice_of

if TYPE_CHECKING:
    from errata.factors.encode import Factor
    from errata.nouns.source import Source


def time_missing(subject: Subject) -> str | None:
    """Why there is no time, or None."""
    import pyarrow as pa

    name = subject.roles.time
    if name is None:
        return "--time names no column"
    kind = subject.source.schema.field(name).type
    if pa.types.is_null(kind):
        return f"no row has a time in {name}"
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return None
    if is_text(kind):
        return f"{name} is text, no time: write it as timestamps (CSV and JSON lines are read so)"
    return f"{name} is {kind}, no time"


def time_column(subject: Subject) -> dict[str, Reserved]:
    """``@time``: the time as a timestamp."""
    name = subject.roles.time
    return {} if name is None or time_missing(subject) is not None else {TIME: Moment(name)}


def countable(source: Source, name: str) -> bool:
    """Whether the values of a column can be counted one by one."""
    import pyarrow as pa

    kind = value_type(source.schema.field(name).type)
    if pa.types.is_decimal(kind):
        return False
    return is_text(kind) or is_number(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind)


def _latency(subject: Subject) -> str | None:
    """The first number whose name says that it is a latency."""
    import pyarrow as pa

    for field in subject.source.schema:
        if measures_latency(field.name) and (pa.types.is_integer(field.type) or pa.types.is_floating(field.type)):
            name: str = field.name
            return name
    return None


def _followed(factor: Factor) -> Followed:
    """A factor as the trend follows it: bins and numbers have an order."""
    values = [one.condition.value for one in factor.choices if one.condition.kind == "equals"]
    numbers = bool(values) and not any(isinstance(value, str | bool) for value in values)
    return Followed(factor.name, axis_of(factor), factor.edges is not None or numbers, partial(slice_of, factor))


def _run(subject: Subject) -> Asking:
    version = subject.options.model_from
    if version is not None and not countable(subject.source, version):
        raise Impossible(f"{version} is {subject.source.schema.field(version).type}, no version of a model")
    asked = Asked(
        time=subject.roles.time or "",
        bucket=subject.options.bucket,
        judged=subject.judged,
        latency=_latency(subject),
        version=version,
        effect=subject.failure_effect(),
        seed=subject.options.seed,
        factors=tuple(_followed(factor) for factor in subject.factors),
    )
    found = yield from trend(asked)
    if isinstance(found, str):
        raise Impossible(found)
    return found


AUDIT = Audit("trend", time_missing, _run, time_column)
