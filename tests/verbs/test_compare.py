from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import jsonschema
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from errata.core.errors import UsageError, ValueFault
from errata.integrations.files import open_source, table_source
from errata.nouns.comparison import Comparison
from errata.nouns.roles import Roles
from errata.verbs.compare import CompareOptions, compare_sources

SCHEMA = json.loads(resources.files("errata.nouns").joinpath("schemas/errata.compare-1.json").read_text())
IDS = [f"s{row}" for row in range(1000)]


def table(failed: np.ndarray, ids: list[str] | None = None, **columns: object) -> pa.Table:
    """Predictions of which these failed; the truth is ``cat`` in even rows and ``dog`` in odd ones."""
    truth = np.where(np.arange(len(failed)) % 2 == 0, "cat", "dog")
    other = np.where(truth == "cat", "dog", "cat")
    values: dict[str, object] = {"truth": truth, "prediction": np.where(failed, other, truth), **columns}
    return pa.table(values if ids is None else {"id": ids, **values})


def compare(a: pa.Table, b: pa.Table, roles: Roles | None = None, **options: object) -> Comparison:
    found = compare_sources(table_source(a, "old"), table_source(b, "new"), roles or Roles(), CompareOptions(**options))
    jsonschema.validate(json.loads(found.json()), SCHEMA)
    return found


def fails(*rows: range) -> np.ndarray:
    failed = np.zeros(1000, bool)
    for some in rows:
        failed[list(some)] = True
    return failed


def test_visits_v2_breaks_2138_samples_and_is_better_all_the_same(sample_data: Path) -> None:
    folder = sample_data / "predictions"
    found = compare_sources(
        open_source(folder / "visits_v1.parquet"), open_source(folder / "visits_v2.parquet"), Roles(group="person_run")
    )
    jsonschema.validate(json.loads(found.json()), SCHEMA)
    assert (found.pairs, found.newly_failing, found.newly_passing) == (20190, 2138, 2871)
    assert (found.both_fail, found.both_pass, found.verdict) == (5550, 9631, "better")
    assert found.difference.value == (7688 - 8421) / 20190
    assert len(found.samples["newly_failing"]) == 2138
    worse = found.where("worse")[0]
    assert worse.slice == "chronic >= 13.4 and truth = 'rare'"
    assert (worse.newly_failing, worse.newly_passing, worse.net) == (918, 72, 846)


def test_digits_v2_breaks_10_samples(sample_data: Path) -> None:
    folder = sample_data / "predictions"
    found = compare_sources(
        open_source(folder / "digits_v1.parquet"), open_source(folder / "digits_v2.parquet"), Roles()
    )
    assert (found.newly_failing, found.newly_passing, found.verdict) == (10, 105, "better")
    assert found.samples["newly_failing"][:2] == ("digits-00670", "digits-00751")


def test_what_became_of_each_sample_is_counted_and_named() -> None:
    a, b = fails(range(0, 100)), fails(range(60, 130))
    order = np.random.default_rng(1).permutation(1000)
    found = compare(table(a, IDS), table(b, IDS).take(order))
    assert found.paired
    assert (found.both_pass, found.both_fail, found.newly_failing, found.newly_passing) == (870, 40, 30, 60)
    assert sorted(found.samples["newly_failing"]) == sorted(f"s{row}" for row in range(100, 130))
    assert found.difference.value == pytest.approx(-0.03)
    assert (found.verdict, found.a.value, found.b.value) == ("better", 0.1, 0.07)
    turned = compare(table(b, IDS), table(a, IDS))
    assert (turned.verdict, turned.newly_failing) == ("worse", 60)


def test_the_same_file_twice_is_no_evidence() -> None:
    found = compare(table(fails(range(100)), IDS), table(fails(range(100)), IDS))
    assert (found.verdict, found.p, found.difference.value, found.slices) == ("no evidence", 1.0, 0.0, ())


def test_where_b_is_worse_is_found_in_factors_and_in_the_classes_of_truth() -> None:
    source = np.where(np.arange(1000) % 5 == 0, "night", "day")
    by_night = fails(range(0, 1000, 5)) & (np.arange(1000) % 50 != 0)
    found = compare(table(fails(range(50)), IDS), table(by_night, IDS, source=source))
    assert [(one.direction, one.slice) for one in found.slices] == [("worse", "source = 'night'")]
    night = found.slices[0]
    # Nine of the samples that fail by night failed before too, and one passes now.
    assert (night.pairs, night.newly_failing, night.both_fail, night.newly_passing) == (200, 171, 9, 1)
    assert (night.net, night.a, night.b) == (170, 0.05, 0.9)
    assert night.difference.low is not None and night.difference.low > 0.7
    dogs = compare(table(fails(), IDS), table(fails(range(1, 1000, 2)), IDS))
    assert [one.slice for one in dogs.slices] == ["truth = 'dog'"]


def test_without_ids_the_versions_are_different_samples() -> None:
    found = compare(table(fails(range(300))), table(fails(range(100))))
    assert not found.paired
    assert (found.pairs, found.newly_failing, found.verdict) == (None, None, "better")
    assert found.notes[-1] == "not paired, old has no id: compared as different samples, which needs more of them"
    assert found.left_out[0].what == "slices"
    assert compare(table(fails(range(300)), IDS), table(fails(), [f"t{i}" for i in range(1000)])).pairs is None


