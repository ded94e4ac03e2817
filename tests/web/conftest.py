"""A small catalog with everything a page can show: a case that was closed and came back, images, a plan, gates."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.serving import served

pytest.importorskip("fastapi", reason="the extra serve is not installed")
pytest.importorskip("altair", reason="the extra charts is not installed")

ROWS = 900
HOSTILE = "<script>alert(1)</script>"


def png(shade: int) -> bytes:
    """An 8 × 8 grey PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes([shade] * 8) for _ in range(8))
    head = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def predictions(night: float, day: float) -> pa.Table:
    """Rows of which a share ``night`` fails at night and ``day`` by day; the same samples each time."""
    random = np.random.default_rng(7)
    source = np.where(random.random(ROWS) < 1 / 3, "night", "day")
    chance = random.random(ROWS)
    failed = chance < np.where(source == "night", night, day)
    truth = np.where(random.random(ROWS) < 0.5, "cat", "dog")
    other = np.where(truth == "cat", "dog", "cat")
    return pa.table(
        {
            "id": [f"s{row:04d}" for row in range(ROWS)],
            "truth": truth,
            "prediction": np.where(failed, other, truth),
            "confidence": np.round(0.5 + 0.5 * chance, 3),
            "source": source,
            "note": [HOSTILE if row % 3 else "plain" for row in range(ROWS)],
            "image": [png(row % 256) for row in range(ROWS)],
        }
    )


@pytest.fixture(scope="session")
def catalog(tmp_path_factory: pytest.TempPathFactory):
    from errata.client.catalog import init_catalog

    made = init_catalog(tmp_path_factory.mktemp("pages"), project="animals", key="ANI")
    runs = []
    for version, night, day in ((1, 0.5, 0.05), (2, 0.05, 0.05), (3, 0.6, 0.05)):
        run = made.runs.log(predictions(night, day), model=f"pets@{version}", dataset="field@1", image="image")
        made.runs.analyze(run.number)
        runs.append(run.number)
        if version == 1:
            worst = next(f for f in made.findings.list(run.number) if f.slice == "source = 'night'")
            case = made.cases.open(title=f"Night fails {HOSTILE}", finding=worst.number, reason="Cameras see at night.")
            made.checks.add(case=case.key, criterion="<= 0.3")
            made.checks.add(slice="all", criterion="<= baseline + 0.01", name="Not worse overall")
            plan = made.plans.open(cases=[case.key], action="Train on night images", title="More nights", cost="a day")
        if version == 2:
            made.plans.measure(plan.key, before=runs[0], after=runs[1])
            made.gates.run(runs[1], baseline=runs[0])
            assert made.cases.close(case.key, runs[1]).state == "closed"
    made.gates.run(runs[2], baseline=runs[1])
    assert made.cases.get(case.key).state == "reopened"
    rule = made.rules.add(
        title=f"Sure and wrong {HOSTILE}", when="confidence >= 0.6 and failed", method="reservoir", size=9
    )
    made.capture(runs[0], [rule.key])
    made.runs.log(model="pets@4", dataset="field@1", state="failed", error="MemoryError")
    yield made
    made.close()


@pytest.fixture(scope="session")
def empty_catalog(tmp_path_factory: pytest.TempPathFactory):
    from errata.client.catalog import init_catalog

    made = init_catalog(tmp_path_factory.mktemp("empty"), project="empty", key="EMP")
    yield made
    made.close()


@pytest.fixture(scope="session")
def address(catalog) -> Iterator[str]:
    """Where the catalog is served."""
    with served(catalog) as found:
        yield found


@pytest.fixture(scope="session")
def empty_address(empty_catalog) -> Iterator[str]:
    """Where a catalog without anything in it is served."""
    with served(empty_catalog) as found:
        yield found


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Debian's Chromium."""
    found = Path("/usr/bin/chromium")
    if not found.exists():
        pytest.skip("/usr/bin/chromium is not installed")
    return found


HOSTILE_COLUMN = "<img src=x onerror=alert(1)>"


def fleet(rows: int = 6000) -> pa.Table:
    """Rows of ten days: one node at fault, one with hard traffic, a change after five days, a hostile column."""
    random = np.random.default_rng(3)
    seconds = np.sort(random.uniform(0, 10 * 86_400, rows))
    at = np.datetime64("2026-01-01") + (seconds * 1e6).astype("timedelta64[us]")
    node = random.choice([f"edge-{number}" for number in range(6)], rows)
    hard = random.random(rows) < np.where(node == "edge-3", 0.7, 0.2)
    late = seconds > 5 * 86_400
    failed = random.random(rows) < 0.04 + 0.1 * late + 0.15 * hard + 0.15 * (node == "edge-1")
    truth = np.where(random.random(rows) < 0.4, "bad", "good")
    return pa.table(
        {
            "id": np.arange(rows),
            "truth": truth,
            "prediction": np.where(failed, np.where(truth == "bad", "good", "bad"), truth),
            "confidence": np.clip(random.beta(8, 2, rows) * 0.5 + 0.5 - 0.1 * failed, 0.5, 1),
            "at": at,
            "node": node,
            "firmware": np.where(late & (random.random(rows) < 0.7), "fw 1.1", "fw 1.0"),
            "kind": np.where(hard, "hard", "easy"),
            "load": random.normal(0, 1, rows) + late,
            "latency_ms": random.lognormal(4, 0.5, rows),
            HOSTILE_COLUMN: random.choice(["a", "b,c", "d'\"e"], rows),
        }
    )


@pytest.fixture(scope="session")
def fleet_catalog(tmp_path_factory: pytest.TempPathFactory):
    """run:1 with a time, run:2 without one, run:3 without predictions."""
    from errata.client.catalog import init_catalog

    made = init_catalog(tmp_path_factory.mktemp("fleet"), project="fleet", key="FLE")
    made.runs.log(fleet(), model="fleet@1", dataset="roads@1", time="at")
    made.runs.log(fleet().drop_columns("at").slice(0, 1500), model="fleet@1", dataset="lab@1")
    made.runs.log(model="fleet@2", dataset="roads@1", state="failed", error="MemoryError")
    yield made
    made.close()


@pytest.fixture(scope="session")
def fleet_address(fleet_catalog) -> Iterator[str]:
    """Where it is served."""
    with served(fleet_catalog) as found:
        yield found
