from __future__ import annotations

from dataclasses import replace

from errata.nouns.gone import Gone
from errata.show.gone_text import lines
from errata.show.html import report_page
from errata.show.paint import Paint
from errata.show.terminal import report_text
from tests.show.reports import QUIET

ONE = Gone(
    known="finding:3", run="run:1", metric="error", fingerprint="a" * 64, slice="contrast < 0.4 and source = 'night'",
    rows=1014, failed=58, error_rate=0.0572, low=0.0445, high=0.0732, rest_error_rate=0.0546, excess_low=-0.0128,
    excess_high=0.0173, margin=0.077, by="margin",
)  # fmt: skip
BY_CHECKS = replace(ONE, known="PET-1", slice="camera = 'B7'", margin=None, by="checks")


def test_what_is_gone_is_told_with_its_interval_and_why() -> None:
    assert lines((BY_CHECKS, ONE), 80, Paint(False)) == [
        "",
        "Gone: 2 failures known on this dataset no longer fail above the rest.",
        "   where                                failed                          rest",
        "✓  camera = 'B7'                        58/1,014 5.72 % [4.45, 7.32]  5.46 %",
        "   PET-1, run:1: its checks pass",
        "✓  contrast < 0.4 and source = 'night'  58/1,014 5.72 % [4.45, 7.32]  5.46 %",
        "   finding:3, run:1: at most 1.7 pp above the rest (below 7.7 pp)",
    ]


def test_nothing_gone_says_nothing() -> None:
    assert lines((), 80, Paint(False)) == []
    assert "Gone" not in report_text(QUIET, width=80, colour=False)


def test_it_stands_in_the_report_and_on_its_page() -> None:
    report = replace(QUIET, gone=(ONE,))
    assert "Gone: 1 failure known on this dataset no longer fails above the rest." in report_text(
        report, width=80, colour=False
    )
    page = report_page(report)
    assert '<h2 id="gone">Gone</h2>' in page
    assert "at most 1.7 pp above the rest (below 7.7 pp)" in page
