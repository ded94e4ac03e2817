"""A file beside the input for what was refused of it: where it stood, every fault, and the text as it was."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from errata.core.errors import StorageError
from errata.nouns.case_import import Refused


class Aside:
    """Entries that were refused, written as they come and named at the end. Another such file is never overwritten."""

    def __init__(self, path: str) -> None:
        place = Path("stdin" if path == "-" or not Path(path).exists() else path)
        self._folder = place.parent if place.parent != Path() else Path.cwd()
        self._stem = place.name if place.is_dir() else place.stem
        self._file: IO[str] | None = None
        self._kept: Path | None = None

    def add(self, refused: Refused, raw: str) -> None:
        """Write one. Raises StorageError ``cannot-keep-aside``."""
        with self._trouble():
            if self._file is None:
                self._file = tempfile.NamedTemporaryFile(  # noqa: SIM115  # open until it is named or thrown away
                    "w", encoding="utf-8", dir=self._folder, prefix=f".{self._stem}.", suffix=".part", delete=False
                )
            said = {"at": refused.at, "name": refused.name, "faults": list(refused.faults), "text": raw}
            self._file.write(json.dumps(said, ensure_ascii=False) + "\n")

    def keep(self) -> str:
        """Give the file its name, on the disk for good; returns it."""
        assert self._file is not None
        with self._trouble():
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            os.chmod(self._file.name, 0o644)
            for number in range(1, 10_000):
                to = self._folder / f"{self._stem}.refused{f'-{number}' if number > 1 else ''}.jsonl"
                with contextlib.suppress(FileExistsError):
                    os.link(self._file.name, to)
                    break
            os.unlink(self._file.name)
            self._file, self._kept = None, to
        return os.path.relpath(to) if to.is_relative_to(Path.cwd()) else str(to)

    def discard(self) -> None:
        """Throw it away: nothing was imported."""
        if self._file is not None:
            self._file.close()
            Path(self._file.name).unlink(missing_ok=True)
        if self._kept is not None:
            self._kept.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise StorageError(
                "cannot-keep-aside",
                f"what was refused cannot be written beside the input: {exc.strerror}",
                expected="a folder that you may write to",
                where=str(self._folder),
                next="copy the input to a folder of yours, or mend it and leave --quarantine away",
            ) from exc
