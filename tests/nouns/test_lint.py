from __future__ import annotations

from typing import Any

import pytest

from errata.nouns.case import KIND, CaseBody
from errata.nouns.lint import LINTS, lint, missing

WHOLE: dict[str, Any] = {
    "title": "Fails by night",
    "why": "half of the cameras look at streets",
    "summary": "Walkers are missed where there is no lamp.",
    "models": ["pets@1"],
    "expected": "a walker",
    "observed": "nothing",
    "owner": "grace",
    "severity": {"rubric": "PET-1", "revision": 1, "ratings": [], "score": 0.5, "band": "medium"},
}


def body(**changes: Any) -> CaseBody:
    made = KIND.make({**WHOLE, **changes})
    assert isinstance(made, CaseBody)
    return made


def codes(**changes: Any) -> list[str]:
    return [one.code for one in lint(body(**changes), labelled=True)]


def test_a_whole_case_lacks_nothing() -> None:
    assert missing(body()) == []
    assert codes() == []


def test_everything_that_is_lacking_is_said() -> None:
    empty = KIND.make({"title": "x"})
    assert isinstance(empty, CaseBody)
    assert [line.partition(":")[0] for line in missing(empty)] == [
        "why", "summary", "models or systems", "evidence, or expected and observed", "severity", "owner",
    ]  # fmt: skip
    assert missing(body(), ["detection", "owner"]) == ["detection: its template asks for it"]


def test_frozen_evidence_stands_for_expected_and_observed() -> None:
    assert missing(body(expected="", observed="", evidence="ab" * 32)) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"why": "it fails"}, "CASE102"),
        ({"summary": "fails by  NIGHT."}, "CASE103"),
        ({"impact": [{"on": "money", "what": "refunds"}]}, "CASE104"),
        ({"impact": [{"on": "money", "what": "refunds", "estimate": 3, "basis": "invoices"}]}, "CASE105"),
        ({"observed": "it answered ada@example.org"}, "CASE106"),
        ({"input": "4111 1111 1111 1111"}, "CASE106"),
        ({"input": "call +49 30 1234 5678"}, "CASE106"),
        ({"timeline": [{"at": "2026-02", "what": "b"}, {"at": "2026-01-31", "what": "a"}]}, "CASE107"),
        ({"hypotheses": [{"claim": "it is dark"}]}, "CASE108"),
        ({"cause": "no night in training"}, "CASE109"),
        ({"remedies": [{"what": "more nights"}]}, "CASE110"),
        ({"case_kind": "near-miss"}, "CASE111"),
        ({"case_kind": "incident", "occurred": "2026"}, "CASE112"),
        ({"resolution": "switched off"}, "CASE113"),
    ],
)
def test_each_code_finds_what_it_says(changes: dict[str, Any], code: str) -> None:
    assert codes(**changes) == [code]
    assert codes(**changes, muted=[{"code": code, "reason": "known"}]) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"input": "4111 1111 1111 1112"},  # no check digit
        {"input": "ratio 0.123456789012345678"},
        {"observed": "ada@example.org", "sensitivity": "restricted"},
        {"timeline": [{"at": "2026-02-01", "what": "a"}, {"at": "2026-02", "what": "b"}]},
        {"impact": [{"on": "people", "what": "x", "estimate": 2, "low": 1, "high": 9, "basis": "log"}]},
        {"cause": "dark", "hypotheses": [{"claim": "dark", "test": "lamps", "verdict": "supported"}]},
    ],
)
def test_what_is_well_said_is_let_be(changes: dict[str, Any]) -> None:
    assert codes(**changes) == []


def test_labels_and_verification_are_looked_at_too() -> None:
    assert [one.code for one in lint(body(), labelled=False)] == ["CASE101"]
    verified = {"actor": "grace", "revision": 3, "reran": "run:2", "verdict": "reproduced"}
    assert [one.code for one in lint(body(verification=verified), True, 4)] == ["CASE114"]
    assert lint(body(verification=verified), True, 3) == []


def test_every_code_is_documented() -> None:
    assert all(one.finds and one.why and one.do for one in LINTS.values())
    assert list(LINTS) == sorted(LINTS)
