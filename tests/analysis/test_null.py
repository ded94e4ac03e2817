"""Where nothing is to be found, a report that lists a slice is one in twenty at most.

Each test counts the files, of many without any dependence on a factor, in which a slice is listed; the limit is what
5 % would exceed once in a thousand times. benchmarks/calibration.py does the same at length.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom

from errata.analysis.null import FAMILY_WISE
from errata.analysis.requests import Item
from errata.analysis.slices import Found, search
from errata.engine.local.counter import Counter

FILES = 40
LIMIT = int(binom(FILES, FAMILY_WISE).ppf(0.999))
Made = tuple[list[NDArray[np.uint8]], NDArray[np.bool_], dict[str, NDArray[np.float64] | NDArray[np.int64]]]


def factors(rng: np.random.Generator, rows: int, count: int = 5) -> list[NDArray[np.uint8]]:
    return [rng.integers(0, 2 + k % 4, rows).astype(np.uint8) for k in range(count)]


def independent(rng: np.random.Generator, rows: int = 1_000, rate: float = 0.1, count: int = 5) -> Made:
    return factors(rng, rows, count), rng.random(rows) < rate, {}


def grouped(rng: np.random.Generator, sizes: NDArray[np.int64], alike: bool) -> Made:
    """Factors belong to groups; so does the rate at which rows fail, which no factor knows of."""
    groups = np.repeat(np.arange(len(sizes)), sizes)
    rate = (rng.random(len(sizes)) < 0.1) if alike else rng.beta(0.3, 2.7, len(sizes))
    failed = rng.random(len(groups)) < rate[groups]
    return [codes[groups] for codes in factors(rng, len(sizes))], failed, {"groups": groups}


def losses(rng: np.random.Generator, copies: int = 1) -> Made:
    groups = np.repeat(np.arange(600), copies)
    loss = rng.lognormal(0, 2, 600)[groups]
    options = {"loss": loss} if copies == 1 else {"loss": loss, "groups": groups}
    return [codes[groups] for codes in factors(rng, 600)], np.zeros(len(groups), bool), options


NOTHING: dict[str, Callable[[np.random.Generator], Made]] = {
    "independent rows": independent,
    "sixty rows": lambda rng: independent(rng, 60, 0.3, 3),
    "nearly all fail": lambda rng: independent(rng, 1_000, 0.9),
    "few fail": lambda rng: independent(rng, 2_000, 0.01),
    "groups of four copies": lambda rng: grouped(rng, np.full(250, 4), True),
    "groups of four": lambda rng: grouped(rng, np.full(250, 4), False),
    "groups of one to twenty": lambda rng: grouped(rng, rng.integers(1, 21, 150), False),
    "a few groups hold most rows": lambda rng: grouped(rng, np.minimum(rng.zipf(1.6, 200), 200), True),
    "one group holds half of the rows": lambda rng: grouped(rng, np.r_[np.full(150, 4), 600], False),
    "losses with a heavy tail": losses,
    "losses of four copies": lambda rng: losses(rng, 4),
}


def searched(made: Made, seed: int = 0) -> Found:
    codes, failed, options = made
    items = [Item(f, v, v) for f, column in enumerate(codes) for v in range(int(column.max()) + 1)]
    counter = Counter(codes, items, failed, seed=seed, **options)  # type: ignore[arg-type]
    return counter.run(search(counter.population(), depth=2, min_rows=max(5, len(failed) // 100), seed=seed))


@pytest.mark.parametrize("kind", NOTHING)
def test_nothing_is_found_where_nothing_is(kind: str) -> None:
    listed = [seed for seed in range(FILES) if searched(NOTHING[kind](np.random.default_rng(seed)), seed).listed]
    assert len(listed) <= LIMIT == 7


def test_something_is_found_where_something_is_though_rows_are_dependent() -> None:
    rng = np.random.default_rng(0)
    codes, failed, options = grouped(rng, np.full(2_000, 4), False)
    failed |= (codes[1] == 1) & (codes[2] == 2) & (rng.random(8_000) < 0.3)
    (one,) = searched((codes, failed, options)).listed
    assert one.items == (3, 7)
    assert one.effect > 1.3


def test_dependent_rows_need_more_evidence() -> None:
    rng = np.random.default_rng(1)
    codes, failed, options = grouped(rng, np.full(300, 4), True)
    failed |= (codes[1] == 1) & np.repeat(rng.random(300) < 0.12, 4)
    assert searched((codes, failed, {})).listed
    assert not searched((codes, failed, options)).listed


def test_dealing_and_the_bound_say_nearly_the_same() -> None:
    made = independent(np.random.default_rng(0), 4_000)
    dealt = searched(made).null
    assert (dealt.method, dealt.draws) == ("permutation", 499)
    codes, failed, _ = made
    items = [Item(f, v, v) for f, column in enumerate(codes) for v in range(int(column.max()) + 1)]
    counter = Counter(codes, items, failed, sample_rows=2_000)
    bound = counter.run(search(counter.population(), depth=2, min_rows=40)).null
    assert (bound.method, bound.draws) == ("bound", 0)
    assert dealt.threshold < bound.threshold < dealt.threshold + 0.4


def test_what_only_ties_with_chance_is_not_listed() -> None:
    # Two groups: dealing can only exchange them, so nothing can be stronger than what is there.
    groups = np.repeat([0, 1], 100)
    found = searched(([groups.astype(np.uint8)], groups == 1, {"groups": groups}))
    assert found.listed == ()
