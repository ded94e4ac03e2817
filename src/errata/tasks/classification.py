"""Classification: a row failed when its predicted class is not its true one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.core.columns import byte_codes, dictionary
from errata.core.errors import UsageError
from errata.nouns.outcome import UNKNOWN

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.outcome import Labelled

POSITIVE = ("1", "true", "yes", "positive", "pos", "y")


def labelled(
    truth: pa.ChunkedArray, prediction: pa.ChunkedArray
) -> tuple[list[Any], int, NDArray[np.int32], NDArray[np.int32]]:
    """The classes (sorted, those of truth first), how many truth has, and each row's true and predicted class."""
    true_values, true_index = _indexed(truth)
    predicted_values, predicted_index = _indexed(prediction)
    labels, true_labels = order_of_labels(
        (true_values[i] for i in _used(true_index, len(true_values))),
        (predicted_values[i] for i in _used(predicted_index, len(predicted_values))),
    )
    place = {value: number for number, value in enumerate(labels)}
    return (
        labels,
        true_labels,
        _renumber(true_index, [place.get(v, -1) for v in true_values]),
        _renumber(predicted_index, [place.get(v, -1) for v in predicted_values]),
    )


def order_of_labels(truth: Iterable[Any], prediction: Iterable[Any]) -> tuple[list[Any], int]:
    """The classes in their order, those of truth first, and how many truth has."""
    first = sorted(truth, key=_order)
    seen = set(first)
    return first + sorted((value for value in prediction if value not in seen), key=_order), len(first)


def _indexed(column: pa.ChunkedArray) -> tuple[list[Any], NDArray[Any]]:
    """The values and each row's index in them; past the last where it is missing."""
    small = byte_codes(column)
    if small is not None:
        return small
    values, index = dictionary(column)
    index[index < 0] = len(values)
    return values, index


def _used(index: NDArray[Any], values: int) -> list[int]:
    times = np.bincount(index, minlength=values)[:values]
    return [int(i) for i in np.flatnonzero(times)]


def _renumber(index: NDArray[Any], table: list[int]) -> NDArray[np.int32]:
    lookup = np.full(max(len(table) + 1, 256), -1, np.int32)
    lookup[: len(table)] = table
    return np.asarray(lookup[index])


def _order(value: Any) -> tuple[int, Any]:
    return (0, value) if isinstance(value, int | float) else (1, str(value))


def misclassified(truth: NDArray[np.int32], prediction: NDArray[np.int32]) -> NDArray[np.int8]:
    """1 where the classes differ, 0 where they agree, −1 where either is missing."""
    failed: NDArray[np.int8] = (truth != prediction).astype(np.int8)
    failed[(truth < 0) | (prediction < 0)] = UNKNOWN
    return failed


def positive_label(outcomes: Labelled) -> int:
    """The number of the positive class: the one named, else the usual word for it. Raises UsageError."""
    names = [label_text(label) for label in outcomes.labels]
    wanted = outcomes.roles.positive
    if wanted is not None:
        if wanted in names:
            return names.index(wanted)
        raise UsageError(
            "no-such-class",
            f"no class {wanted!r}",
            expected=f"one of {', '.join(names[:20])}",
            next=f"--positive {names[0]}" if names else "",
        )
    usual = [number for number, name in enumerate(names) if name.casefold() in POSITIVE]
    if len(usual) == 1 and len(names) == 2:
        return usual[0]
    raise UsageError(
        "no-positive",
        "which class is positive?",
        expected="--positive with one of the classes",
        found=", ".join(names[:20]),
        next=f"--positive {names[-1]}" if names else "",
    )


def label_text(label: Any) -> str:
    """A class as the user types it: ``true``, ``7``, ``rare``."""
    if isinstance(label, bool):
        return "true" if label else "false"
    return str(label)


def class_text(value: Any) -> str:
    """A value as the class that it is: floats that are whole are written as whole numbers."""
    return label_text(int(value) if isinstance(value, float) and value.is_integer() else value)
