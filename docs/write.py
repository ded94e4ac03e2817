"""Write every command's ``--help`` into its page: ``docs/<command>.md``, under "Reference"."""

from __future__ import annotations

import re
from pathlib import Path

import click

from errata.cli import root

DOCS = Path(__file__).resolve().parent
BEGIN, END = "<!-- reference: written by `make docs` -->", "<!-- end of reference -->"
FIELDS_BEGIN, FIELDS_END = "<!-- fields: written by `make docs` -->", "<!-- end of fields -->"
BLOCK = re.compile(re.escape(BEGIN) + r".*?" + re.escape(END), re.DOTALL)


def help_of(command: click.Command, path: str) -> list[str]:
    """The help of ``command``, as typed by ``path``, and of all that is under it."""
    # The names of --help are those that it has under the root; click remembers those that it was first asked with.
    names = list(root.context_settings["help_option_names"])
    width = {"terminal_width": 100, "max_content_width": 100}
    with click.Context(command, info_name=path, help_option_names=names, **width) as ctx:
        texts = [f"    $ {path} --help\n" + "\n".join(f"    {line}".rstrip() for line in ctx.get_help().splitlines())]
        if isinstance(command, click.Group):
            for name in command.list_commands(ctx):
                if (sub := command.get_command(ctx, name)) is not None and not sub.hidden:
                    texts += help_of(sub, f"{path} {name}")
    return texts


def commands() -> dict[str, click.Command]:
    """Every command that exists, by name."""
    with click.Context(root) as ctx:
        found = {name: root.get_command(ctx, name) for name in root.list_commands(ctx)}
    return {name: command for name, command in found.items() if command is not None}


def reference(name: str, command: click.Command) -> str:
    """The block that stands in ``docs/<name>.md``."""
    return "\n\n".join([BEGIN, *help_of(command, f"errata {name}"), END])


def with_reference(page: str, block: str) -> str:
    """``page`` with its reference replaced, or put at its end where it had none."""
    if BLOCK.search(page):
        return BLOCK.sub(lambda _: block, page)
    return f"{page.rstrip()}\n\n## Reference\n\n{block}\n"


def fields() -> str:
    """The table of the fields of a query, for ``docs/search.md``."""
    from errata.nouns.query_fields import FIELDS

    rows = [f"| `{one.name}` | {' '.join(f'`{sign}`' for sign in one.signs)} | {one.help} |" for one in FIELDS.values()]
    return "\n".join([FIELDS_BEGIN, "", "| field | signs | is |", "|---|---|---|", *rows, "", FIELDS_END])


def with_fields(page: str) -> str:
    """``page`` with the table of fields of today."""
    begin, end = page.index(FIELDS_BEGIN), page.index(FIELDS_END) + len(FIELDS_END)
    return page[:begin] + fields() + page[end:]


def main() -> None:
    """Bring every page that exists up to date; a command without a page is for its author to write."""
    for name, command in commands().items():
        path = DOCS / f"{name}.md"
        if not path.exists():
            print(f"no page yet: docs/{name}.md")
            continue
        old = path.read_text()
        new = with_reference(old, reference(name, command))
        if name == "search":
            new = with_fields(new)
        if new != old:
            path.write_text(new)
            print(f"wrote docs/{name}.md")


if __name__ == "__main__":
    main()
