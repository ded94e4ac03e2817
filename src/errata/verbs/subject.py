"""What an audit is about: a source with its roles, and what is known of it without reading every row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from errata.analysis.figures import grouped_effect
from errata.analysis.tally import FAILED
from errata.core.columns import floats
from errata.factors.recode import recode
from errata.nouns.outcome import UNKNOWN, Outcomes
from errata.nouns.roles import Roles
from errata.tasks.scores import by_label, in_unit_interval
from errata.verbs.counting import LOCAL, Engine, SliceEngine
from errata.verbs.view import view_of

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.factors.encode import Factor
    from errata.nouns.source import Source
    from errata.tasks.reserved import Reserved, View
    from errata.tasks.rule import Ruling
    from errata.verbs.analyze import AnalyzeOptions
    from errata.verbs.beside import Beside

GLANCE = 1 << 17
Made = TypeVar("Made")


class Subject:
    """What an audit is about.

    ``labels`` are the classes, those of truth first (``true_labels`` of them). ``outcomes``, ``groups``, ``confidence``
    and ``codes`` are one value a row: they are read when they are first asked for, and hold memory for every row. What
    can be counted or drawn is asked for in Tallies and Draws over ``view`` instead, which stream.
    """

    def __init__(
        self,
        source: Source,
        roles: Roles,
        task: str,
        labels: Sequence[Any],
        true_labels: int,
        factors: Sequence[Factor],
        min_rows: int,
        options: AnalyzeOptions,
        outcomes: Outcomes | None = None,
        engine: Engine = LOCAL,
        glance: pa.Table | None = None,
    ) -> None:
        self.source = source
        self.roles = roles
        self.task = task
        self.labels = list(labels)
        self.true_labels = true_labels
        self.factors = list(factors)
        self.min_rows = min_rows
        self.options = options
        self.engine = engine
        self.beside: Beside | None = None
        self._made: dict[Callable[[Subject], Any], Any] = {}
        if outcomes is not None:
            self.outcomes = outcomes
        if glance is not None:
            self.glance = glance

    def once(self, make: Callable[[Subject], Made]) -> Made:
        """What ``make`` makes of it, made when it is first asked for: an audit's columns and its run need the same."""
        if make not in self._made:
            self._made[make] = make(self)
        found: Made = self._made[make]
        return found

    @staticmethod
    def of(
        source: Source,
        outcomes: Outcomes,
        factors: Sequence[Factor],
        min_rows: int,
        options: AnalyzeOptions,
        engine: Engine = LOCAL,
    ) -> Subject:
        """A subject whose outcomes have been read."""
        roles, labels, true_labels = outcomes.roles, outcomes.labels, outcomes.true_labels
        return Subject(source, roles, outcomes.task, labels, true_labels, factors, min_rows, options, outcomes, engine)

    @cached_property
    def outcomes(self) -> Outcomes:
        """The outcome of every row."""
        from errata.tasks.outcomes import read_outcomes

        return read_outcomes(self.source, self.roles, allow_unknown=True)

    @cached_property
    def view(self) -> View:
        """The reserved columns that every audit may ask for."""
        columns = self.score_columns
        scores = None if columns is None else list(zip(self.labels, columns, strict=True))
        return view_of(self.roles, self.task, scores=scores, factors=self.factors, ruling=self.ruling)

    @cached_property
    def ruling(self) -> Ruling | None:
        """The rule of a task that has one, from the rows at which it glanced."""
        from errata.tasks.choose import RULED, ruling_of

        if self.roles.task not in RULED:
            return None
        return ruling_of(self.source.name, self.source.schema, self.glance, self.roles)

    @cached_property
    def about(self) -> Outcomes:
        """What is known of the outcomes without their rows."""
        kinds = alone = None
        if "outcomes" in self.__dict__:
            kinds, alone = self.outcomes.kinds, self.outcomes.criterion_alone
        return Outcomes(
            task=self.task,
            roles=self.roles,
            failed=np.zeros(0, np.int8),
            labels=self.labels,
            true_labels=self.true_labels,
            kinds=kinds,
            criterion_alone=bool(alone),
        )

    @cached_property
    def score_columns(self) -> list[str] | None:
        """The column of each class's score; None without. Raises ColumnError when a class has none."""
        return by_label(self.source, self) if self.is_classification else None

    @property
    def is_classification(self) -> bool:
        """Whether there are classes: a truth and a prediction of them."""
        return self.task == "classification" and None not in (self.roles.truth, self.roles.prediction)

    @cached_property
    def judged(self) -> bool:
        """Whether any row at which it glanced is known to have failed or passed."""
        if "outcomes" in self.__dict__:
            return bool((self.outcomes.failed != UNKNOWN).any())
        return FAILED in self.view.reserved and self.seen([FAILED]).column(FAILED).null_count < self.source.rows

    @cached_property
    def groups(self) -> NDArray[np.int64] | None:
        """The group of every row as a dense code; None without the role."""
        from errata.tasks.pairing import group_numbers

        return None if self.roles.group is None else group_numbers(self.source.column(self.roles.group))

    @cached_property
    def confidence(self) -> NDArray[np.float64] | None:
        """The confidence in each prediction, NaN where missing; None without scores."""
        if not self.is_classification:
            return None
        if self.roles.score is not None:
            return in_unit_interval(self.source, self.roles.score)
        if self.score_columns is None:
            return None
        assert self.outcomes.prediction is not None
        found = np.full(self.source.rows, np.nan)
        for label, name in enumerate(self.score_columns):
            said = self.outcomes.prediction == label
            found[said] = in_unit_interval(self.source, name)[said]
        return found

    @property
    def has_confidence(self) -> bool:
        """Whether something says how sure each prediction was."""
        return self.is_classification and (self.roles.score is not None or self.score_columns is not None)

    def codes(self, factor: Factor) -> NDArray[np.uint8]:
        """The code of every row under a factor."""
        if len(factor.codes) == self.source.rows:
            return factor.codes
        return recode(factor, self.source.column(factor.name))

    def effect(self, values: NDArray[np.float64], about: NDArray[np.bool_]) -> float:
        """The design effect of rows that depend on each other, for these values among the rows ``about``."""
        return grouped_effect(values, self.groups, about)

    def failure_effect(self) -> float:
        """The design effect for failing; 1 without groups."""
        return self._failure_effect

    @cached_property
    def _failure_effect(self) -> float:
        # Several audits ask for it, and on Spark each time would be a reading of every row.
        if self.roles.group is None:
            return 1.0
        if isinstance(self.engine, SliceEngine):
            with self.engine.counter(self.source, self.view, (), (), failed=FAILED, group=self.roles.group) as counter:
                return counter.sums([((), True, ())])[0].effect
        failed = self.outcomes.failed
        return self.effect((failed == 1).astype(np.float64), failed != UNKNOWN)

    @cached_property
    def glance(self) -> pa.Table:
        """About GLANCE rows of every column, from all over."""
        return self.engine.glance(self.source, GLANCE)

    def seen(self, columns: Sequence[str], more: Mapping[str, Reserved] | None = None) -> pa.Table:
        """These columns, reserved ones too (``more`` beside those of ``view``), of the rows at which it glanced."""
        import pyarrow as pa

        from errata.tasks.reserved import View

        view = View({**self.view.reserved, **(more or {})})
        names = self.source.schema.names
        table = self.glance.select(view.read(columns, names) or names[:1])
        batches = [view.of(batch, columns).select(list(columns)) for batch in table.to_batches()]
        return pa.Table.from_batches(batches)

    def seen_floats(self, name: str, more: Mapping[str, Reserved] | None = None) -> NDArray[np.float64]:
        """One of these columns as float64."""
        return floats(self.seen([name], more).column(name))
