"""Vocabularies: what is whole, how terms change, SKOS out and in, and the failure modes that are shipped."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.core.errors import Conflict, NotFound, UsageError, ValueFault
from errata.nouns import terms
from errata.nouns.skos import from_skos, to_skos
from errata.nouns.vocabulary import KIND, VocabularyBody, parse_term, shipped

AVID = {
    "S0200": "Supply Chain Compromise", "S0301": "Information Leak", "S0302": "Excessive Queries",
    "S0402": "Insufficient Training Data", "S0403": "Adversarial Example", "S0501": "Model inversion",
    "S0502": "Model theft", "S0600": "Data Poisoning", "E0100": "Bias/ Discrimination", "E0101": "Group fairness",
    "E0301": "Toxicity", "E0402": "Generative Misinformation", "P0100": "Data issues", "P0101": "Data drift",
    "P0102": "Concept drift", "P0104": "Data quality issues", "P0105": "Feedback loops", "P0200": "Model issues",
    "P0202": "OOD generalization", "P0204": "Accuracy", "P0301": "Anonymization",
}  # fmt: skip
"""The categories of AVID's SEP view that are mapped to, as AVID names them."""


def body(**concepts: Any) -> VocabularyBody:
    values = {at.replace("_", "-"): said for at, said in concepts.items()}
    made = KIND.make({"title": "Boxes", "name": "boxes", "concepts": values})
    assert isinstance(made, VocabularyBody)
    return made


@pytest.fixture
def boxes() -> VocabularyBody:
    return body(
        place={"pref_label": "Place"},
        shift={"pref_label": {"en": "Shifted", "de": "Verschoben"}, "broader": "place", "definition": "Beside it."},
        far={"pref_label": "Far off", "broader": "shift", "related": ["ghost"]},
        ghost={"pref_label": "Ghost", "alt_labels": ["Phantom"], "exact_match": ["tide:Bkg"]},
    )


def test_a_concept_has_one_path_from_the_top(boxes: VocabularyBody) -> None:
    assert boxes.path("far") == "place/shift/far"
    assert (boxes.narrower(None), boxes.descendants("place")) == (["ghost", "place"], ["shift", "far"])
    assert boxes.ordered() == ["ghost", "place", "shift", "far"]


def test_related_holds_both_ways_whoever_says_it(boxes: VocabularyBody) -> None:
    assert (boxes.related("far"), boxes.related("ghost")) == (["ghost"], ["far"])


def test_a_term_is_named_by_its_id_or_its_path(boxes: VocabularyBody) -> None:
    assert [boxes.resolve(text) for text in ("far", "place/shift/far")] == ["far", "far"]
    assert parse_term("boxes:place/shift") == ("boxes", "place/shift")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ghost/shift", "one like place/shift"),
        ("shfit", "one like place/shift"),
        ("Phantom", "one like ghost"),
        ("zzz", "a term of it"),
    ],
)
def test_what_is_no_term_is_answered_with_the_nearest(boxes: VocabularyBody, text: str, expected: str) -> None:
    with pytest.raises(NotFound) as failure:
        boxes.resolve(text)
    assert (failure.value.code, failure.value.expected) == ("no-such-term", expected)


@pytest.mark.parametrize(
    ("concepts", "said"),
    [
        (
            {"a": {"pref_label": "A", "broader": "b"}, "b": {"pref_label": "B", "broader": "a"}},
            "a is broader than itself",
        ),
        ({"a": {"pref_label": "A", "broader": "b"}}, "a names 'b', which is no term of it"),
        ({"a": {"pref_label": "A", "related": ["a"]}}, "a names itself"),
        ({"A b": {"pref_label": "A"}}, "term 'A b' is not small letters"),
        ({"a": {"pref_label": " "}}, "a has no label"),
        ({"a": {"pref_label": {"English": "A"}}}, "'English' is no language"),
        ({"a": {"pref_label": "A", "exact_match": ["two words"]}}, "'two words' is no CURIE or URI"),
        ({"a": {"pref_label": "A", "replaced_by": ["b"]}, "b": {"pref_label": "B"}}, "nothing says why"),
    ],
)
def test_a_vocabulary_that_is_not_whole_is_refused_with_what_is_wrong(concepts: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueFault, match="cannot be kept") as failure:
        KIND.make({"title": "T", "name": "t", "concepts": concepts})
    assert said in " ".join(failure.value.details)


@pytest.mark.parametrize("name", ["model", "Failure Mode", "", "x" * 61])
def test_a_name_that_a_search_could_not_tell_apart_is_refused(name: str) -> None:
    with pytest.raises(ValueFault):
        KIND.make({"title": "T", "name": name})


