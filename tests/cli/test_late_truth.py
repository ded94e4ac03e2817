"""Truth that comes later and versions from a column, as a person types it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pytest

from errata.store.making import init_store
from tests.catalogs import predictions
from tests.cli.typed import errata, refused, said, told


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project pets with predictions without truth, and two files of truth: of 250 rows, and of all but otherwise."""
    home = tmp_path / "pets"
    home.mkdir()
    table = predictions(400)
    pacsv.write_csv(table.drop_columns("truth"), home / "preds.csv")
    pacsv.write_csv(table.select(["id", "truth"]).slice(0, 250), home / "labels.csv")
    flipped = ["dog" if value == "cat" else "cat" for value in table["truth"].to_pylist()[:2]]
    truth = pa.array([*flipped, *table["truth"].to_pylist()[2:]])
    pacsv.write_csv(table.select(["id", "truth"]).set_column(1, "truth", truth), home / "again.csv")
    versions = [predictions(100, seed=seed).append_column("version", [[f"v{seed}"] * 100]) for seed in (10, 9)]
    pacsv.write_csv(pa.concat_tables(versions), home / "both.csv")
    init_store(home)[0].close()
    return home


LOG = ("log", "preds.csv", "--model", "pets@1", "--dataset", "field@1", "--allow-unknown")


def test_truth_comes_later_and_is_told(folder: Path) -> None:
    assert said(folder, *LOG).splitlines()[0] == (
        "run:1  pets@1 on field@1 · 400 rows, classification · nothing says what failed"
    )
    lines = said(folder, "log", "labels.csv", "--truth-for", "run:1").splitlines()
    assert lines[:3] == [
        "250 of 250 rows of labels.csv match run:1",
        "  truth 1: 250 outcomes of 400 changed; earlier outcomes are kept",
        "  150 rows of run:1 still without a truth",
    ]
    assert lines[-1] == "errata analyze run:1"
    assert "has this truth already; nothing was changed." in said(folder, "log", "labels.csv", "--truth-for", "run:1")


def test_truth_that_contradicts_wants_a_reason(folder: Path) -> None:
    said(folder, *LOG)
    said(folder, "log", "labels.csv", "--truth-for", "run:1")
    problem = refused(folder, "log", "again.csv", "--truth-for", "run:1")
    assert (problem["code"], len(problem["details"])) == ("truth-contradicts", 2)
    assert refused(folder, "log", "again.csv", "--truth-for", "run:1", "--replace")["code"] == "no-reason"
    words = ("log", "again.csv", "--truth-for", "run:1", "--replace", "--reason", "labelled by two")
    found = told(folder, *words)
    assert (found["schema"], found["seq"], found["replaced"], found["missing"]) == ("errata.truth/1", 2, 2, 0)
    shown = said(folder, "run", "show", "run:1")
    assert "from again.csv (labelled by two)" in shown
    assert " 152 changed" in shown
    parts = told(folder, "run", "show", "run:1")["parts"]
    assert [(part["kind"], part["seq"]) for part in parts][-1] == ("outcomes", 3)
    assert told(folder, "run", "list")["runs"][0]["parts"] == []


def test_earlier_outcomes_are_analysed_when_they_are_asked_for(folder: Path) -> None:
    said(folder, *LOG)
    said(folder, "log", "labels.csv", "--truth-for", "run:1")
    assert told(folder, "analyze", "run:1")["run"]["unknown"] == 150
    assert told(folder, "analyze", "run:1", "--as-of", "1")["run"]["unknown"] == 400
    assert refused(folder, "analyze", "run:1", "--as-of", "3")["code"] == "no-such-part"
    assert refused(folder, "analyze", "both.csv", "--as-of", "1")["code"] == "usage"


def test_a_run_for_each_version(folder: Path) -> None:
    words = ("log", "both.csv", "--model", "pets", "--model-from", "version", "--dataset", "field@1")
    assert [run["model"] for run in told(folder, *words)["runs"]] == ["pets@v9", "pets@v10"]
    lines = said(folder, *words).splitlines()
    assert lines[0] == "run:1 has this content already; nothing was logged."
    assert [line for line in lines if line.startswith("errata analyze")] == [
        "errata analyze run:1",
        "errata analyze run:2",
    ]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("log", "preds.csv", "--dataset", "field@1"), "usage"),
        (("log", "labels.csv", "--truth-for", "run:1", "--model", "pets@1"), "usage"),
        (("log", "--truth-for", "run:1"), "usage"),
        (("log", "preds.csv", "--model", "pets@1", "--dataset", "field@1", "--reason", "why"), "usage"),
        (("log", "--model-from", "version", "--dataset", "field@1"), "usage"),
    ],
)
def test_what_does_not_go_together_is_refused(folder: Path, words: tuple[str, ...], code: str) -> None:
    assert refused(folder, *words)["code"] == code


def test_the_missing_truth_says_how_to_do_without(folder: Path) -> None:
    problem = refused(folder, "log", "preds.csv", "--model", "pets@1", "--dataset", "field@1")
    assert problem["expected"].endswith("or --allow-unknown, if the truth comes later")
    assert errata(folder, *LOG).returncode == 0
