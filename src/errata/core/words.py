"""The words of a text, as both databases index them and every query asks for them.

1. Compatibility characters are unfolded (NFKD), case is folded, and the accents of Latin, Greek and Cyrillic letters
   are dropped, so that ``zurich`` finds ``Zürich``; ``ø``, ``ł``, ``æ`` and their like stand for ``o``, ``l``, ``ae``.
2. A word is a run of letters, marks and digits; every other character ends it (``l'été`` is ``l`` and ``ete``). Its
   first 64 characters count.
3. Han, kana and hangul are written without spaces, or in long compounds: each of their characters is a word, and so is
   each pair of neighbours. A query of several such characters asks for the pairs alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

LONGEST = 64
_ASCII = re.compile(f"([a-z0-9]{{1,{LONGEST}}})[a-z0-9]*")
_CJK = "\u1100-\u11ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f"
_CJK += "\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003fffd"
_RUNS = re.compile(rf"[{_CJK}]+|[^{_CJK}]+")
_ACCENTS = re.compile("[\u0300-\u036f\u0483-\u0487]+")
_LETTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ŋ": "n", "ŧ": "t"}
)


def fold(text: str) -> str:
    """``text`` without case, accents and compatibility forms: ``'Zürich ﬁx'`` is ``'zurich fix'``."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", plain)).translate(_LETTERS)
    return unicodedata.normalize("NFC", plain)


def words(text: str) -> list[str]:
    """Every word of a text that is indexed, in order, repeats included."""
    return list(_words(text, singles=True))


def asked_words(text: str) -> list[str]:
    """The words that a query for ``text`` asks for: of several neighbouring CJK characters their pairs alone."""
    return list(dict.fromkeys(_words(text, singles=False)))


def spelled(text: str) -> list[str]:
    """The runs of letters and digits of a text, folded and in order, as a query writes them."""
    return list(_split(fold(text)))


@lru_cache(maxsize=1 << 16)
def coded(word: str) -> str:
    """A word as a database holds it: letters and digits of ASCII only, so that no tokenizer takes it apart.

    Other words become ``zz`` and the hexadecimal digits of their UTF-8, and so do those that begin with ``zz``.
    """
    return word if word.isascii() and not word.startswith("zz") else f"zz{word.encode().hex()}"


def coded_text(text: str) -> str:
    """The words of a text as a database holds them, each ``coded``, with a space between them."""
    folded = fold(text)
    if folded.isascii() and "zz" not in folded:  # most texts: every word stands for itself
        return " ".join(_ASCII.findall(folded))
    return " ".join(map(coded, words(text)))


def _words(text: str, singles: bool) -> Iterator[str]:
    folded = fold(text)
    if folded.isascii():
        yield from _ASCII.findall(folded)
        return
    for word in _split(folded):
        for run in _RUNS.findall(word):
            if not re.match(f"[{_CJK}]", run):
                yield run[:LONGEST]
                continue
            pairs = [run[at : at + 2] for at in range(len(run) - 1)]
            yield from pairs
            if singles or not pairs:
                yield from run


def _split(text: str) -> Iterator[str]:
    word: list[str] = []
    for letter in text:
        if unicodedata.category(letter)[0] in "LMN":
            word.append(letter)
        elif word:
            yield "".join(word)
            word = []
    if word:
        yield "".join(word)