def test_a_renamed_term_takes_what_is_below_it_along(boxes: VocabularyBody) -> None:
    new = terms.renamed(boxes, "shift", "displacement", "", "clearer")
    assert new.path("far") == "place/displacement/far"
    assert new.concepts["displacement"].pref_label == {"en": "Displacement", "de": "Verschoben"}
    assert (new.concepts["shift"].said(), new.concepts["shift"].meaning()) == ("Shifted", "Beside it.")
    assert (new.replacements("shift"), new.concepts["shift"].deprecated) == (["displacement"], "clearer")
    again = terms.renamed(new, "displacement", "offset", "", "shorter")
    assert again.replacements("shift") == ["offset"]
    with pytest.raises(Conflict) as failure:
        terms.renamed(new, "shift", "moved", "", "x")
    assert (failure.value.code, failure.value.expected) == ("deprecated-term", "one of place/displacement")


def test_a_split_term_offers_all_that_it_became(boxes: VocabularyBody) -> None:
    new = terms.split(boxes, "far", ["far-left", "far-right"], "two causes")
    assert new.replacements("far") == ["far-left", "far-right"]
    assert new.path("far-left") == "place/shift/far-left"
    with pytest.raises(Conflict) as below:
        terms.split(boxes, "shift", ["a", "b"], "x")
    assert below.value.code == "has-narrower"
    with pytest.raises(UsageError) as few:
        terms.split(boxes, "far", ["near"], "x")
    assert few.value.code == "split-into-what"


def test_a_merged_term_leaves_its_names_behind(boxes: VocabularyBody) -> None:
    new = terms.merged(boxes, ["ghost"], "far", "the same")
    assert new.concepts["far"].alt_labels == {"en": ("Ghost", "Phantom")}
    assert (new.concepts["far"].close_match, new.replacements("ghost")) == (("tide:Bkg",), ["far"])
    with pytest.raises(UsageError) as failure:
        terms.merged(boxes, ["place"], "far", "x")
    assert failure.value.code == "merge-into-what"


def test_what_is_edited_keeps_the_other_languages(boxes: VocabularyBody) -> None:
    new = terms.edited(boxes, "shift", {"pref_label": {"fr": "Décalé"}, "definition": "Off."})
    assert new.concepts["shift"].pref_label == {"en": "Shifted", "de": "Verschoben", "fr": "Décalé"}
    assert new.concepts["shift"].meaning("de") == "Off."
    with pytest.raises(UsageError) as failure:
        terms.edited(boxes, "shift", {"replaced_by": ["far"]})
    assert failure.value.code == "not-editable"


ids = st.from_regex(r"[a-z][a-z0-9]{0,3}(-[a-z0-9]{1,3})?", fullmatch=True)


@st.composite
def vocabularies(draw: st.DrawFn) -> VocabularyBody:
    names = draw(st.lists(ids, min_size=1, max_size=8, unique=True))
    text = st.text("ab é漢", min_size=1, max_size=5).filter(str.strip)
    concepts = {}
    for at, name in enumerate(names):
        concepts[name] = {
            "pref_label": draw(st.dictionaries(st.sampled_from(["en", "de", "ja"]), text, min_size=1)),
            "alt_labels": draw(st.dictionaries(st.sampled_from(["en", "de"]), st.lists(text, min_size=1, max_size=2))),
            "definition": draw(st.dictionaries(st.sampled_from(["en", "fr"]), text)),
            "examples": draw(st.lists(text, max_size=2)),
            "broader": draw(st.sampled_from([None, *names[:at]])),
            "exact_match": draw(st.lists(st.sampled_from(["avid:P0102", "https://a.example/b"]), unique=True)),
            "deprecated": draw(st.sampled_from(["", "why"])),
        }
    made = KIND.make({"title": "T", "name": "t", "prefixes": {"avid": "urn:errata:avid:"}, "concepts": concepts})
    assert isinstance(made, VocabularyBody)
    return made


@given(vocabularies())
def test_skos_brings_back_what_it_was_given(made: VocabularyBody) -> None:
    assert from_skos(json.loads(json.dumps(to_skos(made)))) == made


@given(vocabularies(), st.data())
def test_no_edit_takes_a_term_away_or_makes_a_circle(made: VocabularyBody, data: st.DataObject) -> None:
    living = made.living()
    if len(living) < 2:
        return
    term = data.draw(st.sampled_from(living))
    others = [at for at in living if at != term and at not in made.descendants(term)]
    edits = [terms.renamed(made, term, "new-name", "", "why")]
    if others:
        edits.append(terms.merged(made, [term], data.draw(st.sampled_from(others)), "why"))
    for new in edits:
        assert set(made.concepts) <= set(new.concepts)
        assert len(new.replacements(term)) == 1
        assert sorted(new.ordered()) == sorted(new.concepts)


