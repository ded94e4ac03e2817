"""JSON lines: read at once by Arrow; what Arrow cannot read is read line by line, and each bad line is named.

Values that hold values stay as they are; a key that a line lacks is a missing value there.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from errata.integrations.files.faults import faults_error
from errata.integrations.files.json_lines import read_lines
from errata.integrations.files.table import TableSource, no_rows
from errata.integrations.files.times import moments

if TYPE_CHECKING:
    import pyarrow as pa

_BLOCK = 4 << 20
_LARGEST_BLOCK = (1 << 31) - 2
_PIECE = 16 << 20
_BOM = b"\xef\xbb\xbf"


def open_jsonl(name: str, data: pa.Buffer, *, quarantine: bool, tz: str | None) -> TableSource:
    """A source over JSON lines, all of it read. Raises FileError, ColumnError or ValueFault.

    ``quarantine`` keeps lines that are no JSON object (or no UTF-8) aside. Whole numbers beyond 64 bits are text.
    """
    import pyarrow as pa

    data = data[len(_BOM) :] if data[:3].to_pybytes() == _BOM else data
    try:
        table = _read(data) if _is_utf8(data) else None
    except (pa.ArrowInvalid, UnicodeDecodeError):
        table = None
    if table is not None and not _beyond_64_bits(table):
        return TableSource(name, table, tz=tz)  # Arrow refuses a key that stands twice in a line
    table, faults = read_lines(name, data)
    if faults and not quarantine:
        raise faults_error(name, faults, "one JSON object on each line, in UTF-8")
    if table.num_rows == 0:
        raise no_rows(name, len(faults))
    return TableSource(name, table, quarantined=tuple(fault.bad_row for fault in faults), tz=tz)


def _read(data: pa.Buffer) -> pa.Table:
    from pyarrow import types

    table = _parse(data, None)
    times = [field.name for field in table.schema if types.is_timestamp(field.type)]
    if times:  # on its way to a timestamp Arrow drops the offset: such columns are read again, as the text they are
        table = _parse(data, times)
    for position, field in enumerate(table.schema):
        if types.is_string(field.type):
            table = table.set_column(position, field.name, moments(table.column(position)))
    return table


def _parse(data: pa.Buffer, as_text: list[str] | None) -> pa.Table:
    import pyarrow as pa
    from pyarrow import json

    schema = pa.schema([(column, pa.string()) for column in as_text]) if as_text else None
    block = _BLOCK
    while True:
        try:
            return json.read_json(
                pa.BufferReader(data),
                read_options=json.ReadOptions(block_size=block),
                parse_options=json.ParseOptions(explicit_schema=schema),
            )
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error) or block > data.size or block >= _LARGEST_BLOCK:
                raise
            block = min(block * 16, _LARGEST_BLOCK)  # a line longer than a block


def _is_utf8(data: pa.Buffer) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, data.size, _PIECE):
            decoder.decode(data[start : start + _PIECE].to_pybytes(), final=start + _PIECE >= data.size)
    except UnicodeDecodeError:
        return False
    return True


def _beyond_64_bits(table: pa.Table) -> bool:
    """Whether a float column may stand for whole numbers that no int64 holds: Arrow rounds them."""
    import pyarrow.compute as pc
    from pyarrow import types

    floats = [column for column in table.columns if types.is_floating(column.type)]
    return any((pc.max(pc.abs(column)).as_py() or 0) >= 2.0**63 for column in floats)
