"""A chart: its spec, the table behind it, the sentence that says what it shows, and its four downloads."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from errata.core.errors import MissingExtra

STATIC = Path(__file__).parent.parent / "static"
_TOKEN = re.compile(r"--([a-z0-9-]+):\s*light-dark\((#[0-9a-f]{6}),\s*#[0-9a-f]{6}\)")
_NOISE = re.compile(r' (?:role|aria-[a-z]+|font-family|class|xmlns:xlink|pointer-events)="[^"]*"')
MONO = "ui-monospace, monospace"


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture. ``spec`` is Vega-Lite whose colours stand for tokens (see ``token``); ``rows`` is its table."""

    name: str
    title: str
    sentence: str
    spec: Mapping[str, Any]
    rows: tuple[dict[str, Any], ...]

    def svg(self) -> str:
        """SVG to be set into a page: colours are the page's own variables, so that both themes fit.

        Raises MissingExtra without the extra ``charts``.
        """
        drawn = _convert(json.dumps({**self.spec, "background": None}, sort_keys=True))
        drawn = _NOISE.sub("", drawn.replace(f'font-family="{MONO}"', 'data-mono=""'))
        drawn = drawn.replace('data-mono=""', 'font-family="var(--mono)"')
        for name in light_colours():
            drawn = drawn.replace(f'"{token(name)}"', f'"var(--{name})"')
        label = f'<svg role="img" aria-label="{escape(self.sentence)}" '
        return drawn.replace("<svg ", label, 1)

    def svg_file(self) -> str:
        """SVG that stands alone, in the colours of the light theme. Raises MissingExtra."""
        return _convert(json.dumps(self.vega_lite(), sort_keys=True))

    def png(self, scale: float = 2.0) -> bytes:
        """PNG in the colours of the light theme. Raises MissingExtra."""
        return bytes(_vl_convert().vegalite_to_png(self.vega_lite(), scale=scale))

    def csv(self) -> str:
        """The table behind the picture as CSV with a header."""
        out = io.StringIO()
        if self.rows:
            writer = csv.DictWriter(out, fieldnames=list(self.rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)
        return out.getvalue()

    def vega_lite(self) -> dict[str, Any]:
        """The Vega-Lite spec, data inside, in the colours of the light theme."""
        colours = {token(name): colour for name, colour in light_colours().items()}
        return dict(_coloured({**self.spec, "background": token("paper")}, colours))


@cache
def light_colours() -> dict[str, str]:
    """Each colour token of ``static/tokens.css`` in the light theme."""
    return dict(_TOKEN.findall((STATIC / "tokens.css").read_text(encoding="utf-8")))


def token(name: str) -> str:
    """The colour that stands for a token in a spec, until a page or a file sets the real one.

    Raises KeyError for a colour that ``tokens.css`` does not have.
    """
    return f"#0{sorted(light_colours()).index(name):03x}e5" if name in light_colours() else light_colours()[name]


def altair() -> Any:
    """The module ``altair``. Raises MissingExtra with the line that installs it."""
    try:
        import altair as module
    except ImportError as error:
        raise missing_charts() from error
    return module


def missing_charts() -> MissingExtra:
    """What to say where charts are wanted and the extra ``charts`` is not installed."""
    return MissingExtra(
        "missing-extra",
        "charts need an optional part of Errata",
        expected="the extra 'charts' (Altair and vl-convert)",
        next="pip install 'errata[charts]'",
    )


def themed(
    chart: Any, *, width: int, data: Mapping[str, Sequence[Mapping[str, Any]]] | None = None
) -> Mapping[str, Any]:
    """An Altair chart as a spec in the house's style: tokens for colours, quiet axes, no frame.

    ``data`` are rows that the chart names (``altair.NamedData``): Altair would check each value of long ones.
    """
    quiet = {
        "domain": False, "ticks": False, "gridColor": token("line"), "labelColor": token("ink-soft"),
        "titleColor": token("ink-soft"), "titleFontWeight": "normal", "labelFontSize": 12, "titleFontSize": 12,
        "labelPadding": 8, "titlePadding": 8,
    }  # fmt: skip
    spec = chart.configure(
        font="system-ui, sans-serif",
        padding=4,
        axis=quiet,
        axisY={"grid": False},
        legend={"labelFontSize": 12, "titleFontSize": 12},
        view={"stroke": None, "continuousWidth": width},
    ).to_dict()
    named = {name: [dict(row) for row in rows] for name, rows in (data or {}).items()}
    return {**spec, "datasets": {**spec.get("datasets", {}), **named}} if named else dict(spec)


def _coloured(value: Any, colours: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return colours.get(value, value)
    if isinstance(value, Mapping):
        # Data are values of the user's, never colours.
        return {key: item if key in ("values", "datasets") else _coloured(item, colours) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_coloured(item, colours) for item in value]
    return value


def _vl_convert() -> Any:
    try:
        import vl_convert
    except ImportError as error:
        raise missing_charts() from error
    return vl_convert


@cache
def _convert(spec: str) -> str:
    return str(_vl_convert().vegalite_to_svg(spec))
