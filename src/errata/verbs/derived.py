"""Derived factors for verbs: a source beside whose columns stand those that are derived from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from errata.factors.derivation import Derivation, derivation_of, derivations, parse_all
from errata.factors.derived import DerivedOfParts, DerivedSource

if TYPE_CHECKING:
    from errata.nouns.roles import Roles
    from errata.nouns.source import Source


_OF_TIME = ("hour(", "weekday(", "day(", "month(")


def derived(source: Source, roles: Roles) -> tuple[Source, Roles]:
    """The source with what ``roles.derive`` asks for, and the roles with canonical names, factors beside those named.

    A name in ``factors`` or in the failure expression that says a derivation asks for it too. Raises GrammarError for
    a text that is none, ColumnError for one that the columns do not allow.
    """
    wanted = parse_all(roles.derive)
    if roles.derive != wanted:
        roles = replace(roles, derive=wanted)
    if wanted and roles.factors is not None:
        roles = replace(roles, factors=tuple(dict.fromkeys((*roles.factors, *wanted))))
    return with_columns(source, (*wanted, *(roles.factors or ()), *_failing(roles))), roles


def with_columns(source: Source, names: Iterable[str]) -> Source:
    """The source with a derived column for each of the names that it has not and that says a derivation."""
    missing = [name for name in dict.fromkeys(names) if name not in source.schema.names]
    found = derivations(missing)
    if not found:
        return source
    return (DerivedOfParts if hasattr(source, "parts") else DerivedSource)(source, found)


def notes_of(roles: Roles) -> tuple[str, ...]:
    """What is to be said of what was derived: that hours and days are those of UTC."""
    timed = [name for name in roles.derive if name.startswith(_OF_TIME)]
    return (f"{', '.join(timed)}: in UTC",) if timed else ()


def can_derive(source: Source, name: str) -> bool:
    """Whether the source has the columns that a derivation is of."""
    found = derivation_of(name)
    return isinstance(found, Derivation) and set(found.columns) <= set(source.schema.names)


def as_beside(source: Source, roles: Roles, slice_text: str | None) -> Source:
    """A source beside the rows at hand, with what is derived of these as far as it can be, and of the same slice."""
    wanted = [name for name in (*roles.derive, *_failing(roles)) if can_derive(source, name)]
    source = with_columns(source, wanted)
    if slice_text is None:
        return source
    from errata.verbs.within import within

    return within(source, slice_text)


def _failing(roles: Roles) -> tuple[str, ...]:
    if roles.failed is None:
        return ()
    from errata.nouns.criterion import parse_expression

    return tuple(parse_expression(roles.failed).columns)
