"""``errata.open()`` and ``errata.init()``: the SDK over a catalog in a folder or a database, thin over the verbs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from errata.client.captures import Candidates, Rules
from errata.client.comments import Comments
from errata.client.facts import Findings, Gates, Runs
from errata.client.jobs import Jobs
from errata.client.pictures import Pictures
from errata.client.records import Cases, Checks, Plans, Rubrics, Suites, Templates
from errata.client.rotas import Rotas
from errata.client.rounds import Rounds
from errata.client.saved_searches import SavedSearches
from errata.client.subscriptions import Subscriptions
from errata.client.transport import Local, Transport, not_remote
from errata.client.vocabularies import Labels, Vocabularies
from errata.core.errors import UsageError
from errata.store.catalog import Store, open_store
from errata.store.events import Event
from errata.store.making import open_server
from errata.store.places import Server, find_catalog

if TYPE_CHECKING:
    from errata.client.profile import Profile
    from errata.nouns.patterns import Patterns
    from errata.store.backup import Contents
    from errata.store.requests import Request
    from errata.store.subscriptions import Inbox
    from errata.verbs.capture import Captured


class Catalog:
    """One project of a catalog: ``runs``, ``findings``, ``cases``, ``checks``, ``suites``, ``plans``, ``gates``,
    ``rubrics``, ``templates``, ``vocabularies``, ``labels``, ``comments``, ``subscriptions``,
    ``rounds``, ``rotas``, ``rules``, ``candidates``, ``saved_searches``, ``jobs``.

    Use it as a context manager, or ``close()`` it. It may be used from several threads.
    """

    def __init__(self, catalog: Store | Transport, pictures: Pictures | None = None) -> None:
        self._transport = transport = Local(catalog) if isinstance(catalog, Store) else catalog
        self._pictures = pictures or Pictures()
        self.runs = Runs(transport, self._pictures)
        self.findings = Findings(transport, self._pictures)
        self.cases = Cases(transport)
        self.checks = Checks(transport)
        self.suites = Suites(transport)
        self.plans = Plans(transport)
        self.rubrics = Rubrics(transport)
        self.templates = Templates(transport)
        self.gates = Gates(transport)
        self.rules = Rules(transport)
        self.candidates = Candidates(transport)
        self.saved_searches = SavedSearches(transport)
        self.vocabularies = Vocabularies(transport)
        self.labels = Labels(transport)
        self.comments = Comments(transport)
        self.subscriptions = Subscriptions(transport)
        self.rounds = Rounds(transport)
        self.rotas = Rotas(transport)
        self.jobs = Jobs(transport)

    def acting(self, actor: str, clearance: str | None = None, request: Request | None = None) -> Catalog:
        """The same catalog as another actor, who is not asked for a password: this process vouches for the name, and
        for the ``clearance`` where it is another.

        Its first write is marked as what a ``request`` asked for. It is let go of with this one. Raises UsageError
        ``not-remote``.
        """
        return Catalog(self.store.acting(actor, request, clearance), self._pictures)

    @property
    def store(self) -> Store:
        """The catalog in this process. Raises UsageError ``not-remote`` for one behind an address."""
        if self.remote:
            raise not_remote("using the store of a catalog", "what catalog.cases, catalog.runs and the like can do")
        return self._transport.store

    def of(self, store: Store) -> Catalog:
        """Another project or actor of the same catalog, with the same pictures at hand."""
        return Catalog(store, self._pictures)

    @property
    def remote(self) -> bool:
        """Whether it is behind an address."""
        return not isinstance(self._transport, Local)

    def cleared(self, clearance: str) -> Catalog:
        """The same catalog, in which records beyond ``clearance`` (``internal``) are as if they were not there.

        Nobody is cleared for more than they were. Raises UsageError ``no-such-level``, ``not-remote``.
        """
        from errata.nouns.sensitivity import check_clearance, lowest

        level = lowest([check_clearance(clearance), self.store.clearance])
        return Catalog(self.store.acting(self.store.actor, clearance=level), self._pictures)

    @property
    def path(self) -> Path:
        """The catalog's folder; of a catalog in a database, the folder of its files."""
        return self.store.root

    @property
    def address(self) -> str:
        """Where the catalog is: its folder, or its database without a password."""
        return self._transport.address

    @cached_property
    def _about(self) -> dict[str, Any]:
        found: dict[str, Any] = self._transport.ask("catalog")
        return found

    @property
    def project(self) -> str:
        """The name of the project."""
        return str(self._about["project"]["name"])

    @property
    def key(self) -> str:
        """What the keys of its records begin with: ``DIG``."""
        return str(self._about["project"]["key"])

    @property
    def actor(self) -> str:
        """Who acts."""
        return str(self._about["actor"])

    def projects(self) -> list[str]:
        """The names of all projects of the catalog, oldest first."""
        found: list[str] = self._transport.ask("projects")
        return found

    def overview(self) -> dict[str, Any]:
        """What fails most, what came back, which cases wait, what changed: the front page as plain values."""
        found: dict[str, Any] = self._transport.ask("overview")
        return found

    def patterns(self, by: str = "failure-mode") -> Patterns:
        """Which failure modes recur, or values of another facet: the cases of each by model and month, those that
        recur first. Raises UsageError ``no-such-facet``."""
        found: Patterns = self._transport.ask("patterns", by=by)
        return found

    def needs(self) -> dict[str, Any]:
        """What needs you: cases of yours that came back or were returned, cases to verify, rounds, labels, jobs."""
        found: dict[str, Any] = self._transport.ask("needs")
        return found

    def review_queue(self) -> dict[str, Any]:
        """The submitted cases, who waits longest first, and yours that were returned, as plain values."""
        found: dict[str, Any] = self._transport.ask("review-queue")
        return found

    def profile(self, model: str | None = None) -> Profile:
        """The failures of a model (a name without a version), or of all models, over versions and time.

        Raises NotFound ``no-such-model``, ``no-runs``.
        """
        from errata.client.profile import Profile

        return Profile.of(self._transport.ask("profile", model=model))

    def models(self) -> list[dict[str, Any]]:
        """Every model: its versions, its newest run, open cases and last gate, as plain values."""
        found: list[dict[str, Any]] = self._transport.ask("models")
        return found

    def capture(self, run: int, rules: Sequence[str] | None = None, *, dry_run: bool = False) -> list[Captured]:
        """Turn a run into candidates by these rules, or by every active one; the same again changes nothing.

        Raises NotFound, ColumnError, Conflict, UsageError ``no-rules``, ``rule-retired``, ``too-many-candidates``.
        """
        found: list[Captured] = self._transport.ask(
            "run capture", run=run, rules=None if rules is None else list(rules), dry_run=dry_run
        )
        return found

    def record(self, key: str) -> Any:
        """The record of a key, whatever its kind. Raises NotFound."""
        return self._transport.ask("record get", key=key)

    def blob(self, digest: str) -> bytes:
        """The bytes of a blob, or of a picture of samples just looked at. Raises NotFound, StorageError."""
        kept = self._pictures.get(digest)
        return self._transport.blob(digest) if kept is None else kept

    def keep_pictures(self, pictures: Mapping[str, bytes]) -> None:
        """Have pictures of samples at hand for whoever asks for them by their digest next."""
        self._pictures.keep(pictures)

    def thumbnail(self, digest: str) -> bytes:
        """A picture that ``blob`` gives, made small; as it is where that serves or Pillow is not installed."""
        from errata.verbs.thumbnail import thumbnail

        whole = self.blob(digest) if self.remote else self._pictures.get(digest)
        return thumbnail(self.store, digest) if whole is None else self._pictures.small(digest, whole)

    def events(self, subject: str | None = None, limit: int = 200) -> list[Event]:
        """The newest entries of the audit log, newest first; about ``run:3`` or ``DIG-4`` only when given."""
        found: list[Event] = self._transport.ask("event list", subject=subject, limit=limit)
        return found

    def inbox(self, *, mark: bool = False) -> Inbox:
        """What others did to what you watch since it was marked as seen, newest first; ``mark`` it as seen now."""
        found: Inbox = self._transport.ask("inbox")
        if mark:
            self.mark_inbox(found.upto)
        return found

    def mark_inbox(self, upto: int) -> None:
        """What the inbox held up to this entry of the log, its ``upto``, was seen."""
        self._transport.ask("inbox mark", upto=upto)

    def doctor(self, *, remove: bool = False) -> Any:
        """Verify the catalog; ``remove`` what a crash left behind."""
        return self._transport.work("doctor", remove=remove)

    def backup(self, path: str | Path) -> Contents:
        """Write the whole catalog, all projects of it, to one file; how many rows and files it holds.

        Raises UsageError when there is such a file, StorageError when a part or blob is gone or altered.
        """
        from errata.verbs.backup import backup

        if self.remote:
            raise not_remote("a backup", "errata backup FILE --catalog PLACE, on a machine that reaches the catalog")
        return backup(self.store, path)

    def reindex(self) -> int:
        """Make anew what records are found by; how many records there are. Raises Locked."""
        found: int = self._transport.work("reindex")
        return found

    def close(self) -> None:
        """Let go of the database."""
        self._transport.close()

    def __enter__(self) -> Catalog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<errata catalog {self.address}, project {self.project} ({self.key})>"


