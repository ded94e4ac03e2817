from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from errata.core.errors import FileError
from errata.integrations.files import open_source, table_source
from errata.nouns.source import Source

TABLE = pa.table(
    {
        "n": pa.array([1, None, -3, 2**62, 5], pa.int64()),
        "x": pa.array([0.5, float("nan"), None, -1.0, 2.0]),
        "city": pa.array(["Zürich", None, "東京", "Zürich", "Oslo"]),
        "hurt": [True, None, False, True, True],
    }
)


def _sources(folder: Path) -> dict[str, Source]:
    pq.write_table(TABLE, folder / "one.parquet", row_group_size=2)
    (folder / "parts" / "day=1").mkdir(parents=True)
    (folder / "parts" / "day=2").mkdir()
    pq.write_table(TABLE.slice(0, 3), folder / "parts" / "day=1" / "a.parquet")
    pq.write_table(TABLE.slice(3), folder / "parts" / "day=2" / "b.parquet")
    pa.feather.write_feather(TABLE, folder / "one.arrow", chunksize=2)
    paths = ("one.parquet", "parts", "one.arrow")
    return {**{path: open_source(folder / path) for path in paths}, "table": table_source(TABLE)}


@pytest.mark.parametrize("which", ["one.parquet", "parts", "one.arrow", "table"])
def test_batches_hold_each_row_once_in_order(which: str, tmp_path: Path) -> None:
    source = _sources(tmp_path)[which]
    batches = list(source.batches(["city", "n", "x", "hurt"], rows=2))
    assert max(batch.num_rows for batch in batches) <= 2
    assert batches[0].schema.names == ["city", "n", "x", "hurt"]
    whole = pa.Table.from_batches(batches)
    for name in whole.schema.names:
        assert whole.schema.field(name).type == source.schema.field(name).type
        assert str(whole.column(name).to_pylist()) == str(TABLE.column(name).to_pylist())


def test_a_folder_named_key_value_is_a_column_of_its_batches(tmp_path: Path) -> None:
    source = _sources(tmp_path)["parts"]
    batches = list(source.batches(["day"], rows=10))
    assert [value for batch in batches for value in batch.column("day").to_pylist()] == ["1", "1", "1", "2", "2"]


def test_text_that_is_no_utf8_is_named_with_its_row(tmp_path: Path) -> None:
    raw = pa.Array.from_buffers(pa.string(), 2, pa.array([b"fine", b"\xffine"]).buffers())
    pq.write_table(pa.table({"city": raw}), tmp_path / "bad.parquet")
    with pytest.raises(FileError) as error:
        list(open_source(tmp_path / "bad.parquet").batches(["city"]))
    assert error.value.code == "invalid-utf8"
    assert "row 2" in error.value.where


def test_a_part_whose_column_is_all_null_takes_the_type_of_the_others(tmp_path: Path) -> None:
    pq.write_table(pa.table({"city": pa.nulls(2)}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"city": ["Oslo"]}), tmp_path / "b.parquet")
    batches = list(open_source(tmp_path).batches(["city"]))
    assert [value for batch in batches for value in batch.column("city").to_pylist()] == [None, None, "Oslo"]


@pytest.mark.parametrize("group", [200, 5_000, 100_000])
def test_a_glance_sees_rows_from_all_over_and_both_halves_of_a_period(group: int, tmp_path: Path) -> None:
    table = pa.table({"n": range(20_000), "side": ["left", "right"] * 10_000})
    pq.write_table(table, tmp_path / "long.parquet", row_group_size=group)
    for source in (open_source(tmp_path / "long.parquet"), table_source(table)):
        seen = source.glance(["n", "side"], 1000)
        assert 750 <= seen.num_rows <= 1100
        numbers = seen.column("n").to_pylist()
        assert numbers[0] < 200 and numbers[-1] >= 19_800 and numbers == sorted(numbers)
        assert 0.4 < seen.column("side").to_pylist().count("left") / seen.num_rows < 0.6
        assert source.glance(["n", "side"], 50_000).num_rows == 20_000


def test_a_glance_at_a_folder_sees_its_columns_and_every_part(tmp_path: Path) -> None:
    seen = _sources(tmp_path)["parts"].glance(["day"], 100)
    assert seen.column("day").to_pylist() == ["1", "1", "1", "2", "2"]
