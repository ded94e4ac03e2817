"""Columns that are made of a batch alone."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from errata.nouns.roles import Roles
from errata.tasks.reserved import IsClass, IsSame, Moment, Not, Number, OfSaid, OfTwo, Square, Squared, View
from errata.verbs.view import view_of

BATCH = pa.RecordBatch.from_pydict(
    {
        "truth": pa.array(["a", "b", None, "b"]).dictionary_encode(),
        "said": ["a", "a", "b", None],
        "p_a": [0.9, 0.6, 0.2, 0.5],
        "p_b": pa.array([0.1, 0.4, None, 0.5], pa.float32()),
        "day": pa.array([0, 1, None, 3], pa.date32()),
    }
)
VIEW = View(
    {
        "@same": IsSame("truth", "said"),
        "@other": Not("@same"),
        "@confidence": OfSaid("said", (("a", "p_a"), ("b", "p_b"))),
        "@is a": IsClass("truth", "a"),
        "@says a": IsClass("said", "a"),
        "@a of two": OfTwo("@says a", "@confidence"),
        "@squared": Squared("@a of two", "@is a"),
        "@square": Square("p_a"),
        "@number": Number("p_a"),
        "@time": Moment("day"),
    }
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("@same", [True, False, None, None]),
        ("@other", [False, True, None, None]),
        ("@confidence", [0.9, 0.6, np.nan, np.nan]),
        ("@is a", [True, False, None, False]),
        ("@says a", [True, True, False, None]),
        ("@a of two", [0.9, 0.6, np.nan, np.nan]),
        ("@squared", [0.01, 0.36, np.nan, np.nan]),
        ("@square", [0.81, 0.36, 0.04, 0.25]),
        ("@number", [0.9, 0.6, 0.2, 0.5]),
    ],
)
def test_each_is_what_it_says(name: str, expected: list[Any]) -> None:
    found = VIEW.of(BATCH, [name]).column(name)
    if any(isinstance(one, float) for one in expected):
        assert np.asarray(found) == pytest.approx(expected, nan_ok=True, abs=1e-7)
    else:
        assert found.to_pylist() == expected


def test_days_are_times() -> None:
    assert pa.types.is_timestamp(VIEW.of(BATCH, ["@time"]).column("@time").type)


def test_what_is_read_is_what_they_are_made_of() -> None:
    assert VIEW.read(["@squared", "day"], BATCH.schema.names) == ["truth", "said", "p_a", "p_b", "day"]
    assert VIEW.made(["@squared"]) == ["@says a", "@confidence", "@a of two", "@is a", "@squared"]
    assert VIEW.read(["p_a"], BATCH.schema.names) == ["p_a"]


def test_a_view_goes_to_another_process() -> None:
    sent = pickle.loads(pickle.dumps(VIEW))
    assert sent == VIEW
    assert sent.of(BATCH, ["@same"]).equals(VIEW.of(BATCH, ["@same"]))


def test_what_counts_are_known_by_names_the_columns_behind_it() -> None:
    assert VIEW.to_json(["@same", "truth"]) == {"@same": {"same": ["truth", "said"]}}
    one = view_of(Roles(truth="truth", prediction="said"), "classification").to_json(["@failed"])
    two = view_of(Roles(truth="truth", prediction="said", failed="p_a > 0.5"), "classification").to_json(["@failed"])
    assert one != two
