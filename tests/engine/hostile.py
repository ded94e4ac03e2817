"""Rows that engines get wrong: missing, NaN, negative, infinite, unicode, beyond 2^53, and parts of their own minds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 6_000
WORDS = ["naïve", "Straße", "日本", "", "a'b", "x\u200by"]


def table(rows: int = ROWS, seed: int = 7) -> pa.Table:
    """Predictions whose failures depend on ``light`` and ``node``, with every type that a column may have."""
    rng = np.random.default_rng(seed)
    light = rng.choice(WORDS, rows, p=[0.3, 0.2, 0.2, 0.1, 0.1, 0.1])
    contrast = np.where(rng.random(rows) < 0.05, np.nan, rng.normal(size=rows))
    node = rng.integers(0, 5, rows)
    classes = np.array(["chat", "chien", "œuf"])
    truth = rng.integers(0, 3, rows)
    wrong = rng.random(rows) < np.where((light == "日本") & (contrast < 0), 0.5, 0.12) + 0.1 * (node == 3)
    said = np.where(wrong, (truth + rng.integers(1, 3, rows)) % 3, truth)
    confidence = np.clip(rng.beta(6, 2, rows) - 0.2 * wrong, 0, 1)
    gone = rng.random(rows) < 0.07
    scale = rng.lognormal(size=rows)
    scale[:3] = [np.inf, -np.inf, -0.0]
    return pa.table(
        {
            "id": pa.array((np.arange(rows, dtype=np.int64) * 1_000_003 + 2**62).astype(np.int64)),
            "truth": pa.array(classes[truth]).dictionary_encode(),
            "prediction": classes[said],
            "confidence": confidence,
            "light": pa.array(light, mask=gone),
            "contrast": contrast,
            "scale": scale,
            "signed": pa.array(rng.integers(-40, 5, rows).astype(np.int8), mask=rng.random(rows) < 0.02),
            "huge": pa.array((rng.integers(0, 4, rows).astype(np.uint64) + np.uint64(2**64 - 4)), pa.uint64()),
            "small": pa.array(rng.integers(0, 256, rows), pa.uint8()),
            "price": pa.array(rng.integers(-900, 900, rows)).cast(pa.decimal128(22, 2)),
            "half": pa.array(rng.normal(size=rows).astype(np.float32)),
            "flag": pa.array(rng.random(rows) < 0.4, mask=rng.random(rows) < 0.1),
            "nothing": pa.nulls(rows, pa.string()),
            "a`b.c": rng.normal(size=rows),
            "Flag": pa.array(rng.choice(["yes", "no"], rows)),
            "user": rng.integers(0, 900, rows),
            "node": pa.array([f"nœud-{one}" for one in node]),
            "loss": pa.array(rng.exponential(size=rows) * (1 + 2 * wrong), mask=rng.random(rows) < 0.03),
            "time": pa.array(1_700_000_000_000_000_000 + np.sort(rng.integers(0, 10**15, rows)), pa.timestamp("ns")),
            "zoned": pa.array(rng.integers(-(10**12), 10**15, rows), pa.timestamp("us", "Asia/Kathmandu")),
            "day": pa.array(rng.integers(18_000, 18_400, rows).astype(np.int32), pa.date32()),
        }
    )


def write_parts(folder: Path, whole: pa.Table) -> Path:
    """Four parts in ``key=value`` folders: one without rows, one with a category that no other has."""
    bounds = [0, whole.num_rows // 2, whole.num_rows // 2, whole.num_rows * 5 // 6, whole.num_rows]
    for at in range(4):
        part = whole.slice(bounds[at], bounds[at + 1] - bounds[at])
        if at == 3:
            alone = pa.array(["only here"] * part.num_rows)
            part = part.set_column(part.schema.get_field_index("light"), "light", alone)
        place = folder / f"site=0{at} é%"
        place.mkdir(parents=True)
        pq.write_table(part, place / "part+[1].parquet", row_group_size=700)
    return folder
