"""Of the audit ``causes``: data that is missing, out of range, doubled or leaked, and whether such rows fail more."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from errata.analysis.distances import false_discovery
from errata.analysis.figures import grouped_effect
from errata.analysis.intervals import wilson
from errata.analysis.risk_ratio import equal_p, koopman
from errata.core.columns import dictionary, floats, is_number, is_text, value_type
from errata.core.units import number, plural
from errata.nouns.causes import BETTER, NO_EVIDENCE, WORSE, DataQuality, Trouble
from errata.nouns.outcome import UNKNOWN
from errata.nouns.report import Estimate
from errata.tasks.left_out import measures_latency, not_a_factor
from errata.verbs.audits import Impossible
from errata.verbs.subject import Subject

if TYPE_CHECKING:
    from errata.nouns.source import Source

Mask = NDArray[np.bool_]
FALSE_DISCOVERY_RATE = 0.05
LEAST = 5
"""A trouble is tested where so many rows of known outcome have it, and so many have it not."""
COARSER = 0.8
"""If this share of a column's distinct values has few decimals, those that have many look filled in."""
MOST_DISTINCT = 5_000
MOST_DECIMALS = 4
COARSE = 0.5
"""Where more rows than this share their inputs, equal inputs are no copies."""
PLACEHOLDERS = frozenset(
    ["", "?", "-", "--", ".", "n/a", "na", "nan", "none", "null", "nil", "missing", "unknown", "unk", "undefined",
     "imputed", "unspecified", "not available", "not applicable", "tbd", "placeholder", "default"]
)  # fmt: skip
BELOW_ALL, ABOVE_ALL = (-1, -9, -99, -999, -9999, -99999), (999, 9999, 99999, 999999)


@dataclass(frozen=True, slots=True)
class Frame:
    """The rows that are judged and, beside them in ``source``, those that they are held against.

    ``judged`` and ``reference`` are masks over the rows of ``source``; ``failed`` and ``groups`` are of those judged.
    """

    source: Source
    judged: Mask
    reference: Mask | None
    failed: NDArray[np.int8]
    groups: NDArray[np.int64] | None
    words: str


def data_causes(subject: Subject, frame: Frame, aside: tuple[str, ...]) -> DataQuality:
    """Each kind of bad data and whether it goes with failing. ``aside``: columns that are no inputs."""
    known = frame.failed != UNKNOWN
    if not known.any():
        raise Impossible("no row has a known outcome")
    names = inputs_of(subject, frame.source, aside)
    notes: list[str] = []
    found: list[tuple[str, str | None, str, Mask]] = []
    for name in names:
        found += [(kind, name, detail, mask) for kind, detail, mask in _of_column(frame, name)]
    whole, distinct, floor, said = _of_rows(subject, frame, names)
    notes += said
    leaks = [one for one in whole if one[0].startswith("leaked")]
    troubles = _tested(frame, [*found, *whole])
    without = None
    if leaks:
        clean = known & ~np.any([mask for *_, mask in leaks], axis=0)
        without = _rate(frame, clean) if clean.any() else None
    return DataQuality(
        rows=len(frame.failed),
        reference=frame.words,
        inputs=tuple(names),
        distinct=distinct,
        floor=floor,
        troubles=tuple(troubles),
        tried=sum(one.p is not None for one in troubles),
        without_leaks=without,
        notes=tuple(notes),
    )


def inputs_of(subject: Subject, source: Source, aside: tuple[str, ...]) -> list[str]:
    """The columns that a model may have seen: those without a role of text, numbers or booleans."""
    roles = subject.outcomes.roles
    refused = not_a_factor(subject.source, replace(roles, factors=None))
    found = []
    for field in source.schema:
        kind = value_type(field.type)
        readable = is_text(kind) or is_number(kind) or str(kind) in ("bool", "null")
        barred = field.name in refused and refused[field.name] != "all its values are missing"
        if readable and not barred and field.name not in aside and not measures_latency(field.name):
            found.append(field.name)
    return found


def _of_column(frame: Frame, name: str) -> Iterator[tuple[str, str, Mask]]:
    """The kinds of bad data in one column, each with the judged rows that have it."""
    column = frame.source.column(name)
    missing = np.asarray(column.is_null(nan_is_null=True))
    if missing[frame.judged].any():
        yield "missing", "no value", missing[frame.judged]
    if is_text(column.type):
        yield from _of_text(frame, column)
    elif is_number(column.type):
        kind = str(value_type(column.type))
        yield from _of_numbers(frame, floats(column), is_whole="int" in kind, single=kind == "float")


def _of_text(frame: Frame, column: object) -> Iterator[tuple[str, str, Mask]]:
    values, codes = dictionary(column)
    judged = codes[frame.judged]
    empty = [at for at, value in enumerate(values) if value.strip().casefold() in PLACEHOLDERS]
    for at in empty:
        mask = judged == at
        if mask.any():
            yield "placeholder", f"the text {values[at]!r}", mask
    if frame.reference is not None:
        seen = np.zeros(len(values) + 1, bool)
        seen[codes[frame.reference]] = True
        seen[-1] = True
        mask = ~seen[judged]
        if mask.any():
            first = values[int(judged[mask][0])]
            yield "unseen value", f"not in train, such as {first!r}", mask


