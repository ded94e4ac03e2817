from __future__ import annotations

import re
from dataclasses import replace

import pytest

from errata.nouns.drift import Attribution, Drift, DriftColumn, MixColumn
from errata.nouns.report import LeftOut
from errata.show.drift_text import drift_text

ROAD = DriftColumn(
    column="road", role="factor", kind="category", a_rows=20_000, b_rows=10_000, a_missing=0.0, b_missing=0.0,
    psi=0.241, jensen_shannon=0.207, cramers_v=0.233, effect=0.242, noise_floor=0.0106, p=0.0, p_adjusted=0.0,
    alarm=True, direction="toward", shift=0.203, toward="field",
)  # fmt: skip
HOLE = replace(
    ROAD, column="hole", kind="number", effect=0.0959, noise_floor=0.00267, direction="more missing", shift=0.0959,
    a_missing=0.0492, b_missing=0.1451, toward=None,
)  # fmt: skip
CALM = replace(
    HOLE, column="speed", ks=0.0108, effect=0.0108, noise_floor=0.0106, alarm=False, direction="down", shift=-0.0244
)
FOUND = Drift(
    a="day1.parquet",
    b="day2.csv",
    a_rows=20_000,
    b_rows=10_000,
    columns=(ROAD, HOLE, CALM),
    attribution=Attribution(
        0.0979, 0.1483, 20_000, 10_000, 0.0504, 0.0424, 0.0586, 0.0503, 0.0001, "road",
        (MixColumn("road", 0.0503, 0.0468, 0.0538, 0.0001), MixColumn("hole", 0.0002, -0.0007, 0.001, 0.0502)),
    ),
    left_out=(LeftOut("id", "it is the id"), LeftOut("const", "one value only, the same in A and B")),
    roles={},
    min_effect=0.02,
    false_discovery_rate=0.05,
    notes=("group is unset",),
)  # fmt: skip


def test_a_drift_reads_well_at_eighty_columns() -> None:
    assert drift_text(FOUND, width=80, colour=False, next_command="errata analyze day2.csv") == (
        "● 2 of 3 columns drifted · day2.csv (B, 10,000 rows) against day1.parquet (A,\n"
        "  20,000 rows)\n"
        "  ● road   factor  V 0.242         noise 0.0106   → field +20.3 pp\n"
        "  ● hole   factor  missing 0.0959  noise 0.00267  ↑ missing 4.92 % → 14.5 %\n"
        "  ✓ speed  factor  KS 0.0108       noise 0.0106   ↓ 0.0244 SD\n"
        "\n"
        "error rate 9.79 % → 14.8 % · +5.0 pp [+4.2, +5.9] · 20,000 and 10,000 rows\n"
        "  by road: mix +5.0 pp [+4.7, +5.4], rate within +0.0 pp\n"
        "  an alarm lies beyond its noise (expected without drift), is at least 0.0200,\n"
        "  and is no false discovery (Benjamini–Hochberg at 5.00 %)\n"
        "  left out: id (it is the id); const (one value only, the same in A and B)\n"
        "  note: group is unset\n"
        "errata analyze day2.csv"
    )


def test_no_alarm_is_said_as_such() -> None:
    calm = replace(FOUND, columns=(CALM,), attribution=None, left_out=(), notes=())
    assert drift_text(calm, width=100, colour=False).splitlines()[:2] == [
        "✓ none of 1 column drifted · day2.csv (B, 10,000 rows) against day1.parquet (A, 20,000 rows)",
        "  ✓ speed  factor  KS 0.0108  noise 0.0106  ↓ 0.0244 SD",
    ]
    assert "no column can be compared" in drift_text(replace(calm, columns=()), width=100, colour=False)


def test_a_change_that_no_mix_explains_is_rate_within() -> None:
    assert FOUND.attribution is not None
    within = replace(FOUND, attribution=replace(FOUND.attribution, column=None, mix=0.0, rate=0.0504))
    assert "no column's mix differs by more than chance: all of the change is rate within" in drift_text(
        within, width=120, colour=False
    )


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    long = replace(ROAD, column="a column whose name goes on and on " * 4, toward="x" * 200)
    text = drift_text(replace(FOUND, columns=(long, HOLE), left_out=FOUND.left_out * 20), width=width, colour=False)
    assert max(map(len, text.splitlines())) <= width


def test_colour_adds_nothing_but_colour() -> None:
    painted = drift_text(FOUND, width=80, colour=True)
    assert "\x1b[" in painted
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == drift_text(FOUND, width=80, colour=False)
