"""Catalogs and predictions that several tests are about: a model of cats and dogs that fails at night."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from errata.nouns.roles import Roles
from errata.nouns.run import Run
from errata.store.catalog import Store
from errata.verbs.log import LogOptions, log_run

NIGHT = "source = 'night'"


def predictions(
    rows: int = 2000, *, night: float = 0.4, day: float = 0.05, seed: int = 0, first: int = 0, dataset: int = 0
) -> pa.Table:
    """Predictions that fail at these rates by night (a quarter of the rows) and by day.

    Truth and factors depend on ``dataset`` and the row alone, failures on ``seed``; ids count from ``first``.
    """
    world, model = np.random.default_rng([dataset, rows]), np.random.default_rng(seed)
    at_night = world.random(rows) < 0.25
    truth = np.where(world.random(rows) < 0.5, "cat", "dog")
    camera = world.choice(["a", "b", "c"], rows)
    contrast = np.round(world.random(rows), 3)
    failed = model.random(rows) < np.where(at_night, night, day)
    said = np.where(failed, np.where(truth == "cat", "dog", "cat"), truth)
    return pa.table(
        {
            "id": [f"s{first + row:05}" for row in range(rows)],
            "truth": truth.tolist(),
            "prediction": said.tolist(),
            "source": np.where(at_night, "night", "day").tolist(),
            "camera": camera.tolist(),
            "contrast": contrast,
        }
    )


def log(
    store: Store, table: pa.Table, model: str = "pets@1", dataset: str | None = "field@1", roles: Roles | None = None,
    **options: object,
) -> Run:  # fmt: skip
    """Log a table."""
    from errata.integrations.files import table_source

    wanted = LogOptions(model=model, dataset=dataset, **options)  # type: ignore[arg-type]
    return log_run(store, table_source(table), roles or Roles(), wanted)


def png(seed: int, size: int = 8) -> bytes:
    """A small grey picture."""
    import io

    from PIL import Image

    values = np.random.default_rng(seed).integers(0, 256, (size, size), np.uint8)
    file = io.BytesIO()
    Image.fromarray(values).save(file, "PNG")
    return file.getvalue()


def files_under(folder: Path) -> dict[str, bytes]:
    """Every file of a catalog but its lock and SQLite's shared memory, by relative name."""
    skipped = {"lock", "catalog.db-shm"}
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in skipped
    }


def slices(found: Sequence[object]) -> list[str]:
    """The slices of findings."""
    return [one.slice for one in found if one.kind == "slice"]  # type: ignore[attr-defined]
