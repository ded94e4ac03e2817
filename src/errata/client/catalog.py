"""``errata.open()`` and ``errata.init()``: the SDK over a catalog in a folder, thin over the verbs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from errata.client.facts import Findings, Gates, Runs
from errata.client.pictures import Pictures
from errata.client.records import Cases, Checks, Plans, Rubrics, Suites, Templates
from errata.client.rounds import Rounds
from errata.client.vocabularies import Labels, Vocabularies
from errata.store.catalog import Store, open_store
from errata.store.events import Event
from errata.store.places import find_catalog

if TYPE_CHECKING:
    from errata.client.profile import Profile


class Catalog:
    """One project of a catalog: ``runs``, ``findings``, ``cases``, ``checks``, ``suites``, ``plans``, ``gates``,
    ``rubrics``, ``templates``, ``vocabularies``, ``labels``, ``rounds``.

    Use it as a context manager, or ``close()`` it. It may be used from several threads.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._pictures = Pictures()
        self.runs = Runs(store, self._pictures)
        self.findings = Findings(store, self._pictures)
        self.cases = Cases(store)
        self.checks = Checks(store)
        self.suites = Suites(store)
        self.plans = Plans(store)
        self.rubrics = Rubrics(store)
        self.templates = Templates(store)
        self.gates = Gates(store)
        self.vocabularies = Vocabularies(store)
        self.labels = Labels(store)
        self.rounds = Rounds(store)

    @property
    def path(self) -> Path:
        """The catalog's folder."""
        return self.store.root

    @property
    def project(self) -> str:
        """The name of the project."""
        return self.store.project.name

    @property
    def key(self) -> str:
        """What the keys of its records begin with: ``DIG``."""
        return self.store.project.prefix

    @property
    def actor(self) -> str:
        """Who acts."""
        return self.store.actor

    def overview(self) -> dict[str, Any]:
        """What fails most, what came back, which cases wait, what changed: the front page as plain values."""
        from errata.verbs.overview import overview

        return overview(self.store)

    def profile(self, model: str | None = None) -> Profile:
        """The failures of a model (a name without a version), or of all models, over versions and time.

        Raises NotFound ``no-such-model``, ``no-runs``.
        """
        from errata.client.profile import Profile
        from errata.verbs.profile import profile

        return Profile.of(profile(self.store, model))

    def models(self) -> list[dict[str, Any]]:
        """Every model: its versions, its newest run, open cases and last gate, as plain values."""
        from errata.verbs.profile import models

        return models(self.store)

    def record(self, key: str) -> Any:
        """The record of a key, whatever its kind. Raises NotFound."""
        from errata.verbs.record import get_record

        return get_record(self.store, key)

    def blob(self, digest: str) -> bytes:
        """The bytes of a blob, or of a picture of samples just looked at. Raises NotFound, StorageError."""
        from errata.verbs.finding import blob

        kept = self._pictures.get(digest)
        return blob(self.store, digest)[0] if kept is None else kept

    def events(self, subject: str | None = None, limit: int = 200) -> list[Event]:
        """The newest entries of the audit log, newest first; about ``run:3`` or ``DIG-4`` only when given."""
        from errata.store.events import events

        return events(self.store, subject, limit)

    def doctor(self, *, remove: bool = False) -> Any:
        """Verify the catalog; ``remove`` what a crash left behind."""
        from errata.verbs.doctor import doctor

        return doctor(self.store, remove=remove)

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()

    def __enter__(self) -> Catalog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<errata catalog {self.path}, project {self.project} ({self.key})>"


def open_catalog(path: str | Path | None = None, *, project: str | None = None, actor: str | None = None) -> Catalog:
    """The catalog at ``path``, else ``ERRATA_CATALOG``, else the nearest ``.errata`` upward.

    ``project`` is a name or key, else ``ERRATA_PROJECT``, else the only one; ``actor`` else ``ERRATA_ACTOR``, else the
    user of the operating system. Raises CatalogError ``no-catalog``, Incompatible, UsageError; a catalog is never made.
    """
    return Catalog(open_store(find_catalog(path), project, actor))


def init_catalog(path: str | Path = ".", *, project: str | None = None, key: str | None = None) -> Catalog:
    """Make a catalog in the folder ``path`` (or open the one that is there), and return it.

    ``project`` defaults to the folder's name, ``key`` to three letters of it; another ``project`` is added beside those
    that are there. Raises UsageError, StorageError.
    """
    from errata.verbs.init import init

    return Catalog(init(path, project, key)[0])
