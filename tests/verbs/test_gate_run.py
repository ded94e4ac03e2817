from __future__ import annotations

import pytest

from errata.core.errors import NotFound, UsageError
from errata.nouns.checkfile import read_checkfile
from errata.store.catalog import Store
from errata.verbs.case import open_case
from errata.verbs.check import add_check, export_checks, retire_check
from errata.verbs.gate import gate_sources
from errata.verbs.gate_run import gate_run
from errata.verbs.record import get_record
from errata.verbs.run import get_gate, list_gates
from tests.catalogs import NIGHT, log, predictions

pytestmark = pytest.mark.homes("folder", "postgresql")


@pytest.fixture
def runs(store: Store) -> Store:
    log(store, predictions(4000))
    log(store, predictions(4000, night=0.1, day=0.04, seed=1), model="pets@2")
    return store


def test_every_check_of_the_project_is_asked_and_kept(runs: Store) -> None:
    add_check(runs, slice=NIGHT, criterion="<= 0.2", name="night")
    add_check(runs, slice="all", metric="accuracy", criterion=">= 0.99", name="nearly always right")
    add_check(runs, slice="all", criterion="<= baseline", name="no worse")
    result, number, back = gate_run(runs, 2, baseline=1)
    assert [one.verdict for one in result.checks] == ["pass", "fail", "pass"]
    assert (result.verdict, number, back) == ("fail", 1, [])
    kept = get_gate(runs, 1)
    assert (kept.run, kept.baseline, kept.purpose, kept.verdict) == (2, 1, "gate", "fail")
    assert kept.result == result.to_json()
    assert [one.number for one in list_gates(runs, run=2)] == [1]
    assert list_gates(runs, run=1) == []


def test_without_checks_the_default_ones_hold_against_a_baseline(runs: Store) -> None:
    result, _, _ = gate_run(runs, 2, baseline=1)
    assert [one.name for one in result.checks] == ["overall", "truth = 'cat'", "truth = 'dog'"]
    assert result.verdict == "pass"
    with pytest.raises(UsageError) as failure:
        gate_run(runs, 2)
    assert failure.value.code == "no-checks"


def test_a_relative_check_without_a_baseline_is_refused_and_nothing_is_kept(runs: Store) -> None:
    add_check(runs, slice="all", criterion="<= baseline + 0.01")
    with pytest.raises(UsageError) as failure:
        gate_run(runs, 2)
    assert failure.value.code == "no-baseline"
    assert list_gates(runs) == []


def test_a_retired_check_is_not_asked(runs: Store) -> None:
    add_check(runs, slice="all", criterion="<= 0.001")
    add_check(runs, slice="all", criterion="<= 0.9", name="loose")
    retire_check(runs, "PET-1", "too strict")
    assert [one.name for one in gate_run(runs, 2)[0].checks] == ["loose"]


def test_runs_that_are_not_there_are_said(runs: Store) -> None:
    with pytest.raises(NotFound, match="no run:9"):
        gate_run(runs, 9, baseline=1)
    with pytest.raises(NotFound, match="no run:9"):
        gate_run(runs, 1, baseline=9)


def test_each_check_has_its_own_positive_class_in_the_catalog_and_in_the_file(runs: Store) -> None:
    from errata.nouns.roles import Roles
    from errata.tasks.metric import measure
    from errata.verbs.parts import read_run

    expected = []
    for key, positive in (("PET-1", "cat"), ("PET-2", "dog")):
        open_case(runs, title=f"missed {positive}", slice="all", run=1, metric="fnr", positive=positive)
        assert get_record(runs, key).positive == positive
        expected.append(measure(read_run(runs, 2, Roles(positive=positive)).outcomes, "fnr").failed.mean())
    for key in ("PET-1", "PET-2"):
        add_check(runs, case=key, criterion="<= 0.5")
    result, _, _ = gate_run(runs, 2)
    assert [one.estimate for one in result.checks] == expected
    assert expected[0] != expected[1]
    file = read_checkfile(export_checks(runs), "errata.yaml")
    again = gate_sources(read_run(runs, 2).source, None, list(file.checks), Roles())
    assert [one.estimate for one in again.checks] == expected
