"""Thumbnails: of a picture made small, of one of a few pixels made large, and of whatever a file may hold."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest

from errata.show.thumbnail import SIDE, thumbnail

Image = pytest.importorskip("PIL.Image", reason="pillow is not installed")


def picture(size: tuple[int, int], kind: str = "PNG", mode: str = "RGB", **more: Any) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, more.pop("color", None)).save(out, kind, **more)
    return out.getvalue()


def opened(data: bytes | None) -> Any:
    assert data is not None
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(
    ("data", "kind", "size"),
    [
        (picture((3000, 2000), "JPEG"), "JPEG", (192, 128)),
        (picture((400, 1200), "PNG", "RGBA"), "PNG", (64, 192)),
        (picture((900, 300), "GIF", "P"), "JPEG", (192, 64)),
        (picture((8, 8)), "PNG", (192, 192)),
        (picture((28, 20), "PNG", "L"), "PNG", (168, 120)),
    ],
)
def test_a_picture_is_made_to_fit_a_tile(data: bytes, kind: str, size: tuple[int, int]) -> None:
    small = opened(thumbnail(data))
    assert (small.format, small.size) == (kind, size)


def test_each_pixel_of_a_small_picture_stays_a_square() -> None:
    drawn = Image.new("L", (2, 1))
    drawn.putpixel((1, 0), 255)
    out = io.BytesIO()
    drawn.save(out, "PNG")
    large = opened(thumbnail(out.getvalue())).convert("L")
    assert {large.getpixel((x, 40)) for x in range(96)} == {0}
    assert {large.getpixel((x, 40)) for x in range(96, 192)} == {255}


def test_a_picture_that_lies_on_its_side_is_turned() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert opened(thumbnail(picture((1200, 600), "JPEG", exif=exif))).size == (96, 192)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_it_keeps_the_colour_of_the_whole(mode: str) -> None:
    whole = picture((800, 600), "TIFF" if mode == "CMYK" else "PNG", mode, color=0)
    before, after = (opened(data).convert("RGBA").getpixel((90, 70)) for data in (whole, thumbnail(whole)))
    assert all(abs(a - b) < 6 for a, b in zip(before, after, strict=True))


def test_what_is_clear_in_a_picture_without_alpha_stays_clear() -> None:
    small = opened(thumbnail(picture((800, 600), "PNG", color=(9, 8, 7), transparency=(9, 8, 7))))
    assert (small.mode, small.getpixel((90, 70))[3]) == ("RGBA", 0)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        picture((150, 120)),
        picture((1200, 900))[:400],
        b"\x89PNG\r\n\x1a\n" + b"\0" * 40,
        picture((400, 300), "TIFF", "I;16"),
        picture((400, 300), "PCX"),
    ],
    ids=["empty", "text", "fits already", "cut off", "no header", "sixteen bits", "no kind that people keep"],
)
def test_what_cannot_be_made_small_is_left_as_it_is(data: bytes) -> None:
    assert thumbnail(data) is None


def test_a_small_file_that_would_fill_the_memory_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("errata.show.thumbnail.MOST_PIXELS", 1_000_000)
    assert thumbnail(picture((1000, 1000), mode="1")) is not None
    assert thumbnail(picture((1001, 1000), mode="1")) is None


def test_without_pillow_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    large = picture((1000, 800))
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert thumbnail(large) is None


def test_a_thumbnail_is_no_longer_than_its_side() -> None:
    assert max(opened(thumbnail(picture((5000, 10), "PNG"))).size) == SIDE
