from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, hamming_loss, jaccard_score
from sklearn.preprocessing import MultiLabelBinarizer

from errata.core.errors import ErrataError
from errata.integrations.files import table_source
from errata.nouns.outcome import Outcomes
from errata.nouns.roles import Roles
from errata.tasks.outcomes import read_outcomes

LABELS = st.lists(st.sampled_from("abcdef"), max_size=5)


def outcomes_of(truth: list[object], prediction: list[object], **roles: object) -> Outcomes:
    table = pa.table({"truth": truth, "prediction": prediction})
    return read_outcomes(table_source(table), Roles(task="multilabel", **roles))  # type: ignore[arg-type]


def kinds_of(outcomes: Outcomes, row: int) -> list[str]:
    assert outcomes.kinds is not None and outcomes.kind is not None
    return [name for place, name in enumerate(outcomes.kinds.names) if outcomes.kind.of[row] >> place & 1]


def test_a_row_failed_when_the_sets_differ() -> None:
    found = outcomes_of([["a", "b"], ["a"], ["a"], [], ["a", "b"]], [["b", "a", "b"], ["a", "c"], [], [], ["b", "c"]])
    assert found.task == "multilabel"
    assert found.failed.tolist() == [0, 1, 1, 0, 1]
    assert found.loss is not None
    assert found.loss.tolist() == pytest.approx([0, 1 / 2, 1, 0, 2 / 3])
    assert found.measures["label_errors"].tolist() == [0, 1, 1, 0, 2]
    assert found.measures["label_f1"].tolist() == pytest.approx([1, 2 / 3, 0, 1, 1 / 2])
    assert [kinds_of(found, row) for row in range(5)] == [
        [], ["extra-label"], ["missing-label"], [], ["missing-label", "extra-label", "missing-and-extra"],
    ]  # fmt: skip


@given(st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=30))
def test_losses_are_those_of_scikit_learn(rows: list[tuple[list[str], list[str]]]) -> None:
    truth, prediction = [list(one) for one, _ in rows], [list(one) for _, one in rows]
    table = pa.table(
        {"truth": pa.array(truth, pa.list_(pa.string())), "prediction": pa.array(prediction, pa.list_(pa.string()))}
    )
    found = read_outcomes(table_source(table), Roles(task="multilabel"))
    binary = MultiLabelBinarizer(classes=list("abcdef"))
    true, said = binary.fit_transform(truth), binary.transform(prediction)
    assert found.loss is not None
    assert found.loss.mean() == pytest.approx(1 - jaccard_score(true, said, average="samples", zero_division=1.0))
    assert found.measures["label_errors"].mean() / 6 == pytest.approx(hamming_loss(true, said))
    assert found.measures["label_f1"].mean() == pytest.approx(
        f1_score(true, said, average="samples", zero_division=1.0)
    )
    assert found.failed.tolist() == (true != said).any(axis=1).astype(int).tolist()


def test_lists_and_texts_with_a_separator_say_the_same() -> None:
    lists = outcomes_of([["a", "b"], ["c"]], [["b"], ["c", "d"]])
    texts = outcomes_of(["a;b", "c"], ["b", "d; c"])
    piped = outcomes_of(["a|b", "c"], ["b", "d|c"], separator="|")
    assert lists.failed.tolist() == texts.failed.tolist() == piped.failed.tolist() == [1, 1]
    assert texts.roles.separator == ";"
    assert "labels are separated by ';' (--separator says another)" in texts.notes


def test_two_lists_are_read_as_multilabel_and_it_is_said() -> None:
    table = pa.table({"labels": [["a"], ["b"]], "predicted": [["a"], ["c"]]})
    found = read_outcomes(table_source(table), Roles())
    assert (found.task, found.roles.task) == ("multilabel", "multilabel")
    assert found.notes[0] == "read as multilabel: labels and predicted are lists (--task says another)"


def test_rows_without_a_list_are_refused_or_unknown() -> None:
    table = pa.table({"truth": [["a"], None, ["b"]], "prediction": [["a"], ["a"], None]})
    with pytest.raises(ErrataError, match="1 row of 3 has no truth"):
        read_outcomes(table_source(table), Roles(task="multilabel"))
    found = read_outcomes(table_source(table), Roles(task="multilabel"), allow_unknown=True)
    assert found.failed.tolist() == [0, -1, -1]
    assert found.kind is not None
    assert found.kind.known.tolist() == [7, 0, 0]
    assert found.loss is not None and np.isnan(found.loss).tolist() == [False, True, True]


def test_a_criterion_about_the_distance_decides_alone() -> None:
    truth: list[object] = [["a", "b", "c"], ["a"], ["a"]]
    prediction: list[object] = [["a", "b"], ["b"], ["a"]]
    alone = outcomes_of(truth, prediction, failed="jaccard_distance > 0.5")
    assert alone.failed.tolist() == [0, 1, 0]
    assert alone.criterion_alone
    assert any(note.startswith("--failed reads what the task computes") for note in alone.notes)
    assert outcomes_of(truth, prediction, failed="missing_and_extra").failed.tolist() == [0, 1, 0]
    with pytest.raises(ErrataError, match="has no column 'recall'"):
        outcomes_of(truth, prediction, failed="recall > 0.5")


@pytest.mark.parametrize(
    ("truth", "prediction", "words"),
    [
        ([1.5, 2.5], [["a"], ["b"]], "cannot be the truth"),
        ([["a"], ["b"]], [[1], [2]], "are of different types"),
        ([["a"], ["b"]], [[{"x": 1}], []], "hold values that name nothing"),
        (["a;b", "c|d"], ["a", "c"], "both ';' and '|'"),
    ],
)
def test_what_is_no_set_of_labels_is_refused_in_words(
    truth: list[object], prediction: list[object], words: str
) -> None:
    with pytest.raises(ErrataError, match=words):
        table = pa.table({"truth": truth, "prediction": prediction})
        read_outcomes(table_source(table), Roles(task="multilabel", truth="truth", prediction="prediction"))
