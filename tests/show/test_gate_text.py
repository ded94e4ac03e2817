from __future__ import annotations

import pytest

from errata.show.gate_text import gate_text
from tests.show.gates import CHECKS, result


def test_a_gate_reads_well_at_eighty_columns() -> None:
    assert gate_text(result(), width=80, colour=False, next_command="See it: errata case show DIG-4") == (
        "● fail · 1 of 5 checks fails, 3 inconclusive · visits_v2.parquet against\n"
        "  visits_v1.parquet\n"
        "  ▲ fail         rare visits            error <= baseline + 0.01\n"
        "                 38.2 % → 41.1 % · +2.9 pp [+1.4, +4.3] · 10,125 pairs\n"
        "                 truth = 'rare'\n"
        "                 DIG-4 came back\n"
        "  ◆ inconclusive few & <odd> | *names*  fpr <= 0.05\n"
        "                 4.29 % [1.20, 10.7] · 70 samples\n"
        "                 the interval reaches across the edge of the criterion; about\n"
        "                 3,204 more samples would settle it at these rates\n"
        "  ◆ inconclusive nobody                 accuracy >= 0.9 · no samples\n"
        "                 site = 'z'\n"
        "                 no sample in the slice\n"
        "  ◆ inconclusive loss                   loss <= 2 · 1.50 [0, …] · 1 sample\n"
        "                 too few samples that differ to say how sure the mean is\n"
        "  ✓ pass         overall                error <= baseline + 0.01\n"
        "                 41.7 % → 38.1 % · -3.6 pp [-4.5, -2.8] · 20,190 pairs\n"
        "  read as truth=truth prediction=prediction group=person_run\n"
        "  each bound one-sided 95 %, 20,190 samples paired by id, rows of one person_run\n"
        "  dependent, failures Holm-adjusted over 5 checks\n"
        "  note: 20 rows of unknown outcome left out of every rate\n"
        "See it: errata case show DIG-4"
    )


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    long = CHECKS[1].__class__(**{**CHECKS[1].to_json(), "name": "a check with a name " * 8, "slice": "x = 'y'"})
    text = gate_text(result(*CHECKS, long), width=width, colour=False)
    assert max(map(len, text.splitlines())) <= width
    assert text.count("a check with") >= 1


def test_a_check_stands_on_one_line_where_there_is_room() -> None:
    text = gate_text(result(CHECKS[0], verdict="pass"), width=120, colour=False)
    assert text.splitlines()[:2] == [
        "✓ pass · 1 check passes · visits_v2.parquet against visits_v1.parquet",
        "  ✓ pass         overall  error <= baseline + 0.01 · 41.7 % → 38.1 % · -3.6 pp [-4.5, -2.8] · 20,190 pairs",
    ]


def test_colour_adds_nothing_but_colour() -> None:
    import re

    painted = gate_text(result(), width=80, colour=True)
    assert "\x1b[" in painted
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == gate_text(result(), width=80, colour=False)
