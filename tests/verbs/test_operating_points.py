"""``analyze --only operating-points`` from end to end."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import precision_recall_curve

import errata
from errata.nouns.analyses import read_analyses
from errata.nouns.operating_points import OperatingPoints
from tests.nouns.test_report import VALID
from tests.verbs.test_calibration import scored


def pointed(table: pa.Table, **options: object) -> OperatingPoints:
    options = {"scores": "p_*", "only": ["operating-points"]} | options
    report = errata.analyze(table, **options)  # type: ignore[arg-type]
    printed = json.loads(report.json())
    VALID.validate(printed)
    assert printed["not_done"] == []
    found = report.analyses["operating-points"]
    assert isinstance(found, OperatingPoints)
    assert read_analyses(printed["analyses"]) == {"operating-points": found}
    assert "operating points" in str(report)
    return found


def test_each_class_has_its_points() -> None:
    table = scored(9000, classes=4)
    found = pointed(table)
    assert [one.label for one in found.classes] == ["cat", "dog", "fox", "owl"]
    for one in found.classes:
        true = np.array(table["truth"].to_pylist()) == one.label
        precision, recall, _ = precision_recall_curve(true, table[f"p_{one.label}"].to_numpy())
        point = one.recall_at_precision[0]
        assert point.target == 0.8
        assert point.value == pytest.approx(recall[:-1][precision[:-1] >= 0.8].max(), abs=0.001)
        back = one.precision_at_recall[1]
        assert back.value == pytest.approx(precision[:-1][recall[:-1] >= 0.9].max(), abs=0.001)
    assert found.abstention is not None and found.abstention.rows == 9000
    assert found.positive is None and found.notes == (
        "no FPR and FNR by factor: which class is positive? --positive CLASS",
    )


def test_false_positives_and_negatives_by_bin_of_a_factor() -> None:
    table = scored(4000, classes=2)
    found = pointed(table, positive="cat")
    truth, said, source = (np.array(table[name].to_pylist()) for name in ("truth", "prediction", "source"))
    night = next(one for one in found.rates if one.slice == "source = 'night'")
    dogs, cats = (truth == "dog") & (source == "night"), (truth == "cat") & (source == "night")
    assert (night.negatives, night.positives) == (dogs.sum(), cats.sum())
    assert night.fpr == pytest.approx((said[dogs] == "cat").mean())
    assert night.fnr == pytest.approx((said[cats] == "dog").mean())
    assert night.fpr_low is not None and night.fpr_high is not None and night.fpr_low < night.fpr < night.fpr_high
    assert {one.column for one in found.rates} == {"source", "camera"}


def test_a_confidence_is_the_score_of_two_classes() -> None:
    table = scored(4000, classes=2)
    confidence = np.column_stack([table["p_cat"], table["p_dog"]]).max(axis=1)
    alone = table.select(["truth", "prediction", "source"]).append_column("conf", pa.array(confidence))
    by_scores, by_confidence = pointed(table), pointed(alone, scores=None, score="conf")
    for one, other in zip(by_scores.classes, by_confidence.classes, strict=True):
        assert one.cost.cost == pytest.approx(other.cost.cost)
        assert one.recall_at_precision[0].value == pytest.approx(other.recall_at_precision[0].value, abs=0.001)


def test_an_error_that_costs_more_moves_the_threshold() -> None:
    table = scored(6000, night=1.0, classes=2)
    even, dear = pointed(table), pointed(table, costs={"fp": 1, "fn": 5})
    for one, other in zip(even.classes, dear.classes, strict=True):
        assert one.cost.threshold is not None and other.cost.threshold is not None
        assert other.cost.calibrated_threshold == pytest.approx(1 / 6)
        # The scores are calibrated, so the threshold of theory is nearly the cheapest.
        assert other.cost.calibrated_cost == pytest.approx(other.cost.cost, rel=0.05)
        assert other.cost.threshold < one.cost.threshold
        assert other.cost.fnr is not None and one.cost.fnr is not None and other.cost.fnr < one.cost.fnr


def test_without_scores_what_needs_none_is_told() -> None:
    table = scored(2000, classes=2).select(["truth", "prediction", "source"])
    found = pointed(table, scores=None, positive="cat")
    assert found.classes == () and found.abstention is None
    assert len(found.rates) == 2 and len(found.notes) == 2


def test_rows_of_one_group_count_for_fewer() -> None:
    table = scored(1000, classes=2)
    table = pa.concat_tables([table.append_column("row", pa.array(range(1000)))] * 4)
    options = {"positive": "cat", "factors": ["source"]}
    alone, together = pointed(table, **options), pointed(table, group="row", **options)
    assert alone.abstention is not None and together.abstention is not None
    one, other = alone.abstention.points[-1], together.abstention.points[-1]
    assert other.high - other.low == pytest.approx(2 * (one.high - one.low), rel=0.05)
    assert together.rates[0].fnr_high is not None and alone.rates[0].fnr_high is not None
    assert together.rates[0].fnr_high > alone.rates[0].fnr_high


def test_of_many_classes_without_scores_the_confidence_says_the_predicted_one() -> None:
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 3, 4000)
    said = np.where(rng.random(4000) < 0.2, (truth + 1) % 3, truth)
    confidence = np.clip(rng.beta(6, 2, 4000) - 0.2 * (said != truth), 0.01, 1)
    table = pa.table({"truth": truth, "prediction": said, "confidence": confidence})
    points = pointed(table, scores=None)
    assert [one.label for one in points.classes] == ["0", "1", "2"]
    for number, one in enumerate(points.classes):
        score = np.where(said == number, confidence, 0.0)
        precision, recall, _ = precision_recall_curve(truth == number, score)
        best = recall[precision >= 0.9].max()
        assert one.recall_at_precision[1].value == pytest.approx(best, abs=0.002)
        assert one.positives == (truth == number).sum()
    assert "a class is said by the confidence in it where it is predicted" in points.notes[0]
