from __future__ import annotations

from errata.analysis.likeness import Texts, jaccard, shingles


def text(first: int, many: int = 40) -> str:
    return " ".join(f"word{at}" for at in range(first, first + many))


def test_case_accents_and_signs_are_no_difference() -> None:
    assert shingles("Où est la gare, s'il vous plaît?") == shingles("ou est LA gare s il vous plait")


def test_likeness_is_the_share_of_three_word_runs_in_both() -> None:
    # Of the 38 runs of 40 words, 33 are in both: 33 / 43.
    assert jaccard(shingles(text(0)), shingles(text(5))) == 33 / 43
    assert jaccard(shingles(""), shingles("")) == 0.0


def test_the_first_text_that_is_nearly_the_same_is_found_and_no_other() -> None:
    texts: Texts[str] = Texts()
    for first in range(0, 4000, 40):
        texts.add(text(first), f"from {first}")
    texts.add(text(41), "later, and like the second")
    assert texts.like(text(40)) == "from 40"
    assert texts.like(text(82)) == "from 80", "36 runs of 40 are in both"
    assert texts.like(text(20)) is None
    assert texts.like("") is None and texts.like("word40 word41") is None
