"""Perturbations of grey pictures: one factor, turned from "as it was" to "hardly legible".

Pictures are float arrays in [0, 1] of shape (n, height, width); levels are one number per picture, in the factor's own
unit. Everything is pure: the same pictures, levels and generator give the same pictures, and no input is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pictures = NDArray[np.float64]
Levels = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Perturbation:
    """One factor: ``neutral`` is the level that changes nothing, ``mild`` and ``hard`` the ends of what is tried."""

    name: str
    unit: str
    neutral: float
    mild: float
    hard: float
    apply: Callable[[Pictures, Levels, np.random.Generator], Pictures]


def rotated(pictures: Pictures, degrees: Levels, rng: np.random.Generator) -> Pictures:
    """Turned about the middle by ``degrees``, to the left or to the right as ``rng`` falls."""
    from scipy.ndimage import rotate

    _check(pictures, degrees)
    turned = degrees * _signs(rng, len(degrees))
    return _each(pictures, lambda picture, at: rotate(picture, turned[at], reshape=False, order=1))


def contrasted(pictures: Pictures, contrast: Levels, rng: np.random.Generator) -> Pictures:
    """Drawn towards mid-grey: at contrast 1 as they were, at 0 nothing but grey. ``rng`` is not asked."""
    _check(pictures, contrast)
    return np.clip(0.5 + contrast[:, None, None] * (pictures - 0.5), 0.0, 1.0)


def blurred(pictures: Pictures, sigma: Levels, rng: np.random.Generator) -> Pictures:
    """Blurred by a Gaussian of ``sigma`` pixels. ``rng`` is not asked."""
    from scipy.ndimage import gaussian_filter

    _check(pictures, sigma)
    return _each(pictures, lambda picture, at: gaussian_filter(picture, sigma[at]) if sigma[at] > 0 else picture)


def noisy(pictures: Pictures, sigma: Levels, rng: np.random.Generator) -> Pictures:
    """With Gaussian noise of standard deviation ``sigma``, clipped to [0, 1]."""
    _check(pictures, sigma)
    return np.clip(pictures + sigma[:, None, None] * rng.standard_normal(pictures.shape), 0.0, 1.0)


def shifted(pictures: Pictures, pixels: Levels, rng: np.random.Generator) -> Pictures:
    """Moved by ``pixels`` along one axis, in one of four directions as ``rng`` falls; black comes in at the edge."""
    from scipy.ndimage import shift

    _check(pictures, pixels)
    along = rng.integers(0, 2, len(pixels))
    way = pixels * _signs(rng, len(pixels))
    moved = np.stack([np.where(along == 0, way, 0.0), np.where(along == 1, way, 0.0)], axis=1)
    return _each(pictures, lambda picture, at: shift(picture, moved[at], order=1))


PERTURBATIONS = {
    each.name: each
    for each in (
        Perturbation("rotation", "degrees, either way", 0.0, 3.0, 45.0, rotated),
        Perturbation("contrast", "share of the full contrast", 1.0, 0.9, 0.1, contrasted),
        Perturbation("blur", "sigma in pixels", 0.0, 0.3, 1.2, blurred),
        Perturbation("noise", "sigma as a share of white", 0.0, 0.05, 0.5, noisy),
        Perturbation("shift", "pixels along one axis", 0.0, 0.2, 1.8, shifted),
    )
}
"""By name, in the order in which they are tried."""


def perturbed(name: str, pictures: Pictures, levels: Levels, rng: np.random.Generator) -> Pictures:
    """``pictures`` under the perturbation ``name``, each at its level. Raises KeyError for a name that is none."""
    return PERTURBATIONS[name].apply(pictures, levels, rng)


def _signs(rng: np.random.Generator, n: int) -> Levels:
    return rng.choice(np.array([-1.0, 1.0]), n)


def _each(pictures: Pictures, change: Callable[[Pictures, int], Pictures]) -> Pictures:
    result = np.empty_like(pictures)
    for at, picture in enumerate(pictures):
        result[at] = change(picture, at)
    return np.clip(result, 0.0, 1.0, out=result)


def _check(pictures: Pictures, levels: Levels) -> None:
    if pictures.ndim != 3 or levels.shape != pictures.shape[:1]:
        raise ValueError(f"pictures {pictures.shape} and levels {levels.shape} are not (n, height, width) and (n,)")
