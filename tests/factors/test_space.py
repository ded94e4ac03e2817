"""Points of rows: embeddings as they are, numbers by the spread of rows that passed, texts by their words."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from errata.factors.space import Columns, NoSpace, Text, Vectors


def batch(**columns: object) -> pa.RecordBatch:
    return pa.record_batch({name: pa.array(values) for name, values in columns.items()})


def every(one: pa.RecordBatch) -> np.ndarray:
    return np.arange(one.num_rows)


def test_lists_are_points_as_they_are_and_what_is_not_finite_is_left_out() -> None:
    rows = batch(v=[[1.0, 2.0], None, [float("nan"), 0.0], [3.0, 4.0], [0.0, float("inf")]])
    raw, ok = Vectors("v").read(rows, every(rows))
    assert ok.tolist() == [True, False, False, True, False]
    fitted = Vectors("v").fitted(raw, raw, 0)
    assert fitted.points(raw).tolist() == [[-1, -1], [1, 1]]  # about their middle, in one unit for both
    assert (fitted.dimensions, fitted.axes, fitted.kept) == (2, 2, 1.0)


def test_distances_survive_units_and_a_middle_that_is_far_away() -> None:
    rng = np.random.default_rng(0)
    raw = (rng.normal(size=(50, 4)) * [1, 1, 1, 0.1]).astype(np.float32)
    near = Vectors("v").fitted(raw, raw, 0).points(raw)
    for other in (raw * np.float32(1e30), raw + np.float32(1000), raw * np.float32(1e-20)):
        far = Vectors("v").fitted(other, other, 0).points(other)
        assert np.abs(far - near).max() < 1e-3


def test_a_missing_inner_number_is_no_number() -> None:
    rows = batch(v=[[1.0, None], [1.0, 2.0]])
    assert Vectors("v").read(rows, every(rows))[1].tolist() == [False, True]


def test_fixed_lists_with_missing_ones_keep_their_rows() -> None:
    values = pa.array([[1.0, 2.0], None, [5.0, 6.0]], pa.list_(pa.float32(), 2))
    rows = pa.record_batch({"v": values})
    raw, ok = Vectors("v").read(rows, np.array([1, 2]))
    assert ok.tolist() == [False, True] and raw.tolist() == [[5, 6]]


def test_lengths_that_differ_are_named_with_the_row() -> None:
    space = Vectors("v")
    space.look(batch(v=[[1.0, 2.0]] * 3), 0)
    with pytest.raises(NoSpace, match="differ in length: 2 in row 1, 3 in row 5"):
        space.look(batch(v=[[1.0, 2.0], [1.0, 2.0, 3.0]]), 3)


def test_many_dimensions_are_taken_along_their_main_axes() -> None:
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(400, 3))
    raw = (hidden @ rng.normal(size=(3, 300)) + 0.01 * rng.normal(size=(400, 300))).astype(np.float32)
    fitted = Vectors("v").fitted(raw, raw[:0], 0)
    assert (fitted.dimensions, fitted.axes) == (300, 50) and 0.999 < fitted.kept <= 1
    points = fitted.points(raw)
    width = raw.std(axis=0).max()
    apart = np.linalg.norm(raw[3] - raw[8]) / width
    assert np.linalg.norm(points[3] - points[8]) == pytest.approx(apart, rel=0.01)
    few = Vectors("v").fitted(raw[:20], raw[:0], 0)
    assert few.axes == 19  # of twenty rows no more axes vary


def test_numbers_are_less_their_median_over_the_spread_of_rows_that_passed() -> None:
    passed = np.column_stack([np.arange(100.0), np.zeros(100)])
    failed = np.array([[49.5, 1.0], [1e9, 2.0], [np.nan, 3.0]])
    fitted = Columns(("x", "flat"), scaled=True).fitted(failed, passed, 0)
    width = (74.25 - 24.75) / 1.3489795
    assert fitted.notes == ("constant, left out: flat",)
    points = fitted.points(np.array([[49.5 + width, 0], [1e9, 0], [np.nan, 0]]))
    assert points[:, 0].tolist() == pytest.approx([1, 6, 0], abs=1e-5)


def test_numbers_that_do_not_vary_are_no_space() -> None:
    with pytest.raises(NoSpace, match="no number varies: x"):
        Columns(("x",), scaled=True).fitted(np.ones((5, 1)), np.ones((40, 1)), 0)


def test_texts_have_length_one_and_their_terms() -> None:
    texts = np.array(
        ["refund my money", "refund the money please", "window seat upgrade", "upgrade to window seat"] * 5, object
    )
    fitted = Text("answer").fitted(texts, texts[:0], 0)
    points = fitted.points(texts)
    assert np.linalg.norm(points, axis=1) == pytest.approx(np.ones(20), abs=1e-5)
    assert float(points[0] @ points[1]) > float(points[0] @ points[2]) + 0.1
    assert {"refund", "window seat"} <= set(fitted.terms)
    held = fitted.held(np.array(["refund refund"], object)).toarray()[0]
    assert held[fitted.terms.index("refund")] == 1  # once, however often


def test_blank_texts_are_left_out() -> None:
    rows = batch(answer=["yes it is", " ", None, ""])
    raw, ok = Text("answer").read(rows, every(rows))
    assert ok.tolist() == [True, False, False, False] and raw.tolist() == ["yes it is"]


def test_brackets_without_end_are_no_vector() -> None:
    rows = batch(v=["[1, 2]", "[" * 100_000])
    _, ok = Vectors("v", as_text=True).read(rows, every(rows))
    assert ok.tolist() == [True, False]
