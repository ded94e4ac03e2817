"""The frame of ``analyze --all`` and ``--only``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import errata
from errata.analysis.tally import FAILED, RIGHT, Axis, Tally
from errata.core.errors import UsageError
from errata.nouns.analyses import read
from errata.verbs import analyze, audits
from errata.verbs.audits import Asking, Audit, Impossible, checked_costs, chosen, read_costs
from errata.verbs.subject import Subject
from errata.verbs.view import FACTOR
from tests.catalogs import predictions
from tests.verbs.test_calibration import scored


@dataclass(frozen=True)
class Rights:
    right: int
    by_source: tuple[tuple[str, int], ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def _run(subject: Subject) -> Asking:
    counts = yield [Tally((), (RIGHT,)), Tally((Axis("source"), Axis(FAILED)))]
    asked_again = yield [Tally((Axis(FACTOR + "source"),))]
    assert sorted(asked_again[0].rows.tolist()) == sorted(np.bincount(counts[1].cells[:, 0], counts[1].rows).tolist())
    rows, _ = counts[1].dense([("day", "night"), (False,)])
    return Rights(int(counts[0].sums[0, 0]), (("day", int(rows[0, 0])), ("night", int(rows[1, 0]))))


def _stop(subject: Subject) -> Asking:
    yield [Tally(())]
    raise Impossible("it rains")


@pytest.fixture
def rights(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    made = {
        "rights": Audit("rights", lambda subject: None, _run),
        "wrongs": Audit("wrongs", lambda subject: "no column of wrongs", _run),
        "rain": Audit("rain", lambda subject: None, _stop),
    }
    monkeypatch.setattr(audits, "AUDITS", {name: name for name in made})
    monkeypatch.setattr(analyze, "AUDITS", audits.AUDITS)
    monkeypatch.setattr(audits, "import_module", lambda name: SimpleNamespace(AUDIT=made[name]))
    yield


def test_what_is_chosen_is_done_and_what_cannot_be_is_said(rights: None) -> None:
    table = predictions(2000)
    report = errata.analyze(table, all=True)
    right = sum(a == b for a, b in zip(table["truth"].to_pylist(), table["prediction"].to_pylist(), strict=True))
    found = report.analyses["rights"]
    assert isinstance(found, Rights) and found.right == right == sum(rows for _, rows in found.by_source)
    assert report.to_json()["not_done"] == [
        {"analysis": "wrongs", "reason": "no column of wrongs"},
        {"analysis": "rain", "reason": "it rains"},
    ]
    assert report.findings == errata.analyze(table).findings
    assert read(Rights, found.to_json()) == found


def test_only_one_leaves_the_search_out(rights: None) -> None:
    report = errata.analyze(predictions(2000), only=["rights"])
    assert list(report.analyses) == ["rights"]
    assert (report.findings, report.searched.slices, report.searched.method) == ((), 0, "none")


def test_nothing_chosen_is_slices_and_confusion() -> None:
    assert chosen() == ("slices", "confusion")
    assert chosen(only=["confusion", "slices"]) == ("slices", "confusion")
    report = errata.analyze(predictions(500)).to_json()
    assert (report["analyses"], report["not_done"]) == ({}, [])


def test_bad_choices_are_refused_in_words() -> None:
    with pytest.raises(UsageError, match="no analysis 'slicse'") as refused:
        chosen(only=["slicse"])
    assert refused.value.next == "--only slices"
    with pytest.raises(UsageError, match="--all and --only"):
        chosen(True, ["slices"])


def test_costs_are_two_numbers_above_0() -> None:
    assert read_costs("fp=1, fn=5") == {"fp": 1.0, "fn": 5.0}
    assert read_costs(None) == {}
    for text in ("fp=1", "fp=1,fn=x", "fp=0,fn=1", "a=1,b=2"):
        with pytest.raises(UsageError, match="--costs cannot be"):
            read_costs(text)
    with pytest.raises(UsageError):
        checked_costs({"fp": 1.0, "fn": float("inf")})


def test_a_page_holds_what_the_terminal_says_of_each() -> None:
    from errata.show.html import report_page

    table = scored(1500)
    report = errata.analyze(table, scores="p_*", only=["calibration", "operating-points", "trend"])
    page = report_page(report)
    assert '<h2 id="analyses">Further analyses</h2>' in page
    assert "<h3>Operating points</h3>" in page and "trend: " in page
    assert "errata analyze table --truth truth --prediction prediction --scores &#39;p_*&#39;" in page
    assert "--only calibration,operating-points,trend" in page
    assert "temperature" in page and "AURC" in page
    assert "calibration: ECE" not in str(report)  # the section says it, and more
    assert "Further analyses" not in report_page(errata.analyze(table, scores="p_*"))
