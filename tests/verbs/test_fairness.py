"""``errata analyze --fairness``, ``--only adequacy`` and ``--heatmap``, from a table or a file to the words."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import errata
from errata.cli import root
from errata.core.errors import ErrataError
from errata.integrations.files import table_source
from errata.nouns.adequacy import Adequacy
from errata.nouns.fairness import Fairness, GroupGap
from errata.nouns.heatmap import Heatmap
from errata.nouns.slice import Slice
from errata.show.adequacy_text import lines as adequacy_lines
from errata.show.fairness_text import guard
from errata.show.fairness_text import lines as fairness_lines
from errata.show.heatmap_text import lines as heatmap_lines
from errata.show.paint import Paint
from errata.verbs.analyze import AnalyzeOptions
from errata.verbs.audits import chosen
from errata.verbs.fairness import folds
from tests.schemas import reads_back

NAMES = ["fairness", "adequacy", "heatmap"]


def _table(rows: int = 4000, seed: int = 3) -> pa.Table:
    """Women's positives are missed more often; nobody over 70 comes from the north; nights fail more in the north."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["f", "m"], rows)
    site = rng.choice(["north", "south", "west"], rows)
    age = np.where(site == "north", rng.integers(20, 70, rows), rng.integers(20, 90, rows))
    night = rng.random(rows) < 0.3
    truth = rng.random(rows) < 0.4
    miss = np.where((sex == "f") & truth, 0.35, 0.1) + 0.25 * (night & (site == "north"))
    wrong = rng.random(rows) < miss
    says = truth ^ wrong
    score = np.where(says, rng.uniform(0.5, 1, rows), rng.uniform(0.5, 1, rows))
    return pa.table(
        {
            "truth": np.where(truth, "ill", "well"), "prediction": np.where(says, "ill", "well"), "confidence": score,
            "sex": sex, "site": site, "age": age, "night": night, "ward": rng.integers(0, 900, rows),
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def report() -> errata.Report:
    return errata.analyze(
        _table(), only=NAMES, fairness=["sex", "site"], heatmap=["site", "night"], positive="ill", score="confidence",
        exclude=["ward"],
    )  # fmt: skip


def _results(report: errata.Report) -> tuple[Fairness, Adequacy, Heatmap]:
    fairness, adequacy, heatmap = (report.analyses[name] for name in NAMES)
    assert isinstance(fairness, Fairness) and isinstance(adequacy, Adequacy) and isinstance(heatmap, Heatmap)
    return fairness, adequacy, heatmap


def _gap(fairness: Fairness, metric: str, group: str) -> GroupGap:
    return next(
        one for column in fairness.columns for of in column.metrics if of.metric == metric
        for one in of.groups if one.slice == group
    )  # fmt: skip


def test_what_was_planted_is_found(report: errata.Report) -> None:
    fairness, adequacy, heatmap = _results(report)
    fnr = _gap(fairness, "fnr", "sex = 'f'")
    assert fnr.verdict == "gap" and fnr.worse and 0.15 < fnr.gap_low < fnr.gap < fnr.gap_high < 0.35
    assert _gap(fairness, "fpr", "sex = 'f'").verdict != "gap"
    assert [one.columns for one in fairness.columns] == [("sex",), ("site",), ("sex", "site")]
    untested = [one for one in adequacy.combinations if one.verdict == "untested"]
    assert untested and untested[0].absence == "impossible together, or never tested"
    assert untested[0].slice.startswith("age >= ") and untested[0].slice.endswith("and site = 'north'")
    beyond = [one.slice for one in heatmap.cells if one.beyond and one.excess > 0]
    assert "night = true and site = 'north'" in beyond


def test_each_gap_is_that_of_its_slice(report: errata.Report) -> None:
    """A gap's slice is canonical: it is read as the rows that the gap counted."""
    table = _table()
    wrong = np.asarray(table["truth"]) != np.asarray(table["prediction"])
    for group in ("sex = 'f'", "sex = 'm' and site = 'west'"):
        found = _gap(_results(report)[0], "error", group)
        inside = Slice.parse(found.slice).mask(table_source(table).column)
        assert (found.rows, found.bad) == (inside.sum(), (wrong & inside).sum())


def test_json_is_of_the_published_schema_and_reads_back(report: errata.Report) -> None:
    reads_back(report)


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_the_words_fit_the_terminal(report: errata.Report, width: int) -> None:
    fairness, adequacy, heatmap = _results(report)
    lines = [
        *fairness_lines(fairness, width, Paint(False)),
        *adequacy_lines(adequacy, width, Paint(False)),
        *heatmap_lines(heatmap, width, Paint(False)),
    ]
    assert max(map(len, lines)) <= width
    text = " ".join(" ".join(lines).split())
    assert "fairness by sex · 2 groups · 3 gaps to the worse" in text and "FNR of ill" in text
    assert "pairs of values: " in text and "impossible together, or never tested" in text
    assert "heatmap · failure rate by site (down) and night (across)" in text
    painted = "\n".join(fairness_lines(fairness, width, Paint(True)))
    assert "\x1b[" in painted


def test_the_gap_becomes_a_check(report: errata.Report) -> None:
    command = shlex.split(guard(_results(report)[0]) or "")
    assert command[:3] == ["errata", "check", "add"] and command[5:7] == ["--metric", "fnr"]
    assert command[4].startswith("sex = 'f'") and command[8].startswith("<= 0.")


def test_a_run_with_a_gap_names_the_command_that_guards_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ERRATA_ACTOR", "ada")
    pq.write_table(_table(), "preds.parquet")
    cli = CliRunner()

    def say(*words: str) -> str:
        done = cli.invoke(root, list(words))
        assert done.exit_code == 0, done.output
        return done.output

    say("init")
    log = ["log", "preds.parquet", "--model", "m@1", "--dataset", "d@1", "--positive", "ill", "--score", "confidence"]
    say(*log)
    out = say("analyze", "run:1", "--fairness", "sex", "--traffic", "run:1", "--exclude", "ward")
    (line,) = [line for line in out.splitlines() if line.startswith("Guard a gap: ")]
    assert "sex = 'f'" in line and "--metric fnr" in line
    assert "asks     fnr <= 0." in say(*shlex.split(line.removeprefix("Guard a gap: errata ")))
    assert "weighed by run:1" in out
    again = say("analyze", "run:1", "--fairness", "sex", "--traffic", "run:1", "--exclude", "ward", "--json")
    assert list(json.loads(again)["analyses"]) == ["fairness", "adequacy"]
    refused = cli.invoke(root, ["gate", "run:1"])
    assert refused.exit_code == 1 and "fnr of sex = 'f'" in refused.output


def test_naming_what_an_analysis_is_about_chooses_it() -> None:
    assert chosen(fairness=True) == ("slices", "confusion", "fairness")
    assert chosen(adequacy=True, heatmap=True) == ("slices", "confusion", "adequacy", "heatmap")
    assert chosen(only=["heatmap"], fairness=True) == ("heatmap",)


def test_unset_options_leave_an_analysis_what_it_was() -> None:
    """Identities of analyses that were stored before stay."""
    assert AnalyzeOptions().to_json() == {
        "metric": "error", "depth": 3, "min_support": 0.01, "top": 20, "seed": 0, "allow_unknown": False,
    }  # fmt: skip
    assert AnalyzeOptions(fairness=("sex",), precision=0.1).to_json()["precision"] == 0.1


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"only": ["fairness"]}, "fairness (--fairness names no column)"),
        ({"only": ["fairness"], "fairness": ["one"]}, "fairness (one: one value only: nothing to compare it with)"),
        ({"only": ["fairness"], "fairness": ["none"]}, "fairness (none: one value only: nothing to compare it with)"),
        ({"only": ["fairness"], "fairness": ["list"]}, "fairness (list: values of type list<item: int64> cannot be"),
        ({"only": ["fairness"], "fairness": ["user"]}, "fairness (user: none of 300 groups has 10 rows)"),
        (
            {"only": ["fairness"], "fairness": ["age"], "factors": ["sex"]},
            "fairness (age: age has more than 12 distinct",
        ),
        ({"only": ["fairness"], "fairness": ["sex"], "group": "sex"}, "fairness (sex: it says which rows depend on"),
        ({"only": ["heatmap"], "factors": ["sex"]}, "heatmap (fewer than two factors)"),
        ({"only": ["heatmap"], "heatmap": ["sex", "one"]}, "heatmap (one has one value only among the rows of known"),
        ({"only": ["adequacy"], "factors": ["one"]}, "adequacy (no factor to combine)"),
        (
            {"only": ["adequacy"], "factors": ["sex"], "traffic": pa.table({"x": [1]})},
            "adequacy (no factor to combine (",
        ),
    ],
)
def test_what_cannot_be_done_is_said(options: dict[str, Any], reason: str) -> None:
    table = _table(300)
    table = table.append_column("one", pa.array(["n0"] * 300)).append_column("list", pa.array([[1]] * 300))
    table = table.append_column("none", pa.nulls(300, pa.string()))
    table = table.append_column("user", pa.array([f"u{at}" for at in range(300)]))
    report = errata.analyze(table, **options)
    said = [f"{one.analysis} ({one.reason})" for one in report.not_done]
    assert len(said) == 1 and said[0].startswith(reason)


