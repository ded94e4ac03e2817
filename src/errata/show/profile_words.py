"""The words of a profile, for the terminal and the page."""

from __future__ import annotations

from errata.core import units
from errata.nouns.profile import (
    ABSENT,
    COVERED,
    NOT_TESTED,
    PRESENT,
    Profile,
    ProfileCell,
    ProfileChange,
    ProfileFinding,
    ProfileGate,
    ProfileRun,
)

SIGNS = {PRESENT: "●", COVERED: "◆", ABSENT: "✓", NOT_TESTED: "○"}
TONES = {PRESENT: "fail", COVERED: "inconclusive", ABSENT: "pass", NOT_TESTED: "unknown"}
VERDICTS = {"better": ("✓", "pass"), "worse": ("●", "fail"), "no evidence": ("○", "unknown")}
CASES = {"closed": ("✓", "pass"), "reopened": ("▲", "came-back")}


def headline(found: Profile) -> str:
    """``digits: 3 versions, 5 runs``."""
    name = found.model or f"project {found.project}"
    many = len(found.runs) + found.more_runs
    return f"{name}: {units.plural(len(found.versions), 'version')}, {units.plural(many, 'run')}"


def story(found: Profile) -> list[str]:
    """What the page says first, in sentences."""
    said = []
    judged = [run for run in found.runs if run.error_rate is not None]
    if judged:
        last = judged[-1]
        said.append(f"{last.model} on {last.dataset or 'no dataset'} fails {rate(last)}.")
    if found.changes:
        said.append(f"{change(found.changes[-1])}.")
    back = [case.case for case in found.cases if case.state == "reopened"]
    if back:
        said.append(f"{', '.join(back)} came back.")
    newest = next((run for run in reversed(found.runs) if run.analysed), None)
    if newest is not None:
        here = [one for one in found.findings if one.cells[-1 - _from_end(found, newest)].state == PRESENT]
        before = [one for one in here if one.present > 1]
        also = "" if len(found.runs) == 1 else f", {len(before):,} of them in an earlier run too"
        said.append(f"{units.plural(len(here), 'finding')} in {newest.run}, the newest analysed run{also}.")
    else:
        said.append("No run of it was analysed yet, so what fails in it is not known.")
    if len(found.versions) == 1:
        said.append("There is one version only: nothing to set it beside yet.")
    return said


def _from_end(found: Profile, run: ProfileRun) -> int:
    return len(found.runs) - 1 - found.runs.index(run)


def rate(run: ProfileRun) -> str:
    """``10.6 % [9.09, 12.4] · 421/3,960``; the state of a run without rows."""
    if run.error_rate is None:
        return run.state if run.rows is None else "nothing says what failed"
    return (
        f"{units.percent(run.error_rate)} {units.interval(run.low, run.high)} · "
        f"{units.count(run.failed or 0)}/{units.count(run.known or 0)}"
    )


def cell(one: ProfileCell) -> str:
    """What a cell says in words: its figures, or why there are none."""
    figures = ""
    if one.rows and one.error_rate is not None:
        counted = "" if one.failed is None else f" · {units.count(one.failed)}/{units.count(one.rows)}"
        figures = f"{units.percent(one.error_rate)} {units.interval(one.low, one.high)}{counted}"
    return "; ".join(part for part in (one.reason, figures) if part) or one.state


def change(one: ProfileChange) -> str:
    """``run:4 → run:5 (digits@2 → digits@3) on field@2: better, -3.5 pp [-4.7, -2.4] on the same 3,960 samples; …``."""
    told = f"{one.a} → {one.b} ({one.a_model} → {one.b_model}) on {one.dataset}: {one.verdict}"
    if one.difference is not None:
        told += f", {units.points(one.difference)}"
        if one.low is not None and one.high is not None:
            told += f" [{100 * one.low:+.1f}, {100 * one.high:+.1f}]"
    if one.paired:
        told += f" on the same {units.plural(one.pairs or 0, 'sample')}"
        if one.newly_failing is not None:
            told += f"; {units.count(one.newly_failing)} newly fail, {units.count(one.newly_passing or 0)} newly pass"
    elif one.reason:
        told += f" on different samples ({one.reason})"
    return told


def where(one: ProfileFinding) -> str:
    """``rotation >= 19 · DIG-2 reopened``."""
    kind = "" if one.kind == "slice" else f" ({one.kind})"
    case = f" · {one.case} {one.case_state or ''}".rstrip() if one.case else ""
    return f"{one.slice}{kind}{case}"


def gate(one: ProfileGate) -> str:
    """``3 pass, 1 fails``."""
    parts = [(one.passed, "pass"), (one.failed, "fail"), (one.inconclusive, "inconclusive")]
    return ", ".join(f"{many} {word}" for many, word in parts if many) or "no check"


LEGEND = "● found  ◆ within another finding there  ✓ looked for, not found  ○ not tested"
