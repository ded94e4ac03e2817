"""Times with and without an offset in one column are refused, with a row of each."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.core.errors import ValueFault
from errata.integrations.files import table_source
from errata.integrations.files.times import input_row, moments
from errata.nouns.source import BadRow


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["2026-01-31", "2026-02-01"], pa.date32()),
        (["2026-01-31T09:00", "2026-02-01 10:00:00.25"], pa.timestamp("us")),
        (["2026-01-31T09:00:00Z", "2026-02-01T10:00:00+02:00"], pa.timestamp("us", "UTC")),
        (["2026-01-31T09:00:00.123456789Z"], pa.timestamp("ns", "UTC")),
        (["2026-01-31T09:00:00Z", "2026-02-01T10:00:00"], pa.string()),
        (["2026-01-31", "soon"], pa.string()),
        (["2026-02-31"], pa.string()),
    ],
)
def test_text_becomes_times_only_if_all_of_it_is(texts: list[str], kind: pa.DataType):
    assert moments(pa.chunked_array([texts])).type == kind


@pytest.mark.parametrize(
    "texts",
    [
        ["2026-01-31T09:00:00", "2026-01-31T09:00:00Z"],
        ["2026-01-31 09:00", None, "2026-01-31 09:00:00.5+0200"],
        ["2026-01-31", "2026-01-31T09:00:00-05:00"],
    ],
)
def test_mixed_times_are_refused(texts: list[str | None]):
    with pytest.raises(ValueFault) as caught:
        table_source({"t": texts}).column("t")
    assert caught.value.code == "mixed-times"
    assert caught.value.details[0] == f"row 1: {texts[0]} has none (1 such)"


@given(st.sets(st.integers(1, 30)), st.integers(0, 40))
def test_rows_of_the_input_count_those_kept_aside(bad: set[int], index: int):
    aside = tuple(BadRow(row, "") for row in bad)
    usable = [row for row in range(1, 100) if row not in bad]
    assert input_row(index, aside) == usable[index]
