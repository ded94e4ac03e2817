"""``errata analyze --only clusters``, from a table to the words."""

from __future__ import annotations

import builtins
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import errata
from errata.analysis.placing import by_means
from errata.cli import root
from errata.core.errors import ColumnError, MissingExtra, UsageError
from errata.nouns.clusters import Cluster, Clusters
from errata.show.clusters_text import lines
from errata.show.paint import Paint
from errata.verbs.audits import ON_REQUEST, chosen
from errata.verbs.cluster_count import Named, Placed, clusters_of
from tests.schemas import reads_back


def planted(rows: int = 1500, seed: int = 1, dimensions: int = 8) -> pa.Table:
    """Three kinds of samples in an embedding. The third, one in ten, fails at 50 % instead of 8 %, mostly at night, and
    is taken for a tram."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(3, rows, p=[0.5, 0.4, 0.1])
    centres = 3 * np.eye(3, dimensions)
    points = centres[kind] + rng.normal(scale=0.7, size=(rows, dimensions))
    wrong = rng.random(rows) < np.where(kind == 2, 0.5, 0.08)
    truth = rng.choice(["car", "bus"], rows)
    other = np.where(kind == 2, "tram", np.where(truth == "car", "bus", "car"))
    night = rng.random(rows) < np.where(kind == 2, 0.9, 0.2)
    return pa.table(
        {
            "id": [f"s{at}" for at in range(rows)],
            "truth": truth,
            "prediction": np.where(wrong, other, truth),
            "light": np.where(night, "night", "day"),
            "vector": pa.array(list(points.astype(np.float32)), pa.list_(pa.float32())),
            "kind": kind.astype(str),
        }
    )


def clusters(table: Any, **options: Any) -> Clusters:
    report = errata.analyze(table, only="clusters", **options)
    assert report.not_done == (), report.not_done
    found = report.analyses["clusters"]
    assert isinstance(found, Clusters)
    return found


def reason(table: Any, **options: Any) -> str:
    (one,) = errata.analyze(table, only="clusters", **options).not_done
    assert one.analysis == "clusters"
    return one.reason


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return planted()


@pytest.fixture(scope="module")
def found(table: pa.Table) -> Clusters:
    return clusters(table, exclude=["kind"])


def test_the_kind_that_fails_comes_first_and_says_what_sets_it_apart(found: Clusters, table: pa.Table) -> None:
    assert found.by == "embedding" and found.columns == ("vector",) and found.number == 3
    first, *others = found.clusters
    assert first.name == "light = 'night'"
    assert first.error_rate is not None and first.low <= 0.5 <= first.high
    assert first.rest_error_rate == pytest.approx(0.08, abs=0.02)
    assert first.excess_errors_low > 0 and all(one.excess_errors_low <= 0 for one in others)
    (night,) = first.conditions
    assert night.share == pytest.approx(0.9, abs=0.06) and night.passing_share == pytest.approx(0.24, abs=0.04)
    assert night.low < night.ratio < night.high and night.p_adjusted < 0.001
    assert {pair.prediction for pair in first.pairs} == {"tram"} and first.stable
    kinds = table.column("kind").to_pylist()
    assert {kinds[one.row] for one in first.samples} == {"2"} and len(first.samples) == 10
    assert [one.id for one in first.samples] == [f"s{one.row}" for one in first.samples]
    assert [one.distance for one in first.samples] == sorted(one.distance for one in first.samples)


def test_every_row_is_placed_and_the_half_that_counts_made_no_clusters(found: Clusters) -> None:
    assert sum(one.all_rows for one in found.clusters) == found.rows == 1500
    assert sum(one.all_failed for one in found.clusters) == found.failures
    assert sum(one.rows for one in found.clusters) == found.counted_rows
    assert sum(one.failed for one in found.clusters) == found.counted_failed
    assert 650 < found.counted_rows < 850


def test_the_map_says_how_much_it_shows(found: Clusters) -> None:
    assert len(found.map) == found.failures + 400 and sum(point.failed for point in found.map) == found.failures
    assert 0 < found.explained[1] <= found.explained[0] < 1 and len(found.explained) == 2
    assert {point.cluster for point in found.map} == {1, 2, 3}


def test_columns_by_a_pattern_and_lists_as_text_are_the_same_embedding(found: Clusters, table: pa.Table) -> None:
    points = np.array(table.column("vector").to_pylist(), np.float32)
    wide = table.drop_columns(["vector", "kind"])
    for at in range(points.shape[1]):
        wide = wide.append_column(f"e_{at}", pa.array(points[:, at]))
    of_columns = clusters(wide, embedding="e_*", exclude=[f"e_{at}" for at in range(8)])
    assert [one.all_rows for one in of_columns.clusters] == [one.all_rows for one in found.clusters]
    written = table.drop_columns(["vector", "kind"]).append_column(
        "vector", pa.array([json.dumps([float(x) for x in row]) for row in points])
    )
    of_text = clusters(written, embedding="vector")
    assert of_text.by == "embedding"
    assert [one.all_rows for one in of_text.clusters] == [one.all_rows for one in found.clusters]


@pytest.mark.parametrize("kind", [pa.list_(pa.float64()), pa.list_(pa.float32(), 8), pa.large_list(pa.float32())])
def test_lists_of_every_kind_are_read(found: Clusters, table: pa.Table, kind: pa.DataType) -> None:
    other = table.drop_columns(["vector", "kind"]).append_column("vector", table.column("vector").cast(kind))
    assert [one.all_rows for one in clusters(other).clusters] == [one.all_rows for one in found.clusters]


def test_density_leaves_noise_outside() -> None:
    found = clusters(planted(3000), exclude=["kind"], clusters="hdbscan")
    assert found.method == "hdbscan" and found.number == 3 and found.noise > 0
    assert sum(one.all_rows for one in found.clusters) + found.noise == 3000
    assert found.clusters[0].name == "light = 'night'"
    assert any(line.lstrip().startswith("○ outside every cluster") for line in lines(found, 80, Paint(False)))


def test_numbers_are_compared_by_the_spread_of_rows_that_passed() -> None:
    rng = np.random.default_rng(3)
    rows = 2000
    truth = rng.choice(["a", "b"], rows)
    far = rng.random(rows) < 0.15
    wrong = rng.random(rows) < np.where(far, 0.5, 0.1)
    table = pa.table(
        {
            "truth": truth,
            "prediction": np.where(wrong, np.where(truth == "a", "b", "a"), truth),
            "metres": np.where(far, rng.normal(9000, 400, rows), rng.normal(1000, 400, rows)),
            "degrees": rng.normal(0, 0.001, rows),
            "few": rng.integers(0, 3, rows),
        }
    )
    found = clusters(table)
    assert found.by == "numbers" and found.columns == ("degrees", "metres")
    assert found.number == 2
    assert found.clusters[0].conditions[0].slice.startswith("metres >= ")
    assert found.clusters[0].all_rows == pytest.approx(int(far.sum()), abs=30)


def test_texts_are_clustered_by_their_words() -> None:
    rng = np.random.default_rng(4)
    words = {
        "refund": ["refund", "the", "money", "back", "to", "your", "card", "after", "cancelling", "this", "booking"],
        "seat": ["upgrade", "a", "window", "seat", "in", "business", "cabin", "with", "extra", "legroom", "please"],
        "plain": ["thanks", "hello", "flight", "number", "time", "today", "tomorrow", "morning", "weather", "gate"],
    }
    kind = rng.choice(list(words), 1200, p=[0.25, 0.25, 0.5])
    text = [" ".join(rng.choice(words[one], 8)) for one in kind]
    wrong = rng.random(1200) < np.where(kind == "plain", 0.02, np.where(kind == "refund", 0.6, 0.2))
    table = pa.table({"answer": text, "wrong": wrong})
    found = clusters(table, embedding="answer", failed="wrong")
    assert found.by == "text" and found.number == 2
    first = found.clusters[0]
    assert {"refund", "money"} & {one.term.split()[0] for one in first.terms} and "seat" not in first.name
    assert all(one.z > 1.64 and one.share > one.passing_share for one in first.terms)


def test_no_structure_is_said_and_the_rest_is_told() -> None:
    rng = np.random.default_rng(5)
    rows = 1500
    truth = rng.choice(["a", "b"], rows)
    wrong = rng.random(rows) < 0.2
    table = pa.table(
        {
            "truth": truth,
            "prediction": np.where(wrong, np.where(truth == "a", "b", "a"), truth),
            "vector": pa.array(list(rng.normal(size=(rows, 6))), pa.list_(pa.float64())),
        }
    )
    found = clusters(table)
    assert found.number is None and found.clusters == () and found.p is not None and found.p > 0.05
    assert {one.cluster for one in found.map} == {None}
    said = " ".join(" ".join(lines(found, 80, Paint(False))).split())
    assert "no cluster structure" in said and "failures are one cloud as far as this can tell" in said


def test_rows_of_a_group_stand_together(table: pa.Table) -> None:
    """Each row four times, as four rows of a group: as many clusters, and four copies tell no more than one."""
    one = table.slice(0, 1200).drop_columns(["kind", "id"])
    many = pa.concat_tables([one] * 4).append_column("video", pa.array(list(range(1200)) * 4))
    found = clusters(many, group="video")
    assert found.number == 3
    assert any("4 rows count as one" in note for note in found.notes)
    single = clusters(one.append_column("video", pa.array(range(1200))), group="video")
    ours, theirs = (min(report.clusters, key=lambda one: one.all_rows) for report in (found, single))
    assert ours.high - ours.low >= 0.9 * (theirs.high - theirs.low)
    # The same videos are in the half that counts.
    assert ours.rows == 4 * theirs.rows


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("method", ["kmeans", "hdbscan"])
def test_the_words_fit_the_terminal(table: pa.Table, width: int, method: str) -> None:
    said = lines(clusters(table.slice(0, 1500), exclude=["kind"], clusters=method), width, Paint(False))
    assert said[0].startswith("clusters of ") and max(len(line) for line in said) <= width


def test_json_is_of_the_published_schema_and_reads_back(table: pa.Table) -> None:
    report = errata.analyze(table, only=["clusters"])
    reads_back(report)


def test_the_same_file_gives_the_same_clusters_whatever_the_batches(
    table: pa.Table, tmp_path: Path, found: Clusters
) -> None:
    pq.write_table(table.drop_columns(["kind"]), tmp_path / "rows.parquet", row_group_size=700)
    assert clusters(tmp_path / "rows.parquet") == found


def test_all_does_not_make_them_and_only_does() -> None:
    assert "clusters" in ON_REQUEST
    assert "clusters" not in chosen(every=True)
    assert chosen(only=["clusters"]) == ("clusters",)


def test_from_the_command(table: pa.Table, tmp_path: Path) -> None:
    pq.write_table(table.slice(0, 1500), tmp_path / "p.parquet")
    line = ["analyze", str(tmp_path / "p.parquet"), "--only", "clusters", "--embedding", "vector", "--exclude", "kind"]
    said = CliRunner().invoke(root, line)
    assert said.exit_code == 0, said.output
    assert "by the embedding vector" in said.stdout and "light = 'night'" in said.stdout
    wrong = CliRunner().invoke(root, [*line[:4], "--embedding", "e_*"])
    assert wrong.exit_code == 2 and "no column matches --embedding 'e_*'" in wrong.stderr


def test_without_scikit_learn_it_says_what_to_install(table: pa.Table, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.partition(".")[0] == "sklearn":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra) as missing:
        errata.analyze(table, only="clusters")
    assert missing.value.next == "pip install 'errata[cluster]'"


def counted(seed: int, high: float) -> tuple[list[Cluster], list[float]]:
    """The clusters of 600 rows in three clouds that fail at 20 %, the third at ``high``, made on one half; and the true
    rate of each."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 3, 600)
    points = (4 * np.eye(3)[kind] + rng.normal(size=(600, 3))).astype(np.float32)
    rates = np.where(kind == 2, high, 0.2)
    failed, half = rng.random(600) < rates, rng.random(600) < 0.5
    places = by_means(points[failed & half], 3, seed)
    labels = places.of(points).labels
    whole = Placed(np.zeros((4, 2), np.int64), np.zeros((4, 2), np.int64), named=[Named([], [], [])] * 4)
    for table, rows in ((whole.all, np.ones(600, bool)), (whole.counted, ~half)):
        table[:, 0] = np.bincount(labels[rows], minlength=4)
        table[:, 1] = np.bincount(labels[rows], failed[rows], 4).astype(np.int64)
    made, order = clusters_of(whole, places)
    return made, [float(rates[(labels == at) & ~half].mean()) for at in order]


