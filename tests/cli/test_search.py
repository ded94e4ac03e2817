"""Finding cases at the command line, and the searches that are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.typed import errata, said, told

# Each test only reads what the fixture made, but for the one that keeps a search.
pytestmark = pytest.mark.xdist_group("search")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """PET-1 of March 2026 in Zürich, PET-2 of 2024, PET-3 of nobody knows when."""
    made = tmp_path_factory.mktemp("searched")
    said(made, "init", "--project", "pets")
    opened = ("case", "open", "--title")
    said(made, *opened, "Zip codes of Zürich", "--set", "occurred=2026-03", "--set", "owner=ada")
    said(made, *opened, "Wet roads by night", "--set", "occurred=2024", "--set", "case_kind=incident")
    said(made, *opened, "Night rain in Zürich", "--set", "models=pets@2")
    return made


def test_words_are_found_without_case_and_accents(folder: Path) -> None:
    lines = said(folder, "case", "search", "ZURICH -rain").splitlines()
    assert lines[0] == "1 case · best first"
    assert [line.split()[0] for line in lines if line.startswith("PET-")] == ["PET-1"]
    assert told(folder, "case", "search", "night")["total"] == 2


def test_a_list_shows_what_it_is_sorted_by(folder: Path) -> None:
    lines = said(folder, "case", "search", "sort:-date", "--no-facets").splitlines()
    assert lines[0] == "3 cases · earliest day first"
    assert [line.split() for line in lines[2:5]] == [
        ["case", "state", "model", "date", "title"],
        ["PET-2", "draft", "2024", "Wet", "roads", "by", "night"],
        ["PET-1", "draft", "2026-03", "Zip", "codes", "of", "Zürich"],
    ]
    assert "  (20" in lines[5]


def test_a_page_ends_with_the_command_for_the_next(folder: Path) -> None:
    lines = said(folder, "case", "search", "sort:key", "--limit", "2", "--no-facets").splitlines()
    assert [line.split()[0] for line in lines[2:5]] == ["case", "PET-1", "PET-2"]
    assert lines[-1].startswith("errata case search sort:key --cursor ")
    rest = said(folder, *lines[-1].split()[1:], "--no-facets").splitlines()
    assert [line.split()[0] for line in rest if line.startswith("PET-")] == ["PET-3"]


def test_nothing_found_says_what_to_try(folder: Path) -> None:
    assert said(folder, "case", "search", "snow").splitlines()[:2] == [
        "No case for snow.",
        "Every word and field must hold: leave one away, or write A,B for either.",
    ]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (("severity>=awful",), "bad-query"),
        (("foo:bar",), "no-such-field"),
        (("since:nonsense",), "bad-query"),
        (("-",), "bad-query"),
        (("night", "--limit", "0"), "bad-limit"),
        (("night", "--cursor", "x"), "bad-cursor"),
    ],
)
def test_a_query_that_is_none_is_answered_with_what_is_wrong(folder: Path, query: tuple[str, ...], code: str) -> None:
    done = errata(folder, "case", "search", *query)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error[{code}]: ")


def test_a_search_is_kept_under_a_name_and_asked_again(folder: Path) -> None:
    assert "· night sort:key\n" in said(folder, "search", "save", "by night", "night", "sort:key")
    assert "by night" in said(folder, "search", "list")
    lines = said(folder, "search", "run", "by night").splitlines()
    assert [line.split()[0] for line in lines if line.startswith("PET-")] == ["PET-2", "PET-3"]
