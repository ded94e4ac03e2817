"""The audit ``trend``: error rate, volume and latency over time, what changed and which buckets stand out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from errata.analysis.figures import grouped_effect
from errata.analysis.trend import TIME, Asked, trend
from errata.core.columns import is_number, is_text, value_type
from errata.nouns.outcome import UNKNOWN
from errata.tasks.left_out import measures_latency
from errata.verbs.audits import Asking, Audit, Derived, Impossible, Subject

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.outcome import Outcomes
    from errata.nouns.source import Source


def time_missing(source: Source, outcomes: Outcomes) -> str | None:
    """Why there is no time, or None."""
    import pyarrow as pa

    name = outcomes.roles.time
    if name is None:
        return "--time names no column"
    kind = source.schema.field(name).type
    if pa.types.is_null(kind):
        return f"no row has a time in {name}"
    return None if pa.types.is_timestamp(kind) or pa.types.is_date(kind) else f"{name} is {kind}, no time"


def time_column(subject: Subject) -> dict[str, Derived]:
    """``@time``: the time as a timestamp."""
    import pyarrow as pa

    name = subject.outcomes.roles.time
    if name is None or time_missing(subject.source, subject.outcomes) is not None:
        return {}
    kind = subject.source.schema.field(name).type

    def of(batch: pa.RecordBatch, rows: slice) -> pa.Array:
        column = batch.column(name)
        return column if pa.types.is_timestamp(kind) else column.cast(pa.timestamp("s"))

    return {TIME: Derived(of, (name,))}


def dependence(subject: Subject) -> float:
    """The design effect of rows that depend on each other, for failing; 1 without groups."""
    failed = subject.outcomes.failed
    return grouped_effect((failed == 1).astype(np.float64), subject.groups, failed != UNKNOWN)


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


def _run(subject: Subject) -> Asking:
    version = subject.options.model_from
    if version is not None and not countable(subject.source, version):
        raise Impossible(f"{version} is {subject.source.schema.field(version).type}, no version of a model")
    asked = Asked(
        time=subject.outcomes.roles.time or "",
        bucket=subject.options.bucket,
        judged=bool((subject.outcomes.failed != UNKNOWN).any()),
        latency=_latency(subject),
        version=version,
        effect=dependence(subject),
        seed=subject.options.seed,
    )
    found = yield from trend(asked)
    if isinstance(found, str):
        raise Impossible(found)
    return found


def _derived(subject: Subject) -> Mapping[str, Derived]:
    return time_column(subject)


AUDIT = Audit("trend", time_missing, _run, _derived)
