"""The audits that ``errata analyze --all`` and ``--only`` add to slices and confusion.

An audit has a name, says which role is missing for it, and asks for Tallies and Draws as a generator. All that is asked
of one source is answered in one pass (one more where an audit asks again). A new one is a module with an ``AUDIT``, a
line in ``AUDITS``, its result in ``errata.nouns.analyses.PLACES``, its lines in ``errata.show.analyses_text``, its
answer in ``errata.show.answers`` and, where it has any, its charts in ``errata.show.analyses_charts``.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from errata.core.errors import ErrataError, UsageError
from errata.core.names import nearest
from errata.engine.local.answers import Asked
from errata.nouns.analyses import Analysis, NotDone
from errata.tasks.reserved import Reserved, View
from errata.verbs.subject import Subject

if TYPE_CHECKING:
    from errata.verbs.analyze import Progress

SLICES, CONFUSION, HOLDOUT, CAUSES = "slices", "confusion", "holdout", "causes"
SEARCHED = (SLICES, CONFUSION)
"""What is analysed when nothing is chosen: it stands in the report's findings."""
AUDITS: dict[str, str] = {
    "calibration": "errata.verbs.calibration",
    "operating-points": "errata.verbs.operating_points",
    "trend": "errata.verbs.trend",
    "nodes": "errata.verbs.nodes",
    "stages": "errata.verbs.stages",
    "drift": "errata.verbs.drift_halves",
    "kinds": "errata.verbs.kinds",
    "repeats": "errata.verbs.repeats",
    "fairness": "errata.verbs.fairness",
    "adequacy": "errata.verbs.adequacy",
    "heatmap": "errata.verbs.heatmap",
    "residuals": "errata.verbs.residuals",
    HOLDOUT: "errata.verbs.holdout",
    CAUSES: "errata.verbs.causes",
    "clusters": "errata.verbs.clusters",
}
"""Name → the module that holds its ``AUDIT``, in the order in which they are told."""
ON_REQUEST = frozenset({"clusters", CAUSES, "profile"})
"""What ``--all`` leaves out: only its own name chooses it."""
Asking = Generator[Sequence[Asked], list[Any], Analysis]
"""Tallies and Draws out, Counts and Drawn in, in the same order; at last the result."""


@dataclass(frozen=True, slots=True)
class Audit:
    """``missing`` says why the subject cannot be audited (no role for it), or None. ``run`` asks and concludes; it may
    raise Impossible. ``derived`` are reserved columns of its own, beside those of ``Subject.view``."""

    name: str
    missing: Callable[[Subject], str | None]
    run: Callable[[Subject], Asking]
    derived: Callable[[Subject], Mapping[str, Reserved]] = lambda _: {}


class Impossible(Exception):
    """Raised by an audit that cannot go on; its text is the reason."""


def audit(name: str) -> Audit:
    """One of ``AUDITS``, loaded."""
    found: Audit = import_module(AUDITS[name]).AUDIT
    return found


def chosen(
    every: bool = False,
    only: Sequence[str] | None = None,
    *,
    nodes: bool = False,
    fairness: bool = False,
    adequacy: bool = False,
    heatmap: bool = False,
    holdout: bool = False,
    stages: bool = False,
) -> tuple[str, ...]:
    """The analyses that ``--all`` or ``--only`` choose; each of ``--nodes``, ``--fairness``, ``--traffic``,
    ``--heatmap``, ``--stages``, and ``--split`` or ``--train`` (``holdout``), adds its own to the usual ones.

    Raises UsageError for both, or a name that there is not.
    """
    names = (*SEARCHED, *AUDITS)
    if every and only:
        raise UsageError(
            "bad-option",
            "--all and --only exclude each other",
            expected="one of them",
            next=f"--only {','.join(only)}",
        )
    if not only:
        if every:
            return tuple(name for name in names if name not in ON_REQUEST)
        own = {"nodes": nodes, "fairness": fairness, "adequacy": adequacy, "heatmap": heatmap, HOLDOUT: holdout}
        own["stages"] = stages
        return (*SEARCHED, *(name for name, named in own.items() if named))
    for name in only:
        if name not in names:
            near = nearest(name, list(names))
            raise UsageError(
                "no-such-analysis",
                f"there is no analysis {name!r}",
                expected=", ".join(names),
                found=name,
                next=f"--only {near[0] if near else names[0]}",
            )
    return tuple(name for name in names if name in only)


