"""What a profile counts in the rows of its runs: slices of findings, kinds of error, changes on the same samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from errata.analysis.figures import grouped_effect
from errata.analysis.intervals import newcombe, wilson
from errata.core.errors import ErrataError
from errata.core.units import count, plural
from errata.nouns.comparison import BETTER, NO_EVIDENCE, WORSE
from errata.nouns.outcome import UNKNOWN, Outcomes
from errata.nouns.profile import (
    ABSENT,
    COVERED,
    NOT_TESTED,
    PRESENT,
    ProfileCell,
    ProfileChange,
    ProfileFinding,
    ProfileKind,
    ProfileShare,
)
from errata.nouns.report import Report
from errata.nouns.run import Run
from errata.nouns.slice import Slice
from errata.store.catalog import Store
from errata.store.findings import StoredFinding
from errata.tasks.alignment import align
from errata.verbs.analyze_run import SHARE
from errata.verbs.compare import CompareOptions, difference_of, judged_side, samples_of, table_of
from errata.verbs.parts import Judged, counted, groups_of, read_run, slice_mask

MOST_ROWS = 2_000_000
"""Larger runs are not read for a profile."""
MOST_KINDS = 6
OPTIONS = CompareOptions(allow_unknown=True)


@dataclass(frozen=True)
class Known:
    """A run and its newest report, if it was analysed."""

    run: Run
    report: Report | None


class Counted:
    """The rows of some runs, each read once and when it is first asked for."""

    def __init__(self, store: Store, known: Sequence[Known]) -> None:
        self.store = store
        self.known = known
        self.notes: list[str] = []
        self._read: dict[int, Judged | None] = {}
        self._inside: dict[tuple[int, str], NDArray[np.bool_]] = {}
        self._groups: dict[int, NDArray[np.int64] | None] = {}
        large = [one.run.ref for one in known if (one.run.rows or 0) > MOST_ROWS]
        if large:
            said = f"more than {count(MOST_ROWS)} rows, which a profile does not read through"
            self.notes.append(f"{', '.join(large)}: {said}")

    def judged(self, run: Run) -> Judged | None:
        """The rows of a run; None where it has none, or too many."""
        if run.number not in self._read:
            readable = run.rows is not None and run.rows <= MOST_ROWS
            self._read[run.number] = read_run(self.store, run.number) if readable else None
        return self._read[run.number]

    def groups(self, judged: Judged) -> NDArray[np.int64] | None:
        """The groups of a run's rows."""
        if judged.run.number not in self._groups:
            self._groups[judged.run.number] = groups_of(judged)
        return self._groups[judged.run.number]

    def findings(
        self, by_run: Mapping[int, Sequence[StoredFinding]], states: Mapping[str, str], most: int
    ) -> tuple[tuple[ProfileFinding, ...], int]:
        """Each fingerprint over the runs, those of the newest run first, then by excess errors; and how many more."""
        first: dict[str, StoredFinding] = {}
        there: dict[str, dict[int, StoredFinding]] = {}
        for known in self.known:
            for one in by_run[known.run.number]:
                first.setdefault(one.fingerprint, one)
                there.setdefault(one.fingerprint, {})[known.run.number] = one
        order = [known.run.number for known in self.known]

        def rank(mark: str) -> tuple[int, float]:
            return -max(order.index(run) for run in there[mark]), -max(f.excess_errors for f in there[mark].values())

        ranked = sorted(there, key=rank)
        rows = []
        for mark in ranked[:most]:
            one = first[mark]
            status = there[mark][max(there[mark])].status or ""
            key = status.partition("(")[2].rstrip(")").partition(",")[0] or None
            rows.append(
                ProfileFinding(
                    fingerprint=mark,
                    kind=one.kind,
                    metric=one.metric,
                    slice=one.slice,
                    case=key,
                    case_state=states.get(key) if key else None,
                    cells=tuple(
                        self._cell(known, one, there[mark].get(known.run.number), by_run[known.run.number])
                        for known in self.known
                    ),
                )
            )
        return tuple(rows), len(ranked) - len(rows)

    def _cell(
        self, known: Known, about: StoredFinding, found: StoredFinding | None, others: Sequence[StoredFinding]
    ) -> ProfileCell:
        run = known.run
        if found is not None:
            return ProfileCell(
                run=run.ref,
                state=PRESENT,
                finding=found.id,
                rows=found.rows,
                failed=found.failed,
                error_rate=found.error_rate,
                low=found.low,
                high=found.high,
                excess_errors=found.excess_errors,
            )
        if run.rows is None:
            return ProfileCell(run=run.ref, state=NOT_TESTED, reason=f"the run is {run.state}")
        judged = self.judged(run)
        if judged is None:
            reason = "too many rows to count its slice" if known.report else "not analysed"
            return ProfileCell(run=run.ref, state=NOT_TESTED, reason=reason)
        return self._counted(known.report, judged, about, others)

    def _counted(
        self, report: Report | None, judged: Judged, about: StoredFinding, others: Sequence[StoredFinding]
    ) -> ProfileCell:
        """The slice of a finding that an analysis did not find, counted."""
        run = judged.run
        if about.metric == "loss" or run.task not in (None, self._task(about)):
            return ProfileCell(run=run.ref, state=NOT_TESTED, reason=f"not judged by {about.metric}")
        left_out = {one.column: one.reason for one in report.left_out} if report else {}
        columns = Slice.parse(about.slice).columns
        if about.kind == "slice":
            for name in columns:
                if name in left_out:
                    return ProfileCell(run=run.ref, state=NOT_TESTED, reason=f"{name} was no factor: {left_out[name]}")
        try:
            inside, failed = self._rows(judged, about)
        except ErrataError as error:
            return ProfileCell(run=run.ref, state=NOT_TESTED, reason=error.message)
        rows, bad = int(inside.sum()), int((inside & failed).sum())
        if rows == 0:
            return ProfileCell(run=run.ref, state=NOT_TESTED, reason="no row lies in it", rows=0, failed=0)
        effect = grouped_effect(failed.astype(np.float64), self.groups(judged), inside)
        low, high = wilson(bad / effect, rows / effect)
        reason = None if report else "not analysed"
        if report and about.kind == "slice" and rows < report.searched.min_rows:
            reason = f"{plural(rows, 'row')}, and the search wants {count(report.searched.min_rows)}"
        state = NOT_TESTED if reason else ABSENT
        over = None if reason else self._covering(judged, about, inside & failed, others)
        if over is not None:
            state, reason = COVERED, f"most of its failures are in {over.id}, {over.slice}"
        return ProfileCell(
            run=run.ref,
            state=state,
            reason=reason,
            rows=rows,
            failed=bad,
            error_rate=bad / rows,
            low=low,
            high=high,
        )

    def _covering(
        self, judged: Judged, about: StoredFinding, bad: NDArray[np.bool_], others: Sequence[StoredFinding]
    ) -> StoredFinding | None:
        """The finding of the run that holds most of these failed rows, if it holds so many that it is about them."""
        held: list[tuple[int, StoredFinding]] = []
        for other in others:
            if (other.kind, about.kind) == ("slice", "slice") and _asked(other) == _asked(about):
                mark = judged.run.number, other.slice
                if mark not in self._inside:
                    self._inside[mark] = slice_mask(judged, other.slice)
                held.append((int((self._inside[mark] & bad).sum()), other))
        most = max(held, key=lambda one: one[0], default=None)
        return most[1] if most is not None and bad.any() and most[0] >= SHARE * bad.sum() else None

    def _task(self, about: StoredFinding) -> str | None:
        return next((one.run.task for one in self.known if one.run.number == about.run), None)

    @staticmethod
    def _rows(judged: Judged, about: StoredFinding) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """The rows that a finding is about, and those that count against it."""
        if about.kind != "confusion":
            among, failed = counted(judged, about.metric, about.positive)
            return among & slice_mask(judged, about.slice), failed
        truth = judged.run.roles.get("truth")
        classes = [one for one in Slice.parse(about.slice).conditions if one.column == truth]
        known = judged.outcomes.failed != UNKNOWN
        return known & slice_mask(judged, Slice.of(*classes).text), slice_mask(judged, about.slice)

    def kinds(self) -> tuple[ProfileKind, ...]:
        """The kinds of error that most failures of all runs are of; of classes, which is taken for which."""
        told = []
        for one in self.known:
            judged = self.judged(one.run)
            flags = None if judged is None else _kinds_of(judged.outcomes)
            if judged is not None and flags is not None:
                told.append((one.run, judged, flags))
        total: dict[str, int] = {}
        for _, _, flags in told:
            for name, held in flags.items():
                total[name] = total.get(name, 0) + held.rows
        chosen = sorted((name for name in total if total[name]), key=lambda name: (-total[name], name))[:MOST_KINDS]
        return tuple(
            ProfileKind(
                kind=kind,
                shares=tuple(self._share(run, judged, flags.get(kind)) for run, judged, flags in told),
            )
            for kind in chosen
        )

    def _share(self, run: Run, judged: Judged, kind: _Kind | None) -> ProfileShare:
        bad = judged.outcomes.failed == 1
        failures, of_kind = int(bad.sum()), 0 if kind is None else kind.rows
        if not failures:
            return ProfileShare(run=run.ref, failures=0, failed=0, share=None, low=None, high=None)
        flags = np.zeros(len(bad)) if kind is None else kind.flags(judged.outcomes).astype(np.float64)
        effect = grouped_effect(flags, self.groups(judged), bad)
        low, high = wilson(of_kind / effect, failures / effect)
        return ProfileShare(
            run=run.ref, failures=failures, failed=of_kind, share=of_kind / failures, low=low, high=high
        )

    def changes(self) -> tuple[ProfileChange, ...]:
        """Each run against the run of the version before on the same dataset version, else of the same name."""
        found = []
        for at, one in enumerate(self.known):
            run = one.run
            if run.error_rate is None or run.dataset is None:
                continue
            earlier = [
                other.run
                for other in self.known[:at]
                if other.run.model_name == run.model_name
                and other.run.model != run.model
                and other.run.error_rate is not None
                and other.run.dataset_name == run.dataset_name
            ]
            same = [other for other in earlier if other.dataset == run.dataset]
            if same or earlier:
                found.append(self._change((same or earlier)[-1], run))
        return tuple(found)

    def _change(self, a: Run, b: Run) -> ProfileChange:
        reason = "too many rows to be compared here"
        old, new = self.judged(a), self.judged(b)
        if old is not None and new is not None:
            first, second = judged_side(old.source, old.outcomes), judged_side(new.source, new.outcomes)
            try:
                aligned = align(first.source, first.outcomes, second.source, second.outcomes)
            except ErrataError as error:
                aligned = error.message
            if not isinstance(aligned, str):
                samples = samples_of(first, second, "error", aligned)
                if len(samples.places):
                    found = difference_of(samples, OPTIONS)
                    table, _ = table_of(first, second, "error", samples)
                    return self._told(
                        a, b, len(samples.places), found.value, found.low, found.high, found.p, found.verdict,
                        None if table is None else table.newly_failing,
                        None if table is None else table.newly_passing, None,
                    )  # fmt: skip
                aligned = "they have no sample in common"
            reason = aligned
        return self._apart(a, b, reason)

    def _apart(self, a: Run, b: Run, reason: str) -> ProfileChange:
        """Two runs that cannot be paired: their rates beside each other, each on its own rows."""
        sides = []
        for run in (a, b):
            judged = self.judged(run)
            known = float((run.rows or 0) - (run.unknown or 0))
            effect = 1.0
            if judged is not None:
                bad = (judged.outcomes.failed == 1).astype(np.float64)
                effect = grouped_effect(bad, self.groups(judged), judged.outcomes.failed != UNKNOWN)
            sides.append(((run.failed or 0) / effect, known / effect))
        low, high = newcombe(*sides[1], *sides[0])
        value = (b.error_rate or 0.0) - (a.error_rate or 0.0)
        verdict = WORSE if low > 0 else BETTER if high < 0 else NO_EVIDENCE
        return self._told(a, b, None, value, low, high, None, verdict, None, None, reason)

    @staticmethod
    def _told(
        a: Run,
        b: Run,
        pairs: int | None,
        value: float | None,
        low: float | None,
        high: float | None,
        p: float | None,
        verdict: str,
        newly_failing: int | None,
        newly_passing: int | None,
        reason: str | None,
    ) -> ProfileChange:
        where = b.dataset if a.dataset == b.dataset else f"{a.dataset} → {b.dataset}"
        return ProfileChange(
            a=a.ref,
            b=b.ref,
            a_model=a.model,
            b_model=b.model,
            dataset=str(where),
            paired=pairs is not None,
            pairs=pairs,
            difference=value,
            low=low,
            high=high,
            p=p,
            verdict=verdict,
            newly_failing=newly_failing,
            newly_passing=newly_passing,
            reason=reason,
        )


