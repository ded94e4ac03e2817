"""Errata, the failure catalogue for machine learning.

    import errata

    report = errata.analyze("preds.csv")
    catalog = errata.open(".")

Importing the package loads nothing heavy: each name below is found when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from errata.client.analyze import analyze as analyze
    from errata.client.catalog import init_catalog as init
    from errata.client.catalog import open_catalog as open
    from errata.client.catalog import restore_catalog as restore
    from errata.client.compare import Comparison as Comparison
    from errata.client.compare import compare as compare
    from errata.client.drift import Drift as Drift
    from errata.client.drift import drift as drift
    from errata.client.report import Report as Report
    from errata.core.errors import CatalogError as CatalogError
    from errata.core.errors import ErrataError as ErrataError
    from errata.core.errors import InputError as InputError
    from errata.nouns.slice import Slice as Slice

__version__ = "0.1.0"

_PLACES = {
    "analyze": ("errata.client.analyze", "analyze"),
    "compare": ("errata.client.compare", "compare"),
    "drift": ("errata.client.drift", "drift"),
    "init": ("errata.client.catalog", "init_catalog"),
    "open": ("errata.client.catalog", "open_catalog"),
    "restore": ("errata.client.catalog", "restore_catalog"),
    "Comparison": ("errata.client.compare", "Comparison"),
    "Drift": ("errata.client.drift", "Drift"),
    "Report": ("errata.client.report", "Report"),
    "Slice": ("errata.nouns.slice", "Slice"),
    "ErrataError": ("errata.core.errors", "ErrataError"),
    "InputError": ("errata.core.errors", "InputError"),
    "CatalogError": ("errata.core.errors", "CatalogError"),
}

__all__ = [
    "CatalogError",
    "Comparison",
    "Drift",
    "ErrataError",
    "InputError",
    "Report",
    "Slice",
    "__version__",
    "analyze",
    "compare",
    "drift",
    "init",
    "open",
    "restore",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'errata' has no attribute {name!r}")
    module, attribute = _PLACES[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return __all__
