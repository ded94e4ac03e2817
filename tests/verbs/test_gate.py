from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import jsonschema
import numpy as np
import pyarrow as pa
import pytest

from errata.core.errors import ColumnError, UsageError, ValueFault
from errata.integrations.files import open_source, table_source
from errata.nouns.roles import Roles
from errata.nouns.verdict import CheckSpec, GateResult
from errata.verbs.gate import gate_sources

SCHEMA = json.loads(resources.files("errata.nouns").joinpath("schemas/errata.gate-1.json").read_text())


def table(failed: list[bool] | np.ndarray, ids: list[str] | None = None, **columns: object) -> pa.Table:
    """Predictions of which these failed; the truth is ``cat`` in the first half and ``dog`` in the second."""
    failed = np.asarray(failed)
    truth = np.where(np.arange(len(failed)) < len(failed) // 2, "cat", "dog")
    other = np.where(truth == "cat", "dog", "cat")
    values: dict[str, object] = {"truth": truth, "prediction": np.where(failed, other, truth), **columns}
    if ids is not None:
        values["id"] = ids
    return pa.table(values)


def gate(
    new: pa.Table, old: pa.Table | None = None, checks: list[CheckSpec] | None = None, **options: object
) -> GateResult:
    roles = options.pop("roles", Roles())
    baseline = None if old is None else table_source(old, "old")
    result = gate_sources(table_source(new, "new"), baseline, checks, roles, **options)
    jsonschema.validate(json.loads(result.json()), SCHEMA)
    return result


def rate(every: int, rows: int = 1000, shift: int = 0) -> np.ndarray:
    return (np.arange(rows) + shift) % every == 0


IDS = [f"s{i}" for i in range(1000)]


def test_the_default_gate_sees_what_visits_v2_broke(sample_data: Path) -> None:
    folder = sample_data / "predictions"
    result = gate_sources(
        open_source(folder / "visits_v2.parquet"),
        open_source(folder / "visits_v1.parquet"),
        None,
        Roles(group="person_run"),
    )
    jsonschema.validate(json.loads(result.json()), SCHEMA)
    assert {check.name: check.verdict for check in result.checks} == {
        "overall": "pass",
        "truth = 'frequent'": "pass",
        "truth = 'rare'": "fail",
    }
    rare = result.checks[2]
    assert (rare.n, round(rare.value, 3), round(rare.baseline, 3)) == (10125, 0.411, 0.382)
    assert (result.verdict, result.exit_code, result.pairs) == ("fail", 1, 20190)


def test_absolute_checks_need_no_baseline() -> None:
    checks = [
        CheckSpec(name="error", criterion="<= 0.12"),
        CheckSpec(name="cats", slice="truth = 'cat'", metric="accuracy", criterion=">= 0.95"),
        CheckSpec(name="few", slice="site = 'b'", criterion="<= 0.2"),
        CheckSpec(name="none", slice="site = 'z'", criterion="<= 0.2"),
    ]
    result = gate(table(rate(10), site=np.where(np.arange(1000) < 4, "b", "a")), None, checks)
    verdicts = [(check.name, check.n, check.verdict) for check in result.checks]
    assert verdicts == [
        ("error", 1000, "pass"),
        ("cats", 500, "fail"),
        ("few", 4, "inconclusive"),
        ("none", 0, "inconclusive"),
    ]
    assert result.checks[3].reason == "no sample in the slice"
    assert result.verdict == "fail"
    assert result.to_json()["baseline"] is None


def test_samples_with_the_same_id_are_paired_whatever_their_order() -> None:
    old = table(rate(10), IDS)
    new = old.take(np.random.default_rng(1).permutation(1000))
    result = gate(new, old)
    assert result.pairs == 1000
    assert [(c.name, c.estimate, c.verdict) for c in result.checks] == [
        ("overall", 0.0, "pass"),
        ("truth = 'cat'", 0.0, "pass"),
        ("truth = 'dog'", 0.0, "pass"),
    ]
    assert result.checks[0].reason == "the whole interval lies within the criterion; paired by id"


def test_pairing_sees_what_two_different_samples_would_not() -> None:
    old = rate(4)
    new = old.copy()
    new[[1, 2]] = True
    check = [CheckSpec(name="a", criterion="<= baseline + 0.01")]
    assert gate(table(new, IDS), table(old, IDS), check).verdict == "pass"
    apart = gate(table(new), table(old), check)
    assert apart.verdict == "inconclusive"
    assert apart.pairs is None
    assert "not paired, new has no id" in apart.checks[0].reason
    assert apart.checks[0].estimate == pytest.approx(0.002)
    disjoint = gate(table(new, IDS), table(old, [f"t{i}" for i in range(1000)]), check)
    assert "not paired, no id stands in both" in disjoint.checks[0].reason


def test_samples_without_a_partner_are_left_out_and_counted() -> None:
    new, old = table(rate(10), IDS), table(rate(10), IDS).slice(200)
    result = gate(new, old, [CheckSpec(name="a", criterion="<= baseline + 0.01")])
    assert (result.pairs, result.checks[0].n) == (800, 800)
    assert "200 samples without a partner left out" in result.checks[0].reason
    assert result.notes == ("800 samples stand in both, of 1,000 and 800",)


def test_a_slice_that_the_baseline_never_saw_is_inconclusive() -> None:
    old = table(rate(10), IDS)
    new = pa.concat_tables([old, pa.table({"truth": ["owl"], "prediction": ["owl"], "id": ["s1000"]})])
    result = gate(new, old)
    assert [check.name for check in result.checks] == ["overall", "truth = 'cat'", "truth = 'dog'", "truth = 'owl'"]
    owl = result.checks[3]
    assert (owl.verdict, owl.n) == ("inconclusive", 0)
    assert owl.reason == "no sample of the slice stands in the baseline"


def test_ids_of_another_type_are_the_same_samples() -> None:
    numbers = table(rate(10)).append_column("id", pa.array(range(1000), pa.int32()))
    texts = table(rate(10), [str(i) for i in range(1000)])
    assert gate(numbers, texts).pairs == 1000


def test_another_truth_for_the_same_sample_is_refused() -> None:
    old = table(rate(10), IDS)
    new = table(rate(10), [*IDS[1:], IDS[0]])
    with pytest.raises(ValueFault) as refused:
        gate(new, old)
    assert refused.value.code == "other-truth"
    assert refused.value.message == "2 samples of 1,000 have another truth in old"
    assert refused.value.where == "id 's500': new row 500, old row 501"
    assert refused.value.found == "'cat' and 'dog'"


def test_repeated_ids_are_refused() -> None:
    with pytest.raises(ValueFault) as refused:
        gate(table(rate(10), ["s1", *IDS[1:]]), table(rate(10), IDS))
    assert refused.value.code == "repeated-id"


def test_groups_make_the_gate_more_careful() -> None:
    groups = np.repeat(np.arange(50), 20)
    failed = groups % 25 == 0
    checks = [CheckSpec(name="a", criterion="<= 0.06")]
    assert gate(table(failed, g=groups), None, checks).verdict == "pass"
    careful = gate(table(failed, g=groups), None, checks, roles=Roles(group="g"))
    assert careful.verdict == "inconclusive"
    assert "rows of one g count as dependent" in careful.checks[0].reason


def test_false_alarms_and_misses_are_asked_of_their_own_rows() -> None:
    new, old = table(rate(2, shift=1), IDS), table(rate(4), IDS)
    checks = [
        CheckSpec(name="misses", metric="fnr", criterion="<= baseline + 0.01"),
        CheckSpec(name="alarms", metric="fpr", criterion="<= 0.6"),
    ]
    result = gate(new, old, checks, roles=Roles(positive="dog"))
    assert [(check.n, check.value, check.baseline) for check in result.checks] == [(500, 0.5, 0.25), (500, 0.5, None)]
    assert [check.verdict for check in result.checks] == ["fail", "pass"]


def test_losses_are_compared_by_their_mean() -> None:
    rng = np.random.default_rng(3)
    truth = rng.normal(size=400)
    worse = pa.table({"truth": truth, "prediction": truth + 0.2 + rng.normal(size=400) / 50, "id": IDS[:400]})
    better = pa.table({"truth": truth, "prediction": truth + 0.1 + rng.normal(size=400) / 50, "id": IDS[:400]})
    result = gate(worse, better)
    assert [(check.name, check.metric, check.verdict) for check in result.checks] == [("overall", "loss", "fail")]
    assert result.checks[0].estimate == pytest.approx(0.1, abs=0.01)
    assert gate(better, better).verdict == "pass"
    absolute = gate(worse, None, [CheckSpec(name="a", metric="loss", criterion="<= 0.25")])
    assert (absolute.verdict, absolute.checks[0].n) == ("pass", 400)


def test_samples_seen_before_are_left_out_of_both_sides() -> None:
    new, old = table(rate(10), IDS, g=np.arange(1000) // 10), table(rate(10), IDS, g=np.arange(1000) // 10)
    result = gate(new, old, None, roles=Roles(group="g"), exclude_ids={"s0", "s10", "nowhere"}, exclude_groups={99})
    assert (result.excluded, result.pairs, result.checks[0].n) == (12, 1000, 988)
    with pytest.raises(UsageError) as refused:
        gate(table(rate(10)), None, [CheckSpec(name="a", criterion="<= 0.5")], exclude_ids={"s0"})
    assert refused.value.code == "no-ids"


def test_unknown_outcomes_leave_every_rate() -> None:
    new = table(rate(10), IDS)
    truth = new["truth"].to_pylist()
    truth[:20] = [None] * 20
    new = new.set_column(0, "truth", pa.array(truth))
    result = gate(new, table(rate(10), IDS), allow_unknown=True)
    assert result.checks[0].n == 980
    assert result.notes == ("20 rows of unknown outcome left out of every rate",)


def test_a_check_on_a_column_that_is_not_there_names_the_line_and_the_nearest() -> None:
    check = CheckSpec(name="a", slice="sight = 'b'", criterion="<= 0.5", where="errata.yaml, line 3")
    with pytest.raises(ColumnError) as refused:
        gate(table(rate(10), site=["b"] * 1000), None, [check])
    assert (refused.value.code, refused.value.where) == ("no-such-column", "errata.yaml, line 3")
    assert refused.value.expected == "site"


def test_a_check_on_a_column_of_another_type_names_the_line() -> None:
    check = CheckSpec(name="a", slice="truth = 3", criterion="<= 0.5", where="errata.yaml, line 3")
    with pytest.raises(ColumnError) as refused:
        gate(table(rate(10)), None, [check])
    assert (refused.value.code, refused.value.where) == ("condition-type", "errata.yaml, line 3")


def test_nothing_to_check_is_an_error_and_no_pass() -> None:
    for checks in (None, []):
        with pytest.raises(UsageError) as refused:
            gate(table(rate(10)), None, checks)
        assert refused.value.code == "no-checks"
    with pytest.raises(UsageError) as refused:
        gate(table(rate(10)), table(rate(10)), [])
    assert refused.value.code == "no-checks"


def test_a_comparison_without_a_baseline_is_an_error() -> None:
    with pytest.raises(UsageError) as refused:
        gate(table(rate(10)), None, [CheckSpec(name="a", criterion="<= baseline")])
    assert refused.value.code == "no-baseline"


def test_a_metric_that_the_task_has_not_is_an_error() -> None:
    with pytest.raises(UsageError) as refused:
        gate(table(rate(10)), None, [CheckSpec(name="a", metric="loss", criterion="<= 1", where="errata.yaml, line 3")])
    assert (refused.value.code, refused.value.where) == ("no-loss", "errata.yaml, line 3")
