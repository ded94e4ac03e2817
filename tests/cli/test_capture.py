"""Rules and captures at the command line, as a person types them."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from errata.store.making import init_store
from tests.catalogs import NIGHT, predictions
from tests.cli.typed import refused, said, told


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("home") / "pets")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return made(tmp_path / "pets")


def made(home: Path) -> Path:
    home.mkdir()
    init_store(home)[0].close()
    for version in (1, 2):
        pq.write_table(predictions(1000, seed=version), home / f"v{version}.parquet")
        said(home, "log", f"v{version}.parquet", "--model", f"pets@{version}", "--dataset", "field@1")
    return home


def test_from_a_rule_to_an_estimate(folder: Path) -> None:
    assert said(folder, "rule", "list").splitlines() == [
        "No rule.", "errata rule add --title TEXT --when 'confidence >= 0.9 and failed'"
    ]  # fmt: skip
    sampling = ("--sample", "quota", "--size", "40", "--by", "source")
    lines = said(folder, "rule", "add", "--title", "Wrong", "--when", "failed", *sampling).splitlines()
    assert lines[:3] == ["PET-1  Wrong · active", "  captures  failed", "  draws     40 of each source, seed 0"]
    assert lines[-1] == "errata capture run:N --rule PET-1 --dry-run"
    tried = said(folder, "capture", "run:1", "--dry-run").splitlines()
    assert tried[-2:] == ["Nothing was kept.", "errata capture run:1"]
    assert said(folder, "candidates", "list").startswith("Nothing was captured yet.")
    kept = told(folder, "capture", "run:1")["captures"][0]
    assert (kept["known"], kept["rule"], kept["schema"]) == (False, "PET-1", "errata.candidates/1")
    assert "known, nothing changed" in said(folder, "capture", "run:1", "--rule", "PET-1")
    shown = told(folder, "candidates", "show", "run:1", "--estimate", NIGHT)
    assert shown["digest"] == kept["digest"]
    estimate = shown["estimate"]
    assert estimate["low"] < estimate["mean"] < estimate["high"] and round(estimate["size"]) == kept["matched"]
    text = said(folder, "candidates", "show", "run:1", "--limit", "1", "--estimate", NIGHT)
    assert f"{NIGHT}, of all that matched" in text and "more: --limit, or --json for all" in text
    assert "PET-1 r1" in said(folder, "candidates", "list", "--run", "run:1")


def test_editing_a_sampling_keeps_what_is_not_named(folder: Path) -> None:
    said(folder, "rule", "add", "--title", "Unlike", "--disagree", "run:2", "--sample", "reservoir", "--size", "5")
    edited = told(folder, "rule", "edit", "PET-1", "--size", "7", "--reason", "more")
    assert edited["sampling"] == {"method": "reservoir", "size": 7, "by": [], "seed": 0}
    everything = told(folder, "rule", "edit", "PET-1", "--sample", "all")
    assert everything["sampling"]["size"] is None
    assert len(told(folder, "rule", "history", "PET-1")["revisions"]) == 3
    assert said(folder, "rule", "retire", "PET-1", "--reason", "done") == "PET-1  Unlike · retired\n"
    assert told(folder, "rule", "list", "--state", "active")["rules"] == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("capture", "run:1"), "no-rules"),
        (("capture", "run:9"), "no-such-run"),
        (("capture", "1"), "bad-reference"),
        (("capture", "run:1", "--rule", "PET-9"), "no-such-record"),
        (("candidates", "show", "run:1"), "no-candidates"),
        (("candidates", "list", "--run", "run:9"), "no-such-run"),
        (("rule", "add", "--title", "x"), "rule-of-what"),
        (("rule", "add", "--title", "x", "--when", "failed = "), "bad-expression"),
        (("rule", "add", "--title", "x", "--when", "failed", "--size", "5"), "bad-sampling"),
        (("rule", "add", "--title", "x", "--when", "failed", "--sample", "quota", "--size", "5"), "bad-sampling"),
        (("rule", "add", "--title", "x", "--anomaly", "contrast", "--reference", "run:9"), "no-such-run"),
        (("rule", "show", "PET-1"), "no-such-record"),
    ],
)
def test_a_mistake_is_refused_with_its_code(untouched: Path, words: tuple[str, ...], code: str) -> None:
    assert refused(untouched, *words)["code"] == code
