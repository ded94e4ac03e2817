"""Clusters of failures as a section of the terminal's page: those that fail above the rest first, each with why."""

from __future__ import annotations

from errata.core import units
from errata.nouns.clusters import Cluster, Clusters, Condition, Term
from errata.show.paint import Paint
from errata.show.wrapping import wrap

_MOST = 10
_SAMPLES = 5
_IN = "       "
_LEVEL = 0.05


def lines(found: Clusters, width: int, paint: Paint) -> list[str]:
    """The section, at most ``width`` columns wide."""
    text = wrap(f"clusters of {units.plural(found.failures, 'failure')} by {_by(found)} · {_number(found)}", width, "")
    text[0] = paint(text[0], "bold")
    for one in found.clusters[:_MOST]:
        text += _cluster(one, width, paint)
    if len(found.clusters) > _MOST:
        text.append(f"  … and {len(found.clusters) - _MOST:,} more (--json)")
    if found.number is None:
        text += _none(found, width, paint)
    if found.noise:
        text += wrap(
            f"○ outside every cluster: {units.count(found.noise_failed)} failed of {units.plural(found.noise, 'row')}",
            width,
        )
    if found.outliers:
        text += wrap(f"far from any: {_outliers(found)}", width)
    small = [_how(found), *(f"note: {note}" for note in found.notes)]
    return text + [paint(line, "dim") for one in small for line in wrap(one, width)]


def _by(found: Clusters) -> str:
    names = ", ".join(found.columns[:3]) + (f" and {len(found.columns) - 3:,} more" if len(found.columns) > 3 else "")
    return {"embedding": f"the embedding {names}", "text": f"the words of {names}"}.get(found.by, names)


def _number(found: Clusters) -> str:
    if found.number is None:
        return "no cluster structure" if found.p is not None else "too few to say"
    return f"{found.number:,} of them"


def _cluster(one: Cluster, width: int, paint: Paint) -> list[str]:
    above = one.excess_errors_low > 0
    sign, tone = ("●", "fail") if above else ("○", "unknown")
    rate = f"{units.percent(one.error_rate)} {units.interval(one.low, one.high)}" if one.rows else "no row to count"
    floor = f" (≥ {one.excess_errors_low:,.0f})" if above else ""
    head = (
        f"{sign} {one.number}  {one.name}: {rate} · {units.count(one.failed)}/{units.count(one.rows)} · rest "
        f"{units.percent(one.rest_error_rate)} · {one.excess_errors:+,.0f} errors above the rest{floor}"
    )
    text = wrap(head, width)
    if above:
        text[0] = text[0].replace(sign, paint(sign, tone), 1)
    for said in _set_apart(one.conditions, one.terms):
        text += wrap(said, width, _IN)
    more = [pair for pair in one.pairs if pair.p_adjusted <= _LEVEL and pair.share > (pair.rest_share or 0)]
    if more:
        pairs = ", ".join(
            f"{p.truth} taken for {p.prediction} {units.percent(p.share)} ({units.percent(p.rest_share)})" for p in more
        )
        text += wrap(f"of its failures (of others): {pairs}", width, _IN)
    doubt = "" if one.stable else ": dissolves when rows change"
    named = [sample.id if sample.id is not None else f"row {sample.row + 1:,}" for sample in one.samples]
    text += wrap(
        f"in all {units.count(one.all_failed)} failed of {units.plural(one.all_rows, 'row')} · stability "
        f"{one.stability:.2f}{doubt}" + (f" · such as {', '.join(named[:_SAMPLES])}" if named else ""),
        width,
        _IN,
    )
    return text


def _set_apart(conditions: tuple[Condition, ...], terms: tuple[Term, ...]) -> list[str]:
    found = []
    if terms:
        said = ", ".join(
            f"{one.term} {units.percent(one.share, 2)} : {units.percent(one.passing_share, 2)}" for one in terms
        )
        found.append(f"its words, failed : passed: {said}")
    found += [
        f"{one.slice}: {units.percent(one.share)} of them, {units.percent(one.passing_share)} of passing rows, × "
        f"{units.number(one.ratio)} [{units.number(one.low)}, {units.number(one.high)}]"
        for one in conditions
    ]
    return found


def _none(found: Clusters, width: int, paint: Paint) -> list[str]:
    text: list[str] = []
    if found.p is not None:
        best = max(found.tried, key=lambda one: one.stability - one.reference_stability, default=None)
        some = found.p <= _LEVEL
        said = (
            "◆ more structure than one cloud has, but no number of clusters comes back"
            if some
            else "✓ failures are one cloud as far as this can tell"
        )
        if best is not None and best.number is not None:
            said += (
                f": at best, {best.number} clusters agree to {best.stability:.2f} with those of half of the rows (rows "
                f"without clusters: {best.reference_stability:.2f}; 1 is the same, and 0.65 is asked)"
            )
        text += wrap(said, width)
        text[0] = text[0].replace(said[0], paint(said[0], "inconclusive" if some else "pass"), 1)
    apart = _set_apart(found.conditions, found.terms)
    if apart:
        text += wrap("what sets failed rows apart from rows that passed:", width)
    return text + [line for said in apart for line in wrap(said, width, "    ")]


def _outliers(found: Clusters) -> str:
    named = [
        f"{one.id if one.id is not None else f'row {one.row + 1:,}'} (× {one.times:.1f})"
        for one in found.outliers[:_SAMPLES]
    ]
    more = len(found.outliers) - _SAMPLES
    return ", ".join(named) + (f" and {more:,} more" if more > 0 else "")


def _how(found: Clusters) -> str:
    parts = []
    if found.axes < found.dimensions:
        parts.append(
            f"{found.dimensions:,} dimensions along {found.axes:,} axes ({units.percent(found.kept)} of the variance)"
        )
    if found.tried:
        numbers = [one.number for one in found.tried if one.number is not None]
        said = f"{min(numbers)} to {max(numbers)} clusters tried" if numbers else "clusters of any shape looked for"
        parts.append(
            f"{said} on {units.plural(found.tried_rows, 'failure')}, p = {units.number(found.p)} of none at all"
        )
    half = f"{units.count(found.counted_failed)} failed of {units.plural(found.counted_rows, 'row')}"
    how = f"what sets apart is counted on one half of the rows ({half})"
    if found.number is not None:
        how = f"one half of the rows made the clusters, all else is counted on the other ({half})"
    parts.append(f"{how}; it is no false discovery (Benjamini–Hochberg at {units.percent(found.false_discovery_rate)})")
    return ". ".join(part[0].upper() + part[1:] for part in parts)
