"""``errata case withdraw``, ``restore`` and ``merge``: a case that is none, or is another one. Nothing is deleted."""

from __future__ import annotations

from errata.core.errors import Conflict
from errata.nouns.case import KIND, CaseBody
from errata.nouns.lifecycle import DRAFT, ENDED, MERGED, WITHDRAWN
from errata.nouns.record import Record
from errata.nouns.sensitivity import highest
from errata.store import links, records
from errata.store.catalog import Store
from errata.verbs.review import check_reason


def withdraw_case(store: Store, key: str, reason: str) -> Record:
    """Say that it is no case, and why. Raises UsageError ``no-reason``, Conflict ``bad-move``, NotFound."""
    check_reason(reason, f"errata case withdraw {key} --reason 'the labels were wrong'")
    with store.write("case withdraw") as transaction:
        case = records.get(transaction.connection, store, key, "case")
        KIND.check_move(key, case.state, WITHDRAWN)
        body = case.body.model_copy(update={"withdrawn": reason})
        return records.revise(transaction, case, body, state=WITHDRAWN, reason=reason)


def restore_case(store: Store, key: str, reason: str) -> Record:
    """Say that a withdrawn case is one after all; it is a draft again. Raises as ``withdraw_case`` does."""
    check_reason(reason, f"errata case restore {key} --reason 'the labels were right'")
    with store.write("case restore") as transaction:
        case = records.get(transaction.connection, store, key, "case")
        KIND.check_move(key, case.state, DRAFT)
        return records.revise(
            transaction, case, case.body.model_copy(update={"withdrawn": ""}), state=DRAFT, reason=reason
        )


def merge_case(store: Store, key: str, into: str, reason: str = "") -> Record:
    """Say that a case is part of another, which takes over its name, fingerprint and, where it is higher, sensitivity;
    the other at its new revision.

    Raises Conflict ``bad-merge`` into itself or one that is withdrawn or merged, ``bad-move``, NotFound.
    """
    with store.write("case merge") as transaction:
        case = records.get(transaction.connection, store, key, "case")
        other = records.get(transaction.connection, store, into, "case")
        KIND.check_move(key, case.state, MERGED)
        if case.key == other.key or other.state in ENDED:
            where = other.body.merged_into
            raise Conflict(
                "bad-merge",
                f"{key} cannot be merged into {into}",
                expected="another case, which is neither withdrawn nor merged itself",
                found=f"{into} is {'the same case' if case.key == other.key else other.state}",
                next=f"errata case merge {key} --into {where}" if where else f"errata case show {into}",
            )
        mine: CaseBody = case.body
        theirs: CaseBody = other.body
        prints = [one for one in (mine.fingerprint, *mine.holds) if one and one != theirs.fingerprint]
        holds = tuple(dict.fromkeys([*theirs.holds, *prints]))
        aliases = tuple(dict.fromkeys([*theirs.aliases, key, *mine.aliases]))
        why = reason or f"merged into {into}"
        merged = mine.model_copy(update={"merged_into": into, "duplicate_of": into})
        records.revise(transaction, case, merged, state=MERGED, reason=why)
        links.link(transaction, key, "specializationOf", into)
        level = highest([theirs.sensitivity, mine.sensitivity])
        taken = theirs.model_copy(update={"holds": holds, "aliases": aliases, "sensitivity": level})
        return records.revise(transaction, other, taken, reason=reason or f"holds {key}")
