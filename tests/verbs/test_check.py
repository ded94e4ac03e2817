from __future__ import annotations

import pyarrow as pa
import pytest

from errata.core.errors import Conflict, GrammarError, NotFound, UsageError
from errata.nouns.checkfile import read_checkfile
from errata.store.catalog import Store
from errata.verbs.analyze import AnalyzeOptions
from errata.verbs.analyze_run import analyze_run
from errata.verbs.case import open_case
from errata.verbs.check import add_check, export_checks, make_suite
from errata.verbs.close import close_case
from errata.verbs.judge import checks_of
from tests.catalogs import NIGHT, log, predictions


@pytest.fixture
def case(store: Store) -> Store:
    log(store, predictions(2000))
    open_case(store, title="Fails by night", slice=NIGHT, run=1)
    return store


@pytest.mark.homes("folder", "postgresql")
def test_a_cases_check_takes_its_slice_metric_and_name(case: Store) -> None:
    check = add_check(case, case="PET-1", criterion="<=0.10")
    assert (check.key, check.title, check.slice, check.metric) == ("PET-2", "Fails by night", NIGHT, "error")
    assert (check.criterion, check.case, check.state) == ("<= 0.1", "PET-1", "active")
    assert [one.key for one in checks_of(case, "PET-1")] == ["PET-2"]


def test_without_a_criterion_it_asks_for_halfway_to_the_rest(case: Store) -> None:
    figures = case_figures(case)
    halfway = (figures[0] + figures[1]) / 2
    check = add_check(case, case="PET-1")
    assert float(check.criterion.removeprefix("<= ")) == pytest.approx(halfway, abs=0.005)


def case_figures(store: Store) -> tuple[float, float]:
    from errata.verbs.record import get_record

    figures = get_record(store, "PET-1").figures
    return figures.error_rate, figures.rest_error_rate


def test_a_check_of_a_confused_pair_looks_at_the_class_that_was_taken_for_another(store: Store) -> None:
    def pets(taken: int, first: int) -> pa.Table:
        said = ["dog"] * taken + ["cat"] * (1000 - taken) + ["dog"] * 990 + ["cat"] * 10
        ids = [f"s{first + row}" for row in range(2000)]
        return pa.table({"id": ids, "truth": ["cat"] * 1000 + ["dog"] * 1000, "prediction": said})

    log(store, pets(200, 0))
    (pair,) = (one for one in analyze_run(store, 1, AnalyzeOptions()).findings if one.kind == "confusion")
    assert pair.slice == "prediction = 'dog' and truth = 'cat'"
    open_case(store, title="Cats taken for dogs", finding=int(pair.id.removeprefix("finding:")))
    check = add_check(store, case="PET-1")
    assert (check.slice, check.criterion) == ("truth = 'cat'", "<= 0.11")
    log(store, pets(20, 2000), model="pets@2", dataset="field@2")
    assert close_case(store, "PET-1", 2).state == "closed"


def test_a_second_check_of_a_case_has_another_name(case: Store) -> None:
    add_check(case, case="PET-1", criterion="<= 0.1")
    assert add_check(case, case="PET-1", criterion="<= baseline").title == "Fails by night (2)"
    with pytest.raises(Conflict, match="there is a check called 'Fails by night'"):
        add_check(case, slice="all", criterion="<= 0.1", name="Fails by night")


@pytest.mark.homes("folder", "postgresql")
def test_exported_checks_are_read_back_as_they_are(case: Store) -> None:
    add_check(case, case="PET-1", criterion="<= 0.1")
    add_check(case, slice="contrast < 0.4 and camera = 'it''s'", metric="accuracy", criterion=">= 0.9")
    text = export_checks(case)
    read = read_checkfile(text, "errata.yaml")
    assert [(one.name, one.slice, one.metric, one.criterion) for one in read.checks] == [
        ("Fails by night", NIGHT, "error", "<= 0.1"),
        (
            "accuracy of camera = 'it''s' and contrast < 0.4",
            "camera = 'it''s' and contrast < 0.4",
            "accuracy",
            ">= 0.9",
        ),
    ]


@pytest.mark.parametrize(
    ("arguments", "error", "code"),
    [
        ({"criterion": "<= 0.1"}, UsageError, "check-of-what"),
        ({"slice": "all"}, UsageError, "no-criterion"),
        ({"case": "PET-1", "slice": "all"}, UsageError, "no-criterion"),
        ({"case": "PET-1", "criterion": "< 0.1"}, GrammarError, "bad-criterion"),
        ({"slice": "contrast ~ 1", "criterion": "<= 0.1"}, GrammarError, "bad-slice"),
        ({"slice": "all", "criterion": "<= 0.1", "metric": "f1"}, UsageError, "no-such-metric"),
        ({"case": "PET-9", "criterion": "<= 0.1"}, NotFound, "no-such-record"),
    ],
)
def test_a_check_that_cannot_be_asked_is_refused(
    case: Store, arguments: dict[str, str], error: type[Exception], code: str
) -> None:
    with pytest.raises(error) as failure:
        add_check(case, **arguments)
    assert failure.value.code == code  # type: ignore[attr-defined]
    assert checks_of(case) == []


def test_nothing_to_export_is_said(case: Store) -> None:
    with pytest.raises(UsageError, match="no check to export"):
        export_checks(case)


def test_a_suite_is_a_named_set_of_checks(case: Store) -> None:
    add_check(case, case="PET-1")
    suite = make_suite(case, "before each release", ["PET-2"])
    assert (suite.key, suite.checks) == ("PET-3", ("PET-2",))
    with pytest.raises(NotFound, match="PET-1 is a case"):
        make_suite(case, "wrong", ["PET-1"])
