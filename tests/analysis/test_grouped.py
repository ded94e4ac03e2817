from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.analysis.dependence import intraclass
from errata.analysis.figures import grouped_effect
from errata.analysis.grouped import correlation, rate_of

ROWS = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=60)


@given(ROWS)
def test_the_design_effect_from_counts_is_that_of_the_rows(rows: list[tuple[int, bool]]) -> None:
    groups = np.array([group for group, _ in rows])
    hits = np.array([hit for _, hit in rows])
    found = rate_of(groups, np.ones(len(rows), np.int64), hits.astype(np.int64))
    expected = grouped_effect(hits.astype(float), groups.astype(np.int64), np.ones(len(rows), bool))
    assert found.effect == pytest.approx(expected)
    assert (found.rows, found.hits) == (len(rows), int(hits.sum()))


@given(ROWS)
def test_so_is_the_intraclass_correlation(rows: list[tuple[int, bool]]) -> None:
    groups = np.unique([group for group, _ in rows], return_inverse=True)[1]
    hits = np.array([hit for _, hit in rows], float)
    sizes, sums = np.bincount(groups).astype(float), np.bincount(groups, hits)
    assert correlation(sizes, sums, np.ones(len(sizes))) == pytest.approx(intraclass(hits, groups.astype(np.int64)))


def test_rows_without_a_group_depend_on_nobody() -> None:
    cells = rate_of(np.array([-1, -1, 0]), np.array([5, 3, 4]), np.array([5, 0, 4]))
    groups = np.array([*range(1, 9), 0, 0, 0, 0])
    hits = np.array([1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1])
    assert cells.effect == pytest.approx(grouped_effect(hits.astype(float), groups, np.ones(12, bool)))
    alone = rate_of(None, np.array([5, 3]), np.array([5, 0]))
    assert (alone.value, alone.effect) == (5 / 8, 1.0)
    assert rate_of(None, np.zeros(0, np.int64), np.zeros(0, np.int64)).interval == (None, None)
