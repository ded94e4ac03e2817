from __future__ import annotations

from datetime import UTC, datetime

from errata.nouns.late_truth import LateTruth
from errata.nouns.part import Part
from errata.nouns.run import Run
from errata.show.run_text import late_truth_text, part_words, run_text

AT = datetime(2026, 11, 22, 14, 3, tzinfo=UTC)


def part(kind: str, seq: int, **more: object) -> Part:
    values = {"kind": kind, "seq": seq, "digest": "a" * 64, "rows": 2000, "bytes": 1, "at": AT, "actor": "ada", **more}
    return Part(**values)  # type: ignore[arg-type]


PARTS = (
    part("predictions", 1, source="preds.csv"),
    part("outcomes", 1, failed=0, unknown=2000),
    part("truth", 1, source="labels.csv", reason="two agreed"),
    part("outcomes", 2, failed=203, unknown=500, low=0.119, high=0.154, changed=1500),
)
RUN = Run(
    number=1, model="pets@1", dataset="field@1", repeat=1, seed=None, state="complete", error=None, digest="b" * 64,
    dataset_digest="c" * 64, params={},
    roles={"prediction": "prediction", "id": "id"}, task="classification", rows=2000,
    failed=203, unknown=500, error_rate=203 / 1500, low=0.119, high=0.154, source="preds.csv", notes=(), quarantined=0,
    logged_by="ada", logged_at=AT, parts=PARTS,
)  # fmt: skip


def test_parts_say_who_and_why_and_what_they_count() -> None:
    assert [part_words(one) for one in PARTS] == [
        "2026-11-22 14:03 UTC by ada from preds.csv",
        "no outcome is known",
        "2026-11-22 14:03 UTC by ada from labels.csv (two agreed)",
        "203 failed · 13.5 % [11.9, 15.4] · 500 unknown · 1,500 changed",
    ]


def test_a_run_lists_its_parts_once_truth_came_late() -> None:
    assert run_text(RUN).splitlines()[-5:] == [
        "parts",
        "  predictions  2026-11-22 14:03 UTC by ada from preds.csv",
        "  outcomes 1   no outcome is known",
        "  truth 1      2026-11-22 14:03 UTC by ada from labels.csv (two agreed)",
        "  outcomes 2   203 failed · 13.5 % [11.9, 15.4] · 500 unknown · 1,500 changed",
    ]


def test_what_became_of_late_truth_is_told() -> None:
    added = LateTruth(
        run=RUN, source="labels.csv", seq=1, rows=1560, matched=1510, strange=50, empty=10, replaced=2, changed=1500,
        missing=500, notes=("ids are int64 in run:1 and string in labels.csv: they were compared as text",),
    )  # fmt: skip
    assert late_truth_text(added).splitlines() == [
        "1,510 of 1,560 rows of labels.csv match run:1, 50 have ids that it has not",
        "  10 rows of them without a truth change nothing",
        "  truth 1: 1,500 outcomes of 2,000 changed, 2 rows with another truth than before; earlier outcomes are kept",
        "  500 rows of run:1 still without a truth",
        "  ids are int64 in run:1 and string in labels.csv: they were compared as text",
        "run:1  pets@1 on field@1 · 2,000 rows, classification · 203 failed · 13.5 % [11.9, 15.4]",
        "errata analyze run:1",
    ]
