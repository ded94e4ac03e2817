"""``/api``: every operation of the table, at its place, with its request, its answers and its errors described."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool

from errata.client.answers import written
from errata.client.operation import Operation, in_path, request_of
from errata.client.operations import OPERATIONS
from errata.core.canonical import canonical_json, digest_of
from errata.core.errors import ErrataError, UsageError, ValueFault
from errata.store import requests
from errata.store.catalog import Store
from errata.web.access import store_of
from errata.web.faults import answer

MOST_BYTES = 8 * 1024 * 1024
"""The largest body of a request that is no upload."""
_NUMBERS = ("number", "run")
"""What is a number where it stands in a path."""
_PROBLEMS = {
    400: "the request cannot be read",
    401: "it needs a token",
    403: "the token may not write",
    404: "there is no such record or fact",
    409: "it contradicts what the catalog holds",
    412: "somebody changed it since the revision of If-Match",
    413: "the body is too large",
    415: "the body is not application/json",
    422: "a value cannot be used; each fault is listed",
    423: "another writer did not finish in time",
    507: "the disk is full",
}


class Problem(BaseModel):
    """An error as a problem document (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    kind: str
    instance: str
    expected: str = ""
    found: str = ""
    where: str = ""
    next: str = ""
    details: list[str] = []


def routes() -> APIRouter:
    """One route for every operation."""
    router = APIRouter()
    for operation in OPERATIONS.values():
        router.add_api_route(
            operation.path,
            _endpoint(operation),
            methods=[operation.method],
            name=operation.name,
            operation_id=operation.name.replace(" ", "_").replace("-", "_"),
            summary=(operation.function().__doc__ or operation.name).partition("\n")[0],
            status_code=201 if operation.makes else 200,
            response_model=None,
            response_class=type("Answer", (JSONResponse,), {"media_type": operation.media}),
            openapi_extra=_described(operation),
            responses=problem_answers(writes=operation.writes),
        )
    return router


def problem_answers(*, writes: bool) -> dict[int | str, dict[str, Any]]:
    """The errors that an operation may answer, for its description."""
    statuses = sorted(_PROBLEMS) if writes else [401, 404, 422]
    schema = {"$ref": "#/components/schemas/Problem"}
    content = {"application/problem+json": {"schema": schema}}
    return {one: {"model": Problem, "description": _PROBLEMS[one], "content": content} for one in statuses}


def _endpoint(operation: Operation) -> Callable[..., Any]:
    async def endpoint(request: Request) -> Response:
        try:
            arguments, digest = await _arguments(operation, request)
        except ErrataError as error:
            return answer(request, error, status_of(error))
        try:
            return await run_in_threadpool(_answer, operation, request, arguments, digest)
        except ErrataError as error:
            return answer(request, error, status_of(error))

    return endpoint


def _answer(operation: Operation, request: Request, arguments: dict[str, Any], digest: str) -> Response:
    """Do it, as whom the token is of; what was done before under the same key is answered again."""
    if not operation.writes:
        mine = store_of(request, writes=False)
        return _said(operation, request, operation.function()(mine, **operation.fixed, **arguments), 200)
    asked = request_key(request, digest)
    mine = store_of(request, writes=True)
    if asked is not None and (done := requests.done(mine, asked)) is not None:
        return again(mine, done)
    status = 201 if operation.makes else 200
    try:
        value = operation.function()(mine.acting(mine.actor, asked), **operation.fixed, **arguments)
    except requests.Again:
        assert asked is not None
        done = requests.done(mine, asked)
        assert done is not None
        return again(mine, done)
    except ErrataError as error:
        if error.code == "edit-conflict" and "if-match" in request.headers:
            return answer(request, error, 412)
        raise
    said = _said(operation, request, value, status)
    if asked is not None:
        requests.answered(mine, asked, status, json.loads(bytes(said.body)))
    return said


def request_key(request: Request, digest: str) -> requests.Request | None:
    """The key under which the request is done once, if it has one. Raises UsageError ``bad-key``."""
    key = request.headers.get("idempotency-key", "")
    if not key:
        return None
    if len(key) > 100 or not key.isascii() or not key.isprintable():
        raise UsageError(
            "bad-idempotency-key", "this Idempotency-Key cannot be kept", expected="up to 100 printable characters"
        )
    return requests.Request(key, digest)


def _said(operation: Operation, request: Request, value: Any, status: int) -> Response:
    values = written(operation.answers, value)
    headers = {}
    if operation.answers == "samples":
        request.app.state.catalog.keep_pictures(value.pictures)
    if operation.answers == "record" and values is not None:
        headers["etag"] = f'"{values["revision"]}"'
        if operation.makes:
            headers["location"] = f"{request.url.path}/{values['key']}"
        if request.method == "GET" and request.headers.get("if-none-match") == headers["etag"]:
            return Response(status_code=304, headers=headers)
    return JSONResponse(values, status, headers=headers, media_type=operation.media)


def again(store: Store, done: requests.Done) -> Response:
    """What a request was answered; where that was lost with a crash, the record that it was about."""
    headers = {"idempotency-replayed": "true"}
    if done.status is not None:
        return JSONResponse(done.answer, done.status, headers=headers)
    from errata.core.names import is_key
    from errata.verbs.record import get_record

    values = get_record(store, done.subject).to_json() if done.subject and is_key(done.subject) else None
    return JSONResponse(values, 200, headers=headers)


async def _arguments(operation: Operation, request: Request) -> tuple[dict[str, Any], str]:
    """The arguments of the verb, and the digest of the request. Raises ErrataError for what cannot be read."""
    model = request_of(operation)
    path = {name: _number(name, request.path_params[name]) for name in in_path(operation)}
    if not operation.writes:
        known = {name: value for name, value in request.query_params.items()}
        return _validated(model, {**known, **path}, strict=False), ""
    store_of(request, writes=True)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise UsageError("bad-type", "this body is not JSON", expected="Content-Type: application/json")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise UsageError("too-large", "this body is too large", expected=f"at most {MOST_BYTES:,} bytes")
    try:
        given = json.loads(body or b"{}", parse_constant=_no_constant)
    except (ValueError, RecursionError) as exc:
        raise UsageError("bad-json", "this body cannot be read", expected="JSON", found=str(exc)[:200]) from exc
    if not isinstance(given, dict):
        raise UsageError("bad-json", "this body is no JSON object", expected='{"name": value}')
    if clash := sorted(set(path) & set(given)):
        raise ValueFault("bad-request", f"{', '.join(clash)} stands in the path", expected="it in the path alone")
    try:
        digest = digest_of({"operation": operation.name, "path": path, "body": canonical_json(given)})
    except UnicodeEncodeError as exc:
        raise UsageError(
            "not-unicode", "this text is not Unicode, so it cannot be kept", found=ascii(exc.object)[:80]
        ) from exc
    arguments = _validated(model, {**given, **path}, strict=True)
    return _with_match(request, model, arguments), digest


def _with_match(request: Request, model: type[BaseModel], arguments: dict[str, Any]) -> dict[str, Any]:
    """``If-Match`` is the revision that the asker saw; where none is looked at, nobody is to rely on it."""
    tag = request.headers.get("if-match", "").strip()
    if not tag:
        return arguments
    if "revision" not in model.model_fields:
        raise UsageError(
            "bad-match", "this takes no If-Match", expected="If-Match with an edit (PATCH)", found=tag[:40]
        )
    number = tag.removeprefix("W/").strip('"')
    if not number.isdecimal():
        raise UsageError("bad-match", "this If-Match is no revision", expected='"3", the ETag', found=tag[:40])
    return {**arguments, "revision": int(number)}


def _validated(model: type[BaseModel], values: dict[str, Any], strict: bool) -> dict[str, Any]:
    try:
        made = model.model_validate(values, strict=strict)
    except ValidationError as exc:
        faults = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in exc.errors()]
        raise ValueFault("bad-request", "this request cannot be read", details=faults) from exc
    return {name: getattr(made, name) for name in type(made).model_fields}


