"""Runs and findings for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from errata.core import units
from errata.nouns.late_truth import LateTruth
from errata.nouns.part import OUTCOMES, PREDICTIONS, Part
from errata.nouns.run import Run
from errata.show.table_text import pairs_text, table_text
from errata.show.words import excess, metric_text, rate, rate_interval, share


def run_line(run: Run) -> str:
    """``run:3  digits@2 on field@1 · 3,594 rows, classification · 114 failed · 3.17 % [2.6, 3.8]``."""
    where = f"{run.ref}  {run.model}" + (f" on {run.dataset}" if run.dataset else "")
    repeat = f", repeat {run.repeat}" if run.repeat > 1 else ""
    if run.rows is None:
        return f"{where}{repeat} · {run.state}"
    counted = f"{units.plural(run.rows, 'row')}, {run.task}"
    if run.error_rate is None:
        return f"{where}{repeat} · {counted} · nothing says what failed"
    failed = f"{units.count(run.failed or 0)} failed"
    return (
        f"{where}{repeat} · {counted} · {failed} · {units.percent(run.error_rate)} {units.interval(run.low, run.high)}"
    )


def run_text(run: Run) -> str:
    """One run, every value that it has."""
    environment = run.environment
    git = environment.get("git") or {}
    system = environment.get("system") or {}
    pairs = [
        ("roles", " ".join(f"{name}={_value(value)}" for name, value in run.roles.items())),
        ("unknown", f"{units.plural(run.unknown, 'row')} of unknown outcome" if run.unknown else ""),
        ("kept aside", units.plural(run.quarantined, "row") if run.quarantined else ""),
        ("params", " ".join(f"{name}={_value(value)}" for name, value in run.params.items())),
        ("seed", "" if run.seed is None else str(run.seed)),
        ("error", run.error or ""),
        (
            "logged",
            f"{run.logged_at:%Y-%m-%d %H:%M} UTC by {run.logged_by}" + (f" from {run.source}" if run.source else ""),
        ),
        ("python", f"{environment.get('python', '')} on {system.get('os', '')} {system.get('machine', '')}".strip()),
        ("git", f"{git['commit'][:12]}{', with changes' if git.get('dirty') else ''}" if git else ""),
        ("digest", run.digest),
        ("dataset", run.dataset_digest or ""),
        ("pairing", "" if run.rows is None else "by id" if run.paired else "off: the rows have no ids"),
        ("notes", "\n".join(run.notes)),
    ]
    return f"{run_line(run)}\n{pairs_text(pairs)}{_parts_text(run.parts)}"


def _parts_text(parts: Sequence[Part]) -> str:
    """The pieces of a run, where truth came later than its predictions."""
    if len(parts) < 3:
        return ""
    pairs = [(part.kind if part.kind == PREDICTIONS else f"{part.kind} {part.seq}", part_words(part)) for part in parts]
    return f"\nparts\n{pairs_text(pairs)}"


def part_words(part: Part) -> str:
    """What a part is: of outcomes what failed and how many changed; of others when, by whom, from where and why."""
    if part.kind != OUTCOMES:
        by = f" by {part.actor}" if part.actor else ""
        source = f" from {part.source}" if part.source else ""
        why = f" ({part.reason})" if part.reason else ""
        return f"{part.at:%Y-%m-%d %H:%M} UTC{by}{source}{why}"
    said = ["no outcome is known"]
    if part.error_rate is not None:
        said = [
            f"{units.count(part.failed or 0)} failed",
            f"{units.percent(part.error_rate)} {units.interval(part.low, part.high)}",
        ]
        said += [f"{units.count(part.unknown)} unknown"] if part.unknown else []
    if part.changed is not None:
        said.append(f"{units.count(part.changed)} changed")
    return " · ".join(said)


def late_truth_text(added: LateTruth) -> str:
    """What became of truth that came later."""
    run = added.run
    matched = f"{units.count(added.matched)} of {units.plural(added.rows, 'row')} of {added.source} match {run.ref}"
    lines = [matched + (f", {units.count(added.strange)} have ids that it has not" if added.strange else "")]
    if added.empty:
        lines.append(f"  {units.plural(added.empty, 'row')} of them without a truth {_changes(added.empty)} nothing")
    if added.known:
        lines.append(f"{run.ref} has this truth already; nothing was changed.")
    else:
        now = f"{units.plural(added.changed, 'outcome')} of {units.count(run.rows or 0)} changed"
        if added.replaced:
            now += f", {units.plural(added.replaced, 'row')} with another truth than before"
        lines.append(f"  truth {added.seq}: {now}; earlier outcomes are kept")
    if added.missing:
        lines.append(f"  {units.plural(added.missing, 'row')} of {run.ref} still without a truth")
    lines += [f"  {note}" for note in added.notes]
    lines.append(run_line(run))
    lines.append(f"errata analyze {run.ref}")
    return "\n".join(lines)


def _changes(rows: int) -> str:
    return "changes" if rows == 1 else "change"


def runs_text(runs: Sequence[Run], width: int) -> str:
    """A table of runs."""
    rows = [
        [
            run.ref,
            run.model + (f" #{run.repeat}" if run.repeat > 1 else ""),
            run.dataset or "",
            "" if run.rows is None else units.count(run.rows),
            "" if run.error_rate is None else f"{units.percent(run.error_rate)} {units.interval(run.low, run.high)}",
            f"{run.logged_at:%Y-%m-%d %H:%M}",
            run.state if run.state != "complete" else "",
        ]
        for run in runs
    ]
    return table_text(
        ["run", "model", "dataset", "rows", "failed", "logged (UTC)", ""], rows, right="rows", width=width
    )


def findings_text(findings: Sequence[Any], width: int) -> str:
    """A table of stored findings; with a column for the metric when one is of another than the error."""
    told = any(one.metric != "error" for one in findings)
    rows = [
        [
            one.id,
            f"run:{one.run}",
            *([metric_text(one.metric, one.positive)] if told else []),
            f"{excess(one.excess_errors, one.metric)} (≥ {excess(one.excess_errors_low, one.metric)})",
            f"{share(one, one.metric)} {rate(one.error_rate, one.metric)}",
            rate(one.rest_error_rate, one.metric),
            one.status or "",
            one.slice if one.kind == "slice" else f"{one.slice} ({one.kind})",
        ]
        for one in findings
    ]
    heads = ["finding", "run", *(["metric"] if told else []), "above the rest", "failed", "rest", "status", "where"]
    return table_text(heads, rows, right="failed rest", width=width)


def finding_text(finding: Any, run: str) -> str:
    """One finding, every figure."""
    metric = finding.metric
    peeled = finding.after_peeling
    interval = rate_interval(finding.low, finding.high, metric)
    above, at_least = excess(finding.excess_errors, metric), excess(finding.excess_errors_low, metric)
    alone = f"{share(peeled, metric)} · {rate(peeled.error_rate, metric)}" if peeled else ""
    pairs = [
        ("where", finding.slice),
        ("failed", f"{share(finding, metric)} · {rate(finding.error_rate, metric)} {interval}"),
        ("rest", rate(finding.rest_error_rate, metric)),
        ("above the rest", f"{above} errors, at least {at_least}"),
        ("by chance", f"p {_probability(finding.p_adjusted)}, adjusted for everything searched"),
        ("on its own", f"{alone}, without the findings of stronger evidence" if peeled else ""),
        ("metric", metric_text(metric, finding.positive) if metric != "error" else ""),
        ("fingerprint", finding.fingerprint),
    ]
    return f"{finding.id}  {finding.kind} of {run} · {finding.status}\n{pairs_text(pairs)}"


def samples_text(samples: Sequence[dict[str, Any]], columns: Sequence[str], width: int) -> str:
    """A table of samples: id or row, then these columns."""
    heads = ["sample", *columns]
    rows = []
    for one in samples:
        name = str(one["id"]) if one["id"] is not None else f"row {one['row'] + 1}"
        rows.append([name, *(_value(one["values"].get(column)) for column in columns)])
    return table_text(heads, rows, width=width)


def _probability(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {units.number(p)}"


def _value(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return str(value)
