"""``analyze --only holdout``: the gap between training rows and held-out ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from statsmodels.stats.proportion import confint_proportions_2indep

import errata
from errata.cli import root
from errata.core.errors import ColumnError, UsageError
from errata.integrations.files.joined import JoinedSource
from errata.integrations.files.table import table_source
from errata.nouns.analyses import read
from errata.nouns.holdout import Holdout
from errata.verbs.audits import chosen
from errata.verbs.holdout import Sides, sides_of


def side(rows: int, rate: float, seed: int, *, night: float = 0.0, shift: float = 0.5) -> pa.Table:
    """Rows of a model that fails at this rate, and at that much more by night."""
    rng = np.random.default_rng(seed)
    source = np.where(rng.random(rows) < shift, "night", "day")
    truth = rng.choice(["cat", "dog"], rows)
    wrong = rng.random(rows) < rate + night * (source == "night")
    return pa.table(
        {
            "truth": truth,
            "prediction": np.where(wrong, np.where(truth == "cat", "dog", "cat"), truth),
            "source": source,
            "age": rng.normal(50, 10, rows),
        }
    )


def told(table: pa.Table, **options: Any) -> Holdout:
    report = errata.analyze(table, only=["holdout"], **options)
    found = report.analyses.get("holdout")
    assert isinstance(found, Holdout), report.not_done
    assert read(Holdout, found.to_json()) == found
    assert "holdout · " in str(report)
    return found


def counted(failed: int, rows: int, name: str) -> pa.Table:
    wrong = np.arange(rows) < failed
    return pa.table({"truth": np.ones(rows, int), "prediction": np.where(wrong, 0, 1), "split": [name] * rows})


def test_a_gap_by_hand() -> None:
    found = told(pa.concat_tables([counted(10, 200, "train"), counted(30, 200, "test")]))
    assert (found.train.failed, found.train.known, found.holdout.failed, found.holdout.known) == (10, 200, 30, 200)
    assert found.gap.value == pytest.approx(0.10)
    low, high = confint_proportions_2indep(30, 200, 10, 200, method="newcomb", compare="diff", correction=False)
    assert (found.gap.low, found.gap.high) == pytest.approx((low, high), abs=1e-9)
    assert found.p == pytest.approx(0.000858, abs=1e-6)  # z = 0.1 / √(0.1 · 0.9 · 2/200)
    assert found.verdict == "holdout is worse" and found.guessed


def test_the_slice_where_it_overfits_is_told() -> None:
    found = told(side(3000, 0.05, 2, night=0.15), train=side(6000, 0.05, 1))
    assert found.column == "@split" and not found.guessed
    assert (found.train.rows, found.holdout.rows) == (6000, 3000)
    (one,) = found.slices
    assert one.slice == "source = 'night'" and one.p_adjusted < 1e-6
    assert one.beyond.low is not None and one.beyond.high is not None
    assert one.beyond.low < 0.15 < one.beyond.high
    assert found.mix is None


def test_harder_rows_are_mix_and_no_overfitting() -> None:
    found = told(side(4000, 0.05, 2, night=0.3, shift=0.8), train=side(4000, 0.05, 1, night=0.3, shift=0.2))
    assert found.verdict == "holdout is worse" and found.gap.value is not None
    assert found.mix is not None and found.mix.factor == "source"
    assert found.mix.mix.value == pytest.approx(found.gap.value, abs=0.03) and abs(found.mix.within) < 0.03
    assert found.slices == ()


def test_without_a_gap_few_are_told() -> None:
    alarms = np.zeros(3)
    for seed in range(60):
        found = told(side(600, 0.1, 2 * seed), train=side(900, 0.1, 2 * seed + 1))
        alarms += [found.verdict != "no evidence of a gap", bool(found.slices), found.mix is not None]
    assert (alarms < 9).all(), alarms  # 3 each are expected


def test_rows_of_a_group_count_for_fewer() -> None:
    rng, missed = np.random.default_rng(0), np.zeros(2)
    for _ in range(60):
        tables = []
        for name in ("train", "test"):
            hard = np.repeat(rng.beta(0.5, 2, 60), 10)
            wrong = rng.random(600) < hard
            ids = [f"{name}{at // 10}" for at in range(600)]
            table = pa.table({"truth": np.ones(600, int), "prediction": np.where(wrong, 0, 1), "user": ids})
            tables.append(table.append_column("split", pa.array([name] * 600)))
        table = pa.concat_tables(tables)
        both = told(table), told(table, group="user")
        missed += [one.verdict != "no evidence of a gap" for one in both]
    assert missed[0] >= 10 and missed[1] <= 8, missed


def test_losses_have_welch() -> None:
    import scipy.stats

    rng = np.random.default_rng(1)
    one, other = rng.exponential(1, 300), rng.exponential(1.4, 200)
    table = pa.table({"loss": np.concatenate([one, other]), "split": ["train"] * 300 + ["val"] * 200})
    found = told(table, loss="loss")
    assert found.metric == "loss" and found.train.failed is None
    assert found.gap.value == pytest.approx(other.mean() - one.mean())
    assert found.p == pytest.approx(scipy.stats.ttest_ind(other, one, equal_var=False).pvalue, rel=1e-6)


@pytest.mark.parametrize(
    ("values", "split", "sides"),
    [
        (["Train", "valid", "TEST", "extra"], "part", {"train": ("Train",), "holdout": ("TEST", "valid")}),
        (["fit", "x", "y"], "part=fit", {"train": ("fit",), "holdout": ("x", "y")}),
        ([True, False], "is_train", {"train": ("true",), "holdout": ("false",)}),
        ([False, True], "holdout", {"train": ("false",), "holdout": ("true",)}),
        ([1, 2, 3], "part=1", {"train": ("1",), "holdout": ("2", "3")}),
    ],
)
def test_sides_are_named_or_read(values: list[Any], split: str, sides: dict[str, Any]) -> None:
    found = sides_of(table_source(pa.table({split.partition("=")[0]: values})), split)
    assert isinstance(found, Sides)
    assert found.values == sides
    assert found.others == (("extra",) if "extra" in values else ())


@pytest.mark.parametrize(
    ("values", "split", "reason"),
    [
        (["a", "b"], "part", "which rows of part are train? --split part=VALUE names them (values: a, b)"),
        (["a", "a"], "part=a", "every row has part = a: nothing is held out"),
        ([[1], [2]], "part", "part is list<"),
        (["a", "b"], None, "no sides: --split COLUMN, or --train FILE"),
    ],
)
def test_sides_that_cannot_be_are_said(values: list[Any], split: str | None, reason: str) -> None:
    found = sides_of(table_source(pa.table({"part": values})), split)
    assert isinstance(found, str) and found.startswith(reason.split("<")[0])


@pytest.mark.parametrize(
    ("values", "next_step"),
    [(["north", "south"], "--split part=north"), (["a b", "c"], "--split 'part=a b'"), (["x"], "--split COLUMN")],
)
def test_a_side_that_no_row_has_is_refused_where_nothing_else_was_asked(
    values: list[str], next_step: str, tmp_path: Path
) -> None:
    rows = 60 * len(values)
    table = pa.table({"truth": ["u", "v"] * (rows // 2), "prediction": ["u"] * rows, "part": values * 60})
    for options in ({}, {"only": ["holdout"]}, {"only": ["slices", "holdout"]}):
        with pytest.raises(UsageError, match="no row has part = nort ") as refused:
            errata.analyze(table, split="part=nort", **options)
        assert refused.value.code == "no-such-value" and ", ".join(values) in refused.value.message
        assert refused.value.next == next_step
    report = errata.analyze(table, only=["holdout", "heatmap"], split="part=nort")
    assert report.not_done[-1].reason == f"no row has part = nort (values: {', '.join(values)})"
    pq.write_table(table, tmp_path / "log.parquet")
    done = CliRunner().invoke(root, ["analyze", str(tmp_path / "log.parquet"), "--split", "part=nort"])
    assert done.exit_code == 2 and done.stdout == "" and "error[no-such-value]" in done.stderr


def test_a_side_without_outcomes_is_said() -> None:
    table = pa.table(
        {"truth": pa.array([None, None, "a", "b"]), "prediction": list("aabb"), "split": ["train"] * 2 + ["test"] * 2}
    )
    report = errata.analyze(table, only=["holdout"], allow_unknown=True)
    assert report.not_done[0].reason == "no row of train has a known outcome"


def test_split_and_train_add_it_and_all_leaves_causes_out() -> None:
    assert chosen(holdout=True) == ("slices", "confusion", "holdout")
    assert "holdout" in chosen(True) and "causes" not in chosen(True)
    assert chosen(only=["causes"]) == ("causes",)
    report = errata.analyze(side(400, 0.1, 1), train=side(400, 0.1, 2))
    assert list(report.analyses) == ["holdout"] and report.searched.slices > 0
    with pytest.raises(ColumnError, match="no column 'spilt'"):
        errata.analyze(side(100, 0.1, 1), split="spilt")


def test_joined_sources_are_one() -> None:
    one = pa.table({"a": pa.array([1, 2], pa.int32()), "b": ["x", "y"], "c": [1.5, 2.5], "only": [1, 2]})
    two = pa.table({"a": pa.array([2.5]), "b": pa.array(["y"]).dictionary_encode(), "c": [True]})
    joined = JoinedSource("both", {"h": table_source(one), "t": table_source(two)}, "@side")
    assert joined.schema.names == ["a", "b", "@side"] and joined.rows == 3
    assert joined.left_out == {"c": "bool and double", "only": "not in every file"}
    assert joined.column("a").to_pylist() == [1.0, 2.0, 2.5]
    whole = pa.Table.from_batches(list(joined.batches(["@side", "b"])))
    assert whole.to_pydict() == {"@side": ["h", "h", "t"], "b": ["x", "y", "y"]}
    assert pa.Table.from_batches(list(joined.batches(["@side"]))).num_rows == 3
    assert joined.glance(["b", "@side"], 100).num_rows == 3
    with pytest.raises(ColumnError, match="cannot be put together"):
        JoinedSource("both", {"h": table_source(one.select(["only"])), "t": table_source(two)}, "@side")


@pytest.mark.parametrize("other", [pa.array([2.5]), pa.array([2**63 + 5], pa.uint64())])
def test_whole_numbers_beyond_what_a_float_holds_can_be_joined(other: pa.Array) -> None:
    one, two = pa.table({"a": [2**60 + 1]}), pa.table({"a": other})
    joined = JoinedSource("both", {"h": table_source(one), "t": table_source(two)}, "@side")
    assert joined.column("a").to_pylist() == [float(2**60), float(other[0].as_py())]


def test_from_the_command_line_and_from_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pq.write_table(side(900, 0.1, 1, night=0.3), "held.parquet")
    pq.write_table(side(900, 0.02, 2), "train.parquet")
    line = [sys.executable, "-m", "errata.cli", "analyze", "held.parquet", "--train", "train.parquet"]
    shown = subprocess.run(line, capture_output=True, text=True, check=True).stdout
    assert "it fails more on rows that it did not learn from" in " ".join(shown.split())
    with errata.init(tmp_path / "c", project="pets") as catalog:
        catalog.runs.log("held.parquet", model="net@1", dataset="val@1")
        catalog.runs.log("train.parquet", model="net@1", dataset="train@1")
        first = catalog.runs.analyze(1, train=2)
        assert isinstance(first.analyses["holdout"], Holdout) and first.analyses["holdout"].gap.value > 0.1
        again = catalog.runs.analyze(1, train="run:2")
        assert again.to_json() == first.to_json()
        stored = catalog.runs.report(1)
        assert stored is not None and "holdout" in stored.analyses
        from_file = catalog.runs.analyze(1, train="train.parquet")
        assert from_file.analyses["holdout"].gap == first.analyses["holdout"].gap  # type: ignore[attr-defined]
    with pytest.raises(UsageError):
        chosen(True, ["holdout"])
