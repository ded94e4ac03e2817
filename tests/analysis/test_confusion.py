"""Pairs of classes that are taken for each other."""

from __future__ import annotations

import numpy as np
import pytest

from errata.analysis.confusion import confused_pairs

CAT, DOG, FOX = 0, 1, 2


def shown(*cells: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """(truth, prediction, times) as two columns."""
    truth = np.concatenate([np.full(times, t, np.int32) for t, _, times in cells])
    prediction = np.concatenate([np.full(times, p, np.int32) for _, p, times in cells])
    return truth, prediction


def test_a_pair_is_listed_with_its_counts() -> None:
    truth, prediction = shown(
        (CAT, CAT, 80), (CAT, DOG, 19), (CAT, FOX, 1), (DOG, DOG, 98), (DOG, FOX, 2), (FOX, FOX, 99), (FOX, CAT, 1)
    )
    (pair,), critical = confused_pairs(truth, prediction, 3)
    assert (pair.truth, pair.prediction, pair.rows, pair.failed) == (CAT, DOG, 100, 19)
    assert (pair.rest_failed, pair.rest_chances) == (3, 400)  # 200 rows of others, two wrong classes each
    assert pair.excess == pytest.approx(19 - 100 * 3 / 400)
    assert pair.p_adjusted < 1e-9
    assert critical == pytest.approx(2.386, abs=5e-4)  # Šidák over all six pairs, of which four occur


def test_errors_without_a_pattern_list_nothing() -> None:
    rng = np.random.default_rng(0)
    listed = 0
    for _ in range(100):
        truth = rng.integers(0, 6, 3_000).astype(np.int32)
        wrong = rng.random(3_000) < 0.1
        prediction = np.where(wrong, (truth + rng.integers(1, 6, 3_000)) % 6, truth).astype(np.int32)
        listed += bool(confused_pairs(truth, prediction, 6)[0])
    assert listed <= 10


def test_few_errors_of_many_classes_list_nothing() -> None:
    rng = np.random.default_rng(0)
    listed = 0
    for _ in range(100):
        truth = np.repeat(np.arange(100, dtype=np.int32), 30)
        wrong = rng.random(3_000) < 0.05
        prediction = np.where(wrong, (truth + rng.integers(1, 100, 3_000)) % 100, truth).astype(np.int32)
        listed += bool(confused_pairs(truth, prediction, 100)[0])
    assert listed <= 10


def test_copies_of_rows_are_no_evidence() -> None:
    truth, prediction = shown((CAT, CAT, 97), (CAT, DOG, 3), (DOG, DOG, 99), (DOG, CAT, 1), (FOX, FOX, 100))
    assert not confused_pairs(truth, prediction, 3)[0]
    truth, prediction = np.repeat(truth, 10), np.repeat(prediction, 10)
    assert [(pair.truth, pair.prediction) for pair in confused_pairs(truth, prediction, 3)[0]] == [(CAT, DOG)]
    assert not confused_pairs(truth, prediction, 3, np.repeat(np.arange(300), 10))[0]


def test_nothing_is_confused_where_nothing_is_wrong() -> None:
    assert confused_pairs(*shown((CAT, CAT, 5), (DOG, DOG, 5)), 2)[0] == ()
    assert confused_pairs(*shown((CAT, DOG, 5)), 2)[0] == ()  # one true class: no rest


def test_two_thousand_classes_are_counted_at_once() -> None:
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 2_000, 40_000).astype(np.int32)
    prediction = rng.integers(0, 2_000, 40_000).astype(np.int32)
    prediction[truth == 7] = 9
    pairs, _ = confused_pairs(truth, prediction, 2_000)
    assert (pairs[0].truth, pairs[0].prediction) == (7, 9)
