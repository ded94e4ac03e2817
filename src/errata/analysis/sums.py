"""What some rows come to, as sums that add up over partitions: enough for means, intervals and design effects.

Of the rows: how many, Σ v, Σ v², the largest v. Of their groups, with n rows and total s each: how many, Σ n², Σ s²,
Σ n s and Σ s²/n. The figures made of them are those that errata.analysis.figures, .intervals and .dependence make of
the rows themselves, by the same formulae, to the rounding of the sums.
"""

from __future__ import annotations

from dataclasses import dataclass

from errata.analysis.intervals import Z95, mean_interval
from errata.nouns.finding import Figures

CONSTANT = 1e-12
"""A variance that is so small a share of the mean square is rounding."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over some rows; those of groups are 0 where rows are independent (``groups`` is 0)."""

    rows: int = 0
    total: float = 0.0
    squares: float = 0.0
    most: float = 0.0
    failed: int = 0
    groups: int = 0
    sizes2: float = 0.0
    totals2: float = 0.0
    cross: float = 0.0
    means2: float = 0.0

    @property
    def mean(self) -> float:
        """The mean value; 0 of no rows."""
        return self.total / self.rows if self.rows else 0.0

    @property
    def variance(self) -> float:
        """The variance, of the population."""
        if not self.rows:
            return 0.0
        found = self.squares / self.rows - self.mean**2
        return found if found > CONSTANT * self.squares / self.rows else 0.0

    @property
    def intraclass(self) -> float:
        """As errata.analysis.dependence.intraclass."""
        if self.groups < 2 or self.groups == self.rows:
            return 1.0 if self.groups == 1 else 0.0
        between = max(0.0, self.means2 - self.rows * self.mean**2) / (self.groups - 1)
        within = max(0.0, self.squares - self.means2) / (self.rows - self.groups)
        typical = (self.rows - self.sizes2 / self.rows) / (self.groups - 1)
        whole = between + (typical - 1) * within
        return min(1.0, max(0.0, (between - within) / whole)) if whole > 0 else 0.0

    @property
    def design_effect(self) -> float:
        """As errata.analysis.intervals.design_effect."""
        if not self.rows or not self.groups:
            return 1.0
        variance = self.variance
        if self.groups < 2 or variance == 0:
            return self.rows / self.groups
        spread = max(0.0, self.totals2 - 2 * self.mean * self.cross + self.mean**2 * self.sizes2)
        between = self.groups / (self.groups - 1) * spread / self.rows**2
        return max(1.0, between / (variance / self.rows))

    @property
    def effect(self) -> float:
        """As errata.analysis.figures.grouped_effect; 1 of independent rows, or none."""
        if not self.groups or not self.rows or self.groups == self.rows:
            return 1.0
        from scipy.special import stdtrit

        of_sizes = self.sizes2 / self.rows - 1
        effect = max(1.0, self.design_effect, 1 + self.intraclass * of_sizes)
        few = float(stdtrit(max(self.groups - 1, 1), 0.975)) / Z95
        return min(effect * few**2, float(self.rows))


def loss_figures_of(inside: Sums, outside: Sums, failed: int | None, critical: float) -> Figures:
    """As errata.analysis.figures.loss_figures, of sums; ``inside`` has at least one row."""
    effect, rest_effect = inside.effect, outside.effect
    mean = inside.mean
    low, high = mean_interval(mean, inside.variance, inside.rows / effect)
    high = min(high, max(inside.most, outside.most))
    rest = outside.mean if outside.rows else None
    spread = inside.variance / inside.rows * effect
    if outside.rows:
        spread += outside.variance / outside.rows * rest_effect
    difference = mean - (rest or 0.0)
    return Figures(
        rows=inside.rows,
        failed=failed,
        error_rate=mean,
        low=max(0.0, low),
        high=high,
        rest_error_rate=rest,
        lift=mean / rest if rest else None,
        excess_errors=inside.rows * difference,
        excess_errors_low=inside.rows * (difference - critical * spread**0.5),
    )
