"""Records for the terminal: cases, checks, plans, and the history of any of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from errata.core import units
from errata.nouns.record import Record, Revision
from errata.show.table_text import pairs_text, table_text
from errata.show.words import SIGNS, metric_text, rate, rate_interval

_STATES = {"closed": SIGNS["pass"], "reopened": SIGNS["came back"]}


def cases_text(cases: Sequence[Record], width: int) -> str:
    """A table of cases."""
    rows = []
    for case in cases:
        state = f"{_STATES.get(case.state, ' ')} {case.state}"
        rows.append([case.key, state, case.model, f"{case.changed_at:%Y-%m-%d}", case.title])
    return table_text(["case", "  state", "model", "changed", "title"], rows, width=width)


def case_text(case: Record, checks: Sequence[Record] = (), plans: Sequence[Record] = ()) -> str:
    """One case: what it is, what guards it, what is planned for it."""
    figures, metric = case.figures, case.metric
    counted = f"{units.count(figures.failed)}/{units.count(figures.rows)} · " if figures.failed is not None else ""
    failed = f"{counted}{rate(figures.error_rate, metric)} {rate_interval(figures.low, figures.high, metric)}"
    source = f"finding:{case.finding} of " if case.finding else ""
    guards = [f"{one.key}  {one.title}: {one.metric} {one.criterion} on {one.slice}" for one in checks]
    pairs = [
        ("where", case.slice),
        ("failed", f"{failed}, rest {rate(figures.rest_error_rate, metric)}"),
        ("metric", metric_text(metric, case.positive) if metric != "error" else ""),
        ("why", case.why),
        ("summary", case.summary),
        ("from", f"{source}run:{case.run}, {case.model} on {case.dataset}"),
        ("evidence", f"{units.plural(case.samples, 'sample')} · {case.evidence[:12]}"),
        ("checks", "\n".join(guards) or "none"),
        ("plans", "\n".join(f"{one.key}  {one.title} ({one.state})" for one in plans)),
        ("closed", f"by run:{case.closed_by.run}, gate:{case.closed_by.gate}" if case.closed_by else ""),
        ("came back", f"on run:{case.came_back.run}, gate:{case.came_back.gate}" if case.came_back else ""),
        ("changed", f"{case.changed_at:%Y-%m-%d %H:%M} UTC by {case.changed_by}, revision {case.revision}"),
    ]
    return f"{case.key}  {case.title} · {case.state}\n{pairs_text(pairs)}"


def guard_line(case: Record) -> str:
    """What adds a check to a case; where its slice can be set against the rest, the check finds its own criterion."""
    line = f"errata check add {case.key}"
    return line if case.figures.rest_error_rate is not None else f"{line} --criterion '<= 0.05'"


def checks_text(checks: Sequence[Record], width: int) -> str:
    """A table of checks."""
    rows = [[one.key, one.case or "", one.metric, one.criterion, one.title, one.slice] for one in checks]
    return table_text(["check", "case", "metric", "criterion", "name", "slice"], rows, width=width)


def check_text(check: Record) -> str:
    """One check."""
    pairs = [
        ("slice", check.slice),
        ("asks", f"{check.metric} {check.criterion}"),
        ("case", check.case or ""),
        ("changed", f"{check.changed_at:%Y-%m-%d %H:%M} UTC by {check.changed_by}, revision {check.revision}"),
    ]
    return f"{check.key}  {check.title} · {check.state}\n{pairs_text(pairs)}"


def plans_text(plans: Sequence[Record], width: int) -> str:
    """A table of plans."""
    rows = [
        [
            plan.key,
            plan.state,
            f"{units.count(plan.predicted.errors)} {_errors(plan.predicted)}",
            _gain(plan.measured.slices[0]) if plan.measured else "",
            " ".join(plan.cases),
            plan.title,
        ]
        for plan in plans
    ]
    return table_text(["plan", "state", "predicted, at most", "measured", "cases", "title"], rows, width=width)


def plan_text(plan: Record) -> str:
    """One plan: what it does, what it promises at most, what it brought."""
    predicted, measured = plan.predicted, plan.measured
    rest = predicted.rest_failed / predicted.rest_rows
    promise = (
        f"{units.count(predicted.errors)} fewer errors {_errors(predicted)} at most, on run:{predicted.run}\n"
        f"if its {units.count(predicted.rows)} rows ({units.count(predicted.failed)} failed) "
        f"fail as the rest does, {units.percent(rest)}"
    )
    brought = []
    for one in measured.slices if measured else ():
        where = f"{units.plural(one.rows, 'row')}, {one.case or 'everything'}"
        brought.append(f"{_gain(one)} of {units.plural(one.before, 'error')} on {where}")
    if measured:
        brought.append(
            f"run:{measured.before_run} to run:{measured.after_run}, paired; "
            f"{units.plural(measured.left_out, 'sample')} left out as used or unknown"
        )
    pairs = [
        ("cases", " ".join(plan.cases)),
        ("does", "\n".join(plan.actions)),
        ("cost", plan.cost),
        ("uses", units.plural(plan.uses, "sample") if plan.uses else ""),
        ("predicted", promise),
        ("measured", "\n".join(brought)),
        ("changed", f"{plan.changed_at:%Y-%m-%d %H:%M} UTC by {plan.changed_by}, revision {plan.revision}"),
    ]
    return f"{plan.key}  {plan.title} · {plan.state}\n{pairs_text(pairs)}"


def history_text(revisions: Sequence[Revision]) -> str:
    """Every revision, oldest first: who, when, why, and what changed."""
    lines = []
    for one in revisions:
        reason = f" · {one.reason}" if one.reason else ""
        lines.append(f"{one.revision:>3}  {one.at:%Y-%m-%d %H:%M} UTC  {one.actor}  {one.state}{reason}")
        for change in one.changes:
            if change.field != "state":
                lines.append(f"       {change.field}: {_short(change.before)} → {_short(change.after)}")
    return "\n".join(lines)


def _short(value: Any) -> str:
    text = "nothing" if value is None or value == "" else str(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _errors(gain: Any) -> str:
    return f"[{gain.low:,.0f}, {gain.high:,.0f}]"


def _gain(one: Any) -> str:
    words = "fewer" if one.gain >= 0 else "more"
    return f"{units.count(abs(one.gain))} {words} [{one.low:,.0f}, {one.high:,.0f}]"
