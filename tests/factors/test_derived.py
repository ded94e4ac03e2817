"""A source with derived columns: the same values as a whole, in batches and at a glance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from errata.core.errors import ColumnError
from errata.factors.derivation import derivations
from errata.factors.derived import DerivedSource
from errata.integrations.files import open_source, table_source
from errata.nouns.source import Source

START = datetime(2026, 1, 1, tzinfo=UTC)
TABLE = pa.table(
    {
        "time": pa.array([START + timedelta(hours=n) for n in range(100)], pa.timestamp("us", "UTC")),
        "question": [f"question {n % 7}" * (n % 3) for n in range(100)],
        "x": [float(n) if n % 9 else None for n in range(100)],
    }
)
NAMES = ("hour(time)", "weekday(time)", "length(question)", "script(question)", "log(x)")


def sources(folder: Path) -> list[Source]:
    pa.parquet.write_table(TABLE, folder / "t.parquet", row_group_size=13)
    pa.csv.write_csv(TABLE, folder / "t.csv")
    chunked = pa.Table.from_batches(TABLE.to_batches(max_chunksize=11))
    read = [open_source(str(folder / "t.parquet")), open_source(str(folder / "t.csv")), table_source(chunked)]
    return [DerivedSource(one, derivations(NAMES)) for one in read]


def test_the_values_are_the_same_however_they_are_read(tmp_path: Path) -> None:
    expected = {
        "hour(time)": [n % 24 for n in range(100)],
        "length(question)": [10 * (n % 3) for n in range(100)],
        "weekday(time)": [(START + timedelta(hours=n)).strftime("%A") for n in range(100)],
    }
    for source in sources(tmp_path):
        assert source.schema.names == [*TABLE.schema.names, *NAMES]
        wanted = ["log(x)", "question", *NAMES[:4]]
        batches = list(source.batches(wanted, 17))
        assert [batch.schema.names for batch in batches] == [wanted] * len(batches)
        for name in NAMES:
            whole = source.column(name)
            assert whole.type == source.schema.field(name).type
            assert whole.to_pylist() == [value for batch in batches for value in batch.column(name).to_pylist()]
            assert whole.to_pylist() == source.glance([name], 1000).column(name).to_pylist()
            if name in expected:
                assert whole.to_pylist() == expected[name]
        assert next(batch.schema.names for batch in source.batches(["x"])) == ["x"]


def test_a_derivation_that_the_columns_do_not_allow_is_refused() -> None:
    with pytest.raises(ColumnError, match="no column 'tine'"):
        DerivedSource(table_source(TABLE), derivations(["hour(tine)"]))
