"""A uniform sample of rows, for what cannot be counted.

Each row has a priority, a hash of its number in its part; the sample is the rows of the lowest ones. So samples of
parts make the sample of the whole, whatever the batches were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Draw:
    """At most ``rows`` rows without replacement, each as likely as any other, of these columns."""

    columns: tuple[str, ...]
    rows: int
    seed: int = 0

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"draw": list(self.columns), "rows": self.rows, "seed": self.seed}


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """The answer to a Draw: its rows in the order of the source, with their priorities (uint64)."""

    draw: Draw
    table: pa.Table
    priorities: NDArray[np.uint64]

    def __add__(self, other: Drawn) -> Drawn:
        """The sample of both parts together. Raises ValueError for another draw's."""
        import pyarrow as pa

        if self.draw != other.draw:
            raise ValueError("samples of different draws do not add up")
        table = pa.concat_tables([self.table, other.table], promote_options="permissive")
        return Drawn(self.draw, table, np.concatenate([self.priorities, other.priorities])).cut()

    def cut(self) -> Drawn:
        """Without the rows that are too many."""
        import pyarrow as pa

        if len(self.priorities) <= self.draw.rows:
            return self
        kept = np.sort(np.argpartition(self.priorities, self.draw.rows - 1)[: self.draw.rows])
        return Drawn(self.draw, self.table.take(pa.array(kept)), self.priorities[kept])


def priorities(seed: int, part: int, start: int, rows: int) -> NDArray[np.uint64]:
    """The priorities of ``rows`` rows from row ``start`` of a part: SplitMix64 (Steele, Lea and Flood 2014)."""
    salt = np.random.SeedSequence([seed, part]).generate_state(1, np.uint64)[0]
    with np.errstate(over="ignore"):
        mixed = (np.arange(start + 1, start + rows + 1, dtype=np.uint64)) * np.uint64(0x9E3779B97F4A7C15) + salt
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    found: NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(31))
    return found
