"""``errata.analyze``: the verb, on a file or on a table in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from errata.client.report import Report
from errata.client.roles import names_of, role_arguments, roles_of
from errata.nouns.source import Source

if TYPE_CHECKING:
    from errata.verbs.counting import Engine


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
    task: str | None = None,
    k: int | None = None,
    separator: str | None = None,
    format: str | None = None,
    question: str | None = None,
    contexts: str | None = None,
    judge: str | None = None,
    faithfulness: str | None = None,
    tools: str | None = None,
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
    fairness: Iterable[str] = (),
    precision: float = 0.05,
    strength: int = 2,
    traffic: Any = None,
    heatmap: Iterable[str] = (),
    split: str | None = None,
    train: Any = None,
    sizes: str | None = None,
    embedding: Iterable[str] = (),
    clusters: str = "kmeans",
    stages: Iterable[str] = (),
    engine: str = "local",
) -> Report:
    """Find where a model fails more than elsewhere, by more than chance.

    ``data`` is a path (CSV, TSV, JSON lines, Parquet, Arrow, a folder or glob of Parquet) or a table in memory: Arrow,
    pandas, Polars. Roles that are not given are read from names and types. ``min_support`` is the least share of rows
    that a slice has; ``depth`` its most conditions (1 to 4). ``all`` makes every analysis whose roles are there,
    ``only`` the named ones: they stand in ``report.analyses``. ``costs`` are ``{"fp": 1, "fn": 5}``. The trend is told
    by ``bucket`` (``hour``, ``day``, ``auto``) and by the model versions in the column ``model_from``. ``nodes`` are
    columns that name a machine, hardware or software (they add that analysis), ``strata`` the factors that tell their
    traffic apart. ``task`` is one of classification, multilabel, top-k, regression, retrieval, generation, else read
    from types; ``k`` is of top-k and retrieval, ``separator`` of labels in one text, ``format`` to ``tools`` of a
    generation. ``fairness`` are columns whose values are groups (they add that analysis), ``precision`` is the
    half-width of an interval that suffices. ``traffic`` is a path or a table that says how often combinations of up to
    ``strength`` factors occur (it adds ``adequacy``), ``heatmap`` two factors (they add that analysis). ``split`` is a
    column that tells training rows from held-out ones (``COLUMN``, or ``COLUMN=VALUE`` with the value of the training
    rows), ``train`` the same model's predictions on the training rows (as ``data``): each adds the analysis
    ``holdout``. ``sizes`` is the column that says on how many examples a model was trained, for ``causes``.
    ``embedding`` are the columns or patterns that failures are clustered by (``only="clusters"``), ``clusters`` is
    ``kmeans`` or ``hdbscan``. ``stages`` are the columns that a pipeline logged, in order, or one of lists of steps
    (they add that analysis). ``derive`` are factors derived from columns (``"hour(time)"``). ``within`` is a slice:
    only its rows are looked at; ``weight`` is the column of what each counts for. With ``engine="spark"`` rows are
    counted by Spark: ``data`` is a path to Parquet, ``table:NAME`` or a Spark DataFrame. Raises errata.InputError for
    what cannot be used.
    """
    roles = roles_of(role_arguments(locals()))
    from errata.verbs.analyze import AnalyzeOptions, analyze_source
    from errata.verbs.audits import checked_costs, chosen
    from errata.verbs.beside import Beside

    named = {"nodes": names_of(nodes), "fairness": names_of(fairness), "heatmap": names_of(heatmap)}
    named["stages"] = names_of(stages)
    added = {name: bool(columns) for name, columns in named.items()} | {"adequacy": traffic is not None}
    trained = None if train is None else source_of(train, quarantine=quarantine, tz=tz)
    added["holdout"] = split is not None or train is not None
    options = AnalyzeOptions(
        metric=metric,
        depth=depth,
        min_support=min_support,
        top=top,
        seed=seed,
        allow_unknown=allow_unknown,
        analyses=chosen(all, None if only is None else names_of(only), **added),
        costs=checked_costs(costs or {}),
        bucket=bucket,
        model_from=model_from,
        strata=names_of(strata),
        within=within,
        weight=weight,
        precision=precision,
        strength=strength,
        traffic=None if traffic is None else source_of(traffic, quarantine=quarantine, tz=tz),
        fairness=named["fairness"],
        nodes=named["nodes"],
        heatmap=named["heatmap"],
        split=split,
        train=None if trained is None else trained.name,
        sizes=sizes,
        embedding=names_of(embedding),
        clusters=clusters,
        stages=named["stages"],
    )
    source = source_of(data, quarantine=quarantine, tz=tz, engine=engine)
    report = analyze_source(source, roles, options, engine=engine_of(engine), beside=Beside(train=trained))
    return Report.of(report)


def source_of(data: Any, *, quarantine: bool = False, tz: str | None = None, engine: str = "local") -> Source:
    """The rows of a path or of a table in memory, for this engine. Raises UsageError for one that there is not."""
    from errata.integrations.files import open_source, table_source
    from errata.verbs.counting import checked_engine

    if checked_engine(engine) == "spark":
        from errata.verbs.spark import spark_source

        return spark_source(data, quarantine=quarantine, tz=tz)
    if isinstance(data, str | Path):
        return open_source(data, quarantine=quarantine, tz=tz)
    return table_source(data)


def engine_of(name: str) -> Engine:
    """The engine of this name."""
    from errata.verbs.counting import LOCAL

    if name == "local":
        return LOCAL
    from errata.verbs.spark import Spark

    return Spark()
