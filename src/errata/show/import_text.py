"""What came of an import, in the terminal."""

from __future__ import annotations

from collections import Counter

from errata.core.units import count, plural
from errata.nouns.case_import import Imported

SHOWN = 5


def import_text(found: Imported) -> str:
    """Counts, what no term has, what was refused and where it lies, and what to type next."""
    counts = [f"{count(len(found.new))} new", f"{count(len(found.changed))} changed", f"{count(found.same)} the same"]
    if found.ended:
        counts.append(f"{count(found.ended)} withdrawn or merged here and left so")
    counts.append(f"{count(len(found.refused))} refused")
    lines = [f"{found.path}: {', '.join(counts)}"]
    if found.dry_run:
        lines[0] += " · nothing was written"
    if found.labels or found.links:
        lines.append(f"  with {plural(found.labels, 'label')} and {plural(found.links, 'link')}")
    if found.unmapped:
        lines += _unmapped(found)
    if found.refused:
        lines += _refused(found)
    if found.new and not found.dry_run:
        lines.append(f"  {found.new[0]}" + (f" … {found.new[-1]}" if len(found.new) > 1 else ""))
    first = [*found.new, *found.changed]
    if found.dry_run:
        lines.append("the same line without --dry-run imports it")
    else:
        lines.append(f"errata case show {first[0]}" if first else "errata case list")
    return "\n".join(lines)


def _unmapped(found: Imported) -> list[str]:
    ranked = Counter(found.unmapped).most_common()
    named = ", ".join(f"{name} ({count(times)})" for name, times in ranked[:SHOWN])
    more = f", and {count(len(ranked) - SHOWN)} more names" if len(ranked) > SHOWN else ""
    total = plural(sum(found.unmapped.values()), "label")
    return [f"  {total} without a term, kept as text: {named}{more}"]


def _refused(found: Imported) -> list[str]:
    what = "line" if found.format == "cases" else "entry"
    lines = [f"  refused {one.text(what)}" for one in found.refused[:SHOWN]]
    if len(found.refused) > SHOWN:
        lines.append(f"  and {count(len(found.refused) - SHOWN)} more")
    if found.aside is not None:
        lines.append(f"  kept aside in {found.aside}")
    return lines
