"""Roles are read from names and types; only truth and prediction may be ambiguous enough to be an error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from errata.core.errors import ColumnError, UsageError
from errata.integrations.files import open_source, table_source
from errata.nouns.roles import Roles
from errata.tasks.roles import infer_roles, roles_line, roles_words

GROUP = "group is unset: rows are taken as independent (--group COLUMN if they are not)"
NO_ID = "id is unset: no column is called id or sample_id"


def source(**columns: Any):
    return table_source({"label": ["cat", "dog"], "pred": ["cat", "cat"], **columns}, "preds.csv")


def inferred(given: Roles | None = None, **columns: Any) -> Roles:
    return infer_roles(source(**columns), given or Roles())[0]


@pytest.mark.parametrize("truth", ["truth", "y_true", "Label", "ground truth", "yTrue", "target", "y", "actual"])
@pytest.mark.parametrize("prediction", ["prediction", "y_pred", "Predicted Label", "yhat", "y-hat"])
def test_truth_and_prediction_are_found_by_name(truth: str, prediction: str):
    table = table_source({"x": [1, 2], prediction: ["a", "b"], truth: ["a", "a"]})
    roles, notes = infer_roles(table, Roles())
    assert (roles.truth, roles.prediction) == (truth, prediction)
    assert notes == (NO_ID, GROUP)


def test_a_plain_name_counts_before_a_vague_one():
    assert inferred(y=[1, 2], actual=[1, 2], output=["x", "y"]).truth == "label"


def test_two_candidates_are_an_error_with_the_line_to_paste():
    with pytest.raises(ColumnError) as caught:
        inferred(target=["cat", "dog"])
    assert caught.value.code == "ambiguous-truth"
    assert caught.value.message == "2 columns of preds.csv could be the truth: label, target"
    assert caught.value.next == "errata analyze preds.csv --truth label --prediction pred"
    assert inferred(Roles(truth="target"), target=["cat", "dog"]).truth == "target"


def test_two_candidates_for_the_prediction_likewise():
    with pytest.raises(ColumnError) as caught:
        inferred(y_pred=["cat", "dog"])
    assert caught.value.code == "ambiguous-prediction"
    assert caught.value.next == "errata analyze preds.csv --truth label --prediction pred"


def test_none_found_lists_the_columns():
    with pytest.raises(ColumnError) as caught:
        infer_roles(table_source({"a": [1], "odd name": [2]}, "my preds.csv"), Roles(prediction="odd name"))
    assert caught.value.code == "no-truth"
    assert caught.value.found == "a, odd name"
    assert caught.value.next == "errata analyze 'my preds.csv' --truth TRUTH --prediction 'odd name'"


def test_neither_is_needed_with_a_loss_or_an_expression():
    bare = table_source({"latency_ms": [1.0, 2.0], "node": ["a", "b"]})
    for given in (Roles(loss="latency_ms"), Roles(failed="latency_ms > 1")):
        roles, _ = infer_roles(bare, given)
        assert (roles.truth, roles.prediction) == (None, None)
    half = table_source({"latency_ms": [1.0, 2.0], "label": ["a", "b"]})
    assert infer_roles(half, Roles(loss="latency_ms"))[0].truth is None


def test_only_id_and_sample_id_are_ids():
    assert inferred(id=[1, 2]).id == "id"
    assert inferred(Sample_ID=[1, 2]).id == "Sample_ID"
    assert inferred(image_id=[1, 2], uuid=["a", "b"]).id is None
    roles, notes = infer_roles(source(id=[1, 2], sample_id=[3, 4]), Roles())
    assert roles.id is None
    assert notes == ("id is unset: id, sample_id could be it (--id id)", GROUP)


def test_a_score_is_a_number_between_0_and_1():
    assert inferred(confidence=[0.5, 1.0]).score == "confidence"
    assert inferred(confidence=[0.5, 1.5]).score == "confidence"  # for the task to refuse
    assert inferred(confidence=["high", "low"]).score is None
    assert inferred(confidence=[0.5, None], score=[0.1, 0.2]).score == "confidence"
    assert inferred(score=[0.9, 1.2]).score == "score"  # half of it lies in [0, 1]: the task refuses the rest
    roles, notes = infer_roles(source(score=[-3.5, 2.0]), Roles())
    assert roles.score is None
    assert notes[0] == "score is unset: score runs from -3.50 to 2.00, not within [0, 1]"
    _, notes = infer_roles(source(conf=[0.5, 1.0], confidence=[0.5, 1.0]), Roles())
    assert notes[0] == "score is unset: conf, confidence could be it (--score conf)"


def test_scores_are_a_pattern_whose_star_stands_for_the_classes():
    assert inferred(p_cat=[0.5, 0.5], p_dog=[0.5, 0.5]).scores == "p_*"
    assert inferred(prob_cat=[0.5, 0.5], prob_dog=[0.5, 0.5], prob_owl=[0.0, 0.0]).scores == "prob_*"
    assert inferred(p_cat=[0.5, 0.5], p_value=[0.5, 0.5]).scores is None
    assert inferred(p_cat=[0.5, 0.5], p_dog=[0.5, 0.5], p_note=["x", "y"]).scores is None


def test_whole_numbers_and_booleans_are_classes_too():
    numbers = table_source({"label": [0.0, 1.0, None], "pred": [1, 0, 1], "score_0": [0.5] * 3, "score_1": [0.5] * 3})
    assert infer_roles(numbers, Roles())[0].scores == "score_*"
    truths = table_source({"label": [True, False], "pred": [True, True], "p_true": [0.5] * 2, "p_false": [0.5] * 2})
    assert infer_roles(truths, Roles())[0].scores == "p_*"


def test_a_regression_has_no_scores():
    values = table_source({"target": [0.5, 1.5], "pred": [0.25, 1.0], "p_10": [0.1, 0.2], "p_90": [0.9, 1.9]})
    assert infer_roles(values, Roles())[0].scores is None


def test_time_is_known_by_its_type():
    seconds = pa.array([0, 1], pa.timestamp("s", "UTC"))
    assert inferred(seen=seconds).time == "seen"
    assert inferred(seen=seconds, time=seconds).time == "time"
    assert inferred(time=["late", "early"]).time is None
    _, notes = infer_roles(source(seen=seconds, read=seconds), Roles())
    assert notes[0] == "time is unset: seen, read could be it (--time seen)"


def test_a_naive_time_is_said_to_be_read_as_utc():
    roles, notes = infer_roles(source(time=pa.array([0, 1], pa.timestamp("s"))), Roles())
    assert roles.time == "time"
    assert notes[-1] == "time time has no zone and is read as UTC (--tz ZONE if it is of another)"


def test_an_image_is_bytes():
    assert inferred(image=[b"\x89PNG", b"\x89PNG"]).image == "image"
    assert inferred(image=["a.png", "b.png"]).image is None


def test_group_loss_failed_and_positive_are_never_read_from_names():
    roles = inferred(group=["a", "b"], loss=[0.1, 0.2], failed=[True, False], positive=[1, 0])
    assert (roles.group, roles.loss, roles.failed, roles.positive) == (None, None, None, None)


@pytest.mark.parametrize("role", ["truth", "prediction", "score", "id", "loss", "time", "group", "image"])
def test_a_given_column_that_is_not_there_names_the_nearest(role: str):
    with pytest.raises(ColumnError) as caught:
        inferred(Roles(**{role: "lable"}))
    assert caught.value.code == "no-such-column"
    assert caught.value.next == f"--{role} label"


def test_lists_and_patterns_are_looked_up_too():
    for given in (Roles(factors=("x",)), Roles(exclude=("x",)), Roles(scores=("x", "y")), Roles(scores="q_*")):
        with pytest.raises(ColumnError) as caught:
            inferred(given)
        assert caught.value.code == "no-such-column"


def test_one_column_cannot_play_two_roles():
    for given in (
        Roles(truth="label", prediction="label"),
        Roles(truth="label", id="label"),
        Roles(factors=("pred",), exclude=("pred",)),
    ):
        with pytest.raises(UsageError) as caught:
            inferred(given)
        assert caught.value.code == "one-column-two-roles"


def test_a_given_column_plays_no_other_role():
    assert inferred(Roles(truth="label", group="target"), target=["a", "b"]).truth == "label"
    assert inferred(Roles(group="id"), id=[1, 2]).id is None


def test_the_line_and_the_words_are_quoted_for_a_shell():
    roles = Roles(
        truth="label",
        prediction="my pred",
        scores="p_*",
        id="id",
        failed="ms > 5",
        factors=("a", "b"),
        exclude=("c d",),
    )
    assert roles_line(roles) == (
        "--truth label --prediction 'my pred' --scores 'p_*' --id id --failed 'ms > 5' --factors a,b --exclude 'c d'"
    )
    assert (
        roles_words(Roles(truth="label", prediction="pred", score="conf")) == "truth=label prediction=pred score=conf"
    )
    assert roles_line(Roles()) == roles_words(Roles()) == ""


@pytest.mark.parametrize("name", ["digits_v1", "digits_v2", "visits_v1", "visits_v2"])
def test_real_predictions_need_no_options(sample_data: Path, name: str):
    roles, notes = infer_roles(open_source(sample_data / "predictions" / f"{name}.parquet"), Roles())
    assert roles == Roles(truth="truth", prediction="prediction", score="confidence", scores="score_*", id="id")
    assert notes == (GROUP,)


def test_a_truth_without_any_value_is_said_to_be_empty() -> None:
    source = table_source(pa.table({"truth": pa.nulls(3), "prediction": ["a", "b", "a"]}))
    with pytest.raises(ColumnError) as caught:
        infer_roles(source, Roles())
    assert (caught.value.code, caught.value.message) == (
        "no-truth",
        "column 'truth' cannot be the truth: all its values are missing",
    )


def test_an_excluded_column_takes_no_role() -> None:
    source = table_source(pa.table({"truth": ["a", "b"], "prediction": ["a", "a"], "id": [1, 1], "conf": [0.5, 0.6]}))
    roles, _ = infer_roles(source, Roles(exclude=("id", "conf")))
    assert (roles.id, roles.score) == (None, None)
