"""Pictures by the digest of their bytes. What is no picture, or could carry a script, is only ever downloaded."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from errata.core.errors import NotFound
from errata.web.pages.reading import SampleView, catalog_of

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


@router.get("/blobs/{digest}/small")
def small(request: Request, digest: Digest) -> Response:
    """A picture made small, for a day: where Pillow is not installed yet, it is the whole one."""
    return picture(catalog_of(request).thumbnail(digest), digest, "private, max-age=86400")


def picture(content: bytes, digest: str, kept: str = "private, max-age=31536000, immutable") -> Response:
    """Bytes as a picture when they are one, else as a download."""
    media_type = picture_type(content)
    headers = {"cache-control": kept}
    if media_type is None:
        headers["content-disposition"] = f'attachment; filename="{digest[:12]}"'
    return Response(content, media_type=media_type or "application/octet-stream", headers=headers)


def in_pixels(catalog: Any, view: SampleView | None, run: int | None = None) -> bool:
    """Whether a sample's picture is so small that its pixels are better seen as squares.

    A picture of ``run`` that the client let go of, for many that came after it, is read again for whoever loads it.
    """
    if view is None or view.image is None:
        return False
    digest = view.image.rpartition("/")[2]
    try:
        return few_pixels(catalog.blob(digest))
    except NotFound:
        if run is not None:
            catalog.runs.rows(run, [view.row])
        return False


def few_pixels(content: bytes) -> bool:
    """Whether it is a PNG of few pixels."""
    return content[:8] == _MAGIC[0][0] and all(int.from_bytes(content[at : at + 4]) <= 64 for at in (16, 20))


def picture_type(content: bytes) -> str | None:
    """The media type of a picture by its first bytes; None for anything else, SVG included."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((media_type for magic, media_type in _MAGIC if content.startswith(magic)), None)
