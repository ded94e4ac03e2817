"""A link: a record or a fact, a term of W3C PROV, and what it stands in that relation to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from errata.core.clock import stamp
from errata.core.errors import GrammarError, UsageError
from errata.core.names import is_fact, is_key, nearest

PREDICATES = {
    "wasDerivedFrom": "it was made of the other",
    "hadPrimarySource": "the other is where it was first told or measured",
    "wasQuotedFrom": "it repeats part of the other",
    "wasRevisionOf": "it is a later form of the other",
    "wasInformedBy": "whoever made it used what the other had found",
    "wasInfluencedBy": "the other had a part in it: a drift, a change, a test",
    "wasGeneratedBy": "the other made it",
    "wasInvalidatedBy": "the other ended it",
    "wasAttributedTo": "the other is who answers for it",
    "used": "it makes use of the other",
    "generated": "it made the other",
    "specializationOf": "it is a part or a special case of the other",
    "alternateOf": "both tell the same thing",
}
"""The terms of PROV-O that a link may use, and what each says."""

KINDS = {
    "ticket": "a ticket in a tracker",
    "pull-request": "a change of the code",
    "document": "a page, a paper, a report",
    "experiment": "an experiment, here or in a tracker",
    "drift": "a drift indicator: drift:COLUMN",
    "feature": "a change of a feature",
    "configuration": "a change of a configuration or a flag",
    "ab-test": "an A/B test",
    "counterfactual": "what would have happened otherwise",
    "dataset": "a dataset version, NAME@V",
    "model": "a model version, NAME@V",
}
"""What a link may point to outside of the catalog, written ``KIND:TEXT``; inside it is a key, ``run:3`` or the like."""

_KIND = re.compile(r"(?P<kind>[a-z][a-z-]{1,30}):(?P<rest>\S.{0,900})\Z")
_ADDRESS = re.compile(r"https?://[^\s<>\"]{3,990}\Z")
_BLOB = re.compile(r"blob:[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """``subject`` stands in a PROV relation to ``object``; retracted links stay, with who and when."""

    subject: str
    predicate: str
    object: str
    actor: str
    at: datetime
    retracted_by: str | None = None
    retracted_at: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values of the schema ``errata.link/1``."""
        gone = None if self.retracted_at is None else {"by": self.retracted_by, "at": stamp(self.retracted_at)}
        return {
            "schema": "errata.link/1",
            "subject": self.subject,
            "predicate": self.predicate,
            "object": self.object,
            "actor": self.actor,
            "at": stamp(self.at),
            "retracted": gone,
        }


def is_address(text: str) -> bool:
    """Whether ``text`` is an address of the web that a link may point to."""
    return bool(_ADDRESS.match(text))


def check_predicate(text: str) -> str:
    """``text``, a term of PROV. Raises UsageError ``no-such-predicate``."""
    if text not in PREDICATES:
        close = nearest(text, list(PREDICATES), 1)
        raise UsageError(
            "no-such-predicate",
            f"{text!r} is no relation that a link may have",
            expected=", ".join(PREDICATES),
            next=f"errata case link KEY {close[0] if close else 'wasInfluencedBy'} OBJECT",
        )
    return text


def check_object(text: str) -> str:
    """``text``: a key, a fact, a blob, an address or ``KIND:TEXT``. Raises GrammarError ``bad-object``."""
    facts = any(is_fact(text, kind) for kind in ("run", "finding", "gate"))
    match = _KIND.match(text)
    if facts or is_key(text) or _BLOB.match(text) or _ADDRESS.match(text) or (match and match["kind"] in KINDS):
        return text
    close = nearest(match["kind"], list(KINDS), 1) if match else []
    raise GrammarError(
        "bad-object",
        f"{text!r} names nothing that a link could point to",
        expected=f"a key such as DIG-4, run:N, finding:N, gate:N, an address, or KIND:TEXT of {', '.join(KINDS)}",
        found=repr(text),
        next=f"{close[0]}:{match['rest']}" if match and close else f"document:{text}",
    )
