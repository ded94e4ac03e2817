"""The rate over two factors: against statsmodels' logit, on planted cells and on none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from benchmarks.groups import solved
from errata.analysis.heatmap import additive, heatmap
from errata.analysis.levels import Levels
from errata.analysis.tally import Axis
from errata.nouns.heatmap import HeatCell, Heatmap


def _solve(table: pa.Table, *columns: str, given: bool = False, effect: float = 1.0) -> Heatmap | str:
    asking = heatmap([Levels(name, Axis(name)) for name in columns], given=given, effect=effect)
    found: Heatmap | str = solved(asking, table)
    return found


def _found(table: pa.Table, *columns: str, **more: Any) -> Heatmap:
    found = _solve(table, *columns, **more)
    assert isinstance(found, Heatmap)
    return found


def _cell(found: Heatmap, a: str, b: str) -> HeatCell:
    return next(one for one in found.cells if (found.a.values[one.a], found.b.values[one.b]) == (a, b))


def _of(cells: list[tuple[str, str, int, int]]) -> pa.Table:
    columns: dict[str, list[Any]] = {"p": [], "q": [], "@failed": []}
    for p, q, rows, failed in cells:
        columns["p"] += [p] * rows
        columns["q"] += [q] * rows
        columns["@failed"] += [True] * failed + [False] * (rows - failed)
    return pa.table(columns)


def test_a_cell_has_its_counts_and_wilsons_interval() -> None:
    found = _found(
        _of([("a", "x", 100, 10), ("a", "y", 50, 5), ("b", "x", 40, 4), ("b", "y", 10, 8)]), "p", "q", given=True
    )
    one = _cell(found, "b", "x")
    assert (one.rows, one.failed, one.rate, one.slice) == (40, 4, 0.1, "p = 'b' and q = 'x'")
    assert (one.low, one.high) == pytest.approx((0.03958, 0.23052), abs=1e-5)
    assert [cell.few for cell in found.cells] == [False, False, False, True]
    assert (found.rows, found.failed, found.rate) == (200, 27, 0.135)


def _logit(rows: np.ndarray, failed: np.ndarray) -> Any:
    a, b = np.nonzero(rows)
    design = np.column_stack(
        [np.ones(len(a)), *(a == at for at in range(1, rows.shape[0])), *(b == at for at in range(1, rows.shape[1]))]
    ).astype(float)
    counts = np.column_stack([failed[a, b], (rows - failed)[a, b]])
    return sm.GLM(counts, design, family=sm.families.Binomial()).fit(), (a, b)


def test_what_two_factors_explain_is_statsmodels_logit() -> None:
    rng = np.random.default_rng(0)
    rows = rng.integers(20, 200, (4, 5)).astype(float)
    rows[1, 2] = 0
    failed = rng.binomial(rows.astype(int), 0.05 + 0.1 * rng.random((4, 5))).astype(float)
    fit = additive(rows, failed)
    model, (a, b) = _logit(rows, failed)
    assert fit.failed[a, b] == pytest.approx(model.fittedvalues * rows[a, b], abs=1e-4)
    assert (fit.deviance, fit.freedom) == (pytest.approx(model.deviance, abs=1e-4), model.df_resid)
    assert fit.leverage[a, b] == pytest.approx(model.get_hat_matrix_diag(), abs=1e-4)


def test_a_table_in_two_pieces_has_its_own_freedom() -> None:
    """Two blocks that share no value: four cells each, one degree of freedom each."""
    rows = np.zeros((4, 4))
    rows[:2, :2] = rows[2:, 2:] = 50
    assert additive(rows, rows * 0.2).freedom == 2
    assert additive(rows, rows * 0.2).deviance == pytest.approx(0.0, abs=1e-9)


@settings(max_examples=40)
@given(arrays(np.int64, (3, 4), elements=st.integers(0, 60)), st.integers(0, 10**6))
def test_the_fit_keeps_every_sum(rows: np.ndarray, seed: int) -> None:
    if not rows.any():
        return
    failed = np.random.default_rng(seed).binomial(rows, 0.3)
    fit = additive(rows.astype(float), failed.astype(float))
    assert np.all(fit.failed >= 0) and np.all(fit.failed <= rows + 1e-9)
    for axis in (0, 1):
        assert fit.failed.sum(axis=axis) == pytest.approx(failed.sum(axis=axis), abs=0.02)
    assert fit.deviance >= 0 and fit.freedom >= 0


def test_a_planted_cell_is_found_and_its_like_are_not() -> None:
    cells = [(p, q, 400, 40) for p in "abcd" for q in "wxyz"]
    cells[5] = ("b", "x", 400, 120)
    found = _found(_of(cells), "p", "q", given=True)
    beyond = {one.slice: one for one in found.cells if one.beyond and one.excess > 0}
    assert list(beyond) == ["p = 'b' and q = 'x'"]
    one = beyond["p = 'b' and q = 'x'"]
    assert one.excess == pytest.approx(120 - 400 * one.expected) and one.excess > 30
    assert found.p < 1e-6


def test_main_effects_alone_are_no_finding() -> None:
    """Odds of failing twice as high in b, three times in y: at most one table in twenty shows a cell, and p is even."""
    shown, p = 0, []
    rng = np.random.default_rng(99)
    for _ in range(300):
        rows = 3000
        a, b = rng.integers(0, 4, rows), rng.integers(0, 5, rows)
        odds = 0.1 * 2.0 ** (a == 1) * 3.0 ** (b == 2)
        table = pa.table({"p": a, "q": b, "@failed": rng.random(rows) < odds / (1 + odds)})
        found = _found(table, "p", "q", given=True)
        shown += any(one.beyond for one in found.cells)
        p.append(found.p)
    assert shown / 300 <= 0.07
    assert stats.kstest(p, "uniform").pvalue > 0.01


def test_dependent_rows_count_for_fewer() -> None:
    cells = [(p, q, 400, 40) for p in "ab" for q in "xy"]
    cells[0] = ("a", "x", 400, 80)
    alone, grouped = (_found(_of(cells), "p", "q", given=True, effect=effect) for effect in (1.0, 20.0))
    assert alone.p < 0.05 < grouped.p and grouped.deviance == pytest.approx(alone.deviance / 20)
    assert _cell(grouped, "a", "x").high - _cell(grouped, "a", "x").low > 0.3


def test_the_two_factors_that_say_most_are_taken() -> None:
    rng = np.random.default_rng(1)
    rows = 4000
    data = {name: rng.integers(0, many, rows) for name, many in (("few", 2), ("noise", 9), ("strong", 4), ("weak", 3))}
    rate = 0.1 + 0.15 * (data["strong"] == 1) + 0.06 * (data["weak"] == 2)
    table = pa.table(data | {"@failed": rng.random(rows) < rate})
    found = _found(table, "few", "noise", "strong", "weak")
    assert (found.a.column, found.b.column) == ("strong", "weak")
    assert found.a.evidence is not None and found.b.evidence is not None and found.a.evidence > found.b.evidence > 2


def test_values_beyond_what_can_be_shown_are_said() -> None:
    rng = np.random.default_rng(2)
    table = pa.table({"p": rng.integers(0, 40, 2000), "q": ["x", "y"] * 1000, "r": ["u", "u", "v", "w"] * 500,
                      "@failed": rng.random(2000) < 0.2})  # fmt: skip
    found = _found(table, "p", "q", given=True)
    assert len(found.a.values) == 30 and found.notes[0].startswith("the 30 most frequent of 40 values of p are shown")
    chosen = _found(table, "p", "q", "r")
    assert {chosen.a.column, chosen.b.column} == {"q", "r"}
    assert chosen.left_out[0]["column"] == "p" and chosen.left_out[0]["reason"].startswith("40 values, more than")


def test_a_cell_that_the_fit_follows_says_nothing() -> None:
    """Alone in its row and its column, a cell has a parameter of its own."""
    cells = [(p, q, 100, 10) for p in "ab" for q in "xy"]
    found = _found(_of([*cells, ("c", "z", 50, 50)]), "p", "q", given=True)
    alone = _cell(found, "c", "z")
    assert (alone.rate, alone.expected, alone.p_adjusted, alone.beyond) == (1.0, pytest.approx(1.0), 1.0, False)


def test_what_has_no_two_factors_is_said() -> None:
    table = pa.table({"p": ["a"] * 10, "q": ["x", "y"] * 5, "@failed": [True, False] * 5})
    assert _solve(table, "p", "q", given=True) == "p has one value only among the rows of known outcome"
    assert _solve(table, "p", "q") == "fewer than two factors have values to tell apart"


def test_labels_beside_an_axis_are_short() -> None:
    cut = Levels("x", Axis("x", edges=(-3.0, -1.5, 2.0)), (-3.0, -1.5, 2.0))
    assert [cut.short(at) for at in range(4)] == ["< -3", "-3 – -1.5", "-1.5–2", "≥ 2"]
    assert cut.short(None) == "missing" and Levels("x", Axis("x")).short(True) == "true"
    assert str(cut.condition(1).text if (cut.condition(1)) else "") == "-3 <= x and x < -1.5"
    assert Levels("x", Axis("x")).condition(float("inf")) is None
