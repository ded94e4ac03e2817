from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from errata.core.errors import FileError
from errata.integrations.files import open_source, table_source
from errata.integrations.files.overlay import Overlay
from errata.integrations.files.parquet import ParquetSource

ROWS = 1000


@pytest.fixture
def overlay(tmp_path: Path) -> Overlay:
    """Predictions in row groups of 70 with an empty truth, and the truth over it in the same row groups."""
    rng = np.random.default_rng(0)
    under = pa.table({"id": range(ROWS), "truth": pa.nulls(ROWS), "said": rng.choice(["a", "b"], ROWS)})
    pq.write_table(under, tmp_path / "under.parquet", row_group_size=70)
    over = pa.table({"truth": [None if row % 7 == 0 else f"t{row}" for row in range(ROWS)]})
    pq.write_table(over, tmp_path / "over.parquet", row_group_size=70)
    sources = [ParquetSource("run:1", [(name, tmp_path / name)]) for name in ("under.parquet", "over.parquet")]
    return Overlay(sources[0], sources[1], "truth")


def expected(row: int) -> str | None:
    return None if row % 7 == 0 else f"t{row}"


def test_the_column_above_takes_the_place_of_that_below(overlay: Overlay) -> None:
    assert overlay.schema.names == ["id", "truth", "said"]
    assert overlay.column("truth").to_pylist() == [expected(row) for row in range(ROWS)]
    assert overlay.column("id").to_pylist() == list(range(ROWS))
    assert (overlay.name, overlay.rows, overlay.quarantined) == ("run:1", ROWS, ())


@pytest.mark.parametrize("rows", [1, 64, 70, 333, 5000])
@pytest.mark.parametrize("columns", [["truth", "id"], ["truth"], ["id"]])
def test_batches_line_up_whatever_their_size(overlay: Overlay, columns: list[str], rows: int) -> None:
    batches = list(overlay.batches(columns, rows))
    assert {tuple(batch.schema.names) for batch in batches} == {tuple(columns)}
    assert max(batch.num_rows for batch in batches) <= rows
    values = {name: [value for batch in batches for value in batch.column(name).to_pylist()] for name in columns}
    if "truth" in columns:
        assert values["truth"] == [expected(row) for row in range(ROWS)]
    if "id" in columns:
        assert values["id"] == list(range(ROWS))


def test_a_glance_shows_the_same_rows_of_both(overlay: Overlay) -> None:
    seen = overlay.glance(["truth", "id", "said"], 100)
    assert 50 < seen.num_rows < 200
    assert seen["truth"].to_pylist() == [expected(row) for row in seen["id"].to_pylist()]


def test_parts_are_those_of_both_and_known_by_both(overlay: Overlay) -> None:
    parts = overlay.parts()
    assert sum(part.rows for part in parts) == ROWS
    rows = [batch for part in parts for batch in part.batches(["id", "truth"])]
    assert [value for batch in rows for value in batch.column("truth").to_pylist()][:3] == [None, "t1", "t2"]
    assert {part.identity for part in parts}.isdisjoint(part.identity for part in overlay._under.parts())  # type: ignore[attr-defined]


def test_a_new_column_comes_last(tmp_path: Path) -> None:
    under = pa.table({"id": [1, 2]})
    pq.write_table(under, tmp_path / "under.parquet")
    both = Overlay(open_source(tmp_path / "under.parquet"), table_source({"truth": ["a", None]}), "truth")
    assert both.schema.names == ["id", "truth"]
    assert both.glance(["id", "truth"], 10).to_pylist() == [{"id": 1, "truth": "a"}, {"id": 2, "truth": None}]


def test_other_rows_are_refused() -> None:
    with pytest.raises(FileError) as failure:
        Overlay(table_source({"id": [1, 2]}), table_source({"truth": ["a"]}), "truth")
    assert failure.value.code == "parts-differ"


def test_a_truth_in_other_parts_is_refused(tmp_path: Path) -> None:
    """As many rows in all, but not in each file."""
    sources = []
    for name, lengths in (("id", (60, 40)), ("truth", (40, 60))):
        files = [tmp_path / f"{name}{at}.parquet" for at in range(2)]
        for file, length in zip(files, lengths, strict=True):
            pq.write_table(pa.table({name: range(length)}), file)
        sources.append(ParquetSource("run:1", [(file.name, file) for file in files]))
    both = Overlay(sources[0], sources[1], "truth")
    assert [batch.num_rows for batch in both.batches(["id", "truth"], 30)] == [30, 30, 30, 10]
    with pytest.raises(FileError) as failure:
        both.parts()
    assert failure.value.code == "parts-differ"


def test_a_truth_that_ends_early_is_refused(overlay: Overlay, monkeypatch: pytest.MonkeyPatch) -> None:
    short = list(overlay._over.batches(["truth"], 300))[:-1]
    monkeypatch.setattr(overlay._over, "batches", lambda *_: iter(short))
    with pytest.raises(FileError) as failure:
        list(overlay.batches(["id", "truth"], 70))
    assert (failure.value.code, failure.value.found) == ("parts-differ", f"{sum(map(len, short))} rows")
