"""Review rotas: add one, retire one, and who is on duty."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from errata.core.clock import now
from errata.core.errors import UsageError
from errata.nouns.record import Record
from errata.nouns.rota import ACTIVE, KIND, RETIRED
from errata.store import records, reviewers
from errata.store.catalog import Store


def add_rota(store: Store, *, title: str, owners: Sequence[str], starts: str | None = None, days: int = 7) -> Record:
    """A rota, from today (UTC) unless another day is given. Raises ValueFault for one that cannot be kept."""
    values = {"title": title, "owners": tuple(owners), "starts": starts or now().date().isoformat(), "days": days}
    body = KIND.make(values)
    with store.write("rota add") as transaction:
        return records.create(transaction, KIND, body, reason="added")


def retire_rota(store: Store, key: str, reason: str = "") -> Record:
    """Nobody is on duty by it any more. Raises NotFound, Conflict when it is retired already."""
    with store.write("rota retire") as transaction:
        rota = records.get(transaction.connection, store, key, KIND.name)
        KIND.check_move(key, rota.state, RETIRED)
        return records.revise(transaction, rota, state=RETIRED, reason=reason or "retired")


def duty(store: Store, case: str | None = None, day: str | None = None) -> list[dict[str, Any]]:
    """Who is on duty by each active rota on a day, today (UTC) unless it is given, as plain values.

    Of a case, its authors and labellers are passed over. ``on_duty`` is None where nobody is. Raises NotFound,
    UsageError ``bad-day``.
    """
    asked = _day(day)
    with store.read() as connection:
        without: set[str] = set()
        if case is not None:
            found = records.get(connection, store, case, "case")
            wrote, labelled = reviewers.made_by(connection, store, [found])[found.key]
            without = {*wrote, *labelled}
        rotas = records.records(connection, store, KIND.name, states=[ACTIVE])
    return [
        {
            "rota": one.key,
            "title": one.title,
            "day": asked.isoformat(),
            "on_duty": one.body.on_duty(asked, without),
            "until": None if (last := one.body.last_day(asked)) is None else last.isoformat(),
        }
        for one in rotas
    ]


def _day(text: str | None) -> date:
    try:
        return now().date() if text is None else date.fromisoformat(text)
    except ValueError as exc:
        raise UsageError("bad-day", f"{text!r} is no day", expected="a day", next="--day 2026-01-05") from exc
