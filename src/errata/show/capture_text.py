"""Capture rules and candidates for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from errata.core import units
from errata.nouns.candidates import Candidate, Candidates, CandidateSet, Estimate
from errata.nouns.record import Record
from errata.show.table_text import pairs_text, table_text

_BY = {"id": "by id", "content": "by content", "text": "by nearly the same text"}


def rules_text(rules: Sequence[Record], width: int) -> str:
    """A table of rules."""
    rows = [[one.key, one.state, one.sampling.words, one.title, one.body.words] for one in rules]
    return table_text(["rule", "state", "draws", "title", "captures"], rows, width=width)


def rule_text(rule: Record) -> str:
    """One rule."""
    pairs = [
        ("captures", rule.body.words),
        ("draws", rule.sampling.words + (f", seed {rule.sampling.seed}" if rule.sampling.method != "all" else "")),
        ("changed", f"{rule.changed_at:%Y-%m-%d %H:%M} UTC by {rule.changed_by}, revision {rule.revision}"),
    ]
    return f"{rule.key}  {rule.title} · {rule.state}\n{pairs_text(pairs)}"


def captured_text(captured: Any) -> str:
    """What one rule made of a run."""
    found: Candidates | None = captured.candidates
    if found is None:
        return f"{captured.rule}  not applied: {captured.reason}"
    known = " · known, nothing changed" if captured.known else ""
    return f"{_head(found)}{known}\n{pairs_text(_counts(found))}"


def sets_text(sets: Sequence[CandidateSet], width: int) -> str:
    """A table of captures."""
    rows = [
        [
            f"run:{one.run}",
            f"{one.rule} r{one.revision}",
            units.count(one.drawn),
            units.count(one.fresh),
            units.count(one.matched),
            units.count(one.seen),
            f"{one.at:%Y-%m-%d}",
            one.title,
        ]
        for one in sets
    ]
    heads = ["run", "rule", "drawn", "new", "matched", "of", "captured", "title"]
    return table_text(heads, rows, right="drawn new matched of", width=width)


def candidates_text(found: Candidates, limit: int, width: int) -> str:
    """A capture with the first ``limit`` of its candidates."""
    shown = found.candidates[:limit]
    heads = ["sample", "probability", "stratum", "failed", "repeats"]
    table = table_text(heads, [_row(one) for one in shown], right="probability", width=width)
    more = len(found.candidates) - len(shown)
    parts = [_head(found), pairs_text(_counts(found))]
    if shown:
        parts += ["", table]
    if more:
        parts.append(f"and {units.count(more)} more: --limit, or --json for all")
    return "\n".join(parts)


def estimate_text(of: str, told: Estimate) -> str:
    """What is so of all that matched."""
    if told.mean is None:
        return f"{of}: nothing can be said, {told.reason}"
    share = f"{units.percent(told.mean)} {units.interval(told.low, told.high)}"
    lines = [share if told.share else f"{units.number(told.mean)}{_interval(told.low, told.high)} on average"]
    lines.append(f"{units.number(told.total)}{_interval(told.total_low, told.total_high)} in all")
    lines.append(f"by {units.plural(told.rows, 'candidate')}, for {units.plural(round(told.size), 'row')} that matched")
    if told.reason:
        lines.append(f"no interval: {told.reason}")
    return f"{of}, of all that matched\n" + "\n".join(f"  {line}" for line in lines)


def _head(found: Candidates) -> str:
    return f"{found.rule}  {found.title} · run:{found.run}, revision {found.revision}"


def _counts(found: Candidates) -> list[tuple[str, str]]:
    unknown = f"; of {units.count(found.unknown)} it is unknown" if found.unknown else ""
    folded = found.matched - found.distinct
    matched = f"{units.count(found.matched)} of {units.plural(found.seen, 'row')}{unknown}"
    if folded:
        matched += f"\n{units.count(folded)} say the same as another, in every column"
    strata = [f"{one.name}: {units.count(one.drawn)} of {units.count(one.found)}" for one in found.strata]
    drawn = f"{units.count(found.drawn)} of {units.count(found.distinct)}"
    if found.sampling.get("cut"):
        drawn += f", at random: {units.count(found.drawn)} is the most of one capture"
    if len(strata) > 1:
        drawn += "\n" + "\n".join(strata[:12] + ([f"and {len(strata) - 12} more"] if len(strata) > 12 else []))
    repeats = [
        f"{units.count(many)} {_BY[by]}"
        for by in _BY
        if (many := sum(one.double is not None and one.double.by == by for one in found.candidates))
    ]
    return [
        ("captures", found.asked),
        ("matched", matched),
        ("drawn", drawn),
        ("repeat", f"{', '.join(repeats)}; {units.count(found.fresh)} are new" if repeats else ""),
    ]


def _row(one: Candidate) -> list[str]:
    sample = one.sample
    name = str(sample.id) if sample.id is not None else f"row {sample.row}"
    failed = {True: "yes", False: "no", None: "unknown"}[sample.failed]
    copies = f" ×{one.copies}" if one.copies > 1 else ""
    repeats = f"run:{one.double.run} row {one.double.row}, {_BY[one.double.by]}" if one.double else ""
    return [f"{name}{copies}", units.number(one.probability), one.stratum, failed, repeats]


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f" [{units.number(low)}, {units.number(high)}]"
