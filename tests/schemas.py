"""The published schemas, and what is printed by them."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

import jsonschema

import errata
from errata.nouns.analyses import read_analyses


def agrees(schema: str, value: Any) -> None:
    """``value`` is of the published schema, such as ``errata.report-1``."""
    _validator(schema).validate(value)


@cache
def _validator(schema: str) -> jsonschema.Draft202012Validator:
    text = resources.files("errata.nouns").joinpath(f"schemas/{schema}.json").read_text("utf-8")
    return jsonschema.Draft202012Validator(json.loads(text))


def agrees_by_name(value: Any) -> set[str]:
    """``value`` is of the published schema that it names, and each of a list of its own: their names."""
    name = value["schema"]
    agrees(name.replace("/", "-"), value)
    if name == "errata.list/1":
        [rows] = (one for key, one in value.items() if key not in ("schema", "cursor"))
        return {name}.union(*map(agrees_by_name, rows))
    return {name}


def reads_back(report: errata.Report) -> None:
    """The printed report is of its schema, and its analyses are read as what they were."""
    value = json.loads(report.json())
    agrees("errata.report-1", value)
    assert read_analyses(value["analyses"]) == report.analyses
