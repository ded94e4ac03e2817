"""The published schemas, and what is printed by them."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import jsonschema

import errata
from errata.nouns.analyses import read_analyses


def agrees(schema: str, value: Any) -> None:
    """``value`` is of the published schema, such as ``errata.report-1``."""
    text = resources.files("errata.nouns").joinpath(f"schemas/{schema}.json").read_text("utf-8")
    jsonschema.Draft202012Validator(json.loads(text)).validate(value)


def reads_back(report: errata.Report) -> None:
    """The printed report is of its schema, and its analyses are read as what they were."""
    value = json.loads(report.json())
    agrees("errata.report-1", value)
    assert read_analyses(value["analyses"]) == report.analyses
