"""Actors, clearances and cases of candidates, as they are typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from errata.cli import root
from tests.catalogs import predictions


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """``errata`` in a folder with a catalog, as ada or somebody else."""
    monkeypatch.chdir(tmp_path)

    def typed(*words: str, by: str = "ada") -> Result:
        monkeypatch.setenv("ERRATA_ACTOR", by)
        return CliRunner().invoke(root, words)

    assert typed("init", "--project", "pets", "--key", "PET").exit_code == 0
    return typed


def test_who_is_cleared_for_less_is_shown_less(run: Callable[..., Result]) -> None:
    run("case", "open", "--title", "Zeppelin", "--set", "sensitivity=restricted")
    run("case", "open", "--title", "Tram", by="bob")
    edited = run("actor", "edit", "bob", "--clearance", "internal", "--reason", "a guest")
    assert edited.output == "bob sees all but what is confidential or restricted\nerrata actor list\n"
    assert [line.split()[0] for line in run("actor", "list").output.splitlines()] == ["actor", "ada", "bob"]
    assert "Zeppelin" in run("case", "list").output
    assert "Zeppelin" not in run("case", "list", by="bob").output
    missing = run("case", "show", "PET-1", by="bob")
    assert (missing.exit_code, "there is no case 'PET-1'" in missing.output) == (2, True)
    listed = json.loads(run("actor", "list", "--json").output)
    assert [(one["name"], one["clearance"]) for one in listed["actors"]] == [("ada", "restricted"), ("bob", "internal")]
    unknown = run("actor", "edit", "bob", "--clearance", "secret")
    assert (unknown.exit_code, "error[no-such-level]" in unknown.output) == (2, True)


def test_a_token_says_up_to_where_it_sees(run: Callable[..., Result]) -> None:
    made = json.loads(run("token", "add", "ci", "--json").output)
    assert made["clearance"] == "confidential"
    assert "sees everything" in run("token", "add", "all", "--clearance", "restricted").output
    rows = json.loads(run("token", "list", "--json").output)["tokens"]
    assert {one["name"]: one["clearance"] for one in rows} == {"ci": "confidential", "all": "restricted"}


def test_candidates_are_opened_as_cases(run: Callable[..., Result], tmp_path: Path) -> None:
    pq.write_table(predictions(400), tmp_path / "p.parquet")
    run("log", "p.parquet", "--model", "pets@1", "--dataset", "field@1")
    run("rule", "add", "--title", "Wrong", "--when", "failed", "--sample", "reservoir", "--size", "12")
    run("capture", "run:1")
    cases = json.loads(
        run("case", "open", "--candidates", "run:1", "--title", "Wrong", "--each", "source", "--json").output
    )["cases"]
    assert sum(one["caught"]["chosen"] for one in cases) == 12
    said = run("case", "open", "--candidates", "run:1", "--title", "Again").output
    assert "12 of 12 candidates of PET-1" in said
    assert f"evidence of {cases[0]['key']} too" in said
    assert "caught" in run("case", "show", cases[0]["key"]).output
    for words, why in (
        (("--rule", "PET-1"), "--rule, --sample and --each say which candidates"),
        (("--candidates", "run:1", "--slice", "all"), "--candidates and --slice exclude each other"),
    ):
        refused = run("case", "open", "--title", "x", *words)
        assert (refused.exit_code, why in refused.output) == (2, True)
