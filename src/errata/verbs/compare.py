"""``errata compare A B``: what became of the samples from one version to the next. It needs no catalog."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.analysis import differences
from errata.analysis.compare import (
    Cells,
    Difference,
    cells,
    compare_means,
    compare_shares,
    is_counted,
    of_evidence,
)
from errata.analysis.figures import grouped_effect
from errata.analysis.intervals import wilson
from errata.core.errors import UsageError
from errata.core.units import count, plural
from errata.nouns.comparison import (
    MOST_SAMPLES,
    Comparison,
    Flaky,
    Interval,
    LeftOutPart,
    Version,
)
from errata.nouns.outcome import UNKNOWN, Outcomes
from errata.tasks.alignment import Aligned, align
from errata.tasks.metric import METRICS
from errata.tasks.outcomes import read_outcomes
from errata.tasks.pairing import group_codes
from errata.verbs.compare_slices import changed_slices
from errata.verbs.derived import derived
from errata.verbs.gate import Side

if TYPE_CHECKING:
    from errata.nouns.roles import Roles
    from errata.nouns.source import Source

Floats = NDArray[np.float64]
Groups = NDArray[np.int64] | None
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareOptions:
    """How to compare. ``min_support`` is a share of the pairs; ``pair_by`` names the column that names the sample."""

    metric: str = "error"
    depth: int = 2
    min_support: float = 0.01
    top: int = 20
    seed: int = 0
    bootstraps: int = 1000
    pair_by: str | None = None
    allow_unknown: bool = False
    allow_different_truth: bool = False

    def __post_init__(self) -> None:
        for name, good, expected in (
            ("metric", self.metric in METRICS, ", ".join(METRICS)),
            ("depth", 1 <= self.depth <= 4, "1 to 4"),
            ("min_support", 0 < self.min_support < 1, "a share between 0 and 1, such as 0.01"),
            ("top", 1 <= self.top <= 1000, "1 to 1000"),
            ("seed", self.seed >= 0, "0 or more"),
            ("bootstraps", 100 <= self.bootstraps <= 100_000, "100 to 100,000"),
        ):
            if not good:
                option = "--" + name.replace("_", "-")
                raise UsageError("bad-option", f"{option} {getattr(self, name)}", expected=expected)


@dataclass(frozen=True, slots=True)
class Samples:
    """The samples of both versions that are compared: their places in ``aligned``, values of the metric, groups."""

    metric: str
    aligned: Aligned
    places: NDArray[np.int64]
    a: Floats
    b: Floats
    groups: Groups

    @property
    def a_rows(self) -> NDArray[np.int64]:
        """The row of A that stands for each sample."""
        return self.aligned.a_rows[self.places]

    @property
    def b_rows(self) -> NDArray[np.int64]:
        """The row of B that stands for each sample."""
        return self.aligned.b_rows[self.places]


def compare_sources(
    a: Source,
    b: Source,
    roles: Roles,
    options: CompareOptions | None = None,
    progress: Progress | None = None,
    *,
    roles_of_a: Roles | None = None,
) -> Comparison:
    """Compare version A with version B, sample by sample where they can be paired.

    ``roles`` are those of B, and of A unless it has its own; they may be incomplete. Raises what reading outcomes
    raises, ValueFault for repeated ids and for samples of another truth, UsageError for what cannot be measured.
    """
    options = options or CompareOptions()
    say = progress or (lambda _: None)
    say(f"reading {a.name}")
    old = side_of(a, roles_of_a or roles, options)
    say(f"reading {b.name}")
    new = side_of(b, roles, options)
    metric, notes = _metric(old, new, options.metric)
    say("pairing")
    aligned = aligned_of(old, new, options)
    if isinstance(aligned, str):
        return _unpaired(old, new, metric, aligned, notes)
    return _paired(old, new, metric, aligned, options, notes, say)


def aligned_of(old: Side, new: Side, options: CompareOptions) -> Aligned | str:
    """The samples that two sides have in common, or why they cannot be paired."""
    return align(
        old.source,
        old.outcomes,
        new.source,
        new.outcomes,
        options.pair_by,
        allow_different_truth=options.allow_different_truth,
    )


def side_of(source: Source, roles: Roles, options: CompareOptions) -> Side:
    """A source with its outcomes; that ids do not repeat is for the pairing to see."""
    with_derived, roles = derived(source, roles)
    return judged_side(source, read_outcomes(with_derived, roles, allow_unknown=options.allow_unknown))


def judged_side(source: Source, outcomes: Outcomes) -> Side:
    """A source whose outcomes are known; what its roles derive may pair its samples."""
    source, _ = derived(source, outcomes.roles)
    group = outcomes.roles.group
    groups = None if group is None else group_codes(source.column(group))
    return Side(source, outcomes, groups, np.ones(source.rows, np.bool_))


def _metric(old: Side, new: Side, metric: str) -> tuple[str, list[str]]:
    """Without any known failure on a side but with losses on both, the loss is what can be compared."""
    sides = (old, new)
    if metric != "error" or all((side.outcomes.failed != UNKNOWN).any() for side in sides):
        return metric, []
    if all(side.outcomes.loss is not None for side in sides):
        return "loss", ["nothing says what failed, so the losses are compared (--metric loss)"]
    return metric, []


def _paired(
    old: Side, new: Side, metric: str, aligned: Aligned, options: CompareOptions, notes: list[str], say: Progress
) -> Comparison:
    samples = samples_of(old, new, metric, aligned)
    notes += _notes(old, new, aligned, samples)
    table, failures = table_of(old, new, metric, samples)
    if not len(samples.places):
        return _nothing(old, new, metric, 0, "no sample has a known outcome in both", notes)
    say("comparing")
    difference = difference_of(samples, options)
    slices, searched, left_out = changed_slices(old, new, samples, options, say)
    mixed = table.mixed if table is not None and aligned.repeated else 0
    return Comparison(
        metric=metric,
        a=_version(old, samples.a, samples.groups, metric),
        b=_version(new, samples.b, samples.groups, metric),
        pairs=len(samples.places),
        both_pass=None if table is None else table.both_pass,
        both_fail=None if table is None else table.both_fail,
        newly_failing=None if table is None else table.newly_failing,
        newly_passing=None if table is None else table.newly_passing,
        difference=Interval(difference.value, difference.low, difference.high),
        p=difference.p,
        verdict=difference.verdict,
        method=difference.method,
        slices=slices,
        samples=_ids(new, aligned, options.pair_by, failures),
        flaky=Flaky(a=None, b=None, newly_failing=0, newly_passing=0, mixed=mixed) if mixed else None,
        searched=searched,
        roles=new.outcomes.roles.to_json(),
        left_out=left_out,
        notes=tuple(notes),
    )


def samples_of(old: Side, new: Side, metric: str, aligned: Aligned) -> Samples:
    """The aligned samples whose metric is known on both sides, with their groups as dense codes."""
    a, b = aligned.values(old.metric(metric), new.metric(metric))
    places = np.flatnonzero(~np.isnan(a) & ~np.isnan(b))
    groups: Groups = None
    if new.groups is not None:
        groups = new.groups[aligned.b_rows[places]]
    elif old.groups is not None:
        groups = old.groups[aligned.a_rows[places]]
    elif aligned.sample is not None:
        groups = aligned.sample[places]
    if groups is not None:
        groups = np.unique(groups, return_inverse=True)[1].astype(np.int64)
    return Samples(metric, aligned, places, a[places], b[places], groups)


def difference_of(samples: Samples, options: CompareOptions) -> Difference:
    """B − A over the samples: exact where every value is 0 or 1, else by the bootstrap."""
    if samples.metric != "loss" and is_counted(samples.a, samples.b):
        return compare_shares(samples.a, samples.b, samples.groups)
    return compare_means(samples.a, samples.b, samples.groups, draws=options.bootstraps, seed=options.seed)


def table_of(
    old: Side, new: Side, metric: str, samples: Samples
) -> tuple[Cells | None, tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The paired table and the places of newly failing and newly passing samples; of a loss, by what failed."""
    places, a, b = samples.places, samples.a, samples.b
    if metric == "loss":
        a, b = samples.aligned.values(old.metric("error"), new.metric("error"))
        places = np.flatnonzero(~np.isnan(a) & ~np.isnan(b))
        a, b = a[places], b[places]
        if not len(places):
            return None, (places, places)
    return cells(a, b), (places[(a == 0) & (b == 1)], places[(a == 1) & (b == 0)])