@pytest.mark.parametrize(
    ("options", "following"),
    [
        ({"fairness": ["sexx"]}, "--fairness sex"),
        ({"heatmap": ["sex", "sitee"]}, "--heatmap sex,site"),
        ({"heatmap": ["sex"]}, "--heatmap A,B"),
        ({"heatmap": ["sex", "sex"]}, "--heatmap A,B"),
        ({"precision": 0.0}, "--precision 0.05"),
        ({"strength": 4}, "--strength 2"),
    ],
)
def test_bad_options_are_refused_in_words(options: dict[str, Any], following: str) -> None:
    with pytest.raises(ErrataError) as refused:
        errata.analyze(_table(300), **options)
    assert refused.value.next == following


def test_fpr_and_fnr_need_a_positive_class() -> None:
    fairness = errata.analyze(_table(1000), fairness=["sex"], only=["fairness"]).analyses["fairness"]
    assert isinstance(fairness, Fairness)
    assert fairness.positive is None and [one.metric for one in fairness.columns[0].metrics] == ["error", "calibration"]
    assert fairness.notes == ("no FPR and FNR: which class is positive? --positive CLASS",)


def test_of_many_classes_the_positive_one_is_held_against_all_others() -> None:
    rng = np.random.default_rng(0)
    truth, said = rng.integers(0, 4, 2000), rng.integers(0, 4, 2000)
    group = rng.choice(["a", "b"], 2000)
    table = pa.table({"truth": truth, "prediction": said, "group": group})
    fairness = errata.analyze(table, fairness=["group"], only=["fairness"], positive=2).analyses["fairness"]
    assert isinstance(fairness, Fairness)
    fpr = _gap(fairness, "fpr", "group = 'a'")
    assert (fpr.rows, fpr.bad) == (
        int(((truth != 2) & (group == "a")).sum()), int(((truth != 2) & (said == 2) & (group == "a")).sum()),
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["int", "text", "dictionary"])
def test_a_group_falls_into_one_fold_wherever_it_stands(kind: str) -> None:
    values = pa.array(np.random.default_rng(0).integers(0, 5000, 20_000))
    values = values if kind == "int" else values.cast(pa.string())
    values = values.dictionary_encode() if kind == "dictionary" else values
    whole = np.asarray(folds(values))
    parts = np.concatenate([np.asarray(folds(values.slice(start, 1500))) for start in range(0, 20_000, 1500)])
    assert np.array_equal(whole, parts)
    assert len(np.unique(whole)) == 256 and np.bincount(whole).max() < 300
    missing = pa.array([None] * 1000, values.type if kind != "dictionary" else pa.string())
    assert len(np.unique(np.asarray(folds(missing)))) > 200  # a row without a group is one by itself


