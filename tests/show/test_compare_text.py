from __future__ import annotations

from dataclasses import replace

import pytest

from errata.nouns.comparison import (
    ChangedSlice,
    Comparison,
    Flaky,
    Interval,
    LeftOutPart,
    Repeats,
    SearchedChanges,
    Version,
)
from errata.show.compare_text import compare_text


def version(name: str, value: float, low: float, high: float) -> Version:
    return Version(source=name, rows=20190, samples=20190, value=value, low=low, high=high)


RARE = ChangedSlice(
    slice="chronic >= 13.4 and truth = 'rare'", direction="worse", pairs=2618, both_pass=1386, both_fail=242,
    newly_failing=918, newly_passing=72, net=846, a=0.4434, b=0.767,
    difference=Interval(0.3231, 0.258, 0.39), p=1e-50, p_adjusted=1e-47,
)  # fmt: skip
FOUND = Comparison(
    metric="error", a=version("v1.parquet", 0.4171, 0.407, 0.427), b=version("v2.parquet", 0.3808, 0.371, 0.391),
    pairs=20190, both_pass=9631, both_fail=5550, newly_failing=2138, newly_passing=2871,
    difference=Interval(-0.0363, -0.0463, -0.0263), p=1e-12, verdict="better",
    method="exact McNemar test, Tango's interval", slices=(RARE,),
    samples={"newly_failing": ("visits-00053", "visits-00055"), "newly_passing": ()},
    flaky=Flaky(a=Repeats(runs=("run:1", "run:3"), samples=500, flaky=7), b=None, newly_failing=3, newly_passing=4),
    searched=SearchedChanges(814, 2, 202), left_out=(LeftOutPart("latency_ms", "it measures latency"),),
    notes=("20 rows of v2.parquet of unknown outcome left out",),
)  # fmt: skip


def test_a_comparison_reads_well_at_eighty_columns() -> None:
    assert compare_text(FOUND, width=80, colour=False, next_command="errata gate v2 --baseline v1") == (
        "✓ better · v2.parquet (B) against v1.parquet (A)\n"
        "  error rate 41.7 % → 38.1 % · -3.6 pp [-4.6, -2.6] · p < 0.0005 · 20,190 pairs\n"
        "  2,138 newly failing  2,871 newly passing\n"
        "  5,550 fail in both   9,631 pass in both\n"
        "  A was run 2 times (run:1, run:3): 7 of 500 samples did not always have the\n"
        "    same outcome\n"
        "  flaky among them: 3 of 2,138 newly failing, 4 of 2,871 newly passing\n"
        "\n"
        "B is worse where\n"
        "1  chronic >= 13.4 and truth = 'rare'\n"
        "   44.3 % → 76.7 %  +32.3 pp [+25.8, +39.0]  918 newly failing, 72 newly passing\n"
        "\n"
        "No other slice changed by more than chance and more than the rest (814 tried,\n"
        "false discovery rate 5 %).\n"
        "  newly failing: visits-00053, visits-00055 and 2,133 more (--json)\n"
        "  method: exact McNemar test, Tango's interval\n"
        "  left out: latency_ms (it measures latency)\n"
        "  note: 20 rows of v2.parquet of unknown outcome left out\n"
        "errata gate v2 --baseline v1"
    )


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    long = replace(RARE, slice=" and ".join(f"column_{at} = 'a long value of it'" for at in range(4)))
    text = compare_text(replace(FOUND, slices=(RARE, long)), width=width, colour=False)
    assert max(map(len, text.splitlines())) <= width


def test_losses_speak_in_their_own_unit() -> None:
    side = Version(source="a", rows=100, samples=100, value=1.09, low=1.0, high=1.2)
    found = replace(
        FOUND, metric="loss", a=side, b=replace(side, source="b", value=1.34), verdict="worse", slices=(), flaky=None,
        both_pass=None, both_fail=None, newly_failing=None, newly_passing=None, difference=Interval(0.25, 0.1, None),
        p=0.0123, samples={},
    )  # fmt: skip
    lines = compare_text(found, width=100, colour=False).splitlines()
    assert lines[0] == "● worse · b (B) against a (A)"
    assert lines[1] == "  mean loss 1.09 → 1.34 · +0.250 [+0.100, …] · p = 0.0123 · 20,190 pairs"
    assert lines[2].startswith("No slice changed by more than chance")


def test_nothing_to_compare_is_said() -> None:
    none = Version(source="a", rows=3, samples=0, value=None, low=None, high=None)
    found = replace(
        FOUND, a=none, b=none, pairs=0, p=None, verdict="no evidence", difference=Interval(None, None, None),
        method="no sample has a known outcome in both", slices=(), flaky=None, searched=None, samples={},
        both_pass=None, both_fail=None, newly_failing=None, newly_passing=None,
        left_out=(LeftOutPart("slices", "no sample has a known outcome in both"),),
    )  # fmt: skip
    text = compare_text(found, width=100, colour=False)
    assert "nothing to compare: no sample has a known outcome in both" in text
    assert "No slice was tried: no sample has a known outcome in both." in text


def test_colour_only_where_it_was_asked_for() -> None:
    assert "\x1b[" not in compare_text(FOUND, width=100, colour=False)
    assert "\x1b[" in compare_text(FOUND, width=100, colour=True)