def _ids(
    new: Side, aligned: Aligned, pair_by: str | None, failures: tuple[NDArray[np.int64], NDArray[np.int64]]
) -> dict[str, tuple[Any, ...]]:
    """The names of the samples that changed, in the order of B: its ids, else what it was paired by."""
    names = new.source.schema.names
    key = new.outcomes.roles.id or (pair_by if pair_by in names else None)
    found: dict[str, tuple[Any, ...]] = {}
    for kind, places in zip(("newly_failing", "newly_passing"), failures, strict=True):
        rows = np.sort(aligned.b_rows[places])
        found[kind] = () if key is None else _values(new.source, key, rows)
    return found


def _values(source: Source, key: str, rows: NDArray[np.int64]) -> tuple[Any, ...]:
    import pyarrow as pa

    values = source.column(key).take(pa.array(rows[: MOST_SAMPLES * 4])).to_pylist()
    named = (value if isinstance(value, str | int | float) else str(value) for value in values)
    return tuple(dict.fromkeys(named))[:MOST_SAMPLES]


def _version(side: Side, values: Floats, groups: Groups, metric: str) -> Version:
    """The metric of one side on the samples compared."""
    low: float | None
    high: float | None
    if ((values == 0) | (values == 1)).all() and metric != "loss":
        effect = grouped_effect(values, groups, np.ones(len(values), bool))
        low, high = wilson(float(values.sum()) / effect, len(values) / effect)
    else:
        about = differences.mean(values, groups)
        bounds = about.low(0.025), about.high(0.025)
        low, high = (bound if math.isfinite(bound) else None for bound in bounds)
        low = max(low, 0.0) if low is not None else None
    return Version(
        source=side.source.name,
        rows=side.source.rows,
        samples=len(values),
        value=float(values.mean()),
        low=low,
        high=high,
    )


