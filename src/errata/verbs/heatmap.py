"""The audit ``heatmap``: the failure rate over two factors, and where the two together are more than each."""

from __future__ import annotations

from dataclasses import replace

from errata.analysis.heatmap import heatmap
from errata.analysis.levels import Levels
from errata.verbs.audits import Asking, Audit, Impossible
from errata.verbs.levels import levels_of, levels_of_factor
from errata.verbs.subject import Subject


def _missing(subject: Subject) -> str | None:
    return None if subject.judged else "no row has a known outcome"


def _run(subject: Subject) -> Asking:
    named = subject.options.heatmap
    left_out: list[dict[str, str]] = []
    levels: list[Levels] = []
    if named:
        for name in named:
            one = levels_of(subject, name)
            if isinstance(one, str):
                raise Impossible(f"{name}: {one}")
            levels.append(one)
    else:
        for factor in subject.factors:
            one = levels_of_factor(subject, factor)
            if isinstance(one, str):
                left_out.append({"column": factor.name, "reason": one})
            else:
                levels.append(one)
        if len(levels) < 2:
            raise Impossible("fewer than two factors")
    found = yield from heatmap(levels, given=bool(named), effect=subject.failure_effect())
    if isinstance(found, str):
        raise Impossible(found)
    return replace(found, left_out=(*left_out, *found.left_out))


AUDIT = Audit("heatmap", _missing, _run)
