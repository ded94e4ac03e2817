"""The audit ``nodes``: error rates by machine, hardware or software; is the node or its traffic at fault?"""

from __future__ import annotations

from dataclasses import replace

from errata.analysis.nodes import Stratum, nodes
from errata.analysis.tally import Axis
from errata.analysis.trend import TIME
from errata.verbs.audits import Asking, Audit, Impossible
from errata.verbs.subject import Subject
from errata.verbs.trend import countable, time_column
from errata.verbs.view import axis_of

DAY = 86400


def _missing(subject: Subject) -> str | None:
    return None if subject.judged else "no row has a known outcome"


def _run(subject: Subject) -> Asking:
    options, source = subject.options, subject.source
    if not options.nodes:
        raise Impossible("--nodes names no column")
    uncounted = [name for name in options.nodes if not countable(source, name)]
    columns = [name for name in options.nodes if name not in uncounted]
    reasons = [f"{name} is {source.schema.field(name).type}, no name of a node" for name in uncounted]
    if not columns:
        raise Impossible("; ".join(reasons))
    candidates = _candidates(subject)
    given = bool(options.strata)
    if given:
        by_name = {one.name: one for one in candidates}
        unknown = [name for name in options.strata if name not in by_name]
        if unknown:
            raise Impossible(f"--strata {unknown[0]} is no factor; there are {', '.join(by_name) or 'none'}")
        candidates = [by_name[name] for name in options.strata]
    found = yield from nodes(columns, candidates, given=given, effect=subject.failure_effect())
    left_out = [*found.left_out, *({"column": n, "reason": r} for n, r in zip(uncounted, reasons, strict=True))]
    if not found.columns:
        raise Impossible("; ".join(f"{one['column']}: {one['reason']}" for one in left_out))
    return replace(found, left_out=tuple(left_out))


def _candidates(subject: Subject) -> list[Stratum]:
    """What traffic may differ in: factors, the true class, the day. A node is no traffic."""
    others = [factor for factor in subject.factors if factor.name not in subject.options.nodes]
    found = [Stratum(factor.name, axis_of(factor)) for factor in others]
    truth = subject.roles.truth
    if subject.task == "classification" and truth is not None and truth not in [factor.name for factor in others]:
        found.append(Stratum(truth, Axis(truth)))
    if time_column(subject):
        found.append(Stratum("day", Axis(TIME, seconds=DAY)))
    return found


AUDIT = Audit("nodes", _missing, _run, time_column)
