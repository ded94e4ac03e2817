"""Labels: what they are said of, what their words meant then, how they move, and by what their subject is found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from errata.core.errors import Conflict, ErrataError, GrammarError, NotFound, UsageError, ValueFault
from errata.nouns.label import Span, marked
from errata.store import events, records
from errata.store.catalog import Store
from errata.verbs.case import open_case
from errata.verbs.label import add_label, get_label, list_labels, move_all, move_label, moves, retract_label
from errata.verbs.reindex import reindex
from errata.verbs.search import search
from errata.verbs.vocabulary import (
    add_term,
    add_vocabulary,
    deprecate_term,
    edit_term,
    get_vocabulary,
    merge_terms,
    rename_term,
    restore_vocabulary,
    retire_vocabulary,
    skos,
    split_term,
)
from tests.catalogs import NIGHT, log, predictions

SHIFT = "failure-mode:localization/shift"


@pytest.fixture
def labelled(store: Store) -> Store:
    """run:1, the case PET-1 of it, and the failure modes as PET-2."""
    log(store, predictions(400))
    open_case(store, title="Night", slice=NIGHT, run=1, summary="Boxes lie beside the dog when it is dark.")
    add_vocabulary(store, "failure-mode")
    return store


def found_by(store: Store, name: str, value: str, kind: str = "case") -> list[str]:
    with store.read() as connection:
        return [one.key for one in records.records(connection, store, kind, facet=(name, value))]


def test_a_label_says_which_words_meant_what_when_it_was_given(labelled: Store) -> None:
    label = add_label(labelled, "PET-1", SHIFT, confidence=0.8, spans=[("summary", 0, 16)], note="seen twice")
    assert (label.id, label.full, label.name, label.status) == ("label:1", SHIFT, "Shifted", "known")
    assert (label.vocabulary, label.revision, label.confidence, label.actor) == ("PET-2", 1, 0.8, "ada")
    assert label.spans == (Span("summary", 0, 16, "Boxes lie beside"),)
    assert list_labels(labelled, "PET-1") == [label]
    assert events.events(labelled, "PET-1")[0].reason == f"label:1 {SHIFT}: seen twice"


@pytest.mark.parametrize("subject", ["run:1", "run:1#s00017", "PET-2"])
def test_whatever_can_fail_can_be_labelled(labelled: Store, subject: str) -> None:
    assert add_label(labelled, subject, SHIFT).subject == subject


def test_samples_of_a_run_without_ids_go_by_the_number_of_their_row(labelled: Store) -> None:
    log(labelled, predictions(300, seed=4).drop_columns("id"), dataset="noids@1")
    assert add_label(labelled, "run:2#300", SHIFT).subject == "run:2#300"
    for beyond in ("run:2#0", "run:2#301", "run:2#s00001"):
        with pytest.raises(NotFound, match="has no sample"):
            add_label(labelled, beyond, SHIFT)


@pytest.mark.parametrize(
    ("subject", "term", "error", "code"),
    [
        ("PET-9", SHIFT, NotFound, "no-such-record"),
        ("run:7", SHIFT, NotFound, "no-such-run"),
        ("finding:7", SHIFT, NotFound, "no-such-finding"),
        ("run:1#s99999", SHIFT, NotFound, "no-such-sample"),
        ("night", SHIFT, GrammarError, "bad-subject"),
        ("run:1#" + "x" * 200, SHIFT, GrammarError, "bad-subject"),
        ("PET-1", "shift", GrammarError, "bad-term"),
        ("PET-1", "failure-mode:detection/shift", NotFound, "no-such-term"),
        ("PET-1", "severity-levels:high", NotFound, "no-such-vocabulary"),
        ("PET-1", "PET-1:shift", NotFound, "wrong-kind"),
    ],
)
def test_a_label_of_nothing_is_refused(
    labelled: Store, subject: str, term: str, error: type[ErrataError], code: str
) -> None:
    with pytest.raises(error) as failure:
        add_label(labelled, subject, term)
    assert failure.value.code == code
    assert list_labels(labelled) == []


@pytest.mark.parametrize(
    ("span", "code"),
    [
        (("summary", 0, 99), "bad-span"),
        (("summary", 4, 4), "bad-span"),
        (("summary", 0, 5, "Crate"), "bad-span"),
        ({"field": "summary", "quote": "e"}, "bad-span"),
        ({"field": "summary", "quote": "a cow"}, "bad-span"),
        (("sumary", 0, 5), "no-such-field"),
        (("figures", 0, 5), "no-such-field"),
    ],
)
def test_a_span_that_is_not_in_the_text_is_refused(labelled: Store, span: Sequence[object], code: str) -> None:
    with pytest.raises(ErrataError) as failure:
        add_label(labelled, "PET-1", SHIFT, spans=[span])
    assert failure.value.code == code


def test_a_span_may_be_given_by_its_words(labelled: Store) -> None:
    label = add_label(labelled, "PET-1", SHIFT, spans=[{"field": "summary", "quote": "the dog"}])
    assert label.spans == (Span("summary", 17, 24, "the dog"),)


def test_a_quote_is_found_again_in_a_text_that_was_edited() -> None:
    span = Span("summary", 17, 24, "the dog")
    assert span.place("Boxes lie beside the dog.") == (17, 24)
    assert span.place("By night, boxes lie beside the dog.") == (27, 34)
    assert span.place("the dog and the dog") is None
    assert span.place("the cat") is None


def test_spans_that_overlap_mark_the_text_in_pieces() -> None:
    one, two = Span("f", 0, 4, "abcd"), Span("f", 2, 6, "cdef")
    pieces = marked("abcdefgh", [(one, "one"), (two, "two")])
    assert pieces == [("ab", ("one",)), ("cd", ("one", "two")), ("ef", ("two",)), ("gh", ())]
    assert marked("", []) == []


@pytest.mark.parametrize("confidence", [-0.1, 1.1, float("nan")])
def test_a_confidence_beyond_0_to_1_is_refused(labelled: Store, confidence: float) -> None:
    with pytest.raises(UsageError) as failure:
        add_label(labelled, "PET-1", SHIFT, confidence=confidence)
    assert failure.value.code == "bad-confidence"


def test_the_same_label_again_is_the_same_and_another_sureness_is_told(labelled: Store) -> None:
    first = add_label(labelled, "PET-1", SHIFT, confidence=0.8)
    assert add_label(labelled, "PET-1", SHIFT, confidence=0.8) == first
    with pytest.raises(Conflict) as failure:
        add_label(labelled, "PET-1", SHIFT, confidence=0.2)
    assert (failure.value.code, failure.value.next) == (
        "already-labelled",
        "errata label retract label:1 --reason TEXT",
    )


def test_a_label_is_a_facet_of_its_record_until_it_is_taken_back(labelled: Store) -> None:
    add_label(labelled, "PET-1", SHIFT)
    assert found_by(labelled, "failure-mode", "localization/shift") == ["PET-1"]
    assert found_by(labelled, "label", "localization/shift") == ["PET-1"]
    reindex(labelled)
    assert found_by(labelled, "label", "localization/shift") == ["PET-1"]
    taken = retract_label(labelled, 1, "it was the camera")
    assert (taken.retracted_by, taken.retracted_reason) == ("ada", "it was the camera")
    assert found_by(labelled, "label", "localization/shift") == []
    assert (list_labels(labelled, "PET-1"), list_labels(labelled, "PET-1", everything=True)) == ([], [taken])
    with pytest.raises(Conflict) as failure:
        retract_label(labelled, 1, "again")
    assert failure.value.code == "retracted"


def test_a_renamed_term_keeps_the_old_label_readable_and_offers_the_move(labelled: Store) -> None:
    add_label(labelled, "PET-1", SHIFT, confidence=0.8, spans=[("summary", 0, 5)])
    edit_term(labelled, SHIFT, {"definition": "Off to one side."})
    rename_term(labelled, SHIFT, "displacement", reason="clearer")
    [waiting] = moves(labelled)
    assert (waiting.name, waiting.path, waiting.choices) == ("Shifted", "localization/shift", ("displacement",))
    assert waiting.definition == "The outline has about the right size and lies beside the object."
    moved = move_label(labelled, 1, reason="as it is called now")
    assert (moved.id, moved.path, moved.revision, moved.definition) == (
        "label:2",
        "localization/displacement",
        3,
        "Off to one side.",
    )
    assert (moved.confidence, moved.spans) == (0.8, waiting.spans)
    assert get_label(labelled, 1).retracted_reason == "as it is called now"
    assert found_by(labelled, "failure-mode", "localization/displacement") == ["PET-1"]
    assert moves(labelled) == []
    with pytest.raises(Conflict) as failure:
        move_label(labelled, 2)
    assert failure.value.code == "cannot-move"


def test_what_is_below_a_renamed_term_is_found_by_its_new_path(labelled: Store) -> None:
    add_label(labelled, "PET-1", SHIFT)
    rename_term(labelled, "failure-mode:localization", "placement", reason="shorter")
    assert found_by(labelled, "failure-mode", "localization/shift") == []
    assert found_by(labelled, "failure-mode", "placement/shift") == ["PET-1"]
    assert list_labels(labelled, "PET-1")[0].path == "localization/shift"


def test_of_a_split_somebody_chooses(labelled: Store) -> None:
    add_label(labelled, "PET-1", SHIFT)
    add_label(labelled, "run:1", "failure-mode:too-large")
    split_term(labelled, SHIFT, ["left", "right"], reason="two causes")
    merge_terms(labelled, ["failure-mode:too-large"], "too-small", reason="one kind")
    with pytest.raises(UsageError) as failure:
        move_label(labelled, 1)
    assert (failure.value.code, failure.value.expected) == (
        "which-term",
        "one of localization/left, localization/right",
    )
    assert [label.id for label in move_all(labelled, "failure-mode", reason="merged")] == ["label:3"]
    assert [label.id for label in moves(labelled)] == ["label:1"]
    assert move_label(labelled, 1, "right", reason="seen").path == "localization/right"


def test_a_term_out_of_use_is_no_new_label(labelled: Store) -> None:
    deprecate_term(labelled, SHIFT, reason="too vague", instead=["too-small"])
    with pytest.raises(Conflict) as failure:
        add_label(labelled, "PET-1", SHIFT)
    assert (failure.value.code, failure.value.expected) == ("deprecated-term", "one of localization/too-small")
    with pytest.raises(UsageError) as silent:
        deprecate_term(labelled, "failure-mode:duplicate", reason=" ")
    assert silent.value.code == "no-reason"


def test_labels_are_listed_by_term_with_what_is_below_it(labelled: Store) -> None:
    add_label(labelled, "PET-1", SHIFT)
    add_label(labelled, "run:1", "failure-mode:duplicate")
    assert [one.subject for one in list_labels(labelled, term="failure-mode:localization")] == ["PET-1"]
    assert [one.subject for one in list_labels(labelled, vocabulary="PET-2", actor="ada")] == ["PET-1", "run:1"]


def test_each_change_of_a_term_is_one_revision_with_its_reason(labelled: Store) -> None:
    add_term(
        labelled, "failure-mode:blur", {"broader": "bad-input", "definition": "Out of focus."}, reason="seen in May"
    )
    record = get_vocabulary(labelled, "failure-mode")
    assert (record.revision, record.body.path("blur")) == (2, "data/bad-input/blur")
    with labelled.read() as connection:
        last = records.history(connection, labelled, record.key)[-1]
    assert (last.reason, [change.field for change in last.changes]) == ("seen in May", ["concepts.blur"])


def test_a_vocabulary_comes_from_a_file_and_goes_out_as_skos(store: Store, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        "title: Own\nname: own\nconcepts:\n  a: {pref_label: A}\n  b: {pref_label: B, broader: a}\n"
    )
    assert add_vocabulary(store, str(tmp_path / "own.yaml")).body.path("b") == "a/b"
    (tmp_path / "own.json").write_text(json.dumps(skos(store, "own")))
    with pytest.raises(Conflict) as taken:
        add_vocabulary(store, str(tmp_path / "own.json"))
    assert taken.value.code == "name-taken"
    again = add_vocabulary(store, str(tmp_path / "own.json"), name="other")
    assert (again.key, again.name, again.body.path("b")) == ("PET-2", "other", "a/b")


@pytest.mark.parametrize("text", ["- a\n", "a: [", "{", "\0"])
def test_a_file_that_is_no_vocabulary_is_refused(store: Store, tmp_path: Path, text: str) -> None:
    (tmp_path / "own.yaml").write_text(text)
    with pytest.raises(ErrataError) as failure:
        add_vocabulary(store, str(tmp_path / "own.yaml"))
    assert failure.value.code in ("bad-vocabulary-file", "bad-body")
    with pytest.raises(NotFound) as missing:
        add_vocabulary(store, str(tmp_path / "none.yaml"))
    assert missing.value.code == "no-such-vocabulary"


def test_a_vocabulary_says_every_fault_of_its_file(store: Store) -> None:
    with pytest.raises(ValueFault) as failure:
        add_vocabulary(store, {"title": "T", "name": "model", "concepts": {"a": {"pref_label": "", "broader": "b"}}})
    assert failure.value.details == [
        "vocabulary: name 'model' means something else in a search; a has no label; a names 'b', which is no term of it"
    ]


def test_real_failures_of_gmf_become_labels_where_their_words_stand(store: Store, sample_data: Path) -> None:
    from errata.nouns.case import KIND as CASE

    add_vocabulary(store, "failure-mode")
    body = get_vocabulary(store, "failure-mode").body
    incidents = json.loads((sample_data / "incidents/gmf/gmf_incidents.json").read_text())["incidents"]
    said = 0
    for incident in incidents[:10]:
        failures = [one for one in incident["taxonomies"].get("failure", []) if body.meaning_of(f"gmf:{one['label']}")]
        if not failures:
            continue
        told = "\n\n".join(dict.fromkeys(quote for one in failures for quote in one["snippets"]))
        values = {"title": f"Incident {incident['incident_id']}", "summary": told}
        with store.write("test") as transaction:
            case = records.create(transaction, CASE, CASE.make(values))
        for failure in failures:
            [term] = body.meaning_of(f"gmf:{failure['label']}")
            spans = [
                ("summary", told.index(quote), told.index(quote) + len(quote), quote) for quote in failure["snippets"]
            ]
            label = add_label(
                store, case.key, f"failure-mode:{term}", status=failure["confidence"], spans=spans,
                note=failure.get("comment") or "",
            )  # fmt: skip
            assert [span.quote for span in label.spans] == failure["snippets"]
            said += 1
    assert said == 29
    assert found_by(store, "failure-mode", "data/concept-drift") == ["PET-2"]


@pytest.mark.homes("folder", "postgresql")
def test_a_retired_vocabulary_keeps_its_labels_and_takes_no_new_ones(store: Store) -> None:
    key = open_case(store, title="Lamp").key
    add_vocabulary(store, "failure-mode")
    add_vocabulary(
        store, {"title": "Ours", "name": "ours", "concepts": {"duplicate": {"pref_label": {"en": "double"}}}}
    )
    add_label(store, key, "failure-mode:duplicate")
    with pytest.raises(UsageError) as itself:
        retire_vocabulary(store, "failure-mode", reason="ours is better", instead="failure-mode")
    assert itself.value.code == "not-another"
    retired = retire_vocabulary(store, "failure-mode", reason="ours is better", instead="ours")
    assert (retired.state, retired.instead) == ("retired", "ours")
    for term, step in (("detection/duplicate", "errata label add SUBJECT ours:duplicate"),
                       ("background-as-object", "errata vocabulary show ours")):  # fmt: skip
        with pytest.raises(Conflict, match="nothing new is labelled") as refused:
            add_label(store, key, f"failure-mode:{term}")
        assert (refused.value.code, refused.value.next) == ("retired-vocabulary", step)
    assert [one.full for one in list_labels(store, key)] == ["failure-mode:detection/duplicate"]
    assert search(store, "failure-mode:detection/*", "case").total == 1
    restore_vocabulary(store, "failure-mode", reason="it was not")
    assert add_label(store, key, "failure-mode:missed-object").term == "missed-object"
    with pytest.raises(Conflict) as again:
        restore_vocabulary(store, "failure-mode", reason="x")
    assert again.value.code == "bad-move"
