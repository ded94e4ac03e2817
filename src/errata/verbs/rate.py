"""``errata case rate``: how bad a case is, by a rubric whose every level is anchored in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from errata.core.errors import NotFound
from errata.nouns.case import CaseBody
from errata.nouns.record import Record
from errata.nouns.rubric import ACTIVE, KIND, RubricBody
from errata.nouns.shipped import shipped
from errata.store import records
from errata.store.catalog import Store

DEFAULT = "severity"


def rate_case(
    store: Store,
    key: str,
    levels: Mapping[str, int],
    *,
    rubric: str | None = None,
    why: Mapping[str, str] | None = None,
    reason: str = "",
) -> Record:
    """Rate a case: a level on every axis of a rubric (a key or a name); its score and band are computed and kept.

    Without ``rubric`` it is the project's of the name ``severity``; the one that ships with Errata is entered as a
    record when there is none yet. Raises ValueFault ``bad-rating``, NotFound.
    """
    with store.write("case rate") as transaction:
        case = records.get(transaction.connection, store, key, "case")
        by = _rubric(transaction.connection, store, rubric)
        if not isinstance(by, Record):
            by = records.create(transaction, KIND, by, reason="the rubric that ships with Errata")
        body: CaseBody = case.body
        severity = by.body.rate(by.key, by.revision, levels, why)
        if severity == body.severity:
            return case
        return records.revise(
            transaction,
            case,
            body.model_copy(update={"severity": severity}),
            reason=reason or f"rated {severity.band} by {by.key}",
        )


def rubric_of(store: Store, name: str | None = None) -> Record | RubricBody:
    """The rubric of a key or a name, ``severity`` unless given; the one that ships is no record yet.

    Raises NotFound ``no-such-rubric``.
    """
    with store.read() as connection:
        return _rubric(connection, store, name)


def add_rubric(store: Store, values: Mapping[str, object], reason: str = "") -> Record:
    """Enter a rubric, or revise the one of the same name. Raises ValueFault ``bad-body``."""
    body = KIND.make(values)
    assert isinstance(body, RubricBody)
    with store.write("rubric add") as transaction:
        same = records.records(transaction.connection, store, "rubric", states=(ACTIVE,), facet=("name", body.name))
        if not same:
            return records.create(transaction, KIND, body, reason=reason or "added")
        own = same[-1]
        return own if own.body == body else records.revise(transaction, own, body, reason=reason or "revised")


def _rubric(connection: Any, store: Store, name: str | None) -> Record | RubricBody:
    wanted = name or DEFAULT
    for record in records.records(connection, store, "rubric"):
        if wanted in (record.key, record.body.name):
            return record
    for values in shipped("rubric"):
        body = KIND.make(values)
        assert isinstance(body, RubricBody)
        if wanted == body.name:
            return body
    raise NotFound(
        "no-such-rubric",
        f"there is no rubric {wanted!r}",
        expected=f"a key such as {store.project.prefix}-1, or a name such as {DEFAULT}",
        next="errata rubric list",
    )
