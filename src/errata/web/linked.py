"""The links of a case as a picture: what it came from at its left, what came of it at its right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

FEWEST = 2
"""One link needs no picture."""
MOST = 8
"""So many links of a side are drawn; the list beside the picture has all of them."""
FORWARD, BESIDE = "generated", "alternateOf"
"""Said of a case, the first leads to what came of it, the second to what stands beside it; all others lead back."""
# One width, which a telephone has: the picture is never scaled, so its letters keep their size.
_WIDTH, _SIDE, _ROW, _LEFT, _RIGHT = 352, 122, 44, 140, 212
_LETTERS = 15


@dataclass(frozen=True, slots=True)
class Link:
    """A link as a page shows it; ``href`` is empty where there is nothing to go to, ``out`` when the case says it."""

    predicate: str
    text: str
    href: str
    out: bool

    @property
    def words(self) -> str:
        """The term of PROV, read from the case."""
        return self.predicate if self.out else f"{self.predicate} of"

    @property
    def before(self) -> bool:
        """Whether the other was there before the case."""
        return self.predicate != BESIDE and self.out != (self.predicate == FORWARD)


def linked(key: str, links: Sequence[Link]) -> str:
    """The picture as SVG; empty for fewer than two links."""
    if len(links) < FEWEST:
        return ""
    sides = [[one for one in links if one.before], [one for one in links if not one.before]]
    rows = max(min(len(side), MOST) + (len(side) > MOST) for side in sides)
    height = rows * _ROW
    middle = height / 2
    said = f"{key} with {len(sides[0])} that it came from at its left and {len(sides[1])} that came of it at its right"
    marks = [mark for at, side in enumerate(sides) for mark in _side(side, at == 0, height)]
    return (
        f'<svg class="linked" role="group" aria-label="{escape(said)}" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}"><title>{escape(said)}</title>{"".join(marks)}'
        f'<rect x="{_LEFT}" y="{middle - 16:g}" width="{_RIGHT - _LEFT}" height="32" rx="3" fill="var(--raised)" '
        f'stroke="var(--line-strong)"/><text class="key" x="{(_LEFT + _RIGHT) / 2:g}" y="{middle + 4:g}" '
        f'text-anchor="middle">{escape(_cut(key, 9))}</text></svg>'
    )


def _side(links: Sequence[Link], left: bool, height: int) -> Iterator[str]:
    shown = links[:MOST]
    lines = len(shown) + (len(links) > MOST)
    top = (height - lines * _ROW) / 2
    x, anchor = (_SIDE, "end") if left else (_WIDTH - _SIDE, "start")
    for at, one in enumerate(shown):
        y = top + at * _ROW
        yield _edge(left, y + _ROW / 2, height / 2)
        what = escape(_cut(one.text, _LETTERS))
        # The ground between the two lines can be clicked, too.
        text = (
            f'<rect x="{0 if left else x}" y="{y + 4:g}" width="{_SIDE}" height="{_ROW - 6}" fill="transparent"/>'
            f'<text x="{x}" y="{y + 18:g}" text-anchor="{anchor}">{escape(one.words)}</text>'
            f'<text class="what" x="{x}" y="{y + 34:g}" text-anchor="{anchor}">{what}</text>'
        )
        title = f"<title>{escape(f'{one.words} {one.text}')}</title>"
        if one.href:
            yield f'<a href="{escape(one.href)}" rel="noreferrer">{title}{text}</a>'
        else:
            yield f"<g>{title}{text}</g>"
    if len(links) > MOST:
        yield (f'<text x="{x}" y="{top + MOST * _ROW + 26:g}" text-anchor="{anchor}">{len(links) - MOST} more</text>')


def _edge(left: bool, y: float, middle: float) -> str:
    """A line in the direction of time, with its head at the later end."""
    start, end = ((_SIDE + 4, y), (_LEFT, middle)) if left else ((_RIGHT, middle), (_WIDTH - _SIDE - 4, y))
    (x1, y1), (x2, y2) = start, end
    bend = (x1 + x2) / 2
    return (
        f'<path d="M{x1} {y1:g}C{bend:g} {y1:g} {bend:g} {y2:g} {x2 - 4} {y2:g}" fill="none" '
        f'stroke="var(--line-strong)"/>'
        f'<path d="M{x2} {y2:g}l-6 -3.5v7z" fill="var(--line-strong)"/>'
    )


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
