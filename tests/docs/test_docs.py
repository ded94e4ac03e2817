"""What can be met is documented: errors, commands, options, Python names, schemas; and every link leads somewhere."""

from __future__ import annotations

import importlib.util
import inspect
import json
import re
from fnmatch import fnmatchcase
from pathlib import Path

import click
import pytest

import errata
from errata.client import (
    captures,
    catalog,
    comments,
    facts,
    jobs,
    records,
    rotas,
    rounds,
    saved_searches,
    subscriptions,
    vocabularies,
)
from errata.nouns import report
from errata.verbs import audits
from tests.docs.raised import raised_codes

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
COLLECTIONS = [
    facts.Runs,
    facts.Findings,
    facts.Gates,
    records.Cases,
    records.Checks,
    records.Suites,
    records.Plans,
    captures.Rules,
    captures.Candidates,
    saved_searches.SavedSearches,
    vocabularies.Vocabularies,
    vocabularies.Labels,
    comments.Comments,
    subscriptions.Subscriptions,
    rounds.Rounds,
    rotas.Rotas,
    jobs.Jobs,
]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)", re.DOTALL)


def writer() -> object:
    spec = importlib.util.spec_from_file_location("docs_write", DOCS / "write.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


WRITE = writer()
COMMANDS: dict[str, click.Command] = WRITE.commands()  # type: ignore[attr-defined]


def headings(page: Path) -> list[str]:
    """The anchors of a page, as forges make them from headings."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    titles = re.findall(r"^#{1,6} +(.+?) *$", text, re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]


def documented_codes() -> list[str]:
    text = (DOCS / "errors.md").read_text()
    return re.findall(r"^### (\S+)$", text, re.MULTILINE)


def public(kind: type) -> list[str]:
    return [name for name, value in inspect.getmembers(kind) if not name.startswith("_") and callable(value)]


def test_every_error_has_its_paragraph() -> None:
    known = documented_codes()
    silent = [
        f"{code} ({at})" for code, at in raised_codes().items() if not any(fnmatchcase(one, code) for one in known)
    ]
    assert silent == [], "docs/errors.md says nothing of these"


def test_no_paragraph_is_about_an_error_that_is_gone() -> None:
    raised = raised_codes()
    assert [code for code in documented_codes() if not any(fnmatchcase(code, one) for one in raised)] == []


def test_an_error_is_described_once_and_in_words() -> None:
    codes = documented_codes()
    assert sorted(codes) == sorted(set(codes))
    text = (DOCS / "errors.md").read_text()
    assert re.findall(r"^### (\S+)\n+(?=## |\Z)", text, re.MULTILINE) == []


def test_reading_the_source_finds_the_ways_an_error_is_raised() -> None:
    raised = raised_codes()
    assert {"no-such-column", "bad-slice", "bad-expression", "ragged-rows", "bad-json-line", "no-such-page"} <= set(
        raised
    )
    assert {"no-version", "bad-name", "null-*"} <= set(raised)
    assert len(raised) > 100


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_a_page_with_its_help_of_today(name: str) -> None:
    page = DOCS / f"{name}.md"
    assert page.exists(), f"write docs/{name}.md; `make docs` puts the --help into it"
    block = WRITE.reference(name, COMMANDS[name])  # type: ignore[attr-defined]
    assert block in page.read_text(), "out of date: make docs"


def test_the_tables_of_pages_are_those_of_the_code() -> None:
    pages = {path.name: path.read_text() for path in DOCS.glob("*.md")}
    assert {name: WRITE.with_tables(text) for name, text in pages.items()} == pages  # type: ignore[attr-defined]
    assert all(any(f"<!-- {name}: written" in text for text in pages.values()) for name in WRITE.tables())  # type: ignore[attr-defined]


def test_the_schemas_that_are_made_of_types_are_those_of_today() -> None:
    made: dict[Path, str] = WRITE.schemas()  # type: ignore[attr-defined]
    assert len(made) == 45
    assert [path.name for path, text in made.items() if path.read_text() != text] == [], "out of date: make docs"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_does(name: str) -> None:
    def silent(command: click.Command, path: str) -> list[str]:
        found = [] if command.help else [path]
        found += [f"{path} {one.opts[0]}" for one in command.params if isinstance(one, click.Option) and not one.help]
        if isinstance(command, click.Group):
            for sub, inner in command.commands.items():
                found += silent(inner, f"{path} {sub}")
        return found

    assert silent(COMMANDS[name], f"errata {name}") == []


def test_the_fields_of_a_query_are_those_of_today() -> None:
    page = (DOCS / "search.md").read_text()
    assert "| `severity` | `:` `>=` `<=` `>` `<` |" in page
    assert WRITE.with_tables(page) == page, "out of date: make docs"  # type: ignore[attr-defined]


def test_what_python_offers_is_described() -> None:
    text = (DOCS / "sdk.md").read_text()
    names = [f"errata.{name}" for name in errata.__all__ if not name.startswith("_")]
    names += [f"{kind.__name__.lower()}.{method}" for kind in COLLECTIONS for method in public(kind)]
    names += [f"catalog.{name}" for name in dir(catalog.Catalog) if not name.startswith("_")]
    names += [f"report.{name}" for name in dir(report.Report) if not name.startswith("_")]
    assert [name for name in names if not re.search(rf"\b{re.escape(name)}\b", text)] == []


def test_every_analysis_is_described() -> None:
    text = (DOCS / "analyze.md").read_text()
    names = [*audits.SEARCHED, *audits.AUDITS]
    assert [name for name in names if f"`{name}`" not in text] == []


def test_every_published_schema_is_listed() -> None:
    text = (DOCS / "schemas.md").read_text()
    published = sorted((ROOT / "src/errata/nouns/schemas").glob("*.json"))
    assert len(published) >= 2
    for path in published:
        title = json.loads(path.read_text())["title"]
        assert f"`{title}`" in text, f"docs/schemas.md says nothing of {title}"
        assert path.name in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for target in LINK.findall(page.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        to = (page.parent / path).resolve() if path else page
        if not to.exists() or (anchor and anchor not in headings(to)):
            broken.append(target)
    assert broken == []


def test_the_index_names_every_page() -> None:
    linked = {target.partition("#")[0] for target in LINK.findall((DOCS / "README.md").read_text())}
    assert [page.name for page in sorted(DOCS.glob("*.md")) if page.name not in linked | {"README.md"}] == []
