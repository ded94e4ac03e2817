"""The grouped count that audits ask for: how many rows, and sums of what, for each combination of keys.

A key is an axis: the values of a column, a column floor-binned at edges or into bins of equal width, or a time floored
to N seconds. What comes back is held by label, never by code, so that counts of two parts, of two days or of two
partitions add up whatever order their values came in.

The outcome of a row stands in columns of its own: ``@failed`` and ``@right`` (true, false, missing where unknown),
``@confidence`` and ``@loss``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

FAILED, RIGHT, CONFIDENCE, LOSS = "@failed", "@right", "@confidence", "@loss"
OUTCOMES = (FAILED, RIGHT, CONFIDENCE, LOSS)
MOST_LABELS = 10_000
"""An axis of more distinct values than this is given up: no table of it would be read."""

Label = None | bool | int | float | str


@dataclass(frozen=True, slots=True)
class Axis:
    """A key. With nothing but a column its labels are the column's values, None where missing (NaN is missing too).

    ``edges``: rising numbers; the label is how many of them are at most the value (0 … number of edges). ``equal``:
    (low, high, bins); the label is ``floor((value − low) · bins / (high − low))``, −1 below ``low``, ``bins`` above
    ``high``, and ``high`` itself lies in the last bin. ``seconds``: the label is the second of the epoch (UTC) at which
    the interval of so many seconds begins. Binned, infinities fall into the outermost bins.
    """

    column: str
    edges: tuple[float, ...] | None = None
    equal: tuple[float, float, int] | None = None
    seconds: int | None = None
    most: int = MOST_LABELS

    def __post_init__(self) -> None:
        if (self.edges is not None) + (self.equal is not None) + (self.seconds is not None) > 1:
            raise ValueError("an axis is binned in one way")
        if self.edges is not None and not all(a < b for a, b in zip(self.edges, self.edges[1:], strict=False)):
            raise ValueError("edges rise, and none is NaN")
        if self.equal is not None and not (self.equal[0] < self.equal[1] and self.equal[2] >= 1):
            raise ValueError("equal bins need low < high and at least one bin")
        if self.seconds is not None and self.seconds < 1:
            raise ValueError("a time is floored to at least one second")

    @property
    def by_value(self) -> bool:
        """Whether its labels are the column's own values."""
        return self.edges is None and self.equal is None and self.seconds is None

    def to_json(self) -> dict[str, Any]:
        """Plain values; an infinite edge is written as text."""
        named: dict[str, Any] = {"column": self.column, "most": self.most}
        if self.edges is not None:
            named["edges"] = [edge if math.isfinite(edge) else repr(edge) for edge in self.edges]
        if self.equal is not None:
            named["equal"] = list(self.equal)
        if self.seconds is not None:
            named["seconds"] = self.seconds
        return named

    @staticmethod
    def of_json(value: Mapping[str, Any]) -> Axis:
        """What ``to_json`` wrote."""
        edges, equal = value.get("edges"), value.get("equal")
        return Axis(
            value["column"],
            None if edges is None else tuple(float(edge) if isinstance(edge, str) else edge for edge in edges),
            None if equal is None else (equal[0], equal[1], int(equal[2])),
            value.get("seconds"),
            value["most"],
        )


