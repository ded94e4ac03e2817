"""``errata gate``: does this version hold what its checks ask? Judged from two sources, without a catalog."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.analysis import differences
from errata.analysis.differences import Evidence
from errata.analysis.gate import Question, answers
from errata.core.errors import ColumnError, ErrataError, UsageError
from errata.core.names import nearest
from errata.core.units import count, plural
from errata.nouns.outcome import UNKNOWN, Outcomes
from errata.nouns.slice import Condition, Slice
from errata.nouns.verdict import CheckSpec, CheckVerdict, Criterion, GateResult, no_checks, overall
from errata.tasks.ids import refuse_repeated
from errata.tasks.metric import measure
from errata.tasks.outcomes import read_outcomes
from errata.tasks.pairing import Pairs, group_codes, pair, refuse_other_truth, rows_with
from errata.verbs.derived import derived, with_columns

if TYPE_CHECKING:
    from errata.nouns.roles import Roles
    from errata.nouns.source import Source

MARGIN = 0.01


def gate_sources(
    source: Source,
    baseline: Source | None,
    checks: Sequence[CheckSpec] | None,
    roles: Roles,
    margin: float = MARGIN,
    exclude_ids: set[Any] | None = None,
    exclude_groups: set[Any] | None = None,
    *,
    allow_unknown: bool = False,
) -> GateResult:
    """Judge ``source`` by ``checks``, against ``baseline`` where they ask for it.

    Without checks (None) and with a baseline the default ones hold: everything and each class of truth, at most
    ``margin`` worse. Roles may be incomplete; they are read for each source by itself. Samples are paired by id where
    both have ids that meet. Rows whose id or group is excluded are left out of both sides.

    Raises UsageError ``no-checks`` and ``no-baseline``, ColumnError for a slice's column that is not there, ValueFault
    for one sample with two truths, and whatever reading outcomes raises.
    """
    if checks is not None and not checks:
        raise no_checks()
    if checks is None and baseline is None:
        raise no_checks()
    new = Side.of(source, roles, allow_unknown)
    old = None if baseline is None else Side.of(baseline, roles, allow_unknown)
    if checks is None:
        assert old is not None
        checks = default_checks(new.outcomes, old.outcomes, margin)
    _check_baseline(checks, old)
    excluded = new.leave_out(exclude_ids, exclude_groups)
    if old is not None:
        old.leave_out(exclude_ids, exclude_groups)
    pairs, why_not = (None, "") if old is None else _pairs(new, old)
    questions, values = [], []
    for check in checks:
        question, both = _ask(check, new, old, pairs, why_not)
        questions.append(question)
        values.append(both)
    verdicts = tuple(
        CheckVerdict(
            name=check.name,
            slice=check.slice,
            metric=check.metric,
            criterion=check.criterion,
            n=question.n,
            estimate=answer.estimate,
            low=_at_least(check, question, answer.low),
            high=answer.high,
            verdict=answer.verdict,
            more_needed=answer.more_needed,
            case=check.case,
            value=both[0],
            baseline=both[1],
            p=answer.p,
            p_adjusted=answer.p_adjusted,
            reason=answer.reason,
        )
        for check, question, both, answer in zip(checks, questions, values, answers(questions), strict=True)
    )
    return GateResult(
        verdict=overall([verdict.verdict for verdict in verdicts]),
        checks=verdicts,
        source=source.name,
        baseline=None if baseline is None else baseline.name,
        rows=source.rows,
        pairs=None if pairs is None else len(pairs),
        excluded=excluded,
        roles=new.outcomes.roles.to_json(),
        notes=_notes(new, old, pairs, why_not, checks),
    )


def default_checks(new: Outcomes, old: Outcomes, margin: float = MARGIN) -> list[CheckSpec]:
    """Everything, and each class that truth has on either side, at most ``margin`` worse than the baseline."""
    if not 0 <= margin <= 1:
        raise UsageError(
            "bad-option", f"--margin {margin}", expected="a share from 0 to 1, such as 0.01", next="--margin 0.01"
        )
    metric = "loss" if new.loss is not None and not (new.failed != UNKNOWN).any() else "error"
    criterion = Criterion("<=", margin, relative=True).text
    checks = [CheckSpec(name="overall", metric=metric, criterion=criterion)]
    if new.roles.truth is None or new.task != "classification":
        return checks
    classes = list(dict.fromkeys([*new.classes, *old.classes]))
    for label in sorted(classes, key=lambda label: (isinstance(label, str), label)):
        slice_ = Slice.of(Condition(new.roles.truth, "equals", value=label)).text
        checks.append(CheckSpec(name=slice_, slice=slice_, metric=metric, criterion=criterion))
    return checks


@dataclass(slots=True)
class Side:
    """One source with its outcomes; metrics and slices are worked out once each. ``kept`` are the rows not left out."""

    source: Source
    outcomes: Outcomes
    groups: NDArray[np.int64] | None
    kept: NDArray[np.bool_]
    _metrics: dict[tuple[str, str | None], NDArray[np.float64]] = field(default_factory=dict)
    _masks: dict[str, NDArray[np.bool_]] = field(default_factory=dict)

    @classmethod
    def of(cls, source: Source, roles: Roles, allow_unknown: bool) -> Side:
        """Read the outcomes of a source. Raises ValueFault for repeated ids."""
        source, roles = derived(source, roles)
        outcomes = read_outcomes(source, roles, allow_unknown=allow_unknown)
        if outcomes.roles.id is not None:
            refuse_repeated(source, outcomes.roles.id)
        group = outcomes.roles.group
        groups = None if group is None else group_codes(source.column(group))
        return cls(source, outcomes, groups, np.ones(source.rows, np.bool_))

    def leave_out(self, ids: set[Any] | None, groups: set[Any] | None) -> int:
        """Leave rows with these ids or groups out, and say how many there were."""
        for values, role in ((ids, "id"), (groups, "group")):
            if not values:
                continue
            column = getattr(self.outcomes.roles, role)
            if column is None:
                if role == "group":
                    continue
                raise UsageError(
                    "no-ids",
                    f"{self.source.name} has no id, so the samples to leave out cannot be told",
                    expected="the column that names each sample",
                    next="--id COLUMN",
                )
            self.kept &= ~rows_with(self.source.column(column), values)
        return int((~self.kept).sum())

    def metric(self, name: str, positive: str | None = None) -> NDArray[np.float64]:
        """The metric of each row, float64; NaN outside its population, where it is unknown, and where left out.

        ``positive`` is the class that fpr and fnr are about, if not that of the roles.
        """
        key = (name, positive)
        if key not in self._metrics:
            outcomes = self.outcomes
            if positive is not None:
                outcomes = replace(outcomes, roles=replace(outcomes.roles, positive=positive))
            measured = measure(outcomes, "error" if name == "accuracy" else name)
            counted = measured.failed if measured.loss is None else measured.loss
            values = np.full(self.source.rows, np.nan)
            values[slice(None) if measured.rows is None else measured.rows] = counted
            values[~self.kept] = np.nan
            self._metrics[key] = 1 - values if name == "accuracy" else values
        return self._metrics[key]

    def mask(self, check: CheckSpec) -> NDArray[np.bool_]:
        """The rows in the check's slice. Raises ColumnError for a column that is not there."""
        if check.slice not in self._masks:
            slice_ = Slice.parse(check.slice)
            source = with_columns(self.source, slice_.columns)
            for name in slice_.columns:
                if name not in source.schema.names:
                    raise self._no_column(name, check)
            self._masks[check.slice] = slice_.mask(source.column, source.rows)
        return self._masks[check.slice]

    def _no_column(self, name: str, check: CheckSpec) -> ColumnError:
        known = list(self.source.schema.names)
        close = nearest(name, known)
        return ColumnError(
            "no-such-column",
            f"{self.source.name} has no column {name!r}, which check {check.name!r} looks at",
            expected=" or ".join(close) if close else f"one of {', '.join(known[:12])}",
            found=check.slice,
            where=check.where,
            next=f"write {close[0]} in the check's slice" if close else "",
        )


