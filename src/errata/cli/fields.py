"""``--set FIELD=TEXT`` and ``--file FILE``: the fields of a record, as several commands take them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def field_options(command: F) -> F:
    """Add ``--set`` and ``--file``."""
    for option in (
        click.option("--file", metavar="FILE", type=click.Path(), help="A form of fields in YAML or JSON; - is stdin."),
        click.option(
            "--set", "sets", multiple=True, metavar="FIELD=TEXT", help="A field: cause=…, models=a@1,b@1; may repeat."
        ),
    ):
        command = option(command)
    return command


def read_fields(kind: str, sets: Sequence[str], file: str | None) -> dict[str, Any]:
    """The fields of the form and those that were set, which stand before them. Raises UsageError, FileError."""
    fields: dict[str, Any] = {}
    if file is not None:
        from errata.nouns.form import read_form

        fields |= read_form(_text(file), "the form" if file == "-" else file)
        if fields.get("schema") == f"errata.{kind}/1":  # what `show --json` printed, to be edited and entered
            from errata.nouns.record import HEAD

            fields = {name: value for name, value in fields.items() if name not in HEAD}
    for given in sets:
        from errata.core.errors import UsageError

        name, equals, text = given.partition("=")
        if not equals or not name.strip():
            raise UsageError("bad-field", "--set wants a field and a text", expected="FIELD=TEXT", found=repr(given))
        fields[name.strip()] = _value(kind, name.strip(), text)
    return fields


def _text(file: str) -> str:
    from errata.core.errors import FileError

    try:
        if file == "-":
            return sys.stdin.buffer.read().decode("utf-8")
        return Path(file).read_text("utf-8")
    except FileNotFoundError as exc:
        raise FileError(
            "file-missing", f"there is no file {file}", next="errata template show NAME > case.yaml"
        ) from exc
    except (OSError, UnicodeDecodeError) as exc:
        raise FileError("bad-form", f"{file} cannot be read", found=str(exc), expected="text in UTF-8") from exc


def _value(kind: str, name: str, text: str) -> Any:
    """A text as the field takes it: as it is, names with commas as a list, anything else as YAML."""
    from errata.nouns.record import kind_named

    known = kind_named(kind).body.model_fields
    wanted = str(known[name].annotation) if name in known else "str"
    if wanted == "tuple[str, ...]" and not text.lstrip().startswith("["):
        return [one.strip() for one in text.split(",") if one.strip()]
    if "tuple[" not in wanted:
        return text
    from errata.nouns.form import read_form

    return read_form(f"{name}: {text}", f"--set {name}").get(name, [])
