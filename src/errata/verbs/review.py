"""``errata case submit``, ``verify``, ``return``: a case is checked by somebody who neither wrote nor labelled it."""

from __future__ import annotations

import re
from typing import Any

from errata.core.errors import Conflict, UsageError
from errata.core.names import is_fact, parse_fact
from errata.nouns.case import KIND, CaseBody
from errata.nouns.case_parts import Verification
from errata.nouns.lifecycle import CLOSED, DRAFT, ENDED, RETURNED, SUBMITTED, VERIFIED
from errata.nouns.lint import missing
from errata.nouns.record import Record
from errata.store import actors, links, records, reviewers, runs
from errata.store.catalog import Store, Transaction
from errata.verbs.template import requires_of

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


def submit_case(store: Store, key: str, reason: str = "") -> Record:
    """Hand a draft in for verification.

    Raises Conflict ``incomplete`` with a line for everything that the required minimum lacks, ``bad-move``, NotFound.
    """
    with store.write("case submit") as transaction:
        case = records.get(transaction.connection, store, key, "case")
        KIND.check_move(key, case.state, SUBMITTED)
        lacks = missing(case.body, requires_of(transaction.connection, store, case.body.template))
        if lacks:
            raise Conflict(
                "incomplete",
                f"{key} lacks {len(lacks)} of what a case needs before it is submitted",
                expected="the required minimum",
                details=lacks,
                next=f"errata case lint {key}",
            )
        return records.revise(transaction, case, state=SUBMITTED, reason=reason or "submitted")


def verify_case(
    store: Store,
    key: str,
    *,
    reran: str,
    digest: str | None = None,
    reproduced: bool = True,
    note: str = "",
    reason: str = "",
) -> Record:
    """Say that somebody other than its authors and labellers ran it again, and what came of it.

    ``reran`` is ``run:N``, whose digest is kept, or says in words what was run, with the ``digest`` (SHA-256, hex) of
    its result if there is one. A submitted case becomes ``verified``, or ``returned`` where it was not reproduced; one
    that is planned or further keeps its state. Raises Conflict ``not-independent``, ``not-submitted``, NotFound,
    UsageError ``bad-digest``, ``no-rerun``.
    """
    if not reran.strip():
        raise UsageError(
            "no-rerun", "this does not say what was run again", next=f"errata case verify {key} --reran run:N"
        )
    if digest is not None and not _DIGEST.match(digest):
        raise UsageError("bad-digest", "this is no digest", expected="64 hexadecimal digits (SHA-256)", found=digest)
    with store.write("case verify") as transaction:
        case = records.get(transaction.connection, store, key, "case")
        if case.state in (DRAFT, RETURNED, CLOSED, *ENDED):
            raise Conflict(
                "not-submitted",
                f"{key} is {case.state}, so there is nothing to verify",
                expected="a case that was submitted, and is not closed",
                next=f"errata case submit {key}" if case.state in (DRAFT, RETURNED) else f"errata case history {key}",
            )
        _check_independent(transaction, case)
        if is_fact(reran, "run"):
            digest = runs.get_run(transaction.connection, store, parse_fact(reran, "run")).digest
        verification = Verification(
            actor=transaction.actor,
            revision=reviewers.writing(transaction.connection, store, case)[1],
            reran=reran,
            digest=digest,
            verdict="reproduced" if reproduced else "not reproduced",
            note=note,
        )
        body: CaseBody = case.body.model_copy(update={"verification": verification})
        state = case.state
        if case.state in (SUBMITTED, VERIFIED):
            state = VERIFIED if reproduced else RETURNED
        verified = records.revise(
            transaction, case, body, state=state, reason=reason or f"{verification.verdict}: {reran}"
        )
        if is_fact(reran, "run"):
            links.link(transaction, key, "wasInformedBy", reran)
        return verified


def return_case(store: Store, key: str, reason: str) -> Record:
    """Give a submitted or verified case back to its author, with what it needs.

    Raises UsageError ``no-reason``, Conflict ``not-independent``, ``bad-move``.
    """
    check_reason(reason, f"errata case return {key} --reason 'which cameras?'")
    with store.write("case return") as transaction:
        case = records.get(transaction.connection, store, key, "case")
        KIND.check_move(key, case.state, RETURNED)
        _check_independent(transaction, case)
        return records.revise(transaction, case, state=RETURNED, reason=reason)


def review_case(store: Store, key: str) -> dict[str, Any]:
    """Who wrote and who labelled a case, whether it is verified, and why not: plain values. Raises NotFound."""
    with store.read() as connection:
        return _review(connection, store, records.get(connection, store, key, "case"))


def _review(connection: Any, store: Store, case: Record) -> dict[str, Any]:
    wrote, since = reviewers.writing(connection, store, case)
    labelled = reviewers.labellers(connection, store, [case])[case.key]
    everybody = [one.name for one in actors.actors(connection)]
    others = [name for name in everybody if name not in {*wrote, *labelled}]
    done = case.body.verification
    if done is None:
        said = "unverified" if others else f"unverified: nobody but {' and '.join(everybody)} acts in this catalog"
    elif since > done.revision:
        said = f"{done.verdict} by {done.actor} at revision {done.revision}, and edited since"
    else:
        said = f"{done.verdict} by {done.actor}"
    return {
        "authors": wrote,
        "labellers": labelled,
        "may_verify": others,
        "verified": bool(done and done.verdict == "reproduced" and since <= done.revision),
        "said": said,
    }


def _check_independent(transaction: Transaction, case: Record) -> None:
    found = _review(transaction.connection, transaction.store, case)
    mine = transaction.actor
    for what, names in (("wrote", found["authors"]), ("labelled", found["labellers"])):
        if mine in names:
            others = found["may_verify"]
            raise Conflict(
                "not-independent",
                f"{mine} {what} {case.key}, so somebody else has to verify it",
                expected=f"one of {', '.join(others[:5])}" if others else "somebody who has not acted here yet",
                next=f"ERRATA_ACTOR={others[0] if others else 'NAME'} errata case verify {case.key} --reran run:N",
            )


def check_reason(reason: str, next: str) -> None:
    """Raises UsageError ``no-reason`` when a step that needs a reason has none."""
    if not reason.strip():
        raise UsageError("no-reason", "this step needs a reason", expected="--reason TEXT", next=next)
