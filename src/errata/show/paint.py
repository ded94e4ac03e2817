"""Colour in the terminal."""

from __future__ import annotations

from dataclasses import dataclass

_CODES = {"bold": "1", "dim": "2", "fail": "38;5;166", "pass": "38;5;36", "inconclusive": "38;5;178"}


@dataclass(frozen=True, slots=True)
class Paint:
    """Colour when it was asked for, else the text as it is; colour never says what the text does not."""

    on: bool

    def __call__(self, text: str, *names: str) -> str:
        """``text`` in the named styles (``bold``, ``dim``, ``fail``, ``pass``, ``inconclusive``)."""
        if not self.on or not text.strip():
            return text
        return f"\x1b[{';'.join(_CODES[name] for name in names)}m{text}\x1b[0m"
