from __future__ import annotations

from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from errata.analysis.differences import PairedShares, Share
from errata.analysis.gate import Question, answers, holm, more_needed
from errata.nouns.verdict import Criterion


def question(criterion: str, failed: int, rows: int) -> Question:
    evidence = Share(failed / rows, rows) if rows else None
    return Question(criterion=Criterion.parse(criterion), n=rows, evidence=evidence, how="" if rows else "no sample")


@pytest.mark.parametrize(
    ("criterion", "failed", "rows", "verdict"),
    [
        ("<= 0.05", 30, 1000, "pass"),
        ("<= 0.05", 45, 1000, "inconclusive"),
        ("<= 0.05", 55, 1000, "inconclusive"),
        ("<= 0.05", 80, 1000, "fail"),
        ("<= 0.05", 0, 58, "inconclusive"),
        ("<= 0.05", 0, 59, "pass"),
        (">= 0.9", 930, 1000, "pass"),
        (">= 0.9", 870, 1000, "fail"),
        (">= 0.9", 905, 1000, "inconclusive"),
    ],
)
def test_a_verdict_needs_the_whole_interval_on_one_side(criterion: str, failed: int, rows: int, verdict: str) -> None:
    assert answers([question(criterion, failed, rows)])[0].verdict == verdict


def test_a_slice_without_samples_is_inconclusive_never_a_pass() -> None:
    answer = answers([question("<= 1", 0, 0)])[0]
    assert (answer.verdict, answer.estimate, answer.more_needed, answer.reason) == (
        "inconclusive",
        None,
        None,
        "no sample",
    )


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_failures_are_adjusted_as_holm_does(ps: list[float]) -> None:
    with mock.patch("gc.collect"):  # which statsmodels asks for at each call, and which takes long here
        expected = list(multipletests(ps, method="holm")[1])
    assert holm(ps) == pytest.approx(expected)


def test_one_failure_among_many_checks_needs_more_evidence_than_alone() -> None:
    barely = question("<= 0.05", 65, 1000)
    assert answers([barely])[0].verdict == "fail"
    among = answers([barely, *[question("<= 0.05", 30, 1000)] * 9])[0]
    assert among.verdict == "inconclusive"
    assert among.low is not None and among.low > 0.05
    assert "but not after Holm's adjustment" in among.reason
    assert among.more_needed is not None


@pytest.mark.parametrize(
    ("criterion", "failed", "rows"),
    [("<= 0.05", 45, 1000), ("<= 0.05", 55, 1000), (">= 0.9", 905, 1000), ("<= 0.05", 0, 20)],
)
def test_what_is_said_to_be_missing_settles_it_and_one_less_does_not(criterion: str, failed: int, rows: int) -> None:
    answer = answers([question(criterion, failed, rows)])[0]
    assert answer.verdict == "inconclusive" and answer.more_needed is not None

    def verdict(more: int) -> str:
        evidence = Share(failed / rows, rows + more)
        return answers([Question(criterion=Criterion.parse(criterion), n=rows + more, evidence=evidence)])[0].verdict

    assert verdict(answer.more_needed) != "inconclusive"
    assert verdict(answer.more_needed - 1) == "inconclusive"


def test_nothing_settles_a_rate_that_sits_on_the_edge() -> None:
    criterion = Criterion.parse("<= 0.05")
    assert more_needed(Share(0.05, 1000), criterion, 1000) is None
    assert more_needed(Share(0.0499999, 1000), criterion, 1000) is None
    assert answers([question("<= 0.05", 50, 1000)])[0].reason == (
        "the interval reaches across the edge of the criterion, and no number of samples would settle it at these rates"
    )


def test_a_new_version_that_answers_alike_is_not_worse() -> None:
    alike = Question(criterion=Criterion.parse("<= baseline + 0.01"), n=1797, evidence=PairedShares(0, 0, 1797))
    assert answers([alike])[0].verdict == "pass"
    few = Question(criterion=Criterion.parse("<= baseline + 0.01"), n=100, evidence=PairedShares(0, 0, 100))
    assert answers([few])[0].verdict == "inconclusive"
    assert answers([few])[0].more_needed == 168
