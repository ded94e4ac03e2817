from __future__ import annotations

import pytest

from errata.core.errors import FileError
from errata.nouns.case import KIND as CASE
from errata.nouns.form import read_form, write_form
from errata.nouns.shipped import shipped
from errata.nouns.template import KIND, TemplateBody


def test_a_form_is_read_as_it_is_written() -> None:
    text = "title: Fails by night\noccurred: 2026-01-05\nmodels: [a@1]\nimpact:\n  - {on: people, what: no}\nwhy:\n"
    assert read_form(text, "case.yaml") == {
        "title": "Fails by night",
        "occurred": "2026-01-05",
        "models": ["a@1"],
        "impact": [{"on": "people", "what": "no"}],
    }


@pytest.mark.parametrize(
    ("text", "found", "where"),
    [
        ("title: a\ntitle: b\n", "'title' is given twice", "case.yaml, line 2"),
        ("title: a: b\n", "mapping values are not allowed here", "case.yaml, line 1"),
        ("a: &x 1\nb: *x\n", "anchors and aliases are not read", "case.yaml, line 1"),
        ("", "nothing", "case.yaml"),
        ("- a\n", "list", "case.yaml"),
        ("1: a\n", "dict", "case.yaml"),
        ("a: !!python/name:os.system\n", "could not determine a constructor for the tag", "case.yaml, line 1"),
        ("a: \x07\n", "unacceptable character", "case.yaml"),
    ],
)
def test_what_is_no_form_is_said_with_its_line(text: str, found: str, where: str) -> None:
    with pytest.raises(FileError) as failure:
        read_form(text, "case.yaml")
    assert failure.value.code == "bad-form"
    assert found in failure.value.found
    assert failure.value.where == where


def test_a_form_asks_of_every_field_and_keeps_what_is_there() -> None:
    text = write_form({"title": "What?", "why": "Why?"}, {"title": "Blurred: at dusk"}, ("why",))
    assert text == "# What?\ntitle: 'Blurred: at dusk'\n\n# Why? (needed)\nwhy:\n"
    assert read_form(text, "x") == {"title": "Blurred: at dusk"}


@pytest.mark.parametrize("values", list(shipped("template")), ids=lambda one: one["name"])
def test_a_template_that_ships_asks_of_fields_that_a_case_has(values: dict[str, object]) -> None:
    body = KIND.make(values)
    assert isinstance(body, TemplateBody)
    assert {"title", "why", "summary", "owner"} <= set(body.asks)
    assert {*body.asks, *body.fills} <= set(CASE.editable)
    assert set(body.requires) <= set(body.asks)
    CASE.make({"title": "x", **body.fills})
