"""``errata analyze --only trend`` and ``--nodes``, from a table to the words."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import errata
from errata.cli import root
from errata.core.errors import ErrataError
from errata.nouns.nodes import Nodes
from errata.nouns.trend import Trend
from errata.show.nodes_text import lines as nodes_lines
from errata.show.paint import Paint
from errata.show.trend_text import lines as trend_lines
from tests.schemas import reads_back


def _log(rows: int = 20_000) -> pa.Table:
    """Ten days: from the sixth on twice as many errors, with a new version; node n2 gets the fields, n3 is bad."""
    rng = np.random.default_rng(7)
    hours = rng.integers(0, 240, rows)
    node = rng.choice(["n0", "n1", "n2", "n3"], rows)
    road = np.where(rng.random(rows) < np.where(node == "n2", 0.6, 0.1), "field", "city")
    rates = np.where(road == "field", 0.2, 0.05) * np.where(node == "n3", 1.8, 1) * np.where(hours >= 120, 2, 1)
    truth = rng.choice(["car", "bus"], rows)
    wrong = rng.random(rows) < rates
    times = (1767225600 + hours * 3600 + rng.integers(0, 3600, rows)) * 1_000_000
    return pa.table(
        {
            "at": pa.array(times).cast(pa.timestamp("us", "UTC")),
            "truth": truth,
            "prediction": np.where(wrong, np.where(truth == "car", "bus", "car"), truth),
            "road": road,
            "node": node,
            "model": np.where(hours < 120, "m@1", "m@2"),
            "latency_ms": rng.lognormal(4, 1, rows),
        }
    )


@pytest.fixture(scope="module")
def report() -> errata.Report:
    return errata.analyze(_log(), only=["trend", "nodes"], nodes=["node"], model_from="model", time="at")


def test_trend_and_nodes_stand_in_the_report(report: errata.Report) -> None:
    trend, nodes = report.analyses["trend"], report.analyses["nodes"]
    assert isinstance(trend, Trend) and isinstance(nodes, Nodes)
    (change,) = trend.change_points
    assert change.time == "2026-01-06T00:00Z" and change.began == ("m@2",)
    assert trend.latency == "latency_ms"
    assert nodes.columns[0].strata == ("road",)
    assert {one.node: one.fault for one in nodes.columns[0].nodes} == {
        "n3": "node", "n2": "traffic", "n0": None, "n1": None,
    }  # fmt: skip


def test_json_is_of_the_published_schema_and_reads_back(report: errata.Report) -> None:
    reads_back(report)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_words_fit_the_terminal(report: errata.Report, width: int) -> None:
    trend, nodes = report.analyses["trend"], report.analyses["nodes"]
    assert isinstance(trend, Trend) and isinstance(nodes, Nodes)
    lines = [*trend_lines(trend, width, Paint(False)), *nodes_lines(nodes, width, Paint(False))]
    assert max(map(len, lines)) <= width
    text = " ".join(" ".join(lines).split())
    assert "● since 2026-01-06 00:00: " in text and "version m@2 began" in text
    assert "nodes by node · 1 of 4 values at fault · traffic told apart by road" in text
    assert "its traffic, not the node" in text


def test_a_log_without_a_failure_is_calm_and_draws_no_curve() -> None:
    table = _log(2000)
    right = table.set_column(table.schema.get_field_index("prediction"), "prediction", table["truth"])
    trend = errata.analyze(right, only=["trend"]).analyses["trend"]
    assert isinstance(trend, Trend)
    text = "\n".join(trend_lines(trend, 80, Paint(False)))
    assert "✓ no change of the error rate beyond chance" in text and "✓ no day stands out" in text
    assert "▁" not in text


def test_days_without_a_time_of_day_are_a_trend_too() -> None:
    table = _log(4000).drop_columns(["at"])
    days = pa.array([date(2026, 1, 1) + timedelta(days=row % 12) for row in range(4000)], pa.date32())
    trend = errata.analyze(table.append_column("at", days), only=["trend"], time="at", bucket="day").analyses["trend"]
    assert isinstance(trend, Trend)
    assert [one.time for one in trend.buckets][:2] == ["2026-01-01T00:00Z", "2026-01-02T00:00Z"]
    assert trend.bucket == "day" and len(trend.buckets) == 12


def test_whole_groups_count_for_fewer_rows() -> None:
    table = _log(4000)
    copies = pa.concat_tables([table.append_column("user", pa.array(np.arange(4000)))] * 4)
    alone = errata.analyze(table, only=["trend"], time="at", bucket="hour").analyses["trend"]
    grouped = errata.analyze(copies, only=["trend"], bucket="hour", group="user").analyses["trend"]
    assert isinstance(alone, Trend) and isinstance(grouped, Trend)
    first, second = alone.buckets[3], grouped.buckets[3]
    assert second.rows == 4 * first.rows
    assert (second.low, second.high) == pytest.approx((first.low, first.high), abs=1e-3)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"only": ["trend"]}, "trend (--time names no column)"),
        ({"only": ["nodes"]}, "nodes (--nodes names no column)"),
        ({"nodes": ["one"]}, "nodes (one: one value only (n0): nothing to hold it against)"),
        ({"nodes": ["list"]}, "nodes (list is list<item: int64>, no name of a node)"),
        ({"nodes": ["road"], "strata": ["truth", "nought"]}, "nodes (--strata nought is no factor; there are truth)"),
        ({"only": ["trend"], "time": "when"}, "trend (every row falls in one hour"),
    ],
)
def test_what_cannot_be_done_is_said(options: dict[str, object], reason: str) -> None:
    table = _log(500).select(["truth", "prediction", "road"])
    table = table.append_column("one", pa.array(["n0"] * 500)).append_column("list", pa.array([[1]] * 500))
    if "time" in options:
        table = table.append_column("when", pa.array([0] * 500).cast(pa.timestamp("us")))
    report = errata.analyze(table, **options)  # type: ignore[arg-type]
    said = [f"{one.analysis} ({one.reason})" for one in report.not_done]
    assert len(said) == 1 and said[0].startswith(reason)


def test_a_misspelt_column_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ErrataError) as refused:
        errata.analyze(_log(500), nodes=["nod"])
    assert refused.value.code == "no-such-column" and refused.value.next == "--nodes node"
    with pytest.raises(ErrataError) as refused:
        errata.analyze(_log(500), model_from="modle")
    assert refused.value.next == "--model-from model"
    with pytest.raises(ErrataError, match="--bucket cannot be week"):
        errata.analyze(_log(500), bucket="week")


def test_the_command_line_takes_the_same_options(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    pq.write_table(_log(5000), path)
    options = ["--only", "trend,nodes", "--nodes", "node,model", "--model-from", "model", "--bucket", "day", "--json"]
    done = CliRunner().invoke(root, ["analyze", str(path), *options])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)["analyses"]
    assert found["trend"]["bucket"] == "day" and found["trend"]["version"] == "model"
    assert [one["column"] for one in found["nodes"]["columns"]] == ["node", "model"]
    plain = CliRunner().invoke(root, ["analyze", str(path), "--nodes", "node", "--strata", "road"])
    assert plain.exit_code == 0 and "nodes by node" in plain.output and "above the rest" in plain.output
