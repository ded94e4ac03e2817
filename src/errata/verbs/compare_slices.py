"""Where version B does worse than A, and where better: the slices of a comparison."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from errata.analysis import differences
from errata.analysis.changes import Listed, level_after_selection, search_changes
from errata.analysis.compare import cells, compare_shares, is_counted, of_evidence
from errata.analysis.requests import Item
from errata.core.units import count, plural
from errata.engine.local.changes import Changes
from errata.factors.encode import Factor, NoFactor, encode
from errata.nouns.comparison import BETTER, WORSE, ChangedSlice, Interval, LeftOutPart, SearchedChanges
from errata.nouns.slice import Slice
from errata.tasks.roles import not_a_factor
from errata.verbs.leaks import leaks
from errata.verbs.slices import least_rows

if TYPE_CHECKING:
    from errata.verbs.compare import CompareOptions, Samples
    from errata.verbs.gate import Side

Progress = Callable[[str], None]
Where = tuple[tuple[ChangedSlice, ...], SearchedChanges | None, tuple[LeftOutPart, ...]]


def changed_slices(old: Side, new: Side, samples: Samples, options: CompareOptions, say: Progress) -> Where:
    """The slices that changed by more than chance, what was tried, and which columns were left out.

    Factors are B's columns, the class of truth among them, and those that A alone has.
    """
    size = len(samples.places)
    min_rows = least_rows(options.min_support, size)
    factors, left_out = _factors(old, new, samples, options, min_rows, say)
    if not factors:
        return (), None, (*left_out, LeftOutPart("slices", "no column can be a factor"))
    items = [Item(f, choice.low, choice.high) for f, (factor, _) in enumerate(factors) for choice in factor.choices]
    engine = Changes([codes for _, codes in factors], items, samples.b - samples.a, groups=samples.groups, progress=say)
    say(f"searching {len(factors)} factors")
    found = engine.run(search_changes(engine.population(), depth=options.depth, min_rows=min_rows, top=options.top))
    conditions = [choice.condition for factor, _ in factors for choice in factor.choices]
    texts = {listed: Slice.of(*(conditions[item] for item in listed.items)).text for listed in found.listed}
    slices = _sure(
        found.listed,
        found.tried,
        lambda listed, alpha: _changed(listed, texts[listed], samples, engine.mask(listed.items), alpha),
    )
    slices.sort(key=_order)
    searched = SearchedChanges(found.tried, found.depth, min_rows)
    if found.deeper is not None:
        deeper = f"{count(found.deeper)} slices would be too many"
        left_out.append(LeftOutPart(f"slices of more than {plural(found.depth, 'condition')}", deeper))
    return tuple(slices), searched, tuple(left_out)


def _sure(listed: Sequence[Listed], tried: int, changed: Callable[[Listed, float], ChangedSlice]) -> list[ChangedSlice]:
    """Those whose interval leaves zero out; the fewer they are, the wider it has to be."""
    while True:
        alpha = level_after_selection(len(listed), tried)
        slices = [changed(one, alpha) for one in listed]
        kept = [one for one, slice_ in zip(listed, slices, strict=True) if _leaves_zero_out(slice_.difference)]
        if len(kept) == len(listed):
            return slices
        listed = kept


def _leaves_zero_out(found: Interval) -> bool:
    return found.low is not None and found.high is not None and not found.low <= 0 <= found.high


def _order(found: ChangedSlice) -> tuple[bool, float, str]:
    moved = found.net if found.net is not None else (found.difference.value or 0.0) * found.pairs
    return found.direction != WORSE, -abs(moved), found.slice


def _changed(
    listed: Listed,
    text: str,
    samples: Samples,
    inside: NDArray[np.bool_],
    alpha: float,
) -> ChangedSlice:
    a, b = samples.a[inside], samples.b[inside]
    groups = None if samples.groups is None else samples.groups[inside]
    losses = samples.metric == "loss"
    if not losses and is_counted(a, b):
        difference = compare_shares(a, b, groups, alpha)
    else:
        # A bootstrap of 1,000 draws has no percentiles this far out.
        difference = of_evidence(differences.paired_means(b, a, groups), "Student's t", alpha)
    table = None if losses else cells(a, b)
    return ChangedSlice(
        slice=text,
        direction=WORSE if listed.direction > 0 else BETTER,
        pairs=len(a),
        both_pass=None if table is None else table.both_pass,
        both_fail=None if table is None else table.both_fail,
        newly_failing=None if table is None else table.newly_failing,
        newly_passing=None if table is None else table.newly_passing,
        net=None if table is None else table.newly_failing - table.newly_passing,
        a=float(a.mean()),
        b=float(b.mean()),
        difference=Interval(difference.value, difference.low, difference.high),
        p=listed.p,
        p_adjusted=listed.p_adjusted,
    )


def _factors(
    old: Side, new: Side, samples: Samples, options: CompareOptions, min_rows: int, say: Progress
) -> tuple[list[tuple[Factor, NDArray[np.uint8]]], list[LeftOutPart]]:
    """Each factor with its codes over the samples, by name; and the columns that are none."""
    found: dict[str, tuple[Factor, NDArray[np.uint8]]] = {}
    left_out: list[LeftOutPart] = []
    known = set(new.source.schema.names)
    for side, rows in ((new, samples.b_rows), (old, samples.a_rows)):
        roles = side.outcomes.roles
        if side is old and roles.factors is not None and not set(roles.factors) - known:
            continue
        refused = not_a_factor(side.source, roles)
        truth = roles.truth if side.outcomes.task == "classification" else None
        if truth is not None and roles.factors is None and truth not in roles.exclude:
            refused.pop(truth, None)
        for name in side.source.schema.names:
            if (side is old and name in known) or (roles.factors is not None and name not in roles.factors):
                continue
            if name == options.pair_by:
                left_out.append(LeftOutPart(name, "it says which rows are one sample"))
            elif name in refused:
                left_out.append(LeftOutPart(name, refused[name]))
            else:
                say(f"reading {name}")
                factor = encode(name, side.source.column(name), min_rows)
                if isinstance(factor, NoFactor):
                    left_out.append(LeftOutPart(name, factor.reason))
                elif (
                    name not in (truth, *roles.derive)
                    and roles.factors is None
                    and (reason := leaks(factor, side.outcomes))
                ):
                    left_out.append(LeftOutPart(name, reason))
                else:
                    found[name] = (factor, factor.codes[rows])
    return [found[name] for name in sorted(found)], left_out
