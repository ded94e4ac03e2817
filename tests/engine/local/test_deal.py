"""Outcomes dealt anew: the same outcomes on other rows, groups kept together."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from errata.engine.local.deal import dealt


@given(sizes=st.lists(st.integers(1, 6), min_size=1, max_size=60), seed=st.integers(0, 100))
def test_nothing_is_lost_and_groups_stay_together(sizes: list[int], seed: int) -> None:
    groups = np.repeat(np.arange(len(sizes)), sizes)
    groups = groups[np.random.default_rng(seed).permutation(len(groups))]
    outcome = np.arange(len(groups), dtype=float)
    for deal in dealt(outcome, groups, 3, seed):
        assert sorted(deal) == outcome.tolist()
        if len(set(sizes)) == 1:
            # A group's outcomes come from one group, in their order but for where they begin.
            for group in range(len(sizes)):
                given_to = deal[groups == group].astype(int)
                assert len(set(groups[given_to])) == 1
                first = int(given_to.argmin())
                assert sorted(given_to) == [*given_to[first:], *given_to[:first]]


@given(rows=st.integers(1, 200), seed=st.integers(0, 100))
def test_independent_rows_are_shuffled(rows: int, seed: int) -> None:
    outcome = np.arange(rows, dtype=float)
    first, second = dealt(outcome, None, 2, seed)
    assert sorted(first) == sorted(second) == outcome.tolist()
    assert first.tolist() == next(dealt(outcome, None, 1, seed)).tolist()


def test_groups_of_many_sizes_are_dealt_among_their_like() -> None:
    sizes = np.array([1] * 100 + [2] * 100 + [50])
    groups = np.repeat(np.arange(201), sizes)
    outcome = np.repeat(np.r_[np.zeros(200), 1], sizes)  # only the one large group fails
    for deal in dealt(outcome, groups, 20, 0):
        assert deal.sum() == 50
        assert deal[:100].sum() == 0  # the groups of one row keep to themselves
