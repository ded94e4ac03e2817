"""What each analysis comes to, as one line with its sign: the list of a run's analyses, the first line of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from errata.core import units
from errata.nouns.adequacy import CHANCE, UNTESTED, Adequacy
from errata.nouns.calibration import OVER, Calibration
from errata.nouns.causes import MORE_DATA, NOISE, Causes
from errata.nouns.causes import WORSE as FAILS_MORE
from errata.nouns.clusters import Clusters
from errata.nouns.drift_halves import DriftHalves
from errata.nouns.fairness import GAP, TOO_FEW, Fairness
from errata.nouns.heatmap import Heatmap
from errata.nouns.holdout import EASIER, WORSE, Holdout
from errata.nouns.kinds import KindsOfError
from errata.nouns.nodes import BOTH, NODE, TRAFFIC, UNCLEAR, NodeRate, Nodes
from errata.nouns.operating_points import OperatingPoints
from errata.nouns.repeats import FAILING, FLAKY, Repeats
from errata.nouns.residuals import Residuals
from errata.nouns.stages import Stages
from errata.nouns.trend import Trend
from errata.show import drift_words
from errata.show.analyses_text import SECTIONS
from errata.show.calibration_text import slice_sentence
from errata.show.fairness_text import gap_words, metric_name
from errata.show.heatmap_text import cell_words, together
from errata.show.paint import Paint
from errata.show.residuals_text import side
from errata.show.section import plus_estimate, points, rate

FAIL, PASS, INCONCLUSIVE, NONE = "fail", "pass", "inconclusive", ""
SIGNS = {FAIL: "●", PASS: "✓", INCONCLUSIVE: "◆", NONE: ""}


@dataclass(frozen=True, slots=True)
class Answer:
    """``verdict`` is ``fail``, ``pass``, ``inconclusive`` or nothing, where the analysis judges nothing."""

    verdict: str
    text: str

    @property
    def sign(self) -> str:
        """The verdict's shape."""
        return SIGNS[self.verdict]


def answer(name: str, result: Any) -> Answer:
    """One line; of an analysis that has none of its own, the first of the terminal's."""
    if name in _ANSWERS:
        return _ANSWERS[name](result)
    first = next(iter(import_module(SECTIONS[name]).lines(result, 10_000, Paint(False))), "")
    return Answer(NONE, _sentence(first.strip()))


def _trend(found: Trend) -> Answer:
    if not any(one.expected is not None for one in found.buckets):
        rows = sum(one.rows for one in found.buckets)
        return Answer(NONE, f"{units.plural(rows, 'row')} over {units.plural(len(found.buckets), found.bucket)}.")
    odd = f"{units.plural(len(found.anomalies), found.bucket)} {'stands' if len(found.anomalies) == 1 else 'stand'} out"
    odd = odd if found.anomalies else f"no {found.bucket} stands out"
    if not found.change_points:
        verdict = INCONCLUSIVE if found.anomalies else PASS
        return Answer(verdict, f"No change of the error rate beyond chance; {odd}.")
    one = max(found.change_points, key=lambda change: abs(change.difference))
    others = units.plural(len(found.change_points) - 1, "other change")
    began = f", when version {', '.join(one.began)} began" if one.began else ""
    text = (
        f"Since {one.time.removesuffix('Z').replace('T', ' ')} UTC {units.percent(one.after)} "
        f"{units.interval(one.after_low, one.after_high)} fail where it was {units.percent(one.before)} "
        f"{units.interval(one.before_low, one.before_high)}{began}; "
        f"{f'{others}, ' if len(found.change_points) > 1 else ''}{odd}."
    )
    worse = any(change.difference > 0 for change in found.change_points)
    return Answer(FAIL if worse else PASS, text)


def _nodes(found: Nodes) -> Answer:
    every = [(column.column, one) for column in found.columns for one in column.nodes]
    guilty = [(column, one) for column, one in every if one.fault in (NODE, BOTH)]
    doubtful = [(column, one) for column, one in every if one.fault in (TRAFFIC, UNCLEAR)]
    of = f"{units.plural(len(every), 'node')} of {' and '.join(column.column for column in found.columns)}"
    if guilty:
        column, one = guilty[0]
        first = f"{column} {one.node} fails {_beside(one)}"
        return Answer(FAIL, f"{units.count(len(guilty))} of {of} at fault; first, {first}.")
    if doubtful:
        column, one = doubtful[0]
        why = "its traffic" if one.fault == TRAFFIC else "node or traffic, the rows do not say"
        return Answer(INCONCLUSIVE, f"None of {of} is shown to be at fault; {column} {one.node} is worse by {why}.")
    return Answer(PASS, f"None of {of} is worse beyond chance.")


def _beside(one: NodeRate) -> str:
    return f"{units.percent(one.rate)} {units.interval(one.low, one.high)} where others fail {units.percent(one.rest)}"


