"""Arrow files and streams, whole and cut short."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from errata.core.errors import ColumnError, FileError
from errata.integrations.files import open_source

TABLE = pa.table({"n": list(range(1000)), "label": [f"v{i % 7}" for i in range(1000)]})


def written(path: Path, table: pa.Table, writer=pa.ipc.new_file, **options) -> Path:
    with pa.OSFile(str(path), "wb") as file, writer(file, table.schema, **options) as sink:
        sink.write_table(table, max_chunksize=300)
    return path


def test_batches_become_one_column_with_one_dictionary(tmp_path: Path):
    source = open_source(written(tmp_path / "a.arrow", TABLE))
    assert source.rows == 1000
    column = source.column("label")
    assert {len(chunk.dictionary) for chunk in column.chunks} == {7}
    assert column.to_pylist() == TABLE["label"].to_pylist()


def test_a_column_that_is_not_there(tmp_path: Path):
    with pytest.raises(KeyError):
        open_source(written(tmp_path / "a.arrow", TABLE)).column("nope")


def test_no_rows_and_duplicate_names(tmp_path: Path):
    with pytest.raises(FileError, match="no rows"):
        open_source(written(tmp_path / "a.arrow", TABLE.slice(0, 0)))
    with pytest.raises(ColumnError) as caught:
        open_source(written(tmp_path / "b.arrow", TABLE.rename_columns(["a", "a"])))
    assert caught.value.details == ["'a': columns 1, 2"]


@pytest.mark.parametrize("writer", [pa.ipc.new_file, pa.ipc.new_stream])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_what_is_cut_short_says_so(tmp_path: Path, writer, part: float):
    path = written(tmp_path / "a.arrow", TABLE, writer)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(FileError) as caught:
        open_source(path)
    assert caught.value.code == "corrupt-arrow"
    assert caught.value.next == "write or fetch it again; compare its size with the original"


def test_damage_inside_a_compressed_column_is_found_when_it_is_read(tmp_path: Path):
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    path = written(tmp_path / "a.arrow", TABLE.select(["n"]), options=options)
    whole = path.read_bytes()
    frame = whole.index(b"\x28\xb5\x2f\xfd")
    path.write_bytes(whole[: frame + 4] + b"\xff" * 16 + whole[frame + 20 :])
    with pytest.raises(FileError) as caught:
        open_source(path).column("n")
    assert caught.value.code == "corrupt-arrow"
