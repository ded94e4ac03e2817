"""Evidence: a frozen manifest of the samples that a case is about, named by its digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

SCHEMA = "errata.evidence/1"
CAP = 10_000
"""The most samples a manifest holds; of more, a seeded draw is kept, and the manifest says so."""
MEDIA_CAP = 200
"""The most samples whose pictures are kept with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A picture, by the digest of its bytes."""

    digest: str
    media_type: str
    role: str = "image"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One row of a run: its 0-based number, id and group if it has them, values, and outcome."""

    row: int
    id: str | int | None
    group: str | int | None
    failed: bool | None
    loss: float | None
    values: dict[str, Any]
    image: Media | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """How likely a candidate was to be drawn, of which stratum, and how many rows of the same content it is."""

    probability: float
    stratum: str
    copies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The failed samples of a slice in one run; ``drawn`` of ``failed`` are kept, by ``seed`` when not all.

    Of candidates: those that were chosen, whether they failed or not, each with its ``draws``.
    """

    digest: str
    run: int
    run_digest: str
    model: str
    dataset: str
    slice: str
    metric: str
    failed: int
    drawn: int
    pictured: int
    seed: int
    roles: dict[str, Any]
    samples: tuple[Sample, ...]
    draws: tuple[Draw, ...] = ()

    def manifest(self) -> dict[str, Any]:
        """What is stored, and digested: everything but the digest itself."""
        values = {"schema": SCHEMA, **asdict(self)}
        del values["digest"]
        values["samples"], values["draws"] = list(values["samples"]), list(values["draws"])
        if not self.draws:  # so that what is of no candidates keeps the digest it had
            del values["draws"]
        return values

    def to_json(self) -> dict[str, Any]:
        """Plain values of the schema ``errata.evidence/1``, with the digest."""
        return {**self.manifest(), "digest": self.digest}

    @staticmethod
    def read(digest: str, manifest: Mapping[str, Any]) -> Evidence:
        """The evidence of a stored manifest."""
        values = {name: value for name, value in manifest.items() if name != "schema"}
        samples = []
        for one in values.pop("samples"):
            image = one.pop("image", None)
            samples.append(Sample(**one, image=Media(**image) if image else None))
        draws = tuple(Draw(**one) for one in values.pop("draws", ()))
        return Evidence(digest=digest, samples=tuple(samples), draws=draws, **values)

    def ids(self) -> set[str | int]:
        """The ids of its samples."""
        return {one.id for one in self.samples if one.id is not None}

    def groups(self) -> set[str | int]:
        """The groups of its samples."""
        return {one.group for one in self.samples if one.group is not None}
