"""Which texts are nearly the same: Jaccard's likeness of their runs of three words, found by MinHash.

Texts of a likeness of 0.8 or more are alike (Broder 1997). 64 hashes in 16 bands of four propose pairs: one of a
likeness of 0.8 with a probability of 0.9998, one of 0.3 with 0.12; each is then held to its true likeness.
"""

from __future__ import annotations

import zlib
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from errata.core.words import words

T = TypeVar("T")
ALIKE = 0.8
SHINGLE = 3
_BANDS, _EACH = 16, 4
_PRIME = (1 << 31) - 1
_RNG = np.random.default_rng(0)
_FACTORS = _RNG.integers(1, _PRIME, (_BANDS * _EACH, 1), np.int64)
_SHIFTS = _RNG.integers(0, _PRIME, (_BANDS * _EACH, 1), np.int64)


def shingles(text: str) -> frozenset[int]:
    """The hashes of a text's runs of three words, of a shorter one its words together."""
    found = list(words(text))
    runs = (found[at : at + SHINGLE] for at in range(max(1, len(found) - SHINGLE + 1))) if found else ()
    return frozenset(zlib.crc32(" ".join(run).encode()) % _PRIME for run in runs)


def jaccard(one: frozenset[int], other: frozenset[int]) -> float:
    """How much of both is in both."""
    return len(one & other) / len(one | other) if one | other else 0.0


class Texts(Generic[T]):
    """Texts, each with what it is the text of; asked for the first one that another is like."""

    def __init__(self) -> None:
        self._bands: dict[tuple[int, bytes], list[int]] = {}
        self._kept: list[tuple[frozenset[int], T]] = []

    def like(self, text: str) -> T | None:
        """The first one added whose text is nearly this; None when there is none, or the text has no word."""
        asked = shingles(text)
        proposed = {at for band in self._of(asked) for at in self._bands.get(band, ())}
        return next(
            (self._kept[at][1] for at in sorted(proposed) if jaccard(asked, self._kept[at][0]) >= ALIKE), None
        )  # fmt: skip

    def add(self, text: str, what: T) -> None:
        """Keep a text; one without a word is like nothing."""
        found = shingles(text)
        for band in self._of(found):
            self._bands.setdefault(band, []).append(len(self._kept))
        self._kept.append((found, what))

    def _of(self, found: frozenset[int]) -> list[tuple[int, bytes]]:
        if not found:
            return []
        hashes: NDArray[np.int64] = np.fromiter(found, np.int64, len(found))
        least = ((_FACTORS * hashes[None, :] + _SHIFTS) % _PRIME).min(axis=1).reshape(_BANDS, _EACH)
        return [(at, row.tobytes()) for at, row in enumerate(least)]
