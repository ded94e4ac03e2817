"""Capture: what rules match, how it is drawn, what repeats, and what may be estimated from it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from errata.core.errors import ColumnError, Conflict, GrammarError, NotFound, UsageError, ValueFault
from errata.nouns.candidates import Candidates
from errata.nouns.roles import Roles
from errata.store.catalog import Store
from errata.verbs.capture import capture, doubles, estimate_of, get_candidates, list_captures
from errata.verbs.doctor import doctor
from errata.verbs.late_truth import TruthOptions, add_truth
from errata.verbs.record import edit_record, list_records
from errata.verbs.rule import add_rule, retire_rule
from tests.catalogs import NIGHT, log, predictions


def captured(store: Store, run: int = 1, **rule: object) -> Candidates:
    made = add_rule(store, title="rule", **rule)  # type: ignore[arg-type]
    return capture(store, run, [made.key])[0].candidates


def test_a_rule_reads_columns_and_outcomes_in_one_grammar(store: Store) -> None:
    table = predictions(2000)
    log(store, table)
    found = captured(store, when=f"failed and {NIGHT} and contrast<.5")
    rows = [
        row
        for row, one in enumerate(table.to_pylist())
        if one["truth"] != one["prediction"] and one["source"] == "night" and one["contrast"] < 0.5
    ]
    assert [one.sample.row for one in found.candidates] == rows
    assert found.asked == "failed and source = 'night' and contrast < 0.5"
    assert (found.seen, found.unknown, found.matched, found.distinct) == (2000, 0, len(rows), len(rows))
    assert {one.probability for one in found.candidates} == {1.0}


def test_confidence_is_the_score_whatever_its_column_is_called(store: Store) -> None:
    table = predictions(400).append_column("p", pa.array(np.linspace(0, 1, 400)))
    log(store, table, roles=Roles(score="p"))
    assert captured(store, when="confidence >= 0.9").matched == 40


def test_what_is_unknown_is_not_captured_and_is_counted(store: Store) -> None:
    table = predictions(100)
    truth = [None if row < 30 else value for row, value in enumerate(table["truth"].to_pylist())]
    log(store, table.set_column(1, "truth", pa.array(truth)), allow_unknown=True)
    found = captured(store, when="not failed")
    assert found.unknown == 30 and all(one.sample.row >= 30 for one in found.candidates)


def test_two_models_that_disagree_are_held_against_each_other_by_id(store: Store) -> None:
    old, new = predictions(500, seed=1), predictions(500, seed=2)
    log(store, old, "pets@1")
    log(store, new.slice(100), "pets@2", "later@1")
    found = captured(store, 1, disagree=2)
    rows = [row for row in range(100, 500) if old["prediction"][row] != new["prediction"][row]]
    assert [one.sample.row for one in found.candidates] == rows and rows
    assert found.unknown == 100, "the other run has no such sample"
    assert found.asked == "disagrees with run:2"


def test_anomalies_are_far_from_the_run_itself_or_outside_what_a_reference_had(store: Store) -> None:
    rng = np.random.default_rng(0)
    usual, new = rng.normal(100, 10, 1000), rng.normal(100, 10, 400)
    new[:3] = [400, 160, -50]
    for name, latency in (("pets@1", usual), ("pets@2", new)):
        log(
            store,
            predictions(len(latency)).append_column("latency_ms", pa.array(latency)),
            name,
            f"{name[:4]}-{name[5]}@1",
        )
    alone = captured(store, 2, anomaly="latency_ms")
    away = np.abs(new - np.median(new))
    assert [one.sample.row for one in alone.candidates] == np.flatnonzero(
        away > 3.5 * 1.4826 * np.median(away)
    ).tolist() and alone.matched >= 3  # fmt: skip
    held = captured(store, 2, anomaly="latency_ms", reference=1)
    low, high = np.quantile(usual, [0.005, 0.995])
    assert [one.sample.row for one in held.candidates] == np.flatnonzero((new < low) | (new > high)).tolist()


def test_a_column_of_one_value_has_no_anomaly(store: Store) -> None:
    log(store, predictions(50).append_column("latency_ms", pa.array([7.0] * 50)))
    assert captured(store, anomaly="latency_ms").matched == 0


def test_candidates_carry_their_stratum_and_how_likely_they_were(store: Store) -> None:
    log(store, predictions(2000))
    found = captured(store, when="all", method="quota", size=20, by=["source"])
    assert [(one.name, one.drawn) for one in found.strata] == [("day", 20), ("night", 20)]
    for one in found.candidates:
        stratum = next(of for of in found.strata if of.name == one.stratum)
        assert one.probability == 20 / stratum.found
        assert one.sample.values["source"] == one.stratum


def test_estimates_weigh_a_quota_back_to_what_it_was_drawn_from(store: Store) -> None:
    table = predictions(4000)
    run = log(store, table)
    truth = (run.failed or 0) / 4000
    found = captured(store, when="all", method="quota", size=300, by=["source"])
    failed = estimate_of(store, found, "failed")
    naive = np.mean([one.sample.failed for one in found.candidates])
    assert failed.low is not None and failed.high is not None and failed.mean is not None
    assert failed.low <= truth <= failed.high and failed.size == pytest.approx(4000)
    assert naive > failed.high, "half of the quota is night, a quarter of the rows is"
    contrast = estimate_of(store, found, "contrast")
    assert contrast.low is not None and contrast.high is not None
    assert contrast.low <= float(np.mean(table["contrast"].to_numpy())) <= contrast.high
    labels = {str(one.sample.id): float(bool(one.sample.failed)) for one in found.candidates}
    assert estimate_of(store, found, labels) == failed
    with pytest.raises(UsageError, match="'nobody' is no candidate"):
        estimate_of(store, found, {"nobody": 1.0})


def test_over_many_seeds_the_estimate_is_right_on_average_and_its_interval_covers(store: Store) -> None:
    run = log(store, predictions(1500))
    truth = (run.failed or 0) / 1500
    means, held = [], 0
    rule = add_rule(store, title="quota", when="all", method="quota", size=120, by=["source"])
    for seed in range(30):
        sampling = {"method": "quota", "size": 120, "by": ("source",), "seed": seed}
        edit_record(store, rule.key, "rule", {"sampling": sampling})
        found = capture(store, 1, [rule.key], dry_run=True)[0].candidates
        one = estimate_of(store, found, "failed")
        assert one.mean is not None and one.low is not None and one.high is not None
        means.append(one.mean)
        held += one.low <= truth <= one.high
    assert abs(np.mean(means) - truth) < 4 * np.std(means) / np.sqrt(30)
    assert held >= 25


def test_the_same_content_twice_is_one_candidate_that_counts_twice(store: Store) -> None:
    table = predictions(300).drop_columns("id").append_column("exact", pa.array(range(300)))
    log(store, pa.concat_tables([table, table]))
    found = captured(store, when="failed")
    assert found.matched == 2 * found.distinct
    assert {one.copies for one in found.candidates} == {2}
    assert estimate_of(store, found, "failed").total == found.matched


def test_samples_with_ids_are_different_however_alike_their_factors(store: Store) -> None:
    log(store, predictions(300).select(["id", "truth", "prediction", "source"]))
    found = captured(store, when="failed")
    assert found.distinct == found.matched and found.fresh == found.drawn


def test_a_candidate_says_which_earlier_one_it_repeats(store: Store) -> None:
    log(store, predictions(300, seed=1))
    log(store, predictions(300, seed=1), "pets@2")
    first = captured(store, 1, when="failed")
    again = captured(store, 2, when=f"failed and {NIGHT}")
    assert first.fresh == first.drawn and again.fresh == 0 and doubles(again) == {"id": again.drawn}
    double = again.candidates[0].double
    assert double is not None and (double.run, double.row) == (1, again.candidates[0].sample.row)


def test_without_ids_content_says_what_repeats_whatever_the_model_said_of_it(store: Store) -> None:
    for name, night in (("pets@1", 0.4), ("pets@2", 1.0)):
        exact = pa.array(range(300))
        log(store, predictions(300, night=night).drop_columns("id").append_column("exact", exact), name)
    first, second = captured(store, 1, when="failed"), captured(store, 2, when="failed")
    before = {one.sample.row for one in first.candidates}
    assert doubles(second) == {"content": len(before)} and second.drawn > len(before)
    assert {one.double.row for one in second.candidates if one.double} == before, "marked, and never out of the draw"


def test_nearly_the_same_question_is_a_double(store: Store) -> None:
    said = "please tell me which trains to the north coast leave the main station before nine in the morning on sunday"
    texts = [said, said.upper() + "!", f"{said} please", "how much is a ticket to the islands for two and a dog"]
    table = pa.table({"id": ["a", "b", "c", "d"], "text": texts, "truth": ["x"] * 4, "prediction": ["y"] * 4})
    log(store, table)
    found = captured(store, when="failed")
    assert [one.double.by if one.double else None for one in found.candidates] == [None, "text", "text", None]


def test_a_rules_revision_is_applied_once_to_the_same_outcomes(store: Store) -> None:
    log(store, predictions(200))
    rule = add_rule(store, title="fails", when="failed")
    (first,) = capture(store, 1)
    (again,) = capture(store, 1)
    assert (first.known, again.known) == (False, True) and again.candidates == first.candidates
    edit_record(store, rule.key, "rule", {"when": f"failed and {NIGHT}"}, reason="days are known")
    (edited,) = capture(store, 1)
    assert (edited.known, edited.candidates.revision) == (False, 2)
    assert [(one.revision, one.digest) for one in list_captures(store, 1)] == [
        (2, edited.candidates.digest), (1, first.candidates.digest)
    ]  # fmt: skip
    assert get_candidates(store, 1) == edited.candidates
    assert doctor(store).sound


def test_truth_that_comes_later_makes_another_set(store: Store) -> None:
    table = predictions(200)
    log(store, table.drop_columns("truth"), allow_unknown=True)
    add_rule(store, title="fails", when="failed")
    (blind,) = capture(store, 1)
    assert (blind.candidates.matched, blind.candidates.unknown) == (0, 200)
    truth_of(store, table)
    (seeing,) = capture(store, 1)
    assert not seeing.known and seeing.candidates.matched > 0 and seeing.candidates.outcomes == 2


def truth_of(store: Store, table: pa.Table) -> None:
    from errata.integrations.files import table_source

    add_truth(store, table_source(table.select(["id", "truth"])), TruthOptions(run=1))


def test_a_dry_run_leaves_nothing(store: Store) -> None:
    log(store, predictions(200))
    add_rule(store, title="fails", when="failed")
    (tried,) = capture(store, 1, dry_run=True)
    assert tried.candidates.drawn > 0 and tried.candidates.digest == ""
    assert list_captures(store) == [] and doctor(store).orphans == ()


def test_an_active_rule_that_a_run_does_not_allow_is_left_out_with_the_reason(store: Store) -> None:
    log(store, predictions(100))
    log(store, predictions(100).drop_columns("camera"), "pets@2", "blind@1")
    add_rule(store, title="by camera", when="camera = 'a' and failed")
    add_rule(store, title="fails", when="failed")
    by_camera, fails = capture(store, 2)
    assert by_camera.candidates is None
    assert by_camera.reason == "run:2 has no column 'camera', and nothing of its outcomes is called so"
    assert fails.candidates is not None and [one.rule for one in list_captures(store, 2)] == ["PET-2"]
    with pytest.raises(ColumnError) as caught:
        capture(store, 2, ["PET-2", "PET-1"])
    assert caught.value.where == "run:2, by PET-1"


def test_active_rules_alone_capture(store: Store) -> None:
    log(store, predictions(100))
    with pytest.raises(UsageError, match="no active rule"):
        capture(store, 1)
    rule = add_rule(store, title="fails", when="failed")
    retire_rule(store, rule.key, "too many")
    with pytest.raises(UsageError, match="PET-1 is retired"):
        capture(store, 1, [rule.key])
    with pytest.raises(Conflict):
        retire_rule(store, rule.key)
    assert [one.state for one in list_records(store, "rule")] == ["retired"]


def test_what_a_rule_cannot_be_is_refused(store: Store) -> None:
    log(store, predictions(100))
    with pytest.raises(GrammarError):
        add_rule(store, title="x", when="failed and")
    with pytest.raises(UsageError, match="says what it captures"):
        add_rule(store, title="x")
    with pytest.raises(UsageError, match="reservoir needs a size"):
        add_rule(store, title="x", when="all", method="reservoir")
    with pytest.raises(UsageError, match="quota needs columns"):
        add_rule(store, title="x", when="all", method="quota", size=3)
    with pytest.raises(ValueFault):
        add_rule(store, title="", when="all")
    with pytest.raises(NotFound):
        add_rule(store, title="x", disagree=9)
    with pytest.raises(ColumnError, match="'sauce'") as caught:
        captured(store, when="sauce = 'night'")
    assert caught.value.next == "write source instead"
    with pytest.raises(ColumnError, match="holds text"):
        captured(store, anomaly="source")
    with pytest.raises(NotFound, match="nothing was captured"):
        get_candidates(store, 1)
