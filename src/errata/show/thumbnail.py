"""A picture made small, for a wall of many. It takes Pillow; without it there is none."""

from __future__ import annotations

import io
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 192
"""The longer side of a thumbnail, in pixels: a tile is half of that, and screens have two to a point."""
MOST_PIXELS = 100_000_000
"""A larger picture is not opened: a small file can be one that fills the memory."""
_AT_ONCE = BoundedSemaphore(2)
"""A wall asks for hundreds, and one picture may take most of a gigabyte while it is made small."""
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "JPEG2000")
"""Of what Pillow can open; for some others it starts another program."""
_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr")


def thumbnail(data: bytes) -> bytes | None:
    """The picture with a longer side of ``SIDE``; one of a few pixels is made larger, each pixel a square.

    None where it serves as it is, cannot be read, or Pillow is not installed.
    """
    try:
        from PIL import Image as images
        from PIL import ImageOps
    except ImportError:
        return None
    try:
        with _AT_ONCE, images.open(io.BytesIO(data), formats=_FORMATS) as opened:
            longest = max(opened.size)
            if opened.size[0] * opened.size[1] > MOST_PIXELS or opened.mode not in _MODES or min(opened.size) < 1:
                return None
            if longest <= SIDE // 2:
                times = SIDE // longest
                made = _coloured(opened)
                made = made.resize((made.width * times, made.height * times), images.Resampling.NEAREST)
                return _written(made, "PNG")
            if longest <= SIDE:
                return None
            # Made small before anything else: each step on the way would be one more copy of the whole picture.
            mixes = opened.mode == "RGBA" or (opened.mode not in ("1", "P") and not _clear(opened))
            plain = opened if mixes else _coloured(opened)
            plain.thumbnail((SIDE, SIDE), images.Resampling.LANCZOS)
            made = _coloured(ImageOps.exif_transpose(plain))
            return _written(made, "PNG" if made.mode == "RGBA" else "JPEG")
    except Exception:  # whatever is wrong with a picture, the wall shows the others
        return None


def _clear(picture: Image) -> bool:
    return "A" in picture.mode or "transparency" in picture.info


def _coloured(picture: Image) -> Image:
    return picture.convert("RGBA" if _clear(picture) else "RGB")


def _written(picture: Image, kind: str) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **({"quality": 82} if kind == "JPEG" else {}))
    return out.getvalue()
