from __future__ import annotations

import json

import jsonschema
import numpy as np
import pyarrow as pa
import pytest

from errata.core.errors import NotFound, UsageError
from errata.integrations.files import table_source
from errata.nouns.roles import Roles
from errata.store.catalog import Store
from errata.verbs.compare import CompareOptions
from errata.verbs.compare_run import Compared, changed_samples, compare_sides, merged, side_of_run
from tests.catalogs import log, png, predictions
from tests.verbs.test_compare import SCHEMA


def compared(store: Store, a: int, b: int, **options: object):
    sides = [side_of_run(store, number, Roles()) for number in (a, b)]
    found = compare_sides(store, *sides, CompareOptions(**options))
    jsonschema.validate(json.loads(found.json()), SCHEMA)
    return found


def with_failures(*rows: int, size: int = 300) -> pa.Table:
    """Predictions of cats of which these rows fail."""
    said = ["dog" if row in rows else "cat" for row in range(size)]
    ids = [f"s{row}" for row in range(size)]
    return pa.table({"id": ids, "truth": ["cat"] * size, "prediction": said})


def test_two_runs_are_compared_by_the_roles_that_they_were_logged_with(store: Store) -> None:
    log(store, predictions(night=0.4))
    log(store, predictions(night=0.05, seed=1), model="pets@2")
    found = compared(store, 1, 2)
    assert (found.a.source, found.b.source, found.pairs, found.verdict) == ("run:1", "run:2", 2000, "better")
    assert [one.slice for one in found.where("better")] == ["source = 'night'"]
    assert found.flaky is None


def test_a_file_stands_beside_a_run(store: Store) -> None:
    log(store, predictions(night=0.4))
    file = Compared(table_source(predictions(night=0.4), "preds.csv"), Roles())
    found = compare_sides(store, side_of_run(store, 1, Roles()), file, CompareOptions())
    assert (found.pairs, found.verdict, found.b.source) == (2000, "no evidence", "preds.csv")


def test_repeats_of_a_run_say_which_samples_are_flaky(store: Store) -> None:
    log(store, with_failures(1, 2, 3))
    log(store, with_failures(1, 2, 9), repeat=2)
    log(store, with_failures(3, 7, 8, 9), model="pets@2")
    found = compared(store, 1, 3)
    # Rows 7, 8 and 9 newly fail; 9 failed in the repeat of A already. Rows 1 and 2 newly pass.
    assert (found.newly_failing, found.newly_passing) == (3, 2)
    assert found.flaky is not None and found.flaky.a is not None and found.flaky.b is None
    assert (found.flaky.a.runs, found.flaky.a.samples, found.flaky.a.flaky) == (("run:1", "run:2"), 300, 2)
    assert (found.flaky.newly_failing, found.flaky.newly_passing) == (1, 0)


def test_runs_on_other_data_are_compared_with_a_word_of_warning(store: Store) -> None:
    log(store, predictions())
    log(store, predictions(first=5000, dataset=1), dataset="street@1")
    found = compared(store, 1, 2)
    assert not found.paired
    assert found.notes[-1] == "run:1 is on field@1, run:2 on street@1: the difference may be that of the data"


def test_samples_that_changed_come_with_what_was_said_before(store: Store) -> None:
    log(store, with_failures(1, 2, 3).append_column("image", pa.array([png(row) for row in range(300)])))
    log(store, with_failures(3, 7, 8).append_column("image", pa.array([png(row) for row in range(300)])), "pets@2")
    samples, pictures, total = changed_samples(store, 1, 2)
    assert (total, [one.sample.id for one in samples], [one.before for one in samples]) == (
        2,
        ["s7", "s8"],
        ["cat"] * 2,
    )
    assert samples[0].to_json()["values"]["prediction"] == "dog"
    assert set(pictures.values()) == {png(7), png(8)}
    passing, _, many = changed_samples(store, 1, 2, "newly_passing", limit=1)
    assert (many, len(passing), passing[0].before) == (2, 1, "dog")
    in_slice, _, none = changed_samples(store, 1, 2, slice="truth = 'dog'")
    assert (in_slice, none) == ([], 0)


def test_the_same_draw_comes_from_the_same_seed(store: Store) -> None:
    log(store, with_failures())
    log(store, with_failures(*range(100)), model="pets@2")
    draws = [[one.sample.row for one in changed_samples(store, 1, 2, limit=10, seed=seed)[0]] for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]
    assert draws[0] == sorted(draws[0])


def test_what_cannot_be_shown_is_refused(store: Store) -> None:
    log(store, with_failures(1))
    log(store, with_failures(1).drop_columns("id"), model="pets@2", dataset="field@2")
    with pytest.raises(NotFound):
        compared(store, 1, 9)
    with pytest.raises(UsageError) as refused:
        changed_samples(store, 1, 2)
    assert refused.value.code == "not-paired"
    for options in ({"kind": "newly_odd"}, {"limit": 0}):
        with pytest.raises(UsageError):
            changed_samples(store, 1, 1, **options)


def test_given_roles_count_before_stored_ones() -> None:
    stored = Roles(truth="y", group="walk", factors=("a",))
    assert merged(stored, Roles(positive="cat", group="user")) == Roles(
        truth="y", group="user", factors=("a",), positive="cat"
    )
    assert merged(stored, Roles()) == stored


def test_losses_have_no_flaky_samples(store: Store) -> None:
    rng = np.random.default_rng(1)
    truth = rng.normal(size=100)
    ids = [f"s{row}" for row in range(100)]
    for shift in (0.1, 0.2):
        log(store, pa.table({"id": ids, "truth": truth, "prediction": truth + shift + rng.normal(0, 0.1, 100)}))
    found = compared(store, 1, 2)
    assert (found.metric, found.flaky, found.verdict) == ("loss", None, "worse")
