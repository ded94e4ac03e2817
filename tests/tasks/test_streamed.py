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


LISTS = RNG.integers(0, 2, (300, 4)).astype(bool)
SAID = LISTS ^ (RNG.random((300, 4)) < 0.2)


def _labels(rows: np.ndarray) -> list[list[str]]:
    return [["abcd"[at] for at in np.flatnonzero(row)] for row in rows]


RULED = {
    "multilabel": ({"truth": _labels(LISTS), "prediction": _labels(SAID)}, {}),
    "multilabel by distance": ({"truth": _labels(LISTS), "prediction": _labels(SAID)}, {"failed": "label_errors > 1"}),
    "multilabel in text": (
        {"truth": [";".join(one) for one in _labels(LISTS)], "prediction": [";".join(one) for one in _labels(SAID)]},
        {"task": "multilabel"},
    ),
    "retrieval": ({"relevant": _labels(LISTS), "retrieved": _labels(SAID)}, {"k": 2}),
    "top-k": ({"truth": RNG.choice(list("abcd"), 300), "ranked": _labels(SAID)}, {"k": 1}),
    "top-k by score": (
        {"truth": RNG.choice(list("abc"), 300), **{f"p_{one}": RNG.random(300) for one in "abc"}},
        {"task": "top-k", "k": 2},
    ),
    "generation": (
        {
            "answer": ["Paris", "I cannot say.", "Lyon", None] * 75,
            "reference": ["Paris"] * 300,
            "contexts": [["Paris"]] * 300,
            "judge": RNG.random(300),
        },
        {},
    ),
    "generation by kind": (
        {"answer": ["Paris", "I cannot say.", "Lyon", None] * 75, "contexts": [["Paris"]] * 300},
        {"failed": "unfaithful or refused"},
    ),
    "generation by format": ({"answer": ["{}", "no"] * 150, "tool_errors": [[]] * 300}, {"format": "json"}),
}


@pytest.mark.parametrize("name", RULED)
def test_tasks_with_a_rule_are_judged_batch_by_batch(name: str) -> None:
    columns, given = RULED[name]
    source = table_source(pa.table(columns))
    outcomes = read_outcomes(source, Roles(**given), allow_unknown=True)  # type: ignore[arg-type]
    judge = judge_of(source.glance(source.schema.names, 100), outcomes.roles)
    assert isinstance(judge, Judge)
    found = np.concatenate([judge.failed(batch) for batch in source.batches(judge.columns, rows=64)])
    assert found.tolist() == outcomes.failed.tolist()
    assert 0 < (found == 1).sum() < 300


def test_a_judge_of_a_generation_reads_no_more_than_it_needs() -> None:
    columns, _ = RULED["generation"]
    sample = pa.table(columns)
    roles = Roles(task="generation", prediction="answer", truth="reference", contexts="contexts", judge="judge")
    judge = judge_of(sample, roles)
    assert isinstance(judge, Judge) and judge.columns == ("judge",)
    without = judge_of(sample, Roles(task="generation", prediction="answer", truth="reference"))
    assert without == "of a generation, a judge, --format or --failed has to say what failed"
    assert judge_of(sample, Roles(task="multilabel", prediction="answer")) == "no truth"