def _number(name: str, value: str) -> Any:
    return int(value) if name in _NUMBERS and value.isascii() and value.isdecimal() and len(value) < 20 else value


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON number")


_STATUSES = {
    "bad-json": 400, "bad-match": 400, "bad-idempotency-key": 400, "no-token": 401, "too-large": 413, "bad-type": 415,
    "upload-too-large": 413,
}  # fmt: skip


def status_of(error: ErrataError) -> int:
    """The status of an error, which says more than its class."""
    return _STATUSES.get(error.code, error.http_status)


def _described(operation: Operation) -> dict[str, Any]:
    """The path, query and body of an operation as OpenAPI has them."""
    schema = request_of(operation).model_json_schema(ref_template="#/components/schemas/{model}")
    properties, needed = schema.get("properties", {}), set(schema.get("required", ()))
    inside = in_path(operation)
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _in_path_schema(name, properties[name])}
        for name in inside
    ]
    rest = {name: value for name, value in properties.items() if name not in inside}
    if not operation.writes:
        parameters += [
            {"name": name, "in": "query", "required": name in needed, "schema": value} for name, value in rest.items()
        ]
        return {"parameters": parameters}
    body = {
        "type": "object",
        "properties": rest,
        "required": sorted(needed - set(inside)),
        "additionalProperties": False,
    }
    key = {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[!-~]+$"}
    parameters.append({"name": "Idempotency-Key", "in": "header", "required": False, "schema": key})
    return {
        "parameters": parameters,
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "security": [{"token": []}],
    }


def _in_path_schema(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "integer", "minimum": 1, "maximum": 2**63 - 1} if name in _NUMBERS else {**schema, "minLength": 1}


def describe_security(app: FastAPI) -> None:
    """Say in the description that writes take a bearer token."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        described = plain()
        schemes = described.setdefault("components", {}).setdefault("securitySchemes", {})
        schemes["token"] = {"type": "http", "scheme": "bearer"}
        return described

    app.openapi = openapi  # type: ignore[method-assign]
