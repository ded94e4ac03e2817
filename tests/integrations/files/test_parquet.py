"""Parquet: one file or many, each column when it is asked for."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from errata.core.errors import ColumnError, ErrataError, FileError
from errata.integrations.files import open_source


def written(path: Path, **columns) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return path


def refused(path: Path, code: str) -> ErrataError:
    with pytest.raises((FileError, ColumnError)) as caught:
        source = open_source(path)
        for name in source.schema.names:
            source.column(name)
    assert caught.value.code == code
    assert caught.value.next
    return caught.value


def test_parts_of_a_folder_are_read_in_the_order_of_their_names(tmp_path: Path):
    written(tmp_path / "b.parquet", label=["z", "y"], n=[3, 4])
    written(tmp_path / "a.parquet", n=[1, 2], label=["x", "y"])
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / ".a.parquet.crc").touch()
    for source in (open_source(tmp_path), open_source(f"{tmp_path}/*.parquet")):
        assert source.schema.names == ["n", "label"]
        assert source.column("n").to_pylist() == [1, 2, 3, 4]
        column = source.column("label")
        assert column.to_pylist() == ["x", "y", "z", "y"]
        assert {chunk.dictionary.to_string() for chunk in column.chunks} == {pa.array(["x", "y", "z"]).to_string()}


def test_folders_named_key_and_value_are_columns(tmp_path: Path):
    written(tmp_path / "day=2026-01-01" / "part.parquet", n=[1, 2])
    written(tmp_path / "day=2026-01-02" / "part.parquet", n=[3])
    source = open_source(tmp_path)
    assert source.schema.names == ["n", "day"]
    assert source.column("day").to_pylist() == ["2026-01-01", "2026-01-01", "2026-01-02"]


def test_one_match_of_a_pattern_is_read_whatever_its_format(tmp_path: Path):
    (tmp_path / "preds.csv").write_text("a,b\n1,2\n")
    assert open_source(f"{tmp_path}/*.csv").rows == 1


def test_a_pattern_that_matches_other_formats_lists_them(tmp_path: Path):
    written(tmp_path / "a.parquet", n=[1])
    (tmp_path / "b.csv").write_text("n\n1\n")
    with pytest.raises(FileError) as caught:
        open_source(f"{tmp_path}/*")
    assert (caught.value.code, caught.value.details) == ("not-parquet", [str(tmp_path / "b.csv")])


def test_a_part_under_a_wrong_name_says_what_it_is(tmp_path: Path):
    written(tmp_path / "a.parquet", n=[1])
    (tmp_path / "b.parquet").write_text("n\n1\n")
    assert "looks like CSV" in refused(tmp_path, "not-what-its-name-says").message


def test_a_column_that_one_part_lacks_is_named_with_the_part(tmp_path: Path):
    written(tmp_path / "a.parquet", n=[1], label=["x"])
    written(tmp_path / "b.parquet", n=[1])
    error = refused(tmp_path, "schemas-differ")
    assert error.where == f"{tmp_path / 'b.parquet'}, column 'label'"
    assert error.found == f"{tmp_path / 'b.parquet'} has no column 'label', {tmp_path / 'a.parquet'} has"


def test_a_column_of_another_type_is_named_with_both_types(tmp_path: Path):
    written(tmp_path / "a.parquet", n=[1])
    written(tmp_path / "b.parquet", n=[1.5])
    error = refused(tmp_path, "schemas-differ")
    assert error.found == f"int64 in {tmp_path / 'a.parquet'}, double in {tmp_path / 'b.parquet'}"


def test_a_part_whose_column_is_all_missing_agrees_with_the_others(tmp_path: Path):
    written(tmp_path / "a.parquet", n=pa.nulls(1), label=pa.nulls(1))
    written(tmp_path / "b.parquet", n=[2], label=["x"])
    source = open_source(tmp_path)
    assert source.column("n").to_pylist() == [None, 2]
    assert source.column("label").to_pylist() == [None, "x"]


def test_times_with_a_zone_here_and_without_one_there(tmp_path: Path):
    written(tmp_path / "a.parquet", t=pa.array([0], pa.timestamp("us")))
    written(tmp_path / "b.parquet", t=pa.array([0], pa.timestamp("us", "UTC")))
    assert refused(tmp_path, "mixed-times").where == f"{tmp_path / 'b.parquet'}, column 't'"


def test_text_that_mixes_times_with_and_without_an_offset(tmp_path: Path):
    path = written(tmp_path / "a.parquet", t=["2026-01-31T09:00:00Z", None, "2026-01-31T09:00:00"])
    with pytest.raises(ErrataError, match="mixes times") as caught:
        open_source(path).column("t")
    assert caught.value.details == [
        "row 1: 2026-01-31T09:00:00Z has an offset (1 such)",
        "row 3: 2026-01-31T09:00:00 has none (1 such)",
    ]


def test_duplicate_names_are_all_listed(tmp_path: Path):
    table = pa.Table.from_arrays([pa.array([1])] * 5, ["a", "b", "a", "b", "c"])
    pq.write_table(table, tmp_path / "a.parquet")
    assert refused(tmp_path / "a.parquet", "duplicate-columns").details == ["'a': columns 1, 3", "'b': columns 2, 4"]


def test_no_rows_and_no_columns(tmp_path: Path):
    refused(written(tmp_path / "a.parquet", n=pa.array([], pa.int64())), "no-rows")
    pq.write_table(pa.table({}), tmp_path / "b.parquet")
    refused(tmp_path / "b.parquet", "no-columns")


def test_names_with_dots_are_names(tmp_path: Path):
    path = written(tmp_path / "a.parquet", **{"a": ["x"], "a.b": ["y"], "a.b.c": [1], "s": [{"b": "z"}]})
    source = open_source(path)
    assert [source.column(name).to_pylist() for name in source.schema.names] == [["x"], ["y"], [1], [{"b": "z"}]]


def test_all_types_come_in_their_normal_form(tmp_path: Path):
    text = pa.dictionary(pa.int32(), pa.string())
    path = written(
        tmp_path / "a.parquet",
        large=pa.array(["x", None], pa.large_string()),
        category=pa.DictionaryArray.from_arrays(pa.array([0, 1], pa.int8()), pa.array(["x", "y"], pa.large_string())),
        levels=pa.DictionaryArray.from_arrays(pa.array([0, 1], pa.int8()), pa.array([10, 20])),
        decimal=pa.array([1, 2], pa.decimal128(5, 2)),
        half=pa.array([0.5, 1.5], pa.float16()),
        small=pa.array([1, 2], pa.int8()),
        paris=pa.array([0, 1], pa.timestamp("ms", "Europe/Paris")),
        day=pa.array([0, 1], pa.date32()),
        flag=pa.array([True, None]),
    )
    source = open_source(path)
    assert source.schema.types == [
        *(text, text, pa.int64(), pa.float64(), pa.float32(), pa.int8()),
        *(pa.timestamp("ms", "UTC"), pa.date32(), pa.bool_()),
    ]
    assert [source.column(name).type for name in source.schema.names] == source.schema.types
    assert source.column("levels").to_pylist() == [10, 20]


CONTENT = {"n": list(range(1000)), "label": [f"v{i % 7}" for i in range(1000)]}


def test_a_file_that_is_cut_short(tmp_path: Path):
    path = written(tmp_path / "a.parquet", **CONTENT)
    whole = path.read_bytes()
    for size in (4, 8, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        assert refused(path, "corrupt-parquet").where == str(path)


def test_a_page_that_is_damaged_is_found_when_its_column_is_read(tmp_path: Path):
    path = written(tmp_path / "a.parquet", **CONTENT)
    whole = path.read_bytes()
    path.write_bytes(whole[:4] + bytes(60) + whole[64:])
    assert refused(path, "corrupt-parquet").where == f"{path}, column 'n'"


def test_text_that_is_not_utf8_is_found_by_row_and_byte(tmp_path: Path):
    path = written(tmp_path / "a.parquet", label=["ok", "cafe", "ok", "cafe"])
    path.write_bytes(path.read_bytes().replace(b"cafe", b"caf\xe9"))
    error = refused(path, "invalid-utf8")
    assert error.where == f"{path}, column 'label', row 2"
    assert error.found == r"byte 0xE9 at byte 3 of b'caf\xe9'"
    assert error.message.endswith("in 2 of 4 rows")


def test_columns_of_real_predictions_are_read_one_by_one(sample_data: Path):
    source = open_source(sample_data / "predictions" / "visits_v1.parquet")
    assert source.rows == 20_190
    assert source.column("truth").value_counts().to_pylist() == [
        {"values": "rare", "counts": 10_125},
        {"values": "frequent", "counts": 10_065},
    ]