def test_excess_is_hardly_ever_claimed_where_there_is_none_and_intervals_hold_the_rate() -> None:
    """400 files without any excess: the lower bounds of all clusters hold at once, so at most one in twenty has one."""
    runs = [counted(seed, 0.2) for seed in range(400)]
    assert sum(any(one.excess_errors_low > 0 for one in made) for made, _ in runs) <= 20
    held = [one.low <= rate <= one.high for made, rates in runs for one, rate in zip(made, rates, strict=True)]
    assert 0.93 <= np.mean(held) <= 0.97
    found = [counted(seed, 0.5)[0][0].excess_errors_low > 0 for seed in range(50)]
    assert np.mean(found) > 0.9


# What cannot be used


def with_vectors(table: pa.Table, vectors: Any) -> pa.Table:
    return table.drop_columns(["vector", "kind"]).append_column("vector", vectors)


def test_embeddings_of_different_lengths_are_named_by_row(table: pa.Table) -> None:
    lists = table.column("vector").to_pylist()
    lists[16] = lists[16][:5]
    assert reason(with_vectors(table, pa.array(lists, pa.list_(pa.float32())))) == (
        "the embeddings in vector differ in length: 8 in row 1, 5 in row 17"
    )


def test_rows_without_finite_numbers_are_left_out_and_counted(table: pa.Table) -> None:
    lists = table.column("vector").to_pylist()
    lists[0], lists[1], lists[2], lists[3] = None, [], [float("nan")] * 8, [*lists[3][:7], float("inf")]
    found = clusters(with_vectors(table, pa.array(lists, pa.list_(pa.float32()))))
    assert (found.unplaced, found.rows) == (4, 1496)
    assert "4 rows left out: vector holds no finite numbers there" in found.notes


