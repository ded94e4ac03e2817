from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from errata.core.errors import ColumnError, Conflict, NotFound, UsageError, ValueFault
from errata.integrations.files import table_source
from errata.nouns.late_truth import LateTruth
from errata.nouns.roles import Roles
from errata.store import runs
from errata.store.catalog import Store, open_store
from errata.store.events import events
from errata.verbs.analyze import AnalyzeOptions
from errata.verbs.analyze_run import analyze_run
from errata.verbs.doctor import doctor
from errata.verbs.late_truth import TruthOptions, add_truth
from errata.verbs.parts import read_run
from errata.verbs.run import get_run, list_runs
from tests.catalogs import NIGHT, files_under, log, predictions, slices

ROWS = 600


def truth(rows: slice = slice(None), **columns: object) -> pa.Table:
    """The ids and truth of ``predictions(ROWS)``, some of its rows, with columns of other values."""
    table = predictions(ROWS).select(["id", "truth"])
    for name, values in columns.items():
        table = table.set_column(table.schema.get_field_index(name), name, pa.array(values))
    start, stop, _ = rows.indices(ROWS)
    return table.slice(start, stop - start)


def early(rows: int = 0, **more: object) -> pa.Table:
    """The predictions, with the truth of the first rows alone; without any there is no such column."""
    table = predictions(ROWS)
    if not rows:
        return table.drop_columns("truth")
    known = pa.array([*table["truth"].to_pylist()[:rows], *[None] * (ROWS - rows)], pa.string())
    return table.set_column(1, "truth", known)


def add(store: Store, table: object, run: int = 1, **options: object) -> LateTruth:
    return add_truth(store, table_source(table, "labels.csv"), TruthOptions(run=run, **options))  # type: ignore[arg-type]


def contradicting(*rows: int) -> list[str]:
    values = predictions(ROWS)["truth"].to_pylist()
    for row in rows:
        values[row] = "dog" if values[row] == "cat" else "cat"
    return values


def test_a_run_may_have_no_truth_until_it_comes(store: Store) -> None:
    first = log(store, early(), allow_unknown=True)
    assert (first.rows, first.failed, first.unknown, first.error_rate) == (ROWS, 0, ROWS, None)
    assert first.roles == {"prediction": "prediction", "id": "id"}
    assert "no row has a truth yet, so nothing says what failed" in first.notes

    added = add(store, truth())
    assert (added.rows, added.matched, added.strange, added.missing) == (ROWS, ROWS, 0, 0)
    assert (added.seq, added.changed, added.replaced, added.known) == (1, ROWS, 0, False)
    whole = log(store, predictions(ROWS), model="pets@2")
    for name in ("failed", "unknown", "error_rate", "low", "high", "task", "dataset_digest"):
        assert getattr(get_run(store, 1), name) == getattr(whole, name), name
    assert get_run(store, 1).roles["truth"] == "truth"
    assert not any("no row has a truth yet" in note for note in get_run(store, 1).notes)


@pytest.mark.homes("folder", "postgresql")
def test_earlier_outcomes_are_kept_beside_the_newest(store: Store) -> None:
    log(store, early(200), allow_unknown=True)
    add(store, truth(slice(150, 400)))
    add(store, truth())
    parts = get_run(store, 1).parts
    assert [(part.kind, part.seq) for part in parts] == [
        ("predictions", 1), ("outcomes", 1), ("truth", 1), ("outcomes", 2), ("truth", 2), ("outcomes", 3),
    ]  # fmt: skip
    assert [part.unknown for part in parts if part.kind == "outcomes"] == [400, 200, 0]
    assert [part.changed for part in parts if part.kind == "outcomes"] == [None, 200, 200]
    assert {part.actor for part in parts} == {"ada"}
    assert [part.source for part in parts if part.kind == "truth"] == ["labels.csv", "labels.csv"]
    failed = predictions(ROWS)
    wrong = pc.not_equal(failed["truth"], failed["prediction"]).to_pylist()
    for seq, known in ((1, 200), (2, 400), (3, 600)):
        with store.read() as connection:
            outcomes = pq.read_table(runs.part_path(connection, store, 1, "outcomes", seq))
        assert outcomes["failed"].to_pylist() == [*wrong[:known], *[None] * (ROWS - known)]
    assert doctor(store).faults == ()


