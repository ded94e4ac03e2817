"""The audits that ``errata analyze --all`` and ``--only`` add to slices and confusion.

An audit has a name, says which role is missing for it, and asks for Tallies as a generator. All that is asked of one
file is answered in one pass (one more where an audit asks again). A new one is a module with an ``AUDIT``, a line in
``AUDITS``, its result in ``errata.nouns.analyses.PLACES``, its lines in ``errata.show.analyses_text`` and, where it has
any, its charts in ``errata.show.analyses_charts``.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.analysis.tally import CONFIDENCE, FAILED, LOSS, RIGHT, Counts, Tally
from errata.core.errors import ErrataError, UsageError
from errata.core.names import nearest
from errata.core.units import count
from errata.nouns.analyses import Analysis, NotDone
from errata.nouns.outcome import UNKNOWN
from errata.tasks.scores import by_label, in_unit_interval

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.factors.encode import Factor
    from errata.nouns.outcome import Outcomes
    from errata.nouns.source import Source
    from errata.verbs.analyze import AnalyzeOptions, Progress
    from errata.verbs.beside import Beside

SLICES, CONFUSION, HOLDOUT, CAUSES = "slices", "confusion", "holdout", "causes"
SEARCHED = (SLICES, CONFUSION)
"""What is analysed when nothing is chosen: it stands in the report's findings."""
AUDITS: dict[str, str] = {
    "calibration": "errata.verbs.calibration",
    "operating-points": "errata.verbs.operating_points",
    "trend": "errata.verbs.trend",
    "nodes": "errata.verbs.nodes",
    "residuals": "errata.verbs.residuals",
    HOLDOUT: "errata.verbs.holdout",
    CAUSES: "errata.verbs.causes",
}
"""Name → the module that holds its ``AUDIT``, in the order in which they are told."""
ON_REQUEST = frozenset({CAUSES})
"""What ``--all`` leaves out: only its own name chooses it."""
FACTOR = "@factor "
"""``@factor NAME`` is a reserved column: the codes of that factor's values or bins, as ``Factor.choices`` has them."""


