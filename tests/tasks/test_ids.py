"""One row, one id."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from errata.core.errors import ValueFault
from errata.integrations.files import table_source
from errata.tasks.ids import refuse_repeated


def check(ids: Any) -> None:
    refuse_repeated(table_source(pa.table({"id": ids})), "id")


@pytest.mark.parametrize(
    "ids",
    [
        np.arange(300),
        np.arange(-128, 128).astype(np.int8),
        np.arange(-30_000, 30_000).astype(np.int16),
        np.arange(300).astype(np.uint64),
        np.uint64(2**64 - 300) + np.arange(300, dtype=np.uint64),
        np.arange(300) * 10**15,
        [f"digits-{n:05}" for n in range(300)],
        pa.array([f"digits-{n:05}" for n in range(300)]).dictionary_encode(),
        np.arange(300) / 8,
    ],
    ids=str,
)
def test_ids_that_differ_are_fine(ids: Any) -> None:
    check(ids)


@pytest.mark.parametrize(
    ("ids", "found"),
    [
        ([3, 1, 2, 1, 1], "1 in rows 2, 4, 5"),
        (np.array([3, 1, 2, 1], np.uint64), "1 in rows 2, 4"),
        ([10**15, 7, 10**15], "1000000000000000 in rows 1, 3"),
        (["a", "b", "c", "b"], "'b' in rows 2, 4"),
        (pa.array(["a", "b", "c", "b"]).dictionary_encode(), "'b' in rows 2, 4"),
    ],
)
def test_an_id_in_two_rows_is_named_with_its_rows(ids: Any, found: str) -> None:
    with pytest.raises(ValueFault) as caught:
        check(ids)
    assert (caught.value.code, caught.value.found) == ("repeated-id", found)
    assert "--group id" in caught.value.next


@pytest.mark.parametrize("ids", [[1, None, 3], ["a", None], [1.0, float("nan")]])
def test_a_row_without_an_id_is_named(ids: Any) -> None:
    with pytest.raises(ValueFault) as caught:
        check(ids)
    assert (caught.value.code, caught.value.where) == ("null-id", "table, column id, first in row 2")