def open_catalog(
    path: str | Path | None = None,
    *,
    files: str | Path | None = None,
    project: str | None = None,
    actor: str | None = None,
    token: str | None = None,
) -> Catalog:
    """The catalog at ``path``, else ``ERRATA_CATALOG``, else the nearest ``.errata`` upward.

    ``postgresql://USER@HOST/DATABASE`` is a catalog in a database; its files are in the folder ``files``, else
    ``ERRATA_FILES``, else in a folder of its own among the user's data. An empty database is made a catalog.

    ``https://HOST`` is the catalog that ``errata serve`` shows there, asked as whom the ``token`` (else
    ``ERRATA_TOKEN``) is of: its project, and its actor.

    ``project`` is a name or key, else ``ERRATA_PROJECT``, else the only one; ``actor`` else ``ERRATA_ACTOR``, else the
    user of the operating system. Raises CatalogError ``no-catalog``, Incompatible, UsageError, StorageError; a folder
    is never made a catalog.
    """
    named = str(path or os.environ.get("ERRATA_CATALOG") or "")
    if named.startswith(("http://", "https://")):
        from errata.client.http import Http

        catalog = Catalog(Http(named, token or os.environ.get("ERRATA_TOKEN")))
        try:
            _check_project(catalog, project or os.environ.get("ERRATA_PROJECT"))
        except BaseException:
            catalog.close()
            raise
        return catalog
    place = find_catalog(path, files)
    return Catalog(
        open_server(place, project, actor) if isinstance(place, Server) else open_store(place, project, actor)
    )