def _unpaired(old: Side, new: Side, metric: str, why: str, notes: list[str]) -> Comparison:
    """Two different samples of the traffic: rates or means beside each other, no cells, no slices."""
    notes += [*_unknown(old, new), f"not paired, {why}: compared as different samples, which needs more of them"]
    first, second = new.metric(metric), old.metric(metric)
    in_b, in_a = ~np.isnan(first), ~np.isnan(second)
    first, second = first[in_b], second[in_a]
    b_groups = None if new.groups is None else new.groups[in_b]
    a_groups = None if old.groups is None else old.groups[in_a]
    if not len(first) or not len(second):
        return _nothing(old, new, metric, None, "no row of a side has a known outcome", notes)
    if metric == "loss":
        means = differences.mean(first, b_groups), differences.mean(second, a_groups)
        found = of_evidence(differences.two_means(*means), "not paired: Welch's t")
    else:
        shares = differences.share(first, b_groups), differences.share(second, a_groups)
        found = of_evidence(differences.TwoShares(*shares), "not paired: Newcombe's interval")
    return Comparison(
        metric=metric,
        a=_version(old, second, a_groups, metric),
        b=_version(new, first, b_groups, metric),
        pairs=None,
        both_pass=None,
        both_fail=None,
        newly_failing=None,
        newly_passing=None,
        difference=Interval(found.value, found.low, found.high),
        p=found.p,
        verdict=found.verdict,
        method=found.method,
        samples={"newly_failing": (), "newly_passing": ()},
        roles=new.outcomes.roles.to_json(),
        left_out=(LeftOutPart("slices", f"only paired samples say where a version changed, and {why}"),),
        notes=tuple(notes),
    )


def _nothing(old: Side, new: Side, metric: str, pairs: int | None, why: str, notes: list[str]) -> Comparison:
    empty = [
        Version(source=side.source.name, rows=side.source.rows, samples=0, value=None, low=None, high=None)
        for side in (old, new)
    ]
    return Comparison(
        metric=metric,
        a=empty[0],
        b=empty[1],
        pairs=pairs,
        both_pass=None,
        both_fail=None,
        newly_failing=None,
        newly_passing=None,
        difference=Interval(None, None, None),
        p=None,
        verdict="no evidence",
        method=why,
        samples={"newly_failing": (), "newly_passing": ()},
        roles=new.outcomes.roles.to_json(),
        left_out=(LeftOutPart("slices", why),),
        notes=tuple(notes),
    )


def _notes(old: Side, new: Side, aligned: Aligned, samples: Samples) -> list[str]:
    notes = _unknown(old, new)
    if aligned.repeated:
        notes.append(
            f"{plural(len(aligned), 'sample')} with repeats in both: a sample passes or fails when all its repeats do, "
            "and rates are means over repeats"
        )
    elif aligned.sample is not None:
        notes.append(f"rows of one sample count as dependent: {plural(len(np.unique(aligned.sample)), 'sample')}")
    elif len(aligned) < max(old.source.rows, new.source.rows):
        notes.append(
            f"{plural(len(aligned), 'sample')} in both, of {count(old.source.rows)} in {old.source.name} and "
            f"{count(new.source.rows)} in {new.source.name}"
        )
    if aligned.other_truth:
        notes.append(
            f"{plural(aligned.other_truth, 'pair')} with another truth in {new.source.name}: each version is judged by "
            "its own"
        )
    group = new.outcomes.roles.group or old.outcomes.roles.group
    if group is not None and samples.groups is not None:
        notes.append(
            f"rows of one {group} count as dependent: {plural(int(samples.groups.max(initial=-1)) + 1, 'group')}"
        )
    return notes


def _unknown(old: Side, new: Side) -> list[str]:
    notes = []
    for side in (old, new):
        unknown = int((side.outcomes.failed == UNKNOWN).sum())
        if unknown and side.outcomes.task not in ("regression", "loss"):
            notes.append(f"{plural(unknown, 'row')} of {side.source.name} of unknown outcome left out")
        if side.source.quarantined:
            notes.append(f"{plural(len(side.source.quarantined), 'row')} of {side.source.name} kept aside")
    return notes
