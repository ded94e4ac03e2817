"""Metrics: which rows a rate is about, and which count against it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from errata.core.errors import UsageError
from errata.integrations.files import table_source
from errata.nouns.outcome import Outcomes
from errata.nouns.roles import Roles
from errata.tasks.metric import measure
from errata.tasks.outcomes import read_outcomes


def outcomes(truth: list[object], prediction: list[object], *, unknown: bool = False, **roles: str) -> Outcomes:
    data = table_source(pa.table({"truth": pa.array(truth), "prediction": pa.array(prediction)}))
    return read_outcomes(data, Roles(**roles), allow_unknown=unknown)  # type: ignore[arg-type]


SICK = outcomes(
    ["ill", "ill", "ill", "well", "well", "well"], ["ill", "well", "ill", "well", "ill", "well"], positive="ill"
)


def test_error_is_about_every_row() -> None:
    measured = measure(SICK, "error")
    assert (measured.rows, measured.failed.tolist()) == (None, [False, True, False, False, True, False])


def test_fpr_is_about_rows_that_are_not_positive() -> None:
    measured = measure(SICK, "fpr")
    assert measured.rows is not None and measured.rows.tolist() == [3, 4, 5]
    assert measured.failed.tolist() == [False, True, False]
    assert measured.positive == "ill"


def test_fnr_is_about_rows_that_are_positive() -> None:
    measured = measure(SICK, "fnr")
    assert measured.rows is not None and measured.rows.tolist() == [0, 1, 2]
    assert measured.failed.tolist() == [False, True, False]


def test_with_three_classes_any_other_is_negative() -> None:
    found = measure(outcomes(["a", "b", "c", "c"], ["a", "a", "b", "c"], positive="a"), "fpr")
    assert found.rows is not None and found.rows.tolist() == [1, 2, 3]
    assert found.failed.tolist() == [True, False, False]  # c taken for b is an error, and no false alarm


def test_rows_of_unknown_outcome_are_in_no_metric() -> None:
    found = outcomes([1, None, 0, 0], [1, 1, None, 1], unknown=True)
    assert measure(found, "error").failed.tolist() == [False, True]
    assert measure(found, "fpr").failed.tolist() == [True]
    assert measure(found, "fnr").failed.tolist() == [False]


def test_the_usual_word_for_positive_is_found() -> None:
    assert measure(outcomes(["yes", "no"], ["no", "no"]), "fnr").positive == "yes"
    assert measure(outcomes([True, False], [True, True]), "fpr").positive == "true"
    assert measure(outcomes([1, 0], [0, 0]), "fnr").positive == "1"


def test_a_positive_that_is_not_clear_is_asked_for() -> None:
    with pytest.raises(UsageError) as caught:
        measure(outcomes(["cat", "dog"], ["cat", "cat"]), "fpr")
    assert (caught.value.code, caught.value.next) == ("no-positive", "--positive dog")
    with pytest.raises(UsageError) as caught:
        measure(outcomes(["cat", "dog"], ["cat", "cat"], positive="fox"), "fpr")
    assert (caught.value.code, caught.value.expected) == ("no-such-class", "one of cat, dog")


def test_a_metric_that_the_task_has_not_is_refused() -> None:
    regression = outcomes([0.5, 1.5], [0.6, 1.4])
    for metric, code in (("fpr", "no-classes"), ("recall", "no-such-metric")):
        with pytest.raises(UsageError) as caught:
            measure(regression, metric)
        assert caught.value.code == code
    with pytest.raises(UsageError) as caught:
        measure(SICK, "loss")
    assert caught.value.code == "no-loss"


def test_the_loss_of_a_regression_is_its_absolute_error() -> None:
    measured = measure(outcomes([0.5, 1.5, None], [0.75, 1.0, 2.5], unknown=True), "loss")
    assert measured.loss is not None
    assert measured.loss.tolist() == [0.25, 0.5]
    assert np.array_equal(measured.rows, [0, 1])
