"""From a batch's column to a code per row, the same code for the same label in every batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.analysis.tally import Axis, Label

if TYPE_CHECKING:
    import pyarrow as pa

Codes = NDArray[np.int64]
CELLS = 4096
"""Edges are first looked up on a grid of so many cells of equal width, then compared."""
MOST_COMPARED = 8
FEW_EDGES = 16
WIDE = 1 << 16
UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
EXACT = float(1 << 53)


def coder(axis: Axis) -> Coder:
    """The coder of an axis."""
    if axis.edges is not None:
        return _Edges(axis, np.array(axis.edges, np.float64))
    if axis.equal is not None:
        return _Equal(axis)
    return _Values(axis)


class Coder(ABC):
    """Codes of one axis. ``labels`` are those seen so far, by code; ``too_many``: there are more than may be."""

    labels: list[Label]
    too_many = False

    def __init__(self, axis: Axis) -> None:
        self.axis = axis

    @abstractmethod
    def codes(self, column: pa.Array) -> Codes:
        """A code per row, each a position in ``labels``. Raises TypeError for a type that it cannot count."""


class _Binned(Coder):
    """Bins 0 … n − 1 have fixed codes, and a missing value has the code n."""

    def codes(self, column: pa.Array) -> Codes:
        values, missing = numbers(column)
        if missing is not None:
            values = np.where(missing, 0, values)
        codes = self.bins(values)
        if missing is not None:
            codes[missing] = len(self.labels) - 1
        return codes

    @abstractmethod
    def bins(self, values: NDArray[Any]) -> Codes:
        """The bin of each value, none of them missing."""


class _Equal(_Binned):
    def __init__(self, axis: Axis) -> None:
        super().__init__(axis)
        assert axis.equal is not None
        self.low, self.high, bins = axis.equal
        self.count = bins
        self.labels = [*range(-1, bins + 1), None]

    def bins(self, values: NDArray[Any]) -> Codes:
        at = values.astype(np.float64)
        inside = at == self.high
        with np.errstate(over="ignore"):
            at -= self.low
            at *= self.count / (self.high - self.low)
        np.floor(at, out=at)
        np.clip(at, -1, self.count, out=at)
        codes = at.astype(np.int64)
        codes[inside] = self.count - 1
        codes += 1
        return codes


class _Edges(_Binned):
    def __init__(self, axis: Axis, edges: NDArray[np.float64]) -> None:
        super().__init__(axis)
        self.edges = edges
        self.labels = [*range(len(edges) + 1), None]
        self.compared = 0
        # The outermost edges may lie far out.
        self.low, width = (float(edges[1]), float(edges[-2]) - float(edges[1])) if len(edges) > 16 else (0.0, 0.0)
        self.scale = CELLS / width if width > 0 else np.inf
        if 0 < self.scale < np.inf:
            # A cell grows with the value: every edge of an earlier cell is below it, the few of its own are compared.
            cells = self._cells(edges)
            self.before = np.searchsorted(cells, np.arange(CELLS)).astype(np.int64)
            self.compared = int(np.bincount(cells).max())
            self.next = np.append(edges, np.nan)

    def _cells(self, values: NDArray[np.float64]) -> NDArray[np.int32]:
        with np.errstate(over="ignore"):
            at = values - self.low
            at *= self.scale
        np.clip(at, 0, CELLS - 1, out=at)
        return at.astype(np.int32)

    def bins(self, values: NDArray[Any]) -> Codes:
        if values.dtype in (np.int64, np.uint64) and max(map(abs, _extremes(values))) > EXACT:
            return np.searchsorted(_whole(self.edges, values.dtype), values, side="right")
        values = np.asarray(values, np.float64)
        if len(self.edges) <= FEW_EDGES:
            # A comparison for each edge runs through a batch many times as fast as a search for each value.
            below = np.zeros(len(values), np.uint8)
            for edge in self.edges:
                below += values >= edge
            return below.astype(np.int64)
        if not 0 < self.compared <= MOST_COMPARED:
            return np.searchsorted(self.edges, values, side="right")
        codes = self.before[self._cells(values)]
        for _ in range(self.compared):
            codes += values >= self.next[codes]
        return codes


class _Values(Coder):
    """Codes in the order in which labels were first seen."""

    def __init__(self, axis: Axis) -> None:
        super().__init__(axis)
        self.labels = []
        self._codes: dict[Any, int] = {}
        self._last: tuple[pa.Array, Codes] | None = None

    def codes(self, column: pa.Array) -> Codes:
        import pyarrow as pa
        import pyarrow.compute as pc

        if pa.types.is_null(column.type):
            return self._of([None])[np.zeros(len(column), np.int64)]
        if pa.types.is_timestamp(column.type) and self.axis.seconds is not None:
            return self._times(column)
        if self.axis.seconds is not None:
            raise TypeError(f"{column.type} is no time")
        if pa.types.is_boolean(column.type):
            index = np.where(column.is_null(), 2, np.asarray(pc.fill_null(column, False)))
            known: Codes = self._of([False, True, None])[index.astype(np.int64)]
            return known
        if pa.types.is_dictionary(column.type):
            return self._of_dictionary(column)
        if pa.types.is_integer(column.type):
            return self._whole(column)
        if not (pa.types.is_floating(column.type) or pa.types.is_string(column.type)):
            raise TypeError(f"values of type {column.type} cannot be counted one by one")
        return self._of_dictionary(pc.dictionary_encode(column))

    def _times(self, column: pa.Array) -> Codes:
        import pyarrow as pa

        assert self.axis.seconds is not None
        step = UNITS[column.type.unit] * self.axis.seconds
        values, missing = numbers(column.view(pa.int64()))
        return self._integers(values // step, missing, self.axis.seconds)

    def _whole(self, column: pa.Array) -> Codes:
        values, missing = numbers(column)
        return self._integers(values, missing, 1)

    def _integers(self, values: NDArray[Any], missing: NDArray[np.bool_] | None, times: int) -> Codes:
        if missing is not None and missing.all():
            return self._of([None])[np.zeros(len(values), np.int64)]
        low, high = _extremes(values)
        if high - low < WIDE:
            offset = (values - values.dtype.type(low)).astype(np.int64)
            seen = np.flatnonzero(np.bincount(offset if missing is None else offset[~missing]))
            lookup: Codes = np.zeros(high - low + 1, np.int64)
            lookup[seen] = self._of([(int(one) + low) * times for one in seen])
            codes: Codes = lookup[offset]
        else:
            distinct, index = np.unique(values, return_inverse=True)
            if len(distinct) > self.axis.most + 1:
                self.too_many = True
                return np.zeros(len(values), np.int64)
            if missing is not None:
                known = np.zeros(len(distinct), bool)
                known[index[~missing]] = True
            else:
                known = np.ones(len(distinct), bool)
            lookup = np.zeros(len(distinct), np.int64)
            lookup[known] = self._of([int(one) * times for one in distinct[known]])
            codes = lookup[index]
        if missing is not None:
            codes[missing] = self._of([None])[0]
        return codes

    def _of_dictionary(self, column: pa.DictionaryArray) -> Codes:
        import pyarrow as pa
        import pyarrow.compute as pc

        values = column.dictionary
        index = column.indices
        if self._last is None or not (self._last[0] is values or self._last[0].equals(values)):
            if len(values) > self.axis.most:
                # A dictionary may hold more than its rows have.
                used = np.unique(np.asarray(pc.fill_null(index.cast(pa.int64()), -1)))
                used = used[used >= 0]
                if len(used) > self.axis.most:
                    self.too_many = True
                    return np.zeros(len(column), np.int64)
                lookup = np.zeros(len(values) + 1, np.int64)
                lookup[used] = self._of(_labels(values.take(pa.array(used))))
                self._last = None
            else:
                lookup = np.append(self._of(_labels(values)), 0)
                self._last = (values, lookup)
        else:
            lookup = self._last[1]
        if index.null_count:
            lookup[-1] = self._of([None])[0]
            index = pc.fill_null(index.cast(pa.int64()), len(values))
        found: Codes = lookup[np.asarray(index)]
        return found

    def _of(self, labels: list[Label]) -> Codes:
        found = np.empty(len(labels), np.int64)
        for at, label in enumerate(labels):
            if label != label:  # NaN is missing
                label = None
            code = self._codes.get(label)
            if code is None:
                code = self._codes[label] = len(self.labels)
                self.labels.append(label)
            found[at] = code
        # One label more may be the missing one, and labels that a dictionary holds in vain are not counted in the end.
        self.too_many = self.too_many or len(self.labels) > 4 * self.axis.most + 4
        return found


def numbers(column: pa.Array) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """The values as they are (anything where missing), and which are missing or NaN; None where none is.

    Raises TypeError unless the column holds numbers.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_decimal(column.type) or pa.types.is_float16(column.type):
        column = column.cast(pa.float64())
    if pa.types.is_null(column.type):
        return np.zeros(len(column), np.int64), np.ones(len(column), bool)
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        raise TypeError(f"{column.type} is no number")
    missing = None
    if column.null_count:
        missing = np.asarray(column.is_null())
        column = pc.fill_null(column, 0)
    values: NDArray[Any] = column.to_numpy()
    if values.dtype.kind == "f":
        unknown = np.isnan(values)
        if unknown.any():
            missing = unknown if missing is None else missing | unknown
    return values, missing


def _extremes(values: NDArray[Any]) -> tuple[int, int]:
    return (int(values.min()), int(values.max())) if len(values) else (0, 0)


def _labels(values: pa.Array) -> list[Label]:
    import pyarrow as pa

    if values.type == pa.float32():
        # As people write it, and as a copy in double precision has it.
        return [float(str(value)) + 0.0 for value in values.to_numpy(zero_copy_only=False)]
    return [label + 0.0 if isinstance(label, float) else label for label in values.to_pylist()]


def _whole(edges: NDArray[np.float64], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Edges in the integers' own type, because a float would round those; an edge beyond all of them is left out."""
    limits = np.iinfo(dtype)
    ceilings = [limits.min if edge == -np.inf else int(np.ceil(edge)) for edge in edges if edge < np.inf]
    return np.array([max(edge, limits.min) for edge in ceilings if edge <= limits.max], dtype)
