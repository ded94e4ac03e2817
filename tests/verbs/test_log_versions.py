from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from errata.core.errors import ColumnError, Conflict, UsageError, ValueFault
from errata.integrations.files import table_source
from errata.nouns.roles import Roles
from errata.nouns.run import Run
from errata.store.catalog import Store
from errata.verbs.log_versions import log_versions
from errata.verbs.run import list_runs
from tests.catalogs import files_under, log, predictions


def together(*versions: object, rows: int = 300, apart: bool = False) -> pa.Table:
    """Predictions of these versions in one table, of the same samples or, ``apart``, each of its own."""
    tables = []
    for seed, version in enumerate(versions):
        table = predictions(rows, seed=seed, first=rows * seed if apart else 0)
        tables.append(table.append_column("version", pa.array([version] * rows)))
    return pa.concat_tables(tables)


def log_each(store: Store, table: pa.Table, **options: object) -> list[Run]:
    wanted = {"model_from": "version", "model": "pets", "dataset": "field@1", **options}
    return log_versions(store, table_source(table), Roles(), **wanted)  # type: ignore[arg-type]


def test_each_version_is_a_run_in_the_order_of_the_versions(store: Store) -> None:
    found = log_each(store, together("v10", "v2", "v9"))
    assert [(run.ref, run.model, run.rows) for run in found] == [
        ("run:1", "pets@v2", 300), ("run:2", "pets@v9", 300), ("run:3", "pets@v10", 300),
    ]  # fmt: skip
    assert len({run.dataset_digest for run in found}) == 1
    assert all(run.paired for run in found)
    alone = log(store, predictions(300, seed=1), model="other@1", dataset="alone@1")
    assert (found[0].failed, found[0].low, found[0].high) == (alone.failed, alone.low, alone.high)


def test_whole_numbers_are_versions_and_names_may_be_in_the_column(store: Store) -> None:
    assert [run.model for run in log_each(store, together(10, 2))] == ["pets@2", "pets@10"]
    assert [run.model for run in log_each(store, together(3.0, 1.5), dataset="field@2")] == ["pets@1.5", "pets@3"]
    named = log_each(store, together("cats@1", "dogs@1"), model=None, dataset="field@3")
    assert [run.model for run in named] == ["cats@1", "dogs@1"]


def test_the_same_content_again_changes_nothing_and_a_new_version_is_added(store: Store) -> None:
    log_each(store, together("v1", "v2"))
    before = files_under(store.root)
    assert [run.known for run in log_each(store, together("v1", "v2"))] == [True, True]
    assert files_under(store.root) == before
    again = log_each(store, together("v1", "v2", "v3"))
    assert [(run.ref, run.known) for run in again] == [("run:1", True), ("run:2", True), ("run:3", False)]


def test_without_ids_the_versions_are_still_on_one_dataset(store: Store) -> None:
    found = log_each(store, together("v1", "v2").drop_columns("id"))
    assert len({run.dataset_digest for run in found}) == 1


def test_versions_of_other_samples_want_datasets_of_their_own(store: Store) -> None:
    before = files_under(store.root)
    with pytest.raises(UsageError) as failure:
        log_each(store, together("v1", "v2", apart=True))
    assert (failure.value.code, failure.value.next) == ("other-dataset", "--dataset 'field@1-{version}'")
    assert files_under(store.root) == before
    found = log_each(store, together("v1", "v2", apart=True), dataset="field@1-{version}")
    assert [run.dataset for run in found] == ["field@1-v1", "field@1-v2"]


def test_all_are_logged_or_none(store: Store) -> None:
    log(store, predictions(300, dataset=1), model="other@1")
    before = files_under(store.root)
    with pytest.raises(Conflict, match="the truth of the same ids differs from that of run:1"):
        log_each(store, together("v1", "v2"))
    repeated = pa.concat_tables([together("v1", "v2"), together("v2").slice(0, 1)])
    with pytest.raises(ValueFault) as failure:
        log_each(store, repeated, dataset="field@2")
    assert (failure.value.code, "among the rows of pets@v2" in failure.value.where) == ("repeated-id", True)
    assert files_under(store.root) == before
    assert [run.model for run in list_runs(store)] == ["other@1"]


def test_rows_without_a_version_are_refused_or_kept_aside(store: Store) -> None:
    table = together("v1", "v2")
    versions = table["version"].to_pylist()
    for row in (7, 307):
        versions[row] = None
    versions[8] = versions[308] = "  "
    table = table.set_column(table.schema.get_field_index("version"), "version", pa.array(versions))
    with pytest.raises(ValueFault) as failure:
        log_each(store, table)
    assert (failure.value.code, failure.value.message) == ("null-version", "4 rows of 600 have no model version")
    assert failure.value.where == "table, column version, first in row 8"
    found = log_each(store, table, quarantine=True)
    assert [(run.rows, run.quarantined) for run in found] == [(298, 4), (298, 4)]


@pytest.mark.parametrize(
    ("values", "options", "error", "code"),
    [
        (["v1", "v2"], {"model": "pets@1"}, UsageError, "version-twice"),
        (["v1", "v2"], {"model": None}, ValueFault, "bad-version"),
        (["v 1", "v2"], {}, ValueFault, "bad-version"),
        (["v1", "v2"], {"model_from": "nothing"}, ColumnError, "no-such-column"),
        (["v1", "v2"], {"model_from": "id"}, ValueFault, "too-many-versions"),
        (["v1", "v2"], {"dataset": None}, UsageError, "no-dataset"),
        ([None, None], {}, ValueFault, "null-version"),
        ([None, None], {"quarantine": True}, ValueFault, "null-version"),
        ([["v1"], ["v2"]], {}, ValueFault, "bad-version"),
    ],
)
def test_what_names_no_versions_is_refused(
    store: Store, values: list[object], options: dict[str, object], error: type[Exception], code: str
) -> None:
    before = files_under(store.root)
    with pytest.raises(error) as failure:
        log_each(store, together(*values), **options)
    assert failure.value.code == code  # type: ignore[attr-defined]
    assert files_under(store.root) == before


def test_truth_may_come_later_for_versions_too(store: Store) -> None:
    found = log_each(store, together("v1", "v2").drop_columns("truth"), allow_unknown=True)
    assert [run.unknown for run in found] == [300, 300]


def test_a_million_versions_are_no_versions(store: Store) -> None:
    rows = 200_000
    table = pa.table(
        {"id": np.arange(rows), "truth": ["a"] * rows, "prediction": ["a"] * rows, "version": np.arange(rows)}
    )
    with pytest.raises(ValueFault, match="column 'version' has 200,000 values: that is no model version"):
        log_each(store, table)
