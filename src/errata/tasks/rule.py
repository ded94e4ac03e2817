"""A task's rule: what a batch of rows says about itself, and nothing else. So outcomes can be told batch by batch.

A rule is made from some of the rows (which separator, which scale) and then told every batch. The failure criterion
may read what the rule measures by name (``recall < 0.5``, ``unfaithful``), as if it were a column; a criterion that
does, or that reads the judge, decides alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from errata.nouns.outcome import FAILED, PASSED, UNKNOWN, KindCodes, Kinds

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.criterion import Expression


@dataclass(frozen=True, slots=True)
class Told:
    """What a rule says of a batch, one value a row: ``failed`` as in Outcomes, ``loss`` (NaN unknown), kinds as bits,
    measures by name."""

    failed: NDArray[np.int8]
    loss: NDArray[np.float64] | None
    kind: KindCodes
    measures: dict[str, NDArray[np.float64]] = field(default_factory=dict)


class Rule(Protocol):
    """One task over one file."""

    @property
    def task(self) -> str:
        """Its name."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it looks at."""

    @property
    def kinds(self) -> Kinds:
        """The kinds that it tells."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed."""

    @property
    def measured(self) -> tuple[str, ...]:
        """The names of its measures."""

    @property
    def decides(self) -> tuple[str, ...]:
        """Columns whose criterion counts instead of the rule's own."""

    @property
    def judges(self) -> bool:
        """Whether it can tell what failed by itself."""

    def tell(self, batch: pa.RecordBatch) -> Told:
        """What the rows of a batch with these columns are. Raises ValueFault for values that cannot be used."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """A rule and the failure criterion beside it; ``there`` are the columns of the file, which go first."""

    rule: Rule
    criterion: Expression | None = None
    there: frozenset[str] = frozenset()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that both look at."""
        read = () if self.criterion is None else self.criterion.columns
        return tuple(dict.fromkeys([*self.rule.columns, *(name for name in read if name not in self.computed)]))

    @property
    def computed(self) -> tuple[str, ...]:
        """What a criterion may name though no column is called so."""
        named = (*self.rule.measured, *(spoken(name) for name in self.rule.kinds.names))
        return tuple(name for name in named if name not in self.there)

    @property
    def alone(self) -> bool:
        """Whether the criterion decides alone."""
        if self.criterion is None:
            return False
        return not self.rule.judges or bool({*self.computed, *self.rule.decides} & set(self.criterion.columns))

    def tell(self, batch: pa.RecordBatch) -> Told:
        """As the rule tells it, with the criterion."""
        told = self.rule.tell(batch)
        if self.criterion is None:
            return told
        held = self.criterion.evaluate(lambda name: _column(batch, name, told, self.rule.kinds))
        if self.alone:
            return Told(held, told.loss, told.kind, told.measures)
        return Told(either(told.failed, held), told.loss, told.kind, told.measures)


def lean(ruling: Ruling) -> Ruling:
    """The ruling for what failed alone, without the kinds and measures that nobody asks for."""
    from errata.tasks.generation import Generation

    if not isinstance(ruling.rule, Generation):
        return ruling
    read = () if ruling.criterion is None else ruling.criterion.columns
    rule = ruling.rule.only(frozenset(read))
    if ruling.alone:
        rule = replace(rule, judged=False, judge=rule.judge if "judge_score" in rule.measured else None)
    return replace(ruling, rule=rule)


def spoken(kind: str) -> str:
    """A kind as an expression names it: ``tool_error``."""
    return kind.replace("-", "_")


def either(failed: NDArray[np.int8], held: NDArray[np.int8]) -> NDArray[np.int8]:
    """True if either is, unknown if neither is true and one is unknown."""
    unknown = (failed == UNKNOWN) | (held == UNKNOWN)
    found = np.where((failed == FAILED) | (held == FAILED), FAILED, np.where(unknown, UNKNOWN, PASSED))
    return found.astype(np.int8)


def joined(parts: Sequence[Told]) -> Told:
    """What was said of batch after batch, as of one."""
    loss = None if parts[0].loss is None else np.concatenate([one.loss for one in parts if one.loss is not None])
    return Told(
        np.concatenate([one.failed for one in parts]),
        loss,
        KindCodes(np.concatenate([one.kind.of for one in parts]), np.concatenate([one.kind.known for one in parts])),
        {name: np.concatenate([one.measures[name] for one in parts]) for name in parts[0].measures},
    )


def coded(columns: Sequence[tuple[NDArray[np.bool_], NDArray[np.bool_]]], rows: int) -> KindCodes:
    """Kinds from, for each, the rows that are of it and those where that is known."""
    of, known = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
    for place, (holds, told) in enumerate(columns):
        of |= (holds & told).astype(np.int64) << place
        known |= told.astype(np.int64) << place
    return KindCodes(of, known)


def _column(batch: pa.RecordBatch, name: str, told: Told, kinds: Kinds) -> pa.ChunkedArray:
    import pyarrow as pa

    made: Any
    if name in batch.schema.names:
        made = batch.column(name)
    elif name in told.measures:
        values = told.measures[name]
        made = pa.array(values, mask=np.isnan(values))
    else:
        place = [spoken(one) for one in kinds.names].index(name)
        bit = np.int64(1) << place
        made = pa.array((told.kind.of & bit) != 0, mask=(told.kind.known & bit) == 0)
    return pa.chunked_array([made])
