"""Columns that are no factors, each with a reason that a reader understands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from errata.core.errors import ColumnError
from errata.integrations.files import open_source, table_source
from errata.nouns.roles import Roles
from errata.tasks.roles import infer_roles, looks_like_id, not_a_factor

PAIR = {"label": ["cat", "dog", "cat"], "pred": ["cat", "cat", "cat"]}
ROLES = {"label": "it is the truth (--factors names it if it is to be one)", "pred": "it is the prediction"}


def left_out(given: Roles | None = None, **columns: Any) -> dict[str, str]:
    """Reasons, but for truth and prediction."""
    source = table_source({**PAIR, **columns})
    reasons = not_a_factor(source, infer_roles(source, given or Roles())[0])
    return {name: reason for name, reason in reasons.items() if name not in PAIR or given}


def test_roles_are_no_factors():
    source = table_source(
        {**PAIR, "id": [1, 2, 3], "conf": [0.5] * 3, "p_cat": [0.5] * 3, "p_dog": [0.5] * 3, "node": ["a", "b", "a"]}
    )
    assert not_a_factor(source, infer_roles(source, Roles())[0]) == {
        **ROLES,
        "id": "it is the id",
        "conf": "it is the score of the prediction",
        "p_cat": "it is the score of a class",
        "p_dog": "it is the score of a class",
    }


@pytest.mark.parametrize(
    "name", ["latency", "latency_ms", "Duration", "elapsed_s", "infer_ms", "runtime", "responseTime"]
)
def test_what_measures_latency_is_no_factor(name: str):
    assert left_out(**{name: [1.0, 2.0, 3.0]}) == {name: "it measures latency, which the model does not see"}


def test_types_that_cannot_be_factors_say_why():
    assert left_out(
        tags=[["a"], [], None],
        meta=[{"a": 1}, None, None],
        raw=[b"x", b"y", b"x"],
        seen=pa.array([0, 1, 2], pa.timestamp("s")),
        born=pa.array([0, 1, 2], pa.date32()),
        wait=pa.array([0, 1, 2], pa.duration("s")),
        gone=pa.nulls(3),
        node=["a", "b", "a"],
        flag=[True, False, None],
        size=[1, 2, 2],
    ) == {
        "tags": "its values are nested",
        "meta": "its values are nested",
        "raw": "its values are bytes",
        "seen": "it is a time",
        "born": "it is a time",
        "wait": "it is a length of time",
        "gone": "all its values are missing",
    }


def test_what_is_named_like_an_id_is_no_factor_if_every_value_differs():
    assert left_out(image_id=["a", "b", "c"], filename=["x", "y", "z"], camera_id=["a", "b", "a"], video=[1, 2, 3]) == {
        "image_id": "it looks like an id: every value differs",
        "filename": "it looks like an id: every value differs",
    }


def test_the_index_of_a_data_frame_is_no_factor():
    assert left_out(__index_level_0__=[0, 1, 1]) == {"__index_level_0__": "it is the index of a data frame"}


def test_what_the_failure_expression_is_about_is_no_factor():
    given = Roles(failed="cost > 2 or refused")
    assert left_out(given, cost=[1, 2, 3], refused=[True, False, False], node=["a", "b", "a"]) == {
        **ROLES,
        "cost": "the failure expression is about it",
        "refused": "the failure expression is about it",
    }


def test_excluded_columns_say_so():
    assert left_out(Roles(exclude=("node",)), node=["a", "b", "a"]) == {**ROLES, "node": "--exclude names it"}


def test_factors_that_are_named_are_factors_whatever_their_role_or_name():
    given = Roles(factors=("label", "latency_ms", "id"))
    assert left_out(given, latency_ms=[1.0, 2.0, 3.0], id=[1, 2, 3], node=["a", "b", "a"]) == {
        "pred": "it is the prediction",
        "node": "--factors does not name it",
    }


def test_a_named_factor_of_an_impossible_type_is_an_error():
    with pytest.raises(ColumnError) as caught:
        left_out(Roles(factors=("tags",)), tags=[["a"], [], None])
    assert caught.value.code == "not-a-factor"
    assert caught.value.message == "column 'tags' cannot be a factor: its values are nested"


@pytest.mark.parametrize(
    ("values", "answer"),
    [(["a", "b", "c"], True), (["a", "b", "a"], False), ([1, 2, 3], True), ([1, 2, None], False), ([1], False)],
)
def test_an_id_differs_in_every_row(values: list, answer: bool):
    assert looks_like_id(pa.chunked_array([values])) is answer
    assert looks_like_id(pa.chunked_array([values]).dictionary_encode()) is answer


def test_floats_and_booleans_are_never_ids():
    assert not looks_like_id(pa.chunked_array([[0.5, 1.5]]))
    assert not looks_like_id(pa.chunked_array([[True, False]]))


def test_real_predictions_leave_their_factors(sample_data: Path):
    source = open_source(sample_data / "predictions" / "visits_v1.parquet")
    reasons = not_a_factor(source, infer_roles(source, Roles())[0])
    assert [name for name in source.schema.names if name not in reasons] == [
        *("fold", "coinsurance", "deductible", "incentive", "limited", "chronic", "health", "person_run")
    ]
