"""``make pictures``: the demo's pages and a terminal, as they look today, into ``docs/pictures/``.

Runs the demo into a temporary folder and opens its pages in Chromium (``CHROMIUM`` names it, else Debian's).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PICTURES = Path(__file__).resolve().parent / "pictures"
ERRATA = [sys.executable, "-m", "errata.cli"]
LARGEST = 200_000
COLUMNS = 96
FILE = "digits@1-on-field@1.parquet"
TERMINAL = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; background: #111416; color: #e8eaec }}
pre {{ margin: 0; padding: 20px 24px; width: max-content; font: 14px/1.45 ui-monospace, "DejaVu Sans Mono", monospace }}
</style><pre><span style="color: #7cc4ff">$ {command}</span>
{output}</pre>"""


def main() -> None:
    """Make every picture anew, and refuse one that is too large to carry along."""
    from playwright.sync_api import sync_playwright

    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as started:
        demo = Path(folder) / "demo"
        subprocess.run([*ERRATA, "demo", "--out", str(demo), "--json"], check=True, stdout=subprocess.DEVNULL)
        browser = started.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox", "--headless"]
        )
        with serving(demo) as address:
            page_picture(browser, address, "overview", height=740)
            page_picture(browser, f"{address}cases/DIG-2", "case", height=940, dark=True)
        terminal_picture(browser, demo / "predictions", ["analyze", FILE, "--group", "base"])
        browser.close()
    for path in sorted(PICTURES.glob("*.png")):
        size = path.stat().st_size
        print(f"docs/pictures/{path.name}  {size / 1000:.0f} kB")
        if size > LARGEST:
            sys.exit(f"{path.name} is larger than {LARGEST // 1000} kB")


@contextlib.contextmanager
def serving(demo: Path) -> Iterator[str]:
    """The address of the demo's pages, for as long as the block lasts."""
    command = [*ERRATA, "serve", "--catalog", str(demo), "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield json.loads(server.stdout.readline())["url"]
        finally:
            server.terminate()


def page_picture(browser: Browser, address: str, name: str, *, height: int, dark: bool = False) -> None:
    """The upper part of a page, at 1,280 pixels."""
    page = browser.new_page(
        viewport={"width": 1280, "height": height}, color_scheme="dark" if dark else "light", reduced_motion="reduce"
    )
    page.goto(address, wait_until="networkidle")
    page.screenshot(path=PICTURES / f"{name}.png")
    page.close()


def terminal_picture(browser: Browser, folder: Path, words: list[str]) -> None:
    """What ``errata WORDS`` prints on a terminal, typed in ``folder``."""
    from rich.console import Console
    from rich.text import Text

    output = on_a_terminal([*ERRATA, *words], folder)
    console = Console(record=True, file=open(os.devnull, "w"), width=COLUMNS, highlight=False)  # noqa: SIM115
    console.print(Text.from_ansi(output), soft_wrap=True)
    body = console.export_html(inline_styles=True, code_format="{code}")
    page = browser.new_page(viewport={"width": 960, "height": 300})
    page.set_content(TERMINAL.format(command=" ".join(["errata", *words]), output=body.rstrip()))
    page.locator("pre").screenshot(path=PICTURES / "terminal.png")
    page.close()


def on_a_terminal(command: list[str], folder: Path) -> str:
    """What a command writes to standard output when that is a terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(COLUMNS)}
    environment.pop("NO_COLOR", None)
    said = b""
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=theirs, stderr=subprocess.DEVNULL):
        os.close(theirs)
        with contextlib.suppress(OSError):  # a terminal that was hung up reads as an error
            while more := os.read(ours, 65536):
                said += more
    os.close(ours)
    return said.decode().replace("\r\n", "\n")


if __name__ == "__main__":
    main()