@dataclass(frozen=True, slots=True)
class Derived:
    """A reserved column that the pass makes batch by batch: from the columns that it ``needs``, and the row numbers."""

    of: Callable[[pa.RecordBatch, slice], pa.Array]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What an audit is about. ``groups`` are dense codes, one a row. ``confidence`` is NaN where missing."""

    source: Source
    outcomes: Outcomes
    factors: Sequence[Factor]
    groups: NDArray[np.int64] | None
    confidence: NDArray[np.float64] | None
    min_rows: int
    options: AnalyzeOptions
    beside: Beside | None = None


Asking = Generator[list[Tally], list[Counts], Analysis]


@dataclass(frozen=True, slots=True)
class Audit:
    """``missing`` says why the source cannot be audited (no role for it), or None. ``run`` asks and concludes; it may
    raise Impossible. ``derived`` are reserved columns of its own, beside ``@failed``, ``@right``, ``@confidence``,
    ``@loss`` and ``@factor NAME``."""

    name: str
    missing: Callable[[Source, Outcomes], str | None]
    run: Callable[[Subject], Asking]
    derived: Callable[[Subject], Mapping[str, Derived]] = lambda _: {}


class Impossible(Exception):
    """Raised by an audit that cannot go on; its text is the reason."""


def audit(name: str) -> Audit:
    """One of ``AUDITS``, loaded."""
    found: Audit = import_module(AUDITS[name]).AUDIT
    return found


def chosen(
    every: bool = False, only: Sequence[str] | None = None, *, nodes: bool = False, holdout: bool = False
) -> tuple[str, ...]:
    """The analyses that ``--all`` or ``--only`` choose; ``--nodes``, and ``--split`` or ``--train`` (``holdout``), add
    their own to the usual ones.

    Raises UsageError for both, or a name that there is not.
    """
    names = (*SEARCHED, *AUDITS)
    if every and only:
        raise UsageError(
            "bad-option",
            "--all and --only exclude each other",
            expected="one of them",
            next=f"--only {','.join(only)}",
        )
    if not only:
        if every:
            return tuple(name for name in names if name not in ON_REQUEST)
        added = [name for name, asked in (("nodes", nodes), (HOLDOUT, holdout)) if asked]
        return (*SEARCHED, *added)
    for name in only:
        if name not in names:
            near = nearest(name, list(names))
            raise UsageError(
                "no-such-analysis",
                f"there is no analysis {name!r}",
                expected=", ".join(names),
                found=name,
                next=f"--only {near[0] if near else names[0]}",
            )
    return tuple(name for name in names if name in only)


def audited(names: Sequence[str], subject: Subject, say: Progress) -> tuple[dict[str, Analysis], tuple[NotDone, ...]]:
    """The results of these audits, and those that could not be made."""
    results: dict[str, Analysis] = {}
    reasons: dict[str, str] = {}
    asking: dict[str, tuple[Asking, list[Tally]]] = {}
    derived = outcome_columns(subject)
    for name in names:
        one = audit(name)
        reason = one.missing(subject.source, subject.outcomes)
        if reason is not None:
            reasons[name] = reason
            continue
        try:
            derived |= one.derived(subject)
            generator = one.run(subject)
            asking[name] = generator, next(generator)
        except (Impossible, ErrataError) as error:
            reasons[name] = str(error)
    while asking:
        tallies = list(dict.fromkeys(tally for _, asked in asking.values() for tally in asked))
        answers = dict(zip(tallies, _counted(subject.source, tallies, derived, say), strict=True))
        again: dict[str, tuple[Asking, list[Tally]]] = {}
        for name, (generator, asked) in asking.items():
            try:
                again[name] = generator, generator.send([answers[tally] for tally in asked])
            except StopIteration as stop:
                results[name] = stop.value
            except Impossible as error:
                reasons[name] = str(error)
        asking = again
    return (
        {name: results[name] for name in names if name in results},
        tuple(NotDone(name, reasons[name]) for name in names if name in reasons),
    )


def confidence(source: Source, outcomes: Outcomes) -> NDArray[np.float64] | None:
    """The confidence in each prediction, NaN where missing; None without scores."""
    if outcomes.truth is None or outcomes.prediction is None:
        return None
    if outcomes.roles.score is not None:
        return in_unit_interval(source, outcomes.roles.score)
    columns = by_label(source, outcomes)
    if columns is None:
        return None
    found = np.full(source.rows, np.nan)
    for label, name in enumerate(columns):
        said = outcomes.prediction == label
        found[said] = in_unit_interval(source, name)[said]
    return found


def outcome_columns(subject: Subject) -> dict[str, Derived]:
    """``@failed``, ``@right``, ``@confidence``, ``@loss`` as far as they are known, and ``@factor NAME`` for each."""
    failed, truth, prediction = subject.outcomes.failed, subject.outcomes.truth, subject.outcomes.prediction
    columns = {FAILED: _flags(failed == 1, failed == UNKNOWN), RIGHT: _flags(failed == 0, failed == UNKNOWN)}
    if truth is not None and prediction is not None:
        # Whether the class is right, whatever else counts as failed.
        columns[RIGHT] = _flags(truth == prediction, (truth < 0) | (prediction < 0))
    if subject.confidence is not None:
        columns[CONFIDENCE] = _array(subject.confidence)
    if subject.outcomes.loss is not None:
        columns[LOSS] = _array(subject.outcomes.loss)
    return columns | {FACTOR + factor.name: _array(factor.codes) for factor in subject.factors}


def _array(values: NDArray[Any]) -> Derived:
    import pyarrow as pa

    return Derived(lambda _, rows: pa.array(values[rows]))


def _flags(values: NDArray[np.bool_], unknown: NDArray[np.bool_]) -> Derived:
    import pyarrow as pa

    return Derived(lambda _, rows: pa.array(values[rows], mask=unknown[rows]))


def _counted(source: Source, tallies: Sequence[Tally], derived: Mapping[str, Derived], say: Progress) -> list[Counts]:
    from errata.engine.local.tally import tally

    return tally(
        _batches(source, {name for one in tallies for name in one.columns}, derived),
        tallies,
        lambda rows: say(f"counting {source.name}: {count(rows)} of {count(source.rows)} rows"),
    )


def _batches(source: Source, columns: set[str], derived: Mapping[str, Derived]) -> Iterator[pa.RecordBatch]:
    """The batches of a source with these columns, the reserved ones made for each."""
    made = {name: derived[name] for name in sorted(columns) if name in derived}
    needed = columns.union(*(one.needs for one in made.values())) - set(made)
    # Of outcomes alone some column has to say how many rows there are.
    read = [name for name in source.schema.names if name in needed] or _narrow(source)
    start = 0
    for batch in source.batches(read):
        rows = slice(start, start + batch.num_rows)
        start = rows.stop
        for name, one in made.items():
            batch = batch.append_column(name, one.of(batch, rows))
        yield batch


def _narrow(source: Source) -> list[str]:
    roles = source.schema.names
    return [min(roles, key=lambda name: _width(source.schema.field(name).type))]


def _width(kind: pa.DataType) -> int:
    try:
        return int(kind.bit_width)
    except ValueError:
        return 1 << 20


def read_costs(text: str | None) -> dict[str, float]:
    """``fp=1,fn=5`` as numbers. Raises UsageError."""
    costs = {}
    for part in (text or "").split(",") if text else ():
        kind, _, cost = part.partition("=")
        try:
            costs[kind.strip()] = float(cost)
        except ValueError:
            raise _bad_costs(text) from None
    return checked_costs(costs)


def checked_costs(costs: Mapping[str, float]) -> dict[str, float]:
    """The costs of a false positive (``fp``) and a false negative (``fn``). Raises UsageError unless both are > 0."""
    if costs and not (set(costs) == {"fp", "fn"} and all(0 < cost < float("inf") for cost in costs.values())):
        raise _bad_costs(",".join(f"{kind}={cost}" for kind, cost in costs.items()))
    return {kind: float(cost) for kind, cost in costs.items()}


def _bad_costs(text: str | None) -> UsageError:
    return UsageError(
        "bad-option",
        f"--costs cannot be {text}",
        expected="what one false positive and one false negative cost, both above 0",
        found=str(text),
        next="--costs fp=1,fn=5",
    )
