from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.stats import chi2_contingency

import errata
from errata.core.errors import ErrataError
from errata.nouns.drift import Drift, DriftColumn
from tests.schemas import agrees


def _rows(rows: int, seed: int, *, fields: float = 0.2, shift: float = 0.0, missing: float = 0.0) -> pa.Table:
    """Roads of which fields fail most, a number that may shift or go missing, and things that never change."""
    rng = np.random.default_rng(seed)
    road = rng.choice(["city", "motorway", "field"], rows, p=[(1 - fields) / 2] * 2 + [fields])
    truth = rng.choice(["car", "bus"], rows)
    wrong = rng.random(rows) < np.where(road == "field", 0.3, 0.05)
    return pa.table(
        {
            "truth": truth,
            "prediction": np.where(wrong, np.where(truth == "car", "bus", "car"), truth),
            "road": road,
            "x": pa.array(rng.normal(shift, 1, rows), mask=rng.random(rows) < missing),
            "wet": rng.random(rows) < 0.5,
            "lane": rng.integers(0, 4, rows),
        }
    )


def _column(found: Drift, name: str) -> DriftColumn:
    return next(column for column in found.columns if column.column == name)


def _check(found: Drift) -> dict[str, Any]:
    """Its JSON agrees with the published schema."""
    value = json.loads(found.json())
    agrees("errata.drift-1", value)
    return value


def test_what_drifted_is_said_with_its_direction() -> None:
    found = errata.drift(_rows(8000, 1), _rows(6000, 2, fields=0.4, shift=-0.3), truth="truth", prediction="prediction")
    assert {column.column for column in found.alarms} == {"road", "x"}
    road, x = _column(found, "road"), _column(found, "x")
    assert (road.direction, road.toward) == ("toward", "field")
    assert road.shift == pytest.approx(0.2, abs=0.03)
    assert x.direction == "down" and x.shift == pytest.approx(-0.3, abs=0.05)
    assert x.ks == pytest.approx(0.119, abs=0.02)  # 2Φ(0.15) − 1
    assert x.ks_error is not None and x.ks_error < 0.005
    assert [column.alarm for column in found.columns] == sorted((c.alarm for c in found.columns), reverse=True)
    _check(found)


def test_a_change_by_mix_is_told_from_a_change_within() -> None:
    mix = errata.drift(_rows(8000, 1), _rows(8000, 2, fields=0.5)).attribution
    assert mix is not None and mix.column == "road"
    assert mix.mix == pytest.approx(0.3 * 0.25, abs=0.01)
    assert mix.mix + mix.rate == pytest.approx(mix.change)
    assert mix.low < 0.3 * 0.25 < mix.high

    worse = _rows(8000, 3)
    wrong = pa.array(np.where(np.random.default_rng(0).random(8000) < 0.1, "bus", worse["prediction"].to_pylist()))
    within = errata.drift(_rows(8000, 1), worse.set_column(1, "prediction", wrong)).attribution
    assert within is not None and within.rate == pytest.approx(within.change, abs=0.01)


def test_values_that_go_missing_are_drift() -> None:
    found = errata.drift(_rows(4000, 1), _rows(4000, 2, missing=0.2))
    x = _column(found, "x")
    assert x.alarm and x.direction == "more missing"
    assert x.shift == x.effect == pytest.approx(x.b_missing) == pytest.approx(0.2, abs=0.02)
    assert not any(column.alarm for column in found.columns if column is not x)


def test_a_small_window_is_held_against_a_large_reference() -> None:
    found = errata.drift(_rows(60_000, 1), _rows(1500, 2, fields=0.3))
    road = _column(found, "road")
    assert road.cramers_v is not None and road.effect is not None
    assert road.alarm and road.cramers_v < 0.05 < road.effect


def test_neither_side_needs_a_truth() -> None:
    served = _rows(3000, 2).drop_columns(["truth"])
    found = errata.drift(_rows(3000, 1), served)
    assert found.attribution is None
    assert "no error rate of table: no truth" in found.notes
    assert _column(found, "prediction").role == "prediction"
    assert {"truth"} == {one.column for one in found.left_out}
    alone = errata.drift(served, served)
    assert alone.attribution is None and "no error rates: no truth" in alone.notes
    _check(found)


