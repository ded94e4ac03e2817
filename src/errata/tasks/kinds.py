"""The kinds of error that a file's outcomes can be told apart by, batch by batch, whatever the task.

A ruled task (multilabel, top-k, retrieval, generation) tells its own. Of a classification they are false positives and
false negatives where a class is positive, and predictions that are a class of nothing; which class is taken for which
is for the confusion to say. Of a regression they are too high and too low, among what failed. Where more than one thing
says that a row failed, each part of the criterion is a kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.core.columns import dictionary, floats, value_key
from errata.core.errors import ErrataError
from errata.nouns.outcome import FAILED, MOST_KINDS, UNKNOWN, KindCodes, Kinds
from errata.tasks.choose import computed_by
from errata.tasks.classification import positive_label
from errata.tasks.rule import coded
from errata.tasks.streamed import differ

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.criterion import Node
    from errata.nouns.outcome import Outcomes

Flags = NDArray[np.bool_]
Part = Callable[["pa.RecordBatch"], tuple[Flags, Flags]]


@dataclass(frozen=True, slots=True)
class KindTeller:
    """``tell`` gives the kinds of a batch with ``columns`` (there may be none), given what the rule tells of it."""

    kinds: Kinds
    columns: tuple[str, ...]
    tell: Callable[[pa.RecordBatch, KindCodes | None], KindCodes]


def teller_of(names: Iterable[str], outcomes: Outcomes) -> KindTeller | str:
    """What tells the kinds of such outcomes of a source with these columns, or why nothing does; it reads no row."""
    parts = [] if outcomes.kinds is not None else _of_task(outcomes)
    judged = outcomes.kinds is not None and any(outcomes.kinds.failing) and not outcomes.criterion_alone
    wrong = judged or any(failing for _, failing, _, _ in parts)
    parts += _of_criterion(outcomes, wrong, computed_by(outcomes.task) - set(names))
    if outcomes.kinds is not None:
        return _with_own(outcomes, outcomes.kinds, parts)
    if not parts:
        return _none(outcomes)
    kinds = Kinds(tuple(name for name, *_ in parts), tuple(failing for _, failing, _, _ in parts))
    columns = tuple(dict.fromkeys(column for _, _, read, _ in parts for column in read))
    return KindTeller(kinds, columns, lambda batch, _: coded([part(batch) for *_, part in parts], batch.num_rows))


def _with_own(outcomes: Outcomes, kinds: Kinds, parts: list[Any]) -> KindTeller:
    """The task's own kinds, as its rule tells them, with the parts of the criterion after them."""
    own = len(kinds.names)
    every = replace(
        kinds,
        names=(*kinds.names, *(name for name, *_ in parts)),
        failing=(*(_failing(one, outcomes) for one in kinds.failing), *(one for _, one, _, _ in parts)),
    )

    def tell(batch: pa.RecordBatch, codes: KindCodes | None) -> KindCodes:
        assert codes is not None
        more = coded([part(batch) for *_, part in parts], batch.num_rows)
        return KindCodes(codes.of | more.of << own, codes.known | more.known << own)

    return KindTeller(every, tuple(dict.fromkeys(column for _, _, read, _ in parts for column in read)), tell)


def _failing(by_itself: bool | None, outcomes: Outcomes) -> bool | None:
    """What a kind of the task says of failing, where a criterion may say more, or alone."""
    if outcomes.criterion_alone or (by_itself is False and outcomes.roles.failed is not None):
        return None
    return by_itself


def _of_task(outcomes: Outcomes) -> list[tuple[str, bool, tuple[str, ...], Part]]:
    roles = outcomes.roles
    if roles.truth is None or roles.prediction is None:
        return []
    pair = roles.truth, roles.prediction
    if outcomes.task == "regression" and roles.failed is not None:
        return [(name, True, _read(outcomes, pair), _side(outcomes, sign)) for name, sign in _SIDES]
    if outcomes.task != "classification":
        return []
    found: list[tuple[str, bool, tuple[str, ...], Part]] = []
    try:
        positive = outcomes.labels[positive_label(outcomes)]
    except ErrataError:
        positive = None
    if positive is not None:
        found.append(("false-positive", True, pair, _taken(pair, positive, predicted=True)))
        found.append(("false-negative", True, pair, _taken(pair, positive, predicted=False)))
    if len(outcomes.labels) > outcomes.true_labels:
        found.append(("no-such-class", True, pair, _strange(pair, outcomes.classes)))
    if (positive is None and (found or roles.failed is not None)) or (found and len(outcomes.labels) > 2):
        found.insert(0, ("wrong-class", True, pair, lambda batch: _wrong(batch, pair)))
    return found


