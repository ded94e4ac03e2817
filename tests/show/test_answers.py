"""What analyses come to in one line."""

from __future__ import annotations

import pytest

import errata
from errata.show import answers
from errata.show.answers import answer
from tests.web.conftest import fleet

OPTIONS = {
    "time": "at",
    "nodes": ["node"],
    "fairness": ["kind"],
    "heatmap": ["kind", "node"],
    "positive": "bad",
    "group": "node",
}


@pytest.fixture(scope="module")
def results():
    return errata.analyze(fleet(), all=True, **OPTIONS).analyses


def test_each_is_one_sentence_with_figures(results):
    assert len(results) >= 10
    for name, result in results.items():
        said = answer(name, result)
        assert said.text.endswith(".") and "\n" not in said.text and any(letter.isdigit() for letter in said.text)
        assert (said.verdict == "") == (said.sign == "")


def test_an_analysis_without_words_of_its_own_says_its_first_line(results, monkeypatch):
    monkeypatch.setattr(answers, "_ANSWERS", {})
    assert answer("trend", results["trend"]).text.startswith("Trend by ")
    assert answer("trend", results["trend"]).verdict == ""


def test_a_model_is_not_called_sound_because_no_slice_is_worse(results):
    from dataclasses import replace

    calm = answer("calibration", replace(results["calibration"], slices=()))
    assert calm.verdict == "" and "no slice is off by more than the rest" in calm.text


def test_causes_say_what_speaks_against_labels_data_and_size():
    from tests.show.test_audit_sections import sized

    with_sizes = answer("causes", errata.analyze(sized(), only=["causes"], group="sample").analyses["causes"])
    assert with_sizes.verdict == "fail"
    assert with_sizes.text.startswith("Twice the training data would gain +")
    assert with_sizes.text.endswith("no proof of a cause.")
    calm = {
        "id": [str(row) for row in range(200)],
        "truth": ["a", "b"] * 100,
        "prediction": ["a", "b"] * 99 + ["b", "a"],
    }
    calm |= {"size": [float(row % 7) for row in range(200)]}
    found = answer("causes", errata.analyze(calm, only=["causes"]).analyses["causes"])
    assert (found.verdict, found.text) == ("pass", "No evidence against the data of 1 column.")


def test_residuals_say_what_is_off_and_pass_only_what_was_tested():
    from dataclasses import replace

    from errata.nouns.report import Estimate
    from tests.show.test_audit_sections import regression

    result = errata.analyze(regression(), only=["residuals"]).analyses["residuals"]
    found = answer("residuals", result)
    assert found.verdict == "fail"
    assert found.text.startswith("Predictions are too high on average; biased in ")
    assert (
        "; biased otherwise than the rest in 1 slice, first site = 'b'; spread depends on the prediction; "
        in found.text
    )
    assert "tails are heavier than a normal's; mean error +0." in found.text
    calm = replace(
        result,
        bias=Estimate(0.1, -0.1, 0.3),
        curve=(),
        slices=(),
        tried=0,
        spread_tests=(),
        spread_factors=(),
        tails=None,
    )
    assert answer("residuals", calm).verdict == "pass"
    assert answer("residuals", calm).text == "No evidence of a bias on average; mean error +0.100 [−0.100, +0.300]."
    even = replace(calm, slices=(), tried=17)
    assert "a bias on average or in one of 17 slices; mean" in answer("residuals", even).text
    assert answer("residuals", replace(calm, bias=Estimate(0.1, None, None))).verdict == "inconclusive"
