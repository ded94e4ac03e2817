"""Uniform samples of rows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import chisquare

from errata.analysis.draw import Draw, priorities
from errata.analysis.tally import Axis, Tally
from errata.engine.local.answers import answers


def batches(rows: int, size: int) -> list[pa.RecordBatch]:
    table = pa.table({"row": np.arange(rows), "word": pa.array([f"w{k % 7}" for k in range(rows)]).dictionary_encode()})
    return table.to_batches(max_chunksize=size)


def test_a_sample_of_few_rows_is_all_of_them_in_order() -> None:
    (drawn,) = answers(batches(50, 20), [Draw(("row", "word"), 100)])
    assert drawn.table.column("row").to_pylist() == list(range(50))


@pytest.mark.parametrize("size", [7, 64, 1000])
def test_the_sample_does_not_depend_on_the_batches(size: int) -> None:
    (whole,) = answers(batches(10_000, 10_000), [Draw(("row",), 100, seed=3)])
    (pieces,) = answers(batches(10_000, size), [Draw(("row",), 100, seed=3)])
    assert whole.table.equals(pieces.table.combine_chunks())
    assert len(whole.table) == 100


def test_samples_of_parts_are_the_sample_of_the_whole() -> None:
    draw = Draw(("row",), 30, seed=1)
    parts = [answers(batches(400, 100), [draw], part=number)[0] for number in range(5)]
    together = parts[0] + parts[1] + parts[2] + parts[3] + parts[4]
    every = np.concatenate([priorities(1, number, 0, 400) for number in range(5)])
    assert sorted(together.priorities) == sorted(every)[:30]
    with pytest.raises(ValueError, match="different draws"):
        parts[0] + answers(batches(10, 10), [Draw(("row",), 30, seed=2)])[0]


def test_every_row_is_as_likely_as_any_other() -> None:
    times = np.zeros(50)
    for seed in range(2000):
        times[np.argsort(priorities(seed, 0, 0, 50))[:10]] += 1
    assert chisquare(times).pvalue > 1e-3


def test_tallies_and_draws_are_answered_in_the_order_asked() -> None:
    draw, tally = Draw(("row",), 5), Tally((Axis("word"),))
    first, second, third = answers(batches(100, 10), [draw, tally, Draw(("word",), 200)])
    assert (first.draw, second.tally, second.total, len(third.table)) == (draw, tally, 100, 100)