@dataclass(frozen=True, slots=True)
class Tally:
    """Rows by every combination of the axes that occurs, and the sums of numeric columns over them.

    A value that is missing, NaN or infinite adds nothing to a sum.
    """

    by: tuple[Axis, ...]
    sums: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it is about, outcomes among them, each once."""
        return tuple(dict.fromkeys([*(axis.column for axis in self.by), *self.sums]))


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """The answer to a Tally.

    ``labels`` are, per axis, the labels that occur, in order (missing last). ``cells`` (int64, cells × axes) are
    positions in them, in order; ``rows`` (int64) and ``sums`` (float64, cells × sums) belong to the cells. Where an
    axis has more values than it may, ``too_many`` names its column and there are no cells.
    """

    tally: Tally
    labels: tuple[tuple[Label, ...], ...]
    cells: NDArray[np.int64]
    rows: NDArray[np.int64]
    sums: NDArray[np.float64]
    too_many: str | None = field(default=None)

    @staticmethod
    def of(
        tally: Tally,
        labels: Sequence[Sequence[Label]],
        cells: NDArray[np.int64],
        rows: NDArray[np.int64],
        sums: NDArray[np.float64],
        *,
        ordered: bool = False,
    ) -> Counts:
        """Counts in their one order, from cells in any order; a cell may stand there several times. ``ordered``: the
        labels of each axis are in order already."""
        kept = []
        cells = np.array(cells, np.int64).reshape(len(rows), len(tally.by))
        for at, names in enumerate(labels):
            used = np.unique(cells[:, at])
            if len(used) > tally.by[at].most:
                return Counts.given_up(tally, tally.by[at].column)
            order: list[int] = used.tolist()
            if not ordered:
                order.sort(key=lambda code, names=names: _order(names[code]))  # type: ignore[misc]
            place = np.zeros(len(names) + 1, np.int64)
            place[order] = np.arange(len(order))
            cells[:, at] = place[cells[:, at]]
            kept.append(tuple(names[code] for code in order))
        where, index = distinct_cells(cells, [len(names) for names in kept])
        total = np.zeros(len(where), np.int64)
        np.add.at(total, index, rows)
        columns = np.asarray(sums, np.float64).reshape(len(rows), len(tally.sums)).T
        summed = [np.bincount(index, one, minlength=len(where)) for one in columns]
        stacked: NDArray[Any] = np.stack(summed, axis=1) if summed else np.zeros((len(where), 0))
        return Counts(tally, tuple(kept), where, total, stacked)

    @staticmethod
    def given_up(tally: Tally, column: str) -> Counts:
        """Counts of a tally with an axis of too many values."""
        axes, none = len(tally.by), np.zeros(0, np.int64)
        return Counts(tally, ((),) * axes, none.reshape(0, axes), none, np.zeros((0, len(tally.sums))), column)

    @staticmethod
    def nothing(tally: Tally) -> Counts:
        """Counts of no rows."""
        axes, none = len(tally.by), np.zeros(0, np.int64)
        return Counts(tally, ((),) * axes, none.reshape(0, axes), none, np.zeros((0, len(tally.sums))))

    def __add__(self, other: Counts) -> Counts:
        """The counts of both parts together. Raises ValueError for another tally's."""
        return Counts.total_of([self, other])

    @staticmethod
    def total_of(parts: Sequence[Counts]) -> Counts:
        """The counts of all parts (at least one) together. Raises ValueError where they are of different tallies."""
        tally = parts[0].tally
        if any(part.tally != tally for part in parts):
            raise ValueError("counts of different tallies do not add up")
        for part in parts:
            if part.too_many is not None:
                return Counts.given_up(tally, part.too_many)
        if len(parts) == 1:
            return parts[0]
        if all(_same_labels(part.labels, parts[0].labels) for part in parts[1:]):
            return Counts.of(
                tally,
                parts[0].labels,
                np.concatenate([part.cells for part in parts]),
                np.concatenate([part.rows for part in parts]),
                np.concatenate([part.sums for part in parts]),
                ordered=True,
            )
        labels: list[list[Label]] = []
        moved: list[list[NDArray[np.int64]]] = [[] for _ in parts]
        for at in range(len(tally.by)):
            place: dict[Any, int] = {}
            every: list[Label] = []
            for number, part in enumerate(parts):
                to = np.empty(len(part.labels[at]), np.int64)
                for code, label in enumerate(part.labels[at]):
                    key = _key(label)
                    if key not in place:
                        place[key] = len(every)
                        every.append(label)
                    to[code] = place[key]
                moved[number].append(to)
            labels.append(every)
        cells = [
            np.stack([to[part.cells[:, at]] for at, to in enumerate(tos)], axis=1) if tos else part.cells
            for part, tos in zip(parts, moved, strict=True)
        ]
        return Counts.of(
            tally,
            labels,
            np.concatenate(cells),
            np.concatenate([part.rows for part in parts]),
            np.concatenate([part.sums for part in parts]),
        )

    def __eq__(self, other: object) -> bool:
        """Whether tallies, labels and rows agree exactly, and sums to 1e-9 of their size."""
        return (
            isinstance(other, Counts)
            and self.tally == other.tally
            and self.too_many == other.too_many
            and [[_key(x) for x in axis] for axis in self.labels] == [[_key(x) for x in axis] for axis in other.labels]
            and np.array_equal(self.cells, other.cells)
            and np.array_equal(self.rows, other.rows)
            and np.allclose(self.sums, other.sums, rtol=1e-9, atol=1e-9)
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def total(self) -> int:
        """All rows."""
        return int(self.rows.sum())

    def dense(self, labels: Sequence[Sequence[Label | object]]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Rows (one dimension an axis) and sums (and a last one for them) at these labels; what is not there is 0.

        An object that is no label stands for a place that nothing is counted at.
        """
        shape = tuple(len(axis) for axis in labels)
        rows, sums = np.zeros(shape, np.int64), np.zeros((*shape, len(self.tally.sums)))
        kept = np.ones(len(self.rows), bool)
        index = []
        for at, names in enumerate(labels):
            place = {_key(label): code for code, label in enumerate(names)}
            to = np.array([place.get(_key(label), -1) for label in self.labels[at]], np.int64)
            codes = to[self.cells[:, at]] if len(to) else self.cells[:, at]
            kept &= codes >= 0
            index.append(codes)
        rows[tuple(codes[kept] for codes in index)] = self.rows[kept]
        sums[tuple(codes[kept] for codes in index)] = self.sums[kept]
        return rows, sums

    def within(self, label: Label) -> Counts:
        """The counts of the rows that have this label on the first axis, by the other axes."""
        tally = Tally(self.tally.by[1:], self.tally.sums)
        if self.too_many is not None:
            return Counts.given_up(tally, self.too_many)
        place = next((at for at, one in enumerate(self.labels[0]) if _key(one) == _key(label)), -1)
        at = self.cells[:, 0] == place
        return Counts.of(tally, self.labels[1:], self.cells[at, 1:], self.rows[at], self.sums[at], ordered=True)

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a part's store."""
        return {
            "by": [axis.to_json() for axis in self.tally.by],
            "sums_of": list(self.tally.sums),
            "labels": [list(axis) for axis in self.labels],
            "cells": self.cells.tolist(),
            "rows": self.rows.tolist(),
            "sums": self.sums.tolist(),
            "too_many": self.too_many,
        }

    @staticmethod
    def of_json(value: Mapping[str, Any]) -> Counts:
        """What ``to_json`` wrote."""
        tally = Tally(tuple(Axis.of_json(axis) for axis in value["by"]), tuple(value["sums_of"]))
        rows = np.array(value["rows"], np.int64)
        return Counts(
            tally,
            tuple(tuple(axis) for axis in value["labels"]),
            np.array(value["cells"], np.int64).reshape(len(rows), len(tally.by)),
            rows,
            np.array(value["sums"], np.float64).reshape(len(rows), len(tally.sums)),
            value["too_many"],
        )

    def to_arrow(self) -> pa.Table:
        """One row a cell: ``key0``, ``key1``, … by label, ``rows``, ``sum0``, …; the rest stands in the metadata."""
        import json

        import pyarrow as pa

        columns = {f"key{at}": pa.array(names).take(pa.array(self.cells[:, at])) for at, names in self._named()}
        columns["rows"] = pa.array(self.rows)
        columns |= {f"sum{at}": pa.array(self.sums[:, at]) for at in range(len(self.tally.sums))}
        shape = {key: value for key, value in self.to_json().items() if key in ("by", "sums_of", "too_many")}
        return pa.table(columns).replace_schema_metadata({"errata.counts": json.dumps(shape)})

    @staticmethod
    def of_arrow(table: pa.Table) -> Counts:
        """What ``to_arrow`` wrote."""
        import json

        shape = json.loads(table.schema.metadata[b"errata.counts"])
        tally = Tally(tuple(Axis.of_json(axis) for axis in shape["by"]), tuple(shape["sums_of"]))
        if shape["too_many"] is not None:
            return Counts.given_up(tally, shape["too_many"])
        labels, codes = [], []
        for at in range(len(tally.by)):
            names: dict[Any, int] = {}
            keys = table.column(f"key{at}").to_pylist()
            codes.append([names.setdefault(key, len(names)) for key in keys])
            labels.append(list(names))
        sums = [table.column(f"sum{at}").to_numpy() for at in range(len(tally.sums))]
        rows = table.column("rows").to_numpy()
        return Counts.of(
            tally,
            labels,
            np.array(codes, np.int64).reshape(len(tally.by), len(rows)).T,
            rows,
            np.array(sums, np.float64).reshape(len(tally.sums), len(rows)).T,
        )

    def _named(self) -> list[tuple[int, list[Label]]]:
        return [(at, list(axis)) for at, axis in enumerate(self.labels)]


def distinct_cells(cells: NDArray[np.int64], sizes: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The cells that occur (positions on axes of these sizes), in order, and the number of each row's cell in them."""
    shape = tuple(max(1, size) for size in sizes)
    if not shape or math.prod(shape) >= 1 << 62:
        where, index = np.unique(cells, axis=0, return_inverse=True)
        return where, index.reshape(-1)
    # One number a cell sorts many times as fast as its positions do.
    flat, index = np.unique(np.ravel_multi_index(tuple(cells.T), shape), return_inverse=True)
    return np.stack(np.unravel_index(flat, shape), axis=1).astype(np.int64), index.reshape(-1)


def _same_labels(one: tuple[tuple[Label, ...], ...], two: tuple[tuple[Label, ...], ...]) -> bool:
    """Whether two parts have the same labels. True equals 1 and is another label; an axis has but one of the kinds."""
    return one == two and all(
        isinstance(a, bool) == isinstance(b, bool)
        for x, y in zip(one, two, strict=True)
        for a, b in zip(x[:1], y[:1], strict=False)
    )


def _key(label: Label | object) -> tuple[bool, Label | object]:
    """Labels that are the same: 1 and 1.0 are, 1 and true are not."""
    return isinstance(label, bool), label


def _order(label: Label) -> tuple[int, Any]:
    if label is None:
        return 2, 0
    return (0, label) if isinstance(label, bool | int | float) else (1, label)
