"""Kinds of a generation's log, each from what is there."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from errata.core.errors import ErrataError
from errata.integrations.files import table_source
from errata.nouns.outcome import Outcomes
from errata.nouns.roles import Roles
from errata.tasks.outcomes import read_outcomes

PARIS = "Paris is the capital and largest city of France."
ROWS: list[dict[str, Any]] = [
    {"answer": "It is Paris.", "contexts": [PARIS], "judge": 1.0, "tools": []},
    {"answer": "I'm sorry, but I cannot answer that.", "contexts": ["Bananas are yellow."], "judge": 0.0, "tools": []},
    {"answer": "Lyon, founded by Romans long ago.", "contexts": [PARIS], "judge": 0.2, "tools": [{"error": "timeout"}]},
    {"answer": "", "contexts": [PARIS], "judge": 0.0, "tools": [{"error": None}]},
    {"answer": None, "contexts": None, "judge": 0.5, "tools": None},
]


def log(*gone: str, **more: list[Any]) -> pa.Table:
    columns: dict[str, list[Any]] = {
        "question": ["What is the capital of France?"] * 5,
        "reference": ["Paris"] * 5,
        "answer": [row["answer"] for row in ROWS],
        "contexts": [row["contexts"] for row in ROWS],
        "judge": [row["judge"] for row in ROWS],
        "tool_calls": [row["tools"] for row in ROWS],
    }
    return pa.table({name: values for name, values in (columns | more).items() if name not in gone})


def read(table: pa.Table, **roles: Any) -> Outcomes:
    return read_outcomes(table_source(table), Roles(**roles))


def kinds(found: Outcomes) -> dict[str, list[bool | None]]:
    """Each kind by row; None where it is unknown."""
    assert found.kinds is not None and found.kind is not None
    return {
        name: [
            bool(of >> at & 1) if known >> at & 1 else None
            for of, known in zip(found.kind.of.tolist(), found.kind.known.tolist(), strict=True)
        ]
        for at, name in enumerate(found.kinds.names)
    }


def test_each_kind_is_told_where_its_columns_have_values() -> None:
    found = read(log())
    assert found.notes[0] == "read as generation: it has contexts (--task says another)"
    assert kinds(found) == {
        "no-answer": [False, False, False, True, None],
        "refused": [False, True, False, False, None],
        "tool-error": [False, False, True, False, None],
        "retrieval-miss": [False, True, False, False, None],
        "irrelevant-context": [False, True, False, False, None],
        "unfaithful": [False, None, True, None, None],
        "reference-miss": [False, True, True, True, None],
    }
    assert found.failed.tolist() == [0, 1, 1, 1, 0]
    assert found.kinds is not None and found.kinds.missing == (("format", "no --format"),)
    assert found.measures["token_f1"][:4].tolist() == pytest.approx([0.5, 0, 0, 0])
    assert found.loss is not None and found.loss[0] == pytest.approx(0.5)


def test_what_is_absent_is_not_guessed_and_the_reason_is_kept() -> None:
    found = read(log("contexts", "reference", "question"))
    assert found.task == "generation"
    assert found.kinds is not None and found.kinds.names == ("no-answer", "refused", "tool-error")
    assert dict(found.kinds.missing) == {
        "retrieval-miss": "no contexts (--contexts), no reference (--truth)",
        "irrelevant-context": "no contexts (--contexts), no question (--question)",
        "reference-miss": "no reference (--truth)",
        "unfaithful": "no contexts (--contexts)",
        "format": "no --format",
    }


def test_a_reference_that_is_a_verdict_needs_no_context() -> None:
    found = read(log(reference=["yes"] * 5))
    assert kinds(found)["retrieval-miss"] == [None] * 5
    assert kinds(found)["reference-miss"][0] is True


def test_several_references_are_each_good_enough() -> None:
    found = read(log(reference=[["the city of light", "Paris"]] * 5))
    assert kinds(found)["reference-miss"][0] is False
    assert found.measures["token_f1"][0] == pytest.approx(0.5)


def test_a_given_faithfulness_counts_before_the_overlap() -> None:
    found = read(log(faithfulness=[0.1, 0.9, 0.9, None, 0.4]))
    assert kinds(found)["unfaithful"] == [True, False, False, None, True]
    with pytest.raises(ErrataError, match="1 score of 'faithfulness' outside"):
        read(log(faithfulness=[0.1, 5.0, 0.9, None, 0.4]))
    texts = read(log(faithfulness=["good", "bad", "good", None, "bad"]), faithfulness="faithfulness")
    assert texts.kinds is not None
    assert dict(texts.kinds.missing)["unfaithful"] == "faithfulness holds text, no numbers"


def test_format_is_a_failure_by_itself() -> None:
    answers = ['{"a": 1}', "[1, 2", "7", "{}", None]
    found = read(log("judge", answer=answers), format="json")
    assert found.failed.tolist() == [0, 1, 0, 0, -1]
    assert kinds(found)["format"] == [False, True, False, False, None]
    assert read(log("judge", answer=answers), format=r"\d+").failed.tolist() == [1, 1, 0, 1, -1]
    judged = read(log(answer=answers), format="json")
    assert judged.failed.tolist() == [0, 1, 1, 1, -1]  # the judge fails the third and fourth
    with pytest.raises(ErrataError, match="neither json nor a pattern"):
        read(log(), format="(")


@pytest.mark.parametrize(
    ("judge", "failed"),
    [
        ([True, False, False, None, True], [0, 1, 1, -1, 0]),
        (["C", "I", "incorrect", None, "Pass"], [0, 1, 1, -1, 0]),
        ([1, 0, 0, None, 1], [0, 1, 1, -1, 0]),
    ],
)
def test_a_judge_may_be_numbers_flags_or_words(judge: list[Any], failed: list[int]) -> None:
    assert read(log(judge=judge)).failed.tolist() == failed


def test_a_judge_of_another_scale_says_nothing_by_itself() -> None:
    table = log(judge=[5, 1, 2, 3, 4])
    found = read(table)
    assert found.failed.tolist() == [-1] * 5
    assert any("judge runs from 1.00 to 5.00: which of its scores are failures" in note for note in found.notes)
    assert read(table, failed="judge < 3").failed.tolist() == [0, 1, 1, 0, 0]
    with pytest.raises(ErrataError, match="says 'meh', which is no verdict"):
        read(log(judge=["meh", "ok", "ok", "ok", "ok"]))


def test_a_criterion_is_ored_with_a_judge_that_is_named_and_alone_where_it_reads_it() -> None:
    table = log(latency_ms=[900, 1, 1, 1, 1])
    assert read(table, failed="latency_ms > 500").failed.tolist() == [1, 0, 0, 0, 0]
    assert read(table, failed="latency_ms > 500", judge="judge").failed.tolist() == [1, 1, 1, 1, 0]
    assert read(table, failed="judge < 0.1", judge="judge").failed.tolist() == [0, 1, 0, 1, 0]
    assert read(table, failed="unfaithful or tool_error").failed.tolist() == [0, -1, 1, -1, -1]
    assert read(table, failed="token_f1 < 0.5 and not refused").failed.tolist() == [0, 0, 1, 1, -1]


def test_nothing_that_says_what_failed_is_an_error_with_the_way_on() -> None:
    with pytest.raises(ErrataError, match="nothing in table says what failed") as refused:
        read(log("judge", "reference"))
    assert refused.value.next == "errata analyze table --task generation --judge COLUMN"
    found = read(log("judge"))  # a reference gives a loss
    assert found.failed.tolist() == [-1] * 5
    assert found.loss is not None


def test_a_table_of_classes_with_a_list_beside_it_stays_a_classification() -> None:
    table = pa.table(
        {"truth": ["a", "b"], "prediction": ["a", "a"], "contexts": [["x"], ["y"]], "tool_calls": [[], []]}
    )
    assert read(table).task == "classification"


def test_contexts_may_be_objects_or_json_text() -> None:
    objects = [[{"text": PARIS, "score": 0.5}], [{"text": "Bananas", "score": 0.1}], [], [], []]
    assert kinds(read(log(contexts=objects)))["retrieval-miss"][:2] == [False, True]
    texts = ['["' + PARIS + '"]', '["Bananas"]', None, None, None]
    found = read(log(contexts=texts), task="generation")
    assert kinds(found)["retrieval-miss"][:3] == [False, True, None]


def test_brackets_without_end_are_a_text() -> None:
    found = read(log(contexts=['["' + PARIS + '"]', "[" * 100_000, PARIS, None, None]), task="generation")
    assert kinds(found)["irrelevant-context"] == [False, True, False, None, None]