@pytest.mark.homes("folder", "postgresql")
def test_every_reader_of_a_run_sees_the_newest_truth_or_that_of_a_day(store: Store) -> None:
    log(store, early(200), allow_unknown=True)
    add(store, truth())
    assert int((read_run(store, 1).outcomes.failed < 0).sum()) == 0
    assert int((read_run(store, 1, as_of=1).outcomes.failed < 0).sum()) == 400
    with pytest.raises(NotFound) as failure:
        read_run(store, 1, as_of=3)
    assert (failure.value.code, failure.value.expected) == ("no-such-part", "1 to 2")


def test_a_stored_report_is_made_anew_with_new_truth_and_the_old_one_stays(store: Store) -> None:
    log(store, early(300), allow_unknown=True)
    before = analyze_run(store, 1, AnalyzeOptions())
    add(store, truth())
    after = analyze_run(store, 1, AnalyzeOptions())
    assert (before.run.unknown, after.run.unknown) == (300, 0)
    assert slices(after.findings) == [NIGHT]
    assert {one.id for one in before.findings}.isdisjoint(one.id for one in after.findings)
    assert analyze_run(store, 1, AnalyzeOptions()) == after
    assert analyze_run(store, 1, AnalyzeOptions(), as_of=1) == before


def test_an_analysis_of_earlier_outcomes_hides_none_of_the_newest(store: Store) -> None:
    from errata.verbs.finding import list_findings

    log(store, early(300), allow_unknown=True)
    add(store, truth())
    newest = analyze_run(store, 1, AnalyzeOptions())
    earlier = analyze_run(store, 1, AnalyzeOptions(), as_of=1)
    assert earlier.run.unknown == 300
    assert [one.id for one in list_findings(store, 1)] == [one.id for one in newest.findings]


def test_counts_that_were_kept_are_not_those_of_later_truth(store: Store) -> None:
    table = predictions(ROWS).append_column("time", [np.datetime64("2026-01-01T00:00:00") + np.arange(ROWS) * 600])
    log(store, table.drop_columns("truth"), allow_unknown=True, roles=Roles(time="time"))
    options = AnalyzeOptions(analyses=("trend",))
    assert analyze_run(store, 1, options).run.unknown == ROWS
    add(store, truth())
    again = analyze_run(store, 1, options)
    assert (again.run.unknown, again.run.failed) == (0, get_run(store, 1).failed)
    add(store, truth(truth=contradicting(*range(100))), replace=True, reason="labelled again")
    assert analyze_run(store, 1, options).run.failed == get_run(store, 1).failed != again.run.failed


def test_the_same_truth_again_changes_nothing(store: Store) -> None:
    log(store, early(), allow_unknown=True)
    add(store, truth())
    before = files_under(store.root)
    again = add(store, truth())
    assert (again.known, again.seq, again.matched) == (True, 1, ROWS)
    assert add(store, truth(slice(0, 10))).known
    assert files_under(store.root) == before


@pytest.mark.homes("folder", "postgresql")
def test_truth_that_contradicts_is_refused_with_the_first_ids(store: Store) -> None:
    log(store, early(300), allow_unknown=True)
    before = files_under(store.root)
    with pytest.raises(Conflict) as failure:
        add(store, truth(truth=contradicting(*range(3, 10), 400)))
    assert failure.value.code == "truth-contradicts"
    assert failure.value.message == "labels.csv has another truth for 7 rows of run:1"
    kept, given = predictions(ROWS)["truth"][3].as_py(), contradicting(3)[3]
    assert failure.value.details[0] == f"id 's00003': {kept!r} in run:1, {given!r} in labels.csv"
    assert failure.value.details[5:] == ["and 2 more"]
    assert failure.value.found == "293 of 300 agree"
    assert failure.value.next.endswith("errata log labels.csv --truth-for run:1 --replace --reason TEXT")
    assert files_under(store.root) == before


