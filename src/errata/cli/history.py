"""``errata case|check|plan history KEY``: the one command for the revisions of every kind of record."""

from __future__ import annotations

import json
from typing import Any

import click

from errata.cli.options import catalog_options, json_option


def history_of(collection: str) -> click.Command:
    """The ``history`` command over a collection of the catalog: ``cases``, ``checks`` or ``plans``."""

    @click.command("history")
    @click.argument("key", metavar="KEY")
    @json_option
    @catalog_options
    def history(key: str, as_json: bool, **options: Any) -> None:
        """Every revision: who, when, why, and what changed."""
        from errata.client.catalog import open_catalog

        with open_catalog(options["catalog"], project=options["project"]) as catalog:
            revisions = getattr(catalog, collection).history(key)
        if as_json:
            values = {"schema": "errata.history/1", "key": key, "revisions": [one.to_json() for one in revisions]}
            click.echo(json.dumps(values, ensure_ascii=False))
            return
        from errata.show.record_text import history_text

        click.echo(history_text(revisions))

    return history
