"""Columns that hold a list in each row: lists, texts with a separator between items, texts of JSON lists."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.core.columns import is_list, is_number, is_text, value_type
from errata.core.errors import ValueFault

if TYPE_CHECKING:
    import pyarrow as pa

SEPARATORS = (";", "|")
"""Looked for where none is given; a comma stands in too many names."""
_NAMING = ("id", "doc_id", "document_id", "docid", "chunk_id", "label", "name", "category")
"""The field of an item that is an object which names it."""


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists of a batch: whether each row has one, and the items of all rows after each other (none missing)."""

    known: NDArray[np.bool_]
    row: NDArray[np.int64]
    items: pa.Array

    @property
    def place(self) -> NDArray[np.int64]:
        """The place of each item in its list, from 0."""
        starts = np.searchsorted(self.row, np.arange(len(self.known)))
        return np.arange(len(self.row)) - starts[self.row]


def can_be_lists(kind: pa.DataType) -> bool:
    """Whether a column of this type holds lists of names, or texts that may be such."""
    return is_text(kind) or is_list(kind)


def separator_in(columns: list[pa.ChunkedArray], source: str) -> tuple[str | None, str | None]:
    """The separator in these columns (``json`` for lists written as JSON, None where all are lists or single items),
    and a note. Raises ValueFault where more than one could be it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = [pc.unique(column).drop_null().cast(pa.string()) for column in columns if is_text(column.type)]
    if not texts:
        return None, None
    values = pa.concat_arrays([one.combine_chunks() if isinstance(one, pa.ChunkedArray) else one for one in texts])
    if len(values) and pc.all(pc.starts_with(pc.utf8_ltrim_whitespace(values), "[")).as_py():
        return "json", "lists are read from JSON text"
    found = [one for one in SEPARATORS if pc.any(pc.match_substring(values, one)).as_py()]
    if len(found) > 1:
        raise ValueFault(
            "ambiguous-separator",
            f"both {found[0]!r} and {found[1]!r} stand in the labels of {source}",
            expected="what stands between two labels, said by --separator",
            next=f"--separator '{found[0]}'",
        )
    if not found:
        return None, "no ; or | stands in a label, so each text is one label (--separator ',' if it is not)"
    return found[0], f"labels are separated by {found[0]!r} (--separator says another)"


def lists_of(column: pa.Array, separator: str | None, name: str) -> Lists:
    """The lists in a column of a batch; a value that is no list is a list of one. Raises ValueFault."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types

    if types.is_null(column.type):
        return Lists(np.zeros(len(column), bool), np.zeros(0, np.int64), pa.nulls(0, pa.string()))
    if is_text(column.type) and separator is not None:
        return _split(column, separator, name)
    if not is_list(column.type):
        plain = column.cast(column.type.value_type) if types.is_dictionary(column.type) else column
        known = ~np.asarray(plain.is_null(nan_is_null=True))
        return Lists(known, np.flatnonzero(known).astype(np.int64), plain.filter(pa.array(known)))
    known = ~np.asarray(column.is_null())
    row = np.asarray(pc.list_parent_indices(column), np.int64)
    items = pc.list_flatten(column)
    items = _named(items, name)
    there = items.is_valid()
    if items.null_count:
        row, items = row[np.asarray(there)], items.filter(there)
    return Lists(known, row, items)


def _named(items: pa.Array, name: str) -> pa.Array:
    """Items that name something: of objects, the field that names them."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types

    kind = items.type
    if types.is_struct(kind):
        fields = [kind.field(at).name for at in range(kind.num_fields)]
        naming = next((one for one in _NAMING if one in fields), None)
        if naming is None:
            raise _no_names(name, kind)
        return _named(pc.struct_field(items, naming), name)
    if types.is_dictionary(kind):
        return items.cast(kind.value_type)
    if types.is_null(kind):
        return items.cast(pa.string())
    if not (is_text(kind) or is_number(kind) or types.is_boolean(kind)):
        raise _no_names(name, kind)
    return items


def _no_names(name: str, kind: pa.DataType) -> ValueFault:
    return ValueFault(
        "list-without-names",
        f"the lists in {name!r} hold values that name nothing",
        where=f"column {name}",
        expected="texts or numbers, or objects with a field " + ", ".join(_NAMING[:4]),
        found=str(kind),
        next="write each item as its id or label",
    )


def _split(column: pa.Array, separator: str, name: str) -> Lists:
    """Texts taken apart, each different one once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    encoded = column if pa.types.is_dictionary(column.type) else pc.dictionary_encode(column)
    index = np.asarray(pc.fill_null(encoded.indices.cast(pa.int64()), -1))
    parts = [_parts(text, separator, name) for text in encoded.dictionary.to_pylist()]
    known = index >= 0
    lengths = np.array([len(one or ()) for one in parts] + [0], np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths[:-1])]).astype(np.int64)
    flat = pa.array([item for one in parts for item in one or ()], pa.string())
    size = np.where(known, lengths[index], 0)
    row = np.repeat(np.arange(len(index)), size)
    within = np.arange(len(row)) - np.repeat(np.cumsum(size) - size, size)
    return Lists(known, row, flat.take(pa.array(starts[index[row]] + within)))


def _parts(text: str | None, separator: str, name: str) -> list[str] | None:
    if text is None:
        return None
    if separator != "json":
        return [part for one in text.split(separator) if (part := one.strip())]
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list):
        raise ValueFault(
            "bad-list",
            f"a value of {name!r} is no list",
            where=f"column {name}",
            expected='a JSON list such as ["a", "b"], as in other rows',
            found=text[:60],
            next="write every list alike, or --separator ';'",
        )
    return [one if isinstance(one, str) else json.dumps(one) for one in found if one is not None]


def in_one_code(a: Lists, b: Lists, names: tuple[str, str]) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """The items of both as numbers that are equal where the items are, and how many numbers there are.

    Raises ValueFault where one side is text and the other numbers.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    one, two = a.items, b.items
    if one.type != two.type:
        if not len(one) or not len(two):
            one, two = (items.cast(pa.string()) for items in (one, two))
        elif is_number(one.type) and is_number(two.type):
            one, two = _in_one_type(one, two)
        elif is_text(one.type) and is_text(two.type):
            one, two = (items.cast(pa.string()) for items in (one, two))
        else:
            raise ValueFault(
                "type-mismatch",
                f"the items of {names[0]!r} and {names[1]!r} are of different types",
                expected="the same type in both, so that equal items are equal values",
                found=f"{names[0]}: {value_type(one.type)}; {names[1]}: {value_type(two.type)}",
                next="write one in the other's type",
            )
    encoded = pc.dictionary_encode(pa.concat_arrays([one, two]))
    codes = np.asarray(encoded.indices, np.int64)
    return codes[: len(one)], codes[len(one) :], max(len(encoded.dictionary), 1)


def _in_one_type(one: pa.Array, two: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Numbers of two types in one that keeps apart what differs: a float64 knows no whole numbers beyond 2^53."""
    import pyarrow as pa
    from pyarrow import types

    whole = types.is_integer(one.type) and types.is_integer(two.type)
    # 20 digits hold every int64 and every uint64.
    for kind in (pa.int64(), pa.decimal128(20)) if whole else (pa.int64(),):
        with suppress(pa.ArrowInvalid):
            return one.cast(kind), two.cast(kind)
    return one.cast(pa.float64(), safe=False), two.cast(pa.float64(), safe=False)


def per_row(rows: NDArray[Any], count: int) -> NDArray[np.int64]:
    """How often each row number occurs."""
    return np.bincount(rows, minlength=count).astype(np.int64)