def audited(
    names: Sequence[str],
    subject: Subject,
    say: Progress,
    *,
    also: Sequence[Asked] = (),
    derived: Mapping[str, Reserved] | None = None,
) -> tuple[dict[str, Analysis], tuple[NotDone, ...], list[Any]]:
    """The results of these audits, those that could not be made, and the answers to what is asked for ``also`` (over
    ``derived`` columns too). Raises UsageError for a wrong option of the one audit that was chosen."""
    results: dict[str, Analysis] = {}
    reasons: dict[str, str] = {}
    asking: dict[str, tuple[Asking, Sequence[Asked]]] = {}
    reserved = {**subject.view.reserved, **(derived or {})}
    for name in names:
        one = audit(name)
        try:
            reason = one.missing(subject)
            if reason is not None:
                reasons[name] = reason
                continue
            made = one.derived(subject)
            clash = [name for name, column in made.items() if reserved.get(name, column) != column]
            assert not clash, f"{name} calls other columns {clash} than they are"
            reserved |= made
            generator = one.run(subject)
            asking[name] = generator, next(generator)
        except Impossible as impossible:
            reasons[name] = str(impossible)
        except ErrataError as error:
            if isinstance(error, UsageError) and len(names) == 1:
                raise
            reasons[name] = error.message
    view = View(reserved)
    answered: dict[Asked, Any] = {}
    first: Sequence[Asked] = also
    while asking or first:
        requests = dict.fromkeys([*first, *(one for _, asked in asking.values() for one in asked)])
        # What one audit has asked before it or another asks again is known.
        unknown = [one for one in requests if one not in answered]
        if unknown:
            found = subject.engine.answers(subject.source, unknown, view, say)
            answered |= zip(unknown, found, strict=True)
        first = ()
        again: dict[str, tuple[Asking, Sequence[Asked]]] = {}
        for name, (generator, asked) in asking.items():
            try:
                again[name] = generator, generator.send([answered[one] for one in asked])
            except StopIteration as stop:
                results[name] = stop.value
            except (Impossible, ErrataError) as error:
                reasons[name] = error.message if isinstance(error, ErrataError) else str(error)
        asking = again
    return (
        {name: results[name] for name in names if name in results},
        tuple(NotDone(name, reasons[name]) for name in names if name in reasons),
        [answered[one] for one in also],
    )


def read_costs(text: str | None) -> dict[str, float]:
    """``fp=1,fn=5`` as numbers. Raises UsageError."""
    costs = {}
    for part in (text or "").split(",") if text else ():
        kind, _, cost = part.partition("=")
        try:
            costs[kind.strip()] = float(cost)
        except ValueError:
            raise _bad_costs(text) from None
    return checked_costs(costs)


def checked_costs(costs: Mapping[str, float]) -> dict[str, float]:
    """The costs of a false positive (``fp``) and a false negative (``fn``). Raises UsageError unless both are > 0."""
    if costs and not (set(costs) == {"fp", "fn"} and all(0 < cost < float("inf") for cost in costs.values())):
        raise _bad_costs(",".join(f"{kind}={cost}" for kind, cost in costs.items()))
    return {kind: float(cost) for kind, cost in costs.items()}


def _bad_costs(text: str | None) -> UsageError:
    return UsageError(
        "bad-option",
        f"--costs cannot be {text}",
        expected="what one false positive and one false negative cost, both above 0",
        found=str(text),
        next="--costs fp=1,fn=5",
    )