@pytest.mark.homes("folder", "postgresql")
def test_truth_is_replaced_for_a_reason_that_is_kept(store: Store) -> None:
    log(store, early(300), allow_unknown=True)
    with pytest.raises(UsageError) as failure:
        add(store, truth(), replace=True)
    assert failure.value.code == "no-reason"
    added = add(store, truth(truth=contradicting(3, 4)), replace=True, reason="labelled again by two")
    assert (added.replaced, added.changed) == (2, 302)
    assert get_run(store, 1).parts[2].reason == "labelled again by two"
    last = events(store, "run:1", 1)[0]
    assert (last.verb, last.actor, last.reason) == ("log", "ada", "labelled again by two")
    assert last.before != last.after == get_run(store, 1).dataset_digest
    back = add(store, truth(), replace=True, reason="they were right before")
    assert (back.seq, back.replaced, back.changed) == (2, 2, 2)


def test_truth_beside_that_of_another_run_on_the_dataset_is_refused(store: Store) -> None:
    log(store, early(), allow_unknown=True)
    log(store, predictions(ROWS, seed=1), model="pets@2")
    with pytest.raises(Conflict) as failure:
        add(store, truth(truth=contradicting(5)))
    assert (failure.value.code, "that of run:2" in failure.value.message) == ("other-dataset", True)
    assert len(get_run(store, 1).parts) == 2
    added = add(store, truth(truth=contradicting(5)), replace=True, reason="run:2 is next")
    assert any("differs from that of run:2" in note for note in added.notes)
    with pytest.raises(Conflict, match="the truth of the same ids"):
        log(store, predictions(ROWS, seed=3), model="pets@3")


def test_a_later_run_may_not_contradict_truth_that_came_late(store: Store) -> None:
    log(store, early(), allow_unknown=True)
    add(store, truth())
    log(store, early(100), model="pets@2", allow_unknown=True)
    table = predictions(ROWS, seed=4)
    with pytest.raises(Conflict, match="the truth of the same ids differs from that of run:1"):
        log(store, table.set_column(1, "truth", [contradicting(599)]), model="pets@3")
    log(store, table, model="pets@3")


def test_a_run_without_truth_hides_no_other_truth(store: Store) -> None:
    log(store, early(), allow_unknown=True)
    log(store, predictions(ROWS), model="pets@2")
    with pytest.raises(Conflict, match="the truth of the same ids differs from that of run:2"):
        log(store, predictions(ROWS).set_column(1, "truth", [contradicting(1)]), model="pets@3")


def test_part_of_the_ids_is_said(store: Store) -> None:
    log(store, early(), allow_unknown=True)
    ids = [*truth()["id"].to_pylist()[:100], *[f"q{row}" for row in range(50)]]
    some = pa.table({"id": ids, "truth": ["cat"] * 90 + [None] * 10 + ["cat"] * 50})
    added = add(store, some)
    assert (added.rows, added.matched, added.strange, added.empty, added.missing) == (150, 100, 50, 10, 510)
    assert added.changed == 90


def test_ids_of_another_type_are_compared_as_text_and_that_is_said(store: Store) -> None:
    big = np.arange(ROWS) + 2**60
    log(store, early().set_column(0, "id", [big]), allow_unknown=True)
    added = add(store, truth(id=[str(value) for value in big]))
    assert added.matched == ROWS
    assert added.notes == ("ids are int64 in run:1 and string in labels.csv: they were compared as text",)


def test_ids_beyond_what_a_float_holds_are_told_apart(store: Store) -> None:
    big = np.arange(ROWS) + 2**53
    log(store, early().set_column(0, "id", [big]), allow_unknown=True)
    add(store, truth(id=big))
    assert get_run(store, 1).failed == log(store, predictions(ROWS), dataset="field@2").failed


def test_truth_of_another_type_is_read_as_the_predictions_where_values_meet(store: Store) -> None:
    said = pa.table({"id": range(100), "prediction": [row % 3 for row in range(100)]})
    log(store, said, allow_unknown=True)
    added = add(store, pa.table({"id": range(100), "truth": [str(row % 2) for row in range(100)]}))
    assert "was read as int64, as the predictions are" in added.notes[0]
    assert added.run.failed == sum(row % 3 != row % 2 for row in range(100))


def test_truth_that_only_looks_like_a_class_is_refused(store: Store) -> None:
    log(store, early(), allow_unknown=True)
    with pytest.raises(ValueFault) as failure:
        add(store, truth(truth=list(range(ROWS))))
    assert failure.value.code == "type-mismatch"
    assert failure.value.found == "truth: int64, such as 0; prediction: string, such as 'cat'"


