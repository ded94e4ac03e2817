"""The audit ``stages``: where the failing path first departs from the passing one, over the columns of ``--stages``."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from errata.analysis.stages import Asked, Step, stages
from errata.analysis.tally import MOST_LABELS, Axis, Label
from errata.core.columns import dictionary, is_list, value_type
from errata.core.units import count
from errata.factors.encode import Factor, NoFactor, encode
from errata.nouns.slice import type_words
from errata.tasks.columns import is_label
from errata.tasks.reserved import Reserved
from errata.verbs.audits import Asking, Audit, Impossible
from errata.verbs.subject import Subject
from errata.verbs.view import FACTOR, Recoded, axis_of, slice_of

if TYPE_CHECKING:
    import pyarrow as pa

GROUP, LOGGED = "@stages group", "@stages logged"
MOST_STEPS = 40
SHARED = 20
"""Steps of a trace are told as far as so many rows that were looked at share their path with another."""
FOLDS = 512


@dataclass(frozen=True, slots=True)
class Position:
    """The element at one place (from 0) of a column of lists as text, None past its end; of a list of objects, the
    element's ``field``."""

    column: str
    at: int
    field: str | None = None

    @property
    def needs(self) -> tuple[str, ...]:
        """The column of lists."""
        return (self.column,)

    def of(self, batch: pa.RecordBatch) -> pa.Array:
        """Text."""
        return _element(batch.column(self.column), self.at, self.field)

    def to_json(self) -> dict[str, Any]:
        """The column, the place and the field."""
        return {"element": self.column, "at": self.at, "field": self.field}


@dataclass(frozen=True, slots=True)
class Present:
    """Whether none of some columns is missing."""

    columns: tuple[str, ...]

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns."""
        return self.columns

    def of(self, batch: pa.RecordBatch) -> pa.Array:
        """Booleans."""
        import pyarrow as pa

        held = [batch.column(name).is_valid().to_numpy(zero_copy_only=False) for name in self.columns]
        return pa.array(np.logical_and.reduce(held))

    def to_json(self) -> dict[str, Any]:
        """The columns."""
        return {"present": list(self.columns)}


@dataclass(frozen=True, slots=True)
class Cluster:
    """A number for each group, the same for all of its rows, one of ``of``; a row without group has one of its own."""

    group: str
    of_many: int

    @property
    def needs(self) -> tuple[str, ...]:
        """The group."""
        return (self.group,)

    def of(self, batch: pa.RecordBatch) -> pa.Array:
        """Whole numbers."""
        import pyarrow as pa

        values, index = dictionary(batch.column(self.group))
        numbers = np.array([zlib.crc32(repr(value).encode()) % self.of_many for value in values] or [0], np.int64)
        found = numbers[index]
        alone = np.flatnonzero((index < 0) | np.isin(index, [at for at, value in enumerate(values) if value != value]))
        found[alone] = [zlib.crc32(b"%d" % row) % self.of_many for row in alone]
        return pa.array(found)

    def to_json(self) -> dict[str, Any]:
        """The group."""
        return {"cluster": self.group, "of": self.of_many}


@dataclass(frozen=True, slots=True)
class _Plan:
    """What can be counted, the reserved columns for it, and what cannot be a stage."""

    steps: tuple[Step, ...]
    derived: Mapping[str, Reserved]
    left_out: tuple[dict[str, str], ...]
    notes: tuple[str, ...]


def _missing(subject: Subject) -> str | None:
    if not subject.options.stages:
        return "--stages names no column"
    return None if subject.judged else "no row has a known outcome"


def _plan(subject: Subject) -> _Plan:
    import pyarrow as pa

    source = subject.source
    steps: list[Step] = []
    derived: dict[str, Reserved] = {}
    left_out: list[dict[str, str]] = []
    notes: list[str] = []
    traces: list[str] = []
    for text in subject.options.stages:
        column, field = _named(source.schema, text)
        kind = source.schema.field(column).type
        if (role := _no_stage(subject, column)) is not None:
            left_out.append({"column": text, "reason": role})
            continue
        if not is_list(kind):
            if field is not None:
                left_out.append(
                    {"column": text, "reason": f"{column} holds {type_words(kind)}, no list of steps with fields"}
                )
                continue
            _add(subject, column, subject.glance.column(column), steps, derived, left_out)
            continue
        unfit = _cannot_trace(column, kind, field)
        if unfit is not None:
            left_out.append({"column": text, "reason": unfit})
            continue
        traces.append(column)
        lists = subject.glance.column(column).combine_chunks()
        for at in range(_longest(subject, lists, field, text, notes)):
            name = f"{text} step {at + 1}"
            derived[name] = Position(column, at, field)
            element = pa.chunked_array([_element(lists, at, field)])
            if not _add(subject, name, element, steps, derived, left_out):
                del derived[name]
    if traces:
        derived[LOGGED] = Present(tuple(dict.fromkeys(traces)))
    if subject.roles.group is not None:
        derived[GROUP] = Cluster(subject.roles.group, _clusters(subject))
    return _Plan(tuple(steps), derived, tuple(left_out), tuple(notes))


def _no_stage(subject: Subject, column: str) -> str | None:
    """Why a column cannot be what a stage gave, whatever it holds: it says itself what failed, or of what."""
    from errata.nouns.criterion import parse_expression

    roles = subject.roles
    if roles.failed is not None and column in parse_expression(roles.failed).columns:
        return "the failure expression is about it"
    named = {roles.truth: "it is the truth", roles.loss: "it is the loss", roles.id: "it is the id"}
    return named.get(column)


def _add(
    subject: Subject,
    name: str,
    column: pa.ChunkedArray,
    steps: list[Step],
    derived: dict[str, Reserved],
    left_out: list[dict[str, str]],
) -> bool:
    """The column as a stage, or why it is none."""
    least = max(2, round(0.01 * len(column)))
    factor = encode(name, column, least, subject.engine.reference.get(name))
    if isinstance(factor, NoFactor):
        left_out.append({"column": name, "reason": factor.reason})
        return False
    if factor.rare:
        derived[FACTOR + name] = Recoded(replace(factor, codes=np.zeros(0, np.uint8)))
    steps.append(Step(name, axis_of(factor), _writer(factor)))
    return True


def _writer(factor: Factor) -> Callable[[Label], str]:
    return lambda label: slice_of(factor, label) or f"{factor.name}: another value"


def _named(schema: pa.Schema, text: str) -> tuple[str, str | None]:
    """``trace.tool`` is the field ``tool`` of the objects in ``trace``, unless a column is called so."""
    if text in schema.names:
        return text, None
    column, _, field = text.rpartition(".")
    return column, field


def _cannot_trace(column: str, kind: pa.DataType, field: str | None) -> str | None:
    """Why a column of lists is no trace of steps, or None."""
    from pyarrow import types

    inner = value_type(kind.value_type)
    if types.is_struct(inner):
        flat = [one.name for one in inner if is_label(one.type)]
        if field is None:
            one = next((name for name in ("name", "tool", "step", "type", "action") if name in flat), None)
            named = f"{column}.{one or (flat[0] if flat else 'FIELD')}"
            return f"its steps are objects of {', '.join(f.name for f in inner)}: name a field, --stages {named}"
        return None if field in flat else f"its steps have no field {field} of text, numbers or booleans"
    if field is not None:
        return f"its steps are no objects, and have no field {field}"
    return None if is_label(inner) or types.is_null(inner) else f"its steps are {inner}, no text, numbers or booleans"


def _element(lists: pa.Array, at: int, field: str | None) -> pa.Array:
    """The element at a place of each list as text, None past its end."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(lists, pa.ChunkedArray):
        lists = lists.combine_chunks()
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    there = np.flatnonzero(lengths > at)
    if not len(there):
        return pa.nulls(len(lists), pa.string())
    element = pc.list_element(lists.take(pa.array(there)), at)
    if field is not None:
        element = pc.struct_field(element, field)
    # A step that was logged without a value is no end of the path.
    text = pc.fill_null(element.cast(pa.string()), "null")
    index = np.full(len(lists), -1, np.int64)
    index[there] = np.arange(len(there))
    return text.take(pa.array(index, mask=index < 0))


