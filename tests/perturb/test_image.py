"""Perturbed pictures: at the neutral level they are as they were; beyond it, one thing is wrong with them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.perturb.image import PERTURBATIONS, blurred, contrasted, noisy, perturbed, rotated, shifted


def generator() -> np.random.Generator:
    return np.random.default_rng(7)


def dot(height: int = 7, width: int = 7) -> np.ndarray:
    """One white dot in the middle of black."""
    picture = np.zeros((1, height, width))
    picture[0, height // 2, width // 2] = 1.0
    return picture


def strokes(n: int = 40) -> np.ndarray:
    """An upright stroke with a foot, as a pen would draw it."""
    picture = np.zeros((n, 16, 16))
    picture[:, 4:12, 6:8] = 1.0
    picture[:, 10:12, 6:12] = 1.0
    return picture


def some(n: int = 40, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).uniform(size=(n, 8, 8))


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_the_neutral_level_changes_nothing(name: str) -> None:
    pictures = some()
    levels = np.full(len(pictures), PERTURBATIONS[name].neutral)

    np.testing.assert_allclose(perturbed(name, pictures, levels, generator()), pictures, atol=1e-12)


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_a_harder_level_is_further_from_the_picture(name: str) -> None:
    pictures, factor = strokes(), PERTURBATIONS[name]

    def distance(level: float) -> float:
        levels = np.full(len(pictures), level)
        return float(np.abs(perturbed(name, pictures, levels, generator()) - pictures).mean())

    assert 0 < distance(factor.mild) < distance((factor.mild + factor.hard) / 2) < distance(factor.hard)


@given(name=st.sampled_from(sorted(PERTURBATIONS)), share=st.floats(0, 1), seed=st.integers(0, 2**32 - 1))
def test_pictures_stay_pictures_and_what_came_in_stays_as_it_was(name: str, share: float, seed: int) -> None:
    pictures, factor = some(6, seed), PERTURBATIONS[name]
    before = pictures.copy()
    levels = np.full(6, factor.mild + share * (factor.hard - factor.mild))

    once = perturbed(name, pictures, levels, np.random.default_rng(seed))
    again = perturbed(name, pictures, levels, np.random.default_rng(seed))

    assert once.shape == pictures.shape
    assert once.min() >= 0 and once.max() <= 1
    np.testing.assert_array_equal(once, again)
    np.testing.assert_array_equal(pictures, before)


def test_contrast_draws_towards_mid_grey() -> None:
    pictures = np.array([[[0.0, 1.0]], [[0.0, 1.0]], [[0.0, 1.0]]])

    drawn = contrasted(pictures, np.array([1.0, 0.5, 0.0]), generator())

    np.testing.assert_allclose(drawn, [[[0.0, 1.0]], [[0.25, 0.75]], [[0.5, 0.5]]])


def test_a_shift_by_whole_pixels_moves_along_one_axis() -> None:
    moved = shifted(np.repeat(dot(), 60, axis=0), np.full(60, 2.0), generator())

    places = {tuple(int(i) for i in np.argwhere(picture == 1.0)[0]) for picture in moved}
    assert places == {(1, 3), (5, 3), (3, 1), (3, 5)}


def test_a_quarter_turn_is_a_quarter_turn_to_either_side() -> None:
    pictures = np.repeat(some(1), 40, axis=0)

    turned = rotated(pictures, np.full(40, 90.0), generator())

    left, right = np.rot90(pictures[0]), np.rot90(pictures[0], -1)
    is_left = [bool(np.allclose(picture, left)) for picture in turned]
    assert all(
        np.allclose(picture, left if to_left else right) for picture, to_left in zip(turned, is_left, strict=True)
    )
    assert 0 < sum(is_left) < 40


def test_blur_spreads_light_and_keeps_its_sum() -> None:
    spread = blurred(dot(31, 31), np.array([1.5]), generator())

    assert spread.sum() == pytest.approx(1.0, abs=1e-3)
    assert spread.max() == pytest.approx(1 / (2 * np.pi * 1.5**2), rel=0.02)


def test_noise_has_the_standard_deviation_that_was_asked_for() -> None:
    grey = np.full((50, 20, 20), 0.5)

    assert (noisy(grey, np.full(50, 0.1), generator()) - 0.5).std() == pytest.approx(0.1, rel=0.02)


def test_each_picture_has_its_own_level() -> None:
    pictures = np.repeat(some(1), 2, axis=0)

    one, other = contrasted(pictures, np.array([1.0, 0.2]), generator())

    np.testing.assert_array_equal(one, pictures[0])
    assert np.ptp(other) == pytest.approx(0.2 * np.ptp(pictures[0]))


@pytest.mark.parametrize("levels", [np.zeros(3), np.zeros((2, 1))])
def test_levels_that_do_not_fit_the_pictures_are_refused(levels: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"are not \(n, height, width\) and \(n,\)"):
        rotated(np.zeros((2, 8, 8)), levels, generator())
