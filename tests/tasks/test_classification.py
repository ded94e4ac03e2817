"""Classes: which there are, in which order, and which rows missed them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from errata.core.errors import ValueFault
from errata.integrations.files import table_source
from errata.nouns.outcome import Outcomes
from errata.nouns.roles import Roles
from errata.tasks.outcomes import read_outcomes


def read(truth: Any, prediction: Any, *, unknown: bool = False) -> Outcomes:
    return read_outcomes(
        table_source(pa.table({"truth": truth, "prediction": prediction})), Roles(), allow_unknown=unknown
    )


@pytest.mark.parametrize(
    ("truth", "prediction"),
    [
        ([2, 1, 1, 10], [2, 1, 3, 1]),
        ([2.0, 1.0, 1.0, 10.0], [2, 1, 3, 1]),
        (pa.array([2, 1, 1, 10], pa.uint64()), pa.array([2, 1, 3, 1], pa.int8())),
        (pa.array([2, 1, 1, 10]).dictionary_encode(), [2, 1, 3, 1]),
    ],
    ids=["int", "float", "widths", "dictionary"],
)
def test_whole_numbers_are_classes_in_order_those_of_truth_first(truth: Any, prediction: Any) -> None:
    outcomes = read(truth, prediction)
    assert outcomes.task == "classification"
    assert (outcomes.labels, outcomes.classes) == ([1, 2, 10, 3], [1, 2, 10])
    assert outcomes.failed.tolist() == [0, 0, 1, 1]


def test_text_and_booleans_are_classes() -> None:
    assert read(["b", "a"], ["b", "b"]).failed.tolist() == [0, 1]
    assert read([True, False], [True, True]).labels == [False, True]


def test_values_that_a_dictionary_only_carries_are_no_classes() -> None:
    prediction = pa.DictionaryArray.from_arrays(pa.array([0, 0, 2]), pa.array(["a", "never", "b"]))
    assert read(["a", "b", "b"], prediction).labels == ["a", "b"]


def test_fractions_make_a_regression() -> None:
    outcomes = read([0.5, 2.0], [0.25, 2.5])
    assert outcomes.task == "regression"
    assert outcomes.loss is not None and outcomes.loss.tolist() == [0.25, 0.5]
    assert outcomes.failed.tolist() == [-1, -1]


def test_a_row_without_truth_or_prediction_is_unknown() -> None:
    assert read(["a", None, "b"], ["a", "a", None], unknown=True).failed.tolist() == [0, -1, -1]
    assert read([1.0, float("nan"), 0.0], [1.0, 1.0, 1.0], unknown=True).failed.tolist() == [0, -1, 1]


@pytest.mark.parametrize(
    ("truth", "prediction", "code"),
    [
        (["1", "2"], [1, 2], "type-mismatch"),
        ([True, False], [1, 0], "type-mismatch"),
        (["a", None], ["a", "a"], "null-truth"),
        (["a", "a"], ["a", None], "null-prediction"),
        ([1.5, float("inf")], [1.0, 2.0], "not-finite"),
        ([1.0, 1e300], [1.0, 2.0], "not-finite"),
    ],
)
def test_what_contradicts_itself_is_refused(truth: Any, prediction: Any, code: str) -> None:
    with pytest.raises(ValueFault) as caught:
        read(truth, prediction)
    assert caught.value.code == code
    assert caught.value.expected and caught.value.next
