"""Predictions with planted slices: 15 categorical factors, five slices that fail more than the rest.

    python -m benchmarks.planted ROWS FILE [--seed S] [--shuffled] [--loss]

The same seed and rows give the same file. A row fails when its prediction is not its truth; it does so with the rate
of the planted slice that it lies in (the highest, where slices meet), else with the base rate. Factors are independent
of each other and of the truth, so that nothing but the planted slices is there to be found. ``--loss`` adds a column
``loss``, gamma distributed with the mean of the rate at which the row fails.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

BASE = 0.075
BLOCK = 1_000_000
CLASSES = ("bus", "car", "cycle", "person", "sign")
CARDINALITIES = {
    "daylight": 2,
    "moving": 2,
    "lens": 3,
    "road": 3,
    "season": 4,
    "weather": 5,
    "shift": 5,
    "gain": 6,
    "weekday": 7,
    "firmware": 8,
    "region": 9,
    "operator": 10,
    "height": 12,
    "camera": 16,
    "site": 20,
}
WANTED = (  # depth, share of rows between, failure rate
    (1, 0.040, 0.080, 0.160),
    (2, 0.020, 0.040, 0.220),
    (2, 0.020, 0.040, 0.240),
    (3, 0.015, 0.025, 0.300),
    (3, 0.015, 0.025, 0.340),
)


@dataclass(frozen=True)
class PlantedSlice:
    """A conjunction of ``column = value`` that fails with ``rate``; ``share`` is its expected share of the rows."""

    conditions: tuple[tuple[str, str], ...]
    share: float
    rate: float

    @property
    def text(self) -> str:
        """The slice as a report writes it."""
        return " and ".join(f"{column} = '{value}'" for column, value in self.conditions)


@dataclass(frozen=True)
class Design:
    """What is planted under one seed."""

    seed: int
    values: dict[str, tuple[str, ...]]
    shares: dict[str, NDArray[np.float64]]
    slices: tuple[PlantedSlice, ...]
    losses: bool = False

    @cached_property
    def schema(self) -> pa.Schema:
        """Truth, prediction and the factors: strings with dictionaries; and the loss."""
        kind = pa.dictionary(pa.int8(), pa.string())
        fields = [(name, kind) for name in ("truth", "prediction", *self.values)]
        return pa.schema([*fields, *([("loss", pa.float64())] if self.losses else [])])

    def blocks(self, rows: int, *, shuffled: bool = False) -> Iterator[pa.RecordBatch]:
        """The rows, at most a million at a time. ``shuffled`` deals the failures without regard to the slices."""
        for start in range(0, rows, BLOCK):
            yield self._block(start // BLOCK, min(BLOCK, rows - start), shuffled)

    def table(self, rows: int, *, shuffled: bool = False) -> pa.Table:
        """All rows in memory."""
        return pa.Table.from_batches(self.blocks(rows, shuffled=shuffled), self.schema)

    def _block(self, number: int, rows: int, shuffled: bool) -> pa.RecordBatch:
        rng = np.random.default_rng([self.seed, number])
        codes = {
            name: np.searchsorted(np.cumsum(shares)[:-1], rng.random(rows), side="right").astype(np.int8)
            for name, shares in self.shares.items()
        }
        rate = np.full(rows, BASE)
        for planted in self.slices:
            inside = np.ones(rows, dtype=bool)
            for column, value in planted.conditions:
                inside &= codes[column] == self.values[column].index(value)
            rate[inside] = np.maximum(rate[inside], planted.rate)
        rate = rng.permutation(rate) if shuffled else rate
        failed = rng.random(rows) < rate
        truth = rng.integers(0, len(CLASSES), rows, dtype=np.int8)
        wrong = (truth + rng.integers(1, len(CLASSES), rows, dtype=np.int8)) % len(CLASSES)
        columns = {"truth": (truth, CLASSES), "prediction": (np.where(failed, wrong, truth), CLASSES)}
        columns |= {name: (codes[name], self.values[name]) for name in self.values}
        arrays = [
            pa.DictionaryArray.from_arrays(pa.array(code, pa.int8()), pa.array(values, pa.string()))
            for code, values in columns.values()
        ]
        if self.losses:
            arrays.append(pa.array(np.random.default_rng([self.seed, number, 1]).gamma(2.0, rate / 2)))
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)


def design(seed: int = 0, *, losses: bool = False) -> Design:
    """The factors and the five slices under ``seed``: no two slices share a column's value."""
    rng = np.random.default_rng([seed, 7919])
    values = {name: tuple(f"{name}-{k:02d}" for k in range(1, n + 1)) for name, n in CARDINALITIES.items()}
    shares = {name: rng.dirichlet(np.full(n, 4.0)) for name, n in CARDINALITIES.items()}
    slices: list[PlantedSlice] = []
    taken: set[tuple[str, str]] = set()
    for depth, low, high, rate in WANTED:
        while True:
            columns = sorted(rng.choice(list(values), depth, replace=False))
            picks = [int(rng.integers(CARDINALITIES[column])) for column in columns]
            share = float(np.prod([shares[c][k] for c, k in zip(columns, picks, strict=True)]))
            conditions = tuple((c, values[c][k]) for c, k in zip(columns, picks, strict=True))
            if low <= share <= high and not taken & set(conditions):
                break
        taken |= set(conditions)
        slices.append(PlantedSlice(conditions, share, rate))
    return Design(seed, values, shares, tuple(slices), losses)


def write(path: Path, rows: int, seed: int = 0, *, shuffled: bool = False, losses: bool = False) -> None:
    """Write ``rows`` rows to ``path``: CSV, or Parquet with dictionaries, by its suffix."""
    plan = design(seed, losses=losses)
    unfinished = path.with_name(f".{path.name}.part")
    if path.suffix == ".csv":
        text = pa.schema([(f.name, pa.string() if f.name != "loss" else f.type) for f in plan.schema])
        with pa.csv.CSVWriter(unfinished, text, write_options=pa.csv.WriteOptions(quoting_style="none")) as csv:
            for block in plan.blocks(rows, shuffled=shuffled):
                csv.write_batch(block.cast(text))
    else:
        with pa.parquet.ParquetWriter(unfinished, plan.schema) as parquet:
            for block in plan.blocks(rows, shuffled=shuffled):
                parquet.write_batch(block)
    unfinished.rename(path)


def main() -> None:
    """Write one file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planted", description=__doc__)
    parser.add_argument("rows", type=int)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shuffled", action="store_true")
    parser.add_argument("--loss", action="store_true")
    given = parser.parse_args()
    given.file.parent.mkdir(parents=True, exist_ok=True)
    write(given.file, given.rows, given.seed, shuffled=given.shuffled, losses=given.loss)


if __name__ == "__main__":
    main()
