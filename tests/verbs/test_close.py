"""A case closes by a verdict: each thing that is missing is said, and nothing else closes it."""

from __future__ import annotations

import pytest

from errata.core.errors import Conflict, NotFound
from errata.nouns.roles import Roles
from errata.store.catalog import Store
from errata.verbs.case import open_case
from errata.verbs.check import add_check
from errata.verbs.close import close_case
from errata.verbs.gate_run import gate_run
from errata.verbs.plan import open_plan
from errata.verbs.record import get_record, history
from errata.verbs.run import get_gate, list_gates
from tests.catalogs import NIGHT, log, predictions

pytestmark = pytest.mark.homes("folder", "postgresql")


@pytest.fixture
def case(store: Store) -> Store:
    """PET-1: pets@1 fails by night in run:1; PET-2: a check that allows 15 %."""
    log(store, predictions(4000))
    open_case(store, title="Night", slice=NIGHT, run=1)
    add_check(store, case="PET-1", criterion="<= 0.15")
    return store


def missing(store: Store, run: int, key: str = "PET-1") -> list[str]:
    state = get_record(store, key).state
    with pytest.raises(Conflict) as failure:
        close_case(store, key, run)
    assert failure.value.code == "cannot-close"
    assert get_record(store, key).state == state
    assert list_gates(store) == []
    return failure.value.details


def test_a_mended_model_on_fresh_samples_closes_the_case(case: Store) -> None:
    log(case, predictions(4000, night=0.05, first=4000, dataset=1), model="pets@2", dataset="field@2")
    closed = close_case(case, "PET-1", 2)
    assert (closed.state, closed.closed_by.run, closed.closed_by.gate) == ("closed", 2, 1)
    gate = get_gate(case, 1)
    assert (gate.purpose, gate.verdict, gate.run) == ("close PET-1", "pass", 2)
    assert [(one["case"], one["verdict"]) for one in gate.checks] == [("PET-1", "pass")]
    assert history(case, "PET-1", "case")[-1].reason == "1 check passed on run:2, pets@2 (gate:1)"


def test_the_same_model_version_does_not(case: Store) -> None:
    log(case, predictions(4000, night=0.05, first=4000, dataset=1), dataset="field@2")
    assert missing(case, 2) == ["run:2 is of pets@1, which is not newer than pets@1 of run:1"]
    assert missing(case, 1) == ["run:1 is of pets@1, which is not newer than pets@1 of run:1"]


def test_another_model_does_not(case: Store) -> None:
    log(case, predictions(4000, night=0.0, first=4000, dataset=1), model="birds@2", dataset="field@2")
    assert missing(case, 2) == ["run:2 is of birds@2, and the case is about pets"]


def test_a_case_without_a_check_does_not_close(store: Store) -> None:
    log(store, predictions(2000))
    open_case(store, title="Night", slice=NIGHT, run=1)
    log(store, predictions(2000, night=0.0, first=4000, dataset=1), model="pets@2", dataset="field@2")
    assert missing(store, 2) == ["it has no check"]


def test_a_failing_check_does_not(case: Store) -> None:
    log(case, predictions(4000, seed=1, first=4000, dataset=1), model="pets@2", dataset="field@2")
    (said,) = missing(case, 2)
    assert said.startswith("check 'Night' is fail on ")


def test_too_few_samples_do_not_and_how_many_are_missing_is_said(case: Store) -> None:
    log(case, predictions(60, night=0.0, first=4000, dataset=1), model="pets@2", dataset="field@2")
    (said,) = missing(case, 2)
    assert "is inconclusive on 1" in said
    assert "more needed" in said


def test_the_old_predictions_under_a_new_name_do_not(case: Store) -> None:
    log(case, predictions(4000), model="pets@2")
    (said,) = missing(case, 2)
    assert said.startswith(
        "check 'Night' passes only without the samples of its evidence and plans; with them it is fail"
    )


def test_a_mended_model_on_the_same_samples_does_if_it_holds_with_and_without_them(case: Store) -> None:
    log(case, predictions(4000, night=0.05, seed=1), model="pets@2")
    evidence = get_record(case, "PET-1").samples
    close_case(case, "PET-1", 2)
    (verdict,) = get_gate(case, 1).checks
    assert verdict["n"] == get_record(case, "PET-1").figures.rows - evidence


