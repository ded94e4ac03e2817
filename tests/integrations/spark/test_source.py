"""What Spark reads, as a source: Parquet that is here too, tables of Spark's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import errata
from errata.analysis.draw import Draw
from errata.analysis.tally import Axis, Tally
from errata.core.errors import ErrataError, FileError, UsageError, ValueFault
from errata.integrations.files import open_source
from errata.integrations.spark import source as sources
from errata.tasks.reserved import View
from errata.verbs.spark import Spark, spark_source
from tests.engine.hostile import table, write_parts

pytestmark = [
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.xdist_group("spark"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_parts(tmp_path_factory.mktemp("source"), table(600))


@pytest.fixture(scope="module")
def frame(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A view of Spark's in three partitions, one of them empty, without types that Spark has not."""
    path = tmp_path_factory.mktemp("table") / "t.parquet"
    pq.write_table(table(900).drop_columns(["time", "nothing", "Flag"]), path)
    whole = spark.read.parquet(str(path))
    found = whole.limit(0).union(whole.repartition(2, "user"))
    found.createOrReplaceTempView("preds")
    return found


def test_files_are_what_they_are_without_spark(spark: Any, folder: Path) -> None:
    here, there = open_source(folder), spark_source(folder)
    assert (there.schema, there.rows, there.name) == (here.schema, here.rows, here.name)
    assert there.glance(["light", "site"], 100).to_pylist() == here.glance(["light", "site"], 100).to_pylist()
    assert there.column("huge").to_pylist() == here.column("huge").to_pylist()
    rows = there.normal(there.frame(here.schema.names).toArrow().combine_chunks().to_batches()[0])
    assert rows.schema == here.schema
    by_id = sorted(rows.to_pylist(), key=lambda row: row["id"])
    expected = sorted(
        (row for batch in here.batches(here.schema.names) for row in batch.to_pylist()), key=lambda r: r["id"]
    )
    assert [str(row) for row in by_id] == [str(row) for row in expected]


def test_naive_times_are_of_the_zone_that_is_given(spark: Any, folder: Path) -> None:
    asked = [Tally((Axis("time", seconds=3600),))]
    here, there = open_source(folder, tz="Asia/Kathmandu"), spark_source(folder, tz="Asia/Kathmandu")
    answers = Spark().answers(there, asked, View(), lambda _: None)
    from errata.engine.local.answers import answers as local

    assert answers == local(here.batches(["time"]), asked)


def test_a_table_of_sparks_is_a_source(frame: Any) -> None:
    found = spark_source("table:preds")
    assert found.rows == 900
    assert found.schema.field("truth").type == pa.dictionary(pa.int32(), pa.string())
    assert found.schema.field("zoned").type == pa.timestamp("us", "UTC")
    assert len(found.column("light")) == 900
    glance = found.glance(["id", "node"], 90)
    assert 30 <= glance.num_rows <= 90
    assert glance.equals(found.glance(["id", "node"], 90))
    asked = [Tally((Axis("node"),), ("contrast",)), Draw(("id",), 20, 5)]
    one, two = (Spark().answers(found, asked, View(), lambda _: None) for _ in range(2))
    assert one[0] == two[0]
    assert one[0].total == 900
    assert one[1].table.equals(two[1].table)
    assert one[1].table.num_rows == 20


def test_a_dataframe_is_analysed_from_python(frame: Any) -> None:
    report = errata.analyze(frame, engine="spark", truth="truth", prediction="prediction", exclude=["id"], depth=1)
    assert report.run.rows == 900