def test_visits_by_health(sample_data: Path) -> None:
    """Those without limits are missed most, and a person's years depend on each other."""
    path = sample_data / "predictions" / "visits_v2.parquet"
    options: dict[str, Any] = {
        "only": ["fairness"],
        "fairness": ["health", "limited", "incentive"],
        "positive": "frequent",
    }
    grouped = errata.analyze(path, group="person_run", **options).analyses["fairness"]
    alone = errata.analyze(path, **options).analyses["fairness"]
    assert isinstance(grouped, Fairness) and isinstance(alone, Fairness)
    free = _gap(grouped, "fnr", "limited = 'no'")
    assert (free.verdict, free.bad, free.rows) == (
        "gap",
        3233,
        7982,
    ) and 0.18 < free.gap_low < free.gap == pytest.approx(0.2619, abs=1e-3)
    poor, as_if = _gap(grouped, "error", "health = 'poor'"), _gap(alone, "error", "health = 'poor'")
    assert poor.gap == as_if.gap and poor.gap_high - poor.gap_low > 1.4 * (as_if.gap_high - as_if.gap_low)
    assert poor.verdict == "too few rows" and poor.more is not None and 1000 < poor.more < 5000
    assert len(grouped.columns) == 6
    assert any(one.rows == 4 for column in grouped.columns for one in column.left_out)


def test_visits_that_the_plan_rules_out(sample_data: Path) -> None:
    """The deductible is a plan of its own: with it people pay 0 or 100 %, without it 0, 25, 50 or 95 %."""
    path = sample_data / "predictions" / "visits_v1.parquet"
    adequacy = errata.analyze(path, only=["adequacy"], group="person_run").analyses["adequacy"]
    assert isinstance(adequacy, Adequacy)
    impossible = [one.slice for one in adequacy.combinations if one.absence == "impossible together, or never tested"]
    assert impossible == [
        "coinsurance = 25 and deductible = 'yes'",
        "coinsurance = 100 and deductible = 'no'",
        "coinsurance = 95 and deductible = 'yes'",
        "coinsurance = 50 and deductible = 'yes'",
    ]


def test_digits_over_contrast_and_slant(sample_data: Path) -> None:
    path = sample_data / "predictions" / "digits_v1.parquet"
    report = errata.analyze(path, only=["adequacy", "heatmap"], heatmap=["contrast", "slant"])
    heatmap, adequacy = report.analyses["heatmap"], report.analyses["adequacy"]
    assert isinstance(heatmap, Heatmap) and isinstance(adequacy, Adequacy)
    assert (heatmap.rows, heatmap.failed) == (1797, 152) == (
        sum(one.rows for one in heatmap.cells), sum(one.failed for one in heatmap.cells),
    )  # fmt: skip
    assert (len(heatmap.a.values), len(heatmap.b.values)) == (6, 6)
    assert adequacy.coverage[1].combinations - adequacy.coverage[1].tested == 15