def _of_numbers(
    frame: Frame, values: NDArray[np.float64], *, is_whole: bool, single: bool
) -> Iterator[tuple[str, str, Mask]]:
    judged = values[frame.judged]
    finite = np.isfinite(judged)
    if np.isinf(judged).any():
        yield "out of range", "infinite", np.isinf(judged)
    if finite.sum() < LEAST:
        return
    some = judged[finite]
    distinct, times = np.unique(some, return_counts=True)
    if not is_whole and (finer := _finer(distinct, times, single)) is not None:
        decimals, which = finer
        yield "filled in", f"finer than {plural(decimals, 'decimal')}, such as {which[0]:.9g}", np.isin(judged, which)
    for sentinel in _sentinels(distinct):
        yield "placeholder", f"the number {number(sentinel)}", judged == sentinel
    low, high, words = _range(frame, values, distinct)
    if low is not None and high is not None:
        with np.errstate(invalid="ignore"):
            mask = finite & ((judged < low) | (judged > high))
        if mask.any():
            yield "out of range", f"{words} [{number(low)}, {number(high)}]", mask


def _finer(
    distinct: NDArray[np.float64], times: NDArray[np.int64], single: bool
) -> tuple[int, NDArray[np.float64]] | None:
    """Where most of the distinct values have few decimals, those that have two more or more, as a
    mean has, and stand in several rows, as what is filled in does."""
    if not 2 * LEAST <= len(distinct) <= MOST_DISTINCT:
        return None
    written = [np.format_float_positional(np.float32(one) if single else one, trim="-") for one in distinct]
    decimals = np.array([len(text.partition(".")[2]) for text in written])
    usual = int(np.sort(decimals)[math.ceil(COARSER * len(decimals)) - 1])
    finer = (decimals >= usual + 2) & (times >= LEAST)
    return (usual, distinct[finer]) if usual <= MOST_DECIMALS and finer.any() else None


def _sentinels(distinct: NDArray[np.float64]) -> list[float]:
    """A number that stands below or above all others as people mark what is missing."""
    if len(distinct) < 4:
        return []
    found = []
    if distinct[0] in BELOW_ALL and distinct[1] >= 0:
        found.append(float(distinct[0]))
    if distinct[-1] in ABOVE_ALL and distinct[-1] > 2 * distinct[-2]:
        found.append(float(distinct[-1]))
    return found


def _range(
    frame: Frame, values: NDArray[np.float64], distinct: NDArray[np.float64]
) -> tuple[float | None, float | None, str]:
    """What values lie in: the range of the reference, else Tukey's outer fences of the rows themselves."""
    if frame.reference is not None:
        seen = values[frame.reference]
        seen = seen[np.isfinite(seen)]
        return (float(seen.min()), float(seen.max()), "outside train's") if len(seen) else (None, None, "")
    if len(distinct) <= 12:
        return None, None, ""
    some = values[frame.judged]
    first, third = np.quantile(some[np.isfinite(some)], [0.25, 0.75])
    wide = 3 * float(third - first)
    return (float(first) - wide, float(third) + wide, "beyond the outer fences") if wide > 0 else (None, None, "")


def row_codes(source: Source, names: list[str]) -> NDArray[np.int64]:
    """Codes that are equal where all these columns are; a missing value equals a missing value."""
    codes = np.zeros(source.rows, np.int64)
    for name in names:
        column = source.column(name)
        if is_number(column.type):
            own = np.unique(floats(column), return_inverse=True)[1].astype(np.int64)
        else:
            own = dictionary(column)[1].astype(np.int64) + 1
        codes = np.unique(codes * (int(own.max(initial=0)) + 1) + own, return_inverse=True)[1].astype(np.int64)
    return codes


