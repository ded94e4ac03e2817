"""``errata analyze --stages``, from a table or a log of trajectories to the words."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import errata
from errata.cli import root
from errata.core.errors import ErrataError
from errata.nouns.stages import Stages
from errata.show.paint import Paint
from errata.show.stages_text import lines
from tests.schemas import reads_back

ROWS = 1500


def _log() -> pa.Table:
    """Nothing found is what goes wrong; the rerank times out where nothing was found; the answer differs each time."""
    rng = np.random.default_rng(3)
    hits = np.where(rng.random(ROWS) < 0.2, 0, rng.integers(1, 6, ROWS))
    return pa.table(
        {
            "user": rng.integers(0, 300, ROWS),
            "parse": rng.choice(["ok", "repaired"], ROWS),
            "hits": hits,
            "top": pa.array(np.where(hits == 0, np.nan, rng.random(ROWS)), from_pandas=True),
            "rerank": np.where(hits == 0, "timeout", "done"),
            "answer": [f"text {row}" for row in range(ROWS)],
            "wrong": rng.random(ROWS) < np.where(hits == 0, 0.5, 0.1),
        }
    )


STAGES = ["parse", "hits", "top", "rerank", "answer"]


def _of(report: errata.Report) -> Stages:
    found = report.analyses["stages"]
    assert isinstance(found, Stages)
    return found


@pytest.fixture(scope="module")
def report() -> errata.Report:
    return errata.analyze(_log(), failed="wrong", group="user", stages=STAGES, only=["stages"])


def test_columns_are_stages_in_their_order(report: errata.Report) -> None:
    found = _of(report)
    assert [(one.position, one.stage) for one in found.stages] == [(1, "parse"), (2, "hits"), (3, "top"), (4, "rerank")]
    assert found.departs == "hits" and found.groups is not None and found.groups > 250
    assert found.stages[1].worst[0].slice == "hits = 0"
    assert found.stages[3].verdict == "inconclusive", "it only repeats what hits said"
    assert found.left_out == ({"column": "answer", "reason": "1,500 values, none in 15 rows or more"},)


def test_json_is_of_the_published_schema_and_reads_back(report: errata.Report) -> None:
    reads_back(report)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_words_fit_the_terminal(report: errata.Report, width: int) -> None:
    told = lines(_of(report), width, Paint(False))
    assert max(map(len, told)) <= width
    text = " ".join(" ".join(told).split())
    assert "stages · paths depart first at hits" in text
    assert "● 2 hits: paths depart here first" in text and "hits = 0: " in text
    assert "✓ 1 parse: no evidence of departing here" in text
    assert "left out: answer (1,500 values, none in 15 rows or more)" in text


def test_the_chart_draws_each_stage_with_its_interval(report: errata.Report) -> None:
    pytest.importorskip("altair", reason="the extra charts is not installed")
    from errata.show.analyses_charts import analyses_charts

    (chart,) = analyses_charts(report)
    assert [row["stage"] for row in chart.rows] == ["1 parse", "2 hits", "3 top"]
    assert [row["departs"] for row in chart.rows] == [False, True, False]
    assert "first departs from the passing one at hits" in chart.sentence
    assert chart.svg().startswith("<svg")


def test_a_trace_is_a_stage_for_each_step() -> None:
    """Those that look before they book pass; the rest of the way says no more."""
    rng = np.random.default_rng(5)
    looks = rng.random(400) < 0.5
    traces = [["look", "book", "bye"] if look else ["book", "bye"] for look in looks]
    traces[7] = None  # type: ignore[call-overload]
    wrong = rng.random(400) < np.where(looks, 0.1, 0.5)
    table = pa.table({"steps": pa.array(traces, pa.list_(pa.string())), "wrong": wrong})
    found = _of(errata.analyze(table, failed="wrong", stages=["steps"], only=["stages"]))
    assert [one.stage for one in found.stages] == ["steps step 1", "steps step 2", "steps step 3"]
    assert found.departs == "steps step 1"
    assert found.stages[0].worst[0].slice == "\"steps step 1\" = 'book'"
    assert found.rows == 399 and found.notes == ("1 row without a logged path",)
    assert found.stages[1].beyond is None, "after the first step the rest is given"


def test_a_field_of_the_steps_objects_can_be_named() -> None:
    rng = np.random.default_rng(6)
    tools = rng.choice(["a", "b"], 300)
    steps = [[{"tool": tool, "turn": 1}, {"tool": "end", "turn": 2}] for tool in tools]
    table = pa.table({"steps": steps, "wrong": rng.random(300) < np.where(tools == "a", 0.6, 0.1)})
    found = _of(errata.analyze(table, failed="wrong", stages=["steps.tool"], only=["stages"]))
    assert found.departs == "steps.tool step 1"
    report = errata.analyze(table, failed="wrong", stages=["steps"], only=["stages"])
    assert [one.reason for one in report.not_done] == [
        "steps: its steps are objects of tool, turn: name a field, --stages steps.tool"
    ]
    report = errata.analyze(table, failed="wrong", stages=["steps.tol"], only=["stages"])
    assert report.not_done[0].reason == "steps.tol: its steps have no field tol of text, numbers or booleans"


def test_a_large_file_streams_to_the_same_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from errata.verbs import analyze, subject

    pq.write_table(_log(), tmp_path / "log.parquet")
    options = {"failed": "wrong", "group": "user", "stages": STAGES[:4], "only": ["stages"]}
    whole = _of(errata.analyze(tmp_path / "log.parquet", **options))  # type: ignore[arg-type]
    monkeypatch.setattr(analyze, "GLANCE", 1000)
    monkeypatch.setattr(subject, "GLANCE", 1000)
    streamed = _of(errata.analyze(tmp_path / "log.parquet", **options))  # type: ignore[arg-type]
    assert streamed.departs == whole.departs and streamed.rows == whole.rows
    assert [one.comparable for one in streamed.stages[:2]] == [one.comparable for one in whole.stages[:2]]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"only": ["stages"]}, "--stages names no column"),
        ({"stages": ["const", "none"]}, "const: one value only; none: every value is missing"),
        ({"stages": ["day"]}, "day: values of type timestamp[us] cannot be a condition"),
        ({"stages": ["parse"], "failed": "hits >= 0"}, "every row failed: there is no passing path to depart from"),
        ({"stages": ["parse"], "group": "const"}, "all rows are of one group: nothing tells chance from it"),
        ({"stages": ["nothing"]}, "no path has a step"),
        ({"stages": ["wrong"]}, "wrong: the failure expression is about it"),
        ({"stages": ["parse.x"]}, "parse.x: parse holds text, no list of steps with fields"),
    ],
)
def test_what_cannot_be_done_is_said(options: dict[str, object], reason: str) -> None:
    table = _log().append_column("const", pa.array(["x"] * ROWS)).append_column("none", pa.nulls(ROWS, pa.string()))
    table = table.append_column("day", pa.array([0] * ROWS).cast(pa.timestamp("us")))
    table = table.append_column("nothing", pa.array([[]] * ROWS, pa.list_(pa.string())))
    report = errata.analyze(table, **{"failed": "wrong", **options})  # type: ignore[arg-type]
    assert [one.reason for one in report.not_done if one.analysis == "stages"] == [reason]


def test_odd_values_are_told_all_the_same() -> None:
    rng = np.random.default_rng(8)
    odd = rng.choice([np.inf, -np.inf, np.nan, 1.5], 400)
    text = rng.choice(["a\nb", "日本", "x" * 3000, ""], 400)
    table = pa.table({"odd": odd, "text": text, "wrong": rng.random(400) < np.where(np.isinf(odd), 0.6, 0.1)})
    found = _of(errata.analyze(table, failed="wrong", stages=["odd", "text"], only=["stages"]))
    assert found.departs == "odd" and len(found.stages) == 2
    assert lines(found, 80, Paint(False))


def test_a_misspelt_column_is_refused_with_the_nearest() -> None:
    with pytest.raises(ErrataError) as refused:
        errata.analyze(_log(), failed="wrong", stages=["parze"])
    assert (refused.value.code, refused.value.next) == ("no-such-column", "--stages parse")


def test_the_command_line_takes_the_same_option(tmp_path: Path) -> None:
    pq.write_table(_log(), tmp_path / "log.parquet")
    command = ["analyze", str(tmp_path / "log.parquet"), "--failed", "wrong", "--stages", "parse,hits", "--json"]
    done = CliRunner().invoke(root, command)
    assert done.exit_code == 0, done.output
    value = json.loads(done.stdout)
    assert value["analyses"]["stages"]["departs"] == "hits" and value["findings"]


def test_trajectories_of_an_agent(sample_data: Path) -> None:
    """The first tool that is called goes with failing; what follows it is thin, and says no more."""
    path = sample_data / "agents" / "tau_airline_gpt4o.jsonl"
    report = errata.analyze(path, failed="reward < 1", group="task_id", stages=["tools_called"], only=["stages"])
    found = _of(report)
    assert (found.rows, found.failed, found.groups) == (200, 116, 50)
    assert found.stages[0].stage == "tools_called step 1" and len(found.stages) == 8
    assert found.departs in (None, "tools_called step 1")
    assert found.stages[0].beyond is not None and found.stages[0].beyond.p <= 0.02
    comparable = [one.comparable for one in found.stages]
    assert comparable == sorted(comparable, reverse=True)
    assert found.notes == ("tools_called told to step 8 of 27: beyond it hardly two rows share their path",)