def test_what_spark_does_not_read_is_refused(spark: Any, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("truth,prediction\na,b\n")
    for what, kind, code in (
        (tmp_path / "p.csv", UsageError, "not-for-spark"),
        (tmp_path / "none.parquet", FileError, "file-missing"),
        ("table:nowhere", UsageError, "no-such-table"),
        (f"file://{tmp_path}/none", FileError, "file-missing"),
    ):
        with pytest.raises(kind) as caught:
            spark_source(what)
        assert caught.value.code == code
        assert caught.value.next


def test_too_many_rows_are_not_fetched(spark: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MOST_COLLECTED", 100)
    with pytest.raises(UsageError) as caught:
        spark_source(folder).column("truth")
    assert caught.value.code == "too-many-rows"
    assert "600 rows" in caught.value.message


def test_a_file_that_goes_away_is_an_error_of_the_input(spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    pq.write_table(table(50), path)
    found = spark_source(path)
    _ = found.frame(["truth"])
    path.write_bytes(path.read_bytes()[:400])
    with pytest.raises(ErrataError) as caught:
        Spark().answers(found, [Tally((Axis("truth"),))], View(), lambda _: None)
    assert caught.value.code == "spark-failed"
    assert caught.value.found


def test_text_that_is_none_is_said(spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    bad = pa.Array.from_buffers(pa.string(), 2, pa.array([b"ok", b"\xff\xfe"]).buffers())
    pq.write_table(pa.table({"truth": bad, "n": [1, 2]}), path)
    with pytest.raises(FileError) as caught:
        Spark().answers(spark_source(path), [Tally((Axis("truth"),))], View(), lambda _: None)
    assert caught.value.code == "invalid-utf8"


def test_ids_of_many_rows_are_looked_through_where_they_are(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MOST_COLLECTED", 10)
    rows = {"truth": ["a"] * 20, "prediction": ["a", "b"] * 10}
    for ids, code in (([*range(19), 7], "repeated-id"), ([*range(19), None], "null-id")):
        path = tmp_path / f"{code}.parquet"
        pq.write_table(pa.table({"id": ids, **rows}), path)
        with pytest.raises(ValueFault) as caught:
            errata.analyze(path, engine="spark")
        assert caught.value.code == code
        if code == "repeated-id":
            assert caught.value.found == "7 in 2 rows"
    path = tmp_path / "sound.parquet"
    pq.write_table(pa.table({"id": range(20), **rows}), path)
    assert errata.analyze(path, engine="spark").run.rows == 20


def test_missing_truth_of_many_rows_is_said_without_fetching_them(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MOST_COLLECTED", 10)
    path = tmp_path / "p.parquet"
    pq.write_table(pa.table({"truth": ["a", "b"] * 9 + [None, "a"], "prediction": ["a"] * 20}), path)
    with pytest.raises(ValueFault) as caught:
        errata.analyze(path, engine="spark")
    assert caught.value.code == "null-truth"
    assert errata.analyze(path, engine="spark", allow_unknown=True).run.unknown == 1


def test_columns_that_spark_does_not_read_are_left_out_and_said(spark: Any, tmp_path: Path) -> None:
    rows = table(200).select(["truth", "prediction", "light"])
    path = tmp_path / "p.parquet"
    pq.write_table(rows.append_column("tod", pa.array(range(200), pa.time64("us"))), path)
    report = errata.analyze(path, engine="spark", depth=1)
    assert "tod is left out: Spark does not read values of type time64[us]" in report.notes


def test_a_part_of_nothing_but_nulls_takes_the_type_of_the_others(spark: Any, tmp_path: Path) -> None:
    for at, word in enumerate((pa.nulls(5), pa.array(["a"] * 5))):
        pq.write_table(pa.table({"word": word, "n": range(5)}), tmp_path / f"{at}.parquet")
    counts = Spark().answers(spark_source(tmp_path), [Tally((Axis("word"),))], View(), lambda _: None)[0]
    assert (counts.labels, counts.rows.tolist()) == ((("a", None),), [5, 5])
    draw = Draw(("word", "n"), 10)
    drawn = Spark().answers(spark_source(tmp_path), [draw], View(), lambda _: None)[0]
    assert drawn.table.column("n").to_pylist() == [*range(5), *range(5)]
    assert drawn.table.column("word").to_pylist() == [None] * 5 + ["a"] * 5
