"""The audit ``adequacy``: combinations of factor values that the test leaves out, by how often they occur."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.analysis.adequacy import MOST_LEVELS, Asked, adequacy, note_on_strength, sets_of, tallies
from errata.analysis.levels import Levels
from errata.analysis.tally import Counts, Tally
from errata.core.columns import is_number, is_text, value_type
from errata.core.units import count
from errata.tasks.pairing import group_numbers
from errata.tasks.reserved import View
from errata.verbs.audits import Asking, Audit, Impossible
from errata.verbs.counting import LOCAL
from errata.verbs.levels import levels_of_factor
from errata.verbs.subject import Subject

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.source import Source


def _missing(_: Subject) -> str | None:
    return None


def _run(subject: Subject) -> Asking:
    options = subject.options
    traffic = options.traffic
    if traffic is not None and traffic.rows == 0:
        raise Impossible(f"{traffic.name} has no row")
    levels: list[Levels] = []
    sizes: list[int] = []
    left_out: list[dict[str, str]] = []
    for factor in subject.factors:
        one = levels_of_factor(subject, factor, MOST_LEVELS)
        reason = one if isinstance(one, str) else None
        if reason is None and traffic is not None:
            reason = _not_in(traffic, factor.name, subject.source)
        size = len(factor.choices) if factor.edges is None else len(factor.edges) + 1
        if reason is None and size > MOST_LEVELS:
            reason = f"more than {count(MOST_LEVELS)} values, too many to combine"
        if reason is not None or isinstance(one, str):
            left_out.append({"column": factor.name, "reason": reason or ""})
        else:
            levels.append(one)
            sizes.append(size)
    if not levels:
        said = "; ".join(f"{one['column']}: {one['reason']}" for one in left_out)
        raise Impossible(f"no factor to combine{f' ({said})' if said else ''}")
    asked = Asked(
        levels=levels,
        sizes=sizes,
        strength=options.strength,
        precision=options.precision,
        judged=subject.judged,
        effect=subject.failure_effect(),
        alike=1.0 if subject.groups is None else _alike(subject.groups),
        alike_traffic=_alike_in(traffic, subject.roles.group),
    )
    sets, afforded = sets_of(asked)
    test = yield tallies(asked, sets, test=True)
    met = None if traffic is None else _counted(traffic, tallies(asked, sets, test=False))
    found = adequacy(asked, sets, test, met, None if traffic is None else traffic.name)
    if isinstance(found, str):
        raise Impossible(found)
    notes = [note_on_strength(asked, afforded)]
    if not asked.judged:
        notes.append("no row has a known outcome, so all rows count as tested, and a rate of 50 % is planned for")
    return replace(
        found, left_out=(*left_out, *found.left_out), notes=tuple(note for note in notes if note is not None)
    )


def _not_in(traffic: Source, name: str, source: Source) -> str | None:
    """Why a factor cannot be counted in the traffic."""
    if name not in traffic.schema.names:
        return f"{traffic.name} has no column {name}"
    mine, theirs = source.schema.field(name).type, traffic.schema.field(name).type
    return None if _kind(mine) == _kind(theirs) else f"it is {mine} here and {theirs} in {traffic.name}"


def _kind(column_type: pa.DataType) -> str:
    return "text" if is_text(column_type) else "number" if is_number(column_type) else str(value_type(column_type))


def _alike(groups: NDArray[np.int64]) -> float:
    """Rows of a group may all have one value: how many of them count as one (Kish's effective number of groups)."""
    sizes = np.bincount(groups).astype(np.float64)
    return float((sizes**2).sum() / sizes.sum())


def _alike_in(traffic: Source | None, group: str | None) -> float:
    if traffic is None or group is None or group not in traffic.schema.names:
        return 1.0
    return _alike(group_numbers(traffic.column(group)))


def _counted(traffic: Source, asked: Sequence[Tally]) -> list[Counts]:
    # Its rows are another source's, so they are counted here, and not kept.
    found: list[Any] = LOCAL.answers(traffic, asked, View(), lambda _: None)
    return found


AUDIT = Audit("adequacy", _missing, _run)