def _calibration(found: Calibration) -> Answer:
    gap = found.confidence - found.accuracy
    how = "overconfident" if gap > 0 else "underconfident"
    said = (
        f"{units.percent(found.confidence)} confident on average, right {units.percent(found.accuracy)}: {how} by "
        f"{units.points(abs(gap)).lstrip('+')}"
    )
    worse = [one for one in found.slices if one.worse_than_rest]
    if not worse:
        # No slice is worse than the rest, which does not say that the rest is honest.
        return Answer(NONE, f"{said}; no slice is off by more than the rest.")
    many = units.plural(len(worse), "slice is", "slices are")
    text = f"{said}; {many} off by more than the rest, first {slice_sentence(worse[0])}."
    over = any(one.direction == OVER and one.low > 0 for one in worse)
    return Answer(FAIL if over else INCONCLUSIVE, text)


def _operating_points(found: OperatingPoints) -> Answer:
    if found.abstention is not None and found.abstention.points:
        near = min(found.abstention.points, key=lambda point: abs(point.coverage - 0.8))
        return Answer(
            NONE,
            f"Answering only the {units.percent(near.coverage)} it is surest of, {units.percent(near.risk)} "
            f"{units.interval(near.low, near.high)} are wrong, where {units.percent(found.abstention.risk)} of all "
            "are.",
        )
    return Answer(NONE, f"Thresholds of {units.plural(len(found.classes), 'class', 'classes')}.")


def _drift(found: DriftHalves) -> Answer:
    drift = found.as_drift()
    if not drift.columns:
        return Answer(INCONCLUSIVE, "No column can be compared.")
    of = units.plural(len(drift.columns), "column")
    if not drift.alarms:
        return Answer(PASS, f"None of {of} drifted from the earlier half to the later one.")
    first = drift.alarms[0]
    moved = drift_words.moved(first)
    return Answer(
        FAIL,
        f"{units.count(len(drift.alarms))} of {of} drifted from the earlier half to the later one; first, "
        f"{first.column}: {drift_words.measure(first)}{f', {moved}' if moved else ''}.",
    )


def _kinds(found: KindsOfError) -> Answer:
    there = [one for one in found.kinds if one.rows]
    if not there:
        return Answer(NONE, "No row is of any kind of error.")
    first = there[0]
    if found.judged and first.failed_share is not None:
        span = units.interval(first.failed_low, first.failed_high)
        return Answer(NONE, f"First, {first.kind}: {units.percent(first.failed_share)} {span} of the failures.")
    return Answer(
        NONE, f"First, {first.kind}: {units.percent(first.share)} {units.interval(first.low, first.high)} of rows."
    )


def _repeats(found: Repeats) -> Answer:
    said = [f"{units.plural(one.tasks, 'task')} {one.state}" for one in found.states]
    tasks = {one.state: one.tasks for one in found.states}
    verdict = FAIL if tasks.get(FAILING) else INCONCLUSIVE if tasks.get(FLAKY) else PASS
    return Answer(verdict, f"{', '.join(said)}.")


def _fairness(found: Fairness) -> Answer:
    every = [(metric, one) for column in found.columns for metric in column.metrics for one in metric.groups]
    worse = [(metric, one) for metric, one in every if one.verdict == GAP and one.worse]
    if worse:
        metric, one = max(worse, key=lambda pair: abs(pair[1].gap))
        gap = gap_words(one.gap, one.gap_low, one.gap_high)
        widest = f"{metric_name(metric.metric, found.positive)} of {one.slice} {gap}"
        return Answer(FAIL, f"{units.plural(len(worse), 'gap')} to the worse; widest, {widest}.")
    few = sum(one.verdict == TOO_FEW for _, one in every)
    if few:
        return Answer(
            INCONCLUSIVE, f"No gap shown; {units.count(few)} of {units.count(len(every))} have too few rows to say."
        )
    return Answer(PASS, f"No evidence of a gap in any of {units.count(len(every))}.")


def _adequacy(found: Adequacy) -> Answer:
    last = found.coverage[-1]
    name = {1: "values", 2: "pairs of values", 3: "triples of values"}[last.strength]
    said = (
        f"{units.count(last.tested)} of {units.count(last.combinations)} {name} are tested, "
        f"{units.count(last.covered)} by {units.count(found.needed)} rows or more"
    )
    untested = [one for one in found.combinations if one.verdict == UNTESTED]
    beyond = [one for one in untested if one.absence not in (None, CHANCE)]
    if beyond:
        if found.traffic:
            return Answer(FAIL, f"{said}; left out of the test, though it occurs: {beyond[0].slice}.")
        return Answer(INCONCLUSIVE, f"{said}; impossible together, or never tested: {beyond[0].slice}.")
    if untested:
        return Answer(INCONCLUSIVE, f"{said}; never tested: {untested[0].slice}.")
    short = f"; fewest, {found.combinations[0].slice}" if found.combinations else ""
    return Answer(INCONCLUSIVE if found.combinations else PASS, f"{said}{short}.")


def _heatmap(found: Heatmap) -> Answer:
    beyond = sorted((one for one in found.cells if one.beyond), key=lambda one: -one.excess)
    if beyond:
        more = beyond[0].excess > 0
        where = cell_words(beyond[0] if more else beyond[-1], found)
        many = f"{units.plural(len(beyond), 'pair')} of values {'is' if len(beyond) == 1 else 'are'}"
        return Answer(FAIL if more else PASS, f"{many} not explained by either factor; first, {where}.")
    verdict = PASS if found.freedom >= 1 and found.p > 0.05 else INCONCLUSIVE
    return Answer(verdict, f"{found.a.column} and {found.b.column}: {together(found)}.")