def test_each_column_that_cannot_be_compared_is_named_with_its_reason_and_the_rest_goes_on() -> None:
    rng = np.random.default_rng(0)

    def table(seed: int) -> pa.Table:
        return pa.table(
            {
                "x": np.random.default_rng(seed).normal(size=11_000),
                "same": np.ones(11_000),
                "word": ["a"] * 11_000,
                "void": pa.nulls(11_000),
                "gone": pa.array([None] * 11_000, pa.float64()),
                "many": [f"{seed}-{k}" for k in range(11_000)],
                "vector": pa.array([[1.0, 2.0]] * 11_000),
                "when": pa.array([0] * 11_000, pa.timestamp("us")),
                "mixed": ["1"] * 11_000 if seed else list(range(11_000)),
                "endless": np.where(rng.random(11_000) < 0.1, np.inf, 1.0),
                "only": [seed] * 11_000,
                "@failed": [1.0, 2.0] * 5500,
            }
        )

    found = errata.drift(table(0).drop_columns(["word"]), table(1).drop_columns(["only"]))
    reasons = {one.column: one.reason for one in found.left_out}
    assert reasons == {
        "same": "one value only, the same in A and B",
        "word": "only B has it",
        "void": "all its values are missing",
        "gone": "every value is missing in A and B",
        "many": "more than 10,000 distinct values in A and B",
        "vector": "its values are nested",
        "when": "it is the time",
        "mixed": "number in A, text in B",
        "only": "only A has it",
        "@failed": "its name is kept for outcomes",
    }
    assert {column.column for column in found.columns} == {"x", "endless"}
    assert sum("are infinite" in note for note in found.notes) == 2
    assert not found.alarms
    _check(found)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (pa.table({"x": [1.0]}), pa.table({"x": [2.0]})),
        (pa.table({"x": [1.0, None]}), pa.table({"x": pa.array([None, None], pa.float64())})),
        (pa.table({"x": pa.array([None], pa.float64())}), pa.table({"x": [3.0, 4.0]})),
        (pa.table({"x": [1e308, -1e308, 5.0]}), pa.table({"x": [float("inf")] * 3})),
        (pa.table({"x": [2**63 - 1, -(2**63)]}), pa.table({"x": [2**53, 2**53 + 1]})),
        (pa.table({"x": ["a"]}), pa.table({"x": ["b", None]})),
        (pa.table({"x": [True]}), pa.table({"x": pa.array([None], pa.bool_())})),
        (pa.table({"x": np.arange(-800, 800) * 2.1e305}), pa.table({"x": np.arange(2000) * 5e-324})),
        (pa.table({"x": [0.1]}), pa.table({"x": pa.array([0.1], pa.float32())})),
        (
            pa.table({"truth": ["a"], "prediction": ["a"], "x": [1]}),
            pa.table({"truth": ["a"], "prediction": [None], "x": [1]}, schema=None),
        ),
    ],
)
def test_no_row_is_too_few_to_be_answered(a: pa.Table, b: pa.Table) -> None:
    for one, other in ((a, b), (b, a)):
        found = errata.drift(one, other)
        _check(found)
        assert str(found)


def test_a_value_that_reference_never_had_is_above_all_of_it() -> None:
    found = errata.drift(pa.table({"x": np.full(1000, 5.0)}), pa.table({"x": np.linspace(5, 9, 1000)}))
    x = _column(found, "x")
    assert x.alarm and x.ks == pytest.approx(0.999) and x.direction == "up" and x.shift is None


def test_rows_of_one_group_count_for_less() -> None:
    rng = np.random.default_rng(2)

    def table(seed: int) -> pa.Table:
        rng = np.random.default_rng(seed)
        level = np.repeat(rng.normal(size=60), 100)
        return pa.table(
            {"x": level + 0.1 * rng.normal(size=6000), "video": np.repeat(np.arange(60) + 1000 * seed, 100)}
        )

    pairs = [(table(seed), table(seed + 500)) for seed in rng.integers(0, 400, 25)]
    alone = [len(errata.drift(a, b, exclude=["video"]).alarms) for a, b in pairs]
    grouped = [len(errata.drift(a, b, group="video").alarms) for a, b in pairs]
    assert sum(alone) >= 23  # as if 6,000 rows had been drawn one by one
    assert sum(grouped) <= 3


