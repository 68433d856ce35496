"""JSON as it goes over the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal

from .jsontypes import Json


def encode(body: Mapping[str, Json]) -> bytes:
    """UTF-8 JSON. The decimals that Stripe sends as numbers (``percent_off``) become numbers."""
    return json.dumps(body, default=_number, separators=(",", ":")).encode()


def _number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"not JSON: {value!r}")
