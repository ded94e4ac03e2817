"""Residuals: the kinds of error of a regression (bias, uneven spread, tails). In a report under ``analyses``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from errata.nouns.report import Estimate


@dataclass(frozen=True, slots=True)
class PredictionBin:
    """Rows predicted in [low, high). ``bias`` is the mean error (prediction − truth), ``bias_low`` to ``bias_high``
    hold over all bins at once. ``spread`` is the standard deviation of errors around it, ``ratio`` that over the
    spread within the other bins; ``ratio_p_adjusted`` is over the bins."""

    low: float | None
    high: float | None
    rows: int
    prediction: float
    bias: float
    bias_low: float | None
    bias_high: float | None
    spread: float
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    ratio_p_adjusted: float | None


@dataclass(frozen=True, slots=True)
class SpreadTest:
    """Whether squared errors depend on the prediction. ``method``: ``studentized`` (Koenker), ``white`` or, if rows
    depend on each other, ``clustered`` and ``white clustered``. ``share``: of their variance, what the prediction
    explains; ``normal_p``: of Breusch and Pagan's own statistic, right for normal errors alone."""

    method: str
    statistic: float
    freedom: int
    p: float
    share: float
    normal_p: float | None = None


@dataclass(frozen=True, slots=True)
class FactorSpread:
    """Whether spread differs between the values (or bins) of a factor, and where it is largest.

    ``ratio``: the spread in ``widest`` over that within the other values, pointwise 95 %."""

    factor: str
    statistic: float
    freedom: int
    p: float
    p_adjusted: float
    widest: str
    rows: int
    spread: float
    ratio: float
    ratio_low: float
    ratio_high: float


@dataclass(frozen=True, slots=True)
class BiasSlice:
    """A slice whose mean error is not that of the rest. Intervals are pointwise 95 %."""

    slice: str
    rows: int
    bias: float
    low: float
    high: float
    rest_bias: float
    difference: float
    difference_low: float
    difference_high: float
    p: float
    p_adjusted: float


@dataclass(frozen=True, slots=True)
class Quantile:
    """So large is the absolute error at most in ``share`` of the rows; an end is None where rows do not bound it."""

    share: float
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class WorstShare:
    """The worst ``share`` of the rows: their part of all absolute error, and their mean (the expected shortfall).

    ``normal_part``: the part that they would have if errors were normal around 0.
    """

    share: float
    rows: float
    part: float
    part_low: float
    part_high: float
    normal_part: float
    shortfall: float
    shortfall_low: float
    shortfall_high: float


@dataclass(frozen=True, slots=True)
class Tails:
    """``beyond``: the share of errors farther than 3 robust standard deviations (1.4826 × the median distance) from
    the median; of normal errors it is 0.0027. ``normal_p``: of Anscombe and Glynn's test of the kurtosis.
    ``verdict``: ``heavy``, ``light`` or ``no evidence``."""

    quantiles: tuple[Quantile, ...]
    worst: tuple[WorstShare, ...]
    kurtosis: Estimate
    normal_p: float | None
    beyond: Estimate
    verdict: str


@dataclass(frozen=True, slots=True)
class Residuals:
    """Errors are prediction − truth, in the unit of the truth: above 0 the prediction is too high.

    ``slope`` is that of the truth on the prediction: below 1 predictions are spread too far. ``bias_p`` is of no bias
    in any bin of the curve. ``tried``: slices tested for bias; those in ``slices`` are no false discoveries.
    """

    rows: int
    bias: Estimate
    median: Estimate
    mean_absolute: float
    root_mean_square: float
    slope: Estimate
    curve: tuple[PredictionBin, ...]
    bias_p: float | None
    spread_tests: tuple[SpreadTest, ...]
    spread_factors: tuple[FactorSpread, ...]
    tails: Tails | None
    slices: tuple[BiasSlice, ...]
    tried: int
    false_discovery_rate: float
    notes: tuple[str, ...] = ()

    @property
    def biased_bins(self) -> tuple[PredictionBin, ...]:
        """The bins of the prediction that are biased by the band that holds over all of them."""
        return tuple(one for one in self.curve if (one.bias_low or 0) > 0 or (one.bias_high or 0) < 0)

    @property
    def uneven(self) -> bool:
        """Whether a test says that spread depends on the prediction, at 5 % over the tests (Bonferroni)."""
        return any(one.p <= 0.05 / len(self.spread_tests) for one in self.spread_tests)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)
