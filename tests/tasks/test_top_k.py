from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import top_k_accuracy_score

from errata.core.errors import ErrataError
from errata.integrations.files import table_source
from errata.nouns.outcome import Outcomes
from errata.nouns.roles import Roles
from errata.tasks.outcomes import read_outcomes


def read(table: pa.Table, **roles: object) -> Outcomes:
    return read_outcomes(table_source(table), Roles(**roles))  # type: ignore[arg-type]


def test_the_true_class_has_to_be_among_the_first_k() -> None:
    table = pa.table(
        {"truth": ["a", "b", "c", "z"], "prediction": [["a", "b", "c"], ["a", "b", "c"], ["a", "b", "c"], ["a"]]}
    )
    found = read(table, k=2)
    assert found.notes[0] == "read as top-k: prediction is a list and truth is not (--task says another)"
    assert found.failed.tolist() == [0, 0, 1, 1]
    assert found.loss is not None
    assert found.loss.tolist() == pytest.approx([0, 1 / 2, 2 / 3, 1])
    assert found.kinds is not None and found.kind is not None
    assert found.kinds.names == ("below-k", "not-ranked", "not-first")
    assert found.kind.of.tolist() == [0, 4, 1, 2]
    assert found.roles.k == 2
    assert read(table).roles.k == 5


def test_a_rank_can_be_what_failed() -> None:
    table = pa.table({"truth": ["a", "b", "z"], "ranked": [["a", "b"], ["a", "b"], ["a", "b"]]})
    assert read(table, failed="rank > 1 or rank is null").failed.tolist() == [0, 1, 1]


@pytest.mark.parametrize("k", [1, 2, 4])
def test_scores_rank_as_scikit_learn_does(k: int) -> None:
    rng = np.random.default_rng(k)
    scores = rng.dirichlet(np.ones(6), 400)
    truth = rng.integers(0, 6, 400)
    table = pa.table({"truth": truth, **{f"p_{label}": scores[:, label] for label in range(6)}})
    found = read(table, task="top-k", k=k)
    assert (found.failed == 0).mean() == pytest.approx(top_k_accuracy_score(truth, scores, k=k))
    assert found.roles.scores == "p_*"
    named = read(table, task="top-k", k=k, scores=tuple(f"p_{label}" for label in range(6)))
    assert named.failed.tolist() == found.failed.tolist()


def test_equal_scores_predict_nothing() -> None:
    table = pa.table({"truth": ["a", "b"], "p_a": [0.0, 0.4], "p_b": [0.0, 0.4], "p_c": [0.0, 0.2]})
    assert read(table, task="top-k", k=1).failed.tolist() == [1, 1]
    assert read(table, task="top-k", k=2).failed.tolist() == [1, 0]


def test_missing_truth_or_score_is_unknown_and_a_class_without_score_is_not_ranked() -> None:
    scores = {"p_a": [0.1, 0.5, float("nan"), 0.5], "p_b": [0.4, 0.3, 0.2, 0.1], "p_c": [0.5, 0.2, 0.8, 0.4]}
    table = pa.table({"truth": ["a", None, "b", "q"], **scores})
    found = read_outcomes(table_source(table), Roles(task="top-k", k=2, scores="p_*"), allow_unknown=True)
    assert found.failed.tolist() == [1, -1, -1, 1]
    assert found.kind is not None and found.kind.of.tolist() == [1, 0, 0, 2]
    assert any("q has no score" in note for note in found.notes)


@pytest.mark.parametrize(
    ("columns", "roles", "words"),
    [
        ({"truth": ["a"], "p_a": [1.0], "p_b": [0.0]}, {"k": 2, "scores": "p_*"}, "--k 2 of 2 classes cannot fail"),
        ({"truth": [["a"]], "prediction": [["a"]]}, {"truth": "truth"}, "cannot be the truth"),
        (
            {"truth": ["a"], "prediction": [3]},
            {"truth": "truth", "prediction": "prediction"},
            "cannot be the prediction",
        ),
        ({"truth": ["a"], "prediction": [["a"]]}, {"k": 10**9}, "--k cannot be 1000000000"),
        ({"truth": ["a"], "x": [["a"]]}, {}, "no column of table is called like a prediction"),
    ],
)
def test_what_is_no_ranking_is_refused_in_words(
    columns: dict[str, object], roles: dict[str, object], words: str
) -> None:
    with pytest.raises(ErrataError, match=words):
        read(pa.table(columns), task="top-k", **roles)
