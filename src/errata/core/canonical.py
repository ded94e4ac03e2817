"""Canonical JSON: one text for one value, so that a digest of it means something."""

from __future__ import annotations

import hashlib
import json
from typing import Any

# One encoder for all: json.dumps would make one a call, which takes as long as a small value.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical_json(value: Any) -> str:
    """Sorted keys, no spaces, UTF-8 as is, no NaN. Raises ValueError on what JSON cannot hold."""
    return _ENCODER.encode(value)


def digest_of(value: Any) -> str:
    """SHA-256 (hex) of the canonical JSON of ``value``."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
