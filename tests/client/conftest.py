"""The catalog as somebody, in a folder, in PostgreSQL and behind an address that has a worker."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from errata.client.catalog import Catalog, open_catalog
from errata.verbs.token import add_token
from errata.verbs.work import Worker
from tests.serving import served

HOMES = ["folder", "postgresql", "http"]


@pytest.fixture(params=HOMES)
def as_(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Catalog]]:
    """The catalog as somebody: ``as_('ada')``."""
    from errata.store.making import init_store
    from errata.store.places import Server

    monkeypatch.setenv("ERRATA_ACTOR", "ada")
    place: Any = tmp_path / "pets"
    if request.param == "postgresql":
        place = Server(request.getfixturevalue("postgresql"), tmp_path / "pets")
    store, _ = init_store(place, "pets")
    with ExitStack() as stack:
        stack.callback(store.close)
        if request.param != "http":
            yield lambda name: Catalog(store.acting(name))
            return
        pytest.importorskip("uvicorn", reason="the extra serve is not installed")
        address = stack.enter_context(served(Catalog(store)))
        worker = Worker(store)
        working = threading.Thread(target=worker.run_patiently, daemon=True)
        working.start()

        def behind(name: str) -> Catalog:
            token = add_token(store, f"{name}-{threading.get_ident()}-{len(made)}", name)
            made.append(open_catalog(address, token=token))
            return made[-1]

        made: list[Catalog] = []
        yield behind
        for one in made:
            one.close()
        worker.stop()
        working.join()
