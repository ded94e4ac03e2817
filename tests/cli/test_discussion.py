"""Comments, watching and the rota at the command line, as people type them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_catalog import refused, said, told


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A catalog with the case PET-1, opened by ada."""
    said(tmp_path, "init", "--project", "pets")
    said(tmp_path, "case", "open", "--title", "Night")
    return tmp_path


def test_a_case_is_discussed_in_a_thread(folder: Path) -> None:
    assert said(folder, "comment", "list", "PET-1") == (
        "Nobody has said anything about PET-1 yet.\nerrata comment add PET-1 TEXT\n"
    )
    assert said(folder, "comment", "add", "PET-1", "Is it the lamp?").endswith(
        "\n  Is it the lamp?\nerrata comment list PET-1\n"
    )
    said(folder, "comment", "add", "PET-1", "No, it is lit.", "--answers", "comment:1", ERRATA_ACTOR="bob")
    words = said(folder, "comment", "list", "PET-1")
    assert "\n  comment:2 answers comment:1 · bob · " in words
    assert words.endswith("\n    No, it is lit.\nerrata comment add PET-1 TEXT --answers comment:2\n")
    assert "taken back by ada: another case" in said(
        folder, "comment", "retract", "comment:1", "--reason", "another case"
    )
    first, second = told(folder, "comment", "list", "PET-1")["comments"]
    assert (first["id"], first["text"], second["answers"]) == ("comment:1", "", "comment:1")
    assert refused(folder, "comment", "add", "PET-1", "x", "--answers", "2")["next"] == "comment:2"
