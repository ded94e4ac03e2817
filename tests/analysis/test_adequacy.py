"""What a test leaves out: against a naive loop, scipy and statsmodels, on planted holes and on none."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from errata.analysis.adequacy import Asked, adequacy, needed_rows, note_on_strength, sets_of, tallies
from errata.analysis.levels import Levels
from errata.analysis.tally import Axis
from errata.engine.local.tally import tally
from errata.nouns.adequacy import CHANCE, FEW, IMPOSSIBLE, LEFT_OUT, UNTESTED, Adequacy


def _solve(table: pa.Table, *columns: str, traffic: pa.Table | None = None, **more: Any) -> Adequacy:
    levels = [Levels(name, Axis(name, most=60)) for name in columns]
    sizes = [len(set(table[name].to_pylist())) for name in columns]
    given = {"strength": 2, "precision": 0.05, "judged": "@failed" in table.column_names} | more
    asked = Asked(levels=levels, sizes=sizes, **given)
    sets, _ = sets_of(asked)
    test = tally(table.to_batches(), tallies(asked, sets, test=True))
    met = None if traffic is None else tally(traffic.to_batches(), tallies(asked, sets, test=False))
    found = adequacy(asked, sets, test, met, None if traffic is None else "traffic")
    assert isinstance(found, Adequacy)
    return found


def _random(rng: np.random.Generator, rows: int, **values: int) -> pa.Table:
    columns = {name: [f"{name}{at}" for at in rng.integers(0, many, rows)] for name, many in values.items()}
    return pa.table(columns | {"@failed": rng.random(rows) < 0.1})


@pytest.mark.parametrize(("rate", "precision"), [(0.1, 0.05), (0.5, 0.05), (0.0, 0.05), (0.02, 0.01), (0.4, 0.1)])
def test_needed_rows_are_the_fewest_that_do(rate: float, precision: float) -> None:
    def half(rows: int) -> float:
        low, high = proportion_confint(rate * rows, rows, method="wilson")
        return float(high - low) / 2

    rows = needed_rows(rate, precision)
    assert half(rows) <= precision < half(rows - 1)
    assert needed_rows(rate, precision, 2.5) == int(np.ceil(2.5 * rows))


def test_needed_rows_of_a_coin_are_those_of_the_textbook() -> None:
    assert needed_rows(0.5, 0.05) == 381  # 1.96² / 4 / 0.05² = 385, less the 1.96² = 4 that Wilson's centre adds


def test_a_hole_is_found_with_its_expected_rows() -> None:
    """1,000 rows, half are a, half b; half x, half y; never a with x: 250 were expected."""
    table = pa.table({"p": ["a"] * 500 + ["b"] * 500, "q": ["y"] * 500 + ["x"] * 500, "@failed": [False] * 1000})
    found = _solve(table, "p", "q")
    (one, two) = [one for one in found.combinations if one.verdict == UNTESTED]
    assert {one.slice, two.slice} == {"p = 'a' and q = 'x'", "p = 'b' and q = 'y'"}
    assert (one.share, one.expected, one.rows) == (0.25, 250.0, 0)
    assert one.absence == IMPOSSIBLE and one.p_adjusted is not None and one.p_adjusted < 1e-50
    assert one.high == pytest.approx(1 - 0.05 ** (1 / 1000))  # nearly 3 / 1,000
    assert one.more == found.needed
    pairs = found.coverage[1]
    assert (pairs.combinations, pairs.tested, pairs.share_tested) == (4, 2, 0.5)


def test_what_chance_leaves_out_is_said_to_be_chance() -> None:
    table = pa.table({"p": ["a"] * 40 + ["b"] * 2, "q": ["y", "x"] * 20 + ["y"] * 2, "@failed": [False] * 42})
    (one,) = [one for one in _solve(table, "p", "q").combinations if one.verdict == UNTESTED]
    assert one.slice == "p = 'b' and q = 'x'" and one.absence == CHANCE
    assert one.expected == pytest.approx(42 * 2 / 42 * 20 / 42)


def test_coverage_is_that_of_a_naive_loop() -> None:
    rng = np.random.default_rng(1)
    table = _random(rng, 300, p=5, q=7, r=4)
    found = _solve(table, "p", "q", "r", strength=3)
    data = {name: table[name].to_pylist() for name in "pqr"}
    values = {name: sorted(set(data[name])) for name in "pqr"}
    for strength in (1, 2, 3):
        tested = every = covered = 0
        shares = []
        for names in itertools.combinations("pqr", strength):
            share = 0.0
            for cell in itertools.product(*(values[name] for name in names)):
                rows = sum(
                    all(data[name][at] == value for name, value in zip(names, cell, strict=True)) for at in range(300)
                )
                every, tested, covered = every + 1, tested + (rows > 0), covered + (rows >= found.needed)
                expected = np.prod([data[name].count(v) / 300 for name, v in zip(names, cell, strict=True)])
                share += float(expected) if rows else 0.0
            shares.append(share)
        one = found.coverage[strength - 1]
        assert (one.combinations, one.tested, one.covered) == (every, tested, covered)
        assert one.share_tested == pytest.approx(np.mean(shares))
        assert one.share_tested_low <= one.share_tested <= one.share_tested_high


def test_larger_combinations_of_a_hole_are_not_told_again() -> None:
    rng = np.random.default_rng(2)
    table = _random(rng, 5000, p=3, q=3, r=3)
    kept = [not (p == "p0" and q == "q0") for p, q in zip(table["p"].to_pylist(), table["q"].to_pylist(), strict=True)]
    found = _solve(table.filter(pa.array(kept)), "p", "q", "r", strength=3)
    untested = [one.slice for one in found.combinations if one.verdict == UNTESTED]
    assert untested == ["p = 'p0' and q = 'q0'"]
    assert found.coverage[2].tested == 24  # and yet three triples are counted as untested


def test_a_value_of_few_rows_stands_for_its_pairs() -> None:
    table = pa.table({"p": ["a"] * 5000 + ["b"] * 60, "q": (["x", "y"] * 2530), "@failed": [True, False] * 2530})
    found = _solve(table, "p", "q")
    assert [one.slice for one in found.combinations] == ["p = 'b'"]
    (one,) = found.combinations
    assert (one.verdict, one.rows, one.more) == (FEW, 60, found.needed - 60)
    low, high = proportion_confint(60, 5060, method="wilson")
    assert (one.share_low, one.share_high) == pytest.approx((low, high), rel=0.02)  # on the logarithm


def test_the_interval_of_a_product_holds() -> None:
    """Shares of two independent factors, 200 rows: the pointwise interval holds the true product 95 times in 100."""
    rng = np.random.default_rng(3)
    held, rounds = 0, 300
    for _ in range(rounds):
        p, q = rng.random(200) < 0.03, rng.random(200) < 0.2
        # Together they never occur, so that the combination is listed.
        table = pa.table(
            {"p": np.where(p, "a", "b"), "q": np.where(q & ~p, "x", "y"), "@failed": rng.random(200) < 0.5}
        )
        found = [one for one in _solve(table, "p", "q").combinations if one.slice == "p = 'a' and q = 'x'"]
        true = 0.03 * 0.2 * 0.97
        held += bool(found) and found[0].share_low <= true <= found[0].share_high
    assert held / rounds >= 0.92


def test_independent_factors_are_seldom_said_to_be_impossible_together() -> None:
    said = 0
    for seed in range(60):
        table = _random(np.random.default_rng(seed), 400, p=8, q=8, r=8)
        found = _solve(table, "p", "q", "r")
        said += any(one.absence == IMPOSSIBLE for one in found.combinations)
    assert said / 60 <= 0.1


def test_a_row_of_unknown_outcome_tests_nothing() -> None:
    table = pa.table({"p": ["a", "b"] * 50, "@failed": pa.array([True, None] * 50)})
    found = _solve(table, "p")
    assert (found.rows, found.rate, found.factors) == (50, 1.0, ("p",))
    (one,) = found.combinations
    assert (one.slice, one.share, one.rows, one.absence) == ("p = 'b'", 0.5, 0, LEFT_OUT)
    unjudged = _solve(table.drop_columns(["@failed"]), "p")
    assert (unjudged.rows, unjudged.rate, unjudged.needed) == (100, None, 381)


def test_traffic_says_what_is_met_and_not_tested() -> None:
    test = pa.table({"p": ["a"] * 500 + ["b"] * 500, "q": ["x", "y"] * 500, "@failed": [False] * 1000})
    traffic = pa.table({"p": ["a"] * 300 + ["c"] * 100, "q": ["x", "y"] * 150 + ["x"] * 90 + ["z"] * 10})
    found = _solve(test, "p", "q", traffic=traffic)
    untested = {one.slice: one for one in found.combinations if one.verdict == UNTESTED}
    assert list(untested) == ["p = 'c'", "q = 'z'"]
    assert untested["p = 'c'"].share == 0.25 and untested["p = 'c'"].absence == LEFT_OUT
    low, high = proportion_confint(100, 400, method="wilson")
    assert (untested["p = 'c'"].share_low, untested["p = 'c'"].share_high) == pytest.approx((low, high))
    # All ten rows of z fall to the traffic: hypergeometric, 8 cells in the family.
    p = stats.hypergeom.pmf(10, 1400, 10, 400)
    cells = 3 + 3 + 9
    rank = 4  # of the cells, p = c, then c with x, q = z, and c with z
    assert untested["q = 'z'"].p_adjusted == pytest.approx(p * cells / rank, rel=1e-6)
    values, pairs = found.coverage
    assert (values.combinations, values.tested, values.unseen) == (6, 4, 0)
    assert (pairs.combinations, pairs.tested, pairs.unseen) == (6, 4, 3)
    assert values.share_tested == pytest.approx((0.75 + 390 / 400) / 2)


def test_a_test_drawn_from_the_traffic_leaves_nothing_out_beyond_chance() -> None:
    said = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        test, traffic = _random(rng, 300, p=12, q=12), _random(rng, 3000, p=12, q=12).drop_columns(["@failed"])
        said += any(one.absence == LEFT_OUT for one in _solve(test, "p", "q", traffic=traffic).combinations)
    assert said / 60 <= 0.1


def test_rows_that_are_alike_say_less_of_what_is_absent() -> None:
    table = pa.table({"p": ["a"] * 60 + ["b"] * 60, "q": ["y"] * 60 + ["x"] * 60, "@failed": [False] * 120})
    alone, alike = _solve(table, "p", "q"), _solve(table, "p", "q", alike=20.0)
    assert alone.combinations[0].absence == IMPOSSIBLE and alike.combinations[0].absence == CHANCE
    assert alike.combinations[0].high == pytest.approx(1 - 0.05 ** (1 / 6))


def test_too_many_values_and_too_many_factors_are_said() -> None:
    table = pa.table({"p": [str(at) for at in range(100)], "q": ["x", "y"] * 50, "@failed": [False] * 100})
    found = _solve(table, "p", "q")
    assert found.factors == ("q",)
    assert found.left_out == ({"column": "p", "reason": "more than 60 values, too many to combine"},)
    many = Asked(
        levels=[Levels(f"f{at}", Axis(f"f{at}")) for at in range(40)], sizes=[6] * 40, strength=3, precision=0.1
    )
    sets, afforded = sets_of(many)
    assert afforded == 2 and len(sets) == 40 + 780
    assert (note_on_strength(many, afforded) or "").startswith("combinations of 2 factors: one more would be over")
    assert note_on_strength(many, 3) is None
