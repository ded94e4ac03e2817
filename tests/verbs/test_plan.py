from __future__ import annotations

import pytest

from errata.core.errors import Conflict, NotFound, UsageError, ValueFault
from errata.nouns.roles import Roles
from errata.store.catalog import Store
from errata.verbs.case import open_case
from errata.verbs.check import add_check
from errata.verbs.close import close_case
from errata.verbs.doctor import doctor
from errata.verbs.judge import samples_of_plan
from errata.verbs.plan import measure_plan, open_plan
from errata.verbs.record import get_record, history, list_records
from tests.catalogs import NIGHT, log, predictions


@pytest.fixture
def cases(store: Store) -> Store:
    """PET-1: by night; PET-2: on camera a, which overlaps with it."""
    log(store, predictions(4000))
    open_case(store, title="Night", slice=NIGHT, run=1)
    open_case(store, title="Camera a", slice="camera = 'a'", run=1)
    return store


def test_a_plan_promises_at_most_what_the_rest_allows(cases: Store) -> None:
    plan = open_plan(cases, cases=["PET-1"], actions=["collect night walks"], title="Nights", cost="2 days")
    figures = get_record(cases, "PET-1").figures
    predicted = plan.predicted
    assert (plan.key, plan.state, plan.actions, plan.cost) == ("PET-3", "planned", ("collect night walks",), "2 days")
    assert (predicted.rows, predicted.failed) == (figures.rows, figures.failed)
    assert predicted.errors == pytest.approx(figures.excess_errors)
    assert predicted.low < predicted.errors < predicted.high
    assert predicted.ceiling
    assert not predicted.grouped


def test_rows_of_two_planned_slices_count_once(cases: Store) -> None:
    both = open_plan(cases, cases=["PET-1", "PET-2"], actions=["x"], title="Both").predicted
    table = predictions(4000)
    columns = zip(*(table[name].to_pylist() for name in ("source", "camera", "truth", "prediction")), strict=True)
    rows = [(source == "night" or camera == "a", t != p) for source, camera, t, p in columns]
    inside = [failed for within, failed in rows if within]
    rest = [failed for within, failed in rows if not within]
    assert (both.rows, both.failed) == (len(inside), sum(inside))
    assert both.errors == pytest.approx(sum(inside) - len(inside) * sum(rest) / len(rest))


def test_opening_a_plan_makes_its_cases_planned(cases: Store) -> None:
    open_plan(cases, cases=["PET-1"], actions=["x"], title="Nights")
    assert [get_record(cases, key).state for key in ("PET-1", "PET-2")] == ["planned", "draft"]
    assert history(cases, "PET-1", "case")[-1].reason == "planned in PET-3"


@pytest.mark.homes("folder", "postgresql")
def test_what_a_plan_uses_is_kept(cases: Store) -> None:
    plan = open_plan(cases, cases=["PET-1"], actions=["x"], title="x", samples=["b", "a", "a"], groups=[3])
    assert plan.uses == 2
    used = samples_of_plan(cases, plan)
    assert (used.ids, used.groups) == ({"a", "b"}, {3})
    assert doctor(cases).orphans == ()


@pytest.mark.homes("folder", "postgresql")
def test_the_measured_gain_is_paired_and_by_slice(cases: Store) -> None:
    plan = open_plan(cases, cases=["PET-1"], actions=["x"], title="Nights")
    first, second = predictions(4000), predictions(4000, night=0.1, seed=1)
    log(cases, second, model="pets@2")
    measured = measure_plan(cases, plan.key, before=1, after=2).measured
    wrong = [
        [t != p for t, p in zip(table["truth"].to_pylist(), table["prediction"].to_pylist(), strict=True)]
        for table in (first, second)
    ]
    overall, night = measured.slices
    assert (overall.slice, overall.case, overall.rows) == ("all", None, 4000)
    assert (overall.before, overall.after) == (sum(wrong[0]), sum(wrong[1]))
    assert overall.gain == sum(wrong[0]) - sum(wrong[1])
    assert overall.low < overall.gain < overall.high
    assert (night.slice, night.case) == (NIGHT, "PET-1")
    assert night.gain > 200
    assert get_record(cases, "PET-1").state == "remediated"
    assert get_record(cases, plan.key).state == "measured"


def test_the_gain_is_not_measured_on_samples_that_the_plan_used(cases: Store) -> None:
    used = [f"s{row:05}" for row in range(1000)]
    plan = open_plan(cases, cases=["PET-1"], actions=["x"], title="Nights", samples=used)
    log(cases, predictions(4000, night=0.1, seed=1), model="pets@2")
    measured = measure_plan(cases, plan.key, before=1, after=2).measured
    assert (measured.slices[0].rows, measured.left_out) == (3000, 1000)


def test_runs_without_a_sample_in_common_cannot_be_compared(cases: Store) -> None:
    plan = open_plan(cases, cases=["PET-1"], actions=["x"], title="Nights")
    log(cases, predictions(100, first=9000), model="pets@2", dataset="field@2")
    with pytest.raises(Conflict) as failure:
        measure_plan(cases, plan.key, before=1, after=2)
    assert failure.value.code == "no-pairs"
    log(cases, predictions(100).drop_columns("id"), model="pets@3", dataset="field@3")
    with pytest.raises(Conflict) as failure:
        measure_plan(cases, plan.key, before=1, after=3)
    assert failure.value.code == "no-ids"
    assert get_record(cases, plan.key).state == "planned"


def test_a_closed_case_is_not_planned_for(cases: Store) -> None:
    add_check(cases, case="PET-1", criterion="<= 0.2")
    log(cases, predictions(4000, night=0.0, first=4000, dataset=1), model="pets@2", dataset="field@2")
    close_case(cases, "PET-1", 2)
    before = len(list_records(cases, "plan"))
    with pytest.raises(Conflict, match="PET-1 is closed, so it cannot become planned"):
        open_plan(cases, cases=["PET-2", "PET-1"], actions=["x"], title="x")
    assert len(list_records(cases, "plan")) == before
    assert get_record(cases, "PET-2").state == "draft"


@pytest.mark.parametrize(
    ("arguments", "error", "code"),
    [
        ({"cases": []}, UsageError, "empty-plan"),
        ({"actions": []}, UsageError, "empty-plan"),
        ({"cases": ["PET-9"]}, NotFound, "no-such-record"),
        ({"run": 9}, NotFound, "no-such-run"),
        ({"title": ""}, ValueFault, "bad-body"),
    ],
)
def test_a_plan_of_nothing_is_refused(
    cases: Store, arguments: dict[str, object], error: type[Exception], code: str
) -> None:
    with pytest.raises(error) as failure:
        open_plan(cases, **{"cases": ["PET-1"], "actions": ["x"], "title": "x", **arguments})  # type: ignore[arg-type]
    assert failure.value.code == code  # type: ignore[attr-defined]
    assert list_records(cases, "plan") == []


def test_a_plan_for_everything_has_no_rest(cases: Store) -> None:
    open_case(cases, title="Everything", slice="all", run=1)
    with pytest.raises(ValueFault) as failure:
        open_plan(cases, cases=["PET-3"], actions=["x"], title="x")
    assert failure.value.code == "no-rest"


@pytest.mark.homes("folder", "postgresql")
def test_a_plan_by_group_resamples_groups(store: Store) -> None:
    table = predictions(2000).append_column("user", [[row // 50 for row in range(2000)]])
    log(store, table, roles=Roles(group="user"))
    open_case(store, title="Night", slice=NIGHT, run=1)
    assert open_plan(store, cases=["PET-1"], actions=["x"], title="x").predicted.grouped
