"""A planted file as codes in memory: what the search itself is measured on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from errata.analysis.requests import Item
from errata.engine.local.counter import Counter
from errata.factors.encode import Factor, encode
from errata.integrations.files import open_source


@dataclass(frozen=True)
class Coded:
    """One uint8 array a factor, the conditions that slices may put on them, and what failed."""

    factors: tuple[Factor, ...]
    items: tuple[Item, ...]
    failed: NDArray[np.bool_]
    min_rows: int
    loss: NDArray[np.float64] | None = None

    @property
    def codes(self) -> list[NDArray[np.uint8]]:
        """The codes of each factor, one per row."""
        return [factor.codes for factor in self.factors]

    def counter(self) -> Counter:
        """A fresh engine over them: nothing counted yet."""
        return Counter(self.codes, self.items, self.failed, loss=self.loss)

    def text(self, slice_items: tuple[int, ...]) -> str:
        """The items of a slice as a report writes them."""
        conditions = []
        for item in slice_items:
            factor = self.factors[self.items[item].factor]
            choice = next(c for c in factor.choices if (c.low, c.high) == self.items[item][1:])
            conditions.append((factor.name, f"{factor.name} = '{choice.condition.value}'"))
        return " and ".join(text for _, text in sorted(conditions))


def coded(path: str, *, losses: bool = False) -> Coded:
    """Read and encode a planted file; with its losses, if they are what is to be searched."""
    source = open_source(path)
    min_rows = max(1, -(-source.rows // 100))
    names = [name for name in source.schema.names if name not in ("truth", "prediction", "loss")]
    factors = tuple(f for f in (encode(name, source.column(name), min_rows) for name in names) if isinstance(f, Factor))
    items = tuple(Item(k, choice.low, choice.high) for k, factor in enumerate(factors) for choice in factor.choices)
    truth, prediction = (source.column(name).cast("string").to_numpy() for name in ("truth", "prediction"))
    loss = source.column("loss").to_numpy() if losses else None
    return Coded(factors, items, np.asarray(truth != prediction, dtype=bool), min_rows, loss)