def test_skos_of_others_is_read_in_its_compact_forms() -> None:
    document = {
        "@context": {"skos": "http://www.w3.org/2004/02/skos/core#"},
        "@graph": [
            {"@id": "https://x.example/birds", "@type": "skos:ConceptScheme", "skos:prefLabel": "Birds"},
            {
                "@id": "https://x.example/birds#SeaBird",
                "@type": ["skos:Concept"],
                "skos:prefLabel": [
                    {"@value": "Sea bird", "@language": "en"},
                    {"@value": "Seevogel", "@language": "de"},
                ],
            },
            {
                "@id": "https://x.example/birds#gull",
                "@type": "http://www.w3.org/2004/02/skos/core#Concept",
                "http://www.w3.org/2004/02/skos/core#prefLabel": {"@value": "Gull", "@language": "en"},
                "skos:broader": {"@id": "https://x.example/birds#SeaBird"},
            },
        ],
    }
    read = from_skos(document)
    assert (read.name, read.title, read.path("gull")) == ("birds", "Birds", "sea-bird/gull")
    assert read.concepts["sea-bird"].pref_label["de"] == "Seevogel"
    document["@graph"].append(document["@graph"][1])  # type: ignore[attr-defined]
    with pytest.raises(ValueFault) as failure:
        from_skos(document)
    assert (failure.value.code, failure.value.found) == ("not-skos", "more than one concept is called 'sea-bird'")


@pytest.mark.parametrize("document", [{}, {"@graph": 3}, {"@graph": [{"@type": "Dog"}]}, {"@graph": [1]}])
def test_what_is_no_skos_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ValueFault) as failure:
        from_skos(document)
    assert failure.value.code == "not-skos"


@pytest.fixture(scope="module")
def modes() -> VocabularyBody:
    found = shipped("failure-mode")
    assert found is not None
    return found


def test_the_failure_modes_are_118_in_12_families(modes: VocabularyBody) -> None:
    assert (len(modes.concepts), len(modes.narrower(None))) == (118, 12)
    assert modes.path("shift") == "localization/shift"
    assert [at for at, one in modes.concepts.items() if not one.meaning() or not one.examples] == []


def test_every_match_has_a_prefix_that_leads_somewhere(modes: VocabularyBody) -> None:
    matches = [match for one in modes.concepts.values() for match in (*one.exact_match, *one.close_match)]
    assert {match.partition(":")[0] for match in matches} == {"atlas", "avid", "gmf", "tide"}
    assert {m.partition(":")[2] for m in matches if m.startswith("avid:")} == set(AVID)
    assert {m for m in matches if m.startswith("tide:")} == {
        "tide:Cls", "tide:Loc", "tide:Both", "tide:Dupe", "tide:Bkg", "tide:Miss",
    }  # fmt: skip
    assert modes.address("atlas:AML.T0051") == "https://atlas.mitre.org/techniques/AML.T0051"
    exact = [match for one in modes.concepts.values() for match in one.exact_match]
    assert sorted(exact) == sorted(set(exact))


def test_no_two_modes_go_by_one_name(modes: VocabularyBody) -> None:
    names = [re.sub(r"\W+", " ", name.casefold()) for one in modes.concepts.values() for name in one.names()]
    assert sorted(names) == sorted(set(names))


def test_every_name_of_gmf_and_id_of_atlas_is_theirs(modes: VocabularyBody, sample_data: Path) -> None:
    incidents = json.loads((sample_data / "incidents/gmf/gmf_incidents.json").read_text())["incidents"]
    names = {failure["label"] for one in incidents for failure in one["taxonomies"].get("failure", [])}
    terms_of_atlas = json.loads((sample_data / "incidents/atlas/atlas_case_studies.json").read_text())["terms"]
    matches = [match for one in modes.concepts.values() for match in (*one.exact_match, *one.close_match)]
    assert {unquote(m[4:]) for m in matches if m.startswith("gmf:")} <= names
    assert {m[6:] for m in matches if m.startswith("atlas:")} <= set(terms_of_atlas)


def test_real_failures_of_gmf_find_their_mode(modes: VocabularyBody, sample_data: Path) -> None:
    incidents = json.loads((sample_data / "incidents/gmf/gmf_incidents.json").read_text())["incidents"]
    given_in_1 = [failure["label"] for failure in incidents[0]["taxonomies"]["failure"]]
    assert given_in_1[:2] == ["Concept Drift", "Generalization Failure"]
    assert [modes.meaning_of(f"gmf:{name}") for name in given_in_1[:2]] == [["concept-drift"], ["unseen-condition"]]
    assert modes.meaning_of("Dataset Imbalance") == ["class-imbalance"]
    names = {failure["label"] for one in incidents for failure in one["taxonomies"].get("failure", [])}
    assert len([name for name in names if len(modes.meaning_of(f"gmf:{name}")) == 1]) == 26
