"""Vocabularies, labels and rounds at the command line, as people type them."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.csv as pacsv
import pytest

from tests.catalogs import NIGHT, predictions
from tests.cli.typed import refused, said, told

SHIFT = "failure-mode:localization/shift"

# Each test goes on where the one before it stopped.
pytestmark = pytest.mark.xdist_group("label")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog with run:1, the case PET-1, the failure modes as PET-2 and a round as PET-3."""
    made = tmp_path_factory.mktemp("typed")
    pacsv.write_csv(predictions(400), made / "preds.csv")
    said(made, "init", "--project", "pets")
    said(made, "log", "preds.csv", "--model", "pets@1", "--dataset", "field@1")
    said(
        made,
        "case",
        "open",
        "--slice",
        NIGHT,
        "--run",
        "run:1",
        "--title",
        "Night",
        "--summary",
        "Boxes lie beside it.",
    )
    assert "failure-mode · 118 terms" in said(made, "vocabulary", "add", "failure-mode")
    people = ("--actor", "ada", "--actor", "bob", "--title", "How?")
    (made / "more.txt").write_text("run:1#s00001\nrun:1#s00002\n")
    assert "3 subjects" in said(made, "round", "open", "PET-1", "--file", "more.txt", *people)
    return made


def test_a_label_is_given_shown_and_taken_back(folder: Path) -> None:
    words = said(folder, "label", "add", "PET-1", SHIFT, "--confidence", "0.8", "--quote", "summary:beside it")
    assert "label:1  failure-mode:localization/shift of PET-1 · Shifted" in words
    assert "in        summary:10:19  “beside it”" in words
    assert f"labels    {SHIFT} 0.8" in said(folder, "case", "show", "PET-1")
    assert [one["id"] for one in told(folder, "label", "list", "PET-1")["labels"]] == ["label:1"]
    assert "   1    shift  Shifted" in said(folder, "vocabulary", "show", "failure-mode")
    assert "taken back" in said(folder, "label", "retract", "label:1", "--reason", "it was the camera")
    assert said(folder, "label", "list", "PET-1") == "No label.\nerrata label add PET-1 failure-mode:TERM\n"


def test_a_renamed_term_says_what_could_move(folder: Path) -> None:
    said(folder, "label", "add", "run:1", "failure-mode:duplicate")
    words = said(
        folder, "vocabulary", "term", "rename", "failure-mode:duplicate", "counted-twice", "--reason", "plainer"
    )
    assert words.endswith("1 label could move\nerrata label moves failure-mode\n")
    moves = said(folder, "label", "moves")
    assert "failure-mode:detection/duplicate  counted-twice" in moves
    assert moves.endswith("errata label move failure-mode --reason TEXT\n")
    [moved] = told(folder, "label", "move", "failure-mode", "--reason", "renamed")["labels"]
    assert (moved["path"], moved["revision"]) == ("detection/counted-twice", 2)
    assert said(folder, "label", "moves") == "Every label has a term that is in use.\n"


def test_a_round_goes_from_open_to_adjudicated(folder: Path) -> None:
    bob = {"ERRATA_ACTOR": "bob"}
    assert "1 of 3 done" in said(folder, "round", "label", "PET-3", "PET-1", "shift")
    said(folder, "round", "label", "PET-3", "run:1#s00001", "leakage")
    said(folder, "round", "label", "PET-3", "PET-1", "shift", **bob)
    said(folder, "round", "label", "PET-3", "run:1#s00001", "confusion", **bob)
    assert "leakage" not in said(folder, "round", "show", "PET-3", **bob)
    closed = said(folder, "round", "close", "PET-3")
    assert "ada: leakage · bob: confusion" in closed
    assert closed.endswith("errata round adjudicate PET-3 run:1#s00001 TERM --reason TEXT\n")
    decided = told(folder, "round", "adjudicate", "PET-3", "run:1#s00001", "leakage", "--reason", "one cat twice")
    assert (decided["state"], decided["waiting"]) == ("adjudicated", [])
    assert told(folder, "vocabulary", "health", "failure-mode")["schema"] == "errata.vocabulary-health/1"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("label", "add", "PET-1", "shift"), "bad-term"),
        (("label", "add", "PET-1", SHIFT, "--span", "summary:3"), "bad-span"),
        (("label", "add", "PET-1", SHIFT, "--confidence", "2"), "bad-confidence"),
        (("label", "show", "run:1"), "bad-reference"),
        (("label", "move", "weather"), "no-such-vocabulary"),
        (("vocabulary", "show", "failure-mods"), "no-such-vocabulary"),
        (("vocabulary", "term", "add", "failure-mode:shift"), "term-taken"),
        (("vocabulary", "term", "rename", SHIFT, "Shift it", "--reason", "x"), "bad-body"),
        (("round", "label", "PET-1", "PET-1", "shift"), "wrong-kind"),
        (("round", "open", "PET-1", "--title", "", "--actor", "ada"), "bad-body"),
    ],
)
def test_a_slip_writes_nothing_and_says_what_to_type(folder: Path, words: tuple[str, ...], code: str) -> None:
    assert refused(folder, *words)["code"] == code


def test_a_vocabulary_is_written_as_skos_and_read_again(folder: Path) -> None:
    terms = len(told(folder, "vocabulary", "show", "failure-mode")["concepts"])
    written = said(folder, "vocabulary", "export", "failure-mode", "--out", "modes.jsonld")
    assert written.startswith(f"{terms} terms written")
    assert len(json.loads((folder / "modes.jsonld").read_text())["@graph"]) == terms + 1
    assert told(folder, "vocabulary", "add", "modes.jsonld", "--name", "modes")["name"] == "modes"
