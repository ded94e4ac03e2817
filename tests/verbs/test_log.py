from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from errata.core.errors import Conflict, GrammarError, UsageError, ValueFault
from errata.integrations.files import open_source
from errata.nouns.roles import Roles
from errata.store import runs
from errata.store.catalog import Store
from errata.verbs.log import LogOptions, log_run
from errata.verbs.run import get_run, list_runs
from tests.catalogs import files_under, log, predictions


@pytest.mark.homes("folder", "postgresql")
def test_a_run_keeps_what_was_counted(store: Store) -> None:
    run = log(store, predictions(2000), params={"lr": 0.1}, seed=7)
    kept = get_run(store, 1)
    assert (kept.ref, kept.model, kept.dataset, kept.repeat, kept.seed) == ("run:1", "pets@1", "field@1", 1, 7)
    assert (kept.rows, kept.failed, kept.unknown, kept.task) == (2000, run.failed, 0, "classification")
    assert kept.error_rate == run.error_rate == pytest.approx(0.136, abs=0.02)
    assert kept.low is not None and kept.high is not None
    assert kept.low < kept.error_rate < kept.high
    assert kept.roles == {"truth": "truth", "prediction": "prediction", "id": "id"}
    assert (kept.params, kept.logged_by, kept.paired, kept.known) == ({"lr": 0.1}, "ada", True, False)
    assert kept.environment["packages"]["numpy"] == np.__version__


def test_all_columns_as_given_and_the_outcomes_are_sealed(store: Store) -> None:
    table = predictions(500)
    log(store, table)
    with store.read() as connection:
        sealed = pq.read_table(runs.part_path(connection, store, 1, "predictions"))
        outcomes = pq.read_table(runs.part_path(connection, store, 1, "outcomes"))
    assert sealed.column_names == table.column_names
    assert sealed["contrast"].equals(table["contrast"])
    assert sealed["id"].to_pylist() == table["id"].to_pylist()
    wrong = [t != p for t, p in zip(table["truth"].to_pylist(), table["prediction"].to_pylist(), strict=True)]
    assert outcomes["failed"].to_pylist() == wrong


@pytest.mark.homes("folder", "postgresql")
def test_the_same_content_again_changes_nothing_whatever_its_form(store: Store, tmp_path: Path) -> None:
    table = predictions(500)
    log(store, table)
    before = files_under(store.root)
    order = np.random.default_rng(1).permutation(500)
    shuffled = table.take(order).select(sorted(table.column_names))
    assert log(store, shuffled).known
    pacsv.write_csv(shuffled, tmp_path / "preds.csv")
    again = log_run(store, open_source(tmp_path / "preds.csv"), Roles(), LogOptions(model="pets@1", dataset="field@1"))
    assert (again.ref, again.known) == ("run:1", True)
    assert files_under(store.root) == before


@pytest.mark.homes("folder", "postgresql")
def test_other_predictions_of_the_same_pair_are_the_next_repeat(store: Store) -> None:
    assert log(store, predictions(500)).repeat == 1
    assert log(store, predictions(500, seed=1)).repeat == 2
    assert log(store, predictions(500), params={"lr": 2}).repeat == 3
    assert log(store, predictions(500), model="pets@2").repeat == 1
    assert log(store, predictions(500, seed=2), repeat=9).repeat == 9
    assert log(store, predictions(500), repeat=10).known is False
    with pytest.raises(Conflict) as failure:
        log(store, predictions(500, seed=3), repeat=2)
    assert (failure.value.code, "run:2" in failure.value.message) == ("repeat-taken", True)
    assert [run.number for run in list_runs(store)] == [6, 5, 4, 3, 2, 1]


def test_other_ids_under_a_known_dataset_version_are_refused(store: Store) -> None:
    log(store, predictions(500))
    before = files_under(store.root)
    with pytest.raises(Conflict) as failure:
        log(store, predictions(500, first=1), model="pets@2")
    assert failure.value.code == "other-dataset"
    assert failure.value.message == "field@1 is another dataset: the ids differ from those of run:1"
    assert files_under(store.root) == before
    log(store, predictions(500, first=1), model="pets@2", dataset="field@2")


@pytest.mark.homes("folder", "postgresql")
def test_other_truth_under_a_known_dataset_version_is_refused(store: Store) -> None:
    table = predictions(500)
    log(store, table)
    truth = ["dog" if value == "cat" else "cat" for value in table["truth"].to_pylist()]
    with pytest.raises(Conflict, match="the truth of the same ids differs from that of run:1"):
        log(store, table.set_column(1, "truth", [truth]))