_SIDES = (("too-high", 1), ("too-low", -1))


def _read(outcomes: Outcomes, pair: tuple[str, str]) -> tuple[str, ...]:
    from errata.nouns.criterion import parse_expression

    return tuple(dict.fromkeys([*pair, *parse_expression(outcomes.roles.failed or "").columns]))


def _wrong(batch: pa.RecordBatch, pair: tuple[str, str]) -> tuple[Flags, Flags]:
    outcome = differ(batch.column(pair[0]), batch.column(pair[1]))
    return outcome == FAILED, outcome != UNKNOWN


def _taken(pair: tuple[str, str], positive: Any, *, predicted: bool) -> Part:
    def part(batch: pa.RecordBatch) -> tuple[Flags, Flags]:
        wrong, known = _wrong(batch, pair)
        return wrong & _is_any(batch.column(pair[1] if predicted else pair[0]), [positive]), known

    return part


def _strange(pair: tuple[str, str], classes: list[Any]) -> Part:
    def part(batch: pa.RecordBatch) -> tuple[Flags, Flags]:
        _, known = _wrong(batch, pair)
        return ~_is_any(batch.column(pair[1]), classes) & known, known

    return part


def _is_any(column: pa.Array, labels: Iterable[Any]) -> Flags:
    """Where the column holds one of these, which its type need not be able to hold."""
    values, codes = dictionary(column)
    wanted = {value_key(label) for label in labels}
    found: Flags = np.array([*(value_key(value) in wanted for value in values), False])[codes]
    return found


def _side(outcomes: Outcomes, sign: int) -> Part:
    from errata.nouns.criterion import parse_expression

    criterion = parse_expression(outcomes.roles.failed or "")
    truth, prediction = outcomes.roles.truth or "", outcomes.roles.prediction or ""

    def part(batch: pa.RecordBatch) -> tuple[Flags, Flags]:
        import pyarrow as pa

        held = criterion.evaluate(lambda name: pa.chunked_array([batch.column(name)]))
        said, true = (floats(batch.column(name)) for name in (prediction, truth))
        beyond = (said - true) * sign
        return (held == FAILED) & (beyond > 0), (held != UNKNOWN) & ~np.isnan(beyond)

    return part


def _of_criterion(outcomes: Outcomes, wrong: bool, computed: set[str]) -> list[tuple[str, bool, tuple[str, ...], Part]]:
    """The parts of the criterion that are joined by or, where they are not all that failed."""
    if outcomes.roles.failed is None:
        return []
    from errata.nouns.criterion import Expression, Joined, parse_expression

    root = parse_expression(outcomes.roles.failed).root
    nodes: tuple[Node, ...] = root.parts if isinstance(root, Joined) and root.word == "or" else (root,)
    if len(nodes) == 1 and not wrong:
        return []
    whole = [Expression(node) for node in nodes]
    # A part about what the task computes is a kind already.
    read = [one for one in whole if not computed & set(one.columns)]
    return [(one.text, True, one.columns, _held(one)) for one in read[: MOST_KINDS - 12]]


def _held(expression: Any) -> Part:
    def part(batch: pa.RecordBatch) -> tuple[Flags, Flags]:
        import pyarrow as pa

        held = expression.evaluate(lambda name: pa.chunked_array([batch.column(name)]))
        return held == FAILED, held != UNKNOWN

    return part


def _none(outcomes: Outcomes) -> str:
    if outcomes.task == "classification":
        return "of these classes the kinds are their confusions (--only confusion); --positive CLASS tells two more"
    if outcomes.task == "regression":
        return "of a regression, --failed has to say what counts as failed"
    return "one expression says what failed, and nothing else is known of it (--task generation reads a log's columns)"
