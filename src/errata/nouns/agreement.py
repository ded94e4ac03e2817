"""Agreement: how far people who label the same items say the same, beyond what chance would let them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficient:
    """A figure of agreement with its 95 % interval: 1 is perfect, 0 what chance gives (of ``percent``: none).

    ``value`` is None where nothing can be said, ``low`` and ``high`` where only the value can; ``reason`` says why.
    ``items`` are those that entered, ``method`` is that of the interval.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    items: int = 0
    method: str = ""
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """All figures of one table of labels; ``scale`` is how far labels are apart, ``terms`` is α of each term by itself.

    ``items`` are those of the table, ``paired`` those with two labels or more, which alone say something of agreement.
    """

    scale: str
    items: int
    paired: int
    raters: int
    labels: int
    percent: Coefficient
    cohen: Coefficient
    fleiss: Coefficient
    alpha: Coefficient
    terms: Mapping[str, Coefficient]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)
