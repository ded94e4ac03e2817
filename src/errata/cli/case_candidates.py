"""``errata case open --candidates run:N``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from errata.cli.listed import listed


def open_candidates(
    run: str,
    rule: str | None,
    samples: Sequence[str],
    each: str | None,
    fields: Mapping[str, Any],
    as_json: bool,
    options: Mapping[str, Any],
) -> None:
    """Open cases of what was captured of a run, and say what is like them."""
    from errata.client.catalog import open_catalog
    from errata.core.names import parse_fact

    number = parse_fact(run, "run")
    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        cases = catalog.cases.open_candidates(number, rule=rule, samples=samples, each=each, **fields)
        left = None if catalog.remote or samples else _repeated(catalog, number, cases[0].caught.rule)
        alike = {one.key: catalog.cases.alike(one.title, one.summary, but=one.key) for one in cases}
        shared = {one.key: catalog.cases.shared(one.key) for one in cases}
    if as_json:
        click.echo(listed("cases", cases))
        return
    from errata.core.units import plural
    from errata.show.record_text import case_text
    from errata.show.search_text import alike_text

    new = {case.key for case in cases}
    for case in cases:
        click.echo(case_text(case))
        for key, many in shared[case.key].items():
            click.echo(f"  {plural(many, 'sample')} of it {'is' if many == 1 else 'are'} evidence of {key} too")
        if seen := [one for one in alike[case.key] if one.record.key not in new]:
            click.echo(f"  seen before?\n{alike_text(seen)}")
    if left:
        click.echo(f"left out, since they repeat earlier candidates: {left}")
    click.echo(f"errata case lint {cases[0].key}")


def _repeated(catalog: Any, run: int, rule: str) -> str:
    """How many candidates repeat earlier ones, by what."""
    from errata.verbs.capture import doubles

    counts = doubles(catalog.candidates.get(run, rule))
    return ", ".join(f"{many} by {by}" for by, many in sorted(counts.items()))
