"""Records for the terminal: cases, checks, plans, and the history of any of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from errata.core import units
from errata.nouns.case_parts import Caught
from errata.nouns.label import Label
from errata.nouns.link import Link
from errata.nouns.record import Record, Revision
from errata.show.table_text import pairs_text, table_text
from errata.show.words import SIGNS, excess, metric_text, rate, rate_interval

_STATES = {"closed": SIGNS["pass"], "reopened": SIGNS["came back"]}


_ORDERED: dict[str, Callable[[Record], str]] = {
    "changed": lambda case: f"{case.changed_at:%Y-%m-%d}",
    "created": lambda case: f"{case.created_at:%Y-%m-%d}",
    "date": lambda case: case.occurred or f"({case.created_at:%Y-%m-%d})",
    "severity": lambda case: case.severity.band if case.severity else "–",
    "excess": lambda case: excess(case.figures.excess_errors, case.metric) if case.figures else "–",
}


def cases_text(cases: Sequence[Record], width: int, sort: str = "changed") -> str:
    """A table of cases, with what they are sorted by; the day on which it was told stands for one that nobody knows."""
    by = sort.removeprefix("-") if sort.removeprefix("-") in _ORDERED else "changed"
    rows = []
    for case in cases:
        state = f"{_STATES.get(case.state, ' ')} {case.state}"
        rows.append([case.key, state, case.model or ", ".join(case.models), _ORDERED[by](case), case.title])
    return table_text(["case", "  state", "model", by, "title"], rows, width=width)


def case_text(
    case: Record,
    checks: Sequence[Record] = (),
    plans: Sequence[Record] = (),
    review: str = "",
    links: Sequence[Link] = (),
    labels: Sequence[Label] = (),
) -> str:
    """One case: what it is, what it rests on, whether it is verified, what guards it, what it has to do with others."""
    metric = case.metric
    source = f"finding:{case.finding} of " if case.finding else ""
    guards = [f"{one.key}  {one.title}: {one.metric} {one.criterion} on {one.slice}" for one in checks]
    pairs = [
        ("where", case.slice or ""),
        ("failed", _failed(case)),
        ("caught", caught_text(case.caught) if case.caught else ""),
        ("metric", metric_text(metric, case.positive) if metric != "error" else ""),
        ("why", case.why),
        ("summary", case.summary),
        *_told(case),
        ("from", f"{source}run:{case.run}, {case.model} on {case.dataset}" if case.run else case.source),
        ("evidence", f"{units.plural(case.samples, 'sample')} · {case.evidence[:12]}" if case.evidence else ""),
        ("labels", "\n".join(f"{one.full} {one.confidence or ''}".rstrip() for one in labels)),
        ("review", review),
        ("links", "\n".join(_link(case.key, one) for one in links)),
        ("checks", "\n".join(guards) or "none"),
        ("plans", "\n".join(f"{one.key}  {one.title} ({one.state})" for one in plans)),
        ("closed", f"by run:{case.closed_by.run}, gate:{case.closed_by.gate}" if case.closed_by else ""),
        ("withdrawn", case.withdrawn),
        ("merged", f"into {case.merged_into}" if case.merged_into else ""),
        ("came back", f"on run:{case.came_back.run}, gate:{case.came_back.gate}" if case.came_back else ""),
        ("changed", f"{case.changed_at:%Y-%m-%d %H:%M} UTC by {case.changed_by}, revision {case.revision}"),
    ]
    return f"{case.key}  {case.title} · {case.state}\n{pairs_text(pairs)}"


def _failed(case: Record) -> str:
    figures, metric = case.figures, case.metric
    if figures is None:
        return ""
    counted = f"{units.count(figures.failed)}/{units.count(figures.rows)} · " if figures.failed is not None else ""
    failed = f"{counted}{rate(figures.error_rate, metric)} {rate_interval(figures.low, figures.high, metric)}"
    return f"{failed}, rest {rate(figures.rest_error_rate, metric)}"


def caught_text(caught: Caught) -> str:
    """How many rows the candidates of a case stand for, with what they were drawn from."""
    of = f"{units.count(caught.chosen)} of {units.plural(caught.drawn, 'candidate')} of {caught.rule}"
    if caught.rows is None:
        return of
    spread = "" if caught.low is None else f" {units.interval(caught.low, caught.high)}"
    matched = units.plural(caught.matched, "row")
    return (
        f"{of}, for {units.count(round(caught.rows))} of {matched} that matched\n{units.percent(caught.share)}{spread}"
    )


def _told(case: Record) -> list[tuple[str, str]]:
    """What people told of a case, besides why it qualifies and what happened."""
    severity = case.severity
    rated = (
        f"{severity.band} · {severity.score:.2f} by {severity.rubric}, revision {severity.revision}" if severity else ""
    )
    own = {case.model, case.dataset}
    affected = [*case.models, *case.datasets, *case.systems, *([case.deployment] if case.deployment else [])]
    return [
        ("kind", case.case_kind if case.case_kind != "evaluation" else ""),
        ("occurred", case.occurred or ""),
        ("affects", ", ".join(affected) if set(affected) - own else ""),
        ("severity", rated),
        ("impact", "\n".join(_impact(one) for one in case.impact)),
        ("input", case.input),
        ("expected", case.expected),
        ("observed", case.observed),
        ("trigger", case.trigger),
        ("cause", case.cause),
        ("detection", case.detection),
        ("resolution", case.resolution),
        ("timeline", "\n".join(f"{one.at}  {one.what}" for one in case.timeline)),
        ("hypotheses", "\n".join(f"{one.claim} ({one.verdict})" for one in case.hypotheses)),
        ("remedies", "\n".join(f"{one.what} ({one.outcome})" for one in case.remedies)),
        ("owner", case.owner),
        ("sensitivity", case.sensitivity if case.sensitivity != "internal" else ""),
        ("licence", case.licence),
        ("also", ", ".join(case.aliases)),
    ]


def _impact(one: Any) -> str:
    spread = f" [{one.low:g}, {one.high:g}]" if one.low is not None and one.high is not None else ""
    figure = f"{one.estimate:g}{spread} {one.unit}".rstrip() if one.estimate is not None else ""
    return ": ".join(part for part in (one.on, one.what, figure) if part)


def _link(key: str, one: Link) -> str:
    return f"{one.predicate} {one.object}" if one.subject == key else f"{one.subject} {one.predicate} this"


def guard_line(case: Record) -> str:
    """What adds a check to a case; where its slice can be set against the rest, the check finds its own criterion."""
    line = f"errata check add {case.key}"
    figures = case.figures
    return line if figures is not None and figures.rest_error_rate is not None else f"{line} --criterion '<= 0.05'"


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
