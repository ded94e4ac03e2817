"""JSON lines one by one: slower than Arrow, but it knows every line, and reads what Python's ``json`` writes (NaN)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from errata.core.errors import ColumnError
from errata.core.units import count, plural
from errata.integrations.files.faults import Fault, not_utf8
from errata.integrations.files.times import moments

if TYPE_CHECKING:
    import pyarrow as pa

_KINDS = {bool: "boolean", int: "number", float: "number", str: "text", list: "list", dict: "object"}


def read_lines(name: str, data: pa.Buffer) -> tuple[pa.Table, list[Fault]]:
    """The table of all lines that are JSON objects, and the faults of the others.

    Raises ColumnError (``mixed-types``) for a column that holds numbers here and text there.
    """
    import pyarrow as pa

    columns: dict[str, list[Any]] = {}
    rows: list[int] = []  # the row in the file of each object
    faults: list[Fault] = []
    for row, (line, raw, start) in enumerate(_lines(data), 1):
        values = read_object(raw, start)
        if isinstance(values, str):
            code = "invalid-utf8" if values.startswith("not UTF-8") else "bad-json-line"
            faults.append(Fault(code, row, line, values))
            continue
        for key, value in values.items():
            column = columns.setdefault(key, [])
            column += [None] * (len(rows) - len(column))
            column.append(value)
        rows.append(row)
    arrays = {}
    for key, column in columns.items():
        column += [None] * (len(rows) - len(column))
        arrays[key] = _array(name, key, column, rows)
    return pa.table(arrays), faults


def _lines(data: pa.Buffer) -> Iterator[tuple[int, bytes, int]]:
    """Lines that are not blank: number, bytes, and the place of the first byte."""
    import io

    import pyarrow as pa

    start = 0
    for number, raw in enumerate(io.BufferedReader(pa.BufferReader(data)), 1):
        if raw.strip():
            yield number, raw, start
        start += len(raw)


def read_object(raw: bytes, start: int) -> dict[str, Any] | str:
    """The object on a line, or what is wrong with it."""
    wrong = not_utf8(raw, start)
    if wrong:
        return wrong
    try:
        value = json.loads(raw, object_pairs_hook=_once)
        if b"\\u" in raw:
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        return f"{error.msg} at character {error.colno}"
    except UnicodeEncodeError:
        return "half of a surrogate pair, which is no text"
    except (ValueError, RecursionError) as error:
        return str(error)
    return value if isinstance(value, dict) else f"{_article(value)} instead of an object"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"key {next(key for key in keys if keys.count(key) > 1)!r} stands twice")
    return found


def _article(value: Any) -> str:
    return {"list": "a list", "text": "a text", "number": "a number", "boolean": "a boolean"}.get(
        _KINDS.get(type(value), ""), "null"
    )


def _array(name: str, key: str, values: list[Any], rows: list[int]) -> pa.ChunkedArray:
    import pyarrow as pa

    kinds: dict[str, list[int]] = {}
    for position, value in enumerate(values):
        if value is not None:
            kinds.setdefault(_KINDS[type(value)], []).append(position)
    if len(kinds) > 1:
        raise ColumnError(
            "mixed-types",
            f"column {key!r} of {name} holds {' and '.join(kinds)}",
            details=[
                f"row {count(rows[at[0]])}: {kind}, {json.dumps(values[at[0]])[:60]} ({plural(len(at), 'row')})"
                for kind, at in kinds.items()
            ],
            expected="values of one type in each column",
            where=f"{name}, column {key!r}, row {count(rows[max(at[0] for at in kinds.values())])}",
            next=f"write {key!r} as one type in every line",
        )
    kind = next(iter(kinds), "")
    if kind == "number":
        return pa.chunked_array([_numbers(values)])
    if kind == "text":
        return moments(pa.chunked_array([pa.array(values, pa.string())]))
    try:
        return pa.chunked_array([pa.array(values)])
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        # Lists or objects of no common type: kept, as the text they are, and still nested: they are no factor.
        texts = [None if value is None else [json.dumps(value, ensure_ascii=False)] for value in values]
        return pa.chunked_array([pa.array(texts, pa.list_(pa.string()))])


def _numbers(values: list[Any]) -> pa.Array:
    import pyarrow as pa

    if all(value is None or isinstance(value, int) for value in values):
        if all(value is None or -(2**63) <= value < 2**63 for value in values):
            return pa.array(values, pa.int64())
        return pa.array([None if value is None else str(value) for value in values], pa.string())
    return pa.array([None if value is None else _float(value) for value in values], pa.float64())


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