def _check_baseline(checks: Sequence[CheckSpec], old: Side | None) -> None:
    for check in checks:
        if old is None and Criterion.parse(check.criterion).relative:
            raise UsageError(
                "no-baseline",
                f"check {check.name!r} compares with a baseline, and none was given",
                found=check.criterion,
                where=check.where,
                expected="a baseline, or a criterion without one",
                next="--baseline FILE",
            )


def _pairs(new: Side, old: Side) -> tuple[Pairs | None, str]:
    """The samples of both sides that were not left out; or None and why they cannot be paired."""
    here, there = new.outcomes.roles.id, old.outcomes.roles.id
    if here is None or there is None:
        lacking = new if here is None else old
        return None, f"not paired, {lacking.source.name} has no id"
    pairs = pair(new.source, here, old.source, there)
    if not len(pairs):
        return None, "not paired, no id stands in both"
    refuse_other_truth(new.source, new.outcomes, old.source, old.outcomes, pairs)
    return pairs, ""


def _ask(
    check: CheckSpec, new: Side, old: Side | None, pairs: Pairs | None, why_not: str
) -> tuple[Question, tuple[float | None, float | None]]:
    """The check as numbers, and the metric's value on both sides."""
    criterion = Criterion.parse(check.criterion)
    try:
        values, inside = new.metric(check.metric, check.positive), new.mask(check)
        if not criterion.relative:
            return _absolute(check, criterion, new, values, inside)
        assert old is not None
        if pairs is not None:
            return _paired(check, criterion, new, values, inside, old.metric(check.metric, check.positive), pairs)
        before = old.metric(check.metric, check.positive)
        return _unpaired(check, criterion, (new, values, inside), (old, before, old.mask(check)), why_not)
    except ErrataError as exc:
        exc.where = exc.where or check.where
        raise


