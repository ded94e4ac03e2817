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


def test_what_is_watched_comes_into_the_inbox_until_it_is_marked(folder: Path) -> None:
    assert said(folder, "inbox") == "You watch nothing yet.\nerrata watch KEY\n"
    assert said(folder, "watch", "PET-1") == "You watch PET-1.\nerrata inbox\n"
    assert said(folder, "watch", "night state:open") == "You watch the cases of night state:open.\nerrata inbox\n"
    assert said(folder, "inbox") == "Nothing new of what you watch.\n"
    said(folder, "comment", "add", "PET-1", "the lamp", ERRATA_ACTOR="bob")
    words = said(folder, "inbox").splitlines()
    assert [words[0], words[2], words[-1]] == ["PET-1 · 1 new", "night state:open · 1 new", "errata inbox --mark"]
    assert words[1].endswith(" UTC  bob  comment add  comment:1")
    assert words[3].endswith(" UTC  PET-1  bob  comment add  comment:1")
    assert len(told(folder, "inbox", "--mark")["news"]) == 2
    assert said(folder, "inbox", "--mark") == "Nothing new of what you watch.\n"
    assert "do not watch PET-1 any more" in said(folder, "unwatch", "PET-1")
    assert [one["subject"] for one in told(folder, "watch", "--list")["subscriptions"]] == ["night state:open"]
    assert refused(folder, "unwatch", "PET-1")["next"] == "errata watch --list"
    assert refused(folder, "watch")["code"] == "watch-what"
