"""The audit ``kinds``: how many rows and failures are of each kind of error, and which kinds fail more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from errata.analysis.kinds import KIND, MOST, code_of, kinds
from errata.analysis.tally import Axis
from errata.nouns.kinds import KindsOfError
from errata.nouns.outcome import KindCodes, Outcomes
from errata.tasks.kinds import KindTeller, teller_of
from errata.tasks.reserved import AsText, Reserved
from errata.verbs.audits import Asking, Audit, Impossible
from errata.verbs.subject import Subject
from errata.verbs.trend import countable
from errata.verbs.view import TOLD

if TYPE_CHECKING:
    import pyarrow as pa

GROUP = "@group"


@dataclass(frozen=True)
class KindColumn:
    """The kinds of each row as one code. ``about`` are outcomes without their rows, ``names`` the source's columns."""

    about: Outcomes
    names: tuple[str, ...]

    @property
    def teller(self) -> KindTeller:
        """What tells them."""
        found = teller_of(self.names, self.about)
        assert isinstance(found, KindTeller)
        return found

    @property
    def needs(self) -> tuple[str, ...]:
        """What the parts of the criterion read, and what the task's rule tells."""
        return (*self.teller.columns, *(() if self.about.kinds is None else (TOLD,)))

    def of(self, batch: pa.RecordBatch) -> pa.Array:
        """Codes, int64."""
        import pyarrow as pa

        own = None
        if self.about.kinds is not None:
            told = batch.column(TOLD)
            own = KindCodes(*(np.asarray(told.field(name)) for name in ("kind", "known")))
        return pa.array(code_of(self.teller.tell(batch, own)))

    def to_json(self) -> dict[str, Any]:
        """The task, its roles and the names of the kinds."""
        return {"kinds": list(self.teller.kinds.names), "task": self.about.task, "roles": self.about.roles.to_json()}


def _missing(subject: Subject) -> str | None:
    found = teller_of(subject.source.schema.names, subject.about)
    return found if isinstance(found, str) else None


def group_axis(subject: Subject, most: int) -> Axis | None:
    """The groups as an axis: the column itself, or as text where its values cannot be counted."""
    name = subject.roles.group
    if name is None:
        return None
    return Axis(name if countable(subject.source, name) else GROUP, most=most)


def group_column(subject: Subject) -> dict[str, Reserved]:
    """``@group``: the groups as text, where the column's own values cannot be counted."""
    name = subject.roles.group
    return {} if name is None or countable(subject.source, name) else {GROUP: AsText(name)}


def _derived(subject: Subject) -> Mapping[str, Reserved]:
    return {KIND: KindColumn(subject.about, tuple(subject.source.schema.names)), **group_column(subject)}


def _run(subject: Subject) -> Asking:
    teller = teller_of(subject.source.schema.names, subject.about)
    assert isinstance(teller, KindTeller)
    told = teller.kinds
    if not told.names:
        raise Impossible("; ".join(f"{kind}: {reason}" for kind, reason in told.missing))
    found = yield from kinds(told.names, told.failing, group_axis(subject, MOST), told.missing)
    if not isinstance(found, KindsOfError):
        raise Impossible(found)
    return found


AUDIT = Audit("kinds", _missing, _run, _derived)
