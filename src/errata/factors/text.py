"""Factors of a text: how long it is, of what it is written, how much it repeats itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.core.columns import is_list
from errata.factors.function import COUNTED, TEXT, Argument, Function, Parameter, a_float, a_name, by_value, share

if TYPE_CHECKING:
    import pyarrow as pa

GRAM = 4
"""Words to a piece whose repeats are counted: seq-rep-4 of Welleck et al. (2020)."""
SCRIPTS = (
    "Latin", "Arabic", "Armenian", "Bengali", "Bopomofo", "Cherokee", "Cyrillic", "Devanagari", "Ethiopic", "Georgian",
    "Greek", "Gujarati", "Gurmukhi", "Han", "Hangul", "Hebrew", "Hiragana", "Kannada", "Katakana", "Khmer", "Lao",
    "Malayalam", "Mongolian", "Myanmar", "Oriya", "Sinhala", "Syriac", "Tamil", "Telugu", "Thaana", "Thai", "Tibetan",
)  # fmt: skip
OTHER, NONE = len(SCRIPTS), len(SCRIPTS) + 1
JAPANESE = len(SCRIPTS) + 2
NAMES = (*SCRIPTS, "other", "none", "Japanese")
_HAN, _KANA = SCRIPTS.index("Han"), [SCRIPTS.index("Hiragana"), SCRIPTS.index("Katakana")]
_AT_ONCE = 1 << 22
_UNSEEN = 255


def _length(arguments: Sequence[Argument]) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types

    (column,) = arguments
    if types.is_null(column.type):
        return pa.nulls(len(column), pa.int64())
    if is_list(column.type):
        return pc.list_value_length(column).cast(pa.int64())
    return by_value(column, lambda values: pc.utf8_length(values).cast(pa.int64()))


def _words(values: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.count_substring_regex(values, r"[^\s\p{Z}]+").cast(pa.int64())


def _digits(values: pa.Array) -> pa.Array:
    import pyarrow.compute as pc

    with np.errstate(invalid="ignore"):
        return share(_plain(pc.count_substring_regex(values, r"\p{Nd}")) / _plain(pc.utf8_length(values)))


def _plain(counts: pa.Array) -> NDArray[np.float64]:
    import pyarrow as pa
    import pyarrow.compute as pc

    return np.asarray(pc.fill_null(counts.cast(pa.float64()), np.nan).to_numpy(zero_copy_only=False))


def _repetition(values: pa.Array) -> pa.Array:
    return share(np.array([_repeated(value) for value in values.to_pylist()], np.float64))


def _repeated(value: str | None) -> float:
    """1 − distinct pieces of four words / pieces; NaN of fewer than four words."""
    words = value.split() if value is not None else []
    pieces = len(words) - GRAM + 1
    if pieces < 1:
        return float("nan")
    return 1 - len(set(zip(*(words[start : start + pieces] for start in range(GRAM)), strict=True))) / pieces


def _script(values: pa.Array) -> pa.Array:
    import pyarrow as pa

    codes = np.full(len(values), NONE, np.int32)
    for rows, letters in _letters(values):
        codes[rows] = np.where(letters.any(axis=1), letters.argmax(axis=1), NONE)
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes == NONE), pa.array(NAMES, pa.string()))


def _script_share(values: pa.Array) -> pa.Array:
    shares = np.full(len(values), np.nan)
    for rows, letters in _letters(values):
        with np.errstate(invalid="ignore"):
            shares[rows] = letters.max(axis=1) / letters.sum(axis=1)
    return share(shares)


def _letters(values: pa.Array) -> Iterator[tuple[slice, NDArray[np.int64]]]:
    """For some of the values at a time, how many letters of each script: shape (values, scripts)."""
    import pyarrow.compute as pc

    lengths = np.asarray(pc.fill_null(pc.utf8_length(values), 0).to_numpy(zero_copy_only=False), np.int64)
    ends = np.cumsum(lengths)
    start = 0
    while start < len(values):
        before = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + _AT_ONCE, side="right")))
        rows = slice(start, stop)
        text = "".join(value for value in values[rows].to_pylist() if value is not None)
        scripts = _scripts_of(np.frombuffer(text.encode("utf-32-le"), np.uint32))
        of = np.repeat(np.arange(stop - start), lengths[rows])
        width = len(NAMES)
        letters = np.bincount(of * width + scripts, minlength=(stop - start) * width).reshape(-1, width)
        letters[:, NONE] = 0
        # Japanese is written in kana and Han together: where there is kana, Han is of it (ISO 15924, Jpan).
        kana = letters[:, _KANA].sum(axis=1)
        letters[:, JAPANESE] = np.where(kana > 0, kana + letters[:, _HAN], 0)
        letters[:, _KANA] = 0
        letters[kana > 0, _HAN] = 0
        yield rows, letters
        start = stop


@cache
def _table() -> NDArray[np.uint8]:
    """The script of each code point that was seen so far."""
    return np.full(0x110000, _UNSEEN, np.uint8)


def _scripts_of(points: NDArray[np.uint32]) -> NDArray[np.int64]:
    import pyarrow as pa
    import pyarrow.compute as pc

    table = _table()
    scripts = table[points]
    if (scripts == _UNSEEN).any():
        unseen = np.unique(points[scripts == _UNSEEN])
        chars = pa.array([chr(point) for point in unseen])
        found = np.full(len(unseen), NONE, np.uint8)
        found[_matches(pc, chars, r"\p{L}")] = OTHER
        for code, script in enumerate(SCRIPTS):
            found[_matches(pc, chars, rf"\p{{{script}}}")] = code
        found[_matches(pc, chars, r"[\p{N}\p{P}\p{S}]")] = NONE
        table[unseen] = found
        scripts = table[points]
    return scripts.astype(np.int64)


def _matches(pc: Any, chars: pa.Array, pattern: str) -> NDArray[np.bool_]:
    return np.asarray(pc.match_substring_regex(chars, pattern).to_numpy(zero_copy_only=False), bool)


def _of_text(
    of: Callable[[pa.Array], pa.Array], kind: Callable[[], pa.DataType]
) -> Callable[[Sequence[Argument]], pa.Array]:
    def apply(arguments: Sequence[Argument]) -> pa.Array:
        import pyarrow as pa

        (column,) = arguments
        if pa.types.is_null(column.type):
            return pa.nulls(len(column), kind())
        return by_value(column, of)

    return apply


def _whole() -> pa.DataType:
    import pyarrow as pa

    return pa.int64()


_TEXT = Parameter("text", TEXT)
FUNCTIONS = (
    Function("length", (Parameter("text", COUNTED),), _whole, _length),
    Function("words", (_TEXT,), _whole, _of_text(_words, _whole)),
    Function("digits", (_TEXT,), a_float, _of_text(_digits, a_float)),
    Function("script", (_TEXT,), a_name, _of_text(_script, a_name)),
    Function("script_share", (_TEXT,), a_float, _of_text(_script_share, a_float)),
    Function("repetition", (_TEXT,), a_float, _of_text(_repetition, a_float)),
)