def test_what_says_nothing_is_said(table: pa.Table) -> None:
    rows = table.num_rows
    constant = pa.array([[1.0, 2.0]] * rows, pa.list_(pa.float32()))
    assert reason(with_vectors(table, constant)) == "all failed rows have the same values"
    none = pa.array([None] * rows, pa.list_(pa.float32()))
    assert reason(with_vectors(table, none)) == "no failed row can be compared: vector holds no finite numbers there"
    assert "no column of embeddings, no numeric factor" in reason(table.drop_columns(["vector", "kind"]))
    names = pa.array([["a", "b"]] * rows)
    assert reason(with_vectors(table, names), embedding="vector").startswith("vector is list<")
    assert "it takes numbers" in reason(table, embedding=["light", "truth"])
    right = table.set_column(2, "prediction", table.column("truth"))
    assert reason(right) == "no row failed"


def test_few_failures_are_too_few_to_say(table: pa.Table) -> None:
    rng = np.random.default_rng(0)
    truth = ["a"] * 200
    said = ["b"] * 12 + ["a"] * 188
    few = pa.table(
        {
            "truth": truth,
            "prediction": said,
            "vector": pa.array(list(rng.normal(size=(200, 3))), pa.list_(pa.float64())),
        }
    )
    found = clusters(few)
    assert found.number is None and found.p is None and found.tried == ()
    assert "too few to look for clusters: 12 independent failures (20 at least)" in found.notes
    assert "too few to say" in lines(found, 80, Paint(False))[0]
    assert clusters(few.slice(10)).failures == 2
    assert reason(few.slice(11)) == "one failed row has none to be compared with"


