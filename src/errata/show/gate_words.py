"""The words that every form of a gate's result shares."""

from __future__ import annotations

import shlex

from errata.core import units
from errata.nouns.verdict import FAIL, INCONCLUSIVE, PASS, CheckVerdict, GateResult
from errata.show.words import SIGNS

ORDER = (FAIL, INCONCLUSIVE, PASS)
_METRICS = {"error": "error rate", "accuracy": "accuracy", "fpr": "false positive rate", "fnr": "false negative rate",
            "loss": "mean loss"}  # fmt: skip


def sign(check: CheckVerdict) -> str:
    """``●``, ``▲`` for a case that came back, ``◆`` or ``✓``."""
    return SIGNS["came back"] if check.came_back else SIGNS[check.verdict]


def asked(check: CheckVerdict) -> str:
    """``error <= baseline + 0.01``."""
    return f"{check.metric} {check.criterion}"


def where(check: CheckVerdict) -> str:
    """The slice when the check's name does not say it already, else nothing."""
    return "" if check.slice in (check.name, "all") else check.slice


def metric(check: CheckVerdict) -> str:
    """``error rate``, ``mean loss``."""
    return _METRICS[check.metric]


def figures(check: CheckVerdict) -> str:
    """``49.0 % [45.8, 52.1] · 980 samples``, or both values and their difference with its interval."""
    if check.estimate is None:
        return "no samples"
    samples = units.plural(check.n, "pair" if "paired by id" in check.reason else "sample")
    if check.baseline is None or check.value is None:
        return f"{_value(check, check.estimate)} {span(check)} · {samples}"
    both = f"{_value(check, check.baseline)} → {_value(check, check.value)}"
    return f"{both} · {difference(check)} {span(check)} · {samples}"


def difference(check: CheckVerdict) -> str:
    """``+2.9 pp``; of a mean loss in its own unit."""
    if check.estimate is None:
        return ""
    if check.metric == "loss":
        return ("+" if check.estimate > 0 else "-" if check.estimate < 0 else "") + units.number(abs(check.estimate))
    return units.points(check.estimate)


def span(check: CheckVerdict) -> str:
    """The interval in the unit of the estimate; an end that nothing bounds is ``…``."""
    ends = []
    for end in (check.low, check.high):
        if end is None:
            ends.append("…")
        elif check.metric == "loss":
            ends.append(units.number(end))
        elif check.relative:
            ends.append(f"{100 * end:+.1f}")
        else:
            ends.append(units.bare_percent(end))
    return f"[{ends[0]}, {ends[1]}]"


def _value(check: CheckVerdict, value: float) -> str:
    return units.number(value) if check.metric == "loss" else units.percent(value)


def headline(result: GateResult) -> str:
    """``fail · 1 of 3 checks fails · visits_v2.parquet against visits_v1.parquet``."""
    total = len(result.checks)
    failing, open_ = len(result.of(FAIL)), len(result.of(INCONCLUSIVE))
    of = f"of {units.plural(total, 'check')}"
    if failing:
        said = f"{failing} {of} {'fails' if failing == 1 else 'fail'}"
        if open_:
            said += f", {open_} inconclusive"
    elif open_:
        said = f"{open_} {of} {'is' if open_ == 1 else 'are'} inconclusive"
    else:
        said = f"{units.plural(total, 'check')} {'passes' if total == 1 else 'pass'}"
    return f"{result.verdict} · {said} · {judged(result)}"


def judged(result: GateResult) -> str:
    """``visits_v2.parquet against visits_v1.parquet``."""
    source, baseline = ("standard input" if name == "-" else name for name in (result.source, result.baseline))
    return str(source) if baseline is None else f"{source} against {baseline}"


def remark(check: CheckVerdict) -> str:
    """What a reader of a check that did not pass should know: who came back, what is missing."""
    if check.verdict == PASS:
        return f"guards {check.case}" if check.case else ""
    if check.verdict == FAIL:
        return f"{check.case} came back" if check.came_back else f"guards {check.case}" if check.case else ""
    return check.reason


def read_as(result: GateResult) -> str:
    """``read as truth=label prediction=pred id=id``: the roles that a gate uses."""
    used = ("truth", "prediction", "id", "loss", "failed", "group", "positive")
    named = [(role, str(result.roles[role])) for role in used if result.roles.get(role) is not None]
    return "read as " + " ".join(f"{role}={shlex.quote(value)}" for role, value in named)


def method(result: GateResult) -> str:
    """How the figures were made, in one line."""
    said = "each bound one-sided 95 %"
    if result.pairs is not None:
        said += f", {units.plural(result.pairs, 'sample')} paired by id"
    if group := result.roles.get("group"):
        said += f", rows of one {group} dependent"
    if any(check.verdict != PASS for check in result.checks) and len(result.checks) > 1:
        said += f", failures Holm-adjusted over {len(result.checks)} checks"
    if result.excluded:
        said += f", {units.plural(result.excluded, 'row')} left out as seen before"
    return said
