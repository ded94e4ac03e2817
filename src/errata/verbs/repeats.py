"""The audit ``repeats``: tasks that always fail, sometimes fail, never fail; ``--group`` names the task."""

from __future__ import annotations

from errata.analysis.repeats import MOST, repeats
from errata.nouns.repeats import Repeats
from errata.verbs.audits import Asking, Audit, Impossible
from errata.verbs.kinds import group_axis, group_column
from errata.verbs.subject import Subject


def _missing(subject: Subject) -> str | None:
    if subject.roles.group is None:
        return "--group names no column: the task that is tried again and again"
    return None if subject.judged else "no row has a known outcome"


def _run(subject: Subject) -> Asking:
    axis = group_axis(subject, MOST)
    assert axis is not None
    found = yield from repeats(axis, subject.roles.group or "", subject.options.seed)
    if not isinstance(found, Repeats):
        raise Impossible(found)
    return found


AUDIT = Audit("repeats", _missing, _run, group_column)
