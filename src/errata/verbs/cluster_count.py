"""Every row at its cluster, counted: rates on the half that took no part in making the clusters."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from errata.analysis.figures import grouped_effect, rate_figures
from errata.analysis.naming import Held, conditions, copies, name_of, pairs, terms
from errata.analysis.placing import At, Places
from errata.analysis.slices import Totals
from errata.core.columns import dictionary
from errata.core.errors import GrammarError
from errata.factors.space import Fitted
from errata.nouns.clusters import ClassPair, Cluster, ClusterSample, Condition, Term
from errata.nouns.slice import Slice
from errata.tasks.classification import label_text
from errata.verbs.cluster_rows import Part, Rows
from errata.verbs.view import FACTOR

SAMPLES = 10
_NEAR = 40
"""So many near rows are remembered, that samples may be of different groups."""
_FAR = 40
STABLE = 0.6
"""Below it a cluster dissolves when rows change (Hennig 2007)."""
_FAMILY = 0.05


class Near(NamedTuple):
    """A failed row, its cluster, and its distance from the cluster's place, also in times the cluster's spread."""

    distance: float
    row: int
    id: str | None
    cluster: int
    times: float
    group: int | None


class Named(NamedTuple):
    """What sets failed rows apart."""

    conditions: list[Condition]
    terms: list[Term]
    pairs: list[ClassPair]


@dataclass(eq=False)
class Placed:
    """Counts of every row at its place. ``all`` and ``counted`` (clusters + 1, noise last; rows and failed) are of the
    source and of the half that counts; ``named`` is of each cluster, and last of all failed rows."""

    all: NDArray[np.int64]
    counted: NDArray[np.int64]
    unplaced: int = 0
    nearest: dict[int, list[Near]] = field(default_factory=dict)
    furthest: list[Near] = field(default_factory=list)
    named: list[Named] = field(default_factory=list)
    groups: NDArray[np.int64] | None = None
    labels: NDArray[np.int64] | None = None
    failed: NDArray[np.bool_] | None = None
    copies: float = 1.0

    @property
    def rows(self) -> int:
        """Of the source."""
        return int(self.all[:, 0].sum())

    @property
    def failures(self) -> int:
        """Of the source."""
        return int(self.all[:, 1].sum())

    @property
    def noise(self) -> int:
        """Rows of no cluster."""
        return int(self.all[-1, 0])

    @property
    def noise_failed(self) -> int:
        """Failed rows of no cluster."""
        return int(self.all[-1, 1])


def placed(rows: Rows, fitted: Fitted, places: Places) -> Placed:
    """One pass that places every row of known outcome and counts."""
    return _Counting(rows, fitted, places).whole()


class _Counting:
    def __init__(self, rows: Rows, fitted: Fitted, places: Places) -> None:
        self.rows, self.fitted, self.places = rows, fitted, places
        subject, k = rows.subject, places.number
        self.factors = subject.factors
        self.found = Placed(np.zeros((k + 1, 2), np.int64), np.zeros((k + 1, 2), np.int64))
        # One slot a cluster for its failed rows, one for all failed rows, one for rows that passed.
        self.slots = k + 2
        self.codes = {one.name: np.zeros((self.slots, 256), np.int64) for one in self.factors}
        self.terms = np.zeros((self.slots, len(fitted.terms)))
        self.sizes = np.zeros(self.slots)
        self.pairs: Counter[tuple[int, str, str]] = Counter()
        self.grouped: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]] = []

    def whole(self) -> Placed:
        subject = self.rows.subject
        more = [FACTOR + one.name for one in self.factors]
        if subject.is_classification:
            more += [name for name in (subject.roles.truth, subject.roles.prediction) if name is not None]
        for part in self.rows.parts(tuple(more)):
            self._add(part)
        if self.grouped:
            groups, labels, failed = (np.concatenate(one) for one in zip(*self.grouped, strict=True))
            self.found.groups, self.found.labels, self.found.failed = groups, labels, failed
        self.found.named = self._named()
        return self.found

    def _add(self, part: Part) -> None:
        k, found = self.places.number, self.found
        known = np.flatnonzero(part.failed >= 0)
        raw, ok = self.rows.space.read(part.batch, known)
        at = known[ok]
        found.unplaced += len(known) - len(at)
        if not len(at):
            return
        lies = self.places.of(self.fitted.points(raw))
        labels = lies.labels
        failed = part.failed[at] == 1
        held = np.where(labels < 0, k, labels)
        counts = ~part.learns[at]
        for table, chosen in ((found.all, slice(None)), (found.counted, counts)):
            table[:, 0] += np.bincount(held[chosen], minlength=k + 1)
            table[:, 1] += np.bincount(held[chosen], failed[chosen], k + 1).astype(np.int64)
        self._remember(part, at[failed], At(*(one[failed] for one in lies)))
        if part.group is not None:
            self.grouped.append((part.group[at[counts]], held[counts], failed[counts]))
        self._describe(part, at[counts], raw[counts] if self.fitted.terms else None, held[counts], failed[counts])

    def _describe(self, part: Part, at: NDArray[np.int64], raw: Any, held: Any, failed: NDArray[np.bool_]) -> None:
        """Count conditions, terms and classes of the half that counts."""
        import pyarrow as pa

        k = self.places.number
        slot = np.where(failed, held, k + 1)
        told = slot != k  # a failed row of no cluster is told with all failed rows alone
        extra = np.flatnonzero(failed)
        self.sizes += np.bincount(slot[told], minlength=self.slots)
        self.sizes[k] += len(extra)
        for one in self.factors:
            codes = np.asarray(part.batch.column(FACTOR + one.name).take(pa.array(at))).astype(np.int64)
            table = self.codes[one.name]
            table += np.bincount(slot[told] * 256 + codes[told], minlength=table.size).reshape(table.shape)
            table[k] += np.bincount(codes[extra], minlength=256)
        if raw is not None and len(at):
            from scipy.sparse import csr_matrix

            words = self.fitted.held(raw)
            which = csr_matrix(
                (np.ones(int(told.sum())), (slot[told], np.flatnonzero(told))), shape=(self.slots, len(at))
            )
            self.terms += (which @ words).toarray()
            self.terms[k] += np.asarray(words[extra].sum(axis=0)).ravel()
        if self.rows.subject.is_classification and len(extra):
            self._pairs(part, at[extra], held[extra])

    def _pairs(self, part: Part, at: NDArray[np.int64], held: NDArray[np.int64]) -> None:
        import pyarrow as pa

        roles = self.rows.subject.roles
        sides = []
        for name in (roles.truth, roles.prediction):
            values, codes = dictionary(part.batch.column(name).take(pa.array(at)))
            sides.append((["missing" if one is None else label_text(one) for one in [*values, None]], codes))
        (truths, truth), (saids, said) = sides
        cells, times = np.unique(np.stack([held, truth, said], axis=1), axis=0, return_counts=True)
        for (cluster, t, p), n in zip(cells.tolist(), times.tolist(), strict=True):
            self.pairs[cluster, truths[t], saids[p]] += n

    def _remember(self, part: Part, at: NDArray[np.int64], lies: At) -> None:
        """The nearest failed rows of each cluster, and those furthest from any."""
        if not len(at):
            return
        labels, distance = lies.labels, lies.middle
        # Beside noise the clusters as a whole say what is far.
        spread = np.where(labels < 0, self.places.spread.max(initial=0.0), self.places.spread[labels])
        times = np.divide(lies.distance, spread, out=np.zeros(len(at)), where=spread > 0)
        chosen: set[int] = set(np.argsort(-times, kind="stable")[:_FAR].tolist())
        far = set(chosen)
        for cluster in np.unique(labels[labels >= 0]).tolist():
            mine = np.flatnonzero(labels == cluster)
            chosen |= set(mine[np.argsort(distance[mine], kind="stable")[:_NEAR]].tolist())
        places = np.array(sorted(chosen), np.int64)
        ids = self.rows.ids(part.batch, at[places])
        for place, name in zip(places.tolist(), ids, strict=True):
            group = None if part.group is None else int(part.group[at[place]])
            one = Near(
                float(distance[place]),
                part.start + int(at[place]),
                name,
                int(labels[place]),
                float(times[place]),
                group,
            )
            if place in far:
                self.found.furthest.append(one)
            if one.cluster >= 0:
                self.found.nearest.setdefault(one.cluster, []).append(one)
        self.found.furthest = sorted(self.found.furthest, key=lambda one: (-one.times, one.row))[:_FAR]
        for cluster, near in self.found.nearest.items():
            self.found.nearest[cluster] = sorted(near, key=lambda one: one[:2])[:_NEAR]

    def _named(self) -> list[Named]:
        k, sizes = self.places.number, self.sizes
        effects, passing_effect = self._copies()
        counted = []
        for one in self.factors:
            table = self.codes[one.name]
            for choice in one.choices:
                try:
                    text = Slice.of(choice.condition).text
                except GrammarError:
                    continue
                held = table[:, choice.low : choice.high + 1].sum(axis=1)
                counted += [
                    Held(at, one.name, text, held[at], sizes[at], held[k + 1], sizes[k + 1]) for at in range(k + 1)
                ]
        by_condition = conditions(counted, effects, passing_effect)
        by_term = terms(
            self.fitted.terms,
            self.terms[: k + 1],
            sizes[: k + 1],
            self.terms[k + 1],
            sizes[k + 1],
            effects,
            passing_effect,
        )
        by_pair = pairs(dict(self.pairs), k, effects)
        return [Named(by_condition.get(at, []), by_term.get(at, []), by_pair.get(at, [])) for at in range(k + 1)]

    def _copies(self) -> tuple[list[float], float]:
        k, found = self.places.number, self.found
        if found.groups is None or found.labels is None or found.failed is None:
            return [1.0] * (k + 1), 1.0
        groups, labels, failed = found.groups, found.labels, found.failed
        each = [copies(groups[failed & (labels == at)]) for at in range(k)]
        found.copies = copies(groups[failed])
        return [*each, found.copies], copies(groups[~failed])


def clusters_of(whole: Placed, places: Places) -> tuple[list[Cluster], NDArray[np.int64]]:
    """The clusters by excess errors, and which of ``places`` each was."""
    from scipy.special import ndtri

    k = places.number
    # Šidák: the lower bounds of all clusters hold at once.
    critical = float(ndtri(1 - (1 - (1 - _FAMILY) ** (1 / k)) / 2))
    every, every_failed = (int(one) for one in whole.counted.sum(axis=0))
    made = []
    for at in range(k):
        rows, failed = (int(one) for one in whole.counted[at])
        named = whole.named[at]
        effect, rest_effect = _effects(whole, at)
        figures = None
        if rows:
            figures = rate_figures(Totals(rows, failed, every, every_failed), critical, effect, rest_effect)
        made.append(
            Cluster(
                number=0,
                name=name_of(named.conditions, named.terms, named.pairs),
                all_rows=int(whole.all[at, 0]),
                all_failed=int(whole.all[at, 1]),
                rows=rows,
                failed=failed,
                error_rate=figures.error_rate if figures else None,
                low=figures.low if figures and figures.low is not None else 0.0,
                high=figures.high if figures and figures.high is not None else 1.0,
                rest_error_rate=figures.rest_error_rate if figures else None,
                excess_errors=figures.excess_errors if figures else 0.0,
                excess_errors_low=figures.excess_errors_low if figures else 0.0,
                stability=places.stability[at],
                stable=places.stability[at] >= STABLE,
                conditions=tuple(named.conditions),
                terms=tuple(named.terms),
                pairs=tuple(named.pairs),
                samples=_samples(whole.nearest.get(at, [])),
            )
        )
    order = np.array(sorted(range(k), key=lambda at: (-made[at].excess_errors, -made[at].all_failed, at)), np.int64)
    return [replace(made[at], number=number) for number, at in enumerate(order.tolist(), 1)], order


def _effects(whole: Placed, at: int) -> tuple[float, float]:
    if whole.groups is None or whole.labels is None or whole.failed is None:
        return 1.0, 1.0
    inside, failed = whole.labels == at, whole.failed.astype(np.float64)
    return grouped_effect(failed, whole.groups, inside), grouped_effect(failed, whole.groups, ~inside)


def _samples(near: list[Near]) -> tuple[ClusterSample, ...]:
    """The medoid first; the others of groups that have not been seen, as far as there are such."""
    seen: set[int] = set()
    fresh: list[Near] = []
    again: list[Near] = []
    for one in near:
        (again if one.group in seen else fresh).append(one)
        if one.group is not None:
            seen.add(one.group)
    chosen = sorted([*fresh, *again][:SAMPLES], key=lambda one: one[:2])
    return tuple(ClusterSample(one.row, one.id, one.distance) for one in chosen)
