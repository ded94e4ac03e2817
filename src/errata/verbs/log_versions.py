"""``errata log --model-from COLUMN``: one run for each model version that a column names, all of them or none."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from errata.core.columns import dictionary, is_number, is_text
from errata.core.errors import ErrataError, GrammarError, UsageError, ValueFault
from errata.core.names import parse_versioned
from errata.core.units import count, plural
from errata.nouns.roles import Roles
from errata.nouns.run import Run
from errata.nouns.source import BadRow
from errata.store.catalog import Store
from errata.tasks.classification import class_text
from errata.tasks.columns import check_column
from errata.verbs.log import LogOptions, Prepared, log_prepared, prepare

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from errata.nouns.source import Source

MOST_VERSIONS = 100
SURELY_TOO_MANY = 10_000
PLACE = "{version}"
"""In the name of a dataset: the model version, for versions that did not predict the same samples."""


def log_versions(
    store: Store,
    source: Source,
    roles: Roles,
    *,
    model_from: str,
    model: str | None = None,
    dataset: str | None = None,
    quarantine: bool = False,
    **options: Any,
) -> list[Run]:
    """Log one run for each version in the column ``model_from``, in the order of the versions, or none of them.

    ``model`` is the name of the model, and the column holds versions; without it the column holds NAME@V. ``dataset``
    may hold ``{version}``. ``options`` are further fields of ``LogOptions``, the same for each run. Rows without a
    version are refused, or kept aside with ``quarantine``. Raises what ``log_run`` raises, ValueFault
    ``null-version``, ``too-many-versions`` and ``bad-version``; then nothing is kept.
    """
    check_column(source, model_from, "model-from")
    if dataset is None:
        raise UsageError("no-dataset", "predictions are of a dataset version", next="--dataset NAME@V")
    if model is not None and "@" in model:
        raise UsageError(
            "version-twice",
            f"--model {model} has a version, and the column {model_from!r} is to say it",
            expected="the name alone, or no --model-from",
            next=f"--model {model.partition('@')[0]} --model-from {shlex.quote(model_from)}",
        )
    every = []
    versions, aside = _versions(source, model_from, quarantine)
    for version, rows in versions:
        name = _model(source, model_from, model, version)
        wanted = LogOptions(model=name, dataset=dataset.replace(PLACE, name.partition("@")[2]), **options)
        every.append(_prepared(_rows(source, rows, aside), roles, wanted, model_from, version))
    _check_same_samples(every, dataset)
    return log_prepared(store, every)


def _versions(
    source: Source, name: str, quarantine: bool
) -> tuple[list[tuple[str, NDArray[np.int64]]], tuple[BadRow, ...]]:
    """The versions in order, each with its rows; and the rows that have none."""
    column = source.column(name)
    if not (is_text(column.type) or is_number(column.type)) and column.null_count < len(column):
        raise ValueFault(
            "bad-version",
            f"column {name!r} cannot be the model's version: its values are of type {column.type}",
            expected="text or numbers",
            where=f"{source.name}, column {name}",
            next="--model-from COLUMN",
        )
    if column.null_count == len(column):
        raise _no_version(source, name)
    values, codes = dictionary(column)
    if len(values) > SURELY_TOO_MANY:
        raise _too_many(source, name, len(values), [str(value) for value in values[:3]])
    texts = [class_text(value).strip() for value in values]
    empty = np.array([not text or value != value for text, value in zip(texts, values, strict=True)], np.bool_)
    missing = (codes < 0) | (empty[codes] if len(values) else True)
    if missing.any() and not quarantine:
        total, row = int(missing.sum()), int(np.argmax(missing)) + 1
        raise ValueFault(
            "null-version",
            f"{plural(total, 'row')} of {count(source.rows)} {'has' if total == 1 else 'have'} no model version",
            where=f"{source.name}, column {name}, first in row {count(row)}",
            expected="the version of the model in every row",
            next="fill it in, or --quarantine keeps those rows aside and counts them",
        )
    if missing.all():
        raise _no_version(source, name)
    found = sorted(set(texts[code] for code in np.unique(codes[~missing])), key=_order)
    if len(found) > MOST_VERSIONS:
        raise _too_many(source, name, len(found), found[:3])
    place = {text: number for number, text in enumerate(found)}
    of_code = np.array([place.get(text, -1) for text in texts], np.int64)
    of_row = np.where(missing, -1, of_code[codes] if len(values) else -1)
    aside = tuple(BadRow(int(row) + 1, f"no model version in {name}") for row in np.flatnonzero(missing))
    return [(text, np.flatnonzero(of_row == number)) for number, text in enumerate(found)], aside


def _no_version(source: Source, name: str) -> ValueFault:
    return ValueFault(
        "null-version",
        f"no row of {source.name} has a model version",
        where=f"{source.name}, column {name}",
        expected="the version of the model in every row",
        next="--model-from COLUMN",
    )


def _too_many(source: Source, name: str, total: int, first: Sequence[str]) -> ValueFault:
    return ValueFault(
        "too-many-versions",
        f"column {name!r} has {count(total)} values: that is no model version",
        expected=f"at most {MOST_VERSIONS} versions in one file",
        found=", ".join(map(repr, first)) + ", …",
        where=f"{source.name}, column {name}",
        next="--model-from COLUMN",
    )


def _order(version: str) -> list[tuple[int, int, str]]:
    """Numbers in a version count as numbers: v2 before v10."""
    pieces = re.findall(r"\d+|\D+", version)
    return [(0, int(piece), "") if piece.isdecimal() else (1, 0, piece) for piece in pieces]


def _model(source: Source, column: str, model: str | None, version: str) -> str:
    name = version if model is None else f"{model}@{version}"
    try:
        parse_versioned(name, "model")
    except GrammarError as error:
        raise ValueFault(
            "bad-version",
            f"{version!r} in column {column!r} is not {'a model and its version' if model is None else 'a version'}",
            expected="NAME@VERSION, or versions alone with --model NAME"
            if model is None
            else "letters, digits, '.', '_', '+' and '-'",
            found=repr(version),
            where=f"{source.name}, column {column}",
            next=f"--model NAME --model-from {shlex.quote(column)}"
            if model is None
            else error.next and "rename it in the file",
        ) from None
    return name


def _prepared(rows: Source, roles: Roles, options: LogOptions, model_from: str, version: str) -> Prepared:
    try:
        return prepare(rows, roles, options, (model_from,))
    except ErrataError as error:
        error.where = f"{error.where or rows.name}, among the rows of {options.model}"
        raise


def _check_same_samples(every: Sequence[Prepared], dataset: str) -> None:
    """Versions that did not predict the same samples are on different datasets: say so in the words of this option."""
    if PLACE in dataset or len(every) < 2:
        return
    first = every[0]
    for one in every[1:]:
        ids = (first.dataset.ids, one.dataset.ids)
        differ = ids[0] != ids[1] if None not in ids else first.dataset.content != one.dataset.content
        if differ:
            what = "samples" if None not in ids else "rows"
            raise UsageError(
                "other-dataset",
                f"{first.run.model} and {one.run.model} did not predict the same {what}, as one {dataset} would have",
                expected=f"the same {what} for each version, or a dataset version of its own for each",
                found=f"{plural(first.run.rows or 0, 'row')} and {plural(one.run.rows or 0, 'row')}",
                next=f"--dataset '{dataset}-{PLACE}'",
            )


def _rows(source: Source, rows: NDArray[np.int64], aside: tuple[BadRow, ...]) -> Source:
    """Some rows of a source, as a file of their own would hold them."""
    import pyarrow as pa

    from errata.integrations.files.table import TableSource

    index = pa.array(rows)
    columns = {}
    for name in source.schema.names:
        column = source.column(name).take(index)
        # A dictionary would still hold the values of the other rows.
        columns[name] = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
    return TableSource(source.name, pa.table(columns), quarantined=(*source.quarantined, *aside))
