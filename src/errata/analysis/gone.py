"""When a known failure is gone: with enough rows, its slice fails no more than the rest, up to a margin stated before.

A failure was known to fail by at least d above the rest (the lower bound of its excess rate when it was found). On
another run its slice is counted directly: k failed of n, and of the rest l of m. It is gone when

- the upper bound of k/n − l/m is below the margin, the larger of 1 percentage point and a quarter of d; the bound is
  Newcombe's (1998, method 10) at one-sided 95 % divided by the number of failures asked about (Bonferroni), so that
  with 95 % none of those called gone fails by the margin or more; and
- the lower bound of the difference (pointwise 95 %, two-sided) is not above 0: what still fails clearly more is not
  gone, however little it is.

Otherwise nothing is said: too few rows never make a failure gone. Rows that depend on each other are divided by their
design effects, in the slice and in the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from errata.analysis.intervals import Z95, newcombe

LEAST_MARGIN = 0.01
SHARE = 0.25
ALPHA = 0.05


@dataclass(frozen=True)
class Recount:
    """A slice counted anew, with what it was known for: ``demonstrated`` is the lower bound of its excess rate then.

    ``among`` are the failures asked about together; the effects are design effects.
    """

    rows: int
    failed: int
    rest_rows: int
    rest_failed: int
    demonstrated: float
    among: int
    effect: float = 1.0
    rest_effect: float = 1.0

    @property
    def margin(self) -> float:
        """How far above the rest the slice may fail at most, as a share."""
        return max(LEAST_MARGIN, SHARE * self.demonstrated)

    @property
    def low(self) -> float:
        """The pointwise lower bound of the rate less that of the rest (two-sided 95 %)."""
        return self._bounds(Z95)[0]

    @cached_property
    def high(self) -> float:
        """The upper bound of the rate less that of the rest, at once for all that is asked (one-sided 95 %)."""
        from scipy.special import ndtri

        return self._bounds(float(-ndtri(ALPHA / max(self.among, 1))))[1]

    @property
    def gone(self) -> bool:
        """Whether the failure is gone."""
        return self.rows > 0 and self.rest_rows > 0 and self.high < self.margin and self.low <= 0

    def _bounds(self, z: float) -> tuple[float, float]:
        inside, rest = self.effect, self.rest_effect
        return newcombe(self.failed / inside, self.rows / inside, self.rest_failed / rest, self.rest_rows / rest, z)
