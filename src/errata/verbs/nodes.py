"""The audit ``nodes``: error rates by machine, hardware or software; is the node or its traffic at fault?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from errata.analysis.nodes import Stratum, nodes
from errata.analysis.tally import Axis
from errata.analysis.trend import TIME
from errata.nouns.outcome import UNKNOWN
from errata.verbs.audits import FACTOR, Asking, Audit, Derived, Impossible, Subject
from errata.verbs.trend import countable, dependence, time_column

if TYPE_CHECKING:
    from errata.nouns.outcome import Outcomes
    from errata.nouns.source import Source

DAY = 86400


def _missing(source: Source, outcomes: Outcomes) -> str | None:
    return None if (outcomes.failed != UNKNOWN).any() else "no row has a known outcome"


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
    found = yield from nodes(columns, candidates, given=given, effect=dependence(subject))
    left_out = [*found.left_out, *({"column": n, "reason": r} for n, r in zip(uncounted, reasons, strict=True))]
    if not found.columns:
        raise Impossible("; ".join(f"{one['column']}: {one['reason']}" for one in left_out))
    return replace(found, left_out=tuple(left_out))


def _candidates(subject: Subject) -> list[Stratum]:
    """What traffic may differ in: factors, the true class, the day. A node is no traffic."""
    others = [factor.name for factor in subject.factors if factor.name not in subject.options.nodes]
    found = [Stratum(name, Axis(FACTOR + name)) for name in others]
    truth = subject.outcomes.roles.truth
    if subject.outcomes.task == "classification" and truth is not None and truth not in others:
        found.append(Stratum(truth, Axis(truth)))
    if time_column(subject):
        found.append(Stratum("day", Axis(TIME, seconds=DAY)))
    return found


def _derived(subject: Subject) -> Mapping[str, Derived]:
    return time_column(subject)


AUDIT = Audit("nodes", _missing, _run, _derived)
