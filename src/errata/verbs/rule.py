"""Capture rules: add one, retire one."""

from __future__ import annotations

from collections.abc import Sequence

from errata.nouns.record import Record
from errata.nouns.rule import KIND, RETIRED
from errata.store import links, records, runs
from errata.store.catalog import Store


def add_rule(
    store: Store,
    *,
    title: str,
    when: str = "",
    disagree: int | None = None,
    anomaly: str = "",
    reference: int | None = None,
    method: str = "all",
    size: int | None = None,
    by: Sequence[str] = (),
    seed: int = 0,
) -> Record:
    """A rule. Raises GrammarError for an expression outside the grammar, UsageError ``rule-of-what`` and
    ``bad-sampling``, NotFound for a run that is not there, ValueFault for a body that cannot be kept."""
    sampling = {"method": method, "size": size, "by": tuple(by), "seed": seed}
    body = KIND.make(
        {
            "title": title, "when": when, "disagree": disagree, "anomaly": anomaly, "reference": reference,
            "sampling": sampling,
        }
    )  # fmt: skip
    with store.write("rule add") as transaction:
        for run in (disagree, reference):
            if run is not None:
                runs.get_run(transaction.connection, store, run)
        rule = records.create(transaction, KIND, body, reason="added")
        for run in (disagree, reference):
            if run is not None:
                links.link(transaction, rule.key, "used", f"run:{run}")
    return rule


def retire_rule(store: Store, key: str, reason: str = "") -> Record:
    """Capture by it no more; what it captured stays. Raises NotFound, Conflict when it is retired already."""
    with store.write("rule retire") as transaction:
        rule = records.get(transaction.connection, store, key, "rule")
        KIND.check_move(key, rule.state, RETIRED)
        return records.revise(transaction, rule, state=RETIRED, reason=reason or "retired")
