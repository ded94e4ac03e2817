from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from errata.integrations.files import table_source
from errata.nouns.roles import Roles
from errata.tasks.outcomes import read_outcomes
from errata.tasks.streamed import Judge, judge_of

RNG = np.random.default_rng(0)
HOLES = RNG.random(500) < 0.1
TABLES = {
    "text": (RNG.choice(["a", "b", "ü"], 500), RNG.choice(["b", "a", "c"], 500)),
    "integers": (RNG.integers(0, 3, 500), RNG.integers(0, 3, 500)),
    "booleans": (RNG.random(500) < 0.5, RNG.random(500) < 0.5),
    "whole floats": (RNG.integers(0, 3, 500).astype(float), RNG.integers(0, 3, 500)),
}
ROLES = Roles(truth="truth", prediction="prediction")


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("failed", [None, "ms > 500", "ms > 500 or late"])
def test_outcomes_batch_by_batch_are_those_of_the_whole(kind: str, failed: str | None) -> None:
    truth, prediction = TABLES[kind]
    table = pa.table(
        {
            "truth": pa.array(truth, mask=HOLES),
            "prediction": pa.array(prediction, mask=np.roll(HOLES, 7)),
            "ms": pa.array(RNG.integers(0, 1000, 500), mask=np.roll(HOLES, 99)),
            "late": RNG.random(500) < 0.1,
        }
    )
    roles = Roles(truth="truth", prediction="prediction", failed=failed)
    source = table_source(table)
    judge = judge_of(source.glance(table.schema.names, 100), roles)
    assert isinstance(judge, Judge)
    found = np.concatenate([judge.failed(batch) for batch in source.batches(judge.columns, rows=64)])
    assert found.tolist() == read_outcomes(source, roles, allow_unknown=True).failed.tolist()


def test_a_dictionary_that_holds_a_value_twice_tells_no_lies() -> None:
    codes = pa.array([0, 1, 2, 1], pa.int32())
    twice = pa.DictionaryArray.from_arrays(codes, pa.array(["a", "b", "a"]))
    plain = pa.array(["a", "b", "a", "a"]).dictionary_encode()
    batch = pa.record_batch({"truth": twice, "prediction": plain})
    judge = judge_of(pa.Table.from_batches([batch]), ROLES)
    assert isinstance(judge, Judge)
    assert judge.failed(batch).tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("table", "roles", "reason"),
    [
        ({"truth": [0.5], "prediction": [0.7]}, ROLES, "of a regression, --failed has to say what counts as failed"),
        ({"truth": ["a"], "prediction": [1]}, ROLES, "truth truth and prediction prediction are of different types"),
        ({"prediction": ["a"]}, Roles(prediction="prediction"), "no truth"),
        ({"x": ["a"]}, Roles(), "no truth and no prediction"),
    ],
)
def test_why_nothing_says_what_failed(table: dict[str, list[object]], roles: Roles, reason: str) -> None:
    assert judge_of(pa.table(table), roles) == reason
