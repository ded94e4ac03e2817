from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.core.errors import ErrataError, GrammarError, UsageError, ValueFault
from errata.nouns.verdict import CheckSpec, CheckVerdict, Criterion, GateResult, overall


@given(
    st.builds(
        Criterion,
        st.sampled_from(["<=", ">="]),
        st.floats(-1e6, 1e6, allow_nan=False).map(lambda edge: edge + 0.0),
        st.booleans(),
    )
)
def test_a_criterion_is_what_its_text_says(criterion: Criterion) -> None:
    assert Criterion.parse(criterion.text) == criterion


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("<=0.05", "<= 0.05"),
        (">= .90", ">= 0.9"),
        ("<= baseline + 0.010", "<= baseline + 0.01"),
        ("<= baseline+0.01", "<= baseline + 0.01"),
        (">= baseline -0.01", ">= baseline - 0.01"),
        (">= baseline - 0.01", ">= baseline - 0.01"),
        ("<= baseline", "<= baseline"),
        ("<= baseline + 0", "<= baseline"),
    ],
)
def test_one_criterion_has_one_text(written: str, canonical: str) -> None:
    assert Criterion.parse(written).text == canonical


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "a criterion starts with <= or >="),
        ("0.05", "a criterion starts with <= or >="),
        ("< 0.05", "'<' is not a criterion's sign"),
        ("<= 5 %", "'%' is not part of the grammar"),
        ("<= best + 0.1", "a criterion knows no 'best'"),
        ("<= baseline 0.01", "+ or - was expected after baseline"),
        ("<= baseline + 0.01 or", "the criterion should end before 'or'"),
        ("<= baseline * 2", "'*' is not part of the grammar"),
        ("<= 1e999", "not a finite number"),
        ("<=", "a number or baseline was expected"),
    ],
)
def test_what_is_no_criterion_is_refused(text: str, says: str) -> None:
    with pytest.raises(GrammarError) as refused:
        Criterion.parse(text)
    assert says in refused.value.message
    assert refused.value.code == "bad-criterion"


def test_a_check_is_kept_in_canonical_form() -> None:
    check = CheckSpec(name="dark", slice="source='night' and contrast<.4", criterion="<=0.05")
    assert check.slice == "contrast < 0.4 and source = 'night'"
    assert check.criterion == "<= 0.05"
    assert check.metric == "error"


@pytest.mark.parametrize(
    ("values", "error", "code"),
    [
        ({"criterion": "<= 5"}, ValueFault, "criterion-out-of-range"),
        ({"criterion": "<= baseline + 2"}, ValueFault, "criterion-out-of-range"),
        ({"criterion": "about 5"}, GrammarError, "bad-criterion"),
        ({"slice": "x > 1"}, GrammarError, "bad-slice"),
        ({"metric": "recall"}, UsageError, "no-such-metric"),
        ({"name": "  "}, ValueFault, "bad-check-name"),
        ({"name": "a\nb"}, ValueFault, "bad-check-name"),
    ],
)
def test_a_check_that_cannot_be_asked_is_refused(values: dict[str, str], error: type[ErrataError], code: str) -> None:
    with pytest.raises(error) as refused:
        CheckSpec(**{"name": "a", "criterion": "<= 0.05", **values})
    assert refused.value.code == code


def test_a_loss_may_be_any_number() -> None:
    assert CheckSpec(name="a", metric="loss", criterion="<= 12.5").criterion == "<= 12.5"


def test_fail_outranks_inconclusive_and_inconclusive_outranks_pass() -> None:
    assert overall(["pass", "inconclusive", "fail"]) == "fail"
    assert overall(["pass", "inconclusive"]) == "inconclusive"
    assert overall(["pass", "pass"]) == "pass"
    with pytest.raises(UsageError):
        overall([])


@pytest.mark.parametrize(("verdict", "code"), [("pass", 0), ("fail", 1), ("inconclusive", 3)])
def test_a_result_has_an_exit_code(verdict: str, code: int) -> None:
    assert GateResult(verdict=verdict, checks=()).exit_code == code


def test_a_case_came_back_when_the_reason_says_so() -> None:
    check = CheckVerdict(
        name="a", slice="all", metric="error", criterion="<= 0.05", n=9, estimate=0.5, low=0.2, high=0.8,
        verdict="fail", case="DIG-4", reason="DIG-4 came back: the whole interval lies outside the criterion",
    )  # fmt: skip
    assert check.came_back
    assert check.to_json()["case"] == "DIG-4"
