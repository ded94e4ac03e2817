"""How often the intervals of α and κ hold the truth, over tables of many kinds.

    python -m benchmarks.agreement ROUNDS

Prints, as JSON, a list of {"world", "figure", "percent", "of"}; ``of`` is how many rounds had an interval at all.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from itertools import product

import numpy as np

from errata.analysis.agreement import alpha, cohen, fleiss

EVEN, UNEVEN = (0.25, 0.25, 0.25, 0.25), (0.85, 0.10, 0.05)


@dataclass(frozen=True)
class World:
    """Raters who know the truth with probability √κ and else draw from the shares: two agree beyond chance with κ."""

    items: int
    kappa: float
    shares: tuple[float, ...]

    def __str__(self) -> str:
        return f"{self.items} items, {self.kappa:g}, {'even' if self.shares == EVEN else 'uneven'} shares"


TYPICAL = tuple(World(items, kappa, EVEN) for items, kappa in product((20, 100), (0.5, 0.85)))
WORLDS = tuple(World(*of) for of in product((10, 20, 50, 200), (0.0, 0.5, 0.85, 0.97), (EVEN, UNEVEN)))


def covered(world: World, rounds: int) -> list[tuple[str, int, int]]:
    """(figure, rounds whose interval holds κ, rounds with an interval) of α with gaps, Cohen's and Fleiss' κ."""
    rng = np.random.default_rng(13)
    held: dict[str, list[int]] = {name: [0, 0] for name in ("α, 3 in 10 missing", "Cohen's κ", "Fleiss' κ")}
    for _ in range(rounds):
        truth = rng.choice(len(world.shares), (world.items, 1), p=world.shares)
        drawn = rng.choice(len(world.shares), (world.items, 4), p=world.shares)
        said = np.where(rng.random(drawn.shape) < world.kappa**0.5, truth, drawn)
        gaps = np.where(rng.random(said.shape) < 0.3, None, said.astype(object))
        found = alpha(gaps.tolist()), cohen(said[:, :2].tolist()), fleiss(said.tolist())
        for both, one in zip(held.values(), found, strict=True):
            if one.low is not None and one.high is not None:
                both[0] += one.low <= world.kappa <= one.high
                both[1] += 1
    return [(name, hits, of) for name, (hits, of) in held.items()]


def main(rounds: int) -> None:
    """Print all of it."""
    told = [
        {"world": str(world), "figure": name, "percent": 100 * hits / of if of else None, "of": of}
        for world in WORLDS
        for name, hits, of in covered(world, rounds)
    ]
    print(json.dumps(told))


if __name__ == "__main__":
    main(int(sys.argv[1]))
