"""Scores: P(class) for every class, or the confidence in the prediction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from errata.core.errors import ErrataError
from errata.integrations.files import table_source
from errata.nouns.roles import Roles
from errata.tasks.outcomes import read_outcomes
from errata.tasks.scores import by_label, confidence_of, probabilities_of

ANIMALS = {"truth": ["cat", "dog", "fox", "cat"], "prediction": ["cat", "cat", "fox", "dog"]}
SCORES = {"p_fox": [0.1, 0.2, 0.7, 0.0], "p_cat": [0.8, 0.5, 0.2, 0.4], "p_dog": [0.1, 0.3, 0.1, 0.6]}


def read(columns: dict[str, Any], **roles: Any) -> tuple[Any, Any]:
    source = table_source(pa.table(columns))
    return source, read_outcomes(source, Roles(**roles))


def refused(columns: dict[str, Any], **roles: Any) -> ErrataError:
    with pytest.raises(ErrataError) as caught:
        source, outcomes = read(columns, **roles)
        confidence_of(source, outcomes, probabilities_of(source, outcomes))
    return caught.value


@pytest.mark.parametrize("scores", [None, "p_*", ("p_dog", "p_fox", "p_cat")])
def test_each_class_finds_its_column(scores: str | tuple[str, ...] | None) -> None:
    source, outcomes = read({**ANIMALS, **SCORES}, scores=scores)
    assert outcomes.labels == ["cat", "dog", "fox"]
    assert by_label(source, outcomes) == ["p_cat", "p_dog", "p_fox"]
    table = probabilities_of(source, outcomes)
    assert table is not None
    assert table[0].tolist() == [0.8, 0.1, 0.1]


def test_the_confidence_is_that_of_the_predicted_class() -> None:
    source, outcomes = read({**ANIMALS, **SCORES})
    confidence = confidence_of(source, outcomes, probabilities_of(source, outcomes))
    assert confidence is not None
    assert confidence.tolist() == [0.8, 0.5, 0.7, 0.6]


def test_its_own_column_comes_first() -> None:
    source, outcomes = read({**ANIMALS, **SCORES, "confidence": [0.9, 0.9, 0.9, None]})
    confidence = confidence_of(source, outcomes, probabilities_of(source, outcomes))
    assert confidence is not None
    assert confidence[:3].tolist() == [0.9, 0.9, 0.9]
    assert np.isnan(confidence[3])


def test_single_precision_that_nearly_sums_to_one_is_fine() -> None:
    columns = {name: pa.array(np.array(values) * 1.000001, pa.float32()) for name, values in SCORES.items()}
    source, outcomes = read({**ANIMALS, **columns})
    assert probabilities_of(source, outcomes) is not None


def test_a_row_without_scores_has_none() -> None:
    columns = {name: [None, *values[1:]] for name, values in SCORES.items()}
    source, outcomes = read({**ANIMALS, **columns})
    table = probabilities_of(source, outcomes)
    assert table is not None
    assert np.isnan(table[0]).all()
    assert not np.isnan(table[1:]).any()


def test_scores_that_do_not_sum_to_one_are_refused_with_the_row() -> None:
    fault = refused({**ANIMALS, **SCORES, "p_dog": [0.1, 0.3, 0.4, 0.6]})
    assert (fault.code, fault.where, fault.found) == ("scores-do-not-sum", "table, row 3", "1.3")


@pytest.mark.parametrize(("value", "found"), [(1.5, "1.5"), (-0.1, "-0.1")])
def test_a_score_outside_0_to_1_is_refused_with_the_row(value: float, found: str) -> None:
    fault = refused({**ANIMALS, "conf": [0.9, 0.8, value, 0.7]}, score="conf")
    assert (fault.code, fault.where, fault.found) == ("score-out-of-range", "table, column conf, row 3", found)


def test_a_score_that_is_no_number_is_refused() -> None:
    assert refused({**ANIMALS, "conf": ["high", "low", "low", "low"]}, score="conf").code == "score-not-a-number"


def test_a_class_without_a_score_is_named() -> None:
    fault = refused({**ANIMALS, "p_cat": [0.5] * 4, "p_dog": [0.5] * 4}, scores="p_*")
    assert (fault.code, fault.message) == ("scores-without-class", "no score for class 'fox'")
    assert "p_fox" in fault.expected


def test_a_pattern_that_no_column_fits_is_refused() -> None:
    assert refused(ANIMALS, scores="q_*").code == "no-such-column"