def test_truth_that_is_only_late_is_no_other_truth(store: Store) -> None:
    table = predictions(500)
    truth = table["truth"].to_pylist()
    early = table.set_column(1, "truth", pa.array([*truth[:300], *[None] * 200], pa.string()).cast(pa.string()))
    first = log(store, early, allow_unknown=True)
    assert first.unknown == 200
    assert log(store, table).repeat == 2
    truth[0] = "dog" if truth[0] == "cat" else "cat"
    with pytest.raises(Conflict, match="the truth of the same ids"):
        log(store, table.set_column(1, "truth", [truth]))


def test_without_ids_the_dataset_is_what_its_rows_hold(store: Store) -> None:
    table = predictions(500).drop_columns("id")
    first = log(store, table)
    assert not first.paired
    other_model = predictions(500, seed=1).drop_columns("id").append_column("latency_ms", [list(range(500))])
    assert log(store, other_model, model="pets@2").dataset_digest == first.dataset_digest
    with pytest.raises(Conflict, match="the rows differ from those of run:1"):
        log(store, predictions(500, dataset=1).drop_columns("id"), model="pets@3")
    with pytest.raises(Conflict, match="run:1 has no ids, this has ids"):
        log(store, predictions(500), model="pets@3")


@pytest.mark.homes("folder", "postgresql")
def test_the_first_log_of_a_dataset_name_fixes_the_edges_of_its_numbers(store: Store) -> None:
    rng = np.random.default_rng(0)
    log(store, predictions(500).append_column("size", [rng.random(500)]), dataset="field@1")
    with store.read() as connection:
        first = runs.reference_edges(connection, store, "field")
    assert set(first) == {"contrast", "size"}
    later = predictions(500, first=500, dataset=1).append_column("size", [10 + rng.random(500)])
    log(store, later.append_column("weight", [rng.random(500)]), dataset="field@2")
    with store.read() as connection:
        second = runs.reference_edges(connection, store, "field")
        assert runs.reference_edges(connection, store, "other") == {}
    assert {name: second[name] for name in first} == first
    assert set(second) == {"contrast", "size", "weight"}


@pytest.mark.homes("folder", "postgresql")
def test_a_failed_run_needs_no_file(store: Store) -> None:
    run = log_run(store, None, Roles(), LogOptions(model="pets@4", state="failed", error="out of memory"))
    assert (run.state, run.error, run.rows, run.dataset) == ("failed", "out of memory", None, None)
    assert get_run(store, 1).error == "out of memory"
    again = log_run(store, None, Roles(), LogOptions(model="pets@4", state="failed", error="out of memory"))
    assert (again.number, again.known) == (1, True)
    other = log_run(store, None, Roles(), LogOptions(model="pets@4", state="aborted", error="by hand"))
    assert (other.number, other.repeat) == (2, 2)


@pytest.mark.parametrize(
    ("options", "error", "code"),
    [
        ({"model": "pets"}, GrammarError, "no-version"),
        ({"dataset": "field"}, GrammarError, "no-version"),
        ({"model": "pets@1\n"}, GrammarError, "bad-name"),
        ({"dataset": None}, UsageError, "no-dataset"),
        ({"state": "done"}, UsageError, "bad-state"),
        ({"repeat": 0}, UsageError, "bad-repeat"),
        ({"seed": 2**63}, UsageError, "bad-option"),
        ({"params": {"lr": float("nan")}}, UsageError, "bad-params"),
        ({"params": {"model": object()}}, UsageError, "bad-params"),
        ({"params": {"name": "\udcff"}}, UsageError, "bad-params"),
        ({"error": "boom"}, UsageError, "error-of-complete"),
    ],
)
def test_what_cannot_be_logged_is_refused_and_changes_nothing(
    store: Store, options: dict[str, object], error: type[Exception], code: str
) -> None:
    before = files_under(store.root)
    with pytest.raises(error) as failure:
        log(store, predictions(20), **{"model": "pets@1", **options})  # type: ignore[arg-type]
    assert failure.value.code == code  # type: ignore[attr-defined]
    assert files_under(store.root) == before


def test_repeated_ids_are_refused(store: Store) -> None:
    table = predictions(20)
    with pytest.raises(ValueFault) as failure:
        log(store, pa.concat_tables([table, table.slice(0, 1)]))
    assert failure.value.code == "repeated-id"
    assert list_runs(store) == []


