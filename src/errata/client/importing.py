"""Importing cases from a file that is here into a catalog that may be far: the file is sent, what is refused stays."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from errata.client.transport import Local, Transport
from errata.core.errors import ErrataError

if TYPE_CHECKING:
    from errata.nouns.case_import import Imported


def import_file(
    transport: Transport, path: str, progress: Callable[[str], None] | None, *, format: str, **how: Any
) -> Imported:
    """Import it; what is refused with ``quarantine`` is kept beside the file, wherever the catalog is."""
    from errata.verbs.aside import Aside
    from errata.verbs.import_cases import check_format, entries

    found: Imported
    if isinstance(transport, Local):
        found = transport.work("import", progress, path=path, format=format, **how)
        return found
    check_format(format)
    with _sendable(path, format) as file:
        try:
            found = replace(
                transport.work("import", progress, file=transport.lend(file), format=format, **how), path=path
            )
        except ErrataError as error:
            error.where = error.where.replace(file.name, path, 1)
            raise
        if not found.refused or how["dry_run"] or not how["quarantine"]:
            return found
        refused = {one.at: one for one in found.refused}
        aside = Aside(path)
        try:
            for entry in entries(format, str(file)):
                if entry.at in refused:
                    aside.add(refused[entry.at], entry.raw)
            return replace(found, aside=aside.keep())
        except BaseException:
            aside.discard()
            raise


@contextmanager
def _sendable(path: str, format: str) -> Iterator[Path]:
    """The file; a folder or standard input as a file for the block."""
    from errata.integrations.files.entries import documents
    from errata.verbs.import_cases import entries

    place = Path(path)
    if place.is_file():
        yield place
        return
    with tempfile.TemporaryDirectory(prefix="errata-import-") as folder:
        file = Path(folder) / ("stdin" if path == "-" else f"{place.name or 'cases'}.jsonl")
        with file.open("wb") as out:
            if path != "-" and not place.is_fifo():  # a folder, or nothing that can be read, which is said
                for entry in entries(format, path) if format == "cases" else documents(path):
                    value = entry.raw if entry.values is None else json.dumps(entry.values, ensure_ascii=False)
                    out.write(value.replace("\n", " ").encode() + b"\n")
            else:
                with sys.stdin.buffer if path == "-" else place.open("rb") as given:
                    shutil.copyfileobj(given, out)
        yield file
