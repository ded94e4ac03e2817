"""``--within``: the analysis of some rows is that of a file which holds them alone, and says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from errata.core.errors import ColumnError, ErrataError, GrammarError, UsageError, ValueFault
from errata.integrations.files import open_source, table_source
from errata.nouns.report import Report
from errata.nouns.roles import Roles
from errata.nouns.slice import Slice
from errata.show.html import report_page
from errata.show.terminal import report_text
from errata.show.words import command
from errata.store.catalog import Store
from errata.verbs.analyze import AnalyzeOptions, analyze_source
from errata.verbs.analyze_run import analyze_run
from errata.verbs.case import open_case
from errata.verbs.check import add_check
from errata.verbs.finding import get_finding, list_findings
from errata.verbs.run import stored_report
from errata.verbs.within import SomeRows
from tests.catalogs import log
from tests.schemas import agrees

ROLES = Roles(truth="truth", prediction="prediction")


def rows(size: int = 6_000) -> pa.Table:
    """At night, lens b fails; by day everything fails a little more, whatever the lens."""
    rng = np.random.default_rng(2)
    night, lens = rng.random(size) < 0.5, rng.choice(["a", "b", "c"], size)
    failed = rng.random(size) < np.where(night, np.where(lens == "b", 0.4, 0.05), 0.2)
    truth = rng.choice(["cat", "dog", "cow"], size)
    wrong = np.where(truth == "cat", "dog", "cat")
    return pa.table(
        {
            "id": np.arange(size),
            "source": np.where(night, "night", "day"),
            "lens": lens,
            "x": rng.random(size),
            "confidence": rng.random(size),
            "truth": truth,
            "prediction": np.where(failed, wrong, truth),
        }
    )


def analyze(data: pa.Table, within: str | None = None, **options: Any) -> Report:
    return analyze_source(table_source(data), ROLES, AnalyzeOptions(within=within, **options))


NIGHT = "source = 'night'"


def test_it_is_the_analysis_of_a_file_that_holds_those_rows_alone() -> None:
    data = rows()
    alone = data.filter(pa.array(Slice.parse(NIGHT).mask(data.column)))
    audits = ("slices", "confusion", "calibration", "operating-points")
    some, file = analyze(data, NIGHT, analyses=audits), analyze(alone, analyses=audits)
    assert some.run == file.run
    assert some.metrics == file.metrics
    assert [one.to_json() for one in some.analyses.values()] == [one.to_json() for one in file.analyses.values()]
    assert len(some.findings) == len(file.findings) > 1
    for one, other in zip(some.findings, file.findings, strict=True):
        for name in ("rows", "failed", "error_rate", "rest_error_rate", "excess_errors_low", "p_adjusted"):
            assert getattr(one, name) == getattr(other, name)
        assert one.slice == Slice.parse(other.slice).within(Slice.parse(NIGHT)).text
        assert one.fingerprint != other.fingerprint


def test_a_slice_says_what_it_is_within_and_holds_those_rows() -> None:
    data = rows()
    report = analyze(data, NIGHT)
    assert [one.slice for one in report.slices()] == ["lens = 'b' and source = 'night'"]
    found = report.slices()[0]
    assert found.rows == int(Slice.parse(found.slice).mask(data.column).sum())
    assert found.rest_error_rate == pytest.approx(0.05, abs=0.01)


def test_a_condition_on_the_same_column_is_joined_with_it() -> None:
    data = rows()
    x = data["x"].to_numpy()
    data = data.set_column(6, "prediction", pa.array(np.where((x > 0.3) & (x < 0.4), "none", data["prediction"])))
    report = analyze(data, "x < 0.5")
    found = Slice.parse(report.slices()[0].slice).conditions[0]
    assert found.column == "x"
    assert found.high is not None
    assert found.high <= 0.5
    assert report.slices()[0].rows == int(Slice.parse(report.slices()[0].slice).mask(data.column).sum())


def test_the_report_says_so_wherever_it_is_told() -> None:
    report = analyze(rows(), "source  =  'night'")
    assert report.within == NIGHT
    assert report.to_json()["within"] == NIGHT
    agrees("errata.report-1", report.to_json())
    text = report_text(report, width=100, colour=False)
    assert f"{report.run.rows:,} rows within {NIGHT}, classification" in text
    assert f"note: within {NIGHT}: {report.run.rows:,} of 6,000 rows" in text
    assert "within source = &#39;night&#39;" in report_page(report)
    assert "--within 'source = '\"'\"'night'\"'\"''" in command(report)
    assert analyze(rows()).to_json()["within"] is None


def test_all_is_everything() -> None:
    whole, same = analyze(rows()), analyze(rows(), "all")
    assert same.within is None
    assert [one.fingerprint for one in whole.findings] == [one.fingerprint for one in same.findings]


@pytest.mark.parametrize(
    ("within", "kind", "code", "says"),
    [
        ("source = 'noon'", UsageError, "nothing-within", "no row of table lies within source = 'noon'"),
        ("sauce = 'night'", ColumnError, "no-such-column", "no column 'sauce', which --within looks at"),
        ("source > 3", GrammarError, "bad-slice", "a slice has no '>'"),
        ("source = 3", ColumnError, "condition-type", "holds text"),
        ("", GrammarError, "bad-slice", "the slice is empty"),
        ('"hour(id)" = 3', ColumnError, "derive-type", "id does not hold times of day"),
    ],
)
def test_what_is_no_slice_of_its_rows_is_said(within: str, kind: type[ErrataError], code: str, says: str) -> None:
    with pytest.raises(kind) as caught:
        analyze(rows(), within)
    assert caught.value.code == code
    assert says in str(caught.value)


def test_a_bad_row_is_counted_among_those() -> None:
    data = rows(100)
    data = data.set_column(5, "truth", pa.array([None, *data["truth"].to_pylist()[1:]]))
    data = data.set_column(1, "source", pa.array(["night"] * 100))
    with pytest.raises(ValueFault) as caught:
        analyze(data, NIGHT)
    assert caught.value.where.endswith("first in row 1, counted among the rows within source = 'night'")


def test_rows_are_taken_batch_by_batch(tmp_path: Path) -> None:
    data = rows(1_000)
    pa.parquet.write_table(data, tmp_path / "t.parquet", row_group_size=90)
    kept = np.asarray(data["x"]) < 0.3
    some = SomeRows(open_source(str(tmp_path / "t.parquet")), kept)
    expected = data.filter(pa.array(kept))
    assert some.rows == expected.num_rows
    read = [batch.column("x").to_pylist() for batch in some.batches(["x"], 70)]
    assert [value for part in read for value in part] == expected["x"].to_pylist() == some.column("x").to_pylist()
    assert some.glance(["lens"], 10_000)["lens"].to_pylist() == expected["lens"].to_pylist()
    assert some.schema.names == data.schema.names


def test_of_a_run_its_findings_are_kept_beside_those_of_all_rows(store: Store) -> None:
    log(store, rows())
    whole = analyze_run(store, 1, AnalyzeOptions())
    some = analyze_run(store, 1, AnalyzeOptions(within=NIGHT))
    assert some.within == NIGHT
    again = analyze_run(store, 1, AnalyzeOptions(within=NIGHT))
    assert [one.id for one in again.findings] == [one.id for one in some.findings]
    assert again.within == NIGHT
    listed = [one.slice for one in list_findings(store)]
    assert listed == [one.slice for one in whole.findings]
    report = stored_report(store, 1)
    assert report is not None
    assert report.within is None
    number = int(some.slices()[0].id.partition(":")[2])
    assert get_finding(store, number).slice == "lens = 'b' and source = 'night'"
    case = open_case(store, finding=number, title="lens b at night")
    check = add_check(store, case=case.key)
    assert check.body.slice == "lens = 'b' and source = 'night'"
    assert analyze_run(store, 1, AnalyzeOptions(within=NIGHT)).slices()[0].status == f"known ({case.key})"