def test_samples_that_a_plan_learned_from_do_not_count(case: Store) -> None:
    table = predictions(4000, night=0.0, first=4000, dataset=1)
    log(case, table, model="pets@2", dataset="field@2")
    open_plan(case, cases=["PET-1"], actions=["train on them"], title="Train", samples=table["id"].to_pylist())
    (said,) = missing(case, 2)
    assert said.startswith("check 'Night' is inconclusive on 0 samples")
    result, _, _ = gate_run(case, 2)
    assert (result.verdict, result.checks[0].n) == ("inconclusive", 0)


def test_groups_of_evidence_do_not_count_either(store: Store) -> None:
    import pyarrow as pa

    def grouped(table: pa.Table) -> pa.Table:
        return table.append_column("user", [[row // 2 for row in range(len(table))]])

    roles = Roles(group="user")
    log(store, grouped(predictions(4000)), roles=roles)
    case = open_case(store, title="Night", slice=NIGHT, run=1)
    add_check(store, case=case.key, criterion="<= 0.15")
    log(store, grouped(predictions(4000, night=0.02, seed=1)), model="pets@2", roles=roles)
    close_case(store, case.key, 2)
    (verdict,) = get_gate(store, 1).checks
    assert verdict["n"] < case.figures.rows - case.samples


def test_runs_without_ids_cannot_tell_used_samples_apart(store: Store) -> None:
    log(store, predictions(2000).drop_columns("id"))
    open_case(store, title="Night", slice=NIGHT, run=1)
    add_check(store, case="PET-1", criterion="<= 0.15")
    log(store, predictions(2000, night=0.0, dataset=1).drop_columns("id"), model="pets@2", dataset="field@2")
    with pytest.raises(Conflict) as failure:
        close_case(store, "PET-1", 2)
    assert failure.value.code == "no-ids"


def test_a_closed_case_cannot_be_closed_again(case: Store) -> None:
    log(case, predictions(4000, night=0.05, first=4000, dataset=1), model="pets@2", dataset="field@2")
    close_case(case, "PET-1", 2)
    with pytest.raises(Conflict, match="PET-1 is closed"):
        close_case(case, "PET-1", 2)
    with pytest.raises(NotFound):
        close_case(case, "PET-9", 2)


def test_what_comes_back_is_reopened_by_the_gate(case: Store) -> None:
    log(case, predictions(4000, night=0.05, first=4000, dataset=1), model="pets@2", dataset="field@2")
    close_case(case, "PET-1", 2)
    log(case, predictions(4000, first=8000, seed=2, dataset=2), model="pets@3", dataset="field@3")
    result, number, back = gate_run(case, 3)
    assert (result.verdict, result.exit_code, number, back) == ("fail", 1, 2, ["PET-1"])
    assert result.checks[0].came_back
    assert result.checks[0].reason.startswith("PET-1 came back")
    reopened = get_record(case, "PET-1")
    assert (reopened.state, reopened.came_back.run, reopened.came_back.gate) == ("reopened", 3, 2)
    assert history(case, "PET-1", "case")[-1].reason == "came back on run:3, pets@3 (gate:2)"
    assert get_gate(case, 2).checks[0]["reason"].startswith("PET-1 came back")
    gate_run(case, 3)
    assert get_record(case, "PET-1").revision == reopened.revision


def test_what_came_back_does_not_close_by_a_run_from_before(case: Store) -> None:
    log(case, predictions(4000, night=0.05, first=4000, dataset=1), model="pets@2", dataset="field@2")
    close_case(case, "PET-1", 2)
    log(case, predictions(4000, first=8000, seed=2, dataset=2), model="pets@3", dataset="field@3")
    gate_run(case, 3)
    with pytest.raises(Conflict) as failure:
        close_case(case, "PET-1", 2)
    assert failure.value.details == ["run:2 is no newer than run:3, on which PET-1 came back"]
    log(case, predictions(4000, night=0.05, first=12000, dataset=3), model="pets@4", dataset="field@4")
    assert close_case(case, "PET-1", 4).state == "closed"
