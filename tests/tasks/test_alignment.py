from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from errata.core.errors import ColumnError, UsageError, ValueFault
from errata.integrations.files import table_source
from errata.nouns.roles import Roles
from errata.tasks.alignment import Aligned, align
from errata.tasks.outcomes import read_outcomes


def aligned(a: pa.Table, b: pa.Table, pair_by: str | None = None, **options: bool) -> Aligned | str:
    one, two = table_source(a, "old"), table_source(b, "new")
    return align(one, read_outcomes(one, Roles()), two, read_outcomes(two, Roles()), pair_by, **options)


def table(**columns: list[object]) -> pa.Table:
    rows = len(next(iter(columns.values())))
    return pa.table({"truth": ["cat"] * rows, "prediction": ["cat"] * rows, **columns})


def test_rows_with_one_id_are_one_sample_whatever_their_order() -> None:
    found = aligned(table(id=["a", "b", "c"]), table(id=["c", "x", "a"]))
    assert isinstance(found, Aligned)
    assert (found.a_rows.tolist(), found.b_rows.tolist(), found.sample) == ([2, 0], [0, 2], None)
    a, b = found.values(np.array([1.0, 2, 3]), np.array([4.0, 5, 6]))
    assert (a.tolist(), b.tolist()) == ([3, 1], [4, 6])


def test_why_rows_cannot_be_paired_is_said() -> None:
    assert aligned(table(id=["a"]), table(name=["a"])) == "new has no id"
    assert aligned(table(name=["a"]), table(id=["a"])) == "old has no id"
    assert aligned(table(id=["a"]), table(id=["b"])) == "no id stands in both"


def test_a_perturbed_set_pairs_with_its_base_by_sample() -> None:
    perturbed = table(base=["a", "b", "a", "z"], id=["a-blur", "b-blur", "a-noise", "z-blur"])
    found = aligned(table(id=["b", "a"]), perturbed, "base")
    assert isinstance(found, Aligned)
    assert (found.a_rows.tolist(), found.b_rows.tolist()) == ([1, 0, 1], [0, 1, 2])
    assert found.sample is not None and found.sample[0] == found.sample[2] != found.sample[1]
    turned = aligned(perturbed, table(id=["b", "a"]), "base")
    assert isinstance(turned, Aligned)
    assert (turned.a_rows.tolist(), turned.b_rows.tolist()) == ([0, 1, 2], [1, 0, 1])


def test_repeats_in_both_are_means_over_each_sample() -> None:
    found = aligned(table(task=[7, 7, 8, 9]), table(task=[8, 7, 7, 8]), "task")
    assert isinstance(found, Aligned) and found.repeated
    a, b = found.values(np.array([1.0, 0, 1, 1]), np.array([0.0, np.nan, 1, 1]))
    assert (a.tolist(), b.tolist()) == ([0.5, 1], [1, 0.5])
    assert (found.a_rows.tolist(), found.b_rows.tolist()) == ([0, 2], [1, 0])


def test_a_sample_nobody_knows_the_outcome_of_stays_unknown() -> None:
    found = aligned(table(task=[7, 7]), table(task=[7, 7]), "task")
    assert isinstance(found, Aligned)
    a, b = found.values(np.array([np.nan, np.nan]), np.array([1.0, 1.0]))
    assert np.isnan(a).all() and b.tolist() == [1.0]


def test_repeated_ids_are_refused_unless_they_are_what_pairs() -> None:
    with pytest.raises(ValueFault) as refused:
        aligned(table(id=["a", "a"]), table(id=["a", "b"]))
    assert refused.value.code == "repeated-id"
    assert refused.value.next.endswith("--pair-by id")
    assert isinstance(aligned(table(id=["a", "a"]), table(id=["a", "b"]), "id"), Aligned)


def test_a_column_to_pair_by_has_to_be_there_complete_and_shared() -> None:
    with pytest.raises(ColumnError) as refused:
        aligned(table(id=["a"]), table(id=["a"]), "base")
    assert (refused.value.code, refused.value.where) == ("no-such-column", "new")
    with pytest.raises(ValueFault) as refused_null:
        aligned(table(id=["a"]), table(base=["a", None]), "base")
    assert refused_null.value.code == "null-id"
    assert refused_null.value.message == "1 row of new has no 'base' to pair by"
    with pytest.raises(UsageError) as refused_apart:
        aligned(table(id=["a"]), table(base=["b"]), "base")
    assert refused_apart.value.code == "nothing-pairs"


def test_another_truth_is_refused_unless_asked_for() -> None:
    a = pa.table({"id": [1, 2, 3], "truth": ["cat", "dog", "cat"], "prediction": ["cat"] * 3})
    b = pa.table({"id": [3, 2, 1], "truth": ["dog", "dog", "dog"], "prediction": ["cat"] * 3})
    with pytest.raises(ValueFault) as refused:
        aligned(a, b)
    assert refused.value.code == "other-truth"
    assert refused.value.next.endswith("--allow-different-truth")
    found = aligned(a, b, allow_different_truth=True)
    assert isinstance(found, Aligned) and found.other_truth == 2