def _of_rows(
    subject: Subject, frame: Frame, names: list[str]
) -> tuple[list[tuple[str, str | None, str, Mask]], int | None, float | None, list[str]]:
    """Rows that are equal in all inputs, contradict each other in their truth, or stand in train too."""
    roles, notes = subject.outcomes.roles, []
    found: list[tuple[str, str | None, str, Mask]] = []
    image = roles.image if roles.image in frame.source.schema.names else None
    by = [image] if image is not None else names
    distinct = floor = None
    codes = None
    if by:
        codes = row_codes(frame.source, by)
        judged = codes[frame.judged]
        times = np.bincount(judged, minlength=int(codes.max()) + 1)
        shared = times[judged] > 1
        distinct = int((times > 0).sum())
        coarse = float(shared.mean()) > COARSE
        what = f"the {image}" if image is not None else plural(len(by), "input column")
        if coarse:
            notes.append(
                f"{plural(len(judged), 'row')} hold {plural(distinct, 'different input')}: so coarse inputs coincide, "
                "and equal ones are not taken for copies"
            )
        elif shared.any():
            found.append(("duplicate", None, f"equal in {what}", shared))
        conflicting, floor = _conflicts(subject, frame, judged)
        if conflicting is not None and conflicting.any() and not coarse:
            found.append(("conflicting labels", None, f"equal in {what}, with another truth", conflicting))
        if frame.reference is not None and not coarse:
            seen = np.zeros(len(times), bool)
            seen[codes[frame.reference]] = True
            if seen[judged].any():
                found.append(("leaked inputs", None, f"equal in {what} to a row of train", seen[judged]))
    for role in ("id", "group"):
        name = getattr(roles, role)
        if frame.reference is not None and name is not None and name in frame.source.schema.names:
            values, index = dictionary(frame.source.column(name))
            seen = np.zeros(len(values) + 1, bool)
            seen[index[frame.reference]] = True
            seen[-1] = False
            mask = seen[index[frame.judged]]
            if mask.any():
                found.append((f"leaked {role}", name, f"the {role} stands in train too", mask))
    return found, distinct, floor, notes


def _conflicts(subject: Subject, frame: Frame, judged: NDArray[np.int64]) -> tuple[Mask | None, float | None]:
    """Rows whose equals have another truth, and the least error rate that equal answers to equal inputs allow."""
    name = subject.outcomes.roles.truth
    if subject.outcomes.task != "classification" or name is None:
        return None, None
    truth = dictionary(frame.source.column(name))[1][frame.judged].astype(np.int64)
    known = truth >= 0
    inputs = np.unique(judged, return_inverse=True)[1]
    classes = int(truth.max(initial=0)) + 1
    where, rows = np.unique(inputs[known] * classes + truth[known], return_counts=True)
    of = where // classes
    kinds, most = np.bincount(of, minlength=inputs.max() + 1), np.zeros(inputs.max() + 1, np.int64)
    np.maximum.at(most, of, rows)
    mask = np.zeros(len(judged), bool)
    mask[known] = kinds[inputs[known]] > 1
    return mask, 1 - float(most.sum()) / max(int(known.sum()), 1) if mask.any() else None


def _rate(frame: Frame, mask: Mask) -> Estimate:
    failed = (frame.failed == 1).astype(np.float64)
    rows, effect = int(mask.sum()), grouped_effect(failed, frame.groups, mask)
    k = float(failed[mask].sum())
    return Estimate(k / rows, *wilson(k / effect, rows / effect)) if rows else Estimate(None, None, None)


def _tested(frame: Frame, found: list[tuple[str, str | None, str, Mask]]) -> list[Trouble]:
    known = frame.failed != UNKNOWN
    failed = (frame.failed == 1).astype(np.float64)
    all_failed, all_passed = float(failed[known].sum()), float((known & (failed == 0)).sum())
    made = []
    for kind, column, detail, mask in found:
        inside, outside = mask & known, ~mask & known
        n, m = int(inside.sum()), int(outside.sum())
        k, o = float(failed[inside].sum()), float(failed[outside].sum())
        one, two = (grouped_effect(failed, frame.groups, rows) for rows in (inside, outside))
        p = None
        ratio = Estimate(None, None, None)
        if min(n, m) >= LEAST and 0 < k + o < n + m:
            p = equal_p(k / one, n / one, o / two, m / two)
            low, high = koopman(k / one, n / one, o / two, m / two)
            value = (k / n) / (o / m) if o else None
            ratio = Estimate(value, low, high if math.isfinite(high) else None)
        made.append(
            Trouble(
                kind=kind,
                column=column,
                detail=detail,
                rows=int(mask.sum()),
                known=n,
                failed=int(k),
                share_failed=k / all_failed if all_failed else None,
                share_passed=(n - k) / all_passed if all_passed else None,
                rate=_rate(frame, inside),
                rest_rate=_rate(frame, outside),
                ratio=ratio,
                p=p,
                p_adjusted=None,
                verdict=NO_EVIDENCE,
            )
        )
    adjusted = iter(false_discovery([one.p for one in made if one.p is not None]))
    judged = [replace(one, p_adjusted=next(adjusted)) if one.p is not None else one for one in made]
    judged = [replace(one, verdict=_verdict(one)) for one in judged]
    order = {WORSE: 0, BETTER: 1, NO_EVIDENCE: 2}
    return sorted(judged, key=lambda one: (order[one.verdict], -one.rows, one.kind, one.column or ""))


def _verdict(one: Trouble) -> str:
    if one.p_adjusted is None or one.p_adjusted > FALSE_DISCOVERY_RATE:
        return NO_EVIDENCE
    assert one.rate.value is not None and one.rest_rate.value is not None
    return WORSE if one.rate.value > one.rest_rate.value else BETTER
