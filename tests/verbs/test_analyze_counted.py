"""Audits over more rows than are held at once say what they say of rows that are."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from errata.core.errors import ErrataError
from errata.integrations.files import open_source, table_source
from errata.nouns.report import Report
from errata.nouns.roles import Roles
from errata.store.counts import StoredCounts
from errata.verbs import analyze_counted, subject
from errata.verbs.analyze import AnalyzeOptions, analyze_source
from errata.verbs.analyze_counted import counted_report
from errata.verbs.audits import AUDITS

DATA = os.environ.get("ERRATA_SAMPLE_DATA")
OPTIONS = AnalyzeOptions(analyses=tuple(AUDITS), nodes=("node",), allow_unknown=True)


def table(rows: int, seed: int = 0) -> pa.Table:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, rows)
    wrong = rng.random(rows) < np.where(rng.random(rows) < 0.3, 0.2, 0.05)
    scores = rng.dirichlet([1, 1, 1], rows)
    source = rng.choice(["day", "night", "Zürich"], rows)
    return pa.table(
        {
            "truth": pa.array([None if k % 97 == 0 else f"c{v}" for k, v in enumerate(truth)]),
            "prediction": np.array(["c0", "c1", "c2"])[np.where(wrong, (truth + 1) % 3, truth)],
            "p_c0": scores[:, 0].astype(np.float32),
            "p_c1": scores[:, 1].astype(np.float32),
            "p_c2": scores[:, 2].astype(np.float32),
            "source": pa.array(np.where(rng.random(rows) < 0.02, None, source)),
            "size": pa.array(np.where(rng.random(rows) < 0.02, np.nan, rng.lognormal(0, 1, rows))),
            "node": np.array(["n1", "n2", "n3", "n4"])[rng.integers(0, 4, rows)],
            "time": pa.array(1_700_000_000 + np.sort(rng.integers(0, 86400 * 4, rows)), pa.timestamp("s", "UTC")),
            "latency_ms": rng.lognormal(2, 1, rows),
        }
    )


def same(one: Any, two: Any) -> bool:
    if isinstance(one, dict):
        return set(one) == set(two) and all(same(one[key], two[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(two) and all(same(a, b) for a, b in zip(one, two, strict=True))
    return one == pytest.approx(two, rel=1e-6, abs=1e-9) if isinstance(one, float) else bool(one == two)


def both(source: Any, roles: Roles, options: AnalyzeOptions) -> tuple[Report, Report]:
    counted = counted_report(source, roles, options, lambda _: None)
    assert counted is not None
    return counted, analyze_source(source, roles, options)


@pytest.mark.parametrize("group", [None, "node"])
def test_counted_and_read_reports_are_the_same(group: str | None) -> None:
    counted, read = both(table_source(table(6000)), Roles(group=group), replace(OPTIONS, costs={"fp": 1, "fn": 5}))
    for key, value in read.to_json().items():
        if key != "metrics":
            assert same(counted.to_json()[key], value), key
    assert {"calibration", "operating-points", "trend", "drift"} <= set(counted.analyses) == set(read.analyses)
    assert same(asdict(counted.metrics["ece"]), asdict(read.metrics["ece"]))


def test_edges_that_another_analysis_fixed_meanwhile_are_taken(tmp_path: Path) -> None:
    class Late(StoredCounts):
        def edges(self, name: str, make: Callable[[], tuple[float, ...]]) -> tuple[float, ...]:
            StoredCounts(tmp_path).edges(name, lambda: (0.5, 1.0, 2.0))
            return super().edges(name, make)

    pq.write_table(table(3000), tmp_path / "rows.parquet")
    source = open_source(tmp_path / "rows.parquet")
    options = replace(OPTIONS, analyses=("drift", "nodes"))
    report = counted_report(source, Roles(), options, lambda _: None, Late(tmp_path))
    assert report is not None
    assert list(report.binned["size"]) == [0.5, 1.0, 2.0]


@pytest.mark.skipif(DATA is None, reason="ERRATA_SAMPLE_DATA names no folder of real predictions")
@pytest.mark.parametrize("name", ["digits_v1", "visits_v2"])
def test_counted_and_read_reports_of_real_predictions_are_the_same(name: str) -> None:
    source = open_source(str(Path(DATA or "") / "predictions" / f"{name}.parquet"))
    counted, read = both(source, Roles(), AnalyzeOptions(analyses=("calibration", "operating-points")))
    assert same(counted.to_json()["analyses"], read.to_json()["analyses"])
    assert same(counted.to_json()["run"], read.to_json()["run"])


@pytest.mark.parametrize("loss", ["given", "absolute"])
def test_a_loss_is_summed(loss: str) -> None:
    rng = np.random.default_rng(3)
    data = pa.table({"y": rng.normal(size=900), "y_hat": rng.normal(size=900), "source": ["a", "b", "c"] * 300})
    roles = Roles(truth="y", prediction="y_hat")
    if loss == "given":
        data = data.append_column("loss", pa.array(np.where(rng.random(900) < 0.1, np.nan, rng.random(900))))
        roles = Roles(loss="loss", failed="source = 'a'")
    counted, read = both(table_source(data), roles, AnalyzeOptions(analyses=("trend",)))
    assert same(counted.to_json()["metrics"], read.to_json()["metrics"])
    assert same(counted.to_json()["run"], read.to_json()["run"])


def test_a_class_that_the_glance_missed_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(analyze_counted, "GLANCE", 64)
    monkeypatch.setattr(subject, "GLANCE", 64)
    data = table(5000).select(["prediction", "source"])
    truth = data.column("prediction").to_pylist()
    truth[1], truth[4001] = "rare", "c0"
    path = tmp_path / "rare.parquet"
    pq.write_table(data.append_column("truth", pa.array(truth)), path, row_group_size=500)
    options = AnalyzeOptions(analyses=("operating-points",))
    counted, read = both(open_source(str(path)), Roles(positive="rare"), options)
    assert same(counted.to_json()["run"], read.to_json()["run"])
    points: Any = counted.analyses["operating-points"]
    assert points.positive == "rare"
    assert sum(one.false_negatives for one in points.rates) == 1


@pytest.mark.parametrize(
    ("column", "row", "value", "code"),
    [
        ("truth", 4321, None, "null-truth"),
        ("confidence", 4321, 1.5, "score-out-of-range"),
        ("confidence", 4321, -0.1, "score-out-of-range"),
    ],
)
def test_what_is_wrong_beyond_the_glance_is_said_with_its_row(
    column: str, row: int, value: Any, code: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(analyze_counted, "GLANCE", 64)
    monkeypatch.setattr(subject, "GLANCE", 64)
    values: dict[str, list[Any]] = {
        "truth": ["a", "b"] * 2500,
        "prediction": ["a", "b", "b", "b"] * 1250,
        "confidence": [0.5, 0.7] * 2500,
    }
    values[column][row] = value
    path = tmp_path / "wrong.parquet"
    pq.write_table(pa.table(values), path, row_group_size=2500)
    options = AnalyzeOptions(analyses=("calibration",))
    source = open_source(str(path))
    with pytest.raises(ErrataError) as error:
        analyze_source(source, Roles(), options)
    assert error.value.code == code
    assert "4,322" in str(error.value.where)
