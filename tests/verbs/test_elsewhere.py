"""What other runs said of a sample, and the thumbnails of pictures that evidence keeps."""

from __future__ import annotations

import pyarrow as pa
import pytest

from errata.core.errors import NotFound
from errata.store.catalog import Store
from errata.verbs.case import open_case
from errata.verbs.elsewhere import elsewhere
from errata.verbs.run import get_run
from errata.verbs.thumbnail import thumbnail
from tests.catalogs import log, png, predictions


def test_a_sample_is_found_in_other_runs_on_its_dataset(store: Store) -> None:
    first = log(store, predictions(200, seed=1))
    second = log(store, predictions(150, seed=2, first=50), model="pets@2", dataset="field@2")
    log(store, predictions(200, seed=3), dataset="lab@1")
    log(store, predictions(200, seed=4).drop_columns("id"), dataset="field@3")
    [found] = elsewhere(store, first.number, "s00060")
    rows = predictions(150, seed=2, first=50).to_pylist()
    assert (found.run, found.model, found.dataset, found.row) == (second.number, "pets@2", "field@2", 10)
    assert found.prediction == rows[10]["prediction"]
    assert found.failed is (rows[10]["prediction"] != rows[10]["truth"])
    assert elsewhere(store, second.number, "s00060")[0].row == 60
    assert elsewhere(store, first.number, "s00003") == []


def test_a_sample_without_truth_has_no_outcome_there(store: Store) -> None:
    table = predictions(40)
    log(store, table)
    truth = pa.array([None, *table["truth"].to_pylist()[1:]])
    at = table.schema.get_field_index("truth")
    log(store, table.set_column(at, "truth", truth), model="pets@2", dataset="field@2", allow_unknown=True)
    assert [one.failed for one in elsewhere(store, 1, "s00000")] == [None]


def test_an_id_is_looked_for_as_each_run_writes_its_ids(store: Store) -> None:
    log(store, predictions(40))
    numbers = predictions(40).set_column(0, "id", pa.array(range(40)))
    log(store, numbers, model="pets@2", dataset="field@2")
    texts = numbers.set_column(0, "id", numbers["id"].cast(pa.string()))
    log(store, texts, model="pets@3", dataset="field@3")
    assert elsewhere(store, 1, "s00003") == []
    assert [(one.run, one.row) for one in elsewhere(store, 2, 3)] == [(3, 3)]
    assert [(one.run, one.row) for one in elsewhere(store, 3, "3")] == [(2, 3)]


def test_no_more_rows_are_looked_through_than_a_page_can_wait_for(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in (1, 2, 3):
        log(store, predictions(60, seed=version), model=f"pets@{version}")
    assert [one.run for one in elsewhere(store, 1, "s00003")] == [3, 2]
    monkeypatch.setattr("errata.verbs.elsewhere.MOST_ROWS", 100)
    assert [one.run for one in elsewhere(store, 1, "s00003")] == [3]
    with pytest.raises(NotFound):
        elsewhere(store, 9, "s00003")


def test_a_thumbnail_is_made_once_and_made_again_when_it_is_gone(store: Store) -> None:
    pytest.importorskip("PIL", reason="pillow is not installed")
    table = predictions(60, night=1.0)
    run = log(store, table.append_column("image", pa.array([png(row) for row in range(60)])))
    assert get_run(store, run.number).roles["image"] == "image"
    open_case(store, title="Night", slice="source = 'night'", run=run.number)
    folder = store.root / "thumbnails"
    digest = next(one for one in store.files.standing("blobs") if store.files.read(one).startswith(b"\x89PNG"))
    small = thumbnail(store, digest)
    assert len(small) != len(store.files.read(digest)) and small.startswith(b"\x89PNG")
    [kept] = [path for path in folder.rglob("*") if path.is_file()]
    assert kept.read_bytes() == small
    kept.write_bytes(b"")
    assert thumbnail(store, digest) == small and kept.read_bytes() == small
    with pytest.raises(NotFound, match="no blob"):
        thumbnail(store, "0" * 64)


def test_where_no_thumbnail_can_be_kept_it_is_made_all_the_same(store: Store) -> None:
    pytest.importorskip("PIL", reason="pillow is not installed")
    table = predictions(60, night=1.0)
    log(store, table.append_column("image", pa.array([png(row) for row in range(60)])))
    open_case(store, title="Night", slice="source = 'night'", run=1)
    digest = next(one for one in store.files.standing("blobs") if store.files.read(one).startswith(b"\x89PNG"))
    (store.root / "thumbnails").write_bytes(b"in the way")
    assert thumbnail(store, digest).startswith(b"\x89PNG")