def test_false_alarms_stay_within_the_level_and_planted_drift_is_found() -> None:
    rng = np.random.default_rng(9)

    def table(shift: float = 0.0) -> pa.Table:
        numbers = {f"x{k}": rng.normal(size=2000) for k in range(8)}
        words = {f"c{k}": rng.choice(list("abcdef"), 2000) for k in range(6)}
        numbers["x0"] += shift
        return pa.table({**numbers, **words})

    false = sum(bool(errata.drift(table(), table(), min_effect=0.0).alarms) for _ in range(60))
    assert false <= 8  # 5 % of 60 comparisons are 3; more than 8 come by chance once in 200 times
    found = [errata.drift(table(), table(0.2)).alarms for _ in range(15)]
    assert all("x0" in {column.column for column in alarms} for alarms in found)


def test_min_effect_raises_the_bar() -> None:
    a, b = _rows(50_000, 1), _rows(50_000, 2, shift=0.08)
    assert _column(errata.drift(a, b), "x").alarm
    assert not _column(errata.drift(a, b, min_effect=0.1), "x").alarm
    with pytest.raises(ErrataError, match="min-effect"):
        errata.drift(a, b, min_effect=2)


def _rounded(value: Any) -> Any:
    """Sums of floats differ in their last digits with the order of the batches."""
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return round(value, 9) if isinstance(value, float) else value


def test_a_file_and_its_table_give_the_same_counts(tmp_path: Path) -> None:
    a, b = _rows(30_000, 1), _rows(20_000, 2, fields=0.3)
    pq.write_table(a, tmp_path / "a.parquet", row_group_size=7000)
    (tmp_path / "b").mkdir()
    pq.write_table(b.slice(0, 9000), tmp_path / "b" / "1.parquet")
    pq.write_table(b.slice(9000), tmp_path / "b" / "2.parquet")
    tables = errata.drift(a, b).to_json()
    stored = errata.drift(tmp_path / "a.parquet", tmp_path / "b").to_json()
    for key in ("columns", "attribution", "left_out"):
        assert _rounded(stored[key]) == _rounded(tables[key])


def test_runs_drift_by_number_and_beside_a_file(tmp_path: Path) -> None:
    with errata.init(tmp_path, project="digits") as catalog:
        for seed, version in ((1, "1"), (2, "2")):
            data = _rows(3000, seed, fields=0.2 if seed == 1 else 0.5)
            catalog.runs.log(data, model="m@1", dataset=f"d@{version}", truth="truth", prediction="prediction")
        found = catalog.runs.drift(1, 2)
        assert (found.a, found.b) == ("run:1", "run:2")
        assert found.attribution is not None and found.attribution.column == "road"
        beside = catalog.runs.drift(_rows(3000, 1), 2)
        assert beside.to_json()["columns"] == found.to_json()["columns"]
        with pytest.raises(ErrataError) as error:
            catalog.runs.drift(1, 9)
        assert error.value.code == "no-such-run"


def test_a_task_of_lists_has_an_error_rate_too() -> None:
    rng = np.random.default_rng(5)

    def window(worse: float) -> pa.Table:
        truth = [[str(label)] for label in rng.integers(0, 3, 3000)]
        wrong = rng.random(3000) < worse
        said = [[*one, "9"] if bad else one for one, bad in zip(truth, wrong, strict=True)]
        return pa.table({"labels": truth, "predicted": said, "x": rng.random(3000)})

    found = errata.drift(window(0.1), window(0.3), task="multilabel")
    assert found.attribution is not None
    assert found.attribution.change == pytest.approx(0.2, abs=0.04)
    assert {one.column for one in found.left_out} == {"labels", "predicted"}
    alone = errata.drift(window(0.1), window(0.1), task="multilabel", failed="label_errors > 1")
    assert alone.attribution is not None and alone.attribution.a_rate == alone.attribution.b_rate == 0


def test_nothing_missing_is_no_category() -> None:
    a, b = (pa.table({"c": ["x"] * many + ["y"] * (1000 - many)}) for many in (500, 540))
    (column,) = errata.drift(a, b, min_effect=0.0).columns
    assert column.p == pytest.approx(chi2_contingency([[500, 500], [540, 460]], correction=False).pvalue)
    assert column.noise_floor == pytest.approx((1 / 4 * 2 / 1000) ** 0.5)
    empty = pa.table({"c": ["x"] * 500 + ["y"] * 490 + [None] * 10})
    (column,) = errata.drift(empty, empty, min_effect=0.0).columns
    assert column.noise_floor == pytest.approx((2 / 4 * 2 / 1000) ** 0.5)
