"""The audit ``repeats``: tasks that always fail, sometimes fail, never fail; ``--group`` names the task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from errata.analysis.repeats import MOST, repeats
from errata.nouns.outcome import UNKNOWN
from errata.nouns.repeats import Repeats
from errata.verbs.audits import Asking, Audit, Derived, Impossible, Subject
from errata.verbs.kinds import group_axis, group_column

if TYPE_CHECKING:
    from errata.nouns.outcome import Outcomes
    from errata.nouns.source import Source


def _missing(source: Source, outcomes: Outcomes) -> str | None:
    if outcomes.roles.group is None:
        return "--group names no column: the task that is tried again and again"
    return None if (outcomes.failed != UNKNOWN).any() else "no row has a known outcome"


def _run(subject: Subject) -> Asking:
    axis = group_axis(subject, MOST)
    assert axis is not None
    found = yield from repeats(axis, subject.outcomes.roles.group or "", subject.options.seed)
    if not isinstance(found, Repeats):
        raise Impossible(found)
    return found


def _derived(subject: Subject) -> Mapping[str, Derived]:
    return group_column(subject)


AUDIT = Audit("repeats", _missing, _run, _derived)
