"""docs/sdk.md shows what happens."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "sdk.md"


def test_every_example_says_what_comes_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("ERRATA_CATALOG", "ERRATA_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    text = PAGE.read_text().replace("```", "")
    examples = doctest.DocTestParser().get_doctest(text, {}, PAGE.name, str(PAGE), 0)
    assert len(examples.examples) > 30
    said: list[str] = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.REPORT_NDIFF)
    runner.run(examples, out=said.append)
    assert runner.failures == 0, "".join(said)
