"""Runs of one model on one dataset that say on how many examples each was trained."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from errata.core.columns import dictionary
from errata.store import runs
from errata.store.catalog import Store
from errata.verbs.beside import PARAMETERS, Training
from errata.verbs.parts import Judged, read_run

if TYPE_CHECKING:
    from errata.nouns.run import Run

MOST_RUNS = 200


def trainings(store: Store, judged: Judged, name: str | None) -> tuple[Training, ...] | str:
    """The runs of this run's model name on its dataset version whose parameters say a size, or why there are none.

    ``name`` is the parameter; else the first of the usual names that the run has. Samples are told apart by id; without
    ids, runs are taken as being about different samples.
    """
    run = judged.run
    parameter = name or next((one for one in PARAMETERS if _size(run, one) is not None), None)
    if parameter is None:
        return "no parameter of the run says on how many examples it was trained (errata log --param train_size=…)"
    with store.read() as connection:
        others = [one for one, _ in runs.of_dataset(connection, store, run.dataset or "")]
    same = [one for one in others if one.model_name == run.model_name and one.state == "complete"]
    sized = [(size, one) for one in same if (size := _size(one, parameter)) is not None][:MOST_RUNS]
    if not sized:
        return f"no run of {run.model_name} on {run.dataset} has the parameter {parameter}"
    names: dict[Any, int] = {}
    found = []
    for size, one in sized:
        there = judged if one.number == run.number else read_run(store, one.number)
        failed = there.outcomes.failed
        identity = there.outcomes.roles.id
        if identity is None:
            samples = len(names) + np.arange(len(failed), dtype=np.int64)
            names.update({(one.number, row): len(names) + row for row in range(len(failed))})
        else:
            values, codes = dictionary(there.source.column(identity))
            by_value = np.array([names.setdefault(value, len(names)) for value in values] or [0], np.int64)
            samples = by_value[codes]
        found.append(Training(one.ref, size, failed, samples))
    return tuple(found)


def _size(run: Run, parameter: str) -> float | None:
    value = run.params.get(parameter)
    try:
        size = float(value) if value is not None and not isinstance(value, bool) else math.nan
    except (TypeError, ValueError):
        return None
    return size if math.isfinite(size) and size > 0 else None
