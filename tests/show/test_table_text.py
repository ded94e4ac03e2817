from __future__ import annotations

from errata.show.table_text import pairs_text, table_text


def test_columns_line_up_and_numbers_stand_to_the_right() -> None:
    rows = [["DIG-1", "7", "short"], ["DIG-12", "1,204", "long"]]
    assert table_text(["case", "rows", "title"], rows, right="rows") == (
        "case     rows  title\n"
        "DIG-1       7  short\n"
        "DIG-12  1,204  long"
    )  # fmt: skip


def test_only_the_end_of_a_line_is_cut() -> None:
    text = table_text(["case", "title"], [["DIG-1", "a title that goes on and on"]], width=20)
    assert text.splitlines()[1] == "DIG-1  a title that…"


def test_wide_letters_count_twice_and_combining_marks_not_at_all() -> None:
    lines = table_text(["a", "b"], [["日本", "x"], ["e\u0301", "x"]]).splitlines()
    assert lines == ["a     b", "日本  x", "e\u0301     x"]


def test_a_cell_never_breaks_the_line_or_moves_the_cursor() -> None:
    assert table_text(["a"], [["one\ntwo\x1b[2J"]]) == "a\none two[2J"


def test_values_without_a_name_are_left_out_and_further_lines_are_indented() -> None:
    assert pairs_text([("a", "1"), ("long", "2\n3"), ("empty", "")]) == "  a     1\n  long  2\n        3"
