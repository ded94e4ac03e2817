"""Where the demo writes: a folder that is new, empty, or a demo's own."""

from __future__ import annotations

import shutil
from pathlib import Path

from errata.core.errors import UsageError

MARKER = ".errata-demo"
PREDICTIONS = "predictions"
CHECKS = "errata.yaml"
TRAINING = "training.csv"
OURS = (".errata", PREDICTIONS, CHECKS, TRAINING)
"""All that a demo leaves in its folder, beside the marker."""


def claim(out: Path) -> bool:
    """Make ``out`` ready for a demo, and say whether an older demo was there, whose files are removed.

    What else lies in the folder of a demo stays. Raises UsageError for a folder that holds anything and is not a
    demo's own, and for what is no folder.
    """
    if out.exists() and not out.is_dir():
        raise UsageError("not-a-folder", f"{out} is a file", expected="a folder", next="errata demo --out demo")
    older = (out / MARKER).is_file()
    if out.is_dir() and not older and any(out.iterdir()):
        raise UsageError(
            "not-a-demo",
            f"{out} holds files that no demo made",
            expected=f"a new or empty folder, or one that an earlier demo made (it holds {MARKER})",
            found=", ".join(sorted(path.name for path in out.iterdir())[:5]),
            next=f"errata demo --out {out.name}-demo" if out.name else "errata demo --out demo",
        )
    out.mkdir(parents=True, exist_ok=True)
    (out / MARKER).write_text("Made by `errata demo`, which replaces its own files here when it runs again.\n")
    if older:
        for name in OURS:
            path = out / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    (out / PREDICTIONS).mkdir()
    return older
