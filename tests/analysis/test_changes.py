from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from errata.analysis.changes import Found, false_discovery, level_after_selection, search_changes
from errata.analysis.requests import Item
from errata.engine.local.changes import Changes

ROWS = 2000


def search(
    change: np.ndarray, codes: list[np.ndarray], groups: np.ndarray | None = None, **options: int
) -> tuple[Found, list[set[tuple[int, int]]]]:
    """What is found, and each listed slice as pairs of factor and value."""
    items = [Item(f, value, value) for f, column in enumerate(codes) for value in range(int(column.max()) + 1)]
    engine = Changes(codes, items, change, groups=groups)
    found = engine.run(search_changes(engine.population(), **{"depth": 2, "min_rows": 20, **options}))
    return found, [{(items[i].factor, items[i].low) for i in listed.items} for listed in found.listed]


def factors(rng: np.random.Generator, rows: int = ROWS) -> list[np.ndarray]:
    return [rng.integers(0, values, rows).astype(np.uint8) for values in (2, 3, 4, 5)]


def moves(rng: np.random.Generator, better: float, worse: float, rows: int = ROWS) -> np.ndarray:
    return rng.choice([-1.0, 0.0, 1.0], rows, p=[better, 1 - better - worse, worse])


def test_the_slice_that_got_worse_is_found_and_only_that() -> None:
    rng = np.random.default_rng(1)
    codes, change = factors(rng), moves(rng, 0.03, 0.03)
    inside = (codes[2] == 1) & (codes[1] == 0)
    change[inside] = moves(rng, 0.02, 0.3, int(inside.sum()))
    found, slices = search(change, codes)
    assert slices == [{(2, 1), (1, 0)}]
    assert found.listed[0].direction == 1
    assert found.listed[0].p_adjusted < 1e-4
    assert found.tried == 14 + 6 + 8 + 10 + 12 + 15 + 20


def test_turned_around_it_got_better() -> None:
    rng = np.random.default_rng(1)
    codes, change = factors(rng), moves(rng, 0.03, 0.03)
    change[codes[0] == 1] = moves(rng, 0.02, 0.12, int((codes[0] == 1).sum()))
    one, slices = search(change, codes)
    other, same = search(-change, codes)
    assert slices == same == [{(0, 1)}]
    assert [listed.direction for listed in one.listed + other.listed] == [1, -1]
    assert one.listed[0].p == pytest.approx(other.listed[0].p)


def test_a_version_that_is_worse_everywhere_has_no_worse_slice() -> None:
    rng = np.random.default_rng(2)
    found, slices = search(moves(rng, 0.02, 0.12), factors(rng))
    assert slices == []
    assert found.tried > 0


def test_losses_that_rose_are_found_too() -> None:
    rng = np.random.default_rng(3)
    codes, change = factors(rng), rng.normal(0, 1, ROWS)
    change[codes[3] == 2] += 0.4
    assert search(change, codes)[1] == [{(3, 2)}]


@pytest.mark.parametrize("kind", ["failures", "losses", "groups", "worse everywhere"])
def test_chance_is_listed_in_at_most_5_of_100(kind: str) -> None:
    rng = np.random.default_rng(4)
    alarms = 0
    for _ in range(100):
        codes, groups = factors(rng), None
        if kind == "failures":
            change = moves(rng, 0.05, 0.05)
        elif kind == "worse everywhere":
            change = moves(rng, 0.03, 0.07)
        elif kind == "losses":
            change = rng.standard_t(3, ROWS)
        else:
            groups = np.repeat(np.arange(ROWS // 10), 10)
            change = np.repeat(moves(rng, 0.1, 0.1, ROWS // 10), 10) * (rng.random(ROWS) < 0.6)
            codes[0] = np.repeat(rng.integers(0, 2, ROWS // 10), 10).astype(np.uint8)
            codes[2] = np.repeat(rng.integers(0, 4, ROWS // 10), 10).astype(np.uint8)
        alarms += bool(search(change, codes, groups)[0].listed)
    # 5 expected at most, and three standard deviations are 6.5.
    assert alarms <= 11


def test_an_effect_of_20_points_in_one_twelfth_of_the_samples_is_found() -> None:
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(30):
        codes, change = factors(rng), moves(rng, 0.05, 0.05)
        inside = (codes[2] == 1) & (codes[1] == 0)
        change[inside] = moves(rng, 0.03, 0.25, int(inside.sum()))
        hits += {(2, 1), (1, 0)} in search(change, codes)[1]
    assert hits >= 24


def test_groups_keep_a_single_family_from_being_a_slice() -> None:
    rng = np.random.default_rng(6)
    codes, change = factors(rng), moves(rng, 0.02, 0.02)
    groups = np.arange(ROWS) // 4
    # One group of 60 rows changed as one, and is nearly all of a value.
    family = np.arange(60)
    change[family], groups[family] = 1.0, 0
    codes[3][:] = np.where(np.isin(np.arange(ROWS), family), 4, rng.integers(0, 4, ROWS))
    assert search(change, codes)[1][0] == {(3, 4)}
    assert search(change, codes, np.unique(groups, return_inverse=True)[1])[1] == []


def test_nothing_that_changed_is_nothing_to_find() -> None:
    rng = np.random.default_rng(7)
    assert search(np.zeros(ROWS), factors(rng))[1] == []
    assert search(np.ones(ROWS), factors(rng))[1] == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_adjusted_values_are_those_of_benjamini_and_hochberg(values: list[float]) -> None:
    p = np.array(values)
    assert false_discovery(p) == pytest.approx(false_discovery_control(p), abs=1e-12)


def test_the_more_was_tried_the_wider_is_a_listed_interval() -> None:
    assert level_after_selection(4, 1000) == pytest.approx(0.0002)
    assert level_after_selection(1000, 1000) == 0.05
