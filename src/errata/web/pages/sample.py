"""The full sheet of one sample: all that is known of it, what other runs said of it, its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from errata.core.errors import NotFound
from errata.core.units import number
from errata.web.gallery import READABLE, pieces_of
from errata.web.page import page
from errata.web.pages.blob import in_pixels
from errata.web.pages.reading import Number, catalog_of, sample_views, written

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Said:
    """What another run said of the sample."""

    run: int
    model: str
    dataset: str
    failed: bool | None
    prediction: str
    score: str
    href: str


@router.get("/runs/{run}/sample")
def by_id(request: Request, run: Number, id: str) -> RedirectResponse:
    """To the sheet of the sample of this id. Raises NotFound."""
    found = catalog_of(request).labels.about(f"run:{run}#{id}")
    return RedirectResponse(f"/runs/{run}/samples/{found.row}", 303)


def sample_page(
    request: Request, samples: Sequence[Any], row: int, *, run: int, back: str, name: str, here: str, all_at: str = "",
    whole: tuple[int, int] | None = None,
) -> HTMLResponse:  # fmt: skip
    """The sheet of a sample of ``run`` among its neighbours. ``all_at`` is where all of them stand, if not at ``back``;
    ``whole`` is its place and how many there are, where not all ``samples`` are given.

    Raises NotFound when it is not among them.
    """
    rows = [int(one["row"] if isinstance(one, dict) else one.row) for one in samples]
    if row not in rows:
        raise NotFound(
            "no-such-sample", f"row {row} is not among the samples of {name}", next=f"errata serve, then {back}"
        )
    place = rows.index(row)
    catalog = catalog_of(request)
    found = catalog.runs.get(run)
    [view] = sample_views([samples[place]], found.roles)
    labels = catalog.labels.list(f"run:{run}#{view.key}")
    long = [key for key, value in view.values.items() if len(value) >= READABLE or any(
        span.field == key for label in labels for span in label.spans)]  # fmt: skip
    return page(
        request,
        "sample.html",
        here=here,
        sample=view,
        pixels=in_pixels(catalog, view, run),
        run=found,
        texts=[(key, pieces_of(key, view.values[key], labels)) for key in long],
        values=[(key, value) for key, value in view.values.items() if key not in long],
        roles=_roles(found.roles),
        labels=labels,
        elsewhere=_elsewhere(catalog, found, samples[place]),
        back=back,
        all_at=all_at or back,
        name=name,
        before=rows[place - 1] if place else None,
        after=rows[place + 1] if place + 1 < len(rows) else None,
        place=(whole[0] if whole else place) + 1,
        total=whole[1] if whole else len(rows),
    )


def _roles(roles: dict[str, Any]) -> dict[str, str]:
    """By the name of a column what it is to the run."""
    return {name: role for role, name in roles.items() if isinstance(name, str) and role not in ("task", "failed")}


def _elsewhere(catalog: Any, run: Any, sample: Any) -> list[Said]:
    id = sample.get("id") if isinstance(sample, dict) else sample.id
    if id is None or run.dataset is None:
        return []
    return [
        Said(
            run=one.run,
            model=one.model,
            dataset=one.dataset,
            failed=one.failed,
            prediction=written(one.prediction),
            score="" if one.score is None else number(one.score),
            href=f"/runs/{one.run}/samples/{one.row}",
        )
        for one in catalog.runs.elsewhere(run.number, id)
    ]
