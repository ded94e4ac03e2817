"""A form: the fields of a record as people type them, in YAML or JSON, and the same as text to be filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from errata.core.errors import FileError

LONGEST = 4_000_000
_BOOL = re.compile(r"(?:true|True|TRUE|false|False|FALSE)$")


def read_form(text: str, name: str) -> dict[str, Any]:
    """The fields of a form called ``name``. Fields without a value are left out, dates stay the text that they are.

    Raises FileError ``bad-form`` with the line for what is no YAML, no mapping, or repeats a field.
    """
    import yaml

    class Loader(yaml.SafeLoader):
        """Dates, ``on`` and ``no`` as text; no field twice; no anchors, which can make a small file a large one."""

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            keys = [one.value for one, _ in node.value]
            for at, (one, _) in enumerate(node.value):
                if one.value in keys[:at]:
                    raise yaml.constructor.ConstructorError(None, None, f"{one.value!r} is given twice", one.start_mark)
            return super().construct_mapping(node, deep)

        def compose_node(self, parent: Any, index: Any) -> Any:
            event: Any = self.peek_event()  # type: ignore[no-untyped-call]
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise yaml.composer.ComposerError(None, None, "anchors and aliases are not read", event.start_mark)
            return super().compose_node(parent, index)

    plain = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")
    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in found if tag not in plain]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    Loader.add_implicit_resolver("tag:yaml.org,2002:bool", _BOOL, list("tTfF"))
    if len(text) > LONGEST:
        raise FileError("bad-form", "this form is too long", expected=f"at most {LONGEST:,} characters", where=name)
    try:
        found = yaml.load(text, Loader)
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark
        line = f"{name}, line {mark.line + 1}" if mark else name
        raise FileError("bad-form", "this form cannot be read", found=str(exc.problem or exc), where=line) from exc
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        raise FileError("bad-form", "this form cannot be read", found=str(exc)[:200], where=name) from exc
    if not isinstance(found, Mapping) or not all(isinstance(key, str) for key in found):
        raise FileError(
            "bad-form",
            "this form has no fields",
            expected="a line for each field, title: What goes wrong",
            found="nothing" if found is None else type(found).__name__,
            where=name,
        )
    return {key: value for key, value in found.items() if value is not None}


def write_form(asks: Mapping[str, str], values: Mapping[str, Any], requires: Sequence[str] = ()) -> str:
    """A form with each field's question above it and the values that are there; the rest is left empty."""
    import yaml

    lines: list[str] = []
    for name, question in asks.items():
        lines.append(f"# {question}{' (needed)' if name in requires else ''}")
        if name in values and values[name] not in ("", [], (), None):
            text = yaml.safe_dump({name: values[name]}, allow_unicode=True, sort_keys=False, width=100)
            lines.append(str(text).rstrip())
        else:
            lines.append(f"{name}:")
        lines.append("")
    return "\n".join(lines)
