"""``errata.analyze``: the same report of a path, an Arrow table, a pandas and a Polars frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest

import errata
from tests.catalogs import NIGHT, predictions

TABLE = predictions(2_000)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("client") / "preds.parquet"
    pa.parquet.write_table(TABLE, path)
    return path


def without_name(report: errata.Report) -> dict[str, Any]:
    return {key: value for key, value in report.to_json().items() if key != "source"}


@pytest.mark.parametrize(
    "frame",
    [
        TABLE,
        TABLE.combine_chunks().to_batches()[0],
        pa.RecordBatchReader.from_batches(TABLE.schema, TABLE.to_batches(max_chunksize=300)),
        TABLE.to_pandas(),
        TABLE.to_pandas().set_index("id", drop=False),
        TABLE.to_pandas().astype({"source": "category", "truth": "category"}),
        pl.from_arrow(TABLE),
        pl.from_arrow(TABLE).with_columns(pl.col("camera").cast(pl.Categorical)),  # type: ignore[union-attr]
    ],
    ids=["Arrow", "batch", "reader", "pandas", "index", "category", "Polars", "categorical"],
)
def test_a_table_in_memory_says_what_its_file_says(frame: Any, file: Path) -> None:
    assert without_name(errata.analyze(frame)) == without_name(errata.analyze(file))


def test_options_are_those_of_the_command(file: Path) -> None:
    report = errata.analyze(
        str(file),
        truth="truth",
        prediction="prediction",
        positive="cat",
        metric="fpr",
        depth=1,
        min_support=0.1,
        top=1,
        factors=["source", "camera"],
        seed=3,
    )
    assert [finding.slice for finding in report.slices()] == [NIGHT]
    assert report.searched.slices == 5
    assert report.roles["factors"] == ["source", "camera"]


def test_a_positive_class_may_be_given_as_it_is() -> None:
    frame = pd.DataFrame({"truth": [True, False] * 50, "prediction": [True, True] * 50, "site": ["a", "b"] * 50})
    assert errata.analyze(frame, positive=True, metric="fpr").roles["positive"] == "true"


def test_a_report_prints_as_the_terminal_does_and_renders(file: Path) -> None:
    report = errata.analyze(file)
    text = str(report)
    assert text.startswith("2,000 rows, classification · ")
    assert NIGHT in text
    assert "Nothing else beats chance (" in text
    assert "night" in report._repr_html_()


def test_what_cannot_be_used_is_an_input_error() -> None:
    with pytest.raises(errata.InputError) as caught:
        errata.analyze(TABLE, truth="trooth")
    assert caught.value.code == "no-such-column"
    assert "truth" in str(caught.value)
