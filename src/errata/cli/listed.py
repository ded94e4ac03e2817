"""Records and facts as ``--json`` prints them: lists, and what ships with Errata and is no record yet."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from errata.nouns.page import Page

if TYPE_CHECKING:
    from errata.nouns.record import Body


def listed(name: str, found: Iterable[Any]) -> str:
    """JSON of the schema ``errata.list/1``: what was found under ``name``, each by a schema of its own.

    Of a page also the cursor of the next.
    """
    values: dict[str, Any] = {"schema": "errata.list/1", name: [one.to_json() for one in found]}
    if isinstance(found, Page):
        values["cursor"] = found.cursor
    return json.dumps(values, ensure_ascii=False)


def shipped(kind: str, body: Body) -> dict[str, Any]:
    """Plain values of a body that no record holds, by the schema of records of its kind: without a key."""
    return {"schema": f"errata.{kind}/1", "key": None, **body.model_dump(mode="json")}
