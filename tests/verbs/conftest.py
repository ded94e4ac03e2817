from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from errata.store.catalog import Store
from errata.store.making import init_store


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """An empty catalog with one project, pets (PET), and one actor, ada."""
    monkeypatch.setenv("ERRATA_ACTOR", "ada")
    made, _ = init_store(tmp_path / "pets")
    yield made
    made.close()