Asked = tuple[Question, tuple[float | None, float | None]]
Part = tuple[Side, NDArray[np.float64], NDArray[np.bool_]]


def _absolute(
    check: CheckSpec, criterion: Criterion, side: Side, values: NDArray[np.float64], inside: NDArray[np.bool_]
) -> Asked:
    found, groups, why = _within(side, values, inside)
    if not len(found):
        return _nothing(criterion, why)
    evidence: Evidence = differences.share(found, groups) if check.metric != "loss" else differences.mean(found, groups)
    return Question(criterion=criterion, n=len(found), evidence=evidence, how=_by_group(side)), (
        evidence.estimate,
        None,
    )


def _paired(
    check: CheckSpec,
    criterion: Criterion,
    new: Side,
    values: NDArray[np.float64],
    inside: NDArray[np.bool_],
    others: NDArray[np.float64],
    pairs: Pairs,
) -> Asked:
    first, second = values[pairs.first], others[pairs.second]
    use = inside[pairs.first] & ~np.isnan(first) & ~np.isnan(second)
    if not use.any():
        found, _, why = _within(new, values, inside)
        return _nothing(criterion, "no sample of the slice stands in the baseline" if len(found) else why)
    first, second = first[use], second[use]
    groups = None if new.groups is None else new.groups[pairs.first[use]]
    compare = differences.paired_means if check.metric == "loss" else differences.paired_shares
    evidence: Evidence = compare(first, second, groups)
    lone_rows = int((inside & ~np.isnan(values)).sum()) - len(first)
    how = "paired by id"
    if lone_rows:
        how += f", {plural(lone_rows, 'sample')} without a partner left out"
    question = Question(criterion=criterion, n=len(first), evidence=evidence, how=how + _and(_by_group(new)))
    return question, (float(first.mean()), float(second.mean()))


def _unpaired(check: CheckSpec, criterion: Criterion, one: Part, two: Part, why_not: str) -> Asked:
    first, first_groups, why = _within(*one)
    second, second_groups, _ = _within(*two)
    if not len(first):
        return _nothing(criterion, why)
    if not len(second):
        return _nothing(criterion, "no sample of the slice in the baseline")
    evidence: Evidence
    if check.metric == "loss":
        parts = differences.mean(first, first_groups), differences.mean(second, second_groups)
        evidence = differences.two_means(*parts)
    else:
        shares = differences.share(first, first_groups), differences.share(second, second_groups)
        evidence = differences.TwoShares(*shares)
    question = Question(criterion=criterion, n=len(first), evidence=evidence, how=why_not + _and(_by_group(one[0])))
    return question, (float(first.mean()), float(second.mean()))


def _within(
    side: Side, values: NDArray[np.float64], inside: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.int64] | None, str]:
    """The known values in a slice with their groups; and, when there are none, why."""
    use = inside & ~np.isnan(values)
    why = ""
    if not use.any():
        why = "no sample in the slice"
        if inside.any():
            rows = plural(int(inside.sum()), "row")
            why = f"{rows} in the slice, but none that the metric counts"
    return values[use], None if side.groups is None else side.groups[use], why


def _nothing(criterion: Criterion, why: str) -> Asked:
    return Question(criterion=criterion, n=0, evidence=None, how=why), (None, None)


def _by_group(side: Side) -> str:
    group = side.outcomes.roles.group
    return "" if group is None else f"rows of one {group} count as dependent"


def _and(words: str) -> str:
    return f"; {words}" if words else ""


def _at_least(check: CheckSpec, question: Question, low: float | None) -> float | None:
    """A mean loss is never below 0, whatever Student's bound says."""
    if check.metric == "loss" and not question.criterion.relative and question.evidence is not None:
        return max(low or 0.0, 0.0)
    return low


def _notes(
    new: Side, old: Side | None, pairs: Pairs | None, why_not: str, checks: Sequence[CheckSpec]
) -> tuple[str, ...]:
    notes = []
    if new.source.quarantined:
        notes.append(f"{plural(len(new.source.quarantined), 'row')} of {new.source.name} kept aside")
    unknown = int((new.outcomes.failed == UNKNOWN).sum())
    if unknown and new.outcomes.task != "regression":
        notes.append(f"{plural(unknown, 'row')} of unknown outcome left out of every rate")
    if old is None:
        return tuple(notes)
    if old.source.quarantined:
        notes.append(f"{plural(len(old.source.quarantined), 'row')} of {old.source.name} kept aside")
    if pairs is None:
        notes.append(f"{why_not}: the two are compared as different samples, which needs more of them")
    elif len(pairs) < max(new.source.rows, old.source.rows):
        notes.append(
            f"{count(len(pairs))} samples stand in both, of {count(new.source.rows)} and {count(old.source.rows)}"
        )
    return tuple(notes)


def with_positive(roles: Roles, positive: str | None) -> Roles:
    """The roles with the class that a checks file names, unless one was given."""
    return roles if positive is None or roles.positive is not None else replace(roles, positive=positive)
