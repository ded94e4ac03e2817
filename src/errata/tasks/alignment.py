"""Two sources sample by sample: row with row, several with one (a perturbed set and its base), or repeats of both."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from errata.core.errors import ErrataError, UsageError, ValueFault
from errata.core.units import count, plural
from errata.tasks.columns import check_column
from errata.tasks.ids import refuse_repeated
from errata.tasks.pairing import Pairs, as_text, plain, refuse_other_truth

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.outcome import Outcomes
    from errata.nouns.source import Source

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Aligned:
    """Samples of A and B side by side: ``a_rows[i]`` and ``b_rows[i]`` are the rows that stand for sample i.

    ``sample`` numbers the sample of each place where several places are of one (their rows depend on each other).
    Where both sources repeat samples, ``a_of`` and ``b_of`` give the place of every row (−1: it has no partner), and
    values are means over the repeats.
    """

    a_rows: NDArray[np.int64]
    b_rows: NDArray[np.int64]
    sample: NDArray[np.int64] | None = None
    a_of: NDArray[np.int64] | None = None
    b_of: NDArray[np.int64] | None = None
    other_truth: int = 0

    def __len__(self) -> int:
        return len(self.a_rows)

    @property
    def repeated(self) -> bool:
        """Whether values are means over repeats of a sample in both sources."""
        return self.a_of is not None

    def values(self, a: Floats, b: Floats) -> tuple[Floats, Floats]:
        """The values of both at each sample, NaN where none is known."""
        if self.a_of is None or self.b_of is None:
            return a[self.a_rows], b[self.b_rows]
        return _means(a, self.a_of, len(self)), _means(b, self.b_of, len(self))


def key_of(source: Source, outcomes: Outcomes, pair_by: str | None) -> str | None:
    """The column that names the samples of one source: ``pair_by`` where it has it, else its id; None without one.

    Raises ValueFault for an id in two rows, and for a sample without a name.
    """
    if pair_by is not None and pair_by in source.schema.names:
        _refuse_unnamed(source, pair_by)
        return pair_by
    key = outcomes.roles.id
    if key is not None:
        try:
            refuse_repeated(source, key)
        except ValueFault as fault:
            if fault.code == "repeated-id":
                fault.next = f"drop the copies; or, if they are repeats of one sample, --pair-by {shlex.quote(key)}"
            raise
    return key


def align(
    a: Source,
    of_a: Outcomes,
    b: Source,
    of_b: Outcomes,
    pair_by: str | None = None,
    *,
    allow_different_truth: bool = False,
) -> Aligned | str:
    """Match the rows of A and B; or why they cannot be matched, in words.

    Raises ColumnError when neither has ``pair_by``, UsageError when nothing meets by it, ValueFault for repeated ids
    and, unless it is allowed, for a sample of another truth.
    """
    if pair_by is not None and pair_by not in a.schema.names:
        check_column(b, pair_by, "pair-by")
    a_key, b_key = key_of(a, of_a, pair_by), key_of(b, of_b, pair_by)
    if a_key is None or b_key is None:
        return f"{a.name if a_key is None else b.name} has no id"
    aligned, every = _matched(_names(a, a_key, b, b_key))
    if not len(aligned):
        if pair_by is not None:
            raise UsageError(
                "nothing-pairs",
                f"no sample of {a.name} stands in {b.name}",
                expected=f"values in common of {a_key!r} there and {b_key!r} here",
                next="--pair-by COLUMN with the column that names the sample in both",
            )
        return "no id stands in both"
    one, two = (replace(of, roles=replace(of.roles, id=key)) for of, key in ((of_a, a_key), (of_b, b_key)))
    try:
        refuse_other_truth(a, one, b, two, every)
    except ErrataError as error:
        if error.code != "other-truth":
            raise
        if not allow_different_truth:
            error.next = "log or export both against the same labels, or --allow-different-truth"
            raise
        return replace(aligned, other_truth=int(error.message.split()[0].replace(",", "")))
    return aligned


def _names(a: Source, a_key: str, b: Source, b_key: str) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    one, two = plain(a.column(a_key)), plain(b.column(b_key))
    return (one, two) if one.type == two.type else (as_text(one), as_text(two))


def _matched(names: tuple[pa.ChunkedArray, pa.ChunkedArray]) -> tuple[Aligned, Pairs]:
    """The samples side by side, and every pair of rows whose truth must agree."""
    import pyarrow.compute as pc

    a, b = names
    a_once, b_once = (pc.count_distinct(column).as_py() == len(column) for column in names)
    if a_once or b_once:
        few, many = (a, b) if a_once else (b, a)
        place = pc.fill_null(pc.index_in(many, value_set=few), -1).to_numpy()
        rows = np.flatnonzero(place >= 0).astype(np.int64)
        place = place[rows].astype(np.int64)
        sample = None if a_once and b_once else place
        a_rows, b_rows = (place, rows) if a_once else (rows, place)
        return Aligned(a_rows, b_rows, sample), Pairs(a_rows, b_rows)
    both = pc.unique(a)
    a_of, b_of = (pc.fill_null(pc.index_in(column, value_set=both), -1).to_numpy().astype(np.int64) for column in names)
    shared = np.intersect1d(a_of, b_of[b_of >= 0])
    to_place = np.full(len(both) + 1, -1, np.int64)
    to_place[shared] = np.arange(len(shared))
    a_of, b_of = to_place[a_of], to_place[b_of]
    aligned = Aligned(_first(a_of, len(shared)), _first(b_of, len(shared)), a_of=a_of, b_of=b_of)
    rows = np.flatnonzero(b_of >= 0)
    return aligned, Pairs(aligned.a_rows[b_of[rows]], rows)


def _first(places: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """The first row of each place."""
    rows = np.flatnonzero(places >= 0)[::-1]
    first = np.zeros(size, np.int64)
    first[places[rows]] = rows
    return first


def _means(values: Floats, places: NDArray[np.int64], size: int) -> Floats:
    use = (places >= 0) & ~np.isnan(values)
    times = np.bincount(places[use], minlength=size)
    sums = np.bincount(places[use], weights=values[use], minlength=size)
    return np.where(times > 0, sums / np.maximum(times, 1), np.nan)


def _refuse_unnamed(source: Source, name: str) -> None:
    import pyarrow.compute as pc

    missing = source.column(name).is_null(nan_is_null=True)
    if total := pc.sum(missing).as_py():
        row = pc.index(missing, True).as_py() + 1
        raise ValueFault(
            "null-id",
            f"{plural(total, 'row')} of {source.name} {'has' if total == 1 else 'have'} no {name!r} to pair by",
            where=f"{source.name}, column {name}, first in row {count(row)}",
            expected="the name of a sample in every row",
        )
