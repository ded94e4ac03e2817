"""``POST /api/runs``: predictions as a stream, logged as a run when the last byte has come."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.concurrency import run_in_threadpool

from errata.core.canonical import digest_of
from errata.core.errors import ErrataError, UsageError, ValueFault
from errata.nouns.roles import Roles
from errata.store import requests
from errata.store.catalog import Store
from errata.web.access import store_of
from errata.web.api.operations import again, problem_answers, request_key, status_of
from errata.web.faults import answer

router = APIRouter()
_ROLES = {one.name for one in fields(Roles)}


class About(BaseModel):
    """What is said of a run besides its rows; roles stand beside it, as ``errata log`` takes them."""

    model_config = ConfigDict(extra="allow", strict=True)

    model: str
    dataset: str | None = None
    params: dict[str, Any] = {}
    seed: int | None = None
    repeat: int | None = None
    state: str = "complete"
    error: str | None = None
    environment: dict[str, Any] = {}
    allow_unknown: bool = False
    quarantine: bool = False
    tz: str | None = None


@router.post("/runs", status_code=201, response_model=None, responses=problem_answers(writes=True))
async def log_run(
    request: Request,
    about: Annotated[str, Query(min_length=2, max_length=100_000, description="The run as JSON: model, roles")],
    name: Annotated[str, Query(min_length=1, max_length=200, description="Of the file; its end says the format")],
) -> Response:
    """Log the body (Parquet, CSV, JSON lines, Arrow) as a run. The same content again is the run that is there."""
    try:
        mine = store_of(request, writes=True)
        said = _about(about)
        clean = Path(name).name
        if clean != name or name in (".", ".."):
            raise UsageError("bad-name", "this is no name of a file", expected="a name without folders", found=name)
        with tempfile.TemporaryDirectory(prefix="errata-upload-") as folder:
            path = Path(folder) / clean
            hashed = hashlib.sha256()
            with path.open("wb") as file:
                async for chunk in request.stream():
                    hashed.update(chunk)
                    file.write(chunk)
            digest = digest_of({"about": about, "name": name, "body": hashed.hexdigest()})
            return await run_in_threadpool(_logged, request, mine, said, path, digest)
    except ErrataError as error:
        return answer(request, error, status_of(error))


def _logged(request: Request, store: Store, about: About, path: Path, digest: str) -> Response:
    from errata.client.analyze import source_of
    from errata.client.roles import roles_of
    from errata.verbs.log import LogOptions, log_run

    asked = request_key(request, digest)
    if asked is not None and (done := requests.done(store, asked)) is not None:
        return again(store, done)
    source = None
    if path.stat().st_size or about.state == "complete":
        source = source_of(path, quarantine=about.quarantine, tz=about.tz)
    options = LogOptions(
        model=about.model,
        dataset=about.dataset,
        params=about.params,
        seed=about.seed,
        repeat=about.repeat,
        state=about.state,
        error=about.error,
        environment=about.environment,
        allow_unknown=about.allow_unknown,
        source=path.name if source is not None else None,
    )
    run = log_run(store.acting(store.actor, asked), source, roles_of(about.model_extra or {}), options)
    values = run.to_json()
    if asked is not None:
        requests.answered(store, asked, 201, values)
    return JSONResponse(values, 200 if run.known else 201, headers={"location": f"/api/runs/{run.number}"})


def _about(text: str) -> About:
    try:
        found = About.model_validate(json.loads(text))
    except ValidationError as exc:
        faults = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in exc.errors()]
        raise ValueFault("bad-request", "this run cannot be read", details=faults) from exc
    except (ValueError, RecursionError) as exc:
        raise UsageError("bad-json", "what is said of the run is no JSON", found=str(exc)[:200]) from exc
    if odd := sorted(set(found.model_extra or {}) - _ROLES):
        raise ValueFault("bad-request", f"{odd[0]!r} is no role of a column", expected=", ".join(sorted(_ROLES)))
    return found
