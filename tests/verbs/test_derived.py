"""Derived factors are factors in every verb: searched, logged, gated, compared, and looked up again by their name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from errata.core.errors import ColumnError, GrammarError, UsageError
from errata.integrations.files import open_source, table_source
from errata.nouns.roles import Roles
from errata.nouns.slice import Slice
from errata.nouns.verdict import CheckSpec
from errata.store.catalog import Store
from errata.store.counts import StoredCounts, parts_of
from errata.verbs.analyze import AnalyzeOptions, analyze_source
from errata.verbs.analyze_run import analyze_run
from errata.verbs.case import open_case
from errata.verbs.check import add_check
from errata.verbs.compare import compare_sources
from errata.verbs.derived import with_columns
from errata.verbs.drift import drift_sources
from errata.verbs.finding import slice_samples
from errata.verbs.gate import gate_sources
from tests.catalogs import log

ROWS = 4_000
HOURS = np.arange(ROWS) % (24 * 28)
START = datetime(2026, 1, 1, tzinfo=UTC)


def rows(night: float, seed: int = 0) -> pa.Table:
    """Every hour of four weeks; from two to five in the morning more fails."""
    rng = np.random.default_rng(seed)
    at_night = (HOURS % 24 >= 2) & (HOURS % 24 < 5)
    failed = rng.random(ROWS) < np.where(at_night, night, 0.08)
    return pa.table(
        {
            "id": np.arange(ROWS),
            "when": pa.array([START + timedelta(hours=int(h)) for h in HOURS], pa.timestamp("us", "UTC")),
            "question": [f"how {'very ' * int(n)}old?" for n in rng.integers(0, 9, ROWS)],
            "truth": np.zeros(ROWS, np.int64),
            "prediction": failed.astype(np.int64),
        }
    )


GIVEN = Roles(truth="truth", prediction="prediction", id="id", exclude=("question",), derive=("hour( when )",))


def analyze(roles: Roles, **options: Any) -> Any:
    return analyze_source(table_source(rows(0.5)), roles, AnalyzeOptions(**options))


def test_a_derived_factor_is_searched_and_its_slice_found_again() -> None:
    report = analyze(GIVEN)
    found = report.slices()[0]
    assert found.slice.startswith('2 <= "hour(when)" and "hour(when)" < ')
    assert report.roles["derive"] == ["hour(when)"]
    assert "hour(when): in UTC" in report.notes
    assert "hour(when)" in report.binned
    low, high = Slice.parse(found.slice).conditions[0].low, Slice.parse(found.slice).conditions[0].high
    assert low is not None and high is not None
    hours = HOURS % 24
    assert found.rows == int(((hours >= low) & (hours < high)).sum())


def test_nothing_is_derived_unasked() -> None:
    report = analyze(Roles(truth="truth", prediction="prediction", id="id", exclude=("question",)))
    assert report.slices() == ()
    assert "derive" not in report.roles


def test_factors_may_name_a_derivation_and_derive_adds_to_them() -> None:
    named = analyze(Roles(truth="truth", prediction="prediction", factors=("hour(when)",)))
    assert '"hour(when)"' in named.slices()[0].slice
    both = analyze(
        Roles(truth="truth", prediction="prediction", factors=("question",), derive=("hour(when), words(question)",))
    )
    assert both.roles["factors"] == ["question", "hour(when)", "words(question)"]
    assert set(both.binned) == {"hour(when)"}


def test_a_constant_one_is_left_out_with_the_reason() -> None:
    report = analyze(Roles(truth="truth", prediction="prediction", derive=("month(when), script(question)",)))
    reasons = {one.column: one.reason for one in report.left_out}
    assert reasons["month(when)"] == reasons["script(question)"] == "one value only"


def test_what_it_cannot_be_derived_from_is_said() -> None:
    with pytest.raises(ColumnError, match="no column 'wen', which hour\\(wen\\) is derived from"):
        analyze(Roles(truth="truth", prediction="prediction", derive=("hour(wen)",)))
    with pytest.raises(GrammarError, match="no function 'eval'"):
        analyze(Roles(truth="truth", prediction="prediction", derive=("eval(when)",)))


def test_a_failure_expression_may_look_at_one() -> None:
    bare = rows(0.5).drop_columns(["truth", "prediction"])
    report = analyze_source(table_source(bare), Roles(failed='"hour(when)" >= 12'), AnalyzeOptions())
    assert report.run.failed == int((HOURS % 24 >= 12).sum())


def test_a_gate_computes_it_from_the_name_in_the_slice() -> None:
    check = CheckSpec(name="night", slice='2 <= "hour(when)" and "hour(when)" < 5', criterion="<= 0.2")
    roles = Roles(truth="truth", prediction="prediction")
    result = gate_sources(table_source(rows(0.5)), None, [check], roles)
    assert (result.verdict, result.checks[0].n) == ("fail", int(((HOURS % 24 >= 2) & (HOURS % 24 < 5)).sum()))
    lost = CheckSpec(name="night", slice='"hour(wen)" = 3', criterion="<= 0.2")
    with pytest.raises(ColumnError, match="wen"):
        gate_sources(table_source(rows(0.5)), None, [lost], roles)


def test_two_versions_are_compared_by_it() -> None:
    found = compare_sources(table_source(rows(0.08)), table_source(rows(0.6)), GIVEN)
    assert any('"hour(when)"' in one.slice for one in found.slices)


def test_it_drifts() -> None:
    later = rows(0.08).filter(pa.array(HOURS % 24 < 12))
    found = drift_sources(table_source(rows(0.08)), table_source(later), GIVEN)
    drifted = {one.column: one for one in found.columns}
    assert drifted["hour(when)"].alarm
    without = later.drop_columns("when")
    left = drift_sources(table_source(rows(0.08)), table_source(without), GIVEN)
    assert ("hour(when)", "only A has it") in {(one.column, one.reason) for one in left.left_out}


def test_parts_are_derived_and_known_by_what_is_derived(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"x": [-1.0, 2.0, -3.0]}), path)
    source = open_source(str(path))
    one, two = with_columns(source, ["abs(x)"]), with_columns(source, ["abs(x)", "log(x)"])
    (part,), (other,), (plain,) = parts_of(one), parts_of(two), parts_of(source)
    assert len({part.identity, other.identity, plain.identity}) == 3
    assert parts_of(with_columns(source, ["abs(x)"]))[0].identity == part.identity
    assert part.schema == one.schema
    assert part.rows == 3
    (batch,) = part.batches(["abs(x)", "x"])
    assert batch.to_pydict() == {"abs(x)": [1.0, 2.0, 3.0], "x": [-1.0, 2.0, -3.0]}
    assert not hasattr(with_columns(table_source(pa.table({"x": [1.0]}), "rows"), ["abs(x)"]), "parts")


def test_it_is_counted_by_part_as_among_rows(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(rows(0.5), path)
    options = AnalyzeOptions(analyses=("adequacy",))
    engine = StoredCounts(tmp_path / "counts")
    counted = analyze_source(open_source(str(path)), GIVEN, options, engine=engine)
    assert engine.counted
    assert "hour(when): in UTC" in counted.notes
    read = analyze_source(open_source(str(path)), GIVEN, options)
    assert counted.analyses["adequacy"].to_json() == read.analyses["adequacy"].to_json()
    again = StoredCounts(tmp_path / "counts")
    analyze_source(open_source(str(path)), GIVEN, options, engine=again)
    assert (again.counted, again.kept > 0) == (0, True)


def test_rows_within_a_slice_and_rows_beside_them_are_no_parts(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(rows(0.5), path)
    source, engine = open_source(str(path)), StoredCounts(tmp_path / "counts")
    options = AnalyzeOptions(analyses=("adequacy",), within='"hour(when)" < 5', traffic=source)
    within = analyze_source(source, GIVEN, options, engine=engine)
    assert engine.counted == 0
    found = within.analyses["adequacy"].to_json()
    assert found["rows"] == within.run.rows < ROWS
    assert not found["left_out"]


def test_samples_and_evidence_of_a_derived_slice_say_its_values(store: Store) -> None:
    log(store, rows(0.5), roles=replace(GIVEN, derive=()))
    night = '2 <= "hour(when)" and "hour(when)" < 5'
    samples, _, total = slice_samples(store, 1, night, limit=5)
    assert total > 100
    assert all(2 <= one.values["hour(when)"] < 5 for one in samples)
    case = open_case(store, run=1, slice=night, title="night")
    assert case.body.slice == night
    assert add_check(store, case=case.key).body.slice == night


def test_a_run_remembers_what_it_was_logged_with_and_adds_to_it(store: Store) -> None:
    run = log(store, rows(0.5), roles=GIVEN)
    assert run.roles["derive"] == ["hour(when)"]
    report = analyze_run(store, 1, AnalyzeOptions())
    assert '"hour(when)"' in report.slices()[0].slice
    more = analyze_run(store, 1, AnalyzeOptions(), given=Roles(derive=("words(question)",)))
    assert more.roles["derive"] == ["hour(when)", "words(question)"]
    assert more.binned["hour(when)"] == report.binned["hour(when)"]


def test_spark_derives_nothing_and_says_so() -> None:
    pytest.importorskip("pyspark", reason="pyspark is not installed (pip install 'errata[spark]')")
    from errata.verbs.spark import Spark

    source = table_source(rows(0.5))
    with pytest.raises(UsageError, match="--derive is not for --engine spark"):
        analyze_source(source, GIVEN, AnalyzeOptions(), engine=Spark())
    with pytest.raises(UsageError, match="--derive is not for --engine spark"):
        drift_sources(source, source, GIVEN, engine=Spark())


def test_real_trajectories(sample_data: Path) -> None:
    source = open_source(str(sample_data / "agents" / "tau_airline_gpt4o.jsonl"))
    roles = Roles(
        failed="reward < 1",
        group="task_id",
        exclude=("trial", "final_message", "last_assistant_message"),
        derive=("length(tools_called), length(tool_errors), words(last_assistant_message)",),
    )
    report = analyze_source(source, roles, AnalyzeOptions(depth=1, min_support=0.1))
    assert (report.run.rows, report.run.failed) == (200, 116)
    assert {"length(tools_called)", "words(last_assistant_message)"} <= set(report.binned)
