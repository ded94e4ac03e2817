"""From counts to the figures of a finding."""

from __future__ import annotations

import numpy as np
import pytest

from errata.analysis.figures import loss_figures, mean_estimate, rate_figures
from errata.analysis.intervals import newcombe, wilson
from errata.analysis.slices import Totals


def test_the_night_of_the_readme() -> None:
    figures = rate_figures(Totals(980, 480, 12_408, 1_117), critical=4.26)
    assert (figures.rows, figures.failed) == (980, 480)
    assert figures.error_rate == pytest.approx(0.4898, abs=5e-5)
    assert figures.rest_error_rate == pytest.approx(637 / 11_428)
    assert figures.lift == pytest.approx(8.787, abs=5e-4)
    assert figures.excess_errors == pytest.approx(425.4, abs=0.05)
    assert (figures.low, figures.high) == wilson(480, 980)
    assert figures.excess_errors_low == pytest.approx(980 * newcombe(480, 980, 637, 11_428, 4.26)[0])
    assert 355 < figures.excess_errors_low < 360


def test_a_slice_of_all_rows_has_no_rest() -> None:
    figures = rate_figures(Totals(10, 4, 10, 4), critical=2)
    assert (figures.rest_error_rate, figures.lift, figures.excess_errors) == (None, None, 4)


def test_a_rest_without_failures_has_no_lift() -> None:
    figures = rate_figures(Totals(10, 4, 100, 4), critical=2)
    assert (figures.rest_error_rate, figures.lift, figures.excess_errors) == (0, None, 4)


def test_dependent_rows_have_wider_figures() -> None:
    alone = rate_figures(Totals(980, 480, 12_408, 1_117), critical=4.26)
    together = rate_figures(Totals(980, 480, 12_408, 1_117), critical=4.26, effect=3, rest_effect=2)
    assert (alone.error_rate, alone.excess_errors) == (together.error_rate, together.excess_errors)
    assert together.low < alone.low < alone.high < together.high
    assert together.excess_errors_low < alone.excess_errors_low


def test_losses_by_hand() -> None:
    figures = loss_figures(np.array([1.0, 3.0] * 50), np.array([0.5, 1.5] * 200), None, critical=3)
    assert (figures.rows, figures.failed, figures.error_rate, figures.rest_error_rate) == (100, None, 2.0, 1.0)
    assert (figures.low, figures.high) == pytest.approx((2 - 0.195996, 2 + 0.195996), abs=1e-6)
    assert figures.excess_errors == pytest.approx(100)
    assert figures.excess_errors_low == pytest.approx(100 * (1 - 3 * (1 / 100 + 0.25 / 400) ** 0.5))


def test_losses_of_one_group_are_bounded_by_what_was_seen() -> None:
    figures = loss_figures(np.array([1.0, 3.0]), np.array([0.0, 9.0]), None, critical=3, effect=2)
    assert (figures.low, figures.high) == (0, 9)
    estimate = mean_estimate(np.array([1.0, 3.0]), np.array([0, 0]))
    assert (estimate.value, estimate.low, estimate.high) == (2, None, None)
