"""A form that somebody fills in with their editor."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click


def may_ask() -> bool:
    """Whether there is somebody at a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()


@contextmanager
def form_written(name: str, form: str) -> Iterator[str]:
    """The file in which the ``form`` of a template was filled in. It stays, and that is said, when the block fails.

    Raises UsageError ``nothing-written``.
    """
    number, path = tempfile.mkstemp(prefix=f"{name}-", suffix=".yaml", dir=Path.cwd(), text=True)
    with os.fdopen(number, "w", encoding="utf-8") as file:
        file.write(form)
    try:
        click.edit(filename=path)
        if Path(path).read_text("utf-8") == form:
            from errata.core.errors import UsageError

            raise UsageError(
                "nothing-written", "the form was left as it was", expected="at least a title", next=_then(name)
            )
        yield path
    except BaseException:
        if Path(path).read_text("utf-8") == form:
            Path(path).unlink()
        else:
            kept = Path(path).name
            click.echo(f"What you wrote is kept: errata case open --template {name} --file {kept}", err=True)
        raise
    Path(path).unlink()


def check_title(template: str | None, fields: dict[str, object]) -> None:
    """Raises UsageError ``no-title``."""
    if "title" not in fields:
        from errata.core.errors import UsageError

        raise UsageError(
            "no-title",
            "a case needs a title",
            expected="--title TEXT, or title: in the form",
            next="errata case open --title TEXT" if template is None else _then(template),
        )


def _then(template: str) -> str:
    return f"errata template show {template} > case.yaml, then errata case open --template {template} --file case.yaml"
