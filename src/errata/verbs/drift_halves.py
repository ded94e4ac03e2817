"""The audit ``drift``: how the later half of one source differs from the earlier one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from errata.analysis.drift import FALSE_DISCOVERY_RATE, FOLD, drift
from errata.analysis.tally import FAILED, Axis, Counts, Tally
from errata.analysis.trend import TIME
from errata.nouns.drift_halves import DriftHalves
from errata.tasks.reserved import Fold, Reserved, Since
from errata.verbs.audits import Asking, Audit, Impossible
from errata.verbs.drift import DriftOptions, columns_of, side_of
from errata.verbs.subject import Subject
from errata.verbs.trend import time_column, time_missing

if TYPE_CHECKING:
    import pyarrow as pa

HALF = "@half"


def _split(seen: pa.Table, name: str) -> datetime:
    """The middle of the times that were seen. Raises Impossible where they have no two halves."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = seen.column(name)
    times = column.cast(pa.timestamp("s")).cast(pa.timestamp("us")) if pa.types.is_date(column.type) else column
    moments = np.sort(np.asarray(pc.drop_null(times).cast(pa.timestamp("us")).cast(pa.int64())))
    if not len(moments):
        raise Impossible(f"no row has a time in {name}")
    middle = int(moments[len(moments) // 2])
    if middle == int(moments[0]):
        later = moments[moments > middle]
        if not len(later):
            raise Impossible(f"every row has the same time in {name}: there are no two halves")
        middle = int(later[0])
    return datetime.fromtimestamp(middle / 1_000_000, UTC)


def _derived(subject: Subject) -> Mapping[str, Reserved]:
    found: dict[str, Reserved] = dict(time_column(subject))
    if TIME in found and subject.roles.time is not None:
        found[HALF] = Since(TIME, _split(subject.glance, subject.roles.time))
    if subject.roles.group is not None:
        found[FOLD] = Fold(subject.roles.group)
    return found


def _run(subject: Subject) -> Asking:
    derived = _derived(subject)
    half = derived[HALF]
    assert isinstance(half, Since) and subject.roles.time is not None
    side = side_of(subject.source, subject.roles, subject.glance)
    earlier = replace(side, seen=side.seen.filter(_earlier(subject.glance.column(subject.roles.time), half)))
    columns, left_out = columns_of(earlier, side, subject.engine.edges)
    judged = FAILED in subject.view.reserved
    min_effect = DriftOptions().min_effect
    asking = drift(columns, judged=judged, grouped=subject.roles.group is not None, min_effect=min_effect)
    whole = Tally((Axis(HALF),))
    tallies = next(asking)
    first: Counts | None = None
    while True:
        sided = [Tally((Axis(HALF), *one.by), one.sums) for one in tallies]
        counts, *answers = yield [whole, *sided]
        first = first or counts
        try:
            tallies = asking.send([(one.within(False), one.within(True)) for one in answers])
        except StopIteration as stop:
            found: Any = stop.value
            break
    rows = dict(zip(first.labels[0], first.rows.tolist(), strict=True))
    if not rows.get(False) or not rows.get(True):
        raise Impossible(f"every row lies on one side of {half.moment:%Y-%m-%d %H:%M} UTC")
    return DriftHalves(
        time=subject.roles.time,
        split=half.moment.strftime("%Y-%m-%d %H:%M:%S UTC"),
        a_rows=rows[False],
        b_rows=rows[True],
        timeless=rows.get(None, 0),
        columns=found.columns,
        attribution=found.attribution,
        left_out=(*left_out, *found.left_out),
        min_effect=min_effect,
        false_discovery_rate=FALSE_DISCOVERY_RATE,
        notes=found.notes,
    )


def _earlier(times: pa.ChunkedArray, half: Since) -> Any:
    """Which rows lie in the earlier half; all of them where none does."""
    import pyarrow as pa
    import pyarrow.compute as pc

    times = times.cast(pa.timestamp("s")) if pa.types.is_date(times.type) else times
    moment = pa.scalar(half.moment.replace(tzinfo=None), pa.timestamp("us"))
    earlier = pc.fill_null(pc.less(times.cast(pa.timestamp("us")), moment), False)
    return earlier if pc.any(earlier).as_py() else pa.array(np.ones(len(times), bool))


AUDIT = Audit("drift", time_missing, _run, _derived)
