"""The slice search the plain way: every conjunction, by DuckDB's GROUP BY or a mask, with the same rules."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from errata.analysis.requests import Item
from errata.analysis.tail import deviate

Items = tuple[int, ...]


@dataclass(frozen=True)
class Plain:
    """What a list entry should hold: items, and (rows, failed) on all rows and when it was listed."""

    items: Items
    everywhere: tuple[int, int]
    after_peeling: tuple[int, int]


def every_slice(items: list[Item], depth: int) -> list[Items]:
    """Every choice of at most ``depth`` items on different factors; shorter ones first, then by number."""
    by_factor: dict[int, list[int]] = {}
    for number, item in enumerate(items):
        by_factor.setdefault(item.factor, []).append(number)
    found: list[Items] = []
    for width in range(1, depth + 1):
        for factors in combinations(sorted(by_factor), width):
            found += [tuple(sorted(chosen)) for chosen in product(*(by_factor[f] for f in factors))]
    return sorted(found, key=lambda chosen: (len(chosen), chosen))


def peeled(
    codes: list[NDArray[np.uint8]],
    items: list[Item],
    failed: NDArray[np.bool_],
    *,
    depth: int,
    min_rows: int,
    threshold: float,
    top: int = 20,
) -> tuple[list[Plain], int]:
    """The list, strongest first, and how many slices have enough rows."""
    slices = every_slice(items, depth)
    first = counted(codes, items, failed, slices)
    enough = [number for number, (rows, _) in enumerate(first) if rows >= min_rows]
    slices, first = [slices[n] for n in enough], [first[n] for n in enough]
    left = np.ones(len(failed), bool)
    at_first = evidence(first, failed, min_rows)
    listed: list[Plain] = []
    now = first
    while len(listed) < top and left.any():
        strength = np.where(at_first > threshold, evidence(now, failed[left], min_rows), -np.inf)
        strongest = strength.max(initial=-np.inf)
        if not strongest > threshold + 1e-9:
            break
        best = int(np.flatnonzero(strength >= strongest - 1e-9)[0])
        listed.append(Plain(slices[best], first[best], now[best]))
        left &= ~mask(codes, items, slices[best])
        now = counted([column[left] for column in codes], items, failed[left], slices)
    return listed, len(slices)


def evidence(counts: list[tuple[int, int]], failed: NDArray[np.bool_], min_rows: int) -> NDArray[np.float64]:
    table = np.array(counts, float).reshape(-1, 2)
    strength = deviate(table[:, 1], table[:, 0], int(failed.sum()), len(failed))
    strength[(table[:, 0] < min_rows) | (len(failed) - table[:, 0] < min_rows)] = -np.inf
    return strength


def mask(codes: list[NDArray[np.uint8]], items: list[Item], chosen: Items) -> NDArray[np.bool_]:
    inside = np.ones(len(codes[0]), bool)
    for number in chosen:
        factor, low, high = items[number]
        inside &= (codes[factor] >= low) & (codes[factor] <= high)
    return inside


def counted(
    codes: list[NDArray[np.uint8]], items: list[Item], failed: NDArray[np.bool_], slices: list[Items]
) -> list[tuple[int, int]]:
    """(rows, failed) of each slice: values by DuckDB's GROUP BY, one per set of factors; ranges by adding them up."""
    table = pa.table({**{f"f{k}": column for k, column in enumerate(codes)}, "failed": failed})
    connection = duckdb.connect()
    connection.register("outcomes", table)
    cubes: dict[tuple[int, ...], NDArray[np.int64]] = {}
    result = []
    for chosen in slices:
        factors = tuple(items[n].factor for n in chosen)
        if factors not in cubes:
            names = ", ".join(f"f{k}" for k in factors)
            query = f"SELECT {names}, count(*) AS n, count(*) FILTER (failed) AS k FROM outcomes GROUP BY {names}"
            cubes[factors] = np.column_stack(list(connection.execute(query).fetchnumpy().values()))
        cube = cubes[factors]
        inside = np.ones(len(cube), bool)
        for place, number in enumerate(chosen):
            inside &= (cube[:, place] >= items[number].low) & (cube[:, place] <= items[number].high)
        result.append((int(cube[inside, -2].sum()), int(cube[inside, -1].sum())))
    connection.close()
    return result
