"""``errata compare run:1 run:2``: logged runs compared, what their repeats say, and the samples that changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.core.errors import ErrataError, UsageError
from errata.nouns.comparison import Comparison, Flaky, Repeats
from errata.nouns.evidence import Sample
from errata.nouns.roles import Roles
from errata.nouns.run import Run
from errata.store import runs
from errata.store.catalog import Store
from errata.tasks.alignment import Aligned, align
from errata.verbs.compare import (
    CompareOptions,
    Progress,
    aligned_of,
    compare_sources,
    judged_side,
    samples_of,
    side_of,
    table_of,
)
from errata.verbs.gate import Side
from errata.verbs.parts import Judged, merged, plain, read_run, samples_at, slice_mask, source_of_run

if TYPE_CHECKING:
    from errata.nouns.source import Source

MOST = 10_000
MOST_REPEATS = 20
KINDS = ("newly_failing", "newly_passing")


@dataclass(frozen=True, slots=True)
class Compared:
    """One side of a comparison: rows, how their columns are read, and the run that they are of, if any."""

    source: Source
    roles: Roles
    run: Run | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedSample:
    """A sample that changed: as it is in B, and what A had predicted."""

    sample: Sample
    before: Any

    def to_json(self) -> dict[str, Any]:
        """Plain values: those of the sample, and ``before``."""
        return {**self.sample.to_json(), "before": self.before}


def side_of_run(store: Store, number: int, given: Roles) -> Compared:
    """A logged run with the roles that it was logged with; those that are ``given`` count instead. Raises NotFound."""
    run, source = source_of_run(store, number)
    return Compared(source, merged(run.typed_roles(), given), run)


def compare_sides(
    store: Store, a: Compared, b: Compared, options: CompareOptions, progress: Progress | None = None
) -> Comparison:
    """Compare two sides of which at least one is a run; repeats of one model on the same data say what is flaky."""
    options = replace(options, allow_unknown=True)
    found = compare_sources(a.source, b.source, b.roles, options, progress, roles_of_a=a.roles)
    if a.run is not None and b.run is not None and a.run.dataset_name != b.run.dataset_name:
        said = f"{a.run.ref} is on {a.run.dataset or 'no dataset'}, {b.run.ref} on {b.run.dataset or 'no dataset'}: "
        found = replace(found, notes=(*found.notes, f"{said}the difference may be that of the data"))
    if not found.paired or found.newly_failing is None or not found.pairs:
        return found
    repeats = [_repeats_of(store, side.run) for side in (a, b)]
    if not any(repeats):
        return found
    (progress or (lambda _: None))("reading repeats")
    old, new = side_of(a.source, a.roles, options), side_of(b.source, b.roles, options)
    aligned = _aligned(old, new, options)
    _, changed = table_of(old, new, found.metric, samples_of(old, new, found.metric, aligned))
    said_a, flaky_a = _flaky(store, a, old, repeats[0], options)
    said_b, flaky_b = _flaky(store, b, new, repeats[1], options)
    unsure = flaky_a[aligned.a_rows] | flaky_b[aligned.b_rows]
    mixed = found.flaky.mixed if found.flaky is not None else 0
    flaky = Flaky(
        a=said_a,
        b=said_b,
        newly_failing=int(unsure[changed[0]].sum()),
        newly_passing=int(unsure[changed[1]].sum()),
        mixed=mixed,
    )
    return replace(found, flaky=flaky)


def changed_samples(
    store: Store,
    a: int,
    b: int,
    kind: str = "newly_failing",
    slice: str = "all",
    limit: int = 200,
    seed: int = 0,
    options: CompareOptions | None = None,
) -> tuple[list[ChangedSample], dict[str, bytes], int]:
    """Samples that changed from run A to run B, their pictures by digest, and how many there are.

    ``slice`` is of B's columns. Beyond ``limit`` a seeded uniform draw is given, in the order of B. Raises NotFound,
    UsageError ``not-paired`` when the runs share no ids, and what the comparison raises.
    """
    if kind not in KINDS:
        raise UsageError("bad-option", f"no kind of change {kind!r}", expected=", ".join(KINDS))
    if not 1 <= limit <= MOST:
        raise UsageError("bad-limit", f"a limit of {limit}", expected=f"1 to {MOST}")
    options = replace(options or CompareOptions(), allow_unknown=True)
    before, after = read_run(store, a), read_run(store, b)
    old, new = judged_side(before.source, before.outcomes), judged_side(after.source, after.outcomes)
    aligned = _aligned(old, new, options)
    _, changed = table_of(old, new, options.metric, samples_of(old, new, options.metric, aligned))
    places = changed[KINDS.index(kind)]
    places = places[slice_mask(after, slice)[aligned.b_rows[places]]]
    total = len(places)
    if total > limit:
        places = np.random.default_rng(seed).choice(places, limit, replace=False)
    places = places[np.argsort(aligned.b_rows[places], kind="stable")]
    samples, pictures = samples_at(after, aligned.b_rows[places], limit, slice)
    predicted = _predictions(before, aligned.a_rows[places])
    found = [ChangedSample(sample=one, before=was) for one, was in zip(samples, predicted, strict=True)]
    return found, pictures, total


def _aligned(old: Side, new: Side, options: CompareOptions) -> Aligned:
    found = aligned_of(old, new, options)
    if isinstance(found, str):
        raise UsageError(
            "not-paired",
            f"{old.source.name} and {new.source.name} cannot be paired: {found}",
            expected="two runs logged with ids, on the same samples",
            next=f"errata compare {old.source.name} {new.source.name}",
        )
    return found


def _predictions(judged: Judged, rows: NDArray[np.int64]) -> list[Any]:
    import pyarrow as pa

    name = judged.run.roles.get("prediction")
    if name is None:
        return [None] * len(rows)
    return [plain(value) for value in judged.source.column(name).take(pa.array(rows)).to_pylist()]


def _repeats_of(store: Store, run: Run | None) -> list[Run]:
    """The other runs of the same model version on the same dataset version that can be paired, oldest first."""
    if run is None or run.dataset is None or not run.paired:
        return []
    with store.read() as connection:
        every = runs.same_pair(connection, store, run.model, run.dataset)
    same = [
        other
        for other in every
        if other.number != run.number and other.state == "complete" and other.rows and other.paired
    ]
    return sorted(same, key=lambda other: other.number)[:MOST_REPEATS]


def _flaky(
    store: Store, side: Compared, main: Side, repeats: Sequence[Run], options: CompareOptions
) -> tuple[Repeats | None, NDArray[np.bool_]]:
    """What the repeats of one side say, and which rows of its run did not always have the same outcome."""
    rows = main.source.rows
    flaky, judged_twice = np.zeros(rows, bool), np.zeros(rows, bool)
    read: list[str] = []
    for run in repeats:
        _, source = source_of_run(store, run.number)
        again = side_of(source, merged(run.typed_roles(), Roles(positive=side.roles.positive)), options)
        try:
            aligned = align(main.source, main.outcomes, again.source, again.outcomes)
        except ErrataError:
            continue
        if isinstance(aligned, str):
            continue
        first, second = aligned.values(main.metric("error"), again.metric("error"))
        known = ~np.isnan(first) & ~np.isnan(second)
        judged_twice[aligned.a_rows[known]] = True
        flaky[aligned.a_rows[known & (first != second)]] = True
        read.append(run.ref)
    if not read or side.run is None:
        return None, flaky
    every = tuple(sorted((side.run.ref, *read), key=lambda ref: int(ref.partition(":")[2])))
    return Repeats(runs=every, samples=int(judged_twice.sum()), flaky=int(flaky.sum())), flaky
