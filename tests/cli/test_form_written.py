"""At a terminal, a template is opened in one's editor; what was written is never lost."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.typed import refused, said


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    said(tmp_path, "init", "--project", "pets")
    return tmp_path


def at_a_terminal(folder: Path, editor: str) -> tuple[int, str]:
    """What comes of ``errata case new --template data-quality`` at a terminal with an editor that runs ``editor``."""
    program = folder / "editor"
    program.write_text(f"#!/bin/sh\n{editor}\n")
    program.chmod(0o755)
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "errata.cli", "case", "new", "--template", "data-quality"]
    environment = {**os.environ, "VISUAL": str(program), "EDITOR": str(program), "ERRATA_ACTOR": "ada"}
    process = subprocess.Popen(words, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    said = b""
    try:
        while piece := os.read(ours, 4096):
            said += piece
    except OSError:  # the terminal ends with the process
        pass
    os.close(ours)
    return process.wait(), said.decode()


def forms(folder: Path) -> list[Path]:
    return sorted(folder.glob("data-quality-*.yaml"))


def test_a_form_that_was_filled_in_opens_a_case(folder: Path) -> None:
    code, words = at_a_terminal(folder, "sed -i 's/^title:$/title: Tablets for milligrams/' \"$1\"")
    assert (code, forms(folder)) == (0, [])
    assert "PET-1  Tablets for milligrams · draft" in words


def test_a_form_that_was_left_alone_opens_none(folder: Path) -> None:
    code, words = at_a_terminal(folder, "true")
    assert (code, forms(folder)) == (2, [])
    assert "error[nothing-written]" in words
    assert said(folder, "case", "list").startswith("No case.")


def test_what_was_written_and_cannot_be_kept_stays_in_its_file(folder: Path) -> None:
    code, words = at_a_terminal(folder, "sed -i 's/^why:$/why: It is wrong/' \"$1\"")
    [kept] = forms(folder)
    assert code == 2
    assert "error[no-title]" in words
    assert f"What you wrote is kept: errata case open --template data-quality --file {kept.name}" in words
    assert "why: It is wrong" in kept.read_text()


def test_where_nobody_is_at_a_terminal_the_line_to_type_is_said(folder: Path) -> None:
    found = refused(folder, "case", "new", "--template", "data-quality")
    assert (found["code"], found["next"]) == (
        "no-title",
        "errata template show data-quality > case.yaml, then errata case open --template data-quality --file case.yaml",
    )
