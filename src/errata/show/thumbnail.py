"""A picture made small, for a wall of many. It takes Pillow; without it there is none."""

from __future__ import annotations

import io

SIDE = 192
"""The longer side of a thumbnail, in pixels: a tile is half of that, and screens have two to a point."""
MOST_PIXELS = 100_000_000
"""A larger picture is not opened: a small file can be one that fills the memory."""
_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr")


def thumbnail(data: bytes) -> bytes | None:
    """The picture with a longer side of ``SIDE``; one of a few pixels is made larger, each pixel a square.

    None where it serves as it is, cannot be read, or Pillow is not installed.
    """
    try:
        from PIL import Image, ImageOps
    except ImportError:
        return None
    try:
        with Image.open(io.BytesIO(data)) as opened:
            longest = max(opened.size)
            if opened.size[0] * opened.size[1] > MOST_PIXELS or opened.mode not in _MODES or min(opened.size) < 1:
                return None
            if longest <= SIDE // 2:
                times = SIDE // longest
                made = opened.convert("RGBA" if _clear(opened) else "RGB")
                made = made.resize((made.width * times, made.height * times), Image.Resampling.NEAREST)
                return _written(made, "PNG")
            if longest <= SIDE:
                return None
            opened.draft("RGB", (2 * SIDE, 2 * SIDE))  # a JPEG is decoded at a fraction of its size
            turned = ImageOps.exif_transpose(opened)
            made = turned.convert("RGBA" if _clear(turned) else "RGB")
            made.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
            return _written(made, "PNG" if made.mode == "RGBA" else "JPEG")
    except Exception:  # whatever is wrong with a picture, the wall shows the others
        return None


def _clear(picture: object) -> bool:
    return "A" in getattr(picture, "mode", "") or "transparency" in getattr(picture, "info", {})


def _written(picture: object, kind: str) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **({"quality": 82} if kind == "JPEG" else {}))  # type: ignore[attr-defined]
    return out.getvalue()
