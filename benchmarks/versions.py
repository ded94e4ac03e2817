"""Two versions on the same samples, and what a comparison makes of them over many seeds.

    python -m benchmarks.versions write ROWS A B [SEED]
    python -m benchmarks.versions simulate SEEDS

B mends a third of what A got wrong, breaks 2 % of all, and breaks more within two planted slices. Losses go with it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.planted import BLOCK, CLASSES, Design, design
from errata.analysis.compare import compare_means, compare_shares
from errata.integrations.files import table_source
from errata.nouns.roles import Roles
from errata.verbs.compare import CompareOptions, compare_sources

ROWS = 20_000
GROUP = 8
BROKEN = 0.02
WORSE = ((1, 0.20), (2, 0.25))
"""Which planted slices B breaks further, and at which rate."""


def versions(plan: Design, rows: int, *, equal: bool = False, first: int = 0) -> tuple[pa.Table, pa.Table]:
    """A and B. ``equal``: B breaks as many as it mends, wherever they are."""
    table = plan.table(rows)
    rng = np.random.default_rng([plan.seed, first, 31])
    failed = _codes(table, "truth") != _codes(table, "prediction")
    rate = np.full(rows, failed.mean() / 3 if equal else BROKEN)
    if not equal:
        for number, broken in WORSE:
            inside = np.ones(rows, bool)
            for column, value in plan.slices[number].conditions:
                inside &= _codes(table, column) == plan.values[column].index(value)
            rate[inside] = broken
    draw = rng.random(rows)
    if equal:
        # Exchangeable by design: a sample that differs is A's failure or B's with equal chance.
        differs = draw < 0.06
        mine = rng.random(rows) < 0.5
        a, b = np.where(differs, mine, failed), np.where(differs, ~mine, failed)
    else:
        a, b = failed, (failed & (draw > 1 / 3)) | (~failed & (draw < rate))
    ids = pa.array(np.char.add("s", np.arange(first, first + rows).astype(str)))
    groups = pa.array((first + np.arange(rows)) // GROUP)
    truth = _codes(table, "truth")
    made = []
    for wrong in (a, b):
        said = np.where(wrong, (truth + 1) % len(CLASSES), truth).astype(np.int8)
        prediction = pa.DictionaryArray.from_arrays(pa.array(said), pa.array(CLASSES))
        loss = rng.exponential(1.0, rows) * (0.4 + wrong)
        columns = {"id": ids, "user": groups, "loss": pa.array(loss, pa.float32())}
        one = table.set_column(table.schema.get_field_index("prediction"), "prediction", prediction)
        for name, values in columns.items():
            one = one.append_column(name, values)
        made.append(one)
    return made[0], made[1]


def _codes(table: pa.Table, name: str) -> NDArray[np.int8]:
    return table[name].combine_chunks().indices.to_numpy()


def write(rows: int, a: Path, b: Path, seed: int = 0) -> None:
    """Write both versions, a million rows at a time."""
    plan = design(seed)
    writers: list[pq.ParquetWriter] = []
    for start in range(0, rows, BLOCK):
        both = versions(plan, min(BLOCK, rows - start), first=start)
        if not writers:
            writers = [pq.ParquetWriter(path, table.schema) for path, table in zip((a, b), both, strict=True)]
        for writer, table in zip(writers, both, strict=True):
            writer.write_table(table)
    for writer in writers:
        writer.close()


def simulate(seeds: int) -> dict[str, Any]:
    """Of so many seeds: verdicts and slices on versions that are equal, planted slices found, intervals that cover."""
    told = listed = told_grouped = found = extra = 0
    for seed in range(seeds):
        plan = design(seed)
        a, b = versions(plan, ROWS, equal=True)
        same = _compare(a, b, Roles(exclude=("user", "loss")))
        told += same.verdict != "no evidence"
        listed += bool(same.slices)
        grouped = _compare(a, b, Roles(group="user", exclude=("loss",)))
        told_grouped += grouped.verdict != "no evidence" or bool(grouped.slices)
        worse = {plan.slices[number].text for number, _ in WORSE}
        different = _compare(*versions(plan, ROWS * 5), Roles(exclude=("user", "loss")))
        texts = {one.slice for one in different.where("worse")}
        found += worse <= texts
        extra += len({one.slice for one in different.slices} - worse)
        print(f"seed {seed}: {same.verdict}, {sorted(texts)}", file=sys.stderr)
    many = 20 * seeds
    return {
        "seeds": seeds,
        "told": 100 * told / seeds,
        "listed": 100 * listed / seeds,
        "grouped": 100 * told_grouped / seeds,
        "found": 100 * found / seeds,
        "extra": extra / seeds,
        "shares": 100 * _shares_cover(many) / many,
        "dependent": 100 * _dependent_cover(many) / many,
        "losses": 100 * _losses_cover(many) / many,
    }


def _compare(a: pa.Table, b: pa.Table, roles: Roles) -> Any:
    return compare_sources(table_source(a, "A"), table_source(b, "B"), roles, CompareOptions())


def _shares_cover(times: int) -> int:
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(times):
        change = rng.choice([-1.0, 0.0, 1.0], 400, p=[0.05, 0.85, 0.10])
        found = compare_shares((change < 0) * 1.0, (change > 0) * 1.0, None)
        inside += (found.low or -1) <= 0.05 <= (found.high or 1)
    return inside


def _dependent_cover(times: int) -> int:
    rng = np.random.default_rng(2)
    inside = 0
    for _ in range(times):
        change = np.repeat(rng.choice([-1.0, 0.0, 1.0], 100, p=[0.1, 0.7, 0.2]), 6) * (rng.random(600) < 0.5)
        found = compare_shares((change < 0) * 1.0, (change > 0) * 1.0, np.repeat(np.arange(100), 6))
        inside += (found.low or -1) <= 0.05 <= (found.high or 1)
    return inside


def _losses_cover(times: int) -> int:
    rng = np.random.default_rng(3)
    inside = 0
    for seed in range(times):
        a, b = rng.exponential(1.0, (2, 300))
        found = compare_means(a, b + 0.1, None, seed=seed)
        inside += (found.low or -9) <= 0.1 <= (found.high or 9)
    return inside


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]), *map(int, sys.argv[5:6]))
    else:
        print(json.dumps(simulate(int(sys.argv[2]))))
