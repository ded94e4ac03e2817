"""``errata analyze``: where a model fails more than elsewhere, by more than chance."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.core.errors import ErrataError, UsageError
from errata.core.names import written_names
from errata.core.units import count, plural
from errata.factors.encode import Factor, NoFactor, edges_of, encode
from errata.nouns.finding import Finding
from errata.nouns.outcome import PASSED, UNKNOWN, Outcomes
from errata.nouns.report import LeftOut, Report, Searched
from errata.nouns.slice import Slice
from errata.tasks.metric import Measured, measure
from errata.tasks.outcomes import read_outcomes
from errata.tasks.pairing import group_numbers
from errata.tasks.roles import not_a_factor
from errata.verbs.audits import AUDITS, CAUSES, CONFUSION, HOLDOUT, SEARCHED, SLICES, audited, chosen
from errata.verbs.beside import Beside, with_train
from errata.verbs.confusion import confusion_findings
from errata.verbs.counting import LOCAL, Engine, SliceEngine, refuse_on_spark
from errata.verbs.derived import as_beside, derived, notes_of, with_columns
from errata.verbs.leaks import leaks
from errata.verbs.metrics import dense_groups, metrics_of, summary_of
from errata.verbs.slices import least_rows, search_slices, searched_of, slice_findings
from errata.verbs.subject import GLANCE, Subject
from errata.verbs.weights import is_constant, weighed, weights_of
from errata.verbs.within import among, within

if TYPE_CHECKING:
    from errata.analysis.slices import Found
    from errata.nouns.analyses import Analysis, NotDone
    from errata.nouns.roles import Roles
    from errata.nouns.source import Source

VERSION = 1
"""Of the analysis: findings of another version are other findings."""
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyzeOptions:
    """How to search. ``min_support`` is a share of the rows; ``edges`` are fixed cuts by column (a catalog's).
    ``analyses`` are what ``errata.verbs.audits.chosen`` chose; ``costs`` what one error of a kind costs.
    ``bucket`` and ``model_from`` (the column of the model's version) are the trend's; ``nodes`` are the columns that
    name a machine, hardware or software, ``strata`` the factors by which their traffic is told apart. ``fairness`` are
    columns whose values are groups; ``precision`` is the half-width of an interval (a share) that suffices, there and
    for a combination of up to ``strength`` factors; ``traffic`` are the rows that say how often one occurs, ``heatmap``
    the two factors of a heatmap. ``split`` (``COLUMN`` or ``COLUMN=VALUE``) says which rows are train, ``train`` names
    the source that holds them, ``sizes`` the column or parameter that says on how many examples a model was trained.
    ``embedding`` are the columns (or patterns) by which failures are clustered, ``clusters`` how: ``kmeans`` or
    ``hdbscan``; ``stages`` the columns that a pipeline logged in order, or its trace. ``within`` is the slice whose
    rows alone are looked at, ``weight`` the column by which they count."""

    metric: str = "error"
    depth: int = 3
    min_support: float = 0.01
    top: int = 20
    seed: int = 0
    allow_unknown: bool = False
    edges: Mapping[str, Sequence[float]] | None = None
    analyses: tuple[str, ...] = SEARCHED
    costs: Mapping[str, float] = field(default_factory=dict)
    bucket: str = "auto"
    model_from: str | None = None
    nodes: tuple[str, ...] = ()
    strata: tuple[str, ...] = ()
    fairness: tuple[str, ...] = ()
    precision: float = 0.05
    strength: int = 2
    traffic: Source | None = None
    heatmap: tuple[str, ...] = ()
    split: str | None = None
    train: str | None = None
    sizes: str | None = None
    embedding: tuple[str, ...] = ()
    clusters: str = "kmeans"
    stages: tuple[str, ...] = ()
    within: str | None = None
    weight: str | None = None

    def to_json(self) -> dict[str, Any]:
        """What says which analysis it is: all but edges, and of what has come since only what was chosen."""
        values = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "edges"}
        if self.analyses == SEARCHED:
            del values["analyses"]
        unset = ("costs", "nodes", "strata", "model_from", "fairness", "traffic", "heatmap", "split", "train", "sizes")
        for name in (*unset, "embedding", "stages", "within", "weight"):
            if not values[name]:
                del values[name]
        for name in ("bucket", "precision", "strength", "clusters"):
            if values[name] == type(self).__dataclass_fields__[name].default:
                del values[name]
        if self.traffic is not None:
            values["traffic"] = traffic_identity(self.traffic)
        return values

    def __post_init__(self) -> None:
        if self.within is not None:
            text = Slice.parse(self.within).text
            object.__setattr__(self, "within", None if text == "all" else text)
        for name, good, expected in (
            ("depth", 1 <= self.depth <= 4, "1 to 4 conditions in a slice"),
            ("min_support", 0 < self.min_support < 1, "a share of the rows between 0 and 1, such as 0.01"),
            ("top", 1 <= self.top <= 1000, "1 to 1,000 slices"),
            ("seed", self.seed >= 0, "a whole number of at least 0"),
            ("clusters", self.clusters in ("kmeans", "hdbscan"), "kmeans or hdbscan"),
            ("bucket", self.bucket in ("hour", "day", "auto"), "hour, day or auto"),
            ("precision", 0 < self.precision < 0.5, "a share between 0 and 0.5, such as 0.05 for ±5 percent points"),
            ("strength", 1 <= self.strength <= 3, "1 to 3 factors in a combination"),
            ("heatmap", len(self.heatmap) == len(set(self.heatmap)) in (0, 2), "two factors, such as contrast,slant"),
        ):
            if not good:
                option = "--" + name.replace("_", "-")
                usual = "A,B" if name == "heatmap" else type(self).__dataclass_fields__[name].default
                given = getattr(self, name)
                given = ",".join(given) if isinstance(given, tuple) else str(given)
                raise UsageError(
                    "bad-option",
                    f"{option} cannot be {given}",
                    expected=expected,
                    found=given,
                    next=f"{option} {usual}",
                )


def traffic_identity(source: Source) -> str:
    """The digest of the rows that say how often a combination occurs."""
    from errata.core.columns import is_number, is_text
    from errata.core.digests import table_digest

    names = [field.name for field in source.schema if is_text(field.type) or is_number(field.type)]
    return table_digest({name: source.column(name) for name in names})


def analyze_source(
    source: Source,
    roles: Roles,
    options: AnalyzeOptions,
    progress: Progress | None = None,
    engine: Engine = LOCAL,
    beside: Beside | None = None,
    outcomes: Outcomes | None = None,
) -> Report:
    """Read the outcomes and the factors of ``source``, and report where it fails. Roles may be incomplete.

    Audits alone, of more rows than a glance takes in or by an ``engine`` of their own, are counted without holding
    every row. ``beside`` is what some audits need besides, ``outcomes`` those of all rows where they are known.
    """
    say = progress or (lambda _: None)
    refuse_on_spark(engine, {"--derive": roles.derive, "--within": options.within, "--weight": options.weight})
    source, roles = derived(source, roles)
    source = with_columns(source, (*options.nodes, *options.strata))
    _check_columns(source, options)
    if options.traffic is not None:
        options = replace(options, traffic=as_beside(options.traffic, roles, options.within))
    if beside is not None and beside.train is not None:
        beside = replace(beside, train=as_beside(beside.train, roles, options.within))
    of_all = options.within is None and options.weight is None
    alone = CAUSES not in options.analyses and (beside is None or beside.train is None)
    streams = engine is not LOCAL or source.rows > GLANCE
    on_spark = isinstance(engine, SliceEngine)
    if of_all and alone and (on_spark or (streams and not set(options.analyses) & set(SEARCHED))):
        from errata.verbs.analyze_counted import counted_report

        report = counted_report(source, roles, options, say, engine)
        if report is not None:
            return report
    say(f"reading {source.name}")
    whole, kept = source, ""
    if options.within is not None:
        source = within(source, options.within)
        kept = f"within {options.within}: {count(source.rows)} of {plural(whole.rows, 'row')}"
    try:
        # Some of the rows are no parts whose counts could be kept, nor those that known outcomes are of.
        known = outcomes if of_all else None
        report = _analyzed(source, roles, options, say, engine if of_all else LOCAL, beside, known)
    except ErrataError as error:
        if options.within is not None:
            among(error, options.within)
        raise
    if options.within is not None:
        report = replace(report, notes=(f"{kept}, and the rest is the rest of these", *report.notes))
    return replace(report, within=options.within, weight=options.weight)


def _analyzed(
    source: Source,
    roles: Roles,
    options: AnalyzeOptions,
    say: Progress,
    engine: Engine,
    beside: Beside | None,
    known: Outcomes | None,
) -> Report:
    weighting: tuple[str, ...] = ()
    weights: NDArray[np.float64] | None = None
    if options.weight is not None:
        source, weighting = weighed(source, options.weight)
        weights = weights_of(source, options.weight)
        weights = None if is_constant(weights) else weights
    outcomes = read_outcomes(source, roles, allow_unknown=options.allow_unknown) if known is None else known
    check_ids(source, outcomes.roles)
    asked = engine
    if isinstance(engine, SliceEngine):
        engine = LOCAL  # from here on every row is here
    options, notes = fitting(outcomes, options)
    groups = groups_of(source, outcomes.roles)
    measured = measure(outcomes, options.metric)
    size = len(measured.failed)
    min_rows = least_rows(options.min_support, size)
    factors, left_out = factors_of(source, outcomes, min_rows, options.edges, say, options.weight)
    about_groups = dense_groups(groups, measured.rows)
    searched = Searched(slices=0, depth=options.depth, threshold=None, method="none")
    slices: list[Finding] = []
    search_notes: tuple[str, ...] = ()
    if SLICES in options.analyses:
        about_weights = weights if weights is None or measured.rows is None else weights[measured.rows]
        found, masks = search_slices(factors, measured, about_groups, options, min_rows, say, about_weights)
        arguments = {
            "positive": measured.positive,
            "failed": outcomes.roles.failed,
            "within": options.within,
            "weight": None if weights is None else options.weight,
        }
        slices = slice_findings(found, masks, factors, measured, about_groups, outcomes.task, arguments, about_weights)
        search_notes = (*of_population(measured, size), *of_search(found, factors))
        searched = searched_of(found, min_rows)
    confusion: list[Finding] = []
    confusion_notes: tuple[str, ...] = ()
    if CONFUSION in options.analyses and weights is None:
        confusion, confusion_notes = confusion_findings(outcomes, groups, options.within)
    metrics, reliability = metrics_of(source, outcomes, groups, options.seed, weights)
    if weights is None:
        analyses, not_done = _audited(source, outcomes, factors, groups, min_rows, options, say, engine, beside)
    else:
        analyses, not_done = {}, _unweighted(options)
        if outcomes.truth is not None:
            confusion_notes = ("confused pairs and the calibration error know no weights and are left out",)
    derivations = notes_of(outcomes.roles)
    said = (*weighting, *outcomes.notes, *derivations, *notes, *search_notes, *confusion_notes, *asked.notes)
    return Report(
        source=source.name,
        run=summary_of(outcomes, groups, weights),
        roles=outcomes.roles.to_json(),
        metrics=metrics,
        findings=(*slices, *confusion),
        searched=searched,
        left_out=tuple(left_out),
        binned=edges_of(factors),
        reliability=reliability,
        notes=said,
        quarantined=len(source.quarantined),
        analyses=analyses,
        not_done=not_done,
    )


def _audited(
    source: Source,
    outcomes: Outcomes,
    factors: list[Factor],
    groups: NDArray[np.int64] | None,
    min_rows: int,
    options: AnalyzeOptions,
    say: Progress,
    engine: Engine,
    beside: Beside | None,
) -> tuple[dict[str, Analysis], tuple[NotDone, ...]]:
    names = [name for name in AUDITS if name in options.analyses]
    if not names:
        return {}, ()
    if beside is not None and beside.train is not None and HOLDOUT in names:
        # Both sides are counted together, and apart from what is about the rows at hand alone.
        of_both, not_both, _ = audited([HOLDOUT], with_train(source, outcomes, beside.train, options, say), say)
        others = replace(options, analyses=tuple(name for name in names if name != HOLDOUT))
        found, not_done = _audited(source, outcomes, factors, groups, min_rows, others, say, engine, beside)
        found |= of_both
        return {name: found[name] for name in names if name in found}, (*not_done, *not_both)
    subject = Subject.of(source, outcomes, factors, min_rows, options, engine)
    subject.beside = beside
    if groups is not None:
        subject.groups = groups
    return audited(names, subject, say)[:2]


def _unweighted(options: AnalyzeOptions) -> tuple[NotDone, ...]:
    """The audits that were chosen: none of them knows weights."""
    from errata.nouns.analyses import NotDone

    reason = "it counts every row alike, whatever it weighs"
    return tuple(NotDone(name, reason) for name in AUDITS if name in options.analyses)


def of_population(measured: Measured, rows: int) -> tuple[str, ...]:
    """That there is nothing to search, where a metric is about no row."""
    if rows:
        return ()
    about = {
        "fpr": f"no row has another truth than {measured.positive}, so there are no false positives to find",
        "fnr": f"no row has the truth {measured.positive}, so there are no false negatives to find",
        "loss": "no row has a loss",
    }
    return (about.get(measured.metric, "no row has a known outcome"),)


def of_search(found: Found, factors: Sequence[Factor]) -> tuple[str, ...]:
    """What the search left out: values that no slice can name, and more conditions than it could try."""
    notes = [
        f"{plural(factor.unwritable, 'value')} of {factor.name} can stand in no slice (too long, not finite, or with "
        "control characters)"
        for factor in factors
        if factor.unwritable
    ]
    if found.deeper is not None:
        notes.append(
            f"searched to {plural(found.depth, 'condition')}: one more would be {count(found.deeper)} slices "
            "(--factors, --exclude or a larger --min-support make them fewer)"
        )
    return tuple(notes)


def _check_columns(source: Source, options: AnalyzeOptions) -> None:
    """Raise ColumnError for a column of the audits' options that is not there, MissingExtra for a part that is not."""
    from errata.tasks.columns import check_column, check_columns
    from errata.verbs.holdout import column_named

    for option in ("nodes", "fairness", "heatmap"):
        check_columns(source, getattr(options, option), option)
    if options.split is not None:
        check_column(source, column_named(source, options.split)[0], "split")
    if options.model_from is not None:
        check_column(source, options.model_from, "model-from")
    # TRACE.FIELD names a field of the objects in a column.
    of_trace = [name for name in options.stages if name.rpartition(".")[0] in source.schema.names]
    check_columns(source, options.stages, "stages", also=of_trace)
    if "clusters" in options.analyses:
        from errata.verbs.cluster_space import named_columns
        from errata.verbs.clusters import needs_scikit_learn

        needs_scikit_learn()
        named_columns(source, options.embedding)
    elif options.embedding:
        raise UsageError(
            "bad-option",
            "--embedding is for the analysis clusters, which is not among those that were chosen",
            expected="clusters among --only",
            found=f"--only {','.join(options.analyses)}",
            next=f"--only clusters --embedding {shlex.quote(written_names(options.embedding))}",
        )


def check_ids(source: Source, roles: Roles) -> None:
    """Raise ValueFault if an id stands in two rows."""
    if roles.id is not None:
        from errata.tasks.ids import refuse_repeated

        elsewhere = getattr(source, "refuse_repeated", None)
        if elsewhere is None or source.rows <= source.most_fetched:  # type: ignore[attr-defined]
            refuse_repeated(source, roles.id)
        else:
            elsewhere(roles.id)


def fitting(outcomes: Outcomes, options: AnalyzeOptions) -> tuple[AnalyzeOptions, tuple[str, ...]]:
    """Without any known failure but with a loss, the loss is what can be measured."""
    if options.metric == "error" and outcomes.loss is not None and not (outcomes.failed != UNKNOWN).any():
        return replace(options, metric="loss"), ("nothing says what failed, so the slices are by loss (--metric loss)",)
    return options, ()


def groups_of(source: Source, roles: Roles) -> NDArray[np.int64] | None:
    if roles.group is None:
        return None
    return group_numbers(source.column(roles.group))


def factors_of(
    source: Source,
    outcomes: Outcomes,
    min_rows: int,
    edges: Mapping[str, Sequence[float]] | None,
    say: Progress,
    weight: str | None = None,
) -> tuple[list[Factor], list[LeftOut]]:
    """The factors of a source, sorted by name, and the columns that are none, with reasons."""
    roles = outcomes.roles
    refused = not_a_factor(source, roles)
    factors: list[Factor] = []
    left_out: list[LeftOut] = []
    for name in source.schema.names:
        if roles.factors is not None and name not in roles.factors:
            continue
        if name in refused:
            left_out.append(LeftOut(name, refused[name]))
            continue
        if name == weight and name not in (roles.factors or ()):
            left_out.append(LeftOut(name, "it is the weight (--factors names it if it is to be one)"))
            continue
        say(f"reading {name}")
        factor = encode(name, source.column(name), min_rows, (edges or {}).get(name))
        if isinstance(factor, NoFactor):
            left_out.append(LeftOut(name, factor.reason))
        elif roles.factors is None and name not in roles.derive and (reason := leaks(factor, outcomes)):
            left_out.append(LeftOut(name, reason))
        else:
            factors.append(factor)
    # Items are numbered by name, so that ties fall the same way whatever the order of the columns.
    return sorted(factors, key=lambda factor: factor.name), left_out


__all__ = ["PASSED", "AnalyzeOptions", "analyze_source", "check_ids", "chosen", "read_outcomes"]