def _longest(subject: Subject, lists: pa.Array, field: str | None, text: str, notes: list[str]) -> int:
    """How many steps of a trace are told: as far as rows share a path."""
    import pyarrow.compute as pc

    lengths = pc.fill_null(pc.list_value_length(lists), 0)
    longest = int(pc.max(lengths).as_py() or 0)
    path = np.zeros(len(lists), np.int64)
    for at in range(min(longest, MOST_STEPS)):
        values, codes = dictionary(_element(lists, at, field))
        met = np.bincount(path)
        # A path that has ended has no step left to differ in.
        going = np.bincount(path, codes >= 0, len(met)) > 0
        if int(met[(met > 1) & going].sum()) < SHARED:
            notes.append(f"{text} told to step {at} of {count(longest)}: beyond it hardly two rows share their path")
            return at
        path = np.unique(path * (len(values) + 1) + codes + 1, return_inverse=True)[1].reshape(-1).astype(np.int64)
    if longest > MOST_STEPS:
        notes.append(f"{text} told to step {MOST_STEPS} of {count(longest)}")
    return min(longest, MOST_STEPS)


def _clusters(subject: Subject) -> int:
    """Each group is one of its own where that is known to stay a small table; else whole groups share numbers."""
    seen = subject.glance.column(subject.roles.group)
    few = (
        subject.glance.num_rows == subject.source.rows
        and len(dictionary(seen)[0]) + seen.null_count <= MOST_LABELS // 5
    )
    return 1 << 30 if few else FOLDS


def _run(subject: Subject) -> Asking:
    plan = subject.once(_plan)
    if not plan.steps:
        reasons = "; ".join(f"{one['column']}: {one['reason']}" for one in plan.left_out)
        raise Impossible(reasons or "; ".join(plan.notes) or "no path has a step")
    found = yield from stages(
        Asked(
            steps=plan.steps,
            group=Axis(GROUP) if GROUP in plan.derived else None,
            logged=Axis(LOGGED) if LOGGED in plan.derived else None,
            effect=subject.failure_effect(),
            seed=subject.options.seed,
        )
    )
    if isinstance(found, str):
        raise Impossible(found)
    return replace(found, left_out=plan.left_out, notes=(*plan.notes, *found.notes))


def _derived(subject: Subject) -> Mapping[str, Reserved]:
    return subject.once(_plan).derived


AUDIT = Audit("stages", _missing, _run, _derived)
