"""Write every command's ``--help`` into its page, ``docs/<command>.md``, and the tables that the code holds."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import click

from errata.cli import root

DOCS = Path(__file__).resolve().parent
BEGIN, END = "<!-- reference: written by `make docs` -->", "<!-- end of reference -->"
BLOCK = re.compile(re.escape(BEGIN) + r".*?" + re.escape(END), re.DOTALL)


def help_of(command: click.Command, path: str) -> list[str]:
    """The help of ``command``, as typed by ``path``, and of all that is under it."""
    # The names of --help are its own or those of the root; click remembers those that it was first asked with.
    names = list({**root.context_settings, **command.context_settings}["help_option_names"])
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


def tables() -> dict[str, str]:
    """The blocks of pages that are drawn from the code, by name."""
    from errata.nouns.lifecycle import steps_text
    from errata.nouns.lint import LINTS
    from errata.nouns.query_fields import FIELDS

    lints = "\n".join(f"| `{one.code}` | {one.finds} | {one.why} | {one.do} |" for one in LINTS.values())
    fields = "\n".join(
        f"| `{one.name}` | {' '.join(f'`{sign}`' for sign in one.signs)} | {one.help} |" for one in FIELDS.values()
    )
    return {
        "fields": f"| field | signs | is |\n|---|---|---|\n{fields}",
        "lifecycle": "\n".join(f"    {line}".rstrip() for line in steps_text().splitlines()),
        "lint": f"| code | it finds | why it matters | what to do |\n|---|---|---|---|\n{lints}",
    }


def with_tables(page: str) -> str:
    """``page`` with every such block as the code has it."""
    for name, text in tables().items():
        begin, end = f"<!-- {name}: written by `make docs` -->", f"<!-- end of {name} -->"
        block = re.compile(re.escape(begin) + r".*?" + re.escape(end), re.DOTALL)
        page = block.sub(lambda _, b=begin, t=text, e=end: f"{b}\n\n{t}\n\n{e}", page)
    return page


def schemas() -> dict[Path, str]:
    """The published schemas that are made of types."""
    made: dict[Path, str] = runpy.run_path(str(DOCS / "published.py"))["published"]()
    return made


def main() -> None:
    """Bring every page that exists up to date; a command without a page is for its author to write."""
    for path, text in schemas().items():
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            print(f"wrote {path.name}")
    for name, command in commands().items():
        path = DOCS / f"{name}.md"
        if not path.exists():
            print(f"no page yet: docs/{name}.md")
            continue
        old = path.read_text()
        new = with_tables(with_reference(old, reference(name, command)))
        if new != old:
            path.write_text(new)
            print(f"wrote docs/{name}.md")


if __name__ == "__main__":
    main()