def test_a_regression_has_losses_once_its_truth_comes(store: Store) -> None:
    rng = np.random.default_rng(0)
    said = rng.normal(size=200)
    log(store, pa.table({"id": range(200), "prediction": said}), allow_unknown=True)
    assert get_run(store, 1).task == "regression"
    right = said + rng.normal(size=200)
    added = add(store, pa.table({"id": range(200), "truth": right}))
    assert added.changed == 200
    assert read_run(store, 1).outcomes.loss == pytest.approx(np.abs(said - right))
    assert add(store, pa.table({"id": range(200), "truth": right.astype(np.float32)})).known
    right[7] = np.inf
    with pytest.raises(ValueFault) as failure:
        add(store, pa.table({"id": range(200), "truth": right}), replace=True, reason="an overflow")
    assert (failure.value.code, failure.value.where[:10]) == ("not-finite", "labels.csv")


def test_an_empty_column_of_truth_is_filled(store: Store) -> None:
    table = predictions(ROWS).set_column(1, "truth", pa.nulls(ROWS))
    log(store, table, allow_unknown=True)
    add(store, truth())
    judged = read_run(store, 1)
    assert judged.source.schema.names == table.column_names
    assert judged.source.column("truth").to_pylist() == predictions(ROWS)["truth"].to_pylist()


def test_a_class_that_has_no_score_unsets_the_scores(store: Store) -> None:
    said = ["cat" if row % 2 else "dog" for row in range(100)]
    scores = {f"p_{name}": [float(one == name) for one in said] for name in ("cat", "dog")}
    log(store, pa.table({"id": range(100), "prediction": said, **scores}), allow_unknown=True)
    assert get_run(store, 1).roles["scores"] == "p_*"
    added = add(store, pa.table({"id": range(100), "truth": ["bird", *said[1:]]}))
    assert added.notes == ("no score for class 'bird', of the new truth: scores are unset",)
    assert "scores" not in get_run(store, 1).roles
    assert analyze_run(store, 1, AnalyzeOptions()).run.failed == 1


@pytest.mark.parametrize(
    ("table", "options", "error", "code"),
    [
        (pa.table({"id": ["s00001", "s00001"], "truth": ["cat", "cat"]}), {}, ValueFault, "repeated-id"),
        (pa.table({"id": ["s00001", None], "truth": ["cat", "cat"]}), {}, ValueFault, "null-id"),
        (pa.table({"id": ["x", "y"], "truth": ["cat", "cat"]}), {}, ValueFault, "no-id-matches"),
        (pa.table({"id": ["s00001"], "truth": pa.nulls(1)}), {}, ValueFault, "no-truth-yet"),
        (pa.table({"id": ["s00001"], "truth": [["cat"]]}), {}, ValueFault, "type-mismatch"),
        (pa.table({"key": ["s00001"], "truth": ["cat"]}), {}, ColumnError, "no-id-column"),
        (pa.table({"id": ["s00001"], "a": ["cat"], "b": ["cat"]}), {}, ColumnError, "no-truth"),
        (pa.table({"id": ["s00001"], "truth": ["cat"]}), {"truth": "label"}, ColumnError, "no-such-column"),
        (pa.table({"id": ["s00001"], "truth": ["cat"]}), {"truth": "id"}, ColumnError, "one-column-two-roles"),
        (pa.table({"id": ["s00001"], "truth": ["cat"]}), {"run": 7}, NotFound, "no-such-run"),
        (pa.table({"id": ["s00001"], "truth": ["cat"]}), {"run": 2}, NotFound, "no-predictions"),
        (pa.table({"id": ["s00001"], "truth": ["cat"]}), {"run": 3}, Conflict, "no-ids"),
        (pa.table({"id": ["s00001"], "truth": ["cat"]}), {"run": 4}, Conflict, "no-prediction"),
    ],
)
def test_truth_that_cannot_be_used_is_refused_and_changes_nothing(
    store: Store, table: pa.Table, options: dict[str, object], error: type[Exception], code: str
) -> None:
    from errata.verbs.log import LogOptions, log_run

    log(store, early(), allow_unknown=True)
    log_run(store, None, Roles(), LogOptions(model="pets@2", state="failed"))
    log(store, early().drop_columns("id"), dataset="field@2", allow_unknown=True)
    log(store, early(), dataset="field@3", roles=Roles(failed="contrast > 0.5"))
    before = files_under(store.root)
    with pytest.raises(error) as failure:
        add(store, table, **options)  # type: ignore[arg-type]
    assert failure.value.code == code  # type: ignore[attr-defined]
    assert files_under(store.root) == before


