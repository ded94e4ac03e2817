"""Which task a file is of, where nobody says it; and options that say nothing of a task."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from errata.core.errors import ErrataError
from errata.integrations.files import table_source
from errata.nouns.outcome import Outcomes
from errata.nouns.roles import Roles
from errata.tasks.choose import RULED, computed_by
from errata.tasks.outcomes import read_outcomes
from errata.tasks.roles import infer_known_roles, roles_line

PAIR = {"truth": ["a", "b"], "prediction": ["a", "a"]}
LISTS = {"truth": [["a"], ["b"]], "prediction": [["a"], ["a"]]}
ANSWERS = {"question": ["q", "q"], "answer": ["a", "b"], "reference": ["a", "c"]}
TOOLS = {"tool_errors": [[{"text": "no"}], []]}


def read(columns: dict[str, Any], **roles: Any) -> Outcomes:
    return read_outcomes(table_source(pa.table(columns)), Roles(**roles))


@pytest.mark.parametrize(
    ("columns", "roles", "task"),
    [
        (PAIR, {}, "classification"),
        ({"truth": [1.5, 2.5], "prediction": [1.0, 2.5]}, {}, "regression"),
        ({"truth": [1, 2], "prediction": [1, 3]}, {}, "classification"),
        ({"truth": [1, 2], "prediction": [1, 3]}, {"task": "regression"}, "regression"),
        (LISTS, {}, "multilabel"),
        (
            {**LISTS, "label": ["a", "b"], "pred": ["a", "b"]},
            {"truth": "label", "prediction": "pred"},
            "classification",
        ),
        ({"relevant": [["a"], ["b"]], "hits": [["a"], ["a"]]}, {}, "retrieval"),
        (LISTS, {"task": "retrieval"}, "retrieval"),
        ({"truth": ["a", "b"], "prediction": [["a"], ["a"]]}, {}, "top-k"),
        (ANSWERS, {}, "classification"),
        ({**ANSWERS, "contexts": [["x"], ["y"]]}, {}, "generation"),
        (ANSWERS, {"task": "generation"}, "generation"),
        ({**ANSWERS, "score": [0.1, 0.9]}, {"judge": "score"}, "generation"),
        ({**ANSWERS, "contexts": [["x"], ["y"]]}, {"truth": "reference", "prediction": "answer"}, "classification"),
        ({**PAIR, **TOOLS}, {}, "classification"),
        ({**TOOLS, "ok": [True, False]}, {"failed": "not ok"}, "generation"),
        ({"tools_called": [["a"], []], "ok": [True, False]}, {"failed": "not ok"}, "criterion"),
        ({**TOOLS, "ok": [True, False]}, {"failed": "not ok", "exclude": ("tool_errors",)}, "criterion"),
    ],
)
def test_the_task_is_named_or_read_from_types(columns: dict[str, Any], roles: dict[str, Any], task: str) -> None:
    found = read(columns, **roles)
    assert found.task == task
    assert (found.roles.task in RULED) == (task in RULED)
    # What was read is read again from the completed roles.
    again = read(
        columns, **{name: getattr(found.roles, name) for name in ("task", "truth", "prediction", "failed")} | roles
    )
    assert again.failed.tolist() == found.failed.tolist()


def test_answers_that_are_compared_as_classes_are_said() -> None:
    assert read(ANSWERS).notes[0] == (
        "answer is compared as a class (--task generation takes it as a text that answers question)"
    )
    assert not any("compared as a class" in note for note in read(PAIR).notes)


@pytest.mark.parametrize(
    ("columns", "roles", "words"),
    [
        (PAIR, {"task": "clustering"}, "no task 'clustering'"),
        (PAIR, {"k": 3}, "--k says nothing of a task that is not named"),
        (PAIR, {"separator": ";"}, "--separator says nothing of a task that is not named"),
        (LISTS, {"k": 3}, "--k says nothing of a multilabel"),
        (LISTS, {"format": "json", "task": "multilabel"}, "--format says nothing of a multilabel"),
        (TOOLS, {"format": "json"}, "--format is about answers, and no column holds them"),
        (PAIR, {"task": "regression"}, "of a regression, truth 'truth' and prediction 'prediction' are numbers"),
        ({"truth": [1.5], "prediction": [1.0]}, {"task": "classification"}, "holds numbers that are no classes"),
        (PAIR, {"contexts": "ctx"}, "has no column 'ctx', given as contexts"),
        (TOOLS, {"task": "multilabel"}, "called like a truth"),
        ({"relevant": [["a"]], "x": [1]}, {"task": "retrieval"}, "called like a prediction"),
        ({**ANSWERS, "judge_score": [{"x": 1}, {"x": 2}]}, {"task": "generation"}, "cannot be the judge"),
    ],
)
def test_what_cannot_be_is_refused_in_words(columns: dict[str, Any], roles: dict[str, Any], words: str) -> None:
    with pytest.raises(ErrataError, match=words):
        read(columns, **roles)


def test_known_roles_may_be_half_a_pair() -> None:
    table = table_source(pa.table({"relevant": [["a"]], "other": [1]}))
    roles, _ = infer_known_roles(table, Roles(task="retrieval"))
    assert (roles.truth, roles.prediction) == ("relevant", None)


def test_roles_are_written_as_the_options_that_set_them() -> None:
    roles = Roles(task="top-k", truth="label", k=3, scores=("p_a", "p_b"))
    assert roles_line(roles) == "--task top-k --truth label --scores p_a,p_b --k 3"


def test_what_a_task_computes_can_be_named() -> None:
    assert {"recall", "ndcg", "retrieval_miss"} <= computed_by("retrieval")
    assert computed_by("classification") == computed_by(None) == set()


def test_a_column_goes_before_what_is_computed() -> None:
    columns = {"relevant": [["a"], ["b"]], "retrieved": [["a"], ["b"]], "recall": [0.1, 0.9]}
    assert read(columns, failed="recall < 0.5").failed.tolist() == [1, 0]
