"""Files as a stream: ``POST /api/runs`` logs one as a run, ``POST /api/uploads`` keeps one for what is asked next."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from errata.core.canonical import digest_of
from errata.core.errors import ErrataError, UsageError, ValueFault
from errata.nouns.roles import Roles
from errata.store import requests, uploads
from errata.store.catalog import Store
from errata.store.uploads import Coming
from errata.web.access import store_of
from errata.web.api.operations import again, problem_answers, request_key, status_of
from errata.web.faults import answer

MOST = 10_000_000_000
"""Bytes of the largest upload, unless the server is told otherwise."""
router = APIRouter()
_ROLES = {one.name for one in fields(Roles)}
Name = Annotated[str, Query(min_length=1, max_length=200, description="Of the file; its end says the format")]
_BODY = {
    "requestBody": {
        "required": False,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    },
    "security": [{"token": []}],
}


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


class Kept(BaseModel):
    """A file that was sent: what to call it where rows or a file are wanted."""

    upload: str
    bytes: int


@router.post("/runs", status_code=201, response_model=None, responses=problem_answers(writes=True), openapi_extra=_BODY)
async def log_run(
    request: Request,
    about: Annotated[str, Query(min_length=2, max_length=100_000, description="The run as JSON: model, roles")],
    name: Name,
) -> Response:
    """Log the body (Parquet, CSV, JSON lines, Arrow) as a run. The same content again is the run that is there."""
    try:
        mine = store_of(request, writes=True)
        said = _about(about)
        uploads.checked_name(name)
        with uploads.coming(mine.files, request.app.state.most_upload, _announced(request)) as file:
            await _received(request, file)
            digest = digest_of({"about": about, "name": name, "body": file.digest})
            try:
                return await run_in_threadpool(_logged, request, mine, said, file, name, digest)
            except ErrataError as error:
                _called(error, file.path, name)
                raise
    except ErrataError as error:
        return answer(request, error, status_of(error))


@router.post("/uploads", status_code=201, response_model=Kept, responses=problem_answers(writes=True),
             openapi_extra=_BODY)  # fmt: skip
async def upload(request: Request, name: Name) -> Response:
    """Keep the body for a day, so that a job or an operation can read it by the name that is answered."""
    try:
        mine = store_of(request, writes=True)
        uploads.checked_name(name)
        with uploads.coming(mine.files, request.app.state.most_upload, _announced(request)) as file:
            await _received(request, file)
            kept = await run_in_threadpool(uploads.keep, mine.files, file, name)
            return JSONResponse({"upload": kept.ref, "bytes": file.bytes}, 201)
    except ErrataError as error:
        return answer(request, error, status_of(error))


async def _received(request: Request, file: Coming) -> None:
    """All of the body. Raises UsageError ``upload-broken`` when whoever sends it goes away."""
    try:
        async for chunk in request.stream():
            file.take(chunk)
    except ClientDisconnect as exc:
        raise UsageError(
            "upload-broken", "the upload broke off; nothing of it was kept", expected="the whole file"
        ) from exc


def _announced(request: Request) -> int | None:
    """How many bytes will come, where that is said."""
    said = request.headers.get("content-length", "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 19 else None


def _called(error: ErrataError, path: Path, name: str) -> None:
    from errata.verbs.uploaded import call

    call(error, path, name)


def _logged(request: Request, store: Store, about: About, file: Coming, name: str, digest: str) -> Response:
    from errata.client.roles import roles_of
    from errata.integrations.files import open_source
    from errata.verbs.log import LogOptions, log_run

    asked = request_key(request, digest)
    if asked is not None and (done := requests.done(store, asked)) is not None:
        return again(store, done)
    file.close()
    source = None
    if file.bytes or about.state == "complete":
        source = open_source(file.path, quarantine=about.quarantine, tz=about.tz, called=name)
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
        source=name if source is not None else None,
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
