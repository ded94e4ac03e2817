"""Tables in memory: Arrow, pandas, Polars and dictionaries say the same."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from errata.cli.options import split_names
from errata.core.errors import ColumnError, FileError, UsageError, ValueFault
from errata.integrations.files import check_column, table_source
from errata.tasks.columns import check_columns

COLUMNS = {"id": [1, 2, 3], "label": ["cat", "dog", "cat"], "conf": [0.5, 0.25, 0.125]}
ARROW = pa.table(COLUMNS)

TABLES = {
    "arrow": ARROW,
    "batch": ARROW.to_batches()[0],
    "reader": ARROW.to_reader(),
    "pandas": pd.DataFrame(COLUMNS, index=[7, 8, 9]),
    "categories": pd.DataFrame(COLUMNS).astype({"label": "category"}),
    "polars": pl.DataFrame(COLUMNS),
    "lazy": pl.LazyFrame(COLUMNS),
    "mapping": COLUMNS,
}


@pytest.mark.parametrize("kind", TABLES)
def test_every_kind_of_table_says_the_same(kind: str):
    source = table_source(TABLES[kind])
    assert (source.name, source.rows, source.quarantined) == ("table", 3, ())
    assert source.schema == pa.schema(
        {"id": pa.int64(), "label": pa.dictionary(pa.int32(), pa.string()), "conf": pa.float64()}
    )
    for name, values in COLUMNS.items():
        assert source.column(name).type == source.schema.field(name).type
        assert source.column(name).to_pylist() == values


@pytest.mark.parametrize("view", [pa.list_view, pa.large_list_view])
@pytest.mark.parametrize("rows", [[0, 1, 2, 3], [3, 2], [1, 2, 3], [3, 0, 0], [1]])
def test_views_of_lists_become_lists(view, rows: list[int]):
    values = [[1, 2], None, [], [3, None, 4]]
    views = pa.array(values, view(pa.int64()))
    sliced = rows == list(range(rows[0], rows[0] + len(rows)))
    taken = views.slice(rows[0], len(rows)) if sliced else views.take(pa.array(rows))
    source = table_source(pa.table({"steps": taken}))
    assert source.schema.field("steps").type.id in (pa.list_(pa.int64()).id, pa.large_list(pa.int64()).id)
    assert source.column("steps").to_pylist() == [values[row] for row in rows]
    for batch in source.batches(["steps"], 2):
        batch.validate(full=True)


def test_a_null_among_the_categories_is_a_missing_value():
    values = pa.DictionaryArray.from_arrays(pa.array([0, 1, 0]), pa.array(["x", None]))
    column = table_source(pa.table({"a": values})).column("a")
    assert column.null_count == 1
    assert column.chunk(0).dictionary.to_pylist() == ["x"]


def test_naive_times_take_the_zone_that_is_given():
    frame = pd.DataFrame({"t": pd.to_datetime(["2026-01-31 10:00"])})
    assert table_source(frame).schema.field("t").type.tz is None
    assert table_source(frame, tz="Europe/Berlin").column("t").cast(pa.timestamp("us", "UTC")).to_pylist() == [
        datetime(2026, 1, 31, 9, tzinfo=UTC)
    ]


def test_duplicate_names_are_all_listed():
    frame = pd.DataFrame([[1, 2, 3, 4]], columns=["a", "b", "a", "b"])
    with pytest.raises(ColumnError) as caught:
        table_source(frame)
    assert caught.value.details == ["'a': columns 1, 3", "'b': columns 2, 4"]


def test_a_column_of_mixed_objects_is_named():
    with pytest.raises(ColumnError) as caught:
        table_source(pd.DataFrame({"a": [1, "x", {}]}))
    assert caught.value.code == "unreadable-column"
    assert caught.value.found.startswith("column 'a'")


@pytest.mark.parametrize("values", [[10**20, 1], ["\ud800", "x"], [1j, 2]])
def test_values_that_no_column_holds_are_an_error_that_names_it(values: list):
    with pytest.raises(ColumnError, match="a column that cannot be read") as caught:
        table_source(pd.DataFrame({"fine": [1, 2], "odd": pd.Series(values, dtype=object)}))
    assert caught.value.found.startswith("column 'odd'")


@pytest.mark.parametrize("kind", [dict, lambda columns: pd.DataFrame(columns, dtype=object)])
def test_datetimes_with_and_without_a_zone_are_refused(kind):
    moments = [None, datetime(2026, 1, 31, 9), datetime(2026, 1, 31, 9, tzinfo=UTC)]
    with pytest.raises(ValueFault) as caught:
        table_source(kind({"t": moments}))
    assert caught.value.details == [
        "row 2: 2026-01-31T09:00:00 has none",
        "row 3: 2026-01-31T09:00:00+00:00 has an offset",
    ]


def test_a_series_is_no_table():
    for series in (pd.Series([1]), pl.Series([1])):
        with pytest.raises(UsageError, match="'Series' is not a table"):
            table_source(series)


def test_columns_of_different_lengths():
    with pytest.raises(ColumnError, match="cannot be read"):
        table_source({"a": [1], "b": [1, 2]})


def test_no_rows_no_columns_no_table():
    with pytest.raises(FileError, match="no rows"):
        table_source(ARROW.slice(0, 0))
    with pytest.raises(FileError, match="no columns"):
        table_source(pd.DataFrame())
    with pytest.raises(UsageError, match="'int' is not a table"):
        table_source(3)


def test_a_column_that_is_not_there_names_the_nearest():
    with pytest.raises(ColumnError) as caught:
        check_column(table_source(ARROW), "lable", "truth")
    assert caught.value.code == "no-such-column"
    assert caught.value.next == "--truth label"
    assert caught.value.found == "id, label, conf"


@pytest.mark.parametrize(
    ("given", "next_step"),
    [
        (["region", "nope"], "--heatmap region,node"),
        (["nope", "region"], "--heatmap node,region"),
        (["region", "regoin"], "--heatmap region,COLUMN"),
        (["rejion", "nood"], "--heatmap region,node"),
        (["rejion", "a, b"], """--heatmap 'region,"a, b"'"""),
    ],
)
def test_a_list_of_columns_is_mended_as_a_whole(given, next_step):
    table = table_source({"region": [1], "node": [2], "a, b": [3]})
    with pytest.raises(ColumnError) as caught:
        check_columns(table, given, "heatmap")
    assert caught.value.next == next_step
    mended = split_names([shlex.split(next_step)[1]])
    check_columns(table, mended, "heatmap", also=["COLUMN"])
    check_columns(table, ["a, b", "node.field"], "stages", also=["node.field"])