def test_the_interval_of_a_run_with_groups_is_wider(store: Store) -> None:
    table = predictions(2000)
    failed = np.array(
        [t != p for t, p in zip(table["truth"].to_pylist(), table["prediction"].to_pylist(), strict=True)]
    )
    by_failure = np.argsort(~failed, kind="stable") // 20  # twenty rows a group, nearly all failing or all passing
    group = np.empty(2000, int)
    group[np.argsort(~failed, kind="stable")] = np.arange(2000) // 20
    assert len(by_failure) == 2000
    alone = log(store, table)
    grouped = log(store, table.append_column("user", [group]), roles=Roles(group="user"))
    assert grouped.error_rate == alone.error_rate
    assert None not in (grouped.high, grouped.low, alone.high, alone.low)
    assert (grouped.high - grouped.low) > 3 * (alone.high - alone.low)  # type: ignore[operator]


def test_real_predictions_are_logged_and_paired(store: Store, sample_data: Path) -> None:
    folder = sample_data / "predictions"
    for version in (1, 2):
        options = LogOptions(model=f"digits@{version}", dataset="folds@1")
        run = log_run(store, open_source(folder / f"digits_v{version}.parquet"), Roles(), options)
        assert (run.rows, run.failed) == (1797, (152, 57)[version - 1])
    one, two = get_run(store, 1), get_run(store, 2)
    assert one.dataset_digest == two.dataset_digest
    assert one.digest != two.digest


def agents(seed: int = 0, worse: float = 0.0) -> pa.Table:
    """Ten tasks tried three times; a tool error in every fifth trial."""
    rng = np.random.default_rng(seed)
    reward = (rng.random(30) > 0.4 + worse).astype(float)
    errors = [[{"turn": 2, "text": "Error: no"}] if row % 5 == 0 else [] for row in range(30)]
    return pa.table(
        {
            "task_id": np.repeat(np.arange(10), 3),
            "reward": reward,
            "turns": rng.integers(3, 30, 30),
            "tools_called": [["search"] * int(n) for n in rng.integers(0, 4, 30)],
            "tool_errors": errors,
            "answer": ["Done."] * 30,
        }
    )


AGENT = Roles(failed="reward < 1", group="task_id")


def test_nested_columns_are_logged_and_each_row_keeps_its_kinds(store: Store, tmp_path: Path) -> None:
    run = log(store, agents(), "agent@1", "tasks@1", AGENT)
    assert run.task == "generation"
    assert run.roles["tools"] == "tool_errors" and run.roles["task"] == "generation"
    with store.read() as connection:
        outcomes = pq.read_table(runs.part_path(connection, store, 1, "outcomes"))
    assert outcomes["kinds"].to_pylist()[:6] == [["tool-error"], [], [], [], [], ["tool-error"]]
    pq.write_table(agents(), tmp_path / "agents.parquet")
    again = log_run(
        store, open_source(tmp_path / "agents.parquet"), AGENT, LogOptions(model="agent@1", dataset="tasks@1")
    )
    assert again.known


def test_another_run_of_the_same_tasks_is_of_the_same_dataset(store: Store) -> None:
    from errata.client.catalog import Catalog

    first = log(store, agents(), "agent@1", "tasks@1", AGENT)
    second = log(store, agents(1, worse=0.5), "agent@2", "tasks@1", AGENT)
    assert first.dataset_digest == second.dataset_digest
    other = agents().slice(0, 27)
    with pytest.raises(Conflict, match="the rows differ"):
        log(store, other, "agent@1", "tasks@1", AGENT)
    catalog = Catalog(store)
    assert set(catalog.runs.analyze(1, only=["kinds", "repeats"]).analyses) == {"kinds", "repeats"}
    comparison = catalog.runs.compare(1, 2, pair_by="task_id")
    assert comparison.pairs == 10 and comparison.verdict == "worse"


def test_truth_that_is_a_list_is_compared_as_a_set(store: Store) -> None:
    table = pa.table({"id": [1, 2], "truth": [["a", "b"], None], "prediction": [["a"], ["b"]]})
    log(store, table, "tags@1", "photos@1", Roles(task="multilabel"), allow_unknown=True)
    late = pa.table({"id": [1, 2], "truth": [["b", "a"], ["b"]], "prediction": [["a"], ["b"]]})
    assert log(store, late, "tags@1", "photos@1", Roles(task="multilabel")).number == 2
    wrong = pa.table({"id": [1, 2], "truth": [["c"], ["b"]], "prediction": [["a"], ["b"]]})
    with pytest.raises(Conflict, match="the truth of the same ids differs"):
        log(store, wrong, "tags@1", "photos@1", Roles(task="multilabel"))
