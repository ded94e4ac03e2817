"""``analyze --only causes``: labels, data and capacity, on real predictions with what is planted in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import errata
from errata.nouns.analyses import read
from errata.nouns.causes import Causes, Trouble


def told(table: Any, **options: Any) -> Causes:
    report = errata.analyze(table, only=["causes"], **options)
    found = report.analyses.get("causes")
    assert isinstance(found, Causes), report.not_done
    assert read(Causes, found.to_json()) == found
    assert "causes · what failing goes with, which is no proof of a cause" in str(report)
    return found


def troubles(found: Causes) -> dict[tuple[str, str | None], Trouble]:
    assert found.data is not None
    return {(one.kind, one.column): one for one in found.data.troubles}


def rows(count: int, seed: int = 0, rate: float = 0.1) -> dict[str, Any]:
    """Columns of a model that fails at this rate, whatever its inputs."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(["cat", "dog"], count)
    wrong = rng.random(count) < rate
    return {
        "id": np.arange(count) + 10**6 * seed,
        "truth": truth,
        "prediction": np.where(wrong, np.where(truth == "cat", "dog", "cat"), truth),
        "age": rng.normal(50, 10, count),
        "site": rng.choice(["a", "b", "c"], count),
    }


@pytest.mark.parametrize(("version", "recall", "precision"), [("v1", 0.7, 0.8), ("v2", 0.9, 0.85)])
def test_flipped_labels_of_real_digits_are_among_the_suspects(
    sample_data: Path, version: str, recall: float, precision: float
) -> None:
    table = pq.read_table(sample_data / "predictions" / f"digits_{version}.parquet")
    clean = told(table).labels
    assert clean is not None and clean.verdict == "no evidence of label noise"
    rng = np.random.default_rng(3)
    truth = table["truth"].to_numpy().copy()
    flipped = rng.random(len(truth)) < 0.05
    truth[flipped] = (truth[flipped] + rng.integers(1, 10, int(flipped.sum()))) % 10
    found = told(table.set_column(table.schema.names.index("truth"), "truth", pa.array(truth))).labels
    assert found is not None and found.verdict == "labels, or confident mistakes"
    assert found.noise.low is not None and found.noise.high is not None
    assert found.noise.low <= flipped.mean() <= found.noise.high
    suspected = np.array([one.row - 1 for one in found.suspects])
    assert len(suspected) == found.suspected
    assert flipped[suspected].sum() / flipped.sum() >= recall
    assert flipped[suspected].mean() >= precision
    assert found.likely == pytest.approx(flipped[suspected].sum(), rel=0.15)
    assert found.suspects[0].id == f"digits-{found.suspects[0].row - 1:05d}"
    assert [one.margin for one in found.suspects] == sorted(one.margin for one in found.suspects)


def test_what_was_filled_in_in_real_visits_is_seen(sample_data: Path) -> None:
    found = told(sample_data / "predictions" / "visits_v2.parquet", group="person_run")
    assert found.data is not None and {"limited", "chronic", "health"} < set(found.data.inputs)
    assert not {"person_run", "latency_ms", "id", "truth", "confidence"} & set(found.data.inputs)
    seen = troubles(found)
    imputed, means = seen["placeholder", "limited"], seen["filled in", "chronic"]
    assert (imputed.rows, imputed.detail) == (1052, "the text 'imputed'")
    assert imputed.verdict == "fails less"
    assert imputed.ratio.high is not None and imputed.ratio.high < 1
    assert means.rows == 8001 and means.verdict == "no evidence"  # 13.73189, where the rest has one decimal
    assert found.data.floor is not None and 0.2 < found.data.floor < 0.381
    assert any("coarse inputs coincide" in note for note in found.data.notes)
    assert not any(kind == "duplicate" for kind, _ in seen)


