"""What goes over a partition and comes back."""

from __future__ import annotations

import pickle

import pyarrow as pa
import pytest

from errata.core.errors import ValueFault
from errata.engine.spark.partitions import error_of, larger, packed_error


def test_an_error_comes_back_as_it_was() -> None:
    error = ValueFault("null-truth", "no truth", expected="a truth", found="none", details=["row 1"])
    again = error_of(pickle.loads(pickle.dumps(packed_error(error))))
    assert isinstance(again, ValueFault)
    assert str(again) == str(error)
    assert again.code == "null-truth"


@pytest.mark.parametrize("error", [KeyError("x"), TypeError("no number"), pa.ArrowInvalid("invalid UTF-8")])
def test_other_errors_too(error: Exception) -> None:
    again = error_of(pickle.loads(pickle.dumps(packed_error(error))))
    assert (type(again), again.args) == (type(error), error.args)


def test_small_batches_are_put_together() -> None:
    batches = [pa.record_batch({"x": pa.array(range(n))}) for n in (3, 0, 4, 1, 9, 2)]
    found = list(larger(batches, 5))
    assert [one.num_rows for one in found] == [7, 10, 2]
    assert [x for one in found for x in one.column(0).to_pylist()] == [x for n in (3, 4, 1, 9, 2) for x in range(n)]


def test_no_batch_is_no_batch() -> None:
    assert list(larger([pa.record_batch({"x": pa.array([], pa.int64())})], 5)) == []
