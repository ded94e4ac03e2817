"""Figures that were counted in bins while a file streamed by, beside those of the libraries that see every value.

300,000 rows are more than a glance takes in: edges are those of some of the rows, counts are of all. How far bins may
be off is derived in docs/statistics.md; here it is held against scipy, scikit-learn and statsmodels.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, confusion_matrix, precision_recall_curve, roc_curve
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

import errata
from errata.analysis import distances
from errata.nouns.calibration import Calibration
from errata.nouns.drift_halves import DriftHalves
from errata.nouns.nodes import Nodes
from errata.nouns.operating_points import OperatingPoints
from errata.nouns.report import Report
from errata.nouns.trend import Trend

ROWS = 300_000
CLASSES = ("cat", "dog", "fox")
AUDITS = ["drift", "calibration", "operating-points", "trend", "nodes"]


def _log() -> pa.Table:
    """Two days; the second is brighter, has other lenses and a harder mix. Scores of three classes, too sure."""
    rng = np.random.default_rng(20)
    later = np.arange(ROWS) >= ROWS // 2
    logits = rng.normal(0, 1.5, (ROWS, 3))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = (p.cumsum(axis=1) > rng.random((ROWS, 1))).argmax(axis=1)
    sure = np.exp(1.4 * logits)
    sure = (sure / sure.sum(axis=1, keepdims=True)).astype(np.float32)
    names = np.array(CLASSES)
    return pa.table(
        {
            "truth": names[truth],
            "prediction": names[sure.argmax(axis=1)],
            **{f"p_{name}": sure[:, at] for at, name in enumerate(CLASSES)},
            "bright": rng.normal(0.3 * later, 1.0),
            "size": rng.lognormal(0, 1 + 0.02 * later).astype(np.float32),
            "cars": rng.poisson(3 + 0.1 * later),
            "rain": np.where(rng.random(ROWS) < 0.6, 0.0, rng.exponential(1 + 0.1 * later)),
            "lens": np.where(
                rng.random(ROWS) < 0.3 + 0.05 * later, "wide", rng.choice(["tele", "macro", "Weiß"], ROWS)
            ),
            "node": rng.choice(["n1", "n2", "n3", "n4"], ROWS),
            "time": pa.array(1_700_006_400_000 + np.arange(ROWS) * 576, pa.timestamp("ms", "UTC")),
        }
    )


@pytest.fixture(scope="module")
def streamed(tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, Report]:
    """The log as pandas has it, and what the audits say of the file."""
    path = tmp_path_factory.mktemp("log") / "log.parquet"
    table = _log()
    pq.write_table(table, path, row_group_size=25_000)
    report = errata.analyze(path, scores="p_*", only=AUDITS, nodes=["node"], positive="cat")
    assert any(note.startswith("factors, classes and edges are those of 1") for note in report.notes)
    return table.to_pandas(), report


@pytest.fixture(scope="module")
def halves(streamed: tuple[pd.DataFrame, Report]) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    frame, report = streamed
    found = report.analyses["drift"]
    assert isinstance(found, DriftHalves)
    first = (frame["time"] < pd.Timestamp(found.split.removesuffix(" UTC"), tz="UTC")).to_numpy()
    assert (found.a_rows, found.b_rows) == (first.sum(), (~first).sum())
    return frame[first], frame[~first], {one.column: one for one in found.columns}


@pytest.mark.parametrize("name", ["bright", "size", "cars", "rain"])
def test_ks_is_scipys_to_within_the_error_that_is_told(halves: Any, name: str) -> None:
    a, b, columns = halves
    exact = stats.ks_2samp(a[name], b[name], method="asymp")
    told = columns[name]
    assert told.ks <= exact.statistic + 1e-12
    assert exact.statistic <= told.ks + told.ks_error + 1e-12
    # A bin holds 1/256 of the rows that made the edges, of all rows a little more or less.
    assert told.ks_error <= 1.5 / 256
    if name == "cars":  # each value has its bin, but for a few above all that the glance saw
        assert told.ks_error < 1e-3
        assert told.ks == pytest.approx(exact.statistic, abs=1e-12)
    assert told.p == distances.ks_p(told.ks, len(a), len(b))
    assert distances.ks_p(exact.statistic, len(a), len(b)) == pytest.approx(exact.pvalue, rel=0.05, abs=1e-12)
    assert told.alarm == (name in ("bright", "cars"))


def test_categories_are_exact(halves: Any) -> None:
    a, b, columns = halves
    for name in ("lens", "node", "truth", "prediction"):
        told = columns[name]
        values = sorted(set(a[name]) | set(b[name]))
        table = np.array([[int((side[name] == value).sum()) for value in values] for side in (a, b)])
        assert told.p == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue, rel=1e-9, abs=1e-300)
        assert told.cramers_v == pytest.approx(stats.contingency.association(table, method="cramer"))
        p, q = table / table.sum(axis=1, keepdims=True)
        assert told.jensen_shannon == pytest.approx(jensenshannon(p, q, base=2))
        assert told.psi == pytest.approx(float(((q - p) * np.log(q / p)).sum()))


def test_psi_and_jensen_shannon_of_a_number_are_a_little_less_than_those_of_its_densities(halves: Any) -> None:
    told = halves[2]["bright"]
    # Of two normal densities 0.3 apart PSI, Kullback's and Leibler's divergence both ways, is 0.3².
    assert 0.9 * 0.09 < told.psi < 0.09 + 0.005
    x = np.linspace(-8, 8, 40_001)
    exact = jensenshannon(stats.norm.pdf(x), stats.norm.pdf(x - 0.3), base=2)
    assert 0.95 * exact < told.jensen_shannon < exact + 0.005


def _calibration(report: Report) -> Calibration:
    found = report.analyses["calibration"]
    assert isinstance(found, Calibration)
    return found


def _confidence(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    scores = frame[[f"p_{name}" for name in CLASSES]].to_numpy(np.float64)
    return scores.max(axis=1), (frame["truth"] == frame["prediction"]).to_numpy()


def _ece(score: np.ndarray, true: np.ndarray, edges: np.ndarray) -> float:
    """Guo et al. 2017 over bins [edge, next edge)."""
    at = np.searchsorted(edges[1:-1], score, side="right")
    gaps = np.bincount(at, weights=score - true, minlength=len(edges) - 1)
    return float(np.abs(gaps).sum() / len(score))


def test_calibration_is_that_of_every_row(streamed: tuple[pd.DataFrame, Report]) -> None:
    frame, report = streamed
    told = _calibration(report)
    score, right = _confidence(frame)
    assert told.rows == ROWS
    assert told.brier.value == pytest.approx(brier_score_loss(right, score), rel=1e-9)
    rate, mean = calibration_curve(right, score, n_bins=15)
    assert [one.accuracy for one in told.reliability] == pytest.approx(rate, abs=1e-9)
    assert [one.confidence for one in told.reliability] == pytest.approx(mean, abs=1e-9)
    assert told.mce == pytest.approx(np.abs(mean - rate).max(), abs=1e-9)
    assert told.ece.value == pytest.approx(_ece(score, right, np.arange(16) / 15), abs=1e-9)
    for one in told.reliability:
        held = proportion_confint(round(one.accuracy * one.rows), one.rows, method="wilson")
        assert (one.accuracy_low, one.accuracy_high) == pytest.approx(held)
    for label in told.classes:
        exact = _ece(frame[f"p_{label.label}"].to_numpy(np.float64), frame["truth"] == label.label, np.arange(16) / 15)
        assert label.ece == pytest.approx(exact, abs=1e-9)


def test_bins_of_equal_mass_are_off_by_the_rows_of_the_fine_bins_that_they_cut(
    streamed: tuple[pd.DataFrame, Report],
) -> None:
    frame, report = streamed
    score, right = _confidence(frame)
    exact = _ece(score, right, np.quantile(score, np.arange(16) / 15))
    cut = np.histogram(score, np.arange(1501) / 1500)[0]
    at = np.minimum((np.quantile(score, np.arange(1, 15) / 15) * 1500).astype(int), 1499)
    assert abs(_calibration(report).ece_adaptive - exact) <= cut[at].sum() / ROWS


def _points(report: Report) -> OperatingPoints:
    found = report.analyses["operating-points"]
    assert isinstance(found, OperatingPoints)
    return found


def test_the_best_of_all_thresholds_lies_between_value_and_at_most(streamed: tuple[pd.DataFrame, Report]) -> None:
    frame, report = streamed
    for one in _points(report).classes:
        true, score = (frame["truth"] == one.label).to_numpy(), frame[f"p_{one.label}"].to_numpy()
        precision, recall, _ = precision_recall_curve(true, score)
        for point in one.recall_at_precision:
            exact = recall[:-1][precision[:-1] >= point.target].max(initial=0.0)
            assert (point.value or 0.0) <= exact + 1e-12
            assert exact <= (point.at_most or 0.0) + 1e-12
            assert (point.at_most or 0.0) - (point.value or 0.0) <= 0.005
            if point.value is not None:
                hits = round(point.value * one.positives)
                assert (point.low, point.high) == pytest.approx(
                    proportion_confint(hits, one.positives, method="wilson")
                )
        for point in one.precision_at_recall:
            exact = precision[:-1][recall[:-1] >= point.target].max()
            assert point.value is not None and point.at_most is not None
            assert point.value <= exact + 1e-12 <= point.at_most + 2e-12
            assert point.at_most - point.value <= 0.005


def test_the_cheapest_of_all_thresholds_costs_between_at_least_and_cost(streamed: tuple[pd.DataFrame, Report]) -> None:
    frame, report = streamed
    for one in _points(report).classes:
        true = (frame["truth"] == one.label).to_numpy()
        fpr, tpr, thresholds = roc_curve(true, frame[f"p_{one.label}"], drop_intermediate=False)
        cost = (fpr * (~true).sum() + (1 - tpr) * true.sum()) / ROWS
        assert one.cost.at_least - 1e-12 <= cost.min() <= one.cost.cost + 1e-12
        assert one.cost.cost - one.cost.at_least <= 0.001
        assert one.cost.threshold is not None
        at = np.flatnonzero(thresholds >= one.cost.threshold)[-1]
        assert (one.cost.fpr, one.cost.fnr) == pytest.approx((fpr[at], 1 - tpr[at]))


def test_rates_by_bin_of_a_factor_are_those_of_a_confusion_matrix(streamed: tuple[pd.DataFrame, Report]) -> None:
    frame, report = streamed
    rates = [one for one in _points(report).rates if one.column in ("lens", "node")]
    assert len(rates) == 8
    for one in rates:
        here = frame[frame[one.column] == one.slice.split("'")[1]]
        ((tn, fp), (fn, tp)) = confusion_matrix(here["truth"] == "cat", here["prediction"] == "cat")
        assert (one.false_positives, one.negatives, one.false_negatives, one.positives) == (fp, tn + fp, fn, tp + fn)
        assert (one.fpr_low, one.fpr_high) == pytest.approx(proportion_confint(fp, tn + fp, method="wilson"))
        assert (one.fnr_low, one.fnr_high) == pytest.approx(proportion_confint(fn, tp + fn, method="wilson"))


def test_the_area_under_risk_and_coverage_lies_between_its_bounds(streamed: tuple[pd.DataFrame, Report]) -> None:
    frame, report = streamed
    told = _points(report).abstention
    assert told is not None
    score, right = _confidence(frame)
    order = np.argsort(-score, kind="stable")
    exact = float((np.cumsum(~right[order]) / np.arange(1, ROWS + 1)).mean())
    assert told.aurc_low <= exact <= told.aurc_high
    assert told.aurc == pytest.approx(exact, abs=2e-4)


def test_hours_and_nodes_are_counted_exactly(streamed: tuple[pd.DataFrame, Report]) -> None:
    frame, report = streamed
    trend, nodes = report.analyses["trend"], report.analyses["nodes"]
    assert isinstance(trend, Trend) and isinstance(nodes, Nodes)
    failed = frame["truth"] != frame["prediction"]
    by_hour = failed.groupby(frame["time"].dt.floor("h")).agg(["size", "sum"])
    assert [one.time for one in trend.buckets] == [at.strftime("%Y-%m-%dT%H:%MZ") for at in by_hour.index]
    for one, (rows, wrong) in zip(trend.buckets, by_hour.to_numpy().tolist(), strict=True):
        assert (one.rows, one.failed) == (rows, wrong)
        assert (one.low, one.high) == pytest.approx(proportion_confint(wrong, rows, method="wilson"))
    (column,) = nodes.columns
    by_node = failed.groupby(frame["node"]).agg(["size", "sum"])
    table = np.stack([by_node["sum"], by_node["size"] - by_node["sum"]])
    assert column.p == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)
    for node in column.nodes:
        rows, wrong = by_node.loc[node.node]
        assert (node.low, node.high) == pytest.approx(proportion_confint(wrong, rows, method="wilson"))


@pytest.mark.parametrize("name", ["digits", "visits"])
def test_real_predictions_agree(sample_data: Path, name: str) -> None:
    folder = sample_data / "predictions"
    a, b = (folder / f"{name}_v{version}.parquet" for version in (1, 2))
    one, two = (pd.read_parquet(path) for path in (a, b))
    wrong, wrong_two = ((frame["truth"] != frame["prediction"]).to_numpy() for frame in (one, two))
    assert (one["id"] == two["id"]).all()
    cells = [[int((~wrong & ~wrong_two).sum()), int((~wrong & wrong_two).sum())]]
    cells += [[int((wrong & ~wrong_two).sum()), int((wrong & wrong_two).sum())]]
    assert errata.compare(a, b).p == pytest.approx(mcnemar(cells, exact=True).pvalue, rel=1e-9)
    report = errata.analyze(a, only=["calibration", "operating-points"])
    told = _calibration(report)
    score, right = one["confidence"].to_numpy(np.float64), ~wrong
    assert told.ece.value == pytest.approx(_ece(score, right, np.arange(16) / 15), abs=1e-9)
    assert told.brier.value == pytest.approx(brier_score_loss(right, score), rel=1e-9)
    for points in _points(report).classes:
        precision, recall, _ = precision_recall_curve(
            one["truth"].astype(str) == points.label, one[f"score_{points.label}"]
        )
        for point in points.recall_at_precision:
            exact = recall[:-1][precision[:-1] >= point.target].max(initial=0.0)
            assert (point.value or 0.0) <= exact + 1e-12 and exact <= (point.at_most or 0.0) + 1e-12
    for column in errata.drift(a, b).columns:
        if column.ks is not None and column.ks_error is not None:
            exact = stats.ks_2samp(one[column.column], two[column.column], method="asymp").statistic
            assert column.ks - 1e-12 <= exact <= column.ks + column.ks_error + 1e-12, column.column
        assert column.psi is None or math.isfinite(column.psi)
