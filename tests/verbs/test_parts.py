"""What verbs read of a logged run."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pyarrow as pa

from errata.integrations.files import table_source
from errata.verbs.parts import groups_of


def test_a_group_that_is_no_number_is_a_group_of_its_own() -> None:
    groups = pa.table({"video": [1.0, float("nan"), 1.0, float("nan"), None]})
    judged: Any = SimpleNamespace(run=SimpleNamespace(roles={"group": "video"}), source=table_source(groups, "clips"))
    found = groups_of(judged)
    assert found is not None and found[0] == found[2] and len(set(found.tolist())) == 4