def test_columns_are_found_by_the_names_that_the_run_has(store: Store) -> None:
    table = early(100).rename_columns(["sample", "label", "prediction", "source", "camera", "contrast"])
    log(store, table, roles=Roles(id="sample"), allow_unknown=True)
    given = truth().rename_columns(["sample", "label"]).append_column("truth", [["?"] * ROWS])
    assert add(store, given).missing == 0
    log(store, early(), dataset="field@2", allow_unknown=True)
    other = truth().rename_columns(["id", "what it was"])
    assert add(store, other, run=2).matched == ROWS, "one column beside the id is the truth"


@pytest.mark.homes("folder", "postgresql")
def test_two_writers_at_once_both_count(store: Store) -> None:
    log(store, early(), allow_unknown=True)
    halves = [truth(slice(0, 300)), truth(slice(300, 600))]
    barrier = threading.Barrier(2)
    seen: list[LateTruth] = []

    def write(table: pa.Table) -> None:
        other = open_store(store.home.place, actor="grace")
        barrier.wait()
        seen.append(add(other, table))
        other.close()

    threads = [threading.Thread(target=write, args=(half,)) for half in halves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.seq for one in seen) == [1, 2]
    assert get_run(store, 1).unknown == 0
    assert doctor(store).faults == ()


@pytest.mark.homes("folder", "postgresql")
def test_two_writers_of_other_truth_do_not_both_win(store: Store) -> None:
    log(store, early(), allow_unknown=True)
    tables = [truth(), truth(truth=contradicting(*range(10)))]
    barrier = threading.Barrier(2)
    codes: list[str] = []

    def write(table: pa.Table) -> None:
        other = open_store(store.home.place, actor="grace")
        barrier.wait()
        try:
            add(other, table)
            codes.append("added")
        except Conflict as conflict:
            codes.append(conflict.code)
        other.close()

    threads = [threading.Thread(target=write, args=(table,)) for table in tables]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["added", "truth-contradicts"]


@pytest.mark.homes("folder", "postgresql")
def test_doctor_notices_truth_without_its_outcomes(store: Store) -> None:
    import sqlalchemy as sa

    from errata.store import tables

    log(store, early(), allow_unknown=True)
    add(store, truth())
    part = tables.part
    with store.write("test") as transaction:
        gone = sa.delete(part).where(part.c.kind == "outcomes", part.c.seq == 2)
        transaction.connection.execute(gone)
    faults = doctor(store).faults
    assert "run:1 is half: its outcomes are not whole" in faults
    assert "run:1 does not say what its newest outcomes say" in faults


def test_a_gate_and_a_comparison_ask_the_newest_truth(store: Store) -> None:
    from errata.client.catalog import Catalog

    catalog = Catalog(store)
    log(store, early(), allow_unknown=True)
    log(store, predictions(ROWS, seed=1), model="pets@2")
    add(store, truth())
    both = catalog.runs.compare(1, 2)
    assert both.paired
    known = get_run(store, 1).failed, get_run(store, 2).failed
    assert both.newly_passing is not None
    assert both.newly_failing is not None
    assert (both.both_fail + both.newly_passing, both.both_fail + both.newly_failing) == known  # type: ignore[operator]


def test_real_predictions_get_their_truth_late(store: Store, sample_data: Path) -> None:
    whole = pq.read_table(sample_data / "predictions" / "digits_v1.parquet")
    roles = log(store, whole, model="digits@0", dataset="folds@0").roles
    column, key = roles["truth"], roles["id"]
    log(store, whole.drop_columns(column), model="digits@1", dataset="folds@1", allow_unknown=True)
    added = add(store, whole.select([key, column]).take(np.random.default_rng(0).permutation(len(whole))), run=2)
    assert (added.run.failed, added.missing) == (152, 0)
    assert [run.failed for run in list_runs(store)] == [152, 152]