def test_bad_data_that_matters_is_told_from_bad_data_that_does_not() -> None:
    table = rows(4000)
    rng = np.random.default_rng(1)
    broken, harmless = rng.random(4000) < 0.05, rng.random(4000) < 0.05
    other = np.where(table["truth"] == "cat", "dog", "cat")
    table["prediction"] = np.where(broken & (rng.random(4000) < 0.5), other, table["prediction"])
    table["age"] = np.where(broken, 900.0, table["age"])
    table["site"] = pa.array(table["site"], mask=harmless)
    seen = troubles(told(pa.table(table)))
    age, site = seen["out of range", "age"], seen["missing", "site"]
    assert (age.verdict, site.verdict) == ("fails more", "no evidence")
    assert age.rows == broken.sum() and site.rows == harmless.sum()
    assert age.ratio.low is not None and age.ratio.low > 3
    assert site.ratio.low is not None and site.ratio.high is not None and site.ratio.low < 1 < site.ratio.high
    assert age.share_failed is not None and age.share_passed is not None and age.share_failed > 2 * age.share_passed


def test_of_harmless_troubles_few_are_blamed() -> None:
    blamed = 0
    for seed in range(40):
        table, rng = rows(800, seed), np.random.default_rng(seed + 1000)
        for name in "xyz":
            table[name] = pa.array(rng.random(800), mask=rng.random(800) < 0.1)
        blamed += any(one.verdict != "no evidence" for one in troubles(told(pa.table(table))).values())
    assert blamed <= 5


def test_copies_and_contradictions_are_counted() -> None:
    table = pa.table(rows(1000)).drop_columns(["id"])
    flipped = table.slice(0, 30)
    flipped = flipped.set_column(0, "truth", pa.array(["dog" if x == "cat" else "cat" for x in flipped[0].to_pylist()]))
    found = told(pa.concat_tables([table, table.slice(0, 50), flipped]))
    seen = troubles(found)
    assert seen["duplicate", None].rows == 50 + 50 + 30
    assert seen["conflicting labels", None].rows == 30 * 3
    assert found.data is not None and found.data.floor == pytest.approx(30 / 1080)


def test_leaked_rows_are_found_and_taken_out() -> None:
    train, held = pa.table(rows(3000, 1, 0.02)), pa.table(rows(1000, 2, 0.2))
    found = told(pa.concat_tables([held, train.slice(0, 200)]), train=train)
    seen = troubles(found)
    for one in (seen["leaked id", "id"], seen["leaked inputs", None]):
        assert one.rows == 200 and one.verdict == "fails less"
    assert found.data is not None and found.data.without_leaks is not None
    failed = sum(a != b for a, b in zip(held["truth"].to_pylist(), held["prediction"].to_pylist(), strict=True))
    assert found.data.without_leaks.value == pytest.approx(failed / 1000)
    clean = told(held, train=train)
    assert clean.data is not None and clean.data.without_leaks is None


def test_a_side_that_no_row_has_is_a_note() -> None:
    found = told(pa.table(rows(400)), split="site=nowhere")
    assert found.notes[0].startswith("no row has site = nowhere (values: a, ")


def test_ranges_and_values_are_held_against_train() -> None:
    table = rows(2000)
    table["split"] = np.where(np.arange(2000) < 1500, "train", "test")
    table["age"] = np.where(np.arange(2000) < 1500, np.clip(table["age"], 40, 60), table["age"])
    table["site"] = np.where(np.arange(2000) % 500 == 499, "z", table["site"])
    table["site"][:1500] = np.where(table["site"][:1500] == "z", "a", table["site"][:1500])
    found = told(pa.table(table))
    seen = troubles(found)
    assert found.data is not None and found.data.rows == 500
    outside = (table["age"][1500:] < 40) | (table["age"][1500:] > 60)
    assert seen["out of range", "age"].rows == outside.sum()
    assert seen["out of range", "age"].detail == "outside train's [40.0, 60.0]"
    assert seen["unseen value", "site"].rows == 1 and seen["unseen value", "site"].p is None


