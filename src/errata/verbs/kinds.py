"""The audit ``kinds``: how many rows and failures are of each kind of error, and which kinds fail more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from errata.analysis.kinds import KIND, MOST, code_of, kinds
from errata.analysis.tally import Axis
from errata.nouns.kinds import KindsOfError
from errata.tasks.kinds import KindTeller, teller_of
from errata.verbs.audits import Asking, Audit, Derived, Impossible, Subject
from errata.verbs.trend import countable

if TYPE_CHECKING:
    from errata.nouns.outcome import Outcomes
    from errata.nouns.source import Source

GROUP = "@group"


def _missing(source: Source, outcomes: Outcomes) -> str | None:
    found = teller_of(source, outcomes)
    return found if isinstance(found, str) else None


def group_axis(subject: Subject, most: int) -> Axis | None:
    """The groups as an axis: the column itself, or as text where its values cannot be counted."""
    name = subject.outcomes.roles.group
    if name is None:
        return None
    return Axis(name if countable(subject.source, name) else GROUP, most=most)


def group_column(subject: Subject) -> dict[str, Derived]:
    """``@group``: the groups as text, where the column's own values cannot be counted."""
    name = subject.outcomes.roles.group
    if name is None or countable(subject.source, name):
        return {}
    import pyarrow as pa

    return {GROUP: Derived(lambda batch, _: batch.column(name).cast(pa.string()), (name,))}


def _derived(subject: Subject) -> Mapping[str, Derived]:
    import pyarrow as pa

    teller = teller_of(subject.source, subject.outcomes)
    assert isinstance(teller, KindTeller)
    return {
        KIND: Derived(lambda batch, rows: pa.array(code_of(teller.tell(batch, rows))), teller.columns),
        **group_column(subject),
    }


def _run(subject: Subject) -> Asking:
    teller = teller_of(subject.source, subject.outcomes)
    assert isinstance(teller, KindTeller)
    told = teller.kinds
    if not told.names:
        raise Impossible("; ".join(f"{kind}: {reason}" for kind, reason in told.missing))
    found = yield from kinds(told.names, told.failing, group_axis(subject, MOST), told.missing)
    if not isinstance(found, KindsOfError):
        raise Impossible(found)
    return found


AUDIT = Audit("kinds", _missing, _run, _derived)
