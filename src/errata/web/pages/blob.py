"""Pictures by the digest of their bytes. What is no picture, or could carry a script, is only ever downloaded."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from errata.web.pages.reading import catalog_of

router = APIRouter()
Digest = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
)


@router.get("/blobs/{digest}")
def blob(request: Request, digest: Digest) -> Response:
    """The bytes of a blob, for as long as the browser likes: a digest never names other bytes."""
    content: bytes = catalog_of(request).blob(digest)
    return picture(content, digest)


def picture(content: bytes, digest: str) -> Response:
    """Bytes as a picture when they are one, else as a download."""
    media_type = picture_type(content)
    headers = {"cache-control": "private, max-age=31536000, immutable"}
    if media_type is None:
        headers["content-disposition"] = f'attachment; filename="{digest[:12]}"'
    return Response(content, media_type=media_type or "application/octet-stream", headers=headers)


def picture_type(content: bytes) -> str | None:
    """The media type of a picture by its first bytes; None for anything else, SVG included."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((media_type for magic, media_type in _MAGIC if content.startswith(magic)), None)
