"""Comments, watching and the rota at the command line, as people type them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.typed import refused, said, told


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


def test_a_rota_says_who_is_on_duty_and_whom_a_submitted_case_goes_to(folder: Path) -> None:
    assert said(folder, "rota", "list") == "No rota.\nerrata rota add --title TEXT --owner NAME --owner NAME\n"
    words = said(
        folder, "rota", "add", "--title", "Reviews", "--owner", "ada", "--owner", "bob", "--starts", "2020-01-05"
    )
    assert (
        words
        == "PET-2  Reviews · active · revision 1\n  ada, bob · 7 days a turn from 2020-01-05\nerrata rota show PET-2\n"
    )
    assert "ada is on duty until 2020-01-11" in said(folder, "rota", "show", "PET-2", "--day", "2020-01-06")
    assert "bob is on duty until" in said(folder, "rota", "show", "PET-2", "--day", "2020-01-06", "--case", "PET-1")
    assert told(folder, "rota", "list")["rotas"][0]["on_duty"] in ("ada", "bob")
    (folder / "case.yaml").write_text(
        "why: half of the cameras look at streets\nsummary: Walkers are missed where there is no lamp.\n"
        "models: [pets@1]\nexpected: a walker\nobserved: nothing\nowner: grace\n"
        "impact: [{on: people, what: walkers, estimate: 3, basis: a count}]\n"
    )
    said(folder, "case", "edit", "PET-1", "--file", "case.yaml")
    said(folder, "case", "rate", "PET-1", "harm=2", "reach=1", "detectability=1", "recoverability=0")
    assert said(folder, "case", "submit", "PET-1").splitlines()[1:3] == [
        "  bob is on duty by PET-2  Reviews", "ERRATA_ACTOR=bob errata case verify PET-1 --reran run:N",
    ]  # fmt: skip
    assert "cy, ada · 2 days" in said(folder, "rota", "edit", "PET-2", "--owner", "cy", "--owner", "ada", "--days", "2")
    assert "retired" in said(folder, "rota", "retire", "PET-2")
    assert "nobody is on duty by it: it is retired" in said(folder, "rota", "show", "PET-2")
    assert refused(folder, "rota", "add", "--title", "x")["details"] == ["owners: it is empty"]
