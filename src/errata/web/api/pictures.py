"""Bytes over the interface: blobs by their digest, and the pictures of rows."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from errata.web.access import catalog_for
from errata.web.pages.blob import picture
from errata.web.pages.reading import Number

router = APIRouter()
Digest = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
Row = Annotated[int, Path(ge=0, lt=2**63)]
_BYTES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The bytes",
        "content": {
            media_type: {"schema": {"type": "string", "format": "binary"}}
            for media_type in (
                "application/octet-stream", "image/png", "image/jpeg", "image/gif", "image/bmp", "image/webp",
            )
        },
    }
}  # fmt: skip


@router.get("/blobs/{digest}", response_class=Response, responses=_BYTES)
def blob(request: Request, digest: Digest) -> Response:
    """The bytes of a blob, or of a picture of samples just looked at."""
    return picture(catalog_for(request).blob(digest), digest)


@router.get(
    "/runs/{number}/rows/{row}/picture",
    response_class=Response,
    responses={**_BYTES, 204: {"description": "The row has no picture that a page can show"}},
)
def picture_of_row(request: Request, number: Number, row: Row) -> Response:
    """The picture of one row (0-based) of a run."""
    found = catalog_for(request).runs.image(number, row)
    return Response(status_code=204) if found is None else Response(found[0], media_type=found[1])
