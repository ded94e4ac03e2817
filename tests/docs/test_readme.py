"""The README's one path can be typed as it stands there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pyarrow.csv
import pytest

from errata.cli import root
from tests.catalogs import predictions

README = Path(__file__).resolve().parents[2] / "README.md"


def path_lines() -> list[str]:
    """The commands of the block, without what is said beside them."""
    block = re.search(r"^    errata analyze preds\.csv .*?\n\n", README.read_text(), re.DOTALL | re.MULTILINE)
    assert block is not None
    lines = [line.strip() for line in block.group().splitlines()]
    return [re.split(r" {2,}", line)[0] for line in lines if line.startswith("errata ")]


def test_the_one_path_from_a_file_to_a_closed_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("ERRATA_CATALOG", "ERRATA_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    pyarrow.csv.write_csv(predictions(4000), "preds.csv")
    pyarrow.csv.write_csv(predictions(4000, night=0.06, first=9000, dataset=2, seed=5), "new.csv")
    said = []
    for line in path_lines():
        with pytest.raises(SystemExit) as stop:
            root.main(shlex.split(line)[1:])
        shown = capsys.readouterr()
        assert stop.value.code == 0, f"{line}\n{shown.err}"
        said.append(shown.out)
    first = [text.split("  ")[0].split("\n")[0] for text in said]
    assert [first[at] for at in (2, 4, 5, 6, 7, 9)] == ["run:1", "DIG-1", "DIG-2", "DIG-3", "run:2", "DIG-1"]
    assert "source = 'night'" in said[0]
    assert said[8].startswith("✓ pass")
    assert "closed by run:2" in said[9]
