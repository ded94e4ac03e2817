"""Agreement of raters: percent agreement, Cohen's and Fleiss' κ, Krippendorff's α, each with a 95 % interval.

A table is items × raters; a label is a term, a number, or a set of terms; None is missing. Every coefficient is
1 − observed / expected disagreement, of distances δ between two labels of an item and between labels by chance:

- **Cohen's κ** (1960; weighted 1968): two raters, chance by each rater's own marginals.
- **Fleiss' κ** (1971): the same number of labels on every item, by anybody, chance by the pooled shares.
- **Krippendorff's α** (2004, 2011): any number of raters with gaps. δ² is 0 or 1 (nominal), the squared distance of
  values (interval) or of mid-ranks (ordinal), ((a − b) / (a + b))² (ratio), or of sets 1 − |A ∩ B| / |A ∪ B| (jaccard)
  and that times Passonneau's monotonicity (masi, 2006).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from errata.analysis.intervals import share_interval
from errata.nouns.agreement import Agreement, Coefficient

Floats = NDArray[np.float64]
Label = Hashable
Table = Sequence[Sequence[Label | None]]
Disagreement = Callable[[Floats], tuple[Floats, Floats]]
"""How many items are of each pattern, a row a sample of items, to (observed, expected) disagreement of each sample."""

NOMINAL, ORDINAL, INTERVAL, RATIO, JACCARD, MASI = "nominal", "ordinal", "interval", "ratio", "jaccard", "masi"
SCALES = (NOMINAL, ORDINAL, INTERVAL, RATIO, JACCARD, MASI)
LEAST = 5
"""Where chance alone would let fewer items than this differ, the value has no interval."""
_AT_ONCE = 1 << 21


def agreement(table: Table, scale: str = NOMINAL, order: Sequence[Label] = ()) -> Agreement:
    """Every figure of a table; ``order`` is that of ordinal terms, from low to high (numbers have their own)."""
    labels = [label for row in table for label in row if label is not None]
    sets = scale in (JACCARD, MASI)
    raters = sum(any(row[k] is not None for row in table) for k in range(max((len(row) for row in table), default=0)))
    weights = {ORDINAL: "linear", INTERVAL: "quadratic"}.get(scale)
    return Agreement(
        scale=scale,
        items=len(table),
        paired=len(_pairable(table)),
        raters=raters,
        labels=len(labels),
        percent=percent(table),
        cohen=cohen(table, weights, order),
        fleiss=fleiss(table),
        alpha=alpha(table, scale, order),
        terms=by_term(table) if scale in (NOMINAL, ORDINAL) or sets else {},
    )


def percent(table: Table) -> Coefficient:
    """The mean over items of the share of pairs of labels that are the same: not corrected for chance."""
    rows = _pairable(table)
    if not rows:
        return _nothing("no item has two labels")
    shares = np.array([_pairs_alike(row) for row in rows])
    pairs = sum(len(row) * (len(row) - 1) / 2 for row in rows)
    if len(rows) < 2:
        return Coefficient(value=float(shares[0]), items=1, reason="of one item there is no interval")
    low, high = share_interval(shares, pairs)
    return Coefficient(value=float(shares.mean()), low=low, high=high, items=len(rows), method="Wilson")


def _pairs_alike(row: Sequence[Label]) -> float:
    counts = [row.count(label) for label in set(row)]
    return sum(c * (c - 1) for c in counts) / (len(row) * (len(row) - 1))


def cohen(table: Table, weights: str | None = None, order: Sequence[Label] = ()) -> Coefficient:
    """Cohen's κ of exactly two raters; ``weights`` is None, ``linear`` or ``quadratic`` in the place in the order."""
    used = [k for k in range(max((len(row) for row in table), default=0)) if any(row[k] is not None for row in table)]
    if len(used) != 2:
        return _nothing(f"Cohen's κ is of two raters, and there {_are(len(used))}")
    pairs = [(row[used[0]], row[used[1]]) for row in table if row[used[0]] is not None and row[used[1]] is not None]
    if not pairs:
        return _nothing("no item has labels of both raters")
    patterns, times = _patterns(pairs)
    found = _ordered({label for pair in pairs for label in pair if label is not None}, order, weights is not None)
    if isinstance(found, str):
        return _nothing(found)
    places = {label: at for at, label in enumerate(found)}
    first, second = (np.array([places[pair[k]] for pair in patterns]) for k in (0, 1))
    size = len(found)
    apart = np.abs(np.subtract.outer(np.arange(size), np.arange(size))).astype(np.float64)
    distance = {None: np.sign(apart), "linear": apart, "quadratic": apart**2}[weights]
    observed = distance[first, second]
    one, other = np.eye(size)[first], np.eye(size)[second]

    def disagreement(weight: Floats) -> tuple[Floats, Floats]:
        expected = (((weight @ one) @ distance) * (weight @ other)).sum(axis=1) / weight.sum(axis=1)
        return weight @ observed, expected

    differ = 1 - float((times @ one) @ (times @ other)) / float(times.sum()) ** 2
    return _coefficient(disagreement, times, differ)


