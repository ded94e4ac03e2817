"""The audit ``clusters``: are failures of a few kinds, and what sets each apart?

It asks for rows themselves, so it goes over the source by itself, four times at most: to draw some, to learn centres
from all failed rows that may, to place every row, and to count.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from errata.analysis.naming import FALSE_DISCOVERY_RATE
from errata.analysis.placing import Places, by_batches, by_density, by_means, hdbscan
from errata.analysis.stability import DENSITY, NUMBERS, Choice, choose, principal
from errata.analysis.tally import FAILED, Axis, Tally
from errata.core.errors import MissingExtra
from errata.core.units import count, plural
from errata.factors.space import MOST_AXES, Fitted, NoSpace
from errata.nouns.clusters import Cluster, Clusters, MapPoint, NumberTried, Outlier
from errata.verbs.audits import Asking, Audit, Impossible
from errata.verbs.cluster_count import Near, Placed, clusters_of, placed
from errata.verbs.cluster_rows import Drawn, Rows, drawn
from errata.verbs.cluster_space import not_taken, space_of
from errata.verbs.subject import Subject

if TYPE_CHECKING:
    from errata.analysis.stability import Matrix

LEAST = 20
"""Independent failures from which to make clusters."""
LEAST_SHARE = 0.05
"""Of the failures drawn, in the smallest cluster that density may find."""
DENSITY_AXES = 10
"""Among more, rows are all about as far from each other, and nothing is dense."""
ON_THE_MAP = 400
OUTLIERS = 10
OUTLYING = 2.0


def needs_scikit_learn() -> None:
    """Raise MissingExtra unless scikit-learn is there."""
    try:
        import sklearn  # noqa: F401
    except ImportError as error:
        raise MissingExtra(
            "missing-extra",
            "clusters need an optional part of Errata",
            expected="the extra 'cluster' (scikit-learn)",
            next="pip install 'errata[cluster]'",
        ) from error


def _missing(subject: Subject) -> str | None:
    return None if subject.judged else "no row has a known outcome"


def _run(subject: Subject) -> Asking:
    space = space_of(subject)
    counts = (yield [Tally((Axis(FAILED),))])[0]
    known = dict(zip(counts.labels[0], counts.rows.tolist(), strict=True))
    if not known.get(True):
        raise Impossible("no row failed")
    rows = Rows(subject, space)
    try:
        found = drawn(rows)
        if not len(found.failed):
            raise Impossible(f"no failed row can be compared: {_unusable(rows)}")
        if len(found.failed) == 1:
            raise Impossible("one failed row has none to be compared with")
        if not len(found.learning):
            found = replace(found, learning=found.failed)
        most = DENSITY_AXES if subject.options.clusters == "hdbscan" else MOST_AXES
        fitted = space.fitted(found.learning.raw, found.passed.raw, subject.options.seed, most)
        return _clusters(subject, rows, found, fitted)
    except NoSpace as reason:
        raise Impossible(str(reason)) from None


def _unusable(rows: Rows) -> str:
    names = rows.space.columns
    hold = "holds" if len(names) == 1 else "hold"
    what = "text" if rows.space.kind == "text" else "finite numbers"
    return f"{', '.join(names[:6])} {hold} no {what} there"


def _clusters(subject: Subject, rows: Rows, found: Drawn, fitted: Fitted) -> Clusters:
    options, seed = subject.options, subject.options.seed
    notes = [*not_taken(subject, rows.space), *fitted.notes]
    learning = fitted.points(found.learning.raw)
    alone = learning[found.learning.one_of_each_group()]
    seen = fitted.points(found.failed.raw)[found.failed.one_of_each_group()]
    choice, places = _chosen(seen, alone, learning, options.clusters, seed, notes)
    number = places.number if choice is not None and choice.number is not None else None
    if options.clusters == "kmeans" and found.learning.more and number is not None:
        places = by_batches(places, (fitted.points(raw) for raw in rows.learning()), seed).spread_over(learning)
    whole = placed(rows, fitted, places)
    clusters: list[Cluster] = []
    order = np.arange(places.number)
    if number is not None:
        clusters, order = clusters_of(whole, places)
    named = whole.named[-1]
    to = np.argsort(order)
    drawn_map, explained = _map(found, fitted, places, number, to, seed)
    return Clusters(
        by=rows.space.kind,
        columns=rows.space.columns,
        dimensions=fitted.dimensions,
        axes=fitted.axes,
        kept=fitted.kept,
        method=options.clusters,
        number=number,
        p=None if choice is None else choice.p,
        tried=() if choice is None else _tried(choice),
        tried_rows=len(seen) if choice is None else choice.rows,
        rows=whole.rows,
        failures=whole.failures,
        unplaced=whole.unplaced,
        counted_rows=int(whole.counted[:, 0].sum()),
        counted_failed=int(whole.counted[:, 1].sum()),
        clusters=tuple(clusters),
        conditions=tuple(named.conditions),
        terms=tuple(named.terms),
        outliers=_outliers(whole, number, to),
        map=drawn_map,
        explained=explained,
        false_discovery_rate=FALSE_DISCOVERY_RATE,
        noise=whole.noise,
        noise_failed=whole.noise_failed,
        notes=(*notes, *_said(subject, whole, rows)),
    )


def _chosen(
    seen: Matrix, alone: Matrix, learning: Matrix, method: str, seed: int, notes: list[str]
) -> tuple[Choice | None, Places]:
    """The number of clusters among ``seen``, and where they lie among ``learning``; one place where there are none.

    ``seen`` and ``alone`` are independent rows: of either half, and of ``learning``.
    """
    if len(seen) < LEAST or len(alone) < LEAST // 2:
        notes.append(f"too few to look for clusters: {plural(len(seen), 'independent failure')} ({LEAST} at least)")
        return None, by_means(learning, 1, seed)
    if method == "hdbscan":
        density = hdbscan(LEAST_SHARE)
        choice = choose(seen, (), seed, density)
        places = by_density(alone, density, seed) if choice.number == DENSITY else None
        if places is not None:
            return Choice(places.number, choice.p, choice.tried, choice.rows), places
        return Choice(None, choice.p, choice.tried, choice.rows), by_means(learning, 1, seed)
    choice = choose(seen, [k for k in NUMBERS if 10 * k <= len(seen)], seed)
    return choice, by_means(learning, choice.number or 1, seed)


def _tried(choice: Choice) -> tuple[NumberTried, ...]:
    return tuple(NumberTried(one.number if one.number != DENSITY else None, *one[1:]) for one in choice.tried)


def _outliers(whole: Placed, number: int | None, to: NDArray[np.int64]) -> tuple[Outlier, ...]:
    seen: set[int] = set()
    far: list[Near] = []
    for one in whole.furthest:
        # Rows of a group are outliers together: the first stands for them.
        if one.times >= OUTLYING and one.group not in seen and len(far) < OUTLIERS:
            far.append(one)
            seen |= set() if one.group is None else {one.group}
    return tuple(
        Outlier(one.row, one.id, None if number is None or one.cluster < 0 else int(to[one.cluster]) + 1, one.times)
        for one in far
    )


def _map(
    found: Drawn, fitted: Fitted, places: Places, number: int | None, to: NDArray[np.int64], seed: int
) -> tuple[tuple[MapPoint, ...], tuple[float, ...]]:
    """Two axes of largest variance of as many failed rows as rows that passed, and the share that they show."""
    failed, passed = found.failed.some(ON_THE_MAP), found.passed.some(ON_THE_MAP)
    raw = np.concatenate([failed.raw, passed.raw]) if len(passed) else failed.raw
    points = fitted.points(raw)
    axes = principal(points, min(points.shape))
    if not axes.shape[1]:
        return (), ()
    variance = (axes.astype(np.float64) ** 2).sum(axis=0)
    flat = np.zeros((len(axes), 2))
    flat[:, : min(2, axes.shape[1])] = axes[:, :2]
    # An axis has no direction of its own: the heavier side is the right one.
    flat *= np.where((flat**3).sum(axis=0) < 0, -1, 1)
    labels = places.of(points).labels
    ids, numbers = [*failed.ids, *passed.ids], [*failed.rows, *passed.rows]
    made = []
    for at in range(len(points)):
        cluster = None if number is None or labels[at] < 0 else int(to[labels[at]]) + 1
        x, y = (round(float(one), 4) for one in flat[at])
        made.append(MapPoint(x, y, at < len(failed), cluster, int(numbers[at]), ids[at]))
    return tuple(made), tuple(float(one) for one in variance[:2] / variance.sum() * fitted.kept)


def _said(subject: Subject, whole: Placed, rows: Rows) -> Iterator[str]:
    if whole.unplaced:
        yield f"{plural(whole.unplaced, 'row')} left out: {_unusable(rows)}"
    if not whole.rows - whole.failures:
        yield "no row passed, so nothing tells failures from rows that passed"
    if whole.copies > 1.005:
        yield (
            f"rows of a {subject.roles.group} depend on each other: of each one row was looked at for the number of "
            f"clusters, and for names {count(math.ceil(whole.copies))} rows count as one"
        )


AUDIT = Audit("clusters", _missing, _run)
