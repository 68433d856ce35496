"""``Stripe-Signature`` (Stripe docs, "Verify webhook signatures manually")."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence


def header(body: bytes, secrets: Sequence[str], timestamp: int) -> str:
    """One ``v1`` per secret over ``timestamp.body``; the timestamp is wall-clock time."""
    signed = str(timestamp).encode() + b"." + body
    marks = [hmac.new(each.encode(), signed, hashlib.sha256).hexdigest() for each in secrets]
    return ",".join([f"t={timestamp}", *(f"v1={mark}" for mark in marks)])
