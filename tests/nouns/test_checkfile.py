from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.core.errors import ErrataError
from errata.nouns.checkfile import CheckFile, read_checkfile, write_checkfile
from errata.nouns.slice import Condition, Slice
from errata.nouns.tokens import can_be_written
from errata.nouns.verdict import CheckSpec

FILE = """\
version: 1
positive: frequent
checks:
  - name: night in the dark
    slice: contrast < 0.4 and source = 'night'
    metric: error
    criterion: "<= 0.05"
  - name: everything
    criterion: <= baseline + 0.01
"""


def test_a_file_of_checks_reads_as_it_is_written() -> None:
    file = read_checkfile(FILE, "errata.yaml")
    assert file.positive == "frequent"
    assert file.checks == (
        CheckSpec(name="night in the dark", slice="contrast < 0.4 and source = 'night'", criterion="<= 0.05"),
        CheckSpec(name="everything", slice="all", metric="error", criterion="<= baseline + 0.01"),
    )
    assert file.checks[1].where == "errata.yaml, line 8"


def test_a_class_that_is_positive_for_all_checks_stands_once() -> None:
    cats, dogs = (CheckSpec(name=name, metric="fpr", criterion="<= 0.1", positive=name) for name in ("cat", "dog"))
    all_of_them = CheckSpec(name="all", criterion="<= 0.1")
    assert CheckFile.of([all_of_them, cats]).positive == "cat"
    assert [check.positive for check in CheckFile.of([all_of_them, cats]).checks] == [None, None]
    assert CheckFile.of([all_of_them, cats, dogs]) == CheckFile((all_of_them, cats, dogs))


@pytest.mark.parametrize(
    "text", ["checks:\n  - name: night\n    criterion: <= 0.05", "- name: night\n  criterion: <= 0.05"]
)
def test_a_file_by_hand_needs_no_version_and_no_frame(text: str) -> None:
    assert read_checkfile(text, "errata.yaml") == CheckFile((CheckSpec(name="night", criterion="<= 0.05"),))


def test_what_is_written_is_pleasant_to_read() -> None:
    checks = (
        CheckSpec(name="night in the dark", slice="source = 'night'", criterion="<= 0.05"),
        CheckSpec(
            name="truth = 'rare'", slice="\"node id\" = 'a''b'", metric="accuracy", criterion=">= baseline - 0.01"
        ),
    )
    assert write_checkfile(CheckFile(checks, "yes")) == (
        "# What a new version must pass: errata gate FILE --checks errata.yaml\n"
        "version: 1\n"
        'positive: "yes"\n'
        "checks:\n"
        "  - name: night in the dark\n"
        "    slice: source = 'night'\n"
        "    metric: error\n"
        "    criterion: <= 0.05\n"
        "  - name: truth = 'rare'\n"
        "    slice: \"\\\"node id\\\" = 'a''b'\"\n"
        "    metric: accuracy\n"
        '    criterion: ">= baseline - 0.01"\n'
    )


_words = st.text(min_size=1, max_size=30).filter(lambda word: can_be_written(word) and word.strip() != "")
_checks = st.builds(
    CheckSpec,
    name=_words,
    slice=st.builds(lambda c, v: Slice.of(Condition(c, "equals", value=v)).text, _words, _words | st.integers(-9, 9)),
    metric=st.sampled_from(["error", "accuracy", "loss"]),
    criterion=st.sampled_from(["<= 0.05", ">= baseline - 0.01", "<= baseline"]),
    positive=st.none() | _words,
)


@given(st.lists(_checks, max_size=4, unique_by=lambda check: check.name), st.none() | _words)
def test_checks_come_back_from_their_file(checks: list[CheckSpec], positive: str | None) -> None:
    file = CheckFile(tuple(checks), positive)
    assert read_checkfile(write_checkfile(file), "errata.yaml") == file


@pytest.mark.parametrize(
    ("text", "code", "line", "says"),
    [
        ("", "bad-checks-file", 1, "the file is empty"),
        ("version: 2\nchecks: []", "checks-file-version", 1, "version '2' is not known"),
        ("version: 1", "bad-checks-file", 1, "no list of checks"),
        ("version: 1\nchecks: 5", "bad-checks-file", 2, "no list of checks"),
        ("- a\n- b", "bad-checks-file", 1, "not a list of keys and values"),
        ("version: 1\ncheks: []", "unknown-key", 2, "knows no 'cheks'"),
        ("version: 1\nversion: 1\nchecks: []", "repeated-key", 2, "says 'version' twice"),
        ("version: 1\nchecks:\n - name: a\n   criteria: <= 1", "unknown-key", 4, "a check knows no 'criteria'"),
        ("version: 1\nchecks:\n - name: a", "missing-key", 3, "a check has no criterion"),
        ("version: 1\nchecks:\n - criterion: <= 1", "missing-key", 3, "a check has no name"),
        ("version: 1\nchecks:\n - name:\n   criterion: <= 1", "bad-checks-file", 3, "name is empty"),
        ("version: 1\nchecks:\n - name: [a]\n   criterion: <= 1", "bad-checks-file", 3, "name is not a text"),
        ("version: 1\nchecks:\n - name: a\n   criterion: < 1", "bad-criterion", 4, "not a criterion's sign"),
        ("version: 1\nchecks:\n - name: a\n   slice: x > 1\n   criterion: <= 1", "bad-slice", 4, "a slice has no '>'"),
        ("version: 1\nchecks:\n - name: a\n   metric: f1\n   criterion: <= 1", "no-such-metric", 4, "no metric 'f1'"),
        ("version: 1\nchecks:\n - name: a\n   criterion: <= 7", "criterion-out-of-range", 4, "says nothing"),
        ("version: 1\nchecks:\n - name: a\n   criterion: >= 0.9", "bad-checks-file", 4, "not YAML"),
        ("version: 1\nchecks:\n - name: a\n   slice: \"b c\" = 'd'\n", "bad-checks-file", 4, "not YAML"),
        ("version: 1\nchecks:\n - &a {name: a, criterion: <= 1}\n - *a", "bad-checks-file", 3, "anchors and aliases"),
        ("version: 1\nchecks: []\n---\nversion: 1", "bad-checks-file", 3, "not YAML"),
        ("version: !!python/name:os.system 1\nchecks: []", "checks-file-version", 1, "is not known"),
        (
            "version: 1\nchecks:\n - {name: a, criterion: <= 1}\n - {name: a, criterion: <= 1}",
            "repeated-check", 4, "two checks are called 'a'",
        ),
    ],
)  # fmt: skip
def test_a_slip_of_the_pen_is_found_with_its_line(text: str, code: str, line: int, says: str) -> None:
    with pytest.raises(ErrataError) as refused:
        read_checkfile(text, "errata.yaml")
    assert refused.value.code == code
    assert refused.value.where.startswith(f"errata.yaml, line {line}"), refused.value.where
    assert says in refused.value.message
    assert refused.value.next
    assert refused.value.exit_code == 2


def test_a_criterion_that_yaml_takes_for_something_else_is_answered_with_the_line_to_write() -> None:
    with pytest.raises(ErrataError) as refused:
        read_checkfile("version: 1\nchecks:\n - name: a\n   criterion: >= 0.9", "errata.yaml")
    assert refused.value.expected.endswith('criterion: ">= 0.9"')
