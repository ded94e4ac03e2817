"""Counts kept by part: counted once, in any order of parts, whatever happened meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from errata.analysis.draw import Draw
from errata.analysis.tally import Axis, Tally
from errata.core.errors import UsageError
from errata.integrations.files import open_source, parquet, table_source
from errata.store import counts
from errata.store.counts import StoredCounts
from errata.tasks.reserved import IsSame, View
from errata.verbs.counting import LOCAL

VIEW = View({"@right": IsSame("truth", "said")})
REQUESTS = [
    Tally((Axis("truth"), Axis("@right")), ("size",)),
    Tally((Axis("size", equal=(0.0, 1.0, 4)),)),
    Tally(()),
    Tally((Axis("word", most=2),)),
]


def quiet(_: str) -> None:
    pass


def rows(seed: int, many: int = 100) -> pa.Table:
    rng = np.random.default_rng(seed)
    size = rng.random(many)
    size[::9] = np.nan
    return pa.table(
        {
            "truth": pa.array([None, "a", "ü", "日"]).take(pa.array(rng.integers(0, 4, many))),
            "said": pa.array(["a", "b", "ü"]).take(pa.array(rng.integers(0, 3, many))),
            "size": size,
            "word": pa.array([f"w{k}" for k in rng.integers(0, 50, many)]),
            "row": seed * 1000 + np.arange(many),
        }
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "log"
    made.mkdir()
    for seed in range(3):
        pq.write_table(rows(seed), made / f"{seed}.parquet")
    return made


def test_kept_counts_are_those_of_one_pass(folder: Path, tmp_path: Path) -> None:
    source = open_source(str(folder))
    expected = LOCAL.answers(source, REQUESTS, VIEW, quiet)
    for parts in ((3, 0), (0, 3)):
        engine = StoredCounts(tmp_path / "counts")
        assert engine.answers(source, REQUESTS, VIEW, quiet) == expected
        assert (engine.counted, engine.kept) == parts
    assert expected[3].too_many == "word"  # type: ignore[union-attr]


def test_a_new_part_recounts_nothing(folder: Path, tmp_path: Path) -> None:
    StoredCounts(tmp_path / "counts").answers(open_source(str(folder)), REQUESTS, VIEW, quiet)
    pq.write_table(rows(7), folder / "1b.parquet")
    source = open_source(str(folder))
    engine = StoredCounts(tmp_path / "counts")
    assert engine.answers(source, REQUESTS, VIEW, quiet) == LOCAL.answers(source, REQUESTS, VIEW, quiet)
    assert (engine.counted, engine.kept) == (1, 3)


def test_another_request_is_counted_and_the_others_are_not(folder: Path, tmp_path: Path) -> None:
    source = open_source(str(folder))
    StoredCounts(tmp_path / "counts").answers(source, REQUESTS, VIEW, quiet)
    more = [*REQUESTS, Tally((Axis("said"),))]
    engine = StoredCounts(tmp_path / "counts")
    assert engine.answers(source, more, VIEW, quiet) == LOCAL.answers(source, more, VIEW, quiet)
    assert engine.counted == 3
    again = StoredCounts(tmp_path / "counts")
    assert again.answers(source, more[::-1], VIEW, quiet) == LOCAL.answers(source, more[::-1], VIEW, quiet)
    assert again.counted == 0


def test_what_a_reserved_column_is_made_of_tells_counts_apart(folder: Path, tmp_path: Path) -> None:
    source = open_source(str(folder))
    StoredCounts(tmp_path / "counts").answers(source, REQUESTS[:1], VIEW, quiet)
    other = View({"@right": IsSame("truth", "word")})
    engine = StoredCounts(tmp_path / "counts")
    assert engine.answers(source, REQUESTS[:1], other, quiet) == LOCAL.answers(source, REQUESTS[:1], other, quiet)
    assert engine.counted == 3


def test_a_sample_is_kept_too(folder: Path, tmp_path: Path) -> None:
    source = open_source(str(folder))
    draw = Draw(("row", "truth"), 50, seed=3)
    first: Any = StoredCounts(tmp_path / "counts").answers(source, [draw], VIEW, quiet)[0]
    again: Any = StoredCounts(tmp_path / "counts").answers(source, [draw], VIEW, quiet)[0]
    assert first.table.equals(again.table)
    assert len(set(first.table.column("row").to_pylist())) == 50
    pq.write_table(rows(7), folder / "0a.parquet")
    more: Any = StoredCounts(tmp_path / "counts").answers(open_source(str(folder)), [draw], VIEW, quiet)[0]
    old = set(more.table.column("row").to_pylist()) - set(range(7000, 7100))
    assert old <= set(first.table.column("row").to_pylist())


def test_another_file_of_the_name_is_counted_anew(folder: Path, tmp_path: Path) -> None:
    StoredCounts(tmp_path / "counts").answers(open_source(str(folder)), REQUESTS, VIEW, quiet)
    pq.write_table(rows(9), folder / "1.parquet")
    source = open_source(str(folder))
    engine = StoredCounts(tmp_path / "counts")
    assert engine.answers(source, REQUESTS, VIEW, quiet) == LOCAL.answers(source, REQUESTS, VIEW, quiet)
    assert (engine.counted, engine.kept) == (1, 2)


def test_counts_of_another_version_no_longer_apply(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = open_source(str(folder))
    StoredCounts(tmp_path / "counts").answers(source, REQUESTS, VIEW, quiet)
    monkeypatch.setattr(counts, "VERSION", counts.VERSION + 1)
    engine = StoredCounts(tmp_path / "counts")
    assert engine.answers(source, REQUESTS, VIEW, quiet) == LOCAL.answers(source, REQUESTS, VIEW, quiet)
    assert engine.counted == 3
    assert engine.notes == (
        "the stored counts of 3 parts were made by another version of the counting and no longer apply: counted anew",
    )


def test_useless_counts_that_cannot_be_removed_are_counted_anew(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = open_source(str(folder))
    expected = StoredCounts(tmp_path / "counts").answers(source, REQUESTS, VIEW, quiet)
    monkeypatch.setattr(counts, "VERSION", counts.VERSION + 1)

    def refused(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "unlink", refused)
    engine = StoredCounts(tmp_path / "counts")
    assert engine.answers(source, REQUESTS, VIEW, quiet) == expected
    assert engine.counted == 3 and "another version" in engine.notes[0]


@pytest.mark.parametrize("at", [0, 20, 60, 500, -1])
def test_a_flipped_bit_is_noticed(folder: Path, tmp_path: Path, at: int) -> None:
    source = open_source(str(folder))
    StoredCounts(tmp_path / "counts").answers(source, REQUESTS, VIEW, quiet)
    sheet = next(path for path in (tmp_path / "counts").rglob("*") if path.is_file())
    data = bytearray(sheet.read_bytes())
    data[at] ^= 1
    sheet.write_bytes(data)
    engine = StoredCounts(tmp_path / "counts")
    assert engine.answers(source, REQUESTS, VIEW, quiet) == LOCAL.answers(source, REQUESTS, VIEW, quiet)
    assert (engine.counted, engine.kept) == (1, 2)
    assert engine.notes == ("stored counts of 1 part are not what was written: counted anew",)


def test_a_long_file_is_counted_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "PART_ROWS", 150)
    pq.write_table(pa.concat_tables([rows(seed) for seed in range(5)]), tmp_path / "long.parquet", row_group_size=100)
    source = open_source(str(tmp_path / "long.parquet"))
    engine = StoredCounts(tmp_path / "counts")
    assert engine.answers(source, REQUESTS, VIEW, quiet) == LOCAL.answers(source, REQUESTS, VIEW, quiet)
    assert engine.counted == 3


def test_edges_are_those_that_were_chosen_first(tmp_path: Path) -> None:
    assert StoredCounts(tmp_path, "field").edges("size", lambda: (0.25, 0.5)) == (0.25, 0.5)
    assert StoredCounts(tmp_path, "field").edges("size", lambda: (9.0,)) == (0.25, 0.5)
    assert StoredCounts(tmp_path, "clinic").edges("size", lambda: (9.0,)) == (9.0,)
    assert StoredCounts(tmp_path, "field").edges("none", lambda: ()) == ()
    assert StoredCounts(tmp_path, "field").reference == {"size": [0.25, 0.5]}


def test_of_edges_that_are_made_at_once_the_first_to_be_fixed_stand(tmp_path: Path) -> None:
    many = 8
    together = Barrier(many, timeout=60)

    def choose(at: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
        engine = StoredCounts(tmp_path, "field")

        def make(*cuts: float) -> tuple[float, ...]:
            together.wait()
            return cuts

        return engine.edges("size", lambda: make(at + 0.5)), engine.edges(f"own {at}", lambda: make(float(at)))

    with ThreadPoolExecutor(many) as pool:
        chosen = list(pool.map(choose, range(many)))
    assert len({size for size, _ in chosen}) == 1
    fixed = StoredCounts(tmp_path, "field").reference
    assert fixed == {"size": list(chosen[0][0])} | {f"own {at}": [float(at)] for at in range(many)}


def test_a_killed_count_goes_on_after_the_last_part(folder: Path, tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "errata.cli", "analyze", str(folder), "--truth", "truth", "--prediction", "said"]
    argv += ["--allow-unknown", "--only", "operating-points", "--counts", str(tmp_path / "counts"), "--json"]
    # An edge file, then a sheet for each part.
    killed = subprocess.run(argv, env={**os.environ, "ERRATA_FAULT": "3"}, capture_output=True, text=True)
    assert killed.returncode == -9, killed.stderr
    sheets = [path for path in (tmp_path / "counts").glob("??/*/*") if not path.name.startswith(".")]
    assert len(sheets) == 1
    whole = subprocess.run(argv, capture_output=True, text=True)
    assert whole.returncode == 0, whole.stderr
    assert len([path for path in (tmp_path / "counts").glob("??/*/*") if not path.name.startswith(".")]) == 3
    assert whole.stdout == subprocess.run(argv, capture_output=True, text=True).stdout


def test_where_nothing_can_be_written_it_is_said(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "counts").write_text("a file, no folder")
    source = open_source(str(folder))
    engine = StoredCounts(tmp_path / "counts")
    assert engine.answers(source, REQUESTS, VIEW, quiet) == LOCAL.answers(source, REQUESTS, VIEW, quiet)
    assert "counts are not kept" in engine.notes[0]


def test_a_table_in_memory_has_no_parts(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no-parts"):
        StoredCounts(tmp_path).answers(table_source(rows(0)), REQUESTS, VIEW, quiet)
