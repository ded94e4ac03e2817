from __future__ import annotations

import pytest

from errata.core.errors import ValueFault
from errata.nouns.rubric import KIND, RubricBody
from errata.nouns.shipped import shipped


def level(number: int) -> dict[str, object]:
    return {"level": number, "name": f"level {number}", "anchor": "when it is so"}


def rubric(**changes: object) -> RubricBody:
    values: dict[str, object] = {
        "title": "How bad",
        "name": "how-bad",
        "axes": [
            {"axis": "harm", "question": "How much?", "weight": 2, "levels": [level(0), level(2), level(4)]},
            {"axis": "reach", "question": "How many?", "levels": [level(1), level(2)]},
        ],
        "bands": [{"band": "low", "at": 0}, {"band": "medium", "at": 0.4}, {"band": "critical", "at": 0.9}],
    }
    body = KIND.make({**values, **changes})
    assert isinstance(body, RubricBody)
    return body


def test_the_score_is_the_weighted_mean_of_where_each_level_stands() -> None:
    found = rubric().rate("PET-1", 3, {"harm": 2, "reach": 2})
    # (2 × 1/2 + 1 × 1) / 3
    assert (found.score, found.band, found.rubric, found.revision) == (0.666667, "medium", "PET-1", 3)
    assert [(one.axis, one.level) for one in found.ratings] == [("harm", 2), ("reach", 2)]


def test_a_rubric_may_take_the_worst_axis_instead() -> None:
    assert rubric(combine="max").rate("PET-1", 1, {"harm": 0, "reach": 2}).band == "critical"


def test_a_floor_holds_whatever_the_other_axes_say() -> None:
    held = rubric(floors=[{"axis": "harm", "level": 2, "band": "high"}])
    assert held.rate("PET-1", 1, {"harm": 2, "reach": 1}).band == "high"
    assert held.rate("PET-1", 1, {"harm": 4, "reach": 2}).band == "critical"
    assert held.rate("PET-1", 1, {"harm": 0, "reach": 1}).band == "low"


def test_a_band_begins_at_its_score() -> None:
    exact = rubric(bands=[{"band": "none", "at": 0}, {"band": "high", "at": 1 / 3}])
    assert exact.rate("PET-1", 1, {"harm": 2, "reach": 1}).band == "high"


def test_every_axis_is_rated_by_a_level_it_has() -> None:
    with pytest.raises(ValueFault) as failure:
        rubric().rate("PET-1", 1, {"harm": 3, "reech": 1})
    assert failure.value.code == "bad-rating"
    assert failure.value.details == [
        "reach is not rated: How many?",
        "harm has no level 3, but 0 level 0, 2 level 2, 4 level 4",
        "there is no axis reech, did you mean reach?",
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"bands": [{"band": "low", "at": 0.1}]},
        {"bands": [{"band": "high", "at": 0}, {"band": "low", "at": 0.5}]},
        {"axes": [{"axis": "harm", "question": "", "levels": [level(1), level(1)]}]},
        {"axes": [{"axis": "harm", "question": "", "levels": [level(1)]}]},
        {"axes": [{"axis": "a", "question": "", "levels": [level(0), level(1)]}] * 2},
        {"floors": [{"axis": "harm", "level": 3, "band": "high"}]},
    ],
)
def test_a_rubric_that_cannot_rate_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueFault):
        rubric(**changes)


def test_what_ships_is_sound_and_a_grave_harm_is_critical() -> None:
    [values] = shipped("rubric")
    body = KIND.make(values)
    assert isinstance(body, RubricBody)
    mildest = {axis.axis: axis.levels[0].level for axis in body.axes}
    assert body.rate("X-1", 1, mildest).band == "none"
    assert body.rate("X-1", 1, {**mildest, "harm": 4}).band == "critical"
    assert body.rate("X-1", 1, {axis.axis: axis.levels[-1].level for axis in body.axes}).score == 1
