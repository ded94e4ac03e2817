from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from errata.nouns.report import Searched
from errata.show.terminal import report_text, wrap_slice
from tests.show.reports import CAMERA, NIGHT, NIGHTS, QUIET, finding

NIGHTS_AT_80 = """\
12,408 rows, classification · 1,117 failed · 9.00 % [8.51, 9.52]
read as truth=label prediction=pred score=conf
   above the rest  where                                        failed    rest
1  425  (≥ 394)    contrast < 0.4 and source = 'night'  480/980 49.0 %  5.60 %
2   66  (≥ 48)     camera = 'B7'                         96/610 15.7 %  5.00 %
Nothing else beats chance (3,482 slices tried, family-wise 5 %).

   above the rest  confused                      share    rest
1  172  (≥ 140)    cat taken for dog  210/1,900 11.1 %  2.00 %
calibration: ECE 0.0312 [0.0245, 0.0391] · 90.2 % confident on average, right
   91.0 %
binned at quantiles: contrast at 0.2, 0.4, 0.6 · ink in 5 bins
left out: latency_ms (a latency); fold, bucket (one value)
note: no id: samples cannot be paired with another run
See it: --html out.html
Keep it: errata log preds.csv --model NAME@V --dataset NAME@V"""


def text(report=NIGHTS, **changes):
    return report_text(report, **{"width": 80, "colour": False, "command_file": "preds.csv", **changes})


def test_a_report_reads_well_at_eighty_columns():
    assert text() == NIGHTS_AT_80


def test_nothing_found_is_said_in_words():
    assert "No slice beats chance (3,482 tried, family-wise 5 %)." in text(QUIET).splitlines()
    assert "above the rest" not in text(QUIET)


def test_no_failure_at_all_is_not_a_search_that_found_nothing():
    run = replace(QUIET.run, failed=0, error_rate=0.0, low=0.0, high=0.0003)
    assert "No row failed: there is nothing to search." in text(replace(QUIET, run=run))


def test_every_row_failing_is_said():
    run = replace(QUIET.run, failed=12408, error_rate=1.0, low=0.9997, high=1.0)
    assert "Every row failed: no slice can fail more than the rest." in text(replace(QUIET, run=run))


def test_without_a_factor_there_is_no_slice_to_try():
    searched = Searched(slices=0, depth=3, threshold=None)
    assert "No slice was tried: no column can be a factor" in text(replace(QUIET, searched=searched))


def test_unknown_outcomes_and_rows_kept_aside_are_counted_in_the_first_line():
    report = replace(NIGHTS, run=replace(NIGHTS.run, unknown=40), quarantined=1)
    first = " ".join(text(report, width=160).splitlines()[:1])
    assert first.endswith("· 40 unknown, left out of every rate · 1 row kept aside")


def test_a_run_of_the_catalog_shows_what_became_of_each_finding():
    findings = (
        replace(NIGHT, id="finding:1", status="new"),
        replace(CAMERA, id="finding:2", status="came back (DIG-4)"),
    )
    lines = text(replace(NIGHTS, findings=findings), width=130, command_file="run:4").splitlines()
    assert lines[2].endswith("rest  status")
    assert lines[3].endswith("5.60 %  new")
    assert lines[4].endswith("5.00 %  ▲ came back (DIG-4)")
    assert lines[-1] == "See it: errata serve    Open a case: errata case open finding:1 --title TITLE"


def test_at_eighty_columns_the_status_goes_under_its_slice():
    report = replace(NIGHTS, findings=(replace(CAMERA, slice=NIGHT.slice, status="came back (DIG-4)"),))
    assert "                   ▲ came back (DIG-4)" in text(report).splitlines()


def test_wide_terminals_show_the_interval_beside_each_rate():
    assert "480/980 49.0 % [45.8, 52.1]" in text(width=110)


def test_the_metric_changes_the_heading():
    missed = replace(NIGHTS, findings=(replace(NIGHT, metric="fnr"),))
    assert re.search(r"where +missed +rest", text(missed))
    loss = finding("camera = 'B7'", None, 980, metric="loss", error_rate=3.21, rest_error_rate=1.1, low=3.0, high=3.4)
    assert re.search(r"where +mean loss +rest", text(replace(NIGHTS, findings=(loss,))))
    assert "980 rows 3.21" in text(replace(NIGHTS, findings=(loss,)))
    # How many rows failed is no part of a mean loss, also where it is known.
    assert "980 rows 3.21" in text(replace(NIGHTS, findings=(replace(loss, failed=480),)))


def test_colour_only_when_asked_and_never_alone():
    findings = (replace(NIGHT, status="came back (DIG-4)"),)
    plain, coloured = (text(replace(NIGHTS, findings=findings), colour=on, width=110) for on in (False, True))
    assert "\x1b" not in plain
    assert "\x1b[38;5;166m▲ came back (DIG-4)\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_without_a_file_no_command_is_made_up():
    assert "See it" not in text(command_file=None)


def test_a_file_name_is_quoted_for_the_shell():
    assert "errata log 'my preds.csv' --model" in text(command_file="my preds.csv")


def test_roles_of_columns_left_out_are_not_told_twice():
    left = (*NIGHTS.left_out, *(replace(NIGHTS.left_out[0], column=c, reason="it is the id") for c in ("id",)))
    assert "id (they have roles)" in text(replace(NIGHTS, left_out=left))


@given(
    st.lists(st.text("abcxyz_<>=' 0123456789", min_size=1, max_size=60), min_size=1, max_size=4), st.integers(20, 90)
)
def test_a_wrapped_slice_keeps_every_character_and_the_width(conditions, room):
    whole = " and ".join(conditions)
    lines = wrap_slice(whole, room)
    assert all(len(line) <= room for line in lines)
    assert "".join("".join(lines).split()) == "".join(whole.split())


@given(st.integers(60, 200), st.text("abc '=<>", min_size=1, max_size=200))
def test_no_line_is_wider_than_the_terminal(width, place):
    report = replace(NIGHTS, findings=(replace(NIGHT, slice=place.strip() or "x"), CAMERA))
    assert max(map(len, text(report, width=width, command_file=None).splitlines())) <= width