def _check_project(catalog: Catalog, wanted: str | None) -> None:
    if wanted and wanted not in (catalog.project, catalog.key):
        raise UsageError(
            "no-such-project",
            f"this token is of the project {catalog.project}, not of {wanted!r}",
            expected="a token of the project, which says what is asked",
            next=f"errata token add NAME --project {wanted}, where the catalog is",
        )


def open_every(path: str | Path | None = None, *, project: str | None = None) -> Catalog:
    """The catalog for whoever works for every project of it, unless a ``project`` is named, here or by
    ``ERRATA_PROJECT``. Raises as ``open_catalog`` does."""
    named = str(path or os.environ.get("ERRATA_CATALOG") or "")
    if named.startswith(("http://", "https://")):
        return open_catalog(path, project=project)
    place = find_catalog(path)
    if isinstance(place, Server):
        return Catalog(open_server(place, project, every=True))
    return Catalog(open_store(place, project, every=True))


def init_catalog(
    path: str | Path = ".", *, files: str | Path | None = None, project: str | None = None, key: str | None = None
) -> Catalog:
    """Make a catalog in the folder or database ``path`` (or open the one that is there), and return it.

    ``project`` defaults to the name of the folder or database, ``key`` to three letters of it; another ``project`` is
    added beside those that are there. ``files`` are as with ``errata.open``. Raises UsageError, StorageError.
    """
    from errata.verbs.init import init

    return Catalog(init(path, project, key, files=files)[0])


def restore_catalog(path: str | Path, *, to: str | Path, files: str | Path | None = None) -> Catalog:
    """Make the catalog that the backup ``path`` holds in the folder or empty database ``to``, and return it.

    ``files`` are as with ``errata.open``. Every digest is verified; when one is wrong nothing is restored. Raises
    FileError ``backup-damaged``, CatalogError ``not-empty``, Incompatible, StorageError.
    """
    from errata.verbs.restore import restore

    return Catalog(restore(path, to, files=files)[0])
