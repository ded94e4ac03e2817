from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.core.words import asked_words, coded, coded_text, fold, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Zürich fails AT Night", ["zurich", "fails", "at", "night"]),
        ("near-miss label_noise (contrast<0.4)", ["near", "miss", "label", "noise", "contrast", "0", "4"]),
        ("l'été don’t", ["l", "ete", "don", "t"]),
        ("ﬁx Łódź straße İstanbul", ["fix", "lodz", "strasse", "istanbul"]),
        ("５ km²", ["5", "km2"]),
        ("हिन्दी", ["हिन्दी"]),
        ("", []),
        ("— ! 🚗", []),
    ],
)
def test_a_word_is_a_run_of_letters_and_digits_without_case_and_accents(text: str, found: list[str]) -> None:
    assert words(text) == found


def test_cjk_goes_by_pairs_and_each_character_is_found_too() -> None:
    assert words("夜の歩行者") == ["夜の", "の歩", "歩行", "行者", "夜", "の", "歩", "行", "者"]
    assert asked_words("歩行者") == ["歩行", "行者"]
    assert asked_words("夜") == ["夜"]
    assert words("AIモデル3") == ["ai", "モデ", "デル", "モ", "デ", "ル", "3"]


def test_voiced_kana_are_not_their_plain_ones() -> None:
    assert fold("ガ") != fold("カ")
    assert fold("ｶﾞ") == fold("ガ")


def test_a_word_is_coded_in_ascii_and_no_two_words_alike() -> None:
    assert coded("night") == "night"
    assert coded("夜") == "zze5a49c"
    assert coded("zze5a49c") != coded("夜")


@given(st.text())
def test_what_a_text_says_is_found_by_its_own_words(text: str) -> None:
    assert set(asked_words(text)) <= set(words(text))


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert words(fold(text)) == words(text)


@given(st.lists(st.text(min_size=1)))
def test_coding_keeps_words_apart(texts: list[str]) -> None:
    found = {word for text in texts for word in words(text)}
    assert len({coded(word) for word in found}) == len(found)
    assert all(coded(word).isascii() and coded(word).isalnum() for word in found)


@pytest.mark.parametrize("text", ["", "Fails at night", "fizz buzz zzap", f"a {'x' * 64} {'y' * 130} b", "Zürich 夜の"])
def test_a_text_is_coded_word_by_word(text: str) -> None:
    assert coded_text(text) == " ".join(coded(word) for word in words(text))


def test_the_first_64_characters_of_a_word_count() -> None:
    assert words(f"{'x' * 200} y {'é' * 70}") == ["x" * 64, "y", "e" * 64]
    assert coded_text(f"{'X' * 200} y") == f"{'x' * 64} y"


@given(st.text(alphabet=st.sampled_from("azZ09 -é夜")))
def test_any_text_is_coded_word_by_word(text: str) -> None:
    assert coded_text(text) == " ".join(coded(word) for word in words(text))
