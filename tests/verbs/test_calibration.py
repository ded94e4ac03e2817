"""``analyze --only calibration`` from end to end."""

from __future__ import annotations

import json

import jsonschema
import numpy as np
import pyarrow as pa
import pytest

import errata
from errata.nouns.analyses import read_analyses
from errata.nouns.calibration import Calibration
from tests.nouns.test_report import VALID


def scored(rows: int = 8000, *, night: float = 2.0, day: float = 1.0, seed: int = 1, classes: int = 3) -> pa.Table:
    """A model whose logits are so many times too large by night and by day."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (rows, classes))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = (p.cumsum(axis=1) > rng.random((rows, 1))).argmax(axis=1)
    late = rng.random(rows) < 0.25
    q = np.exp(logits * np.where(late, night, day)[:, None])
    q /= q.sum(axis=1, keepdims=True)
    names = np.array(["cat", "dog", "fox", "owl"])
    table = {
        "truth": names[truth],
        "prediction": names[q.argmax(axis=1)],
        "source": np.where(late, "night", "day"),
        "camera": rng.choice(["a", "b", "c"], rows),
    }
    return pa.table(table | {f"p_{name}": q[:, at] for at, name in enumerate(names[:classes])})


def calibrated(table: pa.Table, **options: object) -> Calibration:
    options = {"scores": "p_*", "only": ["calibration"]} | options
    report = errata.analyze(table, **options)  # type: ignore[arg-type]
    printed = json.loads(report.json())
    VALID.validate(printed)
    assert printed["not_done"] == []
    found = report.analyses["calibration"]
    assert isinstance(found, Calibration)
    assert read_analyses(printed["analyses"]) == {"calibration": found}
    assert "calibration · " in str(report)
    printed["analyses"]["calibration"]["surprise"] = 1
    with pytest.raises(jsonschema.ValidationError, match="surprise"):
        VALID.validate(printed)
    return found


def test_the_slice_that_is_over_confident_stands_first() -> None:
    found = calibrated(scored())
    first = found.slices[0]
    assert (first.slice, first.direction, first.worse_than_rest) == ("source = 'night'", "over", True)
    assert first.low < first.gap < first.high and first.low > 0.05
    assert first.gap == pytest.approx(first.confidence - first.accuracy)
    assert not any("camera" in one.slice and one.worse_than_rest for one in found.slices)
    assert [one.label for one in found.classes] == ["cat", "dog", "fox"]
    assert found.ece_classwise == pytest.approx(sum(one.ece for one in found.classes) / 3)


def test_a_calibrated_model_raises_no_alarm() -> None:
    found = calibrated(scored(night=1.0))
    assert found.slices == ()
    assert found.temperature is not None and found.temperature.temperature == pytest.approx(1.0, abs=0.05)
    assert found.tried == 5


def test_the_temperature_is_judged_on_rows_that_it_did_not_see() -> None:
    one = calibrated(scored(night=2.0, day=2.0)).temperature
    assert one is not None and one.method == "scores"
    assert one.temperature == pytest.approx(2.0, abs=0.15)
    assert one.rows + one.held_out == 8000
    assert one.ece_after < 0.04 < one.ece_before
    assert one.nll_after < one.nll_before


def test_a_confidence_alone_has_its_own_temperature_and_no_classes() -> None:
    table = scored(night=2.0, day=2.0)
    confidence = np.column_stack([table[name] for name in ("p_cat", "p_dog", "p_fox")]).max(axis=1)
    table = table.select(["truth", "prediction", "source"]).append_column("conf", pa.array(confidence))
    found = calibrated(table, scores=None, score="conf")
    assert found.classes == () and found.ece_classwise is None
    assert found.temperature is not None and found.temperature.method == "confidence"
    assert found.temperature.ece_after < found.temperature.ece_before / 2
    assert len(found.notes) == 2


def test_rows_of_one_group_count_for_fewer() -> None:
    table = scored(2000)
    table = pa.concat_tables([table.append_column("row", pa.array(range(2000)))] * 4)
    alone, together = calibrated(table, exclude=["row"]), calibrated(table, group="row")
    assert alone.ece.value == pytest.approx(together.ece.value)
    for one, other in zip(alone.reliability, together.reliability, strict=True):
        if one.rows > 400:
            width, wider = one.accuracy_high - one.accuracy_low, other.accuracy_high - other.accuracy_low
            assert wider == pytest.approx(2 * width, rel=0.1)


def test_without_scores_it_is_said() -> None:
    table = scored(500).select(["truth", "prediction", "source"])
    report = errata.analyze(table, only=["calibration"])
    assert report.analyses == {}
    assert [(one.analysis, "no scores" in one.reason) for one in report.not_done] == [("calibration", True)]


def test_missing_scores_and_truth_leave_it() -> None:
    table = scored(3000)
    gone = np.zeros(3000, bool)
    gone[:300] = True
    table = table.set_column(0, "truth", pa.array(table["truth"].to_pylist(), mask=gone))
    assert calibrated(table, allow_unknown=True).rows == 2700