def _residuals(found: Residuals) -> Answer:
    mean = f"mean error {plus_estimate(found.bias)}"
    said, tested = [], ["a bias on average"]
    if off := side(found.bias):
        said.append(f"predictions are {off} on average")
    if found.curve and found.bias_p is not None:
        tested.append("in a bin of the prediction")
        if bins := found.biased_bins:
            said.append(f"biased in {len(bins)} of {units.plural(len(found.curve), 'bin')} of the prediction")
    if found.tried:
        tested.append(f"in one of {units.plural(found.tried, 'slice')}")
        if found.slices:
            many = units.plural(len(found.slices), "slice")
            said.append(f"biased otherwise than the rest in {many}, first {found.slices[0].slice}")
    if found.spread_tests:
        tested.append("of uneven spread")
        if found.uneven:
            said.append("spread depends on the prediction")
    if found.spread_factors:
        said.append(f"spread differs by {found.spread_factors[0].factor}")
    if found.tails is not None:
        tested.append("of heavy tails")
        if found.tails.verdict == "heavy":
            said.append("tails are heavier than a normal's")
    if said:
        return Answer(FAIL, _sentence(f"{'; '.join(said)}; {mean}"))
    few = found.bias.low is None
    *first, last = tested
    nothing = f"{', '.join(first)} or {last}" if first else last
    return Answer(INCONCLUSIVE if few else PASS, f"No evidence of {nothing}; {mean}.")


def _holdout(found: Holdout) -> Answer:
    gap = found.gap
    change = units.number(gap.value) if found.metric == "loss" else units.points(gap.value or 0.0)
    if gap.low is not None and gap.high is not None:
        scale = 1 if found.metric == "loss" else 100
        change += f" [{scale * gap.low:+.3g}, {scale * gap.high:+.3g}]"
    verdict = {WORSE: FAIL, EASIER: INCONCLUSIVE}.get(found.verdict, PASS)
    return Answer(verdict, f"{found.verdict[:1].upper()}{found.verdict[1:]}: {change} from train to holdout.")


def _clusters(found: Clusters) -> Answer:
    of = units.plural(found.failures, "failure")
    if not found.clusters:
        said = "Too few to say whether there are clusters" if found.p is None else "No cluster structure beyond chance"
        return Answer(NONE, f"{said} among {of}.")
    above = [one for one in found.clusters if one.excess_errors_low > 0]
    first = (above or found.clusters)[0]
    rate = (
        f"{units.percent(first.error_rate)} {units.interval(first.low, first.high)} fail" if first.rows else "all fail"
    )
    many = units.plural(len(found.clusters), "cluster")
    return Answer(FAIL if above else NONE, f"{many} of {of}; first, {first.name}: {rate}.")


def _stages(found: Stages) -> Answer:
    if found.departs is None:
        return Answer(
            NONE, f"No evidence that failing paths depart at any of {units.plural(len(found.stages), 'stage')}."
        )
    return Answer(FAIL, f"Failing paths depart first at {found.departs}.")


def _causes(found: Causes) -> Answer:
    said, tested = [], []
    if found.labels is not None:
        tested.append(f"the labels of {units.plural(found.labels.rows, 'row')}")
        if found.labels.verdict == NOISE:
            said.append(f"{rate(found.labels.noise)} of the labels may be wrong")
    if found.data is not None:
        tested.append(f"the data of {units.plural(len(found.data.inputs), 'column')}")
        bad = [one for one in found.data.troubles if one.verdict == FAILS_MORE]
        if bad:
            first = bad[0].kind if bad[0].column is None else f"{bad[0].kind} in {bad[0].column}"
            said.append(f"rows with bad data fail more, first {first}: {rate(bad[0].rate)}")
    if found.capacity is not None:
        tested.append(f"{units.plural(len(found.capacity.points), 'training size')}")
        if found.capacity.verdict == MORE_DATA:
            said.append(f"twice the training data would gain {points(found.capacity.gain)}")
    if said:
        return Answer(FAIL, _sentence(f"{'; '.join(said)}; no proof of a cause"))
    return Answer(PASS, f"No evidence against {' and '.join(tested)}.")


def _sentence(text: str) -> str:
    text = f"{text[:1].upper()}{text[1:]}"
    return text if text.endswith(".") else f"{text}."


_ANSWERS: Mapping[str, Callable[[Any], Answer]] = {
    "calibration": _calibration,
    "operating-points": _operating_points,
    "trend": _trend,
    "nodes": _nodes,
    "drift": _drift,
    "kinds": _kinds,
    "repeats": _repeats,
    "fairness": _fairness,
    "adequacy": _adequacy,
    "heatmap": _heatmap,
    "residuals": _residuals,
    "holdout": _holdout,
    "clusters": _clusters,
    "stages": _stages,
    "causes": _causes,
}