def test_another_truth_is_refused_unless_asked_for() -> None:
    a, b = table(fails(), IDS), table(fails(), [*IDS[1:], IDS[0]])
    with pytest.raises(ValueFault) as refused:
        compare(a, b)
    assert refused.value.code == "other-truth"
    found = compare(a, b, allow_different_truth=True)
    assert found.verdict == "no evidence"
    assert "1,000 pairs with another truth in new: each version is judged by its own" in found.notes


def test_losses_are_compared_by_a_paired_bootstrap() -> None:
    rng = np.random.default_rng(3)
    truth = rng.normal(size=400)
    a = pa.table({"id": IDS[:400], "truth": truth, "prediction": truth + 0.5})
    b = pa.table({"id": IDS[:400], "truth": truth, "prediction": truth + rng.exponential(0.6, 400)})
    found = compare(a, b)
    assert (found.metric, found.newly_failing, found.verdict) == ("loss", None, "worse")
    assert found.method == "paired bootstrap, 1,000 draws"
    assert found.notes == ("nothing says what failed, so the losses are compared (--metric loss)",)
    assert compare(a, b, bootstraps=200).method == "paired bootstrap, 200 draws"


def test_rows_of_a_group_count_as_dependent() -> None:
    groups = np.repeat(np.arange(20), 50)
    failed = np.isin(groups, [1, 2, 3, 4])
    apart = compare(table(fails(), IDS, g=groups), table(failed, IDS, g=groups))
    together = compare(table(fails(), IDS, g=groups), table(failed, IDS, g=groups), Roles(group="g"))
    assert (apart.verdict, together.verdict) == ("worse", "no evidence")
    assert "rows of one g count as dependent: 20 groups" in together.notes


def test_a_perturbed_set_is_compared_with_its_base() -> None:
    base = table(fails(range(50)), IDS)
    blurred = table(fails(range(50), range(100, 300)), [f"{name}-blur" for name in IDS], base=IDS, way=["blur"] * 1000)
    noisy = table(fails(range(50)), [f"{name}-noise" for name in IDS], base=IDS, way=["noise"] * 1000)
    found = compare(base, pa.concat_tables([blurred, noisy]), pair_by="base")
    assert (found.pairs, found.newly_failing) == (2000, 200)
    assert "rows of one sample count as dependent: 1,000 samples" in found.notes
    assert [one.slice for one in found.slices] == ["way = 'blur'"]
    assert found.samples["newly_failing"][0] == "s100-blur"


def test_agents_that_try_a_task_four_times_pass_fail_or_are_flaky(sample_data: Path) -> None:
    agents = open_source(sample_data / "agents" / "tau_airline_gpt4o.jsonl")
    rows = pa.table({name: agents.column(name) for name in ("task_id", "trial", "reward")})
    half = [rows.filter(pc.is_in(rows["trial"], pa.array(trials))) for trials in ([0, 1], [2, 3])]
    found = compare(*half, Roles(failed="reward < 1"), pair_by="task_id")
    counted = (found.both_pass, found.both_fail, found.newly_failing, found.newly_passing)
    assert found.pairs == 50 == sum(cell or 0 for cell in counted) + (found.flaky.mixed if found.flaky else 0)
    assert found.flaky is not None and found.flaky.mixed > 10
    assert found.verdict == "no evidence"


def test_false_alarms_are_compared_among_negatives() -> None:
    found = compare(
        table(fails(range(0, 200, 2)), IDS), table(fails(range(400)), IDS), Roles(positive="dog"), metric="fpr"
    )
    assert (found.pairs, found.a.value, found.b.value, found.newly_failing) == (500, 0.2, 0.4, 100)


def test_unknown_outcomes_leave_the_pairs() -> None:
    a = table(fails(), IDS)
    b = a.set_column(2, "prediction", pa.array([None] * 100 + a["prediction"].to_pylist()[100:]))
    found = compare(a, b, allow_unknown=True)
    assert found.pairs == 900
    assert "100 rows of new of unknown outcome left out" in found.notes
    nothing = b.set_column(2, "prediction", pa.array([None] * 1000, pa.string()))
    empty = compare(a, nothing, allow_unknown=True)
    assert (empty.verdict, empty.p, empty.difference.value) == ("no evidence", None, None)


def test_one_class_one_sample_and_no_factor_are_compared_too() -> None:
    one = pa.table({"id": ["a"], "truth": ["cat"], "prediction": ["dog"]})
    found = compare(one, one)
    assert (found.pairs, found.both_fail, found.verdict) == (1, 1, "no evidence")
    assert "slices" in [part.what for part in found.left_out]


def test_at_most_ten_thousand_samples_are_named() -> None:
    ids = [str(row) for row in range(12_000)]
    found = compare(table(np.zeros(12_000, bool), ids), table(np.ones(12_000, bool), ids))
    assert found.newly_failing == 12_000
    assert len(found.samples["newly_failing"]) == 10_000


@pytest.mark.parametrize("options", [{"depth": 5}, {"min_support": 2.0}, {"bootstraps": 3}, {"metric": "speed"}])
def test_options_that_make_no_sense_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(UsageError) as refused:
        CompareOptions(**options)
    assert refused.value.code == "bad-option"
