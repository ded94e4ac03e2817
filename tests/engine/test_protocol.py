"""Every request and every analysis, on this machine and on real Spark: counts alike, floats to 1e-9."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import errata
from errata.analysis.draw import Draw, Drawn
from errata.analysis.requests import Clusters, Count, Item, Permute, Spread
from errata.analysis.slices import search
from errata.analysis.tally import CONFIDENCE, FAILED, LOSS, RIGHT, Axis, Counts, Tally
from errata.engine.local.answers import Asked
from errata.engine.local.counter import Counter
from errata.integrations.files import open_source
from errata.nouns.roles import Roles
from errata.tasks.reserved import Fold, View
from errata.verbs.audits import AUDITS, CAUSES, ON_REQUEST, SEARCHED
from errata.verbs.counting import LOCAL
from errata.verbs.view import view_of
from tests.engine.hostile import table, write_parts

pytestmark = [
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.xdist_group("spark"),
]
ROLES = Roles(truth="truth", prediction="prediction", score="confidence", loss="loss", failed="scale > 5")
TALLIES = {
    "all rows": Tally(()),
    "text, unicode, missing": Tally((Axis("light"),)),
    "a dictionary and a folder": Tally((Axis("truth"), Axis("site"))),
    "booleans": Tally((Axis("flag"),), ("flag", "confidence")),
    "negative integers": Tally((Axis("signed"),), ("signed",)),
    "unsigned 64-bit": Tally((Axis("huge"),)),
    "64-bit ids": Tally((Axis("id"),)),
    "too many labels": Tally((Axis("id", most=100),)),
    "single precision": Tally((Axis("half", edges=(-1.0, 0.1, 1.0)),), ("half",)),
    "NaN and infinite, binned": Tally(
        (Axis("contrast", edges=(-math.inf, 0.0, math.inf)), Axis("scale", edges=(1.0,)))
    ),
    "equal bins": Tally((Axis("confidence", equal=(0.0, 1.0, 15)),), ("confidence", "contrast")),
    "sums leave infinities out": Tally((), ("scale", "contrast", "price", "small")),
    "decimals": Tally((Axis("price", edges=(-100.0, 0.0)),), ("price",)),
    "nanoseconds by hour": Tally((Axis("time", seconds=3600),)),
    "a zone, before 1970": Tally((Axis("zoned", seconds=86_400),)),
    "a column of nothing": Tally((Axis("nothing"), Axis("small", edges=(128.0,)))),
    "outcomes": Tally((Axis(FAILED), Axis(RIGHT), Axis("node")), (CONFIDENCE, LOSS)),
    "folds of groups": Tally((Axis("@fold"), Axis(FAILED))),
    "names that Spark reads otherwise": Tally((Axis("Flag"), Axis("a`b.c", edges=(0.0,)), Axis("flag")), ("a`b.c",)),
    "four axes": Tally((Axis("light"), Axis("node"), Axis("site"), Axis("contrast", edges=(0.0,))), ("loss",)),
}
DRAWS = {
    "a few rows": Draw(("id", "light", "site", CONFIDENCE), 50, seed=3),
    "of another seed": Draw(("id",), 50, seed=4),
    "more than there are": Draw(("id", "huge", "time"), 100_000),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_parts(tmp_path_factory.mktemp("parts") / "a b", table())


@pytest.fixture(scope="module")
def source(spark: Any, folder: Path) -> Any:
    from errata.verbs.spark import spark_source

    return spark_source(folder)


@pytest.fixture(scope="module")
def answered(source: Any, folder: Path) -> Callable[[Asked], tuple[Any, Any]]:
    """Here and on Spark, every request in one pass."""
    from errata.verbs.spark import Spark

    view = View({**view_of(ROLES, "classification").reserved, "@fold": Fold("user")})
    asked = [*TALLIES.values(), *DRAWS.values()]
    here = LOCAL.answers(open_source(folder), asked, view, print)
    there = Spark().answers(source, asked, view, lambda _: None)
    both = dict(zip(asked, zip(here, there, strict=True), strict=True))
    return both.__getitem__


@pytest.mark.parametrize("name", TALLIES)
def test_a_tally_is_the_same(answered: Callable[[Asked], tuple[Counts, Counts]], name: str) -> None:
    here, there = answered(TALLIES[name])
    assert there == here
    assert (here.too_many is not None) == (name == "too many labels")
    assert here.total == (0 if here.too_many else 6_000)
    np.testing.assert_allclose(there.sums, here.sums, rtol=1e-9, atol=0)


@pytest.mark.parametrize("name", DRAWS)
def test_a_draw_takes_the_same_rows_whatever_the_partitions(
    answered: Callable[[Asked], tuple[Drawn, Drawn]], name: str
) -> None:
    here, there = answered(DRAWS[name])
    assert there.table.to_pylist() == here.table.to_pylist()
    assert (there.priorities == here.priorities).all()
    assert there.table.num_rows == min(DRAWS[name].rows, 6_000)


def test_a_type_that_cannot_be_counted_and_a_column_that_is_not_there_are_the_same_error(
    source: Any, folder: Path
) -> None:
    from errata.verbs.spark import Spark

    for asked, error in ((Tally((Axis("light", edges=(1.0,)),)), TypeError), (Tally((Axis("nowhere"),)), KeyError)):
        for engine, rows in ((LOCAL, open_source(folder)), (Spark(), source)):
            with pytest.raises(error):
                engine.answers(rows, [asked], View(), lambda _: None)


# The slice search: the same factors and the same sample, once here and once on Spark.

FACTORS = ("light", "signed", "flag", "small")
VALUES = (5, 4, 3, 6)
ITEMS = [Item(f, code, code) for f, values in enumerate(VALUES) for code in range(values)] + [Item(3, 1, 4)]


def _codes(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Four factors by the remainders of hashes of numbers: what is coded how does not matter here."""
    columns = {name: batch.column(name) for name in batch.schema.names}
    for at, (name, values) in enumerate(zip(FACTORS, VALUES, strict=True)):
        number = columns["key"].to_numpy(zero_copy_only=False)
        columns[f"@{name}"] = pa.array((number // (7**at) % values).astype(np.uint8))
    return pa.record_batch(columns)


@pytest.fixture(scope="module", params=["failed", "loss of groups"])
def counters(request: pytest.FixtureRequest, spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Spark counter over five partitions of which one is empty, and the local one with its sample."""
    import pyarrow.parquet as pq

    from errata.engine.spark.blocks import Coded
    from errata.engine.spark.counter import SparkCounter

    rng = np.random.default_rng(5)
    rows = 4_000
    key = rng.integers(0, 10**6, rows)
    bad = (key % 5 == 2) & (key // 7 % 4 == 1)
    failed = rng.random(rows) < np.where(bad, 0.45, 0.1)
    known = rng.random(rows) > 0.04
    loss = np.where(rng.random(rows) < 0.03, np.nan, rng.exponential(size=rows) * (1 + 3 * bad))
    user = pa.array(rng.integers(0, 700, rows), mask=rng.random(rows) < 0.02)
    columns = {"key": key, "failed": pa.array(failed, mask=~known), "loss": loss, "user": user, "@row": np.arange(rows)}
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    pq.write_table(pa.table(columns), path, row_group_size=900)
    frame = spark.read.parquet(str(path)).repartitionByRange(5, "key").union(spark.read.parquet(str(path)).limit(0))
    of_loss = request.param != "failed"
    codes = tuple(f"@{name}" for name in FACTORS)
    coded = Coded(_codes, codes, "failed", "loss" if of_loss else None, "user" if of_loss else None)
    about = np.flatnonzero(~np.isnan(loss) if of_loss else known)
    with SparkCounter(frame, coded, ITEMS, seed=3, sample_rows=1_500) as there:
        groups = None
        if of_loss:
            users = np.array(user.fill_null(-1))[about]
            users = np.where(users < 0, 10_000 + np.arange(len(users)), users)
            _, first, index = np.unique(users, return_index=True, return_inverse=True)
            groups = np.argsort(np.argsort(first))[index].astype(np.int64)
        here = Counter(
            [np.asarray(column).astype(np.uint8)[about] for column in _coded(key)],
            ITEMS,
            (failed & known)[about],
            loss=loss[about] if of_loss else None,
            groups=groups,
            seed=3,
            sample_rows=1_500,
        )
        _ = there.sampled
        here.__dict__["sample"] = np.searchsorted(about, there.sample)
        yield here, there


def _coded(key: np.ndarray) -> list[np.ndarray]:
    return [key // (7**at) % values for at, values in enumerate(VALUES)]


def _slices() -> np.ndarray:
    pairs = [(a, b) for a in range(len(ITEMS)) for b in range(a + 1, len(ITEMS)) if ITEMS[a].factor != ITEMS[b].factor]
    return np.array([*((a, -1) for a in range(len(ITEMS))), *pairs], np.int32)


def test_the_population_is_the_same(counters: tuple[Any, Any]) -> None:
    here, there = (one.population() for one in counters)
    assert (there.rows, there.sampled_rows, there.items) == (here.rows, here.sampled_rows, here.items)
    assert (there.of, there.grouped, there.uneven) == (here.of, here.grouped, here.uneven)
    for name in ("total", "sampled_total", "intraclass", "group_squares"):
        assert getattr(there, name) == pytest.approx(getattr(here, name), rel=1e-9), name
    assert 0 < there.sampled_rows < there.rows


def test_every_request_of_a_search_has_the_same_answer(counters: tuple[Any, Any]) -> None:
    slices = _slices()
    here, there = counters
    of = here.population().of
    peeled = ((2,), (5, 9))
    asked = [
        *(Count(slices, what) for what in ("rows", of)),
        Count(slices, sampled=True),
        *(Count(slices, what, inside=(2, 6)) for what in ("rows", of)),
        *(Count(slices, what, inside=(1,), without=peeled) for what in ("rows", of)),
        Count(slices[:0]),
        Count(slices, inside=(0, 1)),  # two values of one factor: no row
        Permute(slices, 7, 11, of),
    ]
    if of == "loss":
        asked += [Spread(), Spread(peeled), Clusters(slices)]
    for request in asked:
        one, two = here.answer(request), there.answer(request)
        if isinstance(request, Count) and request.of != "loss":
            assert two.dtype == np.int64
            assert np.array_equal(one, two), request
        else:
            np.testing.assert_allclose(two, one, rtol=1e-9, atol=1e-12, err_msg=str(request))


def test_with_the_same_sample_the_same_slices_are_listed(counters: tuple[Any, Any]) -> None:
    here, there = (one.run(search(one.population(), depth=3, min_rows=20, top=5)) for one in counters)
    assert [one.items for one in there.listed] == [one.items for one in here.listed]
    assert (2, 6) in [one.items for one in here.listed]  # key % 5 == 2 and key // 7 % 4 == 1
    assert (there.tried, there.null.method) == (here.tried, here.null.method)
    for one, two in zip(here.listed, there.listed, strict=True):
        assert (two.everywhere.rows, two.after_peeling.rows) == (one.everywhere.rows, one.after_peeling.rows)
        assert two.deviate == pytest.approx(one.deviate, rel=1e-9)
        assert two.effect == pytest.approx(one.effect, rel=1e-9)


def test_sums_of_rows_and_groups_give_the_effects_of_the_rows(counters: tuple[Any, Any]) -> None:
    from errata.analysis.figures import grouped_effect

    here, there = counters
    values = here.failed.astype(float) if there.population().of == "failed" else None
    selections = [((), True, ()), ((2, 6), True, ()), ((2, 6), False, ((1,),)), ((0, 1), True, ())]
    for (slice_, inside, without), sums in zip(selections, there.sums(selections), strict=True):
        mask = here.mask(slice_) if inside else ~here.mask(slice_)
        for gone in without:
            mask &= ~here.mask(gone)
        assert (sums.rows, sums.failed) == (mask.sum(), here.failed[mask].sum())
        if values is not None:
            assert sums.effect == 1.0 == grouped_effect(values, here.groups, mask)


# Every analysis: the whole report, as the command makes it.


def test_every_analysis_says_the_same(spark: Any, folder: Path) -> None:
    options: dict[str, Any] = {
        "truth": "truth",
        "prediction": "prediction",
        "score": "confidence",
        "time": "time",
        "exclude": ["id", "loss", "zoned", "day"],
        "nodes": ["node"],
        "fairness": ["light"],
        "positive": "chat",
        "seed": 2,
        "only": [*SEARCHED, *(name for name in AUDITS if name not in ON_REQUEST)],
    }
    here, there = errata.analyze(folder, **options), errata.analyze(folder, **options, engine="spark")
    assert [one.slice for one in there.findings] == [one.slice for one in here.findings]
    assert "contrast < 0" in here.findings[0].slice or "日本" in here.findings[0].slice
    assert set(here.analyses) | {one.analysis for one in here.not_done} == set(AUDITS) - ON_REQUEST
    assert {"calibration", "operating-points", "trend", "nodes", "drift", "fairness"} <= set(there.analyses)
    same(json.loads(there.json()), json.loads(here.json()))


def test_what_looks_at_every_row_says_the_same_of_few(spark: Any, folder: Path) -> None:
    options: dict[str, Any] = {"score": "confidence", "exclude": ["loss"], "only": [CAUSES]}
    here, there = errata.analyze(folder, **options), errata.analyze(folder, **options, engine="spark")
    assert CAUSES in here.analyses
    same(json.loads(there.json()), json.loads(here.json()))


def test_groups_and_losses_have_the_same_figures(spark: Any, folder: Path) -> None:
    options: dict[str, Any] = {
        "truth": "truth",
        "prediction": "prediction",
        "loss": "loss",
        "metric": "loss",
        "group": "user",
        "factors": ["light", "contrast", "node"],
        "depth": 2,
    }
    here, there = errata.analyze(folder, **options), errata.analyze(folder, **options, engine="spark")
    assert here.findings
    same(json.loads(there.json()), json.loads(here.json()))


def test_false_positives_are_those_of_their_class(spark: Any, folder: Path) -> None:
    options: dict[str, Any] = {"metric": "fpr", "positive": "œuf", "factors": ["light", "node"], "min_support": 0.02}
    here, there = errata.analyze(folder, **options), errata.analyze(folder, **options, engine="spark")
    assert [one.slice for one in here.findings] == ["light = '日本'"]
    same(json.loads(there.json()), json.loads(here.json()))


def test_drift_says_the_same_with_categories_that_one_side_alone_has(spark: Any, folder: Path, tmp_path: Path) -> None:
    later = table(3_000, seed=8)
    later = later.set_column(later.schema.get_field_index("light"), "light", pa.array(["neu"] * 1_500 + [None] * 1_500))
    b = write_parts(tmp_path / "b", later)
    here, there = errata.drift(folder, b, group="user"), errata.drift(folder, b, group="user", engine="spark")
    assert any(one.alarm for one in here.columns)
    same(json.loads(there.json()), json.loads(here.json()))


def same(there: Any, here: Any, where: str = "") -> None:
    """Plain values that are equal, floats to 1e-9."""
    if isinstance(here, dict):
        assert there.keys() == here.keys(), where
        for key in here:
            same(there[key], here[key], f"{where}.{key}")
    elif isinstance(here, list):
        assert len(there) == len(here), where
        for at, (one, two) in enumerate(zip(there, here, strict=True)):
            same(one, two, f"{where}[{at}]")
    elif isinstance(here, float) and isinstance(there, float):
        assert math.isclose(there, here, rel_tol=1e-9, abs_tol=1e-12), (where, there, here)
    else:
        assert there == here, where
