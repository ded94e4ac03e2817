"""``@fold``: one of a few folds for each row, the same for all rows of a group."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

from errata.analysis.folds import FOLD, FOLDS
from errata.verbs.audits import Derived, Subject

if TYPE_CHECKING:
    import pyarrow as pa


def fold_column(subject: Subject) -> dict[str, Derived]:
    """The fold of each row by its group; none without groups. A row without a group falls into any."""
    name = subject.outcomes.roles.group
    if name is None:
        return {}

    def of(batch: pa.RecordBatch, _: slice) -> pa.Array:
        import pyarrow as pa
        import pyarrow.compute as pc

        groups = batch.column(name)
        encoded = groups if pa.types.is_dictionary(groups.type) else pc.dictionary_encode(groups)
        values = encoded.dictionary.to_pylist()
        by_value = np.array([zlib.crc32(repr(value).encode()) % FOLDS for value in values] or [0], np.int64)
        index = np.asarray(pc.fill_null(encoded.indices.cast(pa.int64()), -1))
        found = by_value[index]
        alone = np.flatnonzero(index < 0)
        found[alone] = alone % FOLDS
        return pa.array(found)

    return {FOLD: Derived(of, (name,))}
