"""Agreement: published examples to their digits, statsmodels as oracle, every degenerate table, coverage in brief."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa, fleiss_kappa

from errata.analysis.agreement import SCALES, agreement, alpha, by_term, cohen, fleiss, percent
from errata.nouns.agreement import Coefficient

N = None
KRIPPENDORFF = [
    [1, 1, N, 1],
    [2, 2, 3, 2],
    [3, 3, 3, 3],
    [3, 3, 3, 3],
    [2, 2, 2, 2],
    [1, 2, 3, 4],
    [4, 4, 4, 4],
    [1, 1, 2, 1],
    [2, 2, 2, 2],
    [N, 5, 5, 5],
    [N, N, 1, 1],
    [N, N, 3, N],
]
"""Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, section C: 12 units × 4 observers."""

DIAGNOSES = """
444444 222555 233335 555555 222444 113333 333355 113334 114444 555555 144444 124444 222333 144444 224445
333335 111455 111112 224444 133555 555555 244444 224555 114444 144445 222224 111155 224444 133333 555555
"""
FLEISS = [[int(one) for one in item] for item in DIAGNOSES.split()]
"""Fleiss (1971), table 1: 30 patients × 6 psychiatrists, who are not the same for every patient."""

labels = st.sampled_from([1, 2, 3])
pairs = st.lists(st.tuples(labels, labels), min_size=2, max_size=30)


@pytest.mark.parametrize(
    ("scale", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_alpha_is_krippendorffs_own(scale: str, published: float) -> None:
    found = alpha(KRIPPENDORFF, scale)
    assert round(found.value or 0, 3) == published
    assert found.items == 11, "the twelfth unit has one label, which pairs with nothing"


def test_alpha_of_two_observers_is_krippendorffs_own() -> None:
    # Sections A and B: 10 units of a dichotomy, 12 units of nominal values.
    assert round(alpha(list(zip("0100000010", "1110010000", strict=True))).value or 0, 3) == 0.095
    assert round(alpha(list(zip("aabbdcccedda", "babbbccceddd", strict=True))).value or 0, 3) == 0.692


def test_kappa_of_many_is_fleiss_own() -> None:
    found = fleiss(FLEISS)
    assert round(found.value or 0, 3) == 0.430
    assert round(percent(FLEISS).value or 0, 3) == 0.556


@given(pairs)
def test_cohens_kappa_is_that_of_statsmodels(table: list[tuple[int, int]]) -> None:
    counts = np.zeros((3, 3))
    for one, other in table:
        counts[one - 1, other - 1] += 1
    full = [*table, *[(k, k) for k in (1, 2, 3)]]
    counts += np.eye(3)
    assert cohen(full).value == pytest.approx(cohens_kappa(counts, return_results=False), abs=1e-12)
    for weights in ("linear", "quadratic"):
        theirs = cohens_kappa(counts, wt=weights, return_results=False)
        assert cohen(full, weights).value == pytest.approx(theirs, abs=1e-12)


@given(st.lists(st.lists(labels, min_size=4, max_size=4), min_size=2, max_size=20))
def test_fleiss_kappa_is_that_of_statsmodels(table: list[list[int]]) -> None:
    full = [*table, [1, 1, 2, 3]]
    assert fleiss(full).value == pytest.approx(fleiss_kappa(aggregate_raters(np.array(full))[0]), abs=1e-12)


@given(st.permutations(range(12)), st.permutations(range(4)))
def test_the_order_of_items_and_raters_says_nothing(items: list[int], raters: list[int]) -> None:
    shuffled = [[KRIPPENDORFF[item][rater] for rater in raters] for item in items]
    for scale in ("nominal", "ordinal"):
        one, other = alpha(KRIPPENDORFF, scale), alpha(shuffled, scale)
        assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high))


@given(st.lists(st.lists(st.sampled_from([1, 2, 3, None]), min_size=3, max_size=3), max_size=12))
def test_an_interval_is_around_its_value_and_nothing_else_is_silent(table: list[list[int | None]]) -> None:
    found = agreement(table)
    for one in (found.percent, found.cohen, found.fleiss, found.alpha, *found.terms.values()):
        if one.value is None or one.low is None:
            assert one.reason and one.low is None and one.high is None
        else:
            assert one.high is not None and one.low <= one.value <= one.high <= 1
            assert one.method and not one.reason


def test_ordinal_terms_have_the_order_that_is_named() -> None:
    table = [["low", "low"], ["low", "mid"], ["high", "mid"], ["high", "high"]]
    coded = [[["low", "mid", "high"].index(term) for term in row] for row in table]
    assert alpha(table, "ordinal", ["low", "mid", "high"]).value == pytest.approx(alpha(coded, "ordinal").value)
    assert alpha(table, "ordinal").reason == "terms have no order of their own: name it"
    assert alpha(table, "ordinal", ["low", "mid"]).reason == "'high' is not in the order"


def test_sets_of_terms_that_overlap_agree_in_part() -> None:
    a, b, ab, bc = frozenset("a"), frozenset("b"), frozenset("ab"), frozenset("bc")
    table = [[a, ab], [b, b], [ab, bc], [a, a]]
    # Jaccard: ½ + 0 + ⅔ + 0; MASI: 1 − ½ · ⅔ = ⅔, and 1 − ⅓ · ⅓ = 8/9. Expected over the 56 ordered pairs of 8 labels.
    counts = {a: 3, ab: 2, b: 2, bc: 1}

    def expected(apart: dict[frozenset[frozenset[str]], float]) -> float:
        return sum(2 * counts[x] * counts[y] * d for (x, y), d in ((tuple(pair), d) for pair, d in apart.items())) / 56

    def pair(x: frozenset[str], y: frozenset[str]) -> frozenset[frozenset[str]]:
        return frozenset({x, y})

    jaccard = {pair(a, ab): 1 / 2, pair(a, b): 1, pair(a, bc): 1, pair(ab, b): 1 / 2, pair(ab, bc): 2 / 3}
    masi = {pair(a, ab): 2 / 3, pair(a, b): 1, pair(a, bc): 1, pair(ab, b): 2 / 3, pair(ab, bc): 8 / 9}
    jaccard[pair(b, bc)], masi[pair(b, bc)] = 1 / 2, 2 / 3
    assert alpha(table, "jaccard").value == pytest.approx(1 - 2 * (1 / 2 + 2 / 3) / 8 / expected(jaccard))
    assert alpha(table, "masi").value == pytest.approx(1 - 2 * (2 / 3 + 8 / 9) / 8 / expected(masi))
    assert by_term(table)["c"].value == pytest.approx(alpha([[0, 0], [0, 0], [0, 1], [0, 0]]).value)
    assert alpha([["a", "b"]], "masi").reason == "masi is of sets of terms"


def test_agreement_on_a_term_is_against_all_the_rest() -> None:
    table = [["a", "a"], ["b", "c"], ["c", "b"], ["a", "a"], ["b", "b"]]
    found = by_term(table)
    assert found["a"].value == 1.0
    assert found["b"].value == pytest.approx(alpha([[0, 0], [1, 0], [0, 1], [0, 0], [1, 1]]).value)


def test_where_nothing_can_be_said_the_reason_is() -> None:
    assert agreement([]).alpha == Coefficient(value=None, reason="no item has two labels")
    assert alpha([["a", None], [None, "b"]]).reason == "no item has two labels"
    assert cohen([["a", None], [None, "b"]]).reason == "no item has labels of both raters"
    assert cohen([["a", "a", "b"]]).reason == "Cohen's κ is of two raters, and there are 3"
    assert fleiss([["a", "a", "b"], ["a", "b", None]]).reason == (
        "Fleiss' κ needs the same number of labels an item; here 2 to 3"
    )
    for figure in (alpha, cohen, fleiss):
        same = figure([["a", "a"]] * 9)
        assert (same.value, same.reason) == (None, "all labels are the same: so would chance have it")
    assert alpha([[-1, 2]], "ratio").reason == "the ratio scale is of numbers from 0 up"
    assert alpha([["a", "b"]], "interval", ["a", "b"]).reason == "the interval scale is of numbers"
    few = alpha([["a", "a"], ["b", "b"], ["a", "b"]])
    assert (few.low, few.reason) == (None, "too few items, or unlike labels, for an interval")
    assert agreement([["a", "b"]]).percent.reason == "of one item there is no interval"


def test_perfect_agreement_is_bounded_by_how_many_items_there_are() -> None:
    few, many = (alpha([["a", "a"], ["b", "b"]] * k) for k in (10, 100))
    # 1 − (1 − 0.025^(1/20)) / differ, with differ = 2 · 20 · 20 / (40 · 39)
    assert (few.value, few.high) == (1.0, 1.0)
    assert few.low == pytest.approx(1 - (1 - 0.025 ** (1 / 20)) * 40 * 39 / 800)
    assert many.low is not None and few.low is not None and many.low > few.low


@pytest.mark.parametrize(("items", "kappa"), [(20, 0.5), (20, 0.85), (100, 0.5), (100, 0.85)])
def test_intervals_cover_as_they_promise(items: int, kappa: float) -> None:
    rng = np.random.default_rng(7)
    held = {"alpha": 0, "cohen": 0, "fleiss": 0}
    for _ in range(300):
        truth = rng.integers(0, 4, (items, 1))
        # Each rater knows the truth with probability √κ, and else draws: two of them agree beyond chance with κ.
        said = np.where(rng.random((items, 4)) < kappa**0.5, truth, rng.integers(0, 4, (items, 4)))
        gaps = [[None if rng.random() < 0.3 else int(one) for one in row] for row in said]
        found = {"alpha": alpha(gaps), "cohen": cohen(said[:, :2].tolist()), "fleiss": fleiss(said.tolist())}
        for name, one in found.items():
            held[name] += one.low is not None and one.high is not None and one.low <= kappa <= one.high
    # Three standard deviations of 300 rounds below 95 %.
    assert all(of >= 273 for of in held.values()), held


def test_the_scales_are_named() -> None:
    assert SCALES == ("nominal", "ordinal", "interval", "ratio", "jaccard", "masi")
    assert agreement(FLEISS).to_json()["fleiss"]["value"] == pytest.approx(0.430, abs=5e-4)
