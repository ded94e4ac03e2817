"""What sets failed rows apart: risk ratios, words, pairs of classes, with their multiplicity."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from errata.analysis.naming import NAMELESS, Held, conditions, copies, name_of, pairs, terms


def test_a_condition_is_a_risk_ratio_with_katz_interval() -> None:
    (found,) = conditions([Held(0, "light", "light = 'night'", 40, 50, 100, 500)], [1.0], 1.0)[0]
    assert (found.share, found.passing_share, found.ratio) == (0.8, 0.2, pytest.approx(4.0))
    half = 1.959964 * math.sqrt(1 / 40 - 1 / 50 + 1 / 100 - 1 / 500)
    assert (found.low, found.high) == pytest.approx((4 * math.exp(-half), 4 * math.exp(half)), rel=1e-6)
    exact = float(stats.hypergeom.sf(39, 550, 140, 50))
    assert found.p_adjusted == pytest.approx(exact, rel=0.2)


def test_where_no_row_that_passed_has_it_half_a_row_does() -> None:
    (found,) = conditions([Held(0, "light", "light = 'night'", 20, 20, 0, 100)], [1.0], 1.0)[0]
    assert found.ratio == pytest.approx((20.5 / 21) / (0.5 / 101)) and found.low > 1.25


def test_each_column_says_one_thing_and_at_most_three_are_said() -> None:
    held = [Held(0, f"c{at}", f"c{at} = 1", 40 - at, 50, 100, 500) for at in range(5)]
    held += [Held(0, "c0", "c0 = 2", 30, 50, 100, 500)]
    assert [one.slice for one in conditions(held, [1.0], 1.0)[0]] == ["c0 = 1", "c1 = 1", "c2 = 1"]


def test_what_is_hardly_more_frequent_is_not_said_of_a_million_rows() -> None:
    assert conditions([Held(0, "c", "c = 1", 520_000, 10**6, 500_000, 10**6)], [1.0], 1.0) == {}


def test_copies_of_rows_do_not_make_it_surer() -> None:
    one = Held(0, "c", "c = 1", 12, 20, 30, 100)
    many = Held(0, "c", "c = 1", 48, 80, 120, 400)
    assert conditions([many], [4.0], 4.0) == conditions([one], [1.0], 1.0)
    assert copies(np.repeat(np.arange(10), 4)) == 4.0 and copies(None) == 1.0
    assert copies(np.array([0, 0, 0, 1])) == pytest.approx(2.5)


def test_no_names_where_failed_rows_are_like_those_that_passed() -> None:
    """Five clusters, forty conditions: at a false discovery rate of 5 % at most 5 % of such files have any."""
    rng = np.random.default_rng(0)
    named = 0
    for _ in range(200):
        shares = rng.uniform(0.1, 0.9, 8)
        passing = rng.binomial(400, shares)
        held = [
            Held(at, f"c{c}", f"c{c} = 1", int(rng.binomial(60, shares[c])), 60, int(passing[c]), 400)
            for at in range(5)
            for c in range(8)
        ]
        named += bool(conditions(held, [1.0] * 5, 1.0))
    assert named <= 16


def test_words_are_ranked_by_log_odds_with_a_prior() -> None:
    names = ["refund", "flight", "rare"]
    held, passing = np.array([[40.0, 50.0, 2.0]]), np.array([10.0, 200.0, 0.0])
    found = terms(names, held, np.array([60.0]), passing, 250.0, [1.0], 1.0)[0]
    assert [one.term for one in found] == ["refund"]
    one = found[0]
    # By hand: the prior is both sides' words, as many as the smaller side has (92).
    prior = (held[0] + passing) / (held.sum() + passing.sum()) * 92
    a = math.log((40 + prior[0]) / (92 + 92 - 40 - prior[0]))
    b = math.log((10 + prior[0]) / (210 + 92 - 10 - prior[0]))
    assert one.log_odds == pytest.approx(a - b)
    assert one.z == pytest.approx((a - b) / math.sqrt(1 / (40 + prior[0]) + 1 / (10 + prior[0])))
    assert (one.share, one.passing_share) == (pytest.approx(40 / 60), pytest.approx(0.04))


def test_a_pair_of_words_beside_its_word_is_said_once() -> None:
    held, passing = np.array([[40.0, 39.0, 3.0]]), np.array([1.0, 1.0, 200.0])
    found = terms(["refund", "refund money", "flight"], held, np.array([40.0]), passing, 200.0, [1.0], 1.0)[0]
    assert len(found) == 1


def test_texts_drawn_alike_have_no_words_of_their_own() -> None:
    rng = np.random.default_rng(1)
    named = 0
    for _ in range(100):
        shares = rng.uniform(0.02, 0.6, 50)
        held = rng.binomial(40, shares, size=(3, 50)).astype(float)
        passing = rng.binomial(200, shares).astype(float)
        named += bool(terms([f"w{at}" for at in range(50)], held, np.full(3, 40.0), passing, 200.0, [1.0] * 3, 1.0))
    assert named <= 8


def test_pairs_are_held_against_other_failures() -> None:
    counts = {(0, "3", "9"): 30, (0, "1", "8"): 10, (1, "3", "9"): 5, (1, "1", "8"): 55}
    found = pairs(counts, 2, [1.0, 1.0])
    first = found[0][0]
    assert (first.truth, first.prediction, first.rows, first.share) == ("3", "9", 30, 0.75)
    assert first.rest_share == pytest.approx(5 / 60) and first.p_adjusted < 1e-6
    assert found[1][0].truth == "1" and [one.truth for one in found[1]] == ["1"]  # 5 of 60 are less than a tenth


def test_a_name_is_words_then_conditions_then_a_pair() -> None:
    condition = conditions([Held(0, "light", "light = 'night'", 40, 50, 100, 500)], [1.0], 1.0)[0]
    word = terms(["refund", "b"], np.array([[40.0, 9.0]]), np.array([50.0]), np.array([1.0, 99.0]), 100.0, [1.0], 1.0)[
        0
    ]
    sure = pairs({(0, "3", "9"): 30, (1, "1", "8"): 30}, 2, [1.0, 1.0])[0]
    unsure = pairs({(0, "3", "9"): 3, (1, "3", "9"): 3}, 2, [1.0, 1.0])[0]
    assert name_of(condition, word, sure) == "refund"
    assert name_of(condition, [], sure) == "light = 'night'"
    assert name_of([], [], sure) == "3 taken for 9"
    assert name_of([], [], unsure) == NAMELESS
