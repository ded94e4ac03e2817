"""A log of predictions with 25 columns, and everything that an audit counts of it, beside a scan that counts nothing.

    python -m benchmarks.audit write ROWS FILE [SEED]
    python -m benchmarks.audit scan FILE       as pyarrow reads unless told otherwise
    python -m benchmarks.audit batches FILE    as the tally reads: not fetched ahead, on one thread
    python -m benchmarks.audit tally FILE

``tally`` answers in one pass: ten numbers in 256 bins and five categories by outcome (drift and its attribution),
confidence in 1,000 bins by predicted class and outcome (recall at a precision), confidence in 20 bins by category
(calibration by slice), the rate over the bins of a number, hours, and nodes.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

BLOCK = 1_000_000
CLASSES, NODES = 10, 64
WORDS = {"site": 20, "lens": 3, "weather": 5, "firmware": 8, "operator": 12}
NUMBERS = tuple(f"x{k}" for k in range(10))
SCORES = tuple(f"score_{k}" for k in range(5))


def write(path: Path, rows: int, seed: int) -> None:
    """Write the log; a million rows are a row group."""
    unfinished = path.with_name(f".{path.name}.part")
    writer: pq.ParquetWriter | None = None
    for start in range(0, rows, BLOCK):
        batch = _block(start, min(BLOCK, rows - start), np.random.default_rng([seed, start]))
        writer = writer or pq.ParquetWriter(unfinished, batch.schema)
        writer.write_batch(batch)
    assert writer is not None
    writer.close()
    unfinished.rename(path)


def _block(start: int, rows: int, rng: np.random.Generator) -> pa.RecordBatch:
    columns: dict[str, Any] = {}
    for k, name in enumerate(NUMBERS):
        values = rng.lognormal(0, 1, rows) if k % 3 == 2 else rng.normal(k, 1 + k / 10, rows)
        columns[name] = pa.array(values.astype(np.float32 if k % 2 else np.float64))
    for name, many in WORDS.items():
        columns[name] = _words(rng.integers(0, many, rows), [f"{name}-{k:02d}" for k in range(many)])
    truth = rng.integers(0, CLASSES, rows)
    wrong = rng.random(rows) < 0.08
    names = [f"class-{k}" for k in range(CLASSES)]
    columns["truth"] = _words(truth, names)
    columns["prediction"] = _words(np.where(wrong, (truth + 1) % CLASSES, truth), names)
    columns["confidence"] = np.clip(rng.beta(8, 2, rows) - 0.2 * wrong, 0, 1)
    for name in SCORES:
        columns[name] = rng.random(rows).astype(np.float32)
    columns["time"] = pa.array((start + np.arange(rows)) * 50_000, pa.timestamp("us", "UTC"))
    columns["node"] = _words(rng.integers(0, NODES, rows), [f"node-{k:02d}" for k in range(NODES)])
    return pa.RecordBatch.from_pydict(columns)


def _words(codes: Any, values: list[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int8()), pa.array(values))


def scan(path: str) -> int:
    """Read every column of every row, batch by batch, and do nothing with them."""
    return sum(batch.num_rows for batch in pq.ParquetFile(path).iter_batches(1 << 17))


def batches(path: str) -> int:
    """Read it as the tally does, and do nothing with it."""
    from errata.integrations.files import open_source

    source = open_source(path)
    return sum(batch.num_rows for batch in source.batches(source.schema.names))


def tally(path: str) -> int:
    """Count everything, in one pass."""
    from errata.analysis.drift import Column, edges_of
    from errata.analysis.tally import FAILED, Axis, Tally
    from errata.core.columns import floats
    from errata.integrations.files import open_source
    from errata.nouns.roles import Roles
    from errata.tasks.streamed import judge_of
    from errata.verbs.counting import LOCAL
    from errata.verbs.drift import GLANCE, Side

    source = open_source(path)
    seen = source.glance(source.schema.names, GLANCE)
    failed, confidence = Axis(FAILED), Axis("confidence", equal=(0.0, 1.0, 1000))
    axes = {name: Column(name, "factor", edges_of(floats(seen.column(name)))).axis for name in NUMBERS}
    tallies = [Tally((axis, failed), (name,)) for name, axis in axes.items()]
    tallies += [Tally((Axis(name), failed)) for name in WORDS]
    tallies += [Tally((Axis("prediction"), confidence, failed))]
    tallies += [
        Tally((Axis(name), Axis("confidence", equal=(0.0, 1.0, 20)), failed), ("confidence",)) for name in WORDS
    ]
    tallies += [Tally((Axis(name, equal=(0.0, 1.0, 100)), failed)) for name in SCORES]
    tallies += [Tally((Axis("time", seconds=3600), failed)), Tally((Axis("node"), failed))]
    roles = Roles(truth="truth", prediction="prediction")
    side = Side(source, roles, seen, judge_of(seen, roles))
    counts = LOCAL.answers(source, tallies, side.view, lambda _: None)
    return counts[0].total


def main() -> None:
    """Write, or read in one of three ways, which print their CPU-seconds as JSON."""
    what, *words = sys.argv[1:]
    if what == "write":
        write(Path(words[1]), int(words[0]), int(words[2]) if len(words) > 2 else 0)
        return
    start = time.process_time()
    rows = {"scan": scan, "batches": batches, "tally": tally}[what](words[0])
    print(json.dumps({"rows": rows, "cpu_s": time.process_time() - start}))


if __name__ == "__main__":
    main()
