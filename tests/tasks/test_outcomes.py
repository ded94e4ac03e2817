"""Outcomes: what is read from the roles is there and agrees with itself, or the error says what is not."""

from __future__ import annotations

import pytest

from errata.core.errors import ColumnError, ValueFault
from errata.integrations.files import table_source
from errata.nouns.roles import Roles
from errata.tasks.outcomes import read_outcomes

ROWS = {"label": ["cat", "dog", "cat"], "pred": ["cat", "cat", "cat"], "latency_ms": [900, 20, 30]}


def test_a_row_also_failed_where_the_criterion_holds():
    outcomes = read_outcomes(table_source(ROWS, "preds.csv"), Roles(failed="latency_ms > 500"))
    assert outcomes.failed.tolist() == [1, 1, 0]


def test_a_column_that_the_criterion_misspells_is_named_with_the_nearest():
    with pytest.raises(ColumnError) as caught:
        read_outcomes(table_source(ROWS, "preds.csv"), Roles(failed="latncy_ms > 500"))
    assert caught.value.code == "no-such-column"
    assert caught.value.message == "preds.csv has no column 'latncy_ms', given as failed"
    assert caught.value.next == "write latency_ms in --failed"


def test_times_that_mix_zones_are_refused_although_nothing_counts_them():
    at = ["2026-01-01T00:00:00", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"]
    with pytest.raises(ValueFault) as caught:
        read_outcomes(table_source({**ROWS, "at": at}, "preds.csv"), Roles(time="at"))
    assert caught.value.code == "mixed-times"


def test_words_are_no_time_but_dates_as_text_are():
    table = {"truth": ["a", "b"], "prediction": ["a", "a"], "camera": ["B7", "B9"], "day": ["2026-01-31", "soon"]}
    with pytest.raises(ValueFault, match="column 'camera' is given as time and holds words") as caught:
        read_outcomes(table_source(table, "preds.csv"), Roles(time="camera"))
    assert (caught.value.code, caught.value.found) == ("not-a-time", "'B7', 'B9'")
    assert read_outcomes(table_source(table), Roles(time="day")).roles.time == "day"
