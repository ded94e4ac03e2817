"""Roles as Python code gives them: by keyword, with one name or several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from errata.nouns.roles import Roles


def roles_of(given: Mapping[str, Any]) -> Roles:
    """The roles that are ``given``; those that are None are unset. Raises TypeError for what is no role."""
    values = {name: value for name, value in given.items() if value is not None}
    for name in {"factors", "exclude", "derive"} & set(values):
        values[name] = names_of(values[name])
    if "scores" in values and not isinstance(values["scores"], str):
        values["scores"] = tuple(values["scores"])
    if "positive" in values:
        from errata.tasks.classification import label_text

        values["positive"] = label_text(values["positive"])
    return Roles(**values)


def role_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a call's arguments that are roles."""
    return {field.name: arguments[field.name] for field in fields(Roles) if field.name in arguments}


def names_of(given: Iterable[str]) -> tuple[str, ...]:
    """One name, or several."""
    return (given,) if isinstance(given, str) else tuple(given)
