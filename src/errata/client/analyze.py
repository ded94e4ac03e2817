"""``errata.analyze``: the verb, on a file or on a table in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from errata.client.report import Report
from errata.nouns.roles import Roles
from errata.nouns.source import Source


def analyze(
    data: Any,
    *,
    truth: str | None = None,
    prediction: str | None = None,
    score: str | None = None,
    scores: str | Iterable[str] | None = None,
    id: str | None = None,
    loss: str | None = None,
    failed: str | None = None,
    time: str | None = None,
    group: str | None = None,
    image: str | None = None,
    factors: Iterable[str] | None = None,
    exclude: Iterable[str] = (),
    derive: Iterable[str] = (),
    positive: object = None,
    metric: str = "error",
    depth: int = 3,
    min_support: float = 0.01,
    top: int = 20,
    seed: int = 0,
    allow_unknown: bool = False,
    quarantine: bool = False,
    tz: str | None = None,
    all: bool = False,
    only: Iterable[str] | None = None,
    costs: Mapping[str, float] | None = None,
    bucket: str = "auto",
    model_from: str | None = None,
    nodes: Iterable[str] = (),
    strata: Iterable[str] = (),
    within: str | None = None,
    weight: str | None = None,
) -> Report:
    """Find where a model fails more than elsewhere, by more than chance.

    ``data`` is a path (CSV, TSV, JSON lines, Parquet, Arrow, a folder or glob of Parquet) or a table in memory: Arrow,
    pandas, Polars. Roles that are not given are read from names and types. ``min_support`` is the least share of rows
    that a slice has; ``depth`` its most conditions (1 to 4). ``all`` makes every analysis whose roles are there,
    ``only`` the named ones: they stand in ``report.analyses``. ``costs`` are ``{"fp": 1, "fn": 5}``. The trend is told
    by ``bucket`` (``hour``, ``day``, ``auto``) and by the model versions in the column ``model_from``. ``nodes`` are
    columns that name a machine, hardware or software (they add that analysis), ``strata`` the factors that tell their
    traffic apart. ``derive`` are factors derived from columns (``"hour(time)"``). ``within`` is a slice: only its rows
    are looked at; ``weight`` is the column of what each counts for. Raises errata.InputError for what cannot be used.
    """
    from errata.verbs.analyze import AnalyzeOptions, analyze_source
    from errata.verbs.audits import checked_costs, chosen

    roles = Roles(
        truth=truth,
        prediction=prediction,
        score=score,
        scores=scores if scores is None or isinstance(scores, str) else tuple(scores),
        id=id,
        loss=loss,
        failed=failed,
        time=time,
        group=group,
        image=image,
        factors=None if factors is None else tuple(factors),
        exclude=tuple(exclude),
        derive=(derive,) if isinstance(derive, str) else tuple(derive),
        positive=None if positive is None else _class_name(positive),
    )
    named = _names(nodes)
    options = AnalyzeOptions(
        metric=metric,
        depth=depth,
        min_support=min_support,
        top=top,
        seed=seed,
        allow_unknown=allow_unknown,
        analyses=chosen(all, None if only is None else _names(only), nodes=bool(named)),
        costs=checked_costs(costs or {}),
        bucket=bucket,
        model_from=model_from,
        nodes=named,
        strata=_names(strata),
        within=within,
        weight=weight,
    )
    return Report.of(analyze_source(source_of(data, quarantine=quarantine, tz=tz), roles, options))


def source_of(data: Any, *, quarantine: bool = False, tz: str | None = None) -> Source:
    """The rows of a path or of a table in memory."""
    from errata.integrations.files import open_source, table_source

    if isinstance(data, str | Path):
        return open_source(data, quarantine=quarantine, tz=tz)
    return table_source(data)


def _names(given: Iterable[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _class_name(positive: object) -> str:
    from errata.tasks.classification import label_text

    return label_text(positive)
