"""What a failure criterion says of each row, by SQL's three-valued logic: true, false or unknown."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.core.errors import ColumnError
from errata.nouns import tokens
from errata.nouns.criterion import Column, Compare, Holds, In, IsNull, Joined, Node, Not, family, write
from errata.nouns.slice import numbers_of, type_words

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.criterion import Columns

_NUMPY: dict[str, Callable[[Any, Any], Any]] = {
    "=": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}
_ARROW = {"=": "equal", "!=": "not_equal", "<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal"}

# Inside, truth is ordered, so that and is the minimum, or the maximum, and not turns it round.
_FALSE, _UNKNOWN, _TRUE = 0, 1, 2
_Truth = NDArray[np.int8]


def evaluate(node: Node, column: Columns) -> NDArray[np.int8]:
    """Per row 1 (true), 0 (false), -1 (unknown). Raises ColumnError when types do not go together."""
    outside = np.array([0, -1, 1], np.int8)
    result: NDArray[np.int8] = outside[_truth(node, column)]
    return result


def _truth(node: Node, column: Columns) -> _Truth:
    match node:
        case Not(part):
            return np.asarray(_TRUE - _truth(part, column), np.int8)
        case Joined(word, parts):
            combine = np.minimum if word == "and" else np.maximum
            result = _truth(parts[0], column)
            for part in parts[1:]:
                result = combine(result, _truth(part, column))
            return result
        case IsNull(name):
            missing = column(name).is_null(nan_is_null=True) if _can_be_nan(column(name)) else column(name).is_null()
            return np.where(missing.to_numpy(), np.int8(_TRUE), np.int8(_FALSE))
        case Compare(name, sign, Column(other)):
            return _between_columns(node, name, sign, other, column)
        case _:
            values = column(node.column)
            return _concatenate([_chunk(node, chunk) for chunk in values.chunks])


def _can_be_nan(column: pa.ChunkedArray) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_floating(column.type))


def _concatenate(parts: list[_Truth]) -> _Truth:
    return np.concatenate(parts) if parts else np.zeros(0, np.int8)


def _chunk(node: Compare | In | Holds, chunk: pa.Array) -> _Truth:
    """The truth of a leaf that compares a column with values, for one chunk of it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_null(chunk.type):
        return np.full(len(chunk), _UNKNOWN, np.int8)
    if pa.types.is_dictionary(chunk.type):
        of_values = np.append(_chunk(node, chunk.dictionary), np.int8(_UNKNOWN))
        looked_up: _Truth = of_values[pc.fill_null(chunk.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)]
        return looked_up
    holds = type_words(chunk.type)
    if isinstance(node, Holds):
        if holds != "booleans":
            raise _type_error(node, node.column, holds)
        return _from_arrow(chunk)
    values = node.values if isinstance(node, In) else (node.other,)
    assert not isinstance(values[0], Column)
    if holds != family(values[0]):
        raise _type_error(node, node.column, holds)
    if holds == "numbers":
        return _numbers_chunk(node, chunk)
    if isinstance(node, In):
        within = pc.is_in(chunk, value_set=pa.array(list(node.values), chunk.type))
        return _from_arrow(pc.if_else(chunk.is_valid(), within, None))
    return _from_arrow(pc.call_function(_ARROW[node.sign], [chunk, pa.scalar(node.other, chunk.type)]))


def _from_arrow(truth: pa.Array) -> _Truth:
    import pyarrow as pa
    import pyarrow.compute as pc

    known = pc.if_else(truth, pa.scalar(_TRUE, pa.int8()), pa.scalar(_FALSE, pa.int8()))
    return np.asarray(pc.fill_null(known, _UNKNOWN).to_numpy(zero_copy_only=False), np.int8)


def _numbers_chunk(node: Compare | In, chunk: pa.Array) -> _Truth:
    values = numbers_of(chunk)
    assert values is not None
    if isinstance(node, In):
        true = np.zeros(len(values), np.bool_)
        for value in node.values:
            assert isinstance(value, int | float)
            true |= _compare_numbers(values, "=", value)
    else:
        assert isinstance(node.other, int | float)
        true = _compare_numbers(values, node.sign, node.other)
    return _with_missing(true, _missing(chunk))


def _compare_numbers(values: NDArray[Any], sign: str, other: int | float) -> NDArray[np.bool_]:
    """Exact where the column's type could round: whole numbers against 2.5, single precision against 0.1."""
    if values.dtype.kind in "iu":
        if sign in {"=", "!="}:
            return np.asarray(_NUMPY[sign](values, other if float(other).is_integer() else math.nan), np.bool_)
        other = math.ceil(other) if sign in {"<", ">="} else math.floor(other)
    elif values.dtype == np.float32:
        if sign in {"=", "!="}:
            with np.errstate(over="ignore"):
                return np.asarray(_NUMPY[sign](values, np.float32(other)), np.bool_)
        values = values.astype(np.float64)
    return np.asarray(_NUMPY[sign](values, other), np.bool_)


def _missing(chunk: pa.Array) -> NDArray[np.bool_]:
    import pyarrow as pa

    nan_too = pa.types.is_floating(chunk.type)
    return np.asarray(chunk.is_null(nan_is_null=nan_too).to_numpy(zero_copy_only=False), np.bool_)


def _with_missing(true: NDArray[np.bool_], missing: NDArray[np.bool_]) -> _Truth:
    return np.where(missing, np.int8(_UNKNOWN), np.where(true, np.int8(_TRUE), np.int8(_FALSE)))


def _between_columns(node: Node, name: str, sign: str, other: str, column: Columns) -> _Truth:
    import pyarrow as pa
    import pyarrow.compute as pc

    one, two = (_plain(column(each)) for each in (name, other))
    if pa.types.is_null(one.type) or pa.types.is_null(two.type):
        return np.full(len(one), _UNKNOWN, np.int8)
    holds = type_words(one.type)
    if holds != type_words(two.type):
        raise _type_error(node, other, type_words(two.type), than=f"{tokens.write_name(name)} holds {holds}")
    if holds == "numbers":
        left, right = numbers_of(one), numbers_of(two)
        assert left is not None and right is not None
        return _with_missing(np.asarray(_NUMPY[sign](left, right), np.bool_), _missing(one) | _missing(two))
    if holds != "text" and sign not in {"=", "!="} and one.type != two.type:
        raise _type_error(node, name, holds, than="they have no common order")
    if pa.types.is_large_string(two.type):
        one = one.cast(two.type)
    return _from_arrow(pc.call_function(_ARROW[sign], [one, two]))


def _plain(column: pa.ChunkedArray) -> pa.Array:
    import pyarrow as pa

    kind = column.type
    column = column.cast(kind.value_type) if pa.types.is_dictionary(kind) else column
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _type_error(node: Node, name: str, holds: str, than: str = "") -> ColumnError:
    name = tokens.write_name(name)
    forms = {"text": f"{name} = 'value'", "booleans": f"{name}, or not {name}", "numbers": f"{name} > 0"}
    return ColumnError(
        "condition-type",
        f"the column {name} holds {holds}, which does not go with {write(node)}",
        expected=than or forms.get(holds, f"{name} is null"),
        found=write(node),
    )
