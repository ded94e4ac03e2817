"""CSV and TSV: read at once by Arrow, in parallel; when that fails, a second pass finds the rows at fault."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from errata.core.errors import FileError
from errata.core.units import plural
from errata.integrations.files.columns import refuse_duplicates
from errata.integrations.files.csv_faults import TOO_MANY, sift
from errata.integrations.files.csv_header import Header, read_header
from errata.integrations.files.faults import Fault, faults_error
from errata.integrations.files.table import TableSource, no_rows

if TYPE_CHECKING:
    import pyarrow as pa

NULL_TEXTS = ("", "NA", "N/A", "null", "NULL", "NaN", "nan")
"""Unquoted, these are a missing value; quoted, they are the text they say."""

_BLOCK = 4 << 20
_LARGEST_BLOCK = (1 << 31) - 2
# Strings of more values than this in a block are read plainly and made a dictionary when they are asked for.
_SMALL_DICTIONARY = 1000


def open_csv(name: str, data: pa.Buffer, kind: str, *, quarantine: bool, tz: str | None) -> TableSource:
    """A source over CSV or TSV (``kind``), all of it read. Raises FileError, ColumnError or ValueFault.

    Whole numbers beyond 64 bits are read as text, so that no two of them become one float. ``quarantine`` keeps rows
    that have another length than the header, are no UTF-8, or open a quote that is never closed, aside.
    """
    import pyarrow as pa

    header = read_header(name, data, kind)
    refuse_duplicates(name, list(header.columns))
    rows = data[header.end :]
    faults: list[Fault] = []
    try:
        table = _read(rows, header)
        sound = not _undecodable(table) and not _spans_lines(rows, table)
    except pa.ArrowInvalid:
        sound = False
    if not sound:
        rows, faults = sift(rows, header)
        open_quotes = sum(fault.code == "unclosed-quote" for fault in faults)
        if faults and (not quarantine or open_quotes > TOO_MANY):
            raise faults_error(name, faults, f"UTF-8, {plural(len(header.columns), 'value')} in every row")
        try:
            table = _read(rows, header)
        except pa.ArrowInvalid as error:
            raise _unparsable(name, error) from None
        if _undecodable(table):
            raise _unparsable(name, ValueError("text that is no UTF-8"))
    bad = tuple(fault.bad_row for fault in faults)
    if table.num_rows == 0:
        raise no_rows(name, len(bad))
    return TableSource(name, _large_numbers_as_text(table, rows, header), quarantined=bad, tz=tz)


def _read(rows: pa.Buffer, header: Header, columns: dict[str, pa.DataType] | None = None) -> pa.Table:
    """The table, or only ``columns`` of it as the types given. Raises pyarrow.ArrowInvalid."""
    import pyarrow as pa
    from pyarrow import csv

    parse = csv.ParseOptions(delimiter=header.delimiter, newlines_in_values=True)
    convert = csv.ConvertOptions(
        null_values=list(NULL_TEXTS),
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        auto_dict_encode=True,
        auto_dict_max_cardinality=_SMALL_DICTIONARY,
        column_types=columns,
        include_columns=list(columns) if columns else None,
    )
    if not rows.size or not rows[:_BLOCK].to_pybytes().strip():
        return pa.table({column: pa.nulls(0) for column in header.columns})
    block = _BLOCK
    while True:
        read = csv.ReadOptions(column_names=list(header.columns), block_size=block)
        try:
            return csv.read_csv(pa.BufferReader(rows), read_options=read, parse_options=parse, convert_options=convert)
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error) or block > rows.size or block >= _LARGEST_BLOCK:
                raise
            block = min(block * 16, _LARGEST_BLOCK)  # a row longer than a block


def _undecodable(table: pa.Table) -> bool:
    """Arrow reads text that is no UTF-8 as binary."""
    from pyarrow import types

    values = [kind.value_type if types.is_dictionary(kind) else kind for kind in table.schema.types]
    return any(types.is_binary(kind) for kind in values)


def _spans_lines(rows: pa.Buffer, table: pa.Table) -> bool:
    """Whether some row may stand on several lines: a text with line breaks, or a quote that somebody forgot to close.

    Arrow takes all that follows an open quote for one value, and says nothing.
    """
    lines = _count(rows, b"\n") or _count(rows, b"\r")
    last = rows[max(0, rows.size - _BLOCK) :].to_pybytes()
    if last[-1:] not in (b"\n", b"\r"):
        lines += 1
        if last.rpartition(b"\n")[2].count(b'"') % 2:
            return True
    return lines != table.num_rows or _ends_with_a_break(table)


def _ends_with_a_break(table: pa.Table) -> bool:
    texts = [column[-1].as_py() for column in table.columns] if table.num_rows else []
    return any(isinstance(text, str) and text[-1:] in ("\n", "\r") for text in texts)


def _count(data: pa.Buffer, byte: bytes) -> int:
    pieces = range(0, data.size, _BLOCK)
    return sum(data[start : start + _BLOCK].to_pybytes().count(byte) for start in pieces)


def _large_numbers_as_text(table: pa.Table, rows: pa.Buffer, header: Header) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types

    for position, field in enumerate(table.schema):
        if not types.is_floating(field.type):
            continue
        largest = pc.max(pc.abs(table.column(position))).as_py()
        if largest is None or not largest >= 2.0**63:
            continue
        text = _read(rows, header, {field.name: pa.string()}).column(field.name)
        if pc.all(pc.match_substring_regex(text, r"^[+-]?\d+$")).as_py():
            table = table.set_column(position, field.name, text)
    return table


def _unparsable(name: str, error: Exception) -> FileError:
    return FileError(
        "unparsable",
        f"{name} cannot be read as CSV",
        expected="rows of comma-separated values under one header",
        found=str(error).splitlines()[0][:200],
        where=name,
        next=f"head -c 2000 {shlex.quote(name)}",
    )
