"""What takes long, as it is asked for by names alone: here, or as a job of whoever is far from the rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from errata.core.names import names_run, parse_fact
from errata.nouns.roles import Roles
from errata.store.catalog import Store
from errata.verbs.uploaded import Rows, opened, roles_from, source_at

if TYPE_CHECKING:
    from errata.nouns.case_import import Imported
    from errata.nouns.comparison import Comparison
    from errata.nouns.drift import Drift
    from errata.nouns.report import Report
    from errata.nouns.source import Source

Progress = Callable[[str], None]


def report_of(
    store: Store,
    run: str,
    *,
    roles: Mapping[str, Any] | None = None,
    as_of: int | None = None,
    train: Rows | None = None,
    traffic: Rows | None = None,
    quarantine: bool = False,
    tz: str | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Report:
    """Analyse a run with every option of ``AnalyzeOptions``. Raises as ``analyze_run`` does."""
    from errata.verbs.analyze import AnalyzeOptions
    from errata.verbs.analyze_run import analyze_run

    beside: int | Source | None = None
    if train is not None:
        of_run = isinstance(train, str) and names_run(train)
        beside = parse_fact(str(train), "run") if of_run else source_at(store, train, quarantine, tz)
        options["train"] = train if isinstance(beside, int) else beside.name
    if traffic is not None:
        options["traffic"] = source_at(store, traffic, quarantine, tz)
    number = parse_fact(run, "run")
    wanted = AnalyzeOptions(**options)
    return analyze_run(store, number, wanted, progress, roles_from(roles), as_of, train=beside)


def compare_rows(
    store: Store,
    a: Rows,
    b: Rows,
    *,
    roles: Mapping[str, Any] | None = None,
    quarantine: bool = False,
    tz: str | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Comparison:
    """Compare two sides, each a run or other rows, with the options of ``CompareOptions``."""
    from errata.verbs.compare import CompareOptions
    from errata.verbs.compare_run import Compared, compare_sides, side_of_run

    given = roles_from(roles)

    def side(rows: Rows) -> Compared:
        if isinstance(rows, str) and names_run(rows):
            return side_of_run(store, parse_fact(rows, "run"), given)
        return Compared(source_at(store, rows, quarantine, tz), given)

    return compare_sides(store, side(a), side(b), CompareOptions(**options), progress)


def drift_rows(
    store: Store,
    a: Rows,
    b: Rows,
    *,
    min_effect: float = 0.02,
    roles: Mapping[str, Any] | None = None,
    quarantine: bool = False,
    tz: str | None = None,
    progress: Progress | None = None,
) -> Drift:
    """Which columns drifted from one side to the other, each a run or other rows."""
    from errata.verbs.drift import DriftOptions
    from errata.verbs.drift_run import Drifting, drift_sides, side_of_run

    given: Roles = roles_from(roles)

    def side(rows: Rows) -> Drifting:
        if isinstance(rows, str) and names_run(rows):
            return side_of_run(store, parse_fact(rows, "run"), given)
        return Drifting(source_at(store, rows, quarantine, tz))

    return drift_sides(side(a), side(b), given, DriftOptions(min_effect=min_effect), progress)


def import_upload(store: Store, file: str, **options: Any) -> Imported:
    """Import the cases of an upload, with the options of ``import_cases``. What is refused is told by entry; whoever
    has the file keeps it aside."""
    from errata.verbs.import_cases import import_cases

    with opened(store, file) as (path, name):
        return import_cases(store, str(path), called=name, **options)
