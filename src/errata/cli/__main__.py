"""``errata`` and ``python -m errata.cli``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line of this process and exit."""
    try:
        from errata.cli import root
    except KeyboardInterrupt:  # before there is a command line to answer for it
        sys.exit(130)
    root.main()


if __name__ == "__main__":
    main()
