"""Factors of a text, by distinct value or by row."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errata.factors import text as of_text
from errata.factors.derivation import Derivation

TEXTS = [
    ("the cat sat on the mat", 22, 6, 0.0, "Latin", 1.0, 0.0),
    ("Wie lange hält 1 Café?", 22, 5, 0.0455, "Latin", 1.0, 0.0),
    ("Привет, world", 13, 2, 0.0, "Cyrillic", 0.5455, None),
    ("今日は良い天気です", 9, 1, 0.0, "Japanese", 1.0, None),
    ("今天天气很好", 6, 1, 0.0, "Han", 1.0, None),
    ("한국어 한국어", 7, 2, 0.0, "Hangul", 1.0, None),
    ("١٢٣ abc", 7, 2, 0.4286, "Latin", 1.0, None),
    ("12, 34!", 7, 2, 0.5714, None, None, None),
    ("ꦧꦱ", 2, 1, 0.0, "other", 1.0, None),
    ("", 0, 0, None, None, None, None),
    (None, None, None, None, None, None, None),
    ("no no no no no no no no", 23, 8, 0.0, "Latin", 1.0, 0.8),
    ("a\u00a0b\tc\nd e", 9, 5, 0.0, "Latin", 1.0, 0.0),
]
NAMES = ("length", "words", "digits", "script", "script_share", "repetition")


def of(name: str, values: pa.Array) -> list[Any]:
    return Derivation.parse(f"{name}(q)").of({"q": values}).to_pylist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", NAMES)
def test_a_text_is_measured(name: str) -> None:
    expected = [row[1 + NAMES.index(name)] for row in TEXTS]
    plain = pa.array([row[0] for row in TEXTS], pa.string())
    assert of(name, plain) == expected
    assert of(name, plain.dictionary_encode()) == expected
    assert of(name, plain.slice(3)) == expected[3:]
    assert of(name, plain[:0]) == []


def test_lists_have_a_length() -> None:
    assert of("length", pa.array([["a", None], [], None])) == [2, 0, None]
    assert of("length", pa.array([[1.0, 2.0], None], pa.list_(pa.float32(), 2))) == [2, None]


def test_a_long_column_is_looked_at_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = pa.array([row[0] for row in TEXTS] * 3, pa.string())
    whole = of("script", plain), of("script_share", plain)
    monkeypatch.setattr(of_text, "_AT_ONCE", 20)
    assert (of("script", plain), of("script_share", plain)) == whole


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(max_size=30)), max_size=20))
def test_any_text_has_shares_between_0_and_1(values: list[str | None]) -> None:
    try:
        column = pa.array(values, pa.string())
    except UnicodeEncodeError:
        return
    assert of("length", column) == [None if value is None else len(value) for value in values]
    for name in ("digits", "script_share", "repetition"):
        assert all(value is None or 0 <= value <= 1 for value in of(name, column))
