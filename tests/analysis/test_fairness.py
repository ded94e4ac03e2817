"""Gaps between groups: counts by hand and by scikit-learn, dependent rows, false alarms and power."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from benchmarks.groups import solved
from errata.analysis.fairness import FOLD, IS, SAYS, Asked, fairness
from errata.analysis.figures import grouped_effect
from errata.analysis.levels import Levels
from errata.analysis.tally import Axis
from errata.nouns.fairness import CALIBRATION, ERROR, FNR, FPR, Fairness, GroupGap
from errata.verbs.fairness import folds


def _solve(table: pa.Table, *columns: str, together: bool = False, **more: Any) -> Fairness:
    levels = [Levels(name, Axis(name)) for name in columns]
    sets = [*((one,) for one in levels), *([tuple(levels)] if together else [])]
    asked = Asked(
        sets=sets,
        judged=True,
        classes=IS in table.column_names,
        confident="@confidence" in table.column_names,
        folded=FOLD in table.column_names,
        positive="yes",
        precision=more.pop("precision", 0.05),
        min_rows=5,
        seed=0,
    )
    asking = fairness(asked)
    found: Fairness = solved(asking, pa.Table.from_batches(table.to_batches(max_chunksize=997)))
    return found


def _of(found: Fairness, metric: str, group: str, column: int = 0) -> GroupGap:
    gaps = next(one for one in found.columns[column].metrics if one.metric == metric)
    return next(one for one in gaps.groups if one.slice == group)


def _scored(rows: int = 3000, seed: int = 0) -> pa.Table:
    """Truth, prediction and confidence; group b is found less often."""
    rng = np.random.default_rng(seed)
    group = rng.choice(["a", "b", "c"], rows, p=[0.6, 0.3, 0.1])
    truth = rng.random(rows) < 0.4
    wrong = rng.random(rows) < np.where((group == "b") & truth, 0.4, 0.15)
    says = truth ^ wrong
    return pa.table(
        {
            "group": group,
            "site": rng.choice(["x", "y"], rows),
            "@failed": wrong,
            "@right": ~wrong,
            IS: truth,
            SAYS: says,
            "@confidence": np.clip(rng.beta(8, 2, rows), 0.5, 1.0),
        }
    )


def test_the_counts_are_those_of_scikit_learn() -> None:
    table = _scored()
    found = _solve(table, "group")
    data = {name: np.array(table[name].to_pylist()) for name in table.column_names}
    for name in ("a", "b", "c"):
        at = data["group"] == name
        (tn, fp), (fn, tp) = confusion_matrix(data[IS][at], data[SAYS][at])
        (rest_tn, rest_fp), (rest_fn, rest_tp) = confusion_matrix(data[IS][~at], data[SAYS][~at])
        fpr, fnr, error = (_of(found, metric, f"group = '{name}'") for metric in (FPR, FNR, ERROR))
        assert (fpr.bad, fpr.rows) == (fp, tn + fp) and (fnr.bad, fnr.rows) == (fn, fn + tp)
        assert error.value == pytest.approx((fp + fn) / at.sum())
        assert fpr.gap == pytest.approx(fp / (tn + fp) - rest_fp / (rest_tn + rest_fp))
        assert fnr.gap == pytest.approx(fn / (fn + tp) - rest_fn / (rest_fn + rest_tp))
        sure = _of(found, CALIBRATION, f"group = '{name}'")
        own = data["@confidence"] - data["@right"]
        assert sure.value == pytest.approx(own[at].mean())
        assert sure.gap == pytest.approx(own[at].mean() - own[~at].mean())


def test_a_planted_gap_is_found_and_named() -> None:
    found = _solve(_scored(), "group")
    fnr = _of(found, FNR, "group = 'b'")
    assert (fnr.verdict, fnr.worse, fnr.more) == ("gap", True, None) and fnr.gap_low > 0.1
    gaps = next(one for one in found.columns[0].metrics if one.metric == FNR)
    assert gaps.groups[0] is fnr and gaps.spread is not None
    assert gaps.spread.highest == "group = 'b'" and gaps.spread.verdict == "gap"
    assert found.gaps == 4 * (3 + 3)
    small = _of(found, FPR, "group = 'c'")
    assert small.verdict == "too few rows" and small.more is not None and small.more > 100


def test_two_columns_together_have_their_own_groups() -> None:
    found = _solve(_scored(), "group", "site", together=True)
    assert [one.columns for one in found.columns] == [("group",), ("site",), ("group", "site")]
    both = _of(found, FNR, "group = 'b' and site = 'x'", 2)
    assert both.verdict == "gap"
    assert sum(one.rows for one in found.columns[2].metrics[0].groups) == 3000


def test_few_rows_are_left_out_with_the_reason_and_stay_in_the_rest() -> None:
    table = pa.table(
        {"g": ["a"] * 50 + ["b"] * 50 + ["c"] * 7, "@failed": ([True] * 10 + [False] * 40) * 2 + [True] * 7}
    )
    found = _solve(table, "g")
    (left,) = found.columns[0].left_out
    assert (left.slice, left.rows, left.reason) == ("g = 'c'", 7, "7 rows, and 10 are the least")
    a = _of(found, ERROR, "g = 'a'")
    assert a.value == 0.2 and a.rest == pytest.approx(17 / 57)
    assert _solve(table.slice(50), "g").columns[0].metrics[0].spread is None  # one group, and seven rows beside it


def test_missing_values_are_a_group() -> None:
    table = pa.table({"g": ["a"] * 50 + [None] * 50, "@failed": [True] * 25 + [False] * 75})
    assert _of(_solve(table, "g"), ERROR, "g is null").gap == pytest.approx(-0.5)


def test_one_value_and_none_are_said() -> None:
    table = pa.table({"g": ["a"] * 50, "h": ["a", "b"] * 25, "@failed": [True, False] * 25})
    found = _solve(table, "g", "h")
    assert [one.columns for one in found.columns] == [("h",)]
    assert found.left_out == ({"column": "g", "reason": "one value only: nothing to compare it with"},)


def test_copies_of_a_row_count_once() -> None:
    rows = 1500
    table = _scored(rows, 3)
    copies = pa.concat_tables([table.append_column("user", pa.array(np.arange(rows)))] * 4)
    copies = copies.append_column(FOLD, folds(copies["user"].combine_chunks())).drop_columns(["user"])
    alone, grouped = _solve(table, "group"), _solve(copies, "group")
    for metric in (ERROR, FPR, FNR, CALIBRATION):
        one, four = _of(alone, metric, "group = 'b'"), _of(grouped, metric, "group = 'b'")
        assert four.rows == 4 * one.rows and four.gap == pytest.approx(one.gap)
        width = (four.gap_high - four.gap_low) / (one.gap_high - one.gap_low)
        assert 0.95 < width < 1.35, metric  # folds are many, not as many as rows


def test_folds_give_the_design_effect_of_groups() -> None:
    """Against the effect that slices use, which sees every group for itself."""
    rng = np.random.default_rng(4)
    users = np.repeat(np.arange(900), 6)
    failed = rng.random(len(users)) < np.repeat(rng.beta(1, 3, 900), 6)
    group = np.where(users % 3 == 0, "a", "b")
    table = pa.table({"g": group, "@failed": failed, FOLD: folds(pa.array(users))})
    found = _of(_solve(table, "g"), ERROR, "g = 'a'")
    own = group == "a"
    effect = grouped_effect(failed.astype(float), users, own)
    half = (found.high - found.low) / 2
    rate = failed[own].mean()
    assert half == pytest.approx(1.96 * np.sqrt(rate * (1 - rate) / own.sum() * effect), rel=0.15)
    assert effect > 1.5


def _clustered(rng: np.random.Generator, clusters: tuple[int, ...], size: int, rates: tuple[float, ...]) -> pa.Table:
    group, failed, user, first = [], [], [], 0
    for number, (many, rate) in enumerate(zip(clusters, rates, strict=True)):
        sizes = rng.poisson(size - 1, many) + 1
        group.append(np.repeat(f"g{number}", sizes.sum()))
        failed.append(rng.random(sizes.sum()) < np.repeat(rng.beta(2 * rate, 2 * (1 - rate), many), sizes))
        user.append(np.repeat(np.arange(first, first + many), sizes))
        first += many
    table = pa.table({"g": np.concatenate(group), "@failed": np.concatenate(failed)})
    return table.append_column(FOLD, folds(pa.array(np.concatenate(user))))


def _covered(table: pa.Table, rates: tuple[float, ...]) -> tuple[bool, bool]:
    (metric,) = _solve(table, "g").columns[0].metrics
    true = {f"g = 'g{number}'": rate for number, rate in enumerate(rates)}
    rows = {one.slice: one.rows for one in metric.groups}
    good = True
    for one in metric.groups:
        others = [name for name in rows if name != one.slice]
        rest = sum(rows[name] * true[name] for name in others) / sum(rows[name] for name in others)
        good &= one.gap_low <= true[one.slice] - rest <= one.gap_high
    spread = metric.spread
    assert spread is not None
    good &= spread.gap_low <= true[spread.highest] - true[spread.lowest] <= spread.gap_high
    return good, any(one.verdict == "gap" for one in metric.groups)


@pytest.mark.parametrize("clusters", [(60, 60, 60), (15, 40, 200)])
def test_dependent_rows_keep_their_level(clusters: tuple[int, ...]) -> None:
    """ρ = 1/3, no gap: at least 95 % of the tables show none; as if independent, a third would show one."""
    rng = np.random.default_rng(11)
    rates = (0.25,) * 3
    told = [_covered(_clustered(rng, clusters, 5, rates), rates) for _ in range(80)]
    assert np.mean([good for good, _ in told]) >= 0.93
    assert np.mean([claims for _, claims in told]) <= 0.06


def test_dependent_rows_keep_their_power() -> None:
    rng = np.random.default_rng(12)
    rates = (0.2, 0.2, 0.5)
    told = [_covered(_clustered(rng, (150, 150, 150), 4, rates), rates) for _ in range(30)]
    assert np.mean([claims for _, claims in told]) >= 0.9
    assert np.mean([good for good, _ in told]) >= 0.9


def test_no_gap_is_seldom_claimed() -> None:
    """Four metrics of three columns and two of them together, independent rows: at most 5 % of the tables claim one."""
    claims = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        rows = 600
        truth, wrong = rng.random(rows) < 0.4, rng.random(rows) < 0.15
        sure = np.clip(rng.beta(8, 2, rows), 0.5, 1.0)
        table = pa.table(
            {
                "g": rng.choice(["a", "b", "c"], rows, p=[0.8, 0.15, 0.05]),
                "h": rng.choice(["x", "y"], rows),
                "@failed": wrong, "@right": ~wrong, IS: truth, SAYS: truth ^ wrong, "@confidence": sure,
            }
        )  # fmt: skip
        found = _solve(table, "g", "h", together=True)
        claims.append(
            any(one.verdict == "gap" for column in found.columns for of in column.metrics for one in of.groups)
        )
    assert np.mean(claims) <= 0.1  # 5 %, and two standard errors of 60 tables


def test_calibration_pays_for_confidences_that_vary() -> None:
    """Confidences that know nothing make the gap vary by more than accuracy does: Var(c − r) / Var(r)."""
    rng = np.random.default_rng(2)
    rows = 4000
    sure = rng.choice([0.5, 1.0], rows)
    right = rng.random(rows) < 0.75
    table = pa.table({"g": ["a", "b"] * (rows // 2), "@failed": ~right, "@right": right, "@confidence": sure})
    found = _of(_solve(table, "g"), CALIBRATION, "g = 'a'")
    wide = np.std(sure - right) / np.sqrt(rows / 2) * 1.96
    assert (found.high - found.low) / 2 == pytest.approx(wide, rel=0.02)


@pytest.mark.parametrize("kind", ["honest", "deaf", "anti"])
def test_gaps_of_calibration_hold(kind: str) -> None:
    """Confidences that tell, that tell nothing, and that tell the reverse; in groups of 12, 30 and 500 rows."""
    rng = np.random.default_rng(4)
    held, rounds = 0, 60
    group = np.repeat(["a", "b", "c"], [12, 30, 500])
    for _ in range(rounds):
        sure = rng.choice([0.5, 1.0], 542) if kind == "deaf" else rng.uniform(0.5, 1, 542)
        right = rng.random(542) < {"honest": sure, "deaf": 0.75, "anti": 1.5 - sure}[kind]
        found = _solve(pa.table({"g": group, "@failed": ~right, "@right": right, "@confidence": sure}), "g")
        gaps = next(one for one in found.columns[0].metrics if one.metric == CALIBRATION)
        held += all(one.gap_low <= 0 <= one.gap_high for one in gaps.groups)
    assert held / rounds >= 0.93


@settings(max_examples=10, phases=[Phase.generate])
@given(st.permutations(list(range(20))))
def test_the_order_of_rows_changes_nothing(order: list[int]) -> None:
    table = _scored(20 * 10, 1).drop_columns(["@confidence"])  # sums of floats are equal to rounding only
    moved = table.take([10 * at + within for at in order for within in range(10)])
    assert _solve(moved, "group") == _solve(table, "group")
