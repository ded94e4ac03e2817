"""Lists at the terminal: a page, and at its foot the command of the next."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from errata.client.catalog import init_catalog
from tests.cli.typed import errata, said, told


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ERRATA_ACTOR", "ada")
    with init_catalog(tmp_path / ".errata", project="pets") as catalog:
        for at in range(1, 6):
            catalog.runs.log(model=f"pets@{at}", state="failed", error=f"MemoryError {at}")
    return tmp_path


def test_the_command_at_the_foot_is_what_was_typed_and_prints_the_next_page(folder: Path) -> None:
    words = ("run", "list", "--model", "pets", "--limit", "2")
    pages = []
    while words:
        *lines, foot = said(folder, *words).splitlines()
        more = foot.startswith("errata run list --model pets --limit 2 --cursor ")
        pages.append([line.split()[0] for line in (lines if more else [*lines, foot])[1:]])
        words = tuple(shlex.split(foot)[1:]) if more else ()
    assert pages == [["run:5", "run:4"], ["run:3", "run:2"], ["run:1"]]


def test_json_is_whole_unless_a_page_is_asked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, page = told(folder, "run", "list"), told(folder, "run", "list", "--limit", "3")
    assert ([one["run"] for one in whole["runs"]], whole["cursor"]) == ([f"run:{at}" for at in range(5, 0, -1)], None)
    rest = told(folder, "run", "list", "--cursor", page["cursor"])
    assert ([one["run"] for one in rest["runs"]], rest["cursor"]) == (["run:2", "run:1"], None)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("run", "list", "--limit", "0"), "bad-limit"),
        (("case", "list", "--limit", "201"), "bad-limit"),
        (("label", "list", "--cursor", "x"), "bad-cursor"),
    ],
)
def test_a_page_that_is_none_is_refused(folder: Path, words: tuple[str, ...], code: str) -> None:
    done = errata(folder, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error[{code}]: ")
