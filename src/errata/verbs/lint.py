"""``errata case lint``: what a case lacks, and what could be better said; codes are muted with a reason."""

from __future__ import annotations

from dataclasses import dataclass

from errata.core.errors import NotFound, UsageError
from errata.core.names import nearest
from errata.nouns.case import CaseBody
from errata.nouns.case_parts import Mute
from errata.nouns.lint import LINTS, Said, lint
from errata.nouns.record import Record
from errata.store import records, reviewers
from errata.store.catalog import Store
from errata.verbs.template import missing_of


@dataclass(frozen=True, slots=True)
class Linted:
    """What a case lacks before it can be submitted, a line each, and what lint says of it besides."""

    key: str
    missing: tuple[str, ...]
    said: tuple[Said, ...]
    muted: tuple[Mute, ...]


def lint_case(store: Store, key: str) -> Linted:
    """Lint one case. Raises NotFound."""
    with store.read() as connection:
        case = records.get(connection, store, key, "case")
        labelled = bool(reviewers.labelled(connection, store, [key]))
        written = reviewers.writing(connection, store, case)[1]
    said = lint(case.body, labelled, written)
    return Linted(key, tuple(missing_of(store, case)), tuple(said), case.body.muted)


def mute_lint(store: Store, key: str, code: str, reason: str) -> Record:
    """Do not say a lint code of a case any more, and keep why. Raises NotFound ``no-such-lint``, UsageError."""
    if code not in LINTS:
        close = nearest(code, list(LINTS), 1)
        raise NotFound(
            "no-such-lint",
            f"there is no lint code {code!r}",
            expected=", ".join(LINTS),
            next=f"errata case mute {key} {(close or list(LINTS))[0]} --reason TEXT",
        )
    if not reason.strip():
        raise UsageError(
            "no-reason",
            "a code is muted for a reason",
            next=f"errata case mute {key} {code} --reason 'redacted'",
        )
    return _muted(store, key, code, Mute(code=code, reason=reason), f"{code} muted: {reason}")


def unmute_lint(store: Store, key: str, code: str) -> Record:
    """Say a code again. Raises NotFound ``not-muted``."""
    with store.read() as connection:
        muted = [one.code for one in records.get(connection, store, key, "case").body.muted]
    if code not in muted:
        raise NotFound(
            "not-muted",
            f"{code} is not muted of {key}",
            expected=f"one of {', '.join(muted)}" if muted else "a code that was muted",
            next=f"errata case lint {key}",
        )
    return _muted(store, key, code, None, f"{code} is said again")


def _muted(store: Store, key: str, code: str, mute: Mute | None, reason: str) -> Record:
    with store.write("case mute") as transaction:
        case = records.get(transaction.connection, store, key, "case")
        body: CaseBody = case.body
        muted = tuple(one for one in body.muted if one.code != code) + ((mute,) if mute else ())
        if muted == body.muted:
            return case
        return records.revise(transaction, case, body.model_copy(update={"muted": muted}), reason=reason)
