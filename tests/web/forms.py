"""A catalog that its pages write to, as ada; bob writes beside her."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.web.conftest import HOSTILE, predictions, served

HERE = {"sec-fetch-site": "same-origin"}
WHOLE = {
    "why": "A patient would take ten times too much.",
    "summary": "The line break of a scan reads as a new dose.",
    "systems": ["leaflets"],
    "expected": "5 mg once a day",
    "observed": "5 tablets a day",
    "owner": "ada",
}
LEVELS = {"harm": 3, "reach": 1, "detectability": 2, "recoverability": 1}


class Pages:
    """The pages of a catalog as a browser on this machine sends their forms."""

    def __init__(self, client: httpx.Client, ada, bob) -> None:
        self.client, self.ada, self.bob = client, ada, bob

    def get(self, path: str, **more) -> httpx.Response:
        """A page."""
        return self.client.get(path, **more)

    def send(self, path: str, **fields) -> httpx.Response:
        """A form; where it was done, the page that it leads to is not asked for."""
        return self.client.post(path, data=fields, headers=HERE)

    def draft(self, title: str = "Dosage read as tablets", **fields) -> str:
        """The key of a new draft of ada's."""
        return self.ada.cases.open(title=title, **fields).key

    def submitted(self, author: str = "ada") -> str:
        """The key of a case that this author wrote, rated and submitted."""
        mine = getattr(self, author)
        key = mine.cases.open(title="Dosage read as tablets", **WHOLE).key
        mine.cases.rate(key, LEVELS)
        return mine.cases.submit(key).key


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    from errata.client.catalog import init_catalog, open_catalog

    folder: Path = tmp_path_factory.mktemp("forms")
    init_catalog(folder, project="pets").close()
    ada, bob = (open_catalog(folder / ".errata", actor=name) for name in ("ada", "bob"))
    ada.runs.log(predictions(0.5, 0.05), model="pets@1", dataset="field@1", image="image")
    ada.runs.log(predictions(0.05, 0.05), model="pets@2", dataset="field@1", image="image")
    ada.runs.analyze(1)
    ada.vocabularies.add("failure-mode")
    bob.cases.open(title=f"Hostile {HOSTILE}", why=HOSTILE, summary=HOSTILE, systems=[HOSTILE])
    with served(ada, hosts=["errata.lan"]) as address, httpx.Client(base_url=address, timeout=60) as client:
        yield Pages(client, ada, bob)
    ada.close()
    bob.close()
