"""What makes two datasets the same: their ids with truth, or, without ids, what their rows hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from errata.core.errors import Conflict
from errata.nouns.roles import Roles
from errata.nouns.run import Run
from errata.store import runs
from errata.store.catalog import Store
from errata.tasks import truths
from errata.tasks.columns import is_nested

if TYPE_CHECKING:
    import pyarrow as pa
    import sqlalchemy as sa

    from errata.nouns.source import Source


@dataclass(frozen=True, slots=True)
class DatasetDigests:
    """``content`` covers sorted ids with truth, ``ids`` the ids alone; without ids, ``content`` covers the rows.

    ``ids_column`` and ``truth`` are kept to tell late truth from other truth.
    """

    content: str
    ids: str | None
    ids_column: pa.ChunkedArray | None
    truth: pa.ChunkedArray | None


def digests_of_dataset(
    source: Source, roles: Roles, columns: Mapping[str, pa.ChunkedArray], model_columns: Sequence[str] = ()
) -> DatasetDigests:
    """The digests of the dataset that these predictions are of.

    Without ids, rows are what the model did not write: every column but prediction, scores, loss, latency, what the
    failure expression reads, and ``model_columns``. Most columns of a generation's log are of the run and not of the
    data, so there they are question, reference and group, where it has any of these.
    """
    from errata.core.digests import table_digest

    truth = columns[roles.truth] if roles.truth else None
    if roles.id is not None:
        ids = columns[roles.id]
        both = {"id": ids, **({"truth": truth} if truth is not None else {})}
        return DatasetDigests(table_digest(both, "id"), table_digest({"id": ids}, "id"), ids, truth)
    rows = {name: columns[name] for name in _of_the_data(source, roles) if name not in model_columns}
    return DatasetDigests(table_digest(rows or dict(columns), None), None, None, truth)


def check_same_dataset(connection: sa.Connection, store: Store, run: Run, digests: DatasetDigests) -> None:
    """Raise Conflict ``other-dataset`` when this dataset version was logged before with other ids or truth.

    Truth that is only late, missing on one side and the same wherever both have it, is no other truth. The run itself,
    if it is logged already, says nothing.
    """
    assert run.dataset is not None
    agreed = {digests.content}
    for other, ids in runs.of_dataset(connection, store, run.dataset):
        if other.number == run.number or other.dataset_digest in agreed:
            continue
        if (ids is None) != (digests.ids is None):
            fault = f"{other.ref} has {'no ids' if ids is None else 'ids'}, this has {'ids' if ids is None else 'none'}"
        elif ids is None:
            fault = f"the rows differ from those of {other.ref}"
        elif ids != digests.ids:
            fault = f"the ids differ from those of {other.ref}"
        elif _is_late(store, other, digests):
            agreed.add(str(other.dataset_digest))
            continue
        else:
            fault = f"the truth of the same ids differs from that of {other.ref}"
        raise Conflict(
            "other-dataset",
            f"{run.dataset} is another dataset: {fault}",
            expected=f"the {'rows' if ids is None else 'ids and truth'} of {other.ref}, as {run.dataset} names them",
            found=f"{run.rows} rows, {other.ref} has {other.rows}" if run.rows != other.rows else "",
            next=f"--dataset {run.dataset_name}@NEXT, or mend the file",
        )


def _of_the_data(source: Source, roles: Roles) -> list[str]:
    from errata.nouns.criterion import parse_expression
    from errata.tasks.left_out import measures_latency
    from errata.tasks.scores import score_columns

    if roles.task == "generation":
        asked = [name for name in (roles.question, roles.truth, roles.group) if name is not None]
        if asked:
            return list(dict.fromkeys(asked))
    of_answers = (roles.contexts, roles.judge, roles.faithfulness, roles.tools)
    written = {roles.prediction, roles.score, roles.loss, *of_answers, *score_columns(source, roles.scores)}
    if roles.failed is not None:
        written |= set(parse_expression(roles.failed).columns)
    return [name for name in source.schema.names if name not in written and not measures_latency(name)]


def _is_late(store: Store, other: Run, digests: DatasetDigests) -> bool:
    """Whether truth differs only in that one has it where the other does not, yet. The ids are the same."""
    import pyarrow.compute as pc

    from errata.verbs.parts import roles_of_run, source_of_run

    _, source = source_of_run(store, other.number)
    roles = roles_of_run(other, source)
    if digests.truth is None or roles.truth is None:
        return True
    if digests.ids_column is None or roles.id is None:
        return False
    sides = []
    for ids, truth in ((source.column(roles.id), source.column(roles.truth)), (digests.ids_column, digests.truth)):
        order = pc.sort_indices(_plain(ids))
        truth = _as_text(_plain(truth)) if is_nested(truth.type) else truth
        sides.append(truths.settled(truth).take(order))
    here = truths.alike(sides[1], sides[0].type)
    return here is not None and not truths.differs(sides[0], here).any()


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa

    from errata.tasks.pairing import texts_of

    return pa.chunked_array([pa.array(texts_of(column), pa.string())])


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa

    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
