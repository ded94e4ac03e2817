"""``errata drift run:1 run:2``: logged runs, or a run beside a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from errata.nouns.drift import Drift
from errata.nouns.roles import Roles
from errata.store.catalog import Store
from errata.verbs.drift import DriftOptions, Progress, drift_sources, only_those
from errata.verbs.parts import merged, roles_of_run, source_of_run

if TYPE_CHECKING:
    from errata.nouns.source import Source


@dataclass(frozen=True, slots=True)
class Drifting:
    """One side: its rows, and its roles where they are known apart from the other's."""

    source: Source
    roles: Roles | None = None


def side_of_run(store: Store, number: int, given: Roles) -> Drifting:
    """A logged run with the roles it was logged with; those that are ``given`` count instead. Raises NotFound."""
    run, source = source_of_run(store, number)
    return Drifting(source, roles_of_run(run, source, given))


def drift_sides(
    a: Drifting, b: Drifting, given: Roles, options: DriftOptions, progress: Progress | None = None
) -> Drift:
    """Drift between two sides; a side without roles of its own is read as the other, or as is ``given``."""
    if a.roles is not None:
        roles = a.roles
    else:
        roles = given if b.roles is None else merged(only_those(a.source, b.roles), given)
    return drift_sources(a.source, b.source, roles, options, progress, b_roles=b.roles)
