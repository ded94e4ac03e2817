"""Gates: the verdicts of checks on a run, as they were given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from errata.core.clock import stamp
from errata.core.errors import NotFound
from errata.nouns.page import Page
from errata.store import sight, tables
from errata.store.catalog import Store, Transaction
from errata.store.paging import ALL, Asked, paged

_GATE, _VERDICT = tables.gate, tables.verdict
_COLUMNS = ("name", "slice", "metric", "criterion", "n", "estimate", "low", "high", "verdict", "more_needed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A stored gate. ``purpose`` is ``gate``, or ``close DIG-4`` when it was run to close a case.

    ``result`` is the JSON of the schema errata.gate/1 as it was printed.
    """

    number: int
    run: int
    baseline: int | None
    purpose: str
    verdict: str
    result: dict[str, Any]
    actor: str
    at: datetime

    @property
    def ref(self) -> str:
        """``gate:5``."""
        return f"gate:{self.number}"

    @property
    def checks(self) -> list[dict[str, Any]]:
        """The verdicts, one a check."""
        return list(self.result["checks"])

    def to_json(self) -> dict[str, Any]:
        """Plain values of the schema ``errata.stored-gate/1``: the printed result, and where it came from."""
        about = {"schema": "errata.stored-gate/1", "gate": self.ref, "number": self.number}
        about |= {"run": f"run:{self.run}", "purpose": self.purpose}
        baseline = f"run:{self.baseline}" if self.baseline else None
        return {**self.result, **about, "baseline": baseline, "actor": self.actor, "at": stamp(self.at)}


def insert_gate(
    transaction: Transaction,
    *,
    run: int,
    baseline: int | None,
    purpose: str,
    result: dict[str, Any],
    keys: Mapping[int, tuple[int | None, int | None]],
) -> int:
    """Store a gate's result and return its number; ``keys`` maps a verdict's position to its check and case numbers."""
    number = transaction.next("gates")
    transaction.insert(
        _GATE,
        {
            "number": number,
            "run": run,
            "baseline": baseline,
            "purpose": purpose,
            "verdict": result["verdict"],
            "body": result,
            "actor": transaction.actor,
            "at": transaction.at,
        },
    )
    rows = []
    for position, verdict in enumerate(result["checks"]):
        check, case = keys.get(position, (None, None))
        values = {name: verdict[name] for name in _COLUMNS}
        rows.append({"gate": number, "position": position, "check": check, "case": case, **values})
    transaction.insert(_VERDICT, rows)
    transaction.event(f"gate:{number}", before=None, after=None, reason=f"{purpose}, run:{run}: {result['verdict']}")
    return number


def get_gate(connection: sa.Connection, store: Store, number: int) -> Gate:
    """One gate. Raises NotFound ``no-such-gate``."""
    found = _gates(connection, store, connection.execute(_select(store).where(_GATE.c.number == number)).all())
    if not found:
        raise NotFound(
            "no-such-gate", f"there is no gate:{number} in project {store.project.name}", next="errata gate run:N"
        )
    return found[0]


def list_gates(connection: sa.Connection, store: Store, run: int | None = None, asked: Asked = ALL) -> Page[Gate]:
    """Every gate, newest first; of one run when it is given."""
    query = _select(store)
    if run is not None:
        query = query.where(_GATE.c.run == run)
    return paged(
        connection,
        store,
        query,
        [(_GATE.c.number, True)],
        lambda rows: _gates(connection, store, rows),
        lambda gate: [gate.number],
        asked,
        {"list": "gates", "run": run},
    )


def verdicts(connection: sa.Connection, store: Store, names: Iterable[str]) -> dict[str, str]:
    """What those of these subjects that are gates (``gate:5``) came to, as the actor may see them."""
    numbers = [int(name.partition(":")[2]) for name in names if name.startswith("gate:")]
    if not numbers:
        return {}
    rows = connection.execute(_select(store).where(_GATE.c.number.in_(numbers))).all()
    return {one.ref: one.verdict for one in _gates(connection, store, rows)}


def _gates(connection: sa.Connection, store: Store, rows: Sequence[sa.Row[Any]]) -> list[Gate]:
    """Gates with the verdicts of the checks that the actor may see, and what those come to together."""
    found = [_gate(row) for row in rows]
    if sight.everything(store) or not found:
        return found
    from errata.nouns.verdict import overall

    hidden: dict[int, set[int]] = {}
    asked = sa.select(_VERDICT.c.gate, _VERDICT.c.position).where(
        _VERDICT.c.project == store.project.id,
        _VERDICT.c.gate.between(min(one.number for one in found), max(one.number for one in found)),
        sight.hides(store, _VERDICT.c.check, _VERDICT.c.case),
    )
    for row in connection.execute(asked):
        hidden.setdefault(row.gate, set()).add(row.position)
    secret = sight.hidden_named(connection, store, [one.purpose.rpartition(" ")[2] for one in found])
    seen = []
    for one in found:
        left = [check for at, check in enumerate(one.checks) if at not in hidden.get(one.number, ())]
        if left and one.purpose.rpartition(" ")[2] not in secret:
            verdict = overall([check["verdict"] for check in left])
            seen.append(replace(one, verdict=verdict, result={**one.result, "verdict": verdict, "checks": left}))
    return seen


def _select(store: Store) -> sa.Select[Any]:
    return sa.select(_GATE).where(_GATE.c.project == store.project.id)


def _gate(row: sa.Row[Any]) -> Gate:
    return Gate(
        number=row.number,
        run=row.run,
        baseline=row.baseline,
        purpose=row.purpose,
        verdict=row.verdict,
        result=row.body,
        actor=row.actor,
        at=row.at,
    )
