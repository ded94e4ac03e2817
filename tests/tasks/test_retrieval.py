from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import ndcg_score

from errata.integrations.files import table_source
from errata.nouns.outcome import Outcomes
from errata.nouns.roles import Roles
from errata.tasks.outcomes import read_outcomes


def read(relevant: list[object], retrieved: list[object], **roles: object) -> Outcomes:
    table = pa.table({"relevant": relevant, "retrieved": retrieved})
    return read_outcomes(table_source(table), Roles(**roles), allow_unknown=True)  # type: ignore[arg-type]


def test_a_row_failed_when_nothing_relevant_is_in_the_first_k() -> None:
    found = read(
        [["a", "b"], ["a", "b"], ["a"], ["a"], [], ["a"]],
        [["x", "a", "y", "b"], ["a", "b"], ["x", "y", "a"], [], ["x"], None],
        k=2,
    )
    assert found.notes[0] == "read as retrieval: relevant and retrieved are lists (--task says another)"
    assert found.failed.tolist() == [0, 0, 1, 1, -1, -1]
    measures = {name: values[:4].tolist() for name, values in found.measures.items()}
    assert measures["recall"] == [0.5, 1, 0, 0]
    assert measures["reciprocal_rank"] == [0.5, 1, 0, 0]
    assert measures["ndcg"] == pytest.approx([0.6309297 / 1.6309297, 1, 0, 0])
    assert found.loss is not None and found.loss[:2].tolist() == pytest.approx([1 - 0.6309297 / 1.6309297, 0])
    assert found.kinds is not None and found.kind is not None
    names = [[n for at, n in enumerate(found.kinds.names) if bits >> at & 1] for bits in found.kind.of.tolist()]
    assert names == [
        ["incomplete", "not-first"], [], ["retrieval-miss", "below-k"], ["retrieval-miss", "nothing-retrieved"], [], [],
    ]  # fmt: skip


def test_an_item_retrieved_twice_gains_once() -> None:
    found = read([["a", "b"]], [["a", "a", "b"]], k=3)
    assert found.measures["recall"].tolist() == [1]
    assert found.measures["ndcg"].tolist() == pytest.approx([(1 + 0.5) / 1.6309297])


def test_ndcg_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    for k in (1, 3, 10):
        relevant, retrieved, expected = [], [], []
        for _ in range(50):
            gains = (rng.random(12) < 0.3).astype(int)
            gains[rng.integers(12)] = 1
            scores = rng.random(12)
            relevant.append([f"d{at}" for at in np.flatnonzero(gains)])
            retrieved.append([f"d{at}" for at in np.argsort(-scores)])
            expected.append(ndcg_score(gains[None, :], scores[None, :], k=k))
        assert read(list(relevant), list(retrieved), k=k).measures["ndcg"].tolist() == pytest.approx(expected)


def test_a_stated_criterion_is_the_failure() -> None:
    relevant: list[object] = [["a", "b"], ["a"], ["a", "b"]]
    found = read(relevant, [["a"], ["a"], ["a", "b"]], failed="recall < 1")
    assert found.failed.tolist() == [1, 0, 0]
    assert found.criterion_alone


def test_ids_may_be_numbers_or_objects() -> None:
    found = read([[1], [2]], [[{"id": 1, "score": 0.9}], [{"id": 1, "score": 0.9}]])
    assert found.failed.tolist() == [0, 1]