def test_capacity_from_a_column_of_sizes() -> None:
    rng, tables = np.random.default_rng(4), []
    hard = rng.random(1500)
    for size in (500, 1000, 2000, 4000, 8000):
        wrong = 0.7 * hard + 0.3 * rng.random(1500) < 0.1 + 6 * size**-0.5
        tables.append(
            pa.table({"truth": np.ones(1500, int), "prediction": np.where(wrong, 0, 1), "sample": np.arange(1500)})
            .append_column("n", pa.array([size] * 1500))
        )  # fmt: skip
    table = pa.concat_tables(tables)
    found = told(table, sizes="n", group="sample").capacity
    assert found is not None and found.verdict == "more data would help"
    assert [one.size for one in found.points] == [500, 1000, 2000, 4000, 8000]
    assert all(one.rows == 1500 for one in found.points)
    assert found.doubled.value is not None and found.doubled.value < found.points[-1].fitted
    few = told(pa.concat_tables(tables[:3]), sizes="n", group="sample")
    assert few.capacity is None
    assert {"test": "capacity", "reason": "3 sizes: a curve needs 4 at least"} in few.left_out


def test_capacity_from_logged_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(5)
    hard = rng.random(1200)
    with errata.init(tmp_path / "c", project="pets") as catalog:
        for version, size in enumerate((250, 500, 1000, 2000, 4000), 1):
            wrong = 0.6 * hard + 0.4 * rng.random(1200) < 0.15 + 5 * size**-0.5
            table = pa.table(
                {"id": np.arange(1200), "truth": np.ones(1200, int), "prediction": np.where(wrong, 0, 1), "x": hard}
            )
            catalog.runs.log(table, model=f"net@{version}", dataset="val@1", params={"train_size": size})
        catalog.runs.log(table, model="other@1", dataset="val@1", params={"train_size": 9})
        found = catalog.runs.analyze(5, only=["causes"]).analyses["causes"]
        assert isinstance(found, Causes) and found.capacity is not None
        assert [one.name for one in found.capacity.points] == [f"run:{n}" for n in range(1, 6)]
        assert found.capacity.verdict == "more data would help"
        named = catalog.runs.analyze(5, only=["causes"], sizes="epochs").analyses["causes"]
        assert isinstance(named, Causes) and named.capacity is None
        assert "no run of net on val@1 has the parameter epochs" in str(named.left_out)


def coin(**columns: Any) -> pa.Table:
    rng = np.random.default_rng(0)
    return pa.table({"truth": rng.choice(["a", "b"], 200), "prediction": rng.choice(["a", "b"], 200), **columns})


@pytest.mark.parametrize(("score", "code"), [(0.0, "scores-do-not-sum"), (2.0, "score-out-of-range")])
def test_scores_that_are_none_are_refused(score: float, code: str) -> None:
    with pytest.raises(errata.InputError) as refused:
        errata.analyze(coin(p_a=[score] * 200, p_b=[0.0] * 200), only=["causes"], scores="p_*")
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("columns", "test", "reason"),
    [
        ({}, "labels", "no score for each class"),
        ({"n": ["x"] * 200}, "capacity", "n holds text, no number of examples"),
        ({"n": [-1.0] * 200}, "capacity", "n holds no number above 0"),
        ({"n": np.arange(200.0) + 1}, "capacity", "n has 200 sizes"),
    ],
)
def test_what_cannot_be_tested_is_said(columns: dict[str, Any], test: str, reason: str) -> None:
    found = told(coin(**columns), sizes="n" if columns else None)
    (said,) = [one["reason"] for one in found.left_out if one["test"] == test]
    assert said.startswith(reason)


def test_odd_columns_are_no_trouble_for_the_rest() -> None:
    table = rows(300)
    table |= {
        "nothing": pa.nulls(300),
        "empty": pa.array([None] * 300, pa.float64()),
        "constant": [1.5] * 300,
        "wild": [np.inf] * 6 + [-np.inf] * 6 + [0.5] * 288,
        "many": [f"v{at}" for at in range(300)],
        "flag": [True, False, None] * 100,
        "blank": ["", "N/A", "ok"] * 100,
        "code": pa.array([-999] * 30 + list(range(270))),
    }
    seen = troubles(told(pa.table(table)))
    assert seen["missing", "nothing"].rows == seen["missing", "empty"].rows == 300
    assert seen["out of range", "wild"].rows == 12
    assert seen["placeholder", "code"].rows == 30 and seen["missing", "flag"].rows == 100
    assert seen["placeholder", "blank"].rows == 100
    assert seen["missing", "empty"].p is None