def test_where_every_row_failed_there_are_still_clusters(table: pa.Table) -> None:
    failed = table.append_column("bad", pa.array([True] * table.num_rows)).drop_columns(["truth", "prediction", "kind"])
    found = clusters(failed, failed="bad")
    assert found.number == 3 and found.clusters[0].error_rate == 1.0
    assert found.clusters[0].conditions == ()
    assert "no row passed, so nothing tells failures from rows that passed" in found.notes


def test_too_many_dimensions(table: pa.Table) -> None:
    wide = pa.FixedSizeListArray.from_arrays(pa.array(np.random.default_rng(0).normal(size=60 * 20_001)), 20_001)
    some = with_vectors(table.filter(pa.compute.not_equal(table["truth"], table["prediction"])).slice(0, 60), wide)
    assert reason(some) == "20,001 dimensions are too many to compare by (20,000 at most)"


def test_a_text_is_no_dimension(table: pa.Table) -> None:
    said = reason(table.append_column("x", pa.array(["a"] * table.num_rows)), embedding=("kind", "x"))
    assert said == "kind holds text, and is no dimension of an embedding: it takes numbers"


def test_texts_without_words_in_common() -> None:
    table = pa.table({"answer": [f"w{at}x" for at in range(60)], "wrong": [True, False] * 30})
    assert reason(table, embedding="answer", failed="wrong").startswith("no word stands in 3 texts of answer")


