from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact
from sklearn.metrics import mutual_info_score

from errata.analysis.information import (
    Cells,
    chance,
    comparable,
    entropy,
    group_scores,
    information,
    resampled,
    table_of,
)


def _cells(stratum: object, value: object, failed: object, group: object = None) -> Cells:
    """One cell a row: cells need not be put together."""
    failed = np.asarray(failed, bool)
    group = np.zeros(len(failed), np.int64) if group is None else np.asarray(group, np.int64)
    ones = np.ones(len(failed), np.int64)
    return Cells(np.asarray(stratum, np.int64), np.asarray(value, np.int64), failed, ones, group)


def _drawn(seed: int, rows: int = 300, effect: float = 0.0) -> Cells:
    rng = np.random.default_rng(seed)
    stratum, value = rng.integers(0, 4, rows), rng.integers(0, 3, rows)
    return _cells(stratum, value, rng.random(rows) < 0.3 + effect * (value == 2))


def test_information_is_that_of_scikit_learn() -> None:
    cells = _drawn(1, effect=0.3)
    alone = _cells(np.zeros(300), cells.value, cells.failed)
    assert information(table_of(alone)) == pytest.approx(mutual_info_score(cells.value, cells.failed))
    by_stratum = sum(
        (cells.stratum == z).mean()
        * mutual_info_score(cells.value[cells.stratum == z], cells.failed[cells.stratum == z])
        for z in range(4)
    )
    assert information(table_of(cells)) == pytest.approx(by_stratum)


def test_information_by_hand() -> None:
    """Of two values, one always fails and one never: the value takes away all uncertainty, ln 2."""
    cells = _cells([0, 0, 0, 0], [0, 0, 1, 1], [True, True, False, False])
    assert information(table_of(cells)) == pytest.approx(np.log(2)) == pytest.approx(entropy(2, 4))
    apart = _cells([0, 0, 1, 1], [0, 0, 1, 1], [True, True, False, False])
    assert information(table_of(apart)) == 0.0 and comparable(table_of(apart)) == 0
    assert comparable(table_of(cells)) == 4


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.booleans()), min_size=1, max_size=60))
def test_information_is_never_negative_nor_more_than_there_is(rows: list[tuple[int, int, bool]]) -> None:
    stratum, value, failed = zip(*rows, strict=True)
    found = information(table_of(_cells(stratum, value, failed)))
    assert 0 <= found <= entropy(sum(failed), len(failed)) + 1e-9
    together = _cells(stratum, np.asarray(value) % 2, failed)
    assert information(table_of(together)) <= found + 1e-9, "putting values together says no more"


def test_information_adds_up_along_the_path() -> None:
    """The chain rule: what two columns say is what one says and what the other adds."""
    rng = np.random.default_rng(3)
    one, two = rng.integers(0, 3, 500), rng.integers(0, 3, 500)
    failed = rng.random(500) < 0.1 + 0.2 * (one == 1) + 0.3 * (two == 2)
    nothing = np.zeros(500)
    both = information(table_of(_cells(nothing, one * 3 + two, failed)))
    first, second = information(table_of(_cells(nothing, one, failed))), information(table_of(_cells(one, two, failed)))
    assert both == pytest.approx(first + second)


def test_chance_is_fishers_exact_test_of_two_by_two() -> None:
    value = np.repeat([0, 1], [12, 18])
    failed = np.r_[[True] * 8, [False] * 4, [True] * 5, [False] * 13]
    cells = _cells(np.zeros(30), value, failed)
    found = chance(cells, table_of(cells), False, 4000, np.random.default_rng(0))
    exact = fisher_exact([[8, 4], [5, 13]]).pvalue
    assert found.p == pytest.approx(exact, abs=0.015)
    assert found.low > 0 if exact <= 0.025 else found.low == 0


def test_what_chance_makes_is_miller_and_madows_correction_where_rows_are_many() -> None:
    """Two degrees of freedom in each of four strata: 8/2n nats."""
    cells = _drawn(5, 4000)
    found = chance(cells, table_of(cells), False, 2000, np.random.default_rng(0))
    assert found.mean == pytest.approx(8 / (2 * 4000), rel=0.1)


def test_copies_count_once() -> None:
    cells = _drawn(6, 400, effect=0.12)
    copies = _cells(
        *(np.repeat(x, 4) for x in (cells.stratum, cells.value, cells.failed)), np.repeat(np.arange(400), 4)
    )
    alone = chance(cells, table_of(cells), False, 999, np.random.default_rng(0))
    grouped = chance(copies, table_of(copies), True, 999, np.random.default_rng(0))
    assert grouped.p == pytest.approx(alone.p, abs=0.03)
    assert grouped.mean == pytest.approx(alone.mean, rel=0.25)


def test_scores_of_groups_add_up_and_cancel_over_a_stratum() -> None:
    rng = np.random.default_rng(7)
    cells = _cells(rng.integers(0, 3, 90), rng.integers(0, 3, 90), rng.random(90) < 0.4, rng.integers(0, 12, 90))
    table = table_of(cells)
    scores, factor = group_scores(cells, table)
    dense = scores.toarray()
    expected = table.failed - table.rows * table.stratum_failed / table.stratum_rows
    assert dense.sum(axis=1) == pytest.approx(expected)
    for z in range(3):
        assert dense[table.stratum == z].sum(axis=0) == pytest.approx(np.zeros(12))
    assert (factor > 1).all()
    one_group = _cells([0, 0, 1, 1], [0, 1, 0, 1], [True, False, True, False], [0, 0, 1, 2])
    assert group_scores(one_group, table_of(one_group))[1].tolist() == [0, 0, 2, 2]


def test_resamples_of_whole_groups_are_wider() -> None:
    cells = _drawn(8, 300, effect=0.3)
    copies = _cells(
        *(np.repeat(x, 4) for x in (cells.stratum, cells.value, cells.failed)), np.repeat(np.arange(300), 4)
    )
    rows = resampled([copies], False, 200, np.random.default_rng(0))
    groups = resampled([copies], True, 200, np.random.default_rng(0))
    assert groups.shape == (200, 1)
    assert groups.std() == pytest.approx(2 * rows.std(), rel=0.3)


def test_nothing_to_tell_is_no_evidence() -> None:
    cells = _cells([0, 1, 2], [0, 1, 0], [True, False, True])
    found = chance(cells, table_of(cells), False, 99, np.random.default_rng(0))
    assert (found.mean, found.p, found.draws, found.low) == (0.0, 1.0, 0, 0.0)
