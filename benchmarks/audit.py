"""A log of predictions with 25 columns, and everything that an audit counts of it, beside a scan that counts nothing.

python -m benchmarks.audit write ROWS FILE [SEED]
python -m benchmarks.audit scan FILE       as pyarrow reads unless told otherwise
python -m benchmarks.audit batches FILE    as the audit reads: not fetched ahead, on one thread
python -m benchmarks.audit full FILE [TIMES]
python -m benchmarks.audit again FILE      with the counts kept, once more
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
FULL = ("calibration", "operating-points", "trend", "nodes", "drift")


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
    """Read it as the audit does, and do nothing with it."""
    from errata.integrations.files import open_source

    source = open_source(path)
    return sum(batch.num_rows for batch in source.batches(source.schema.names))


def full(path: str, times: int = 1) -> int:
    """The whole audit: drift of ten numbers and five categories, calibration by slice, recall at a precision for ten
    classes, false positives by bin, the hourly trend and nodes. ``times``: the file is listed so often, and each time
    counted."""
    return _audit(path, times).run.rows


def again(path: str) -> dict[str, float]:
    """Seconds of the audit, of it again, and of another analysis, with the counts kept: wall time, in one process."""
    import tempfile

    from errata.store.counts import StoredCounts

    said = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, chosen in (("first_s", FULL), ("again_s", FULL), ("trend_s", ("trend",)), ("drift_s", ("drift",))):
            start = time.perf_counter()
            _audit(path, 1, chosen, StoredCounts(Path(folder)))
            said[name] = time.perf_counter() - start
    return said


def _audit(path: str, times: int = 1, chosen: tuple[str, ...] = FULL, engine: Any = None) -> Any:
    from errata.integrations.files.parquet import ParquetSource
    from errata.nouns.roles import Roles
    from errata.verbs.analyze import AnalyzeOptions, analyze_source
    from errata.verbs.counting import LOCAL

    source = ParquetSource(path, [(f"{path} ({time + 1})", Path(path)) for time in range(times)])
    roles = Roles(score="confidence", positive="class-1", exclude=SCORES)
    options = AnalyzeOptions(analyses=chosen, nodes=("node",))
    return analyze_source(source, roles, options, engine=engine or LOCAL)


def main() -> None:
    """Write, or read in one of these ways, which print what they took as JSON."""
    what, *words = sys.argv[1:]
    if what == "write":
        write(Path(words[1]), int(words[0]), int(words[2]) if len(words) > 2 else 0)
        return
    if what == "again":
        print(json.dumps(again(words[0])))
        return
    start = time.process_time()
    if what == "full":
        rows = full(words[0], int(words[1]) if len(words) > 1 else 1)
    else:
        rows = {"scan": scan, "batches": batches}[what](words[0])
    print(json.dumps({"rows": rows, "cpu_s": time.process_time() - start}))


if __name__ == "__main__":
    main()
