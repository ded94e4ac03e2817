"""How a change is told: word by word, item by item, before and after."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from errata.web.differing import CUT, GONE, NEW, SAME, differing


def test_a_text_is_told_word_by_word():
    assert differing("the lamp is out", "the street lamp is off") == [
        (SAME, "the "),
        (NEW, "street "),
        (SAME, "lamp is "),
        (GONE, "out"),
        (NEW, "off"),
    ]


def test_of_what_stayed_only_what_is_near_is_told():
    same = "word " * 60
    found = differing(f"{same}old {same}end", f"{same}new {same}end")
    assert [kind for kind, _ in found] == [CUT, SAME, GONE, NEW, SAME, CUT]
    assert found[1] == (SAME, ("word " * 8)) and len(found[4][1]) == 40


def test_a_text_that_was_written_anew_is_told_as_a_whole():
    assert differing("cats and dogs", "streets at night") == [(GONE, "cats and dogs"), (NEW, "streets at night")]


def test_of_a_list_only_the_items_that_changed_are_told():
    before = [{"at": "2026-01", "what": "seen"}, {"at": "2026-02", "what": "told"}]
    after = [before[0], {"at": "2026-02", "what": "told again", "who": None}, {"at": "2026-03", "what": "mended"}]
    assert differing(before, after) == [
        (GONE, "at 2026-02 · what told"),
        (NEW, "at 2026-02 · what told again"),
        (NEW, "at 2026-03 · what mended"),
    ]


def test_a_value_is_told_as_before_and_after():
    assert differing(None, 0.25) == [(NEW, "0.25")]
    assert differing(True, None) == [(GONE, "true")]
    assert differing("draft", None) == [(GONE, "draft")]
    assert differing(None, {"run": 3, "note": ""}) == [(NEW, "run 3")]
    assert differing(["a"], "") == [(GONE, "a")]
    assert differing("x" * 900, "y" * 900)[0] == (GONE, "x" * 400 + "…")


def test_words_over_and_over_are_told_in_no_time():
    for before, after in (("a b " * 5000, "b a " * 5000), (f"a {'c ' * 9000}z", f"b {'c ' * 9000}y")):
        start = time.perf_counter()
        found = differing(before, after)
        assert time.perf_counter() - start < 2
        assert found[0][0] == GONE and NEW in [kind for kind, _ in found]


def test_of_long_prose_what_changed_at_both_ends_is_told():
    text = [f"and the w{word}" for word in range(1500)]
    before, after = (" ".join([first, *text, last]) for first, last in (("old", "end"), ("new", "stop")))
    told = [(GONE, "old "), (NEW, "new "), (GONE, "end"), (NEW, "stop")]
    assert [one for one in differing(before, after) if one[0] in (GONE, NEW)] == told


@given(
    st.lists(st.sampled_from(["a", "bb", "c\n", " ", "dd"]), min_size=1), st.lists(st.sampled_from(["a", "bb", " "]))
)
def test_the_pieces_of_a_short_text_are_the_two_texts(before: list[str], after: list[str]):
    old, new = " ".join(before)[:39] or "x", " ".join(after)[:39] or "y"
    found = differing(old, new)
    assert "".join(text for kind, text in found if kind in (SAME, GONE)) == old
    assert "".join(text for kind, text in found if kind in (SAME, NEW)) == new
