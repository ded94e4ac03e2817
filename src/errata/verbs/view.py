"""The reserved columns of a source: ``@failed``, ``@right``, ``@confidence``, ``@loss``, and those of its factors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from errata.analysis.tally import CONFIDENCE, FAILED, LOSS, RIGHT, Axis, Label
from errata.factors.encode import MISSING, Factor
from errata.factors.recode import recode
from errata.nouns.roles import Roles
from errata.nouns.slice import Condition
from errata.nouns.tokens import can_be_written
from errata.tasks.reserved import AbsoluteError, Failed, Field, IsSame, Not, Number, OfSaid, Reserved, Ruled, View
from errata.tasks.rule import Ruling
from errata.tasks.streamed import Judge

if TYPE_CHECKING:
    import pyarrow as pa

TOLD = "@told"
"""All that a task's rule tells of a row: a struct."""
FACTOR = "@factor "
"""``@factor NAME`` is a reserved column: the codes of that factor's values or bins, as ``Factor.choices`` has them."""


@dataclass(frozen=True)
class Recoded:
    """The codes of a factor (uint8)."""

    factor: Factor

    @property
    def needs(self) -> tuple[str, ...]:
        """The factor's column."""
        return (self.factor.name,)

    def of(self, batch: pa.RecordBatch) -> pa.Array:
        """Codes, as ``errata.factors.recode`` makes them."""
        import pyarrow as pa

        return pa.array(recode(self.factor, pa.chunked_array([batch.column(self.factor.name)])))

    def to_json(self) -> dict[str, Any]:
        """The column and its values or edges."""
        values = [one.condition.value for one in self.factor.choices if one.condition.kind == "equals"]
        edges = None if self.factor.edges is None else list(self.factor.edges)
        return {"factor": self.factor.name, "edges": edges, "values": values}


def view_of(
    roles: Roles,
    task: str,
    criterion_columns: Iterable[str] = (),
    scores: Sequence[tuple[Any, str]] | None = None,
    factors: Iterable[Factor] = (),
    ruling: Ruling | None = None,
) -> View:
    """The reserved columns of a source with these complete roles. ``scores`` are the classes with the columns of their
    scores; ``ruling`` tells the outcomes of a task that has a rule. What has no role has no column."""
    made: dict[str, Reserved] = {}
    if ruling is not None:
        made[TOLD], made[RIGHT] = Ruled(ruling), Not(FAILED)
        made[FAILED], made[LOSS] = Field(TOLD, "failed"), Field(TOLD, "loss")
    classes = task == "classification" and roles.truth is not None and roles.prediction is not None
    if ruling is None and (classes or roles.failed is not None):
        made[FAILED] = Failed(judge_for(roles, task, criterion_columns))
        made[RIGHT] = Not(FAILED)
    if classes and roles.failed is not None:
        assert roles.truth is not None and roles.prediction is not None
        # Whether the class is right, whatever else counts as failed.
        made[RIGHT] = IsSame(roles.truth, roles.prediction)
    if classes and roles.score is not None:
        made[CONFIDENCE] = Number(roles.score)
    elif classes and scores:
        assert roles.prediction is not None
        made[CONFIDENCE] = OfSaid(roles.prediction, tuple(scores))
    if roles.loss is not None:
        made[LOSS] = Number(roles.loss)
    elif task == "regression" and roles.truth is not None and roles.prediction is not None:
        made[LOSS] = AbsoluteError(roles.truth, roles.prediction)
    none = np.zeros(0, np.uint8)  # a view is sent elsewhere; the codes of rows stay here
    return View({**made, **{FACTOR + one.name: Recoded(replace(one, codes=none)) for one in factors}})


def judge_for(roles: Roles, task: str, criterion_columns: Iterable[str] = ()) -> Judge:
    """What says which rows of a batch failed, of a task that is known."""
    from errata.nouns.criterion import parse_expression

    criterion = None if roles.failed is None else parse_expression(roles.failed)
    columns = () if criterion is None else tuple(criterion.columns)
    used: tuple[str, ...] = ()
    if task == "classification" and roles.truth is not None and roles.prediction is not None:
        used = (roles.truth, roles.prediction)
    return Judge(roles, task, tuple(dict.fromkeys([*used, *columns, *criterion_columns])), criterion)


def axis_of(factor: Factor) -> Axis:
    """The axis by which a factor is counted: its bins, or its values by label, so that counts of other parts add up.

    Of a factor that looks at its frequent values alone, the reserved column of its codes.
    """
    if factor.edges is not None:
        return Axis(factor.name, edges=factor.edges)
    return Axis(FACTOR + factor.name) if factor.rare else Axis(factor.name)


def labels_of(factor: Factor) -> list[Label | object]:
    """The label of each of the 256 codes on ``axis_of``; an object that no count has where there is none."""
    if factor.rare and factor.edges is None:
        return list(range(256))
    labels: list[Label | object] = [object() for _ in range(256)]
    labels[MISSING] = None
    if factor.edges is not None:
        labels[: len(factor.edges) + 1] = range(len(factor.edges) + 1)
    else:
        for choice in factor.choices:
            if choice.condition.kind == "equals":
                labels[choice.low] = choice.condition.value
    return labels


def slice_of(factor: Factor, label: Label) -> str | None:
    """How a label on ``axis_of`` reads as a slice; None of one that no slice can name, such as a rare value."""
    if label is None or (factor.rare and label == MISSING):
        return Condition(factor.name, "null").text
    if factor.edges is not None:
        at, edges = int(label), factor.edges
        low, high = (None if at == 0 else edges[at - 1]), (None if at == len(edges) else edges[at])
        return Condition(factor.name, "range", low=low, high=high).text
    if factor.rare:
        return next((one.condition.text for one in factor.choices if one.low == one.high == label), None)
    unwritable = not can_be_written(label) if isinstance(label, str) else not np.isfinite(label)
    return None if unwritable else Condition(factor.name, "equals", value=label).text
