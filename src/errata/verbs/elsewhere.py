"""What other runs said of the same sample: those on a dataset of the same name, found by its id."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from errata.nouns.run import Run
from errata.store import run_lists, runs
from errata.store.catalog import Store
from errata.store.paging import ALL
from errata.store.run_lists import Which

MOST_RUNS = 12
"""So many runs are looked into, the newest first."""
MOST_ROWS = 5_000_000
"""And so many rows in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A sample in another run: its row there (from 0), what was predicted with which confidence, and the outcome."""

    run: int
    model: str
    dataset: str
    row: int
    prediction: Any
    score: float | None
    failed: bool | None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def elsewhere(store: Store, run: int, id: str | int) -> list[Elsewhere]:
    """The sample of this ``id`` in other runs on a dataset of the same name, newest run first. Raises NotFound."""
    with store.read() as connection:
        this = runs.get_run(connection, store, run)
        if this.dataset is None:
            return []
        every = run_lists.page(connection, store, Which(dataset=this.dataset_name), "-run", ALL)
    others = [one for one in every if one.number != run and one.rows and one.paired]
    found, rows = [], 0
    for one in others[:MOST_RUNS]:
        rows += one.rows or 0
        if rows > MOST_ROWS:
            break
        seen = _seen(store, one, id)
        found += [seen] if seen else []
    return found


def _seen(store: Store, run: Run, id: str | int) -> Elsewhere | None:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from errata.nouns.part import OUTCOMES
    from errata.verbs.parts import plain, source_of_run

    _, source = source_of_run(store, run.number)
    column = source.column(run.roles["id"])
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    try:
        at = pc.index(column, pa.scalar(id).cast(column.type)).as_py()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # no id of that column can be written so
        return None
    if at < 0:
        return None
    with store.read() as connection:
        path = runs.part_path(connection, store, run.number, OUTCOMES)
    failed = pq.read_table(path, columns=["failed"])["failed"][at].as_py()

    def value(role: str) -> Any:
        name = run.roles.get(role)
        return plain(source.column(name)[at].as_py()) if name and name in source.schema.names else None

    score = value("score")
    return Elsewhere(
        run=run.number,
        model=run.model,
        dataset=run.dataset or "",
        row=at,
        prediction=value("prediction"),
        score=score if isinstance(score, float) else None,
        failed=failed,
    )
