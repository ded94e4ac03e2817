"""A case says in one line what it is, and which command sets what is not written by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from errata.core.errors import UsageError
from errata.nouns.case import EDITABLE, KIND
from errata.nouns.record import Change, Record, Revision

AT = datetime(2026, 11, 25, 22, 31, tzinfo=UTC)


def test_a_case_and_its_revision_say_in_a_line_what_they_are() -> None:
    case = Record(
        key="DIG-4", number=4, kind="case", state="draft", revision=2, body=KIND.make({"title": "Fails by night"}),
        created_by="ada", created_at=AT, changed_by="ada", changed_at=AT,
    )  # fmt: skip
    assert repr(case) == "<case DIG-4: 'Fails by night', draft, revision 2>"
    revision = Revision(
        key="DIG-4", revision=2, schema="case/2", state="draft", body={}, digest="", actor="ada", at=AT, reason="",
        changes=(Change(field="owner", before="", after="ada"), Change(field="why", before="", after="x")),
    )  # fmt: skip
    assert repr(revision) == "<DIG-4, revision 2 by ada at 2026-11-25T22:31:00.000000Z: owner, why changed>"


@pytest.mark.parametrize("name", KIND.ways)
def test_what_a_command_sets_is_not_written_by_hand(name: str) -> None:
    assert name in KIND.body.model_fields
    assert name not in EDITABLE
    with pytest.raises(UsageError) as failure:
        KIND.check_editable([name])
    assert failure.value.next == KIND.ways[name]
