"""JSON lines: what Python writes is read, and every bad line is named."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from errata.core.errors import ColumnError, ErrataError, FileError
from errata.integrations.files import open_source
from errata.nouns.source import BadRow


@pytest.fixture
def read(tmp_path: Path):
    def opened(content: bytes | list[dict], **options):
        path = tmp_path / "preds.jsonl"
        lines = content if isinstance(content, bytes) else "".join(json.dumps(row) + "\n" for row in content).encode()
        path.write_bytes(lines)
        return open_source(path, **options)

    return opened


def refused(read, content, code: str, **options) -> ErrataError:
    with pytest.raises((FileError, ColumnError)) as caught:
        read(content, **options)
    assert caught.value.code == code
    return caught.value


def test_a_key_that_a_line_lacks_is_missing_there(read):
    source = read([{"a": 1, "b": "x"}, {"a": 2.5}, {"b": None, "c": True}])
    assert {name: source.column(name).to_pylist() for name in source.schema.names} == {
        "a": [1.0, 2.5, None],
        "b": ["x", None, None],
        "c": [None, None, True],
    }


def test_nested_values_stay_nested(read):
    source = read([{"id": 1, "meta": {"k": [1, 2]}, "tags": ["a"]}, {"id": 2, "meta": None, "tags": []}])
    assert pa.types.is_struct(source.schema.field("meta").type)
    assert source.column("tags").to_pylist() == [["a"], []]


def test_nested_values_of_no_common_type_stay_nested_too(read):
    source = read([{"id": 1, "tags": ["a", 1]}, {"id": 2, "tags": [2]}])
    assert pa.types.is_list(source.schema.field("tags").type)
    assert source.column("id").to_pylist() == [1, 2]


def test_the_nan_that_python_writes_is_read(read):
    source = read([{"a": math.nan, "b": 1}, {"a": 0.5, "b": 2}])
    first, second = source.column("a").to_pylist()
    assert math.isnan(first) and second == 0.5


def test_whole_numbers_beyond_64_bits_are_text_and_stay_apart(read):
    source = read([{"id": 10**20}, {"id": 10**20 + 1}, {"id": 3}])
    assert source.column("id").to_pylist() == ["100000000000000000000", "100000000000000000001", "3"]


def test_offsets_count(read):
    source = read([{"t": "2026-01-31T10:00:00+02:00"}, {"t": "2026-01-31T10:00:00.5Z"}])
    assert source.column("t").to_pylist() == [
        datetime(2026, 1, 31, 8, tzinfo=UTC),
        datetime(2026, 1, 31, 10, 0, 0, 500000, tzinfo=UTC),
    ]


def test_naive_times_take_the_zone_that_is_given(read):
    rows = [{"t": "2026-01-31T10:00:00"}, {"t": "2026-07-31T10:00:00"}]
    assert read(rows).schema.types == [pa.timestamp("us")]
    berlin = read(rows, tz="Europe/Berlin").column("t").to_pylist()
    assert berlin == [datetime(2026, 1, 31, 9, tzinfo=UTC), datetime(2026, 7, 31, 8, tzinfo=UTC)]


BAD = b'{"a":1}\n{"a":\n\n{"a":2}\n[1]\n{"a":"\xe9"}\n{"a":1,"a":2}\nnull\n{"a":"\\ud800"}\n'


def test_bad_lines_are_listed_by_row_and_line(read):
    error = refused(read, BAD, "bad-json-line")
    assert error.details == [
        "row 2 (line 2): Expecting value at character 1",
        "row 4 (line 5): a list instead of an object",
        "row 5 (line 6): not UTF-8: byte 0xE9 at byte 33 of the file",
        "row 6 (line 7): key 'a' stands twice",
        "row 7 (line 8): null instead of an object",
        "row 8 (line 9): half of a surrogate pair, which is no text",
    ]
    assert BAD[33] == 0xE9
    assert error.next == "--quarantine keeps bad rows aside and counts them"


def test_quarantine_keeps_bad_lines_aside(read):
    source = read(BAD, quarantine=True)
    assert source.column("a").to_pylist() == [1, 2]
    assert [bad.row for bad in source.quarantined] == [2, 4, 5, 6, 7, 8]
    assert source.quarantined[0] == BadRow(2, "Expecting value at character 1 (line 2)")


def test_a_column_of_two_types_names_a_row_of_each(read):
    error = refused(read, [{"a": 1}, {"a": "x"}, {"a": 2}], "mixed-types")
    assert error.details == ["row 1: number, 1 (2 rows)", 'row 2: text, "x" (1 row)']


def test_lines_without_keys_have_no_columns(read):
    refused(read, b"{}\n{}\n", "no-columns")


def test_only_bad_lines_leave_nothing_to_use(read):
    refused(read, b'{"a":1\n{"a":\n', "no-rows", quarantine=True)


def test_a_depth_without_end_is_a_bad_line(read):
    content = b'{"a":1}\n{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n"
    assert refused(read, content, "bad-json-line").details[0].startswith("row 2 (line 2)")


def test_a_line_longer_than_a_block_is_read(read):
    source = read([{"a": "x" * (5 << 20)}, {"a": "y"}])
    assert source.rows == 2
