"""Every slice of depth 1 to 3 counted the plain way, with the same evidence, threshold and peeling: is the list equal?

    python -m benchmarks.exhaustive FILE

No bound, no sample, no bitmap: one numpy.bincount per set of factors over all rows.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from benchmarks.memory import Coded, coded
from errata.analysis.slices import search, strongest
from errata.analysis.tail import deviate

Items = tuple[int, ...]


@dataclass
class Cube:
    """Rows and failures of every combination of values of some factors, as flat arrays."""

    factors: tuple[int, ...]
    sizes: tuple[int, ...]
    rows: NDArray[np.int64]
    failed: NDArray[np.int64]


def cubes(data: Coded, only: NDArray[np.bool_] | None = None) -> list[Cube]:
    """One cube per set of at most three factors; each has a last place for values that no slice names."""
    sizes = [len(factor.choices) + 1 for factor in data.factors]
    codes = [np.minimum(c, n - 1).astype(np.int32) for c, n in zip(data.codes, sizes, strict=True)]
    failed = data.failed
    if only is not None:
        codes, failed = [c[only] for c in codes], failed[only]
    made = []
    for depth in (1, 2, 3):
        for chosen in combinations(range(len(codes)), depth):
            shape = tuple(sizes[k] for k in chosen)
            key = codes[chosen[0]]
            for k in chosen[1:]:
                key = key * sizes[k] + codes[k]
            length = int(np.prod(shape))
            rows = np.bincount(key, minlength=length)
            made.append(Cube(chosen, shape, rows, np.bincount(key[failed], minlength=length)))
    return made


def ranked(data: Coded, counted: list[Cube], rows: int, failed: int, top: int) -> list[tuple[float, Items]]:
    """The ``top`` slices by evidence; of equals first the one with fewer conditions, then the order of the items."""
    firsts = np.cumsum([0, *(len(factor.choices) for factor in data.factors)])
    found: list[tuple[float, Items]] = []
    for cube in counted:
        enough = (cube.rows >= data.min_rows) & (rows - cube.rows >= data.min_rows)
        places = np.flatnonzero(enough & (cube.failed * rows > cube.rows * failed))
        values = np.array(np.unravel_index(places, cube.sizes)).T
        named = (values < np.array(cube.sizes) - 1).all(axis=1)
        places, values = places[named], values[named]
        if not len(places):
            continue
        evidence = deviate(cube.failed[places].astype(float), cube.rows[places], failed, rows)
        strong = np.argsort(-evidence, kind="stable")[: 2 * top]
        found += [
            (float(evidence[at]), tuple(int(firsts[f] + v) for f, v in zip(cube.factors, values[at], strict=True)))
            for at in strong
        ]
    # equal to nine digits is equal: the last ones depend on the order of additions
    found.sort(key=lambda one: (-round(one[0], 9), len(one[1]), one[1]))
    return found[:top]


def peeled(data: Coded, threshold: float, top: int = 20) -> list[Items]:
    """The list by exhaustive search: strongest first, its rows peeled, until nothing reaches ``threshold``."""
    counted = cubes(data)
    left = np.ones(len(data.failed), bool)
    listed: list[Items] = []
    while len(listed) < top:
        best = ranked(data, counted, int(left.sum()), int(data.failed[left].sum()), 1)
        if not best or best[0][0] < threshold:
            break
        items = best[0][1]
        listed.append(items)
        inside = left.copy()
        for item in items:
            inside &= data.codes[data.items[item].factor] == data.items[item].low
        left &= ~inside
        for cube, gone in zip(counted, cubes(data, inside), strict=True):
            cube.rows -= gone.rows
            cube.failed -= gone.failed
    return listed


def main(path: str) -> None:
    """Print the lists, and whether they are equal, as JSON."""
    data = coded(path)
    counter = data.counter()
    found = counter.run(search(counter.population(), min_rows=data.min_rows))
    ours = [tuple(sorted(listed.items)) for listed in found.listed]
    theirs = peeled(data, found.null.threshold)
    counter = data.counter()
    top = counter.run(strongest(counter.population(), min_rows=data.min_rows))
    first_twenty = ranked(data, cubes(data), len(data.failed), int(data.failed.sum()), 20)
    said = {
        "equal": ours == theirs,
        "top_equal": [tuple(sorted(listed.items)) for listed in top.listed] == [items for _, items in first_twenty],
        "ours": [data.text(items) for items in ours],
        "exhaustive": [data.text(items) for items in theirs],
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main(sys.argv[1])