def test_options_that_are_none() -> None:
    with pytest.raises(UsageError, match="clusters"):
        errata.analyze(planted(60), only="clusters", clusters="ward")
    with pytest.raises(ColumnError):
        errata.analyze(planted(60), only="clusters", embedding="nothing")


# Real data


def test_airline_agents(sample_data: Path) -> None:
    path = sample_data / "agents" / "tau_airline_gpt4o.jsonl"
    found = clusters(path, failed="reward < 1", group="task_id", embedding="last_assistant_message")
    assert (found.rows, found.failures, found.by) == (200, 116, "text")
    assert found.tried_rows == 40  # tasks that failed at least once
    assert any("4 rows count as one" in note for note in found.notes)


def test_digits_by_their_pixels(sample_data: Path) -> None:
    from sklearn.datasets import load_digits

    table = pq.read_table(sample_data / "predictions" / "digits_v1.parquet")
    images = load_digits().data.astype(np.float32)
    rows = [int(name.split("-")[1]) for name in table.column("id").to_pylist()]
    table = table.append_column("pixels", pa.array(list(images[rows]), pa.list_(pa.float32())))
    found = clusters(table)
    assert (found.rows, found.failures, found.columns, found.dimensions) == (1797, 152, ("pixels",), 64)
    assert found.number is None and len(found.tried) == 10


@pytest.mark.slow
def test_had_every_digit_failed_what_they_show_would_be_the_clusters(sample_data: Path) -> None:
    from sklearn.datasets import load_digits

    digits = load_digits()
    table = pa.table({"bad": [True] * 1797, "pixels": pa.array(list(digits.data), pa.list_(pa.float64()))})
    found = clusters(table, failed="bad")
    assert found.p == 0.05 and found.number in (8, 10, 12)
    assert sum(one.stable for one in found.clusters) >= found.number - 1
