"""Known failures that are gone, in words and as lines of the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from errata.core import units
from errata.nouns.gone import Gone
from errata.show.paint import Paint
from errata.show.table_text import table_text
from errata.show.words import SIGNS


def heading(gone: Sequence[Gone]) -> str:
    """``2 failures known on this dataset no longer fail above the rest.``"""
    ends = "fails" if len(gone) == 1 else "fail"
    return f"{units.plural(len(gone), 'failure')} known on this dataset no longer {ends} above the rest."


def figures(one: Gone) -> tuple[str, str, str, str]:
    """Where it was, what fails there now, what fails in the rest, and as what it was known and why it is gone."""
    rate = f"{units.percent(one.error_rate)} {units.interval(one.low, one.high)}"
    counted = f"{units.count(one.failed)}/{units.count(one.rows)} {rate}"
    return one.slice, counted, units.percent(one.rest_error_rate), f"{one.known}, {one.run}: {why(one)}"


def why(one: Gone) -> str:
    """``its checks pass``, or how much above the rest it can be at most."""
    if one.margin is None:
        return "its checks pass"
    return f"at most {100 * one.excess_high:.1f} pp above the rest (below {100 * one.margin:.1f} pp)"


def lines(gone: Sequence[Gone], width: int, paint: Paint) -> list[str]:
    """The lines of the terminal; none when nothing is gone."""
    if not gone:
        return []
    rows = [figures(one) for one in gone]
    table = table_text(
        ["", "where", "failed", "rest"], [[SIGNS["pass"], *row[:3]] for row in rows], right="rest", width=width
    )
    head, *body = table.splitlines()
    told = ["", f"Gone: {heading(gone)}", paint(head, "dim")]
    for line, row in zip(body, rows, strict=True):
        told += [line, paint(f"   {row[3]}", "dim")]
    return told