def fleiss(table: Table) -> Coefficient:
    """Fleiss' κ: every item with a label has the same number of them."""
    rows = _pairable(table)
    if not rows:
        return _nothing("no item has two labels")
    sizes = {len(row) for row in rows}
    if len(sizes) > 1:
        return _nothing(f"Fleiss' κ needs the same number of labels an item; here {min(sizes)} to {max(sizes)}")
    patterns, times = _patterns([tuple(sorted(row, key=str)) for row in rows])
    counts, _ = _counts(patterns)
    each = sizes.pop()
    observed = (each**2 - (counts**2).sum(axis=1)) / (each * (each - 1))

    def disagreement(weight: Floats) -> tuple[Floats, Floats]:
        items = weight.sum(axis=1)
        shares = (weight @ counts) / (items * each)[:, None]
        return weight @ observed, items * (1 - (shares**2).sum(axis=1))

    shares = times @ counts / (times.sum() * each)
    return _coefficient(disagreement, times, 1 - float((shares**2).sum()))


def alpha(table: Table, scale: str = NOMINAL, order: Sequence[Label] = ()) -> Coefficient:
    """Krippendorff's α over the items with two labels or more."""
    rows = _pairable(table)
    if not rows:
        return _nothing("no item has two labels")
    patterns, times = _patterns([tuple(sorted(row, key=str)) for row in rows])
    found = _values(patterns, scale, order)
    if isinstance(found, str):
        return _nothing(found)
    counts, apart, fixed = found.counts, found.apart, found.places
    sizes = counts.sum(axis=1)
    per_pair = 1 / (sizes - 1)
    observed = None if apart is None else np.einsum("ui,ij,uj->u", counts, apart, counts, optimize=True) * per_pair

    def disagreement(weight: Floats) -> tuple[Floats, Floats]:
        of = weight @ counts
        values = of.sum(axis=1)
        if apart is not None and observed is not None:
            return weight @ observed, ((of @ apart) * of).sum(axis=1) / (values - 1)
        places = np.cumsum(of, axis=1) - of / 2 if fixed is None else np.broadcast_to(fixed, of.shape)
        sums, squares = places @ counts.T, places**2 @ counts.T
        within = 2 * ((sizes * squares - sums**2) * per_pair * weight).sum(axis=1)
        mean, square = (of * places).sum(axis=1), (of * places**2).sum(axis=1)
        return within, 2 * (values * square - mean**2) / (values - 1)

    total = times @ counts
    n = float(total.sum())
    return _coefficient(disagreement, times, (n * n - float((total**2).sum())) / (n * (n - 1)))


def by_term(table: Table) -> dict[str, Coefficient]:
    """α of each term against the rest: whether an item has it or not."""
    terms = sorted({str(one) for row in table for label in row if label is not None for one in _terms(label)})
    return {
        term: alpha([[None if label is None else term in map(str, _terms(label)) for label in row] for row in table])
        for term in terms
    }


def _terms(label: Label) -> Sequence[Label]:
    return tuple(label) if isinstance(label, frozenset) else (label,)


@dataclass(frozen=True, slots=True)
class _Values:
    """Items × distinct labels as counts, and how far the labels are apart: by a matrix, or as places on a line.

    Neither means mid-ranks, which every resample has anew.
    """

    counts: Floats
    apart: Floats | None = None
    places: Floats | None = None


def _values(rows: Sequence[Sequence[Label]], scale: str, order: Sequence[Label]) -> _Values | str:
    """The labels of a scale, or why they are none of it."""
    distinct = {label for row in rows for label in row}
    if scale in (JACCARD, MASI):
        if not all(isinstance(label, frozenset) for label in distinct):
            return f"{scale} is of sets of terms"
        counts, labels = _counts(rows)
        distance = _masi if scale == MASI else _jaccard
        return _Values(counts, np.array([[distance(a, b) for b in labels] for a in labels]))
    if scale == NOMINAL:
        counts, labels = _counts(rows)
        return _Values(counts, 1 - np.eye(len(labels)))
    found = _ordered(distinct, order, True)
    if isinstance(found, str):
        return found
    counts, _ = _counts(rows, found)
    if scale == ORDINAL:
        return _Values(counts)
    if not all(_is_number(label) for label in found):
        return f"the {scale} scale is of numbers"
    numbers = np.array(found, np.float64)
    if scale == INTERVAL:
        spread = float(np.ptp(numbers)) or 1.0
        return _Values(counts, places=(numbers - numbers[0]) / spread)
    if (numbers < 0).any():
        return "the ratio scale is of numbers from 0 up"
    sums = np.add.outer(numbers, numbers)
    return _Values(counts, (np.subtract.outer(numbers, numbers) / np.where(sums > 0, sums, 1.0)) ** 2)


