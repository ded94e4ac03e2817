"""The charts that audits bring to the pages: each drawn, with its table and a sentence."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import errata
from errata.show.analyses_charts import analyses_charts
from errata.show.charts.chart import Chart

pytest.importorskip("altair", reason="the extra charts is not installed")


def _charts(**columns: object) -> dict[str, Chart]:
    rng = np.random.default_rng(0)
    table = pa.table(
        {
            "task": np.repeat(np.arange(12), 4),
            "tool_errors": [[{"text": "no"}] if draw < 0.4 else [] for draw in rng.random(48)],
            "reward": (rng.random(48) < 0.5).astype(float),
            **columns,
        }
    )
    report = errata.analyze(table, only=["kinds", "repeats"], group="task", failed="reward < 1")
    return {one.name: one for one in analyses_charts(report)}


def test_kinds_and_repeats_are_drawn_with_their_tables() -> None:
    drawn = _charts()
    assert list(drawn) == ["kinds", "repeats", "pass-k"]
    assert [row["kind"] for row in drawn["kinds"].rows] == ["tool-error"]
    assert sum(row["tasks"] for row in drawn["repeats"].rows) == 12
    assert [row["k"] for row in drawn["pass-k"].rows] == [1, 1, 2, 2, 3, 3, 4, 4]
    for chart in drawn.values():
        assert chart.svg().startswith("<svg") and chart.sentence.endswith(".")
        assert chart.csv().count("\n") == len(chart.rows) + 1


def test_uneven_trials_have_no_bars() -> None:
    drawn = _charts(task=np.minimum(np.arange(48) // 4, 10))
    assert list(drawn) == ["kinds", "pass-k"]
