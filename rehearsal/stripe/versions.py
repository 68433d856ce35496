"""The API versions that the stand-in speaks, oldest first (Stripe changelog)."""

from __future__ import annotations

from .errors import StripeError

ACACIA = "2025-02-24.acacia"
BASIL = "2025-03-31.basil"
CLOVER = "2025-09-30.clover"
DAHLIA = "2026-03-25.dahlia"
ENDIVE = "2026-10-28.endive"

VERSIONS = (ACACIA, BASIL, CLOVER, DAHLIA, ENDIVE)
NEWEST = ENDIVE


def checked(version: str, param: str | None = None) -> str:
    """The version, if the stand-in speaks it; Stripe's refusal otherwise."""
    if version not in VERSIONS:
        raise StripeError(
            f"Invalid Stripe API version: {version}. "
            f"unsupported by the stand-in, which speaks {', '.join(VERSIONS)}",
            param=param,
        )
    return version


def before(version: str, other: str) -> bool:
    """Whether ``version`` is older than ``other``; both are spoken ones."""
    return VERSIONS.index(version) < VERSIONS.index(other)
