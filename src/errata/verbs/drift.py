"""``errata drift A B``: which columns drifted, and where a change of the error rate comes from."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from errata.analysis.drift import FALSE_DISCOVERY_RATE, FOLD, Column, Drifted, drift, edges_of
from errata.analysis.tally import FAILED, OUTCOMES
from errata.core.columns import floats, is_number, is_text, value_type
from errata.core.errors import UsageError
from errata.core.units import plural
from errata.nouns.drift import Drift
from errata.nouns.report import LeftOut
from errata.nouns.roles import SETTINGS, Roles
from errata.tasks.choose import RULED, columns_of_task, computed_by
from errata.tasks.left_out import measures_latency, not_a_factor
from errata.tasks.reserved import Failed, Fold, Reserved, View
from errata.tasks.roles import infer_known_roles
from errata.tasks.scores import score_columns
from errata.tasks.streamed import Judge, judge_of
from errata.verbs.counting import LOCAL, Engine, refuse_on_spark
from errata.verbs.derived import can_derive, derived

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.source import Source

GLANCE = 1 << 16
Progress = Callable[[str], None]
Edges = Callable[[str, Callable[[], tuple[float, ...]]], tuple[float, ...]]
_ROLES = ("truth", "prediction", "score", "loss")


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftOptions:
    """``min_effect``: the least KS or Cramér's V that matters, or change of the share that is missing."""

    min_effect: float = 0.02

    def __post_init__(self) -> None:
        if not 0 <= self.min_effect <= 1:
            raise UsageError(
                "bad-option",
                f"--min-effect cannot be {self.min_effect}",
                expected="a distance between 0 and 1, such as 0.02",
                found=str(self.min_effect),
                next="--min-effect 0.02",
            )


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: its rows, the roles of its columns, and some rows from all over."""

    source: Source
    roles: Roles
    seen: pa.Table
    judge: Judge | str

    @property
    def view(self) -> View:
        """``@failed`` and ``@fold``, as far as the roles go."""
        made: dict[str, Reserved] = {} if isinstance(self.judge, str) else {FAILED: Failed(self.judge)}
        if self.roles.group is not None:
            made[FOLD] = Fold(self.roles.group)
        return View(made)


def drift_sources(
    a: Source,
    b: Source,
    roles: Roles,
    options: DriftOptions | None = None,
    progress: Progress | None = None,
    *,
    b_roles: Roles | None = None,
    engine: Engine | None = None,
) -> Drift:
    """How the rows of ``b`` differ from those of ``a``. Roles may be incomplete; neither side needs a truth.

    ``b_roles`` are those of ``b`` where they are known apart (of a run). Both are read once, batch by batch, after a
    glance, by ``engine`` where one is given. Raises ColumnError for a role's column that ``a`` has not.
    """
    options, say = options or DriftOptions(), progress or (lambda _: None)
    refuse_on_spark(engine, {"--derive": roles.derive})
    a, roles = derived(a, roles)
    known, notes = infer_known_roles(a, roles)
    say(f"looking at {a.name} and {b.name}")
    b, of_b = derived(b, only_those(b, known if b_roles is None else b_roles))
    sides = [side_of(a, known), side_of(b, of_b)]
    columns, left_out = columns_of(sides[0], sides[1])
    judged = all(isinstance(side.judge, Judge) for side in sides)
    grouped = all(side.roles.group is not None for side in sides)
    asking = drift(columns, judged=judged, grouped=grouped, min_effect=options.min_effect)
    found = _answered(asking, sides, say, engine or LOCAL)
    said = [note for note in notes if not note.startswith("id ")]  # rows are counted, not paired
    if isinstance(sides[0].judge, str) and sides[0].judge == sides[1].judge:
        said.append(f"no error rates: {sides[0].judge}")
    else:
        said += [f"no error rate of {one.source.name}: {one.judge}" for one in sides if isinstance(one.judge, str)]
    return Drift(
        a=a.name,
        b=b.name,
        a_rows=a.rows,
        b_rows=b.rows,
        columns=found.columns,
        attribution=found.attribution,
        left_out=(*left_out, *found.left_out),
        roles=sides[0].roles.to_json(),
        min_effect=options.min_effect,
        false_discovery_rate=FALSE_DISCOVERY_RATE,
        notes=(*said, *found.notes, *_kept_aside(sides)),
    )


def side_of(source: Source, roles: Roles, read: pa.Table | None = None) -> Side:
    """A source with its roles and a glance at it: ``read``, where its rows have been looked at already."""
    import pyarrow as pa

    # Of what cannot be counted (pictures, vectors) the type is enough.
    ruled = set(columns_of_task(roles)) if roles.task in RULED else set()
    plain = [field.name for field in source.schema if _kind(field.type) is not None or field.name in ruled]
    read = source.glance(plain or source.schema.names[:1], GLANCE) if read is None else read.select(plain)
    shown = {
        field.name: read.column(field.name) if field.name in read.schema.names else pa.nulls(read.num_rows, field.type)
        for field in source.schema
    }
    seen = pa.table(shown)
    named = [name for name in (roles.truth, roles.prediction) if name is not None]
    beyond = [name for name in named if _kind(source.schema.field(name).type) is None and name not in ruled]
    judge = f"{beyond[0]} is no text, number or boolean" if beyond else judge_of(seen, roles)
    return Side(source, roles, seen, judge)


def only_those(source: Source, roles: Roles) -> Roles:
    """The roles without those whose column is not there."""
    names = set(source.schema.names)
    gone: dict[str, Any] = {}
    for one in fields(Roles):
        if one.name in (*SETTINGS, "failed", "positive", "scores"):
            continue
        value = getattr(roles, one.name)
        columns = (value,) if isinstance(value, str) else value or ()
        if not set(columns) <= names:
            kept = tuple(column for column in columns if column in names or can_derive(source, column))
            gone[one.name] = kept if one.name in ("factors", "exclude", "derive") else None
    if roles.failed is not None:
        from errata.nouns.criterion import parse_expression

        if not set(parse_expression(roles.failed).columns) <= names | computed_by(roles.task):
            gone["failed"] = None
    return replace(roles, **gone)


def columns_of(a: Side, b: Side, edges: Edges = lambda _, make: make()) -> tuple[list[Column], list[LeftOut]]:
    """The columns to compare, and those that cannot be, with reasons; in the order of A, then of B.

    ``edges`` is asked for those of each number, and told how they are made.
    """
    from errata.integrations.files import table_source

    refused = not_a_factor(table_source(a.seen, a.source.name), replace(a.roles, factors=None, failed=None))
    compared = {name for role in _ROLES if (name := getattr(a.roles, role)) is not None}
    of_classes = set(score_columns(a.source, a.roles.scores))
    columns: list[Column] = []
    left_out: list[LeftOut] = []
    for field in a.source.schema:
        name = field.name
        if a.roles.factors is not None and name not in {*a.roles.factors, *compared}:
            continue
        reason = None
        role = next((role for role in _ROLES if getattr(a.roles, role) == name), None)
        if name in (*OUTCOMES, FOLD):
            reason = "its name is kept for outcomes"
        elif name in a.roles.exclude:
            reason = "--exclude names it"
        elif name not in b.source.schema.names:
            reason = "only A has it"
        elif role is None and name in of_classes:
            role = "scores"
        elif role is None and measures_latency(name) and name not in a.roles.derive:
            role = "latency"
        elif role is None and name in refused:
            reason = refused[name]
        kinds = [_kind(side.source.schema.field(name).type) for side in (a, b)] if reason is None else []
        if reason is None:
            reason = _not_of_one_kind(kinds, field.type)
        if reason is not None:
            left_out.append(LeftOut(name, reason))
            continue
        columns.append(_column(a, name, role or "factor", next(one for one in kinds if one != "nothing"), edges))
    if a.roles.factors is None:
        extra = [name for name in b.source.schema.names if name not in a.source.schema.names]
        left_out += [LeftOut(name, "only B has it") for name in extra]
    return columns, left_out


def _not_of_one_kind(kinds: Sequence[str | None], kind: pa.DataType) -> str | None:
    if None in kinds:
        return f"values of type {kind} are neither text, number nor boolean"
    known = [one for one in kinds if one != "nothing"]
    if not known:
        return "every value is missing in A and B"
    if len(set(known)) > 1:
        return f"{kinds[0]} in A, {kinds[1]} in B"
    return None


def _column(a: Side, name: str, role: str, kind: str | None, edges: Edges) -> Column:
    classes = role in ("truth", "prediction") and isinstance(a.judge, Judge) and a.judge.task == "classification"
    if kind != "number" or classes:
        return Column(name, role)
    return Column(name, role, edges(f"@drift {name}", lambda: _cuts(a.seen.column(name))))


def _cuts(column: pa.ChunkedArray) -> tuple[float, ...]:
    values = floats(column) if is_number(column.type) else np.zeros(0)
    values = values[np.isfinite(values)]
    # Without a value in sight nothing says where to cut; what there is falls on one side of 0 or the other.
    return edges_of(values) if len(values) else (0.0, math.nextafter(0.0, 1.0))


def _kind(kind: pa.DataType) -> str | None:
    import pyarrow as pa

    if is_text(kind):
        return "text"
    if is_number(kind):
        return "number"
    if pa.types.is_null(kind):
        return "nothing"
    return "boolean" if pa.types.is_boolean(value_type(kind)) else None


def _answered(asking: Any, sides: Sequence[Side], say: Progress, engine: Engine) -> Drifted:
    """Run the analysis: each list of tallies is answered by one pass over each side."""
    try:
        tallies = next(asking)
        while True:
            a, b = (engine.answers(side.source, tallies, side.view, say) for side in sides)
            tallies = asking.send(list(zip(a, b, strict=True)))
    except StopIteration as stop:
        found: Drifted = stop.value
        return found


def _kept_aside(sides: Sequence[Side]) -> list[str]:
    return [
        f"{plural(len(side.source.quarantined), 'row')} of {side.source.name} kept aside"
        for side in sides
        if side.source.quarantined
    ]