def _jaccard(a: Label, b: Label) -> float:
    assert isinstance(a, frozenset) and isinstance(b, frozenset)
    return 1 - len(a & b) / len(a | b) if a | b else 0.0


def _masi(a: Label, b: Label) -> float:
    assert isinstance(a, frozenset) and isinstance(b, frozenset)
    alike = 1.0 if a == b else 2 / 3 if a <= b or b <= a else 1 / 3 if a & b else 0.0
    return 1 - (1 - _jaccard(a, b)) * alike


def _is_number(label: Label) -> bool:
    return isinstance(label, (int, float)) and bool(np.isfinite(label))


def _ordered(labels: set[Label], order: Sequence[Label], needed: bool) -> list[Label] | str:
    """The labels from low to high, or why they have no order."""
    if order:
        missing = sorted(map(str, labels - set(order)))
        return f"{missing[0]!r} is not in the order" if missing else [label for label in order if label in labels]
    if all(_is_number(label) for label in labels):
        return sorted(labels, key=float)  # type: ignore[arg-type]
    return "terms have no order of their own: name it" if needed else sorted(labels, key=str)


def _pairable(table: Table) -> list[list[Label]]:
    """The labels of each item that has at least two."""
    rows = [[label for label in row if label is not None] for row in table]
    return [row for row in rows if len(row) > 1]


def _patterns(rows: Sequence[tuple[Label, ...]]) -> tuple[list[tuple[Label, ...]], Floats]:
    """The items that differ from each other, and how many there are of each: items alike leave the same behind."""
    times = Counter(rows)
    return list(times), np.array(list(times.values()), np.float64)


def _counts(rows: Sequence[Sequence[Label]], labels: Sequence[Label] | None = None) -> tuple[Floats, list[Label]]:
    """How often each item has each label; labels in order of appearance without ``labels``."""
    known = {label: at for at, label in enumerate(labels or dict.fromkeys(label for row in rows for label in row))}
    counts = np.zeros((len(rows), len(known)))
    for at, row in enumerate(rows):
        for label in row:
            counts[at, known[label]] += 1
    return counts, list(known)


def _are(raters: int) -> str:
    return f"{'is' if raters == 1 else 'are'} {raters}"


def _nothing(reason: str) -> Coefficient:
    return Coefficient(value=None, reason=reason)


def _coefficient(disagreement: Disagreement, times: Floats, differ: float) -> Coefficient:
    """1 − observed / expected disagreement; ``differ`` is the chance of two labels that are not the same."""
    from scipy.special import stdtrit

    items = int(times.sum())
    observed, expected = (float(of[0]) for of in disagreement(times[None, :]))
    if expected <= 1e-12 * items:
        return Coefficient(value=None, items=items, reason="all labels are the same: so would chance have it")
    value = 1 - observed / expected
    if items * differ < LEAST:
        return Coefficient(value=value, items=items, reason="too few items, or unlike labels, for an interval")
    if observed <= 1e-12 * expected:
        # No item differs, so nothing varies: the exact bound of their share, each differing as far as chance would.
        low = 1 - (1 - 0.025 ** (1 / items)) / differ
        return Coefficient(value=1.0, low=low, high=1.0, items=items, method="exact, as no item differs")
    without = _without_one(disagreement, times)
    if without is None:
        return Coefficient(value=value, items=items, reason="all labels but those of one item are the same")
    mean = float(times @ without) / items
    error = float(np.sqrt((items - 1) / items * (times @ (without - mean) ** 2)))
    inside = max(value, 1e-9 - 1)
    half = float(stdtrit(items - 1, 0.975)) * error / (1 - inside**2)
    low, high = (float(np.tanh(np.arctanh(inside) + side)) for side in (-half, half))
    return Coefficient(value=value, low=min(value, low), high=high, items=items, method="jackknife, Fisher's z")


def _without_one(disagreement: Disagreement, times: Floats) -> Floats | None:
    """The coefficient without an item of each pattern; None where one of them leaves nothing that could differ."""
    found = np.empty(len(times))
    step = max(1, _AT_ONCE // len(times))
    for first in range(0, len(times), step):
        rows = np.arange(first, min(first + step, len(times)))
        left = np.repeat(times[None, :], len(rows), axis=0)
        left[np.arange(len(rows)), rows] -= 1
        observed, expected = disagreement(left)
        if (expected <= 1e-12 * times.sum()).any():
            return None
        found[rows] = 1 - observed / expected
    return found