def _asked(finding: StoredFinding) -> tuple[str, str | None]:
    return finding.metric, finding.positive


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of error in one run: how many rows failed so, and which."""

    rows: int
    code: int
    own: bool
    """Told by the task itself, and not a pair of classes."""

    def flags(self, outcomes: Outcomes) -> NDArray[np.bool_]:
        """Which rows failed so."""
        if self.own:
            assert outcomes.kind is not None
            return np.asarray((outcomes.kind.of >> self.code & 1).astype(bool) & (outcomes.failed == 1), np.bool_)
        return np.asarray(_pairs(outcomes) == self.code, np.bool_)


def _kinds_of(outcomes: Outcomes) -> dict[str, _Kind] | None:
    """The kinds of error that occur; None where nothing tells them apart."""
    if outcomes.kinds is not None and outcomes.kind is not None:
        bad = outcomes.kind.of[outcomes.failed == 1]
        return {name: _Kind(int((bad >> at & 1).sum()), at, True) for at, name in enumerate(outcomes.kinds.names)}
    if outcomes.truth is None or outcomes.prediction is None:
        return None
    found = {}
    codes, times = np.unique(_pairs(outcomes), return_counts=True)
    for code, rows in zip(codes.tolist(), times.tolist(), strict=True):
        if code >= 0:
            first, second = (outcomes.labels[at] for at in divmod(code, len(outcomes.labels)))
            found[f"{first} taken for {second}"] = _Kind(rows, code, False)
    return found


def _pairs(outcomes: Outcomes) -> NDArray[np.int64]:
    """Truth and prediction of each row that was taken for another class as one number, −1 elsewhere."""
    truth, said = outcomes.truth, outcomes.prediction
    assert truth is not None and said is not None
    wrong = (outcomes.failed == 1) & (truth >= 0) & (said >= 0) & (truth != said)
    return np.where(wrong, truth.astype(np.int64) * len(outcomes.labels) + said, -1)
