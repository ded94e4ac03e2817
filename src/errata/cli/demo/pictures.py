"""The demo's data: 1,797 digits scanned from hand-filled forms, split once, and what the field does to them.

The digits come with scikit-learn (E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI): 8×8
pixels of 17 greys. A picture, also a perturbed one, is kept in 256 greys, so that the PNG shows what the model saw.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from errata.perturb.image import PERTURBATIONS, Levels, Pictures, perturbed

SHARES = {"train": 0.4, "val": 0.2, "field@1": 0.2, "field@2": 0.2}
"""How the digits are dealt. Nothing of ``field@2`` is looked at before the fix is measured."""
PARTS = ("field@1", "field@2", "training")
"""Who draws levels: each from grid points of its own, so that no level occurs in two of them."""
NONE = "none"
PER_FACTOR = 2
"""Levels per digit and factor in a field set."""


@dataclass(frozen=True, slots=True)
class Digits:
    """Pictures (n, 8, 8) in [0, 1] with what they show and who they are copies of.

    ``base`` is the number of the scanned digit; ``perturbation`` what was done to it; ``levels`` the level of every
    factor, neutral for all but that one.
    """

    pictures: Pictures
    truth: NDArray[np.int64]
    base: NDArray[np.int64]
    perturbation: NDArray[np.str_]
    levels: dict[str, Levels]

    def __len__(self) -> int:
        return len(self.truth)

    def ids(self) -> list[str]:
        """One id a picture: the digit it is of, what was done to it, and at which level."""
        names = []
        for row, (base, what) in enumerate(zip(self.base, self.perturbation, strict=True)):
            done = "" if what == NONE else f"-{what}-{self.levels[str(what)][row]:g}"
            names.append(f"digit-{base:04}{done}")
        return names


def scanned() -> Digits:
    """The digits as they come."""
    from sklearn.datasets import load_digits

    found = load_digits()
    pictures = np.round(found.images / 16 * 255) / 255
    return plain(pictures, found.target.astype(np.int64), np.arange(len(pictures)))


def plain(pictures: Pictures, truth: NDArray[np.int64], base: NDArray[np.int64]) -> Digits:
    """Pictures to which nothing was done."""
    levels = {name: np.full(len(truth), factor.neutral) for name, factor in PERTURBATIONS.items()}
    return Digits(pictures, truth, base, np.full(len(truth), NONE), levels)


def dealt(digits: Digits, seed: int) -> dict[str, Digits]:
    """The digits dealt at random into the parts of ``SHARES``; each digit lies in exactly one."""
    order = np.random.default_rng([seed, 1]).permutation(len(digits))
    cuts = np.cumsum([round(share * len(digits)) for share in SHARES.values()])[:-1]
    return {name: _rows(digits, np.sort(rows)) for name, rows in zip(SHARES, np.split(order, cuts), strict=True)}


def field(digits: Digits, part: str, seed: int) -> Digits:
    """What the field makes of ``digits``: each as it is, and under every factor alone, at ``PER_FACTOR`` levels."""
    copies = [digits]
    for factor, name in enumerate(PERTURBATIONS):
        for copy in range(PER_FACTOR):
            rng = np.random.default_rng([seed, 2, PARTS.index(part), factor, copy])
            # every second point, so that no digit gets the same level twice
            levels = _drawn(grid(name, part)[copy::PER_FACTOR], len(digits), rng, milder=copy == 0)
            copies.append(changed(digits, name, levels, rng))
    everything = joined(copies)
    # A field comes in no order.
    return _rows(everything, np.random.default_rng([seed, 4, PARTS.index(part)]).permutation(len(everything)))


def augmented(digits: Digits, copies: dict[str, int], seed: int) -> Digits:
    """``digits`` with ``copies`` more of each, by factor, at levels that no field set has."""
    pieces = [digits]
    for factor, name in enumerate(PERTURBATIONS):
        for copy in range(copies.get(name, 0)):
            rng = np.random.default_rng([seed, 3, factor, copy])
            levels = _drawn(grid(name, "training"), len(digits), rng)
            pieces.append(changed(digits, name, levels, rng))
    return joined(pieces)


def changed(digits: Digits, name: str, levels: Levels, rng: np.random.Generator) -> Digits:
    """``digits`` under one perturbation, in 256 greys."""
    pictures = np.round(perturbed(name, digits.pictures, levels, rng) * 255) / 255
    return Digits(pictures, digits.truth, digits.base, np.full(len(digits), name), {**digits.levels, name: levels})


def joined(pieces: list[Digits]) -> Digits:
    """All pieces in one, in their order."""
    return Digits(
        np.concatenate([piece.pictures for piece in pieces]),
        np.concatenate([piece.truth for piece in pieces]),
        np.concatenate([piece.base for piece in pieces]),
        np.concatenate([piece.perturbation for piece in pieces]),
        {name: np.concatenate([piece.levels[name] for piece in pieces]) for name in PERTURBATIONS},
    )


def grid(name: str, part: str) -> Levels:
    """The levels of a factor that ``part`` may draw: every third point of a fine grid from mild to hard."""
    factor = PERTURBATIONS[name]
    span = factor.hard - factor.mild
    step = 10.0 ** math.floor(math.log10(abs(span) / 300))
    points = np.arange(PARTS.index(part), int(abs(span) / step) + 1, len(PARTS))
    levels: Levels = np.round(factor.mild + np.sign(span) * step * points, 6)
    return levels


def png(picture: NDArray[np.float64]) -> bytes:
    """A picture as PNG, 8 bits of grey, ink black on white."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(np.round((1 - picture) * 255).astype(np.uint8)).save(out, "PNG")
    return out.getvalue()


def _drawn(points: Levels, n: int, rng: np.random.Generator, milder: bool = False) -> Levels:
    """``n`` of the points, evenly from mild to hard, or (``milder``) more often mild, as a field has it."""
    at = rng.uniform(size=n) ** (2 if milder else 1)
    return points[(at * len(points)).astype(np.int64)]


def _rows(digits: Digits, rows: NDArray[np.int64]) -> Digits:
    levels = {name: values[rows] for name, values in digits.levels.items()}
    return Digits(digits.pictures[rows], digits.truth[rows], digits.base[rows], digits.perturbation[rows], levels)
